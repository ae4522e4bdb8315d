from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from ... import exceptions
from ...engine.price.usage import TokenUsage
from ...models.call import settle
from ...providers import ChatResponse, errors
from ..common import answering
from .common import ReuseCase

TOOLS = [{"type": "function", "function": {"name": "stock", "parameters": {"type": "object"}}}]


@tagged("post_install", "-at_install", "every_series")
class TestKept(ReuseCase):
    """What a kept answer is to whoever gets it."""

    def test_the_same_question_is_answered_again_at_no_cost_and_says_so(self):
        usage = TokenUsage(input=1000, output=500)
        given = ChatResponse("A tax.", usage=usage, model="test-model", finish_reason="stop")
        with answering(self.env, given) as asked:
            first = self._ask("What is the VAT rate in France?")
            again = self._ask("what's the VAT rate in France")
        self.assertEqual(len(asked), 1)
        self.assertEqual((first["kind"], first["kept_answer"]), ("api", None))
        self.assertEqual((again["kind"], again["content"]), ("cache", "A tax."))
        self.assertEqual(again["cost_usd"], 0)
        # 1,000 tokens at $1 and 500 at $2 a million
        self.assertEqual((again["baseline_cost_usd"], again["saved_usd"]), (0.002, 0.002))
        self.assertEqual(again["kept_answer"]["match"], "same_question")
        self.assertEqual(again["kept_answer"]["question"], "What is the VAT rate in France?")
        self.assertIn("kept answer", again["notices"][-1])
        self.assertEqual(again["why"], again["notices"][-1])
        row = self._row(again)
        self.assertEqual(
            (row.kind, row.answer_match, row.output_tokens), ("cache", "same_question", 500)
        )
        kept = self.answers.browse(row.answer_key)
        self.assertEqual((kept.hits, kept.saved_usd), (1, 0.002))
        self.assertEqual(kept.token_usage_id, first["token_usage_id"])

    def test_a_stream_is_replayed_as_a_stream(self):
        text = "One two three four five six seven eight nine ten."
        service, environment = self.service.with_user(self.user), {"agent_type": "desk"}
        read = []
        with answering(self.env, text) as asked:
            for _time in range(2):
                events = [*service.stream_message("Count to ten", environment=environment)]
                read.append([event["text"] for event in events[:-1]])
        self.assertEqual(len(asked), 1)
        self.assertEqual(["".join(texts) for texts in read], [text, text])
        self.assertGreater(len(read[1]), 1)
        self.assertEqual(events[-1]["result"]["kind"], "cache")

    def test_off_keeps_nothing_and_exact_wants_the_words(self):
        self.agent.reuse = "off"
        self.assertFalse(self._reused({}, {}))
        self.assertFalse(self.answers.search_count([]))
        self.agent.reuse = "exact"
        self.assertTrue(self._reused({}, {}))
        self.assertFalse(self._reused({"text": "What is VAT?"}, {"text": "what is VAT"}))

    def test_what_says_nothing_of_itself_is_never_kept(self):
        for text in ("Is this invoice paid?", "What happened today?", "Wie ist das Wetter heute?"):
            with self.subTest(text):
                self.assertFalse(self._reused({"text": text}, {"text": text}))

    def test_it_is_kept_for_so_many_hours(self):
        self._kinds({})
        self.agent.reuse_ttl_h = 2
        kept = self.answers.search([])
        kept.created_at = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        kept.flush_recordset()
        self.assertEqual(self._kinds({}), ["cache"])
        kept.created_at = fields.Datetime.subtract(fields.Datetime.now(), hours=3)
        kept.flush_recordset()
        self.assertEqual(self._kinds({}), ["api"])

    def test_a_call_may_do_without_and_may_ask_anew(self):
        with answering(self.env, "One", "Two", "Three") as asked:
            self._ask()
            self.assertEqual(self._ask(no_cache=True)["content"], "Two")
            self.assertEqual(self._ask()["content"], "One")
            self.assertEqual(self._ask(refresh=True)["content"], "Three")
            self.assertEqual(self._ask()["content"], "Three")
        self.assertEqual(len(asked), 3)
        self.assertEqual(self.answers.search_count([]), 1)

    def test_a_neutralised_copy_serves_none_and_keeps_none(self):
        self._kinds({})
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self.assertEqual(self._kinds({}, {}), ["api", "api"])
        self.assertEqual(self.answers.search_count([]), 1)

    def test_a_company_that_keeps_no_text_keeps_no_answers(self):
        self._kinds({})
        self.company.ai_text_policy = "none"
        self.assertEqual(self._kinds({}, {}), ["api", "api"])
        self.answers._cron_bound()
        self.assertFalse(self.answers.search_count([]))

    def test_a_failed_look_up_costs_the_saving_and_not_the_call(self):
        self._kinds({})
        claims = type(self.env["ai.answer.claim"])
        with patch.object(claims, "_claim", side_effect=ValueError("broken")):
            with self.assertLogs("odoo.addons.ai_brain.models.base.ai_step", "WARNING"):
                self.assertEqual(self._kinds({}), ["api"])

    def test_what_a_recommendation_goes_by_comes_with_the_claim(self):
        self.agent.mode = "smart_router"
        stats = type(self.env["ai.provider.stats"])
        read = stats._evidence
        self._kinds({"text": "What is a tax?"})
        known = self.env["ai.provider.stats"]._evidence(self.company.id, "chat")
        self.assertEqual(known[self.vendor_provider.id][0].calls, 1)
        with patch.object(stats, "_evidence", autospec=True, side_effect=read) as reading:
            with answering(self.env, "An answer"):
                result = self._ask("What is a levy?")
            self.assertFalse(reading.called)
            # what asks for no kept answer reads it by itself
            with answering(self.env, "An answer"):
                other = self._ask("What is a toll?", no_cache=True)
            self.assertTrue(reading.called)
        ranked = result["recommendation"].ranking.choice.candidate
        self.assertEqual(
            (ranked.key, ranked.evidence), (self.vendor_provider.id, known[ranked.key][0])
        )
        self.assertEqual(other["recommendation"].ranking.choice.candidate.evidence.calls, 2)

    def test_rows_that_many_calls_add_to_are_written_last(self):
        self.agent.mode = "smart_router"
        with (
            patch.object(settle, "SQL", wraps=SQL) as made,
            answering(self.env, "An answer"),
        ):
            self._ask("What is an excise?")
        (statements,) = (
            [one.code for one in call.args[1:]]
            for call in made.call_args_list
            if call.args[0].startswith("WITH")
        )
        self.assertEqual(len(statements), 4, "a benchmark, the answer, the recommendation, sums")
        shared = ["ai_provider_stats" in one for one in statements]
        self.assertEqual(shared, [False, False, False, True])

    def test_who_waited_for_another_reads_anew_what_providers_did(self):
        service = self.service.with_user(self.user)
        call = service._check("What is a due?", self.vendor_provider, {"agent_type": "desk"}, {})
        service._open(call)
        step = self.env["ai.step.kept_answer"].with_user(self.user)
        self.assertIsNone(step._answer(call))
        asked = call.memory["ai.step.kept_answer"]
        asked.token, asked.is_awaited = None, True
        call.evidence = (self.company.id, "chat", [])
        shared = type(self.env["ai.step.shared_answer"])
        claims = type(self.env["ai.answer.claim"])
        with (
            patch.object(shared, "_patience_s", return_value=0.05),
            patch.object(claims, "_look", return_value=(True, [])) as looked,
        ):
            self.assertIsNone(self.env["ai.step.shared_answer"]._answer(call))
        self.assertTrue(looked.called)
        self.assertIsNone(call.evidence)

    def test_settings_are_checked(self):
        for values in ({"reuse_ttl_h": 0}, {"reuse_check_share": 101}, {"reuse_scope": "group"}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.agent.write(values)
        for depends in ("res.partner", [("res.partner",)], [("res.partner", ["x"])], [(1, [1])]):
            with (
                self.subTest(depends),
                self.assertRaisesRegex(exceptions.InvalidCallError, "depends"),
            ):
                self._ask(depends=depends)


@tagged("post_install", "-at_install", "every_series")
class TestScope(ReuseCase):
    """Every part of the scope: what differs in one of them is another question."""

    def test_people_groups_companies_and_everybody(self):
        mine, theirs = {"user": self.user}, {"user": self.other}
        self.assertTrue(self._reused(mine, mine))
        self.assertFalse(self._reused(mine, theirs))
        group = self.env["res.groups"].create({"name": "Desk"})
        self.agent.write({"reuse_scope": "group", "reuse_group_id": group.id})
        self.user.groups_id += group
        self.assertFalse(self._reused(mine, theirs))
        self.assertFalse(self._reused(theirs, mine))
        self.other.groups_id += group
        self.assertTrue(self._reused(mine, theirs))
        self.agent.reuse_scope = "company"
        stranger = self._new_user("reuse-stranger")
        self.assertTrue(self._reused(mine, {"user": stranger}))

    def test_another_company_has_its_own(self):
        company = self.env["res.company"].create({"name": "B"})
        both = [(6, 0, [self.company.id, company.id])]
        self.user.company_ids = both
        self.agent.write({"company_id": False, "provider_id": self._shared_provider().id})
        there = {"company": company}
        for scope in ("user", "company"):
            self.agent.reuse_scope = scope
            self.assertFalse(self._reused({}, there))
        self.agent.reuse_scope = "everybody"
        self.assertTrue(self._reused({}, there))
        self.agent.company_id = self.company
        self.assertTrue(self._reused({}, {"user": self.other}))

    def _shared_provider(self):
        return self._new_provider("Shared", company_id=False, base_url=self.vendor.url)

    def test_context_records_and_tools_serve_one_person_only(self):
        self.agent.reuse_scope = "company"
        partner = self.env["res.partner"].create({"name": "A"})
        for more in (
            {"environment": {"context_blocks": {"note": "We sell boats."}}},
            {"environment": {"res_model": "res.partner", "res_id": partner.id}},
            {"tools": TOOLS},
            {"depends": [("res.partner", partner.ids)]},
        ):
            with self.subTest(more):
                self.assertTrue(self._reused(more, more))
                self.assertFalse(self._reused(more, {**more, "user": self.other}))
                self.assertFalse(self._reused(more, {}))

    def test_what_else_is_sent(self):
        plain = [{"role": "user", "content": "What is VAT?"}]
        system = [{"role": "system", "content": "Be brief."}, *plain]
        turns = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "Hello!"},
            *plain,
        ]
        schema = {"type": "object", "properties": {"a": {"type": "string"}}}
        others = (
            {"text": system},
            {"text": turns},
            {"text": [{"role": "user", "name": "eve", "content": "What is VAT?"}]},
            {"tools": TOOLS},
            {"tools": TOOLS, "tool_choice": "none"},
            {"max_tokens": 77},
            {"temperature": 0.2},
            {"extra": {"seed": 7}},
        )
        for one in others:
            with self.subTest(one):
                self.assertTrue(self._reused(one, one))
                for other in (*others, {}):
                    if other is not one:
                        self.assertFalse(self._reused(one, other), other)
        self.answers.search([]).unlink()
        with answering(self.env, {"a": "b"}, "Plain") as asked:
            for _time in range(2):
                found = self._ask(response_schema=schema)
                self.assertEqual(found["data"], {"a": "b"})
            self.assertEqual(self._ask()["content"], "Plain")
        self.assertEqual((len(asked), found["kind"]), (2, "cache"))

    def test_parameters_that_ask_for_variety(self):
        self.assertTrue(self._reused({"temperature": 0.7}, {"temperature": 0.7}))
        self.assertFalse(self._reused({"temperature": 0.8}, {"temperature": 0.8}))
        self.assertFalse(self._reused({"temperature": 0}, {}))
        self.agent.write({"sets_temperature": True, "temperature": 1.0})
        self.assertFalse(self._reused({}, {}))

    def test_languages(self):
        english, german = "What is in the warehouse?", "Was ist in dem Lager?"
        self.assertFalse(self._reused({"text": english}, {"text": german}))
        self.assertTrue(self._reused({"text": german}, {"text": "was ist in dem lager?"}))
        # unsure: the words alone
        self.assertTrue(self._reused({"text": "Hotel?"}, {"text": "Hotel?"}))
        self.assertFalse(self._reused({"text": "Hotel?"}, {"text": "hotel?"}))

    def test_another_agent_has_its_own(self):
        self.agent.copy({"code": "counter", "name": "Counter"})
        self.assertFalse(self._reused({}, {"environment": {"agent_type": "counter"}}))

    def test_pictures_and_tool_results_are_always_asked(self):
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        text = {"type": "text", "text": "What is on it?"}
        shown = {"text": [{"role": "user", "content": [text, picture]}]}
        self.assertFalse(self._reused(shown, shown))

    def test_an_answer_depends_on_how_a_type_answers_and_not_on_how_it_is_told(self):
        how = self.env["ai.step.kept_answer"]._how_it_answers
        facts = self.env["ai.message.type"].search([], limit=1)._facts()
        told_otherwise = facts._replace(set="own", examples={"en": ["Ahoy"]}, cues={})
        self.assertEqual(how(facts), how(told_otherwise))
        self.assertNotEqual(how(facts), how(facts._replace(max_tokens=7)))


