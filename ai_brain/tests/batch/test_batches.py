import time
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.api import call_kw
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import config, file_open, mute_logger

from ...exceptions import InvalidCallError
from ...models.batch import batch_settle
from ...models.batch.request_callback import NobodyToCall
from ...models.waste.usage_waste import KIND
from ...providers.batch import BatchLimits, BatchState
from ...providers.batch_anthropic import AnthropicBatches
from ..waste.test_waste import BLOCK
from .common import CALLED, FAILING, BatchCase


@tagged("post_install", "-at_install", "every_series")
class TestBatches(BatchCase):
    """From submit to callback, through a real vendor's format."""

    def test_a_request_is_answered_in_a_batch_and_its_callback_gets_the_answer(self):
        request = self._submit("Hello")
        self.assertEqual((request.state, request.route), ("waiting", "batch"))
        self.assertEqual(request.callback_state, "pending")
        self.env["ai.batch"]._cron_send()
        self.assertEqual(self.vendors.batches, [])  # it is not due
        self._send()
        self.assertEqual(self.vendors.questions(), [["Hello"]])
        self.assertEqual((request.state, request.batch_id.state), ("sent", "sent"))
        self._poll()
        self.assertEqual((request.state, request.batch_id.state), ("done", "done"))
        self.assertEqual(request.batch_id.progress, 100)
        self.assertEqual(CALLED, [])
        self._call_back()
        ((records, told, answer, env),) = CALLED
        self.assertEqual(records, self.partner)
        self.assertEqual(told.id, request.id)
        self.assertEqual((env.uid, env.su, env.company), (self.user.id, False, self.company))
        self.assertEqual((answer["content"], answer["state"]), ("Re: Hello", "done"))
        self.assertEqual(request.callback_state, "done")
        self.assertIn("Re: Hello", self.partner.comment)
        self._all()
        self.assertEqual(len(CALLED), 1)
        self.assertEqual(self.vendors.deleted, ["msgbatch_0000"])

    def test_the_row_costs_half_and_says_what_was_saved(self):
        request = self._submit("Hello", environment={"module": "sale", "agent_type": "qualify"})
        self._all()
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual((row.kind, row.state), ("batch", "done"))
        self.assertEqual(self._exact(row, "cost_usd"), "0.00001")  # (10 + 2 × 5) / 1e6 / 2
        self.assertEqual(self._exact(row, "saved_usd"), "0.00001")
        self.assertEqual(self._exact(row, "baseline_cost_usd"), "0.00002")
        self.assertEqual((row.module, row.agent_type, row.user_id), ("sale", "qualify", self.user))
        self.assertEqual(row.prompt_text, "Hello")
        self.assertIsNone(self._held())
        self.assertEqual(request.batch_id.cost_usd, 0.00001)

    def test_figures_out_of_the_air_are_counted_as_for_any_call(self):
        blocks = {"order": "The total is 10."}
        text = "The total is 10. What is 4711?"
        request = self._submit(text, environment={"context_blocks": blocks})
        self._all()
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertGreater(row.figures_checked, 0)

    def test_waste_is_found_and_kept_in_the_row_as_of_a_single_call(self):
        self.batched.enable_waste_detection = True
        self.company.ai_text_policy = "full"
        asked = [
            {"role": "system", "content": f"Be brief.\n{BLOCK}"},
            {"role": "user", "content": "What is the capital of Peru?"},
        ]
        where = {"environment": {"module": "sale", "context_blocks": {"panel": BLOCK}}}
        first, second = self._submit(asked, **where), self._submit(asked, **where)
        other = self._submit("Who signed the contract?", user=self.env.user)
        self._all()
        rows = self.env["ai.token.usage"]
        kept = [rows.browse(one.token_usage_id) for one in (first, second, other)]
        self.assertEqual([row.waste_analyzed for row in kept], [True] * 3)
        self.assertEqual(kept[0].waste_reason, "redundant_context")
        self.assertGreater(kept[0].could_have_saved_usd, 0)
        # of equal requests in one batch the second repeats the first, and is wasted as a whole
        self.assertIn("duplicate_query", kept[1].waste_reason)
        self.assertEqual(
            self._exact(kept[1], "could_have_saved_usd"), self._exact(kept[1], "cost_usd")
        )
        finding = kept[1].analyze_waste()["findings"][0]
        self.assertEqual(finding["target"]["duplicate_of"], kept[0].id)
        self.assertFalse(kept[2].waste_detected)
        self.assertEqual(kept[2].optimization_score, 100)
        # what is found at once is what would be found when somebody asks
        told = [row.analyze_waste() for row in kept]
        self._sql(
            "ALTER TABLE ai_token_usage DISABLE TRIGGER USER;"
            "UPDATE ai_token_usage SET waste_analyzed = FALSE, waste_report = NULL,"
            " waste_detected = FALSE, waste_reason = NULL, could_have_saved_usd = NULL"
            " WHERE id = ANY(%s); ALTER TABLE ai_token_usage ENABLE TRIGGER USER",
            [row.id for row in kept],
        )
        self.assertEqual([row.analyze_waste() for row in kept], told)

    def test_waste_that_cannot_be_looked_for_settles_all_the_same(self):
        self.batched.enable_waste_detection = True
        request = self._submit("Hello there, who is it?")
        usages = type(self.env["ai.token.usage"])
        with (
            patch.object(usages, "_histories", side_effect=ValueError("no")),
            mute_logger("odoo.addons.ai_brain.models.batch.batch_waste"),
        ):
            self._all()
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual((row.state, row.waste_analyzed), ("done", False))

    def test_what_came_before_many_calls_is_what_came_before_each(self):
        said = ("What is in stock today?", "What is in stock today, please?", "Hello", "Hello")
        for text in said:
            self.service.send_message(text, config=self.provider.id)
        usages = self.env["ai.token.usage"]
        rows = usages.search([("company_id", "=", self.company.id)], order="id desc", limit=4)
        rows = rows.sorted("id")
        names = ("id", "content_hash", "context_size_tokens", "res_model", "res_id")
        tags = [
            {
                **{name: row[name] or None for name in (*names, *KIND)},
                "company_id": row.company_id.id,
                "user_id": row.user_id.id,
            }
            for row in rows
        ]
        now = fields.Datetime.now()
        for one, (sizes, earlier) in zip(tags, usages._histories(tags, now), strict=True):
            alone = usages._history(one, now)
            self.assertEqual(sizes, alone[0])
            # the rows are there by now, so that each is the last of its own content
            self.assertEqual(
                {(e.key, e.same, e.text, e.input_tokens, e.own) for e in earlier if not e.same},
                {(e.key, e.same, e.text, e.input_tokens, e.own) for e in alone[1] if not e.same},
            )

    def test_what_is_rolled_back_is_not_sent(self):
        with self.env.cr.savepoint() as savepoint:
            self._submit("Never mind")
            savepoint.rollback()
        self._all()
        self.assertEqual(self.vendors.batches, [])

    def test_a_full_batch_does_not_wait(self):
        self.company.ai_batch_requests = 3
        self._submit("1")
        self._submit("2")
        self.env["ai.batch"]._cron_send()
        self.assertEqual(self.vendors.batches, [])
        self._submit("3")
        self.env["ai.batch"]._cron_send()
        self.assertEqual(self.vendors.questions(), [["1", "2", "3"]])

    def test_latest_comes_before_the_company_s_waiting_time(self):
        now = fields.Datetime.now()
        self.company.ai_batch_minutes = 60
        usual, soon = self._submit("1"), self._submit("2", latest=now + timedelta(minutes=20))
        self.assertLessEqual(usual.send_at, now + timedelta(minutes=61))
        self.assertGreater(usual.send_at, now + timedelta(minutes=59))
        self.assertLess(soon.send_at, now + timedelta(minutes=16))
        past = self._submit("3", latest=now - timedelta(days=1))
        self.assertLessEqual(past.send_at, fields.Datetime.now())
        self.env["ai.batch"]._cron_send()
        self.assertEqual(self.vendors.questions(), [["1", "2", "3"]])  # the others go along

    def test_batches_keep_to_the_vendor_s_limits(self):
        self.patch(AnthropicBatches, "limits", BatchLimits(2, 10_000))
        for number in range(5):
            self._submit(str(number))
        self._send()
        self.assertEqual(self.vendors.questions(), [["0", "1"], ["2", "3"], ["4"]])
        self.patch(AnthropicBatches, "limits", BatchLimits(100, 10_000))
        for letter in "abcd":
            self._submit(letter * 2000)
        self._send()
        self.assertEqual([len(batch) for batch in self.vendors.questions()[3:]], [2, 2])
        error = self._fails(InvalidCallError, self._submit, "x" * 20_000)
        self.assertIn("a batch of “Batches” holds 10,000", str(error))

    def test_what_cannot_be_submitted_is_refused_with_a_reason(self):
        cases = {
            "(model, method, ids)": ["res.partner", ("res.partner", "_on_test_answer"), 7],
            "does not exist": [
                ("res.partner", "_nothing", self.partner.ids),
                ("no.model", "_on_test_answer", [1]),
                ("res.partner", "__class__", self.partner.ids),
            ],
            "is not marked": [("res.partner", "_no_callback", self.partner.ids)],
            "ids of saved": [("res.partner", "_on_test_answer", [])],
        }
        for words, callbacks in cases.items():
            for callback in callbacks:
                with self.subTest(callback=callback):
                    error = self._fails(InvalidCallError, self._submit, callback=callback)
                    self.assertIn(words, str(error))
        for options in (
            {"text": ""},
            {"text": []},
            {"latest": "tomorrow"},
            {"idempotency_key": "a"},
            {"temperature": 9},
        ):
            with self.subTest(options=options):
                self._fails(InvalidCallError, self._submit, **options)
        self.assertFalse(self.env["ai.batch.request"].search([]))

    def test_submit_is_no_remote_procedure(self):
        for args in (["Hello"], [[], "Hello"]):
            with self.assertRaises(AccessError):
                call_kw(self.service.with_user(self.user), "submit", args, {})

    def test_nobody_enters_changes_or_deletes_a_request(self):
        request = self._submit().with_user(self.user)
        requests = self.env["ai.batch.request"].with_user(self.user)
        with self.assertRaises(AccessError):
            request.write({"callback_method": "unlink"})
        with self.assertRaises(AccessError):
            requests.create({"send_at": fields.Datetime.now()})
        with self.assertRaises(AccessError):
            request.unlink()
        other = self._new_user("another")
        self.assertFalse(requests.with_user(other).search([]))
        with self.assertRaises(AccessError):
            request.with_user(other).action_cancel()

    # -- where there is no batch for it ----------------------------------------------------------

    def test_without_a_batch_service_it_is_sent_singly_and_says_so(self):
        self.batched.batch_service = "no"
        request = self._submit(config=self.provider.id)
        self.assertEqual(request.route, "single")
        self.assertIn("has no batch service", request.notice)
        self.env["ai.batch"]._cron_send()
        self.assertEqual(request.state, "done")
        self._call_back()
        ((_records, _request, answer, _env),) = CALLED
        self.assertEqual((answer["kind"], answer["state"]), ("api", "done"))
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual((row.kind, row.user_id), ("api", self.user))

    def test_what_is_sent_singly_is_paid_once_however_often_it_is_tried(self):
        self.batched.batch_service = "no"
        self.company.ai_text_policy = "full"  # keeps what is sent, to send it once more
        request = self._submit(config=self.provider.id)
        keys = []
        for number in range(2):  # the second time as if the first had died before it closed it
            self.env["ai.batch"]._cron_send()
            self.assertEqual((request.state, request.tries), ("done", number + 1))
            keys.append(request.token_usage_id)
            self._sql("UPDATE ai_batch_request SET state = 'waiting', answer = NULL")
        self.assertEqual(keys[0], keys[1])
        self._sql("UPDATE ai_batch_request SET state = 'uncertain'")
        request.action_send_again()
        self.env["ai.batch"]._cron_send()
        self.assertEqual(request.state, "done")
        self.assertNotEqual(request.token_usage_id, keys[0])

    def test_a_run_keeps_to_odoo_s_time_limits(self):
        batches = self.env["ai.batch"]
        for cron, real, wanted in ((-1, 120, 60), (300, 120, 150), (0, 120, 240), (900, 120, 240)):
            limits = {"limit_time_real_cron": cron, "limit_time_real": real}
            with self.subTest(limits=limits), patch.dict(config.options, limits):
                self.assertEqual(batches._run_s(), wanted)

    def test_what_would_not_be_answered_in_the_time_left_waits_for_the_next_run(self):
        self.batched.batch_service = "no"
        self.provider.timeout_s = 60
        request = self._submit(config=self.provider.id)
        requests, deadline = self.env["ai.batch.request"], time.monotonic() + 60
        self.env.flush_all()
        for left, state in ((69, "waiting"), (96, "done")):
            with patch.object(type(requests), "_seconds_left", lambda _self, left=left: left):
                requests._send_singly(deadline, 96)
            self.env.invalidate_all()
            self.assertEqual(request.state, state)

    def test_calling_back_again_sends_nothing(self):
        request = self._submit("Hello")
        self._send()
        self._sql("UPDATE ai_batch_request SET state = 'uncertain', callback_state = 'failed'")
        request.with_user(self.user).action_retry_callback()
        self.assertEqual((request.state, request.callback_state), ("uncertain", "pending"))

    def test_without_a_batch_price_it_is_sent_singly_or_refused(self):
        self.batched.price_ids.batch_priced = False
        request = self._submit()
        self.assertEqual(request.route, "single")
        self.assertIn("its price does not say", request.notice)
        self.company.ai_batch_unpriced = "refuse"
        error = self._fails(InvalidCallError, self._submit)
        self.assertIn("refused by the company's settings", str(error))

    def test_an_agent_that_does_not_wait_is_answered_at_once(self):
        agent = self.env["ai.agent"].create({"name": "Quick", "code": "quick", "may_wait": False})
        request = self._submit(environment={"agent_type": "quick"}, config=self.provider.id)
        self.assertEqual(request.route, "single")
        self.assertIn("“Quick” does not let its calls wait", request.notice)
        agent.may_wait = True
        request = self._submit(environment={"agent_type": "quick"})
        self.assertEqual(request.route, "batch")

    def test_a_pattern_answers_at_once_and_costs_nothing(self):
        pattern = self.env["ai.answer.pattern"].create(
            {"name": "A", "triggers_en": "hello there", "answers_en": "Hello to you."}
        )
        self.env["ai.agent"].create(
            {"name": "Polite", "code": "polite", "pattern_ids": [(6, 0, pattern.ids)]}
        )
        request = self._submit("Hello there", environment={"agent_type": "polite"})
        self.assertEqual((request.state, request.route), ("done", "none"))
        self._call_back()
        ((_records, _request, answer, _env),) = CALLED
        self.assertEqual((answer["kind"], answer["content"]), ("pattern", "Hello to you."))
        self._all()
        self.assertEqual(self.vendors.batches, [])

    # -- callbacks -------------------------------------------------------------------------------

    @mute_logger("odoo.addons.ai_brain.models.batch.request_callback")
    def test_a_callback_that_raises_five_times_is_shown_with_its_answer(self):
        request = self._submit("Hello")
        self._all_but_callback()
        FAILING.append("no room")
        for tries in range(1, 6):
            self.assertEqual(request.callback_state, "pending")
            self._call_back()
            self.assertEqual(request.callback_tries, tries)
        self._call_back()
        self.assertEqual(len(CALLED), 5)
        self.assertEqual(request.callback_state, "failed")
        self.assertIn("ValueError: no room", request.callback_error)
        self.assertEqual(request.answer_text, "Re: Hello")
        self.assertFalse(self.partner.comment)  # undone with it
        FAILING.clear()
        request.with_user(self.user).action_retry_callback()
        self._call_back()
        self.assertEqual((request.callback_state, len(CALLED)), ("done", 6))

    def _all_but_callback(self):
        self._send()
        self._poll()

    def test_records_that_are_gone_are_told_and_the_answer_is_kept(self):
        second = self.env["res.partner"].create({"name": "Second"})
        both = ("res.partner", "_on_test_answer", [self.partner.id, second.id])
        one = ("res.partner", "_on_test_answer", [second.id])
        some, none = self._submit("a", callback=both), self._submit("b", callback=one)
        second.unlink()
        self._all()
        ((records, _request, _answer, _env),) = CALLED
        self.assertEqual(records, self.partner)
        self.assertEqual(some.callback_state, "done")
        self.assertIn("1 of the records", some.callback_error)
        self.assertEqual((none.callback_state, none.answer_text), ("failed", "Re: b"))
        self.assertIn("were deleted", none.callback_error)

    def test_a_person_who_was_archived_gets_the_answer_once_he_is_back(self):
        request = self._submit("Hello")
        self._all_but_callback()
        self.user.active = False
        self._call_back()
        self.assertEqual(CALLED, [])
        self.assertEqual(request.callback_state, "failed")
        self.assertIn("archived", request.callback_error)
        self.user.active = True
        request.action_retry_callback()
        self._call_back()
        self.assertEqual(request.callback_state, "done")

    def test_a_scheduled_action_of_any_company_gets_its_answers(self):
        bot = self.env.ref("base.user_root")
        second = self.env["res.company"].create({"name": "Second"})
        bot.company_ids -= second  # as where a person, not the test's OdooBot, created it
        env = self.env["ai.batch.request"]._environment_of(self.env.cr, bot.id, second.id)
        self.assertEqual((env.uid, env.company), (bot.id, second))
        self.assertFalse(bot.active)
        with self.assertRaises(NobodyToCall):
            self.env["ai.batch.request"]._environment_of(self.env.cr, self.user.id, second.id)

    def test_without_a_callback_the_answer_is_on_the_request(self):
        request = self._submit("Hello", callback=None)
        self._all()
        self.assertEqual((request.callback_state, request.answer_text), ("none", "Re: Hello"))

    # -- texts -----------------------------------------------------------------------------------

    def test_where_no_text_is_kept_none_is_left_after_settling(self):
        self.company.ai_text_policy = "none"
        request = self._submit("A secret")
        self.assertFalse(request.question)
        self._all_but_callback()
        self.assertFalse(request.body)
        self._call_back()
        self.assertEqual(CALLED[0][2]["content"], "Re: A secret")
        self.assertFalse(request.answer_text)
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertFalse(row.prompt_text or row.answer_text)

    def test_a_neutralised_copy_sends_asks_and_calls_back_nothing(self):
        self._submit("Hello")
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self._all()
        self.assertEqual((self.vendors.batches, self.vendors.asked, CALLED), ([], [], []))

    def test_a_neutralised_copy_holds_nothing(self):
        budget = self.env["ai.cost.budget"].create(
            {"name": "All", "budget_amount": 1000, "period_type": "total"}
        )
        self._submit("Hello")
        self._send()
        self.assertTrue(self._held())
        self.env["ai.cost.budget"].flush_model()
        with file_open("ai_brain/data/neutralize.sql") as file:
            self._sql(file.read())
        self.assertIsNone(self._held())
        self.env.cr.execute(
            "SELECT DISTINCT reserved FROM ai_cost_budget_period WHERE budget_id = %s", [budget.id]
        )
        self.assertEqual(self.env.cr.fetchall(), [(0,)])

    def test_answers_that_nobody_is_called_with_are_kept_a_day_where_no_text_is_kept(self):
        self.company.ai_text_policy = "none"
        request = self._submit("Hello", callback=None)
        self._all()
        request._gc_texts()
        self.assertEqual(request.answer_text, "Re: Hello")
        self._sql("UPDATE ai_batch_request SET answered_at = answered_at - interval '25 hours'")
        request._gc_texts()
        self.assertFalse(request.answer_text)
        self._sql("UPDATE ai_batch_request SET answered_at = answered_at - interval '200 days'")
        request._gc_texts()
        self.assertFalse(request.exists())

    # -- faults ----------------------------------------------------------------------------------

    def test_a_call_that_fails_fails_alone_and_costs_nothing(self):
        self.vendors.outcomes = {"bad": 400}
        bad, good = self._submit("bad one"), self._submit("good one")
        self._all()
        self.assertEqual((bad.state, good.state), ("failed", "done"))
        self.assertIn("refused by a test", bad.error)
        row = self.env["ai.token.usage"].browse(bad.token_usage_id)
        self.assertEqual((row.state, row.cost_usd, row.kind), ("failed", 0, "batch"))
        self.assertEqual(sorted(call[2]["state"] for call in CALLED), ["done", "failed"])
        self.assertIsNone(self._held())

    def test_answers_with_waste_and_failures_are_settled_at_once(self):
        self.batched.enable_waste_detection = True
        self.vendors.outcomes = {"bad": 400}
        texts = ("bad one", "Hello there, who is it?", "Hello there, who is it?")
        requests = [self._submit(text) for text in texts]
        with self.assertNoLogs("odoo.addons.ai_brain.models.batch.batch_settle", "WARNING"):
            self._all()
        rows = [self.env["ai.token.usage"].browse(one.token_usage_id) for one in requests]
        self.assertEqual([row.state for row in rows], ["failed", "done", "done"])
        self.assertEqual([row.waste_analyzed for row in rows], [False, True, True])
        self.assertIn("duplicate_query", rows[2].waste_reason)

    def test_what_expires_is_sent_again_and_in_the_end_told(self):
        self.vendors.ends = "expired"
        request = self._submit("Hello")
        for times in (1, 2, 3):
            self._send()
            self._poll()
            self.assertEqual(request.tries, times)
            self.assertIsNone(self._held())
        self.assertEqual((request.state, len(self.vendors.batches)), ("failed", 3))
        self._call_back()
        self.assertEqual(CALLED[0][2]["state"], "failed")

    def test_a_batch_that_is_refused_as_a_whole_is_sent_again_and_in_the_end_tells_why(self):
        failed = BatchState("msgbatch_0000", "failed", error="Enqueued token limit reached.")
        request = self._submit("Hello")
        for times in range(1, 7):
            self._send()
            batch = request.batch_id
            with patch.object(AnthropicBatches, "poll", return_value=failed):
                self._poll()
            self.assertEqual((batch.state, batch.error), ("failed", failed.error))
            self.assertEqual((request.state, times), ("failed" if times == 6 else "waiting", times))
            if times == 1:  # what waits at the vendor's needs its time
                wait = request.not_before - fields.Datetime.now()
                self.assertGreater(wait.total_seconds(), 14 * 60)
                request.action_send_now()
                self.assertFalse(request.not_before)
        self.assertIn("as a whole. Enqueued token limit", request.error)
        self.assertIsNone(self._held())

    def test_a_provider_that_calls_another_model_by_now_has_no_price_for_it(self):
        waits, sent = self._submit("Hello"), self._submit("Hello again")
        self._sql("UPDATE ai_batch_request SET state = 'cancelled' WHERE id = %s", waits.id)
        self._send()
        self._sql("UPDATE ai_batch_request SET state = 'waiting' WHERE id = %s", waits.id)
        waits.provider_id.model_name = "another-model"
        self._send()
        self.assertEqual((waits.state, len(self.vendors.batches)), ("waiting", 1))
        self.assertIn("price in a batch is not known", waits.error)
        held = sent.held_usd
        self._poll()
        self.assertEqual(sent.state, "uncertain")
        self.assertEqual(sent.cost_usd, held)

    def test_nothing_of_a_cancelled_batch_is_sent_again(self):
        self.vendors.outcomes = {"busy": 529}
        busy = self._submit("busy")
        self._send()
        busy.batch_id.action_cancel()
        self._poll()
        self.assertEqual((busy.state, busy.batch_id.state), ("cancelled", "done"))
        lost = self._submit("Hello")
        self._send()
        batch = lost.batch_id
        self._sql(
            "UPDATE ai_batch SET state = 'sending', vendor_ref = NULL, is_cancelling = TRUE,"
            " sent_at = sent_at - interval '1 hour' WHERE id = %s",
            batch.id,
        )
        self.vendors.batches.clear()
        self._poll()
        self._poll()
        self.assertEqual((lost.state, batch.state), ("cancelled", "cancelled"))
        self.assertIsNone(self._held())

    def test_what_expires_after_a_day_is_sent_again_all_the_same(self):
        self.vendors.ends = "expired"
        request = self._submit("Hello")
        self._send(hours_ago=25)
        self._poll()
        self.assertEqual((request.state, request.tries), ("waiting", 1))
        self.assertGreater(request.send_at, fields.Datetime.now() - timedelta(minutes=1))

    def test_a_batch_that_is_cancelled_keeps_what_was_answered(self):
        self.vendors.running = True
        request = self._submit("Hello")
        self._send()
        self._poll()
        self.assertEqual(request.batch_id.state, "running")
        request.batch_id.action_cancel()
        self._poll()
        self.assertEqual((request.state, request.batch_id.state), ("cancelled", "cancelled"))
        self.assertIsNone(self._held())
        waiting = self._submit("Not yet sent").with_user(self.user)
        waiting.action_cancel()
        self.assertEqual(waiting.state, "cancelled")
        self._call_back()
        self.assertEqual([call[2]["state"] for call in CALLED], ["cancelled", "cancelled"])

    def test_a_batch_that_ended_before_it_could_be_cancelled_is_paid_and_given(self):
        request = self._submit("Hello")
        self._send()
        request.batch_id.action_cancel()
        self._poll()
        self.assertEqual((request.state, request.batch_id.state), ("done", "done"))

    def test_a_batch_that_was_lost_on_the_way_is_found_before_it_is_sent_again(self):
        self.vendors.post = "lost"
        request = self._submit("Hello")
        self._send()
        self.assertEqual((request.batch_id.state, len(self.vendors.batches)), ("sending", 1))
        self.vendors.post = None
        self._poll()
        self.assertEqual(request.batch_id.state, "sent")
        self._poll()
        self.assertEqual((request.state, len(self.vendors.batches)), ("done", 1))

    def test_what_cannot_be_found_out_is_uncertain_in_the_end(self):
        self.vendors.post, self.vendors.running = "lost", True
        request = self._submit("Hello")
        self._send()
        held = Decimal(str(request.held_usd))
        self.vendors.post = None
        self._poll()  # whose a batch is that still runs cannot be told
        self.assertEqual((request.state, request.batch_id.state), ("sent", "sending"))
        self.assertEqual(len(self.vendors.batches), 1)
        self._sql("UPDATE ai_batch SET sent_at = sent_at - interval '75 hours'")
        self._poll()
        self.assertEqual((request.state, request.batch_id.state), ("uncertain", "uncertain"))
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual(Decimal(self._exact(row, "cost_usd")), held)
        self.assertIsNone(self._held())

    def test_a_batch_that_never_arrived_is_sent_again(self):
        request = self._submit("Hello")
        self._send()
        self.vendors.batches.clear()
        self._sql("UPDATE ai_batch SET state = 'sending', vendor_ref = NULL")
        first = request.batch_id
        for _time in range(3):  # the vendor's list may lag behind
            self._poll()
        self.assertEqual((request.state, first.state), ("sent", "sending"))
        self._sql("UPDATE ai_batch SET sent_at = sent_at - interval '15 minutes'")
        self._poll()
        self.assertEqual((request.state, first.state), ("sent", "sending"))
        self._poll()
        self.assertEqual((request.state, first.state), ("waiting", "failed"))
        self.assertIsNone(self._held())
        self._all()
        self.assertEqual((request.state, len(CALLED)), ("done", 1))

    @mute_logger("odoo.addons.ai_brain.models.batch.batch_send")
    def test_requests_that_cannot_be_sent_keep_no_others_from_it(self):
        self.batched.batch_service = "no"
        single = self._submit("Singly", config=self.provider.id)
        self.batched.batch_service = "yes"
        request = self._submit("Hello")
        batches = type(self.env["ai.batch"])
        with patch.object(batches, "_hold_part", side_effect=ValueError("broken")):
            self._send()
        self.assertEqual((request.state, request.batch_id.state), ("waiting", False))
        self.assertTrue(request.not_before)
        self.assertEqual(single.state, "done")
        self._all()
        self.assertEqual(request.state, "done")

    def test_whoever_died_before_sending_has_sent_nothing(self):
        request = self._submit("Hello")
        self._due()
        batches = self.env["ai.batch"]
        service = self.service._batch_service(self.batched)
        claim = self.company.id, self.batched, "test-model", service
        batch_id, asked = batches._claim_requests(*claim)
        batches._hold_all(batch_id, self.company, asked)
        self.assertTrue(self._held())
        self._poll()
        self.assertIsNone(self._held())
        self.assertEqual(request.state, "waiting")

    def test_a_file_that_ends_early_is_fetched_again(self):
        self.vendors.cut = 1
        first, second = self._submit("1"), self._submit("2")
        self._send()
        self._poll()
        self.assertEqual((first.state, second.state), ("done", "sent"))
        self.assertIn("early", first.batch_id.error)
        self.vendors.cut = None
        self._poll()
        self.assertEqual((second.state, first.batch_id.state), ("done", "done"))
        self.assertEqual(first.batch_id.settled_count, 2)

    @mute_logger("odoo.addons.ai_brain.models.batch.batch_poll")
    def test_what_is_missing_for_good_counts_at_its_worst_case(self):
        self.vendors.cut = 1
        self._submit("1")
        second = self._submit("2")
        self._send()
        held = Decimal(str(second.held_usd))
        for _time in range(9):
            self._poll()
        self.assertEqual(second.state, "uncertain")
        row = self.env["ai.token.usage"].browse(second.token_usage_id)
        self.assertEqual(row.state, "uncertain")
        self.assertEqual(Decimal(self._exact(row, "cost_usd")), held)

    @mute_logger("odoo.addons.ai_brain.models.batch.batch_poll")
    def test_what_cannot_be_read_of_an_expired_batch_is_not_sent_again(self):
        self.vendors.cut, self.vendors.ends = 0, "expired"
        request = self._submit("1")
        self._send()
        for _time in range(9):
            self._poll()
        self.assertEqual((request.state, request.batch_id.state), ("uncertain", "expired"))

    def test_answers_that_come_twice_settle_once(self):
        self.vendors.twice = True
        self._submit("1")
        self._submit("2")
        self._send()
        self._poll()
        self._sql("UPDATE ai_batch SET state = 'running'")
        self._poll()
        self.assertEqual(self.env["ai.token.usage"].search_count([("kind", "=", "batch")]), 2)

    def test_a_vendor_that_is_down_is_asked_again_and_given_up_after_a_day(self):
        self.vendors.post = 429
        request = self._submit("Hello")
        self._send()
        self.assertEqual(request.state, "waiting")
        self.assertTrue(request.not_before)
        self.assertIsNone(self._held())
        self._send(hours_ago=25)
        self.assertEqual(request.state, "failed")
        self._call_back()
        self.assertEqual(CALLED[0][2]["state"], "failed")
        request.action_send_again()
        self.vendors.post = None
        self._all()
        self.assertEqual((request.state, len(CALLED)), ("done", 2))

    def test_a_schema_is_checked(self):
        schema = {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}
        request = self._submit("Hello", response_schema=schema)
        self._all()
        self.assertEqual(request.error_code, "AnswerNotValidError")
        answer = CALLED[0][2]
        self.assertIsNone(answer["data"])
        self.assertTrue(answer["problems"])

    def test_data_with_a_character_that_cannot_be_kept_is_no_data(self):
        schema = {"type": "object", "properties": {"a": {"type": "string"}}}
        self.patch(self.vendors, "result", self._result_of('{"a": "x\\u0000"}'))
        request = self._submit("Hello", response_schema=schema)
        self._all()
        self.assertEqual((request.state, request.error_code), ("done", "AnswerNotValidError"))
        self.assertIsNone(CALLED[0][2]["data"])
        self.assertIn("cannot be kept", CALLED[0][2]["problems"][0])

    def _result_of(self, content):
        result = self.vendors.result

        def answered(question, outcome):
            found = result(question, outcome)
            found["message"]["content"][0]["text"] = content
            return found

        return answered

    @mute_logger("odoo.sql_db", "odoo.addons.ai_brain.models.batch.batch_settle")
    def test_an_answer_that_cannot_be_written_is_uncertain_and_alone(self):
        def read(content, schema):
            return {"a": "\0" if "bad" in content else content}, []

        good, bad = (
            self._submit(text, response_schema={"type": "object"}) for text in ("good", "bad")
        )
        self._send()
        with patch.object(batch_settle, "read_answer", read):
            self._poll()
        self.assertEqual((good.state, bad.state), ("done", "uncertain"))
        self.assertEqual((good.answer_text, bad.answer_text), ("Re: good", False))
        self.assertEqual(good.batch_id.settled_count, 2)
        self.assertIsNone(self._held())
