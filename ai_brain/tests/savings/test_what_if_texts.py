from datetime import datetime, timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged

from ...engine.price.usage import TokenUsage
from .test_what_if import WhatIfCase
from .what_if_rows import priced

NOON = datetime(2026, 1, 10, 12)
HARD = (
    "Prove that every group of order 15 is cyclic, derive its automorphism group step by step, and "
    "compare the proof by Sylow's theorems with one by counting elements."
)


@tagged("post_install", "-at_install")
class TestWhatIfTexts(WhatIfCase):
    """What depends on what was asked is replayed where the text is kept, and only there."""

    def _write(self, text, minutes=0, provider=None, messages=None, **values):
        messages = messages or [{"role": "user", "content": text}]
        row = priced(
            provider or self.plain,
            TokenUsage(input=1000, output=100),
            NOON + timedelta(minutes=minutes),
            user_id=self.boss.id,
            agent_key=self.seller.id,
            agent_type="seller",
            messages={"messages": messages} if text else None,
            answer_text="On the third floor.",
            finish_reason="stop",
            prompt_complexity=0.2,
            context_size_tokens=1000,
        )
        return self.usage._insert([{**row, **values}])[0]

    COST = Decimal(1000 * 3 + 100 * 15) / 10**6

    def test_a_question_that_comes_again_is_served_for_as_long_as_answers_are_kept(self):
        for minutes in (0, 30, 59, 61, 90, 200):
            self._write("Where do I print the delivery slip?", minutes)
        what_if = self._ask(reuse="exact", reuse_ttl_h=1)
        now, then = self._exact(what_if)
        self.assertEqual((now, then), (6 * self.COST, 3 * self.COST))
        (kept,) = what_if.answerer_line_ids.filtered(lambda x: not x.answerer_id)
        self.assertEqual((kept.calls, kept.label), (3, "Plain → A kept answer"))
        domain = kept.action_view_calls()["domain"]
        self.assertEqual(self.usage.search_count(domain), 3)
        self.env["ai.what.if.call"].sudo().search([("what_if_id", "=", what_if.id)]).unlink()
        with self.assertRaises(UserError):
            kept.action_view_calls()

    def test_the_same_question_is_more_than_the_same_words(self):
        self._write("How do I print delivery slips?")
        self._write("how can I print a delivery slip", 5)
        self.assertEqual(self._exact(self._ask(reuse="exact"))[1], 2 * self.COST)
        self.assertEqual(self._exact(self._ask(reuse="same_question"))[1], self.COST)

    def test_an_answer_is_kept_for_whom_the_question_says(self):
        self._write("What is our VAT number?")
        self._write("What is our VAT number?", 5, user_id=self.anna.id)
        self.assertEqual(self._exact(self._ask(reuse="exact"))[1], 2 * self.COST)
        wide = self._ask(reuse="exact", reuse_scope="company")
        self.assertEqual(self._exact(wide)[1], self.COST)

    def test_what_went_before_is_part_of_the_question(self):
        before = [{"role": "system", "content": "Be short."}]
        asked = {"role": "user", "content": "What is the capital of Peru?"}
        self._write("x", messages=[asked])
        self._write("x", 5, messages=[*before, asked])
        self.assertEqual(self._exact(self._ask(reuse="exact"))[1], 2 * self.COST)

    def test_a_record_may_have_changed_so_such_a_call_keeps_its_cost_and_is_named(self):
        for minutes in (0, 5):
            self._write("Sum up this order.", minutes, res_model="sale.order", res_id=7)
        what_if = self._ask(reuse="exact")
        self.assertEqual(self._exact(what_if)[1], 2 * self.COST)
        self.assertEqual(self._reasons(what_if), {"record": 1})

    def test_a_call_without_text_keeps_its_cost_and_is_named(self):
        self._write("Where do I print the delivery slip?")
        self._write(None, 5)
        what_if = self._ask(reuse="exact")
        self.assertEqual(self._exact(what_if)[1], 2 * self.COST)
        self.assertEqual(self._reasons(what_if), {"no_text": 1})
        self.assertEqual((what_if.calls, what_if.assessed_calls), (2, 1))

    def test_a_kept_answer_that_cannot_be_looked_at_stays_one(self):
        served = {"kind": "cache", "cost_usd": Decimal(0), "price_id": None}
        self._write(None, **served)  # no text
        for minutes in (5, 9):  # of a record that may have changed
            self._write("Sum up this order.", minutes, res_model="sale.order", res_id=7, **served)
        what_if = self._ask(reuse="exact")
        self.assertEqual(self._reasons(what_if), {"no_text": 1, "record": 1})
        found = {line.label: line.calls for line in what_if.answerer_line_ids}
        self.assertEqual(found, {"Plain → A kept answer": 2, "Plain → Plain": 1})
        self.assertEqual(self._exact(what_if), (Decimal(0), self.COST))

    def test_answers_that_failed_or_refuse_are_not_kept(self):
        self._write("What is X?", answer_text="I'm sorry, but I can't help with that.")
        self._write("What is X?", 5)
        self._write("What is X?", 9)
        self.assertEqual(self._exact(self._ask(reuse="exact"))[1], 2 * self.COST)

    def test_the_router_sends_each_question_where_the_ranking_does(self):
        self.cheap.quality_score, self.plain.quality_score = 77, 96
        self.tiered.active = False
        self._write("Hi there, thanks!", prompt_complexity=0.05)
        self._write(HARD, 5, prompt_complexity=0.95)
        what_if = self._ask(router="on")
        found = {line.answerer_id.name: line.calls for line in what_if.answerer_line_ids}
        self.assertEqual(found, {"Cheap": 1, "Plain": 1})
        cheap = Decimal("0.1") * 1000 + Decimal("0.4") * 100
        self.assertEqual(self._exact(what_if)[1], self.COST + cheap / 10**6)
        total = what_if._line("total", "")
        self.assertLess(total.good_then, total.good_now)
        self.assertLess(total.low_then, total.good_then)
        self.assertLess(total.good_then, total.high_then)

    def test_the_router_stays_among_the_providers_that_are_chosen(self):
        self._write("Hi there, thanks!", prompt_complexity=0.05)
        what_if = self._ask(router="on", only_provider_ids=[(6, 0, self.tiered.ids)])
        self.assertEqual(what_if.answerer_line_ids.answerer_id, self.tiered)

    def test_older_messages_are_sent_as_summaries_which_are_paid_once(self):
        talk = [
            {"role": role, "content": f"{role} says that it rained all day long, number {n}. " * 12}
            for n in range(40)
            for role in ("user", "assistant")
        ]
        usage = TokenUsage(input=20_000, output=100)
        for minutes, more in ((0, 0), (5, 0), (10, 1)):
            said = [*talk, *({"role": "user", "content": f"And now? {n}"} for n in range(more + 1))]
            row = priced(
                self.plain, usage, NOON + timedelta(minutes=minutes), user_id=self.boss.id,
                agent_key=self.seller.id, messages={"messages": said}, session_id="talk",
            )  # fmt: skip
            self.usage._insert([row])
        what_if = self._ask(keep_messages=20)
        now, then = self._exact(what_if)
        self.env.cr.execute(
            "SELECT count(*), count(digest), count(digest_usd), SUM(digest_usd)::text"
            " FROM ai_what_if_call WHERE what_if_id = %s",
            (what_if.id,),
        )
        calls, cut, paid, usd = self.env.cr.fetchone()
        self.assertEqual((calls, cut, paid), (3, 3, 1))
        self.assertGreater(Decimal(usd), 0)
        self.assertLess(then, now * Decimal("0.8"))
        self.assertGreater(then, 0)

    def test_calls_of_an_old_result_are_forgotten_and_the_result_stays(self):
        self._write("Where?")
        what_if = self._ask(reuse="exact")
        calls = self.env["ai.what.if.call"].sudo()
        calls._gc_calls()
        self.assertTrue(calls.search_count([("what_if_id", "=", what_if.id)]))
        self.env.cr.execute(
            "UPDATE ai_what_if SET write_date = write_date - interval '31 days' WHERE id = %s",
            (what_if.id,),
        )
        calls._gc_calls()
        self.assertFalse(calls.search_count([("what_if_id", "=", what_if.id)]))
        self.assertEqual(what_if.calls, 1)

    def test_a_neutralised_copy_replays_as_it_asks_nobody(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", True)
        self._write("Where?")
        self.assertEqual(self._ask(reuse="exact").calls, 1)
        self.assertEqual(self.vendor.requests, [])