@tagged("post_install", "-at_install", "every_series")
class TestRecords(ReuseCase):
    """An answer that rests on records."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "A"})
        cls.about = {
            "text": "Is this one a good customer?",
            "environment": {"res_model": "res.partner", "res_id": cls.partner.id},
        }

    def test_a_record_that_changes_makes_its_answers_stale(self):
        self.assertEqual(self._kinds(self.about, self.about), ["api", "cache"])
        self.partner.name = "B"
        self.assertEqual(self._kinds(self.about, self.about), ["api", "cache"])
        other = self.env["res.partner"].create({"name": "A"})
        asked = {**self.about, "environment": {"res_model": "res.partner", "res_id": other.id}}
        self.assertEqual(self._kinds(asked), ["api"])

    def test_so_does_what_it_depends_on_and_what_it_inherits(self):
        more = {**self.about, "depends": [("res.users", self.other.id)]}
        self.assertEqual(self._kinds(more, more, self.about), ["api", "cache", "api"])
        self.other.partner_id.name = "Renamed"  # whose fields a user has
        self.assertEqual(self._kinds(more, self.about), ["api", "cache"])
        kept = self.answers.search([("depends", "!=", False)])
        self.assertEqual(kept[:1].depends, {"res.users": self.other.ids})

    def test_nobody_gets_an_answer_that_rests_on_what_he_may_not_read(self):
        self.assertEqual(self._kinds(self.about, self.about), ["api", "cache"])
        rule = self.env["ir.rule"].create(
            {
                "name": "Not this one",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "domain_force": repr([("id", "!=", self.partner.id)]),
            }
        )
        self.assertEqual(self._kinds(self.about, self.about), ["api", "api"])
        rule.unlink()
        self.assertEqual(self._kinds(self.about), ["cache"])
        hidden = {"depends": [("ir.config_parameter", [1])]}
        self.assertEqual(self._kinds(hidden, hidden), ["api", "api"])
        gone = {"depends": [("no.such.model", [1])]}
        self.assertEqual(self._kinds(gone, gone), ["api", "api"])

    def test_a_question_of_the_day_is_asked_again_the_day_after(self):
        today = {**self.about, "text": "Is this one overdue today?"}
        self.assertEqual(self._kinds(today, today), ["api", "cache"])
        day = fields.Date.add(self.company._ai_local_date(), days=1)
        with patch.object(type(self.company), "_ai_local_date", lambda self, moment=None: day):
            self.assertEqual(self._kinds(today), ["api"])


@tagged("post_install", "-at_install", "every_series")
class TestWorthKeeping(ReuseCase):
    """What is never kept."""

    def _twice(self, given):
        with answering(self.env, given, "Good") as asked:
            for _time in range(2):
                try:
                    found = self._ask()
                except exceptions.AiError:
                    continue
        self.assertEqual((len(asked), found["content"]), (2, "Good"))
        self.answers.search([]).unlink()

    def test_errors_cuts_filters_refusals_tool_calls_and_empty_answers(self):
        usage = TokenUsage(input=1, output=1)
        call = [{"id": "1", "name": "stock", "arguments": "{}"}]
        for given in (
            errors.ServerError("down"),
            ChatResponse("Half an", usage=usage, finish_reason="length"),
            ChatResponse("", usage=usage, finish_reason="stop"),
            ChatResponse(" \n", usage=usage, finish_reason="stop"),
            ChatResponse("No.", usage=usage, finish_reason="content_filter"),
            ChatResponse("Odd", usage=usage, finish_reason="error"),
            ChatResponse("Odd", usage=usage, finish_reason=""),
            ChatResponse("Calling", usage=usage, finish_reason="stop", tool_calls=call),
            ChatResponse("Unknown usage", usage=None, finish_reason="stop"),
            "I'm sorry, but I can't assist with that request.",
            "Es tut mir leid, dabei kann ich nicht helfen.",
        ):
            with self.subTest(given):
                self._twice(given)

    def test_a_stream_that_its_reader_left(self):
        service = self.service.with_user(self.user)
        with answering(self.env, "One two three four") as asked:
            stream = service.stream_message("Count to four", environment={"agent_type": "desk"})
            next(stream)
            stream.close()
        self.assertEqual(len(asked), 1)
        self.assertFalse(self.answers.search_count([]))
        self.assertFalse(self.env["ai.answer.claim"].search_count([]))

    def test_a_claim_ends_with_its_call_whatever_became_of_it(self):
        claims = self.env["ai.answer.claim"]
        self._kinds({})
        self.assertFalse(claims.search_count([]))
        with answering(self.env, errors.ServerError("down")):
            self._fails(exceptions.AiError, self._ask, "What is excise duty?")
        self.assertFalse(claims.search_count([]))
        self.env["ai.cost.budget"].create(
            {"name": "None", "budget_amount": 0.0, "agent_type": "desk", "period_type": "daily"}
        )
        self._fails(exceptions.BudgetExceededError, self._ask, "What is customs duty?")
        self.assertFalse(claims.search_count([]))
        # costs nothing, so no budget stands against it
        self.assertEqual(self._kinds({}), ["cache"])


@tagged("post_install", "-at_install")
class TestQuality(ReuseCase):
    """Never an answer from a lesser provider than would answer now."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good, cls.lesser = (
            cls._new_provider(
                name, base_url=cls.vendor.url, is_quality_given=True, quality_score=score
            )
            for name, score in (("Good", 90), ("Lesser", 60))
        )

    def test_that_of_a_lesser_one_does_not_serve_and_that_of_a_better_one_does(self):
        self.agent.provider_id = self.lesser
        self.assertEqual(self._kinds({}, {}), ["api", "cache"])
        self.agent.provider_id = self.good
        self.assertEqual(self._kinds({}, {}), ["api", "cache"])
        self.agent.provider_id = self.lesser
        with answering(self.env):
            found = self._ask()
        self.assertEqual((found["kind"], found["provider_name"]), ("cache", "Good"))
        # what the agent's provider would have charged
        self.assertEqual(self._row(found).configured_provider_id, self.lesser)

    def test_the_agent_s_own_provider_sets_it_where_the_call_names_another(self):
        self.agent.provider_id = self.good
        named = {"config": self.lesser}
        through = {**named, "mode": "passthrough"}
        self.assertEqual(self._kinds(through, through), ["api", "cache"])
        with answering(self.env, "Of the good one"):
            found = self._ask(**named)
        self.assertEqual((found["kind"], found["provider_name"]), ("api", "Good"))
        self.assertEqual(self._kinds(named, through), ["cache", "cache"])

    def test_that_of_a_fallback_serves_only_where_it_would_have_been_good_enough(self):
        self.good.fallback_provider_id = self.lesser
        self.agent.provider_id = self.good
        with answering(self.env, errors.ServerError("down"), "Lesser", "Good") as asked:
            self.assertEqual(self._ask()["provider_name"], "Lesser")
            self.assertEqual(self._ask()["content"], "Good")
            self.assertEqual(self._ask()["content"], "Good")
        self.assertEqual(len(asked), 3)

    def test_where_the_router_decides_a_changed_provider_or_bar_asks_anew(self):
        self.agent.write({"provider_id": False, "mode": "smart_router"})
        self.assertEqual(self._kinds({}, {}), ["api", "cache"])
        self.good.quality_score = 95
        self.assertEqual(self._kinds({}, {}), ["api", "cache"])
        self.company.ai_quality_medium = 80
        self.assertEqual(self._kinds({}), ["api"])

    def test_a_provider_that_has_another_model_now(self):
        self.agent.provider_id = self.lesser
        self.lesser.write({"is_quality_given": False, "model_name": "gpt-4o-mini"})
        self.assertEqual(self._kinds({}, {}), ["api", "cache"])
        self.lesser.model_name = "gpt-4o"
        self.assertEqual(self._kinds({}), ["api"])
        self.lesser.model_name = "gpt-4o-mini"
        self.assertEqual(self._kinds({}), ["cache"])
