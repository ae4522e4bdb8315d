from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from .common import CALLED, BatchCase


@tagged("post_install", "-at_install", "every_series")
class TestBatchBudgets(BatchCase):
    """A hard limit holds for batches, at the batch price, and across the end of a month."""

    def _budget(self, amount, **vals):
        return self.env["ai.cost.budget"].create(
            {
                "name": "Limit",
                "company_id": self.company.id,
                "budget_amount": amount,
                "block_at_threshold": 100,
                "alert_thresholds": [],
                **vals,
            }
        )

    def _period(self, budget):
        self.env.cr.execute(
            "SELECT date_from, trim_scale(spent)::text, trim_scale(reserved)::text"
            " FROM ai_cost_budget_period WHERE budget_id = %s ORDER BY date_from",
            (budget.id,),
        )
        return self.env.cr.fetchall()

    def test_the_worst_case_at_the_batch_price_is_held_and_given_back(self):
        budget = self._budget(100)
        request = self._submit("Hello", max_tokens=1000)
        self._send()
        ((_day, spent, reserved),) = self._period(budget)
        self.assertEqual(Decimal(spent), 0)
        self.assertEqual(Decimal(reserved), Decimal(str(request.held_usd)))
        self.assertEqual(self._held(), reserved)
        self._poll()
        ((_day, spent, reserved),) = self._period(budget)
        self.assertEqual((spent, reserved), ("0.00001", "0"))

    def test_who_chooses_a_provider_for_what_waits_goes_by_the_batch_price(self):
        others = self.env["ai.service.provider"].search([("id", "!=", self.batched.id)])
        others.active = False
        self.batched.quality_score = 90
        dear = {"input_usd": 5, "output_usd": 10, "valid_from": "2020-01-01"}
        other = self._new_provider(
            "Other", dear, base_url=self.vendor.url, quality_score=90, model_name="other-model"
        )

        def routed():
            asked = {"max_tokens": 1000, "mode": "smart_router"}
            return self._submit("Hello", **asked)

        in_batch = routed()
        self.assertEqual((in_batch.provider_id, in_batch.route), (self.batched, "batch"))
        # room for it in a batch, and not at twice the price
        budget = self._budget(float(in_batch.worst_usd) * 1.5, provider_id=self.batched.id)
        self.assertEqual(routed().provider_id, self.batched)
        budget.budget_amount = float(in_batch.worst_usd) * 0.9
        self.assertEqual(routed().provider_id, other)
        # one that has no batches is judged at its usual price
        budget.budget_amount = float(in_batch.worst_usd) * 1.5
        self.batched.batch_service = "no"
        self.assertEqual(routed().provider_id, other)

    def test_what_does_not_fit_waits_and_the_rest_is_sent(self):
        self._submit("x", max_tokens=1000)
        self._submit("y", max_tokens=1000)
        third = self._submit("z", max_tokens=1000)
        budget = self._budget(float(third.worst_usd * 2.5))
        self._send_now()
        self.assertEqual(self.vendors.questions(), [["x", "y"]])
        self.assertEqual(third.state, "waiting")
        self.assertIn("Limit", third.error)
        ((_day, _spent, reserved),) = self._period(budget)
        self.assertLessEqual(Decimal(reserved), Decimal(str(budget.budget_amount)))
        self._poll()
        self._sql("UPDATE ai_batch_request SET not_before = NULL")
        self.env["ai.batch"]._cron_send()
        self.assertEqual(self.vendors.questions()[1:], [["z"]])

    def _send_now(self):
        self._send(hours_ago=0)

    def test_what_never_fits_is_told_after_a_day(self):
        self._budget(0.000001)
        request = self._submit("x")
        self._send(hours_ago=25)
        self.assertEqual(request.state, "failed")
        self._call_back()
        self.assertIn("Limit", CALLED[0][2]["error"])

    def test_the_limit_of_a_single_request_goes_by_each(self):
        request = self._submit("x", max_tokens=1000)
        for text in "abc":
            self._submit(text, max_tokens=1000)
        budget = self._budget(100, per_request_limit=float(request.worst_usd) * 1.01)
        self.assertTrue(budget.per_request_limit)
        self._send_now()
        self.assertEqual([len(batch) for batch in self.vendors.questions()], [4])

    def test_an_answer_of_the_next_month_counts_there_and_was_held_there(self):
        self.company.ai_timezone = "UTC"
        budget = self._budget(100, period_type="monthly")
        with self._at(datetime(2026, 1, 31, 23, 0)):
            request = self._submit("Hello", max_tokens=1000)
            self._send()
            ((first, _spent, held),) = self._period(budget)
            self.assertEqual(first, date(2026, 1, 1))
        with self._at(datetime(2026, 2, 1, 1, 0)):
            self.service.send_message("Something else", config=self.provider.id)
            january, february = self._period(budget)
            self.assertEqual((january[2], february[2]), (held, held))
            self._poll()
            january, february = self._period(budget)
        self.assertEqual((january[1], january[2]), ("0", "0"))
        self.assertEqual(february[2], "0")
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual(row.local_date, date(2026, 2, 1))
        self.assertGreaterEqual(Decimal(february[1]), Decimal("0.00001"))

    def test_an_answer_that_is_fetched_weeks_later_counts_on_the_last_day_it_was_held(self):
        self.company.ai_timezone = "UTC"
        with self._at(datetime(2026, 1, 20, 12, 0)):
            request = self._submit("Hello")
            self._send()
        with self._at(datetime(2026, 3, 1, 12, 0)):
            self._poll()
        row = self.env["ai.token.usage"].browse(request.token_usage_id)
        self.assertEqual(row.local_date, date(2026, 1, 22))

    def test_counters_are_what_the_ledger_and_the_reservations_say(self):
        budget = self._budget(100, each="user")
        for text in "abc":
            self._submit(text)
        self._send()
        before = self._period(budget)
        self.env["ai.cost.budget.period"]._cron_reconcile()
        self.assertEqual(self._period(budget), before)
        self._poll()
        before = self._period(budget)
        self.env["ai.cost.budget.period"]._cron_reconcile()
        self.assertEqual(self._period(budget), before)

    def test_a_budget_of_each_record_made_while_a_batch_is_out_counts_what_it_settles(self):
        partners = self.env["res.partner"].create([{"name": "One"}, {"name": "Two"}])
        for partner, text in ((partners[0], "a"), (partners[0], "b"), (partners[1], "c")):
            where = {"res_model": "res.partner", "res_id": partner.id}
            self._submit(text, environment=where)
        self._submit("of no record")
        self._send()
        whole = self._budget(100)
        each = self._budget(100, each="record")
        # its counters are there before the batch comes back
        for partner in partners:
            where = {"res_model": "res.partner", "res_id": partner.id}
            self.service.send_message("Now", config=self.provider.id, environment=where)
        before = self._spent(each)
        self.assertEqual(set(before), {f"record:res.partner,{partner.id}" for partner in partners})
        company_before = sum(self._spent(whole).values())
        self._poll()
        spent = self._spent(each)
        grown = {name: spent[name] - before[name] for name in before}
        costs = [Decimal("0.00002"), Decimal("0.00001")]  # half of (10 + 2 × 5) / 1e6 each
        self.assertEqual([grown[f"record:res.partner,{p.id}"] for p in partners], costs)
        self.assertEqual(sum(self._spent(whole).values()) - company_before, Decimal("0.00004"))
        self.assertIsNone(self._held())
        # and they are what the ledger says
        counted = self._period(each), self._period(whole)
        self.env["ai.cost.budget.period"]._cron_reconcile()
        self.assertEqual((self._period(each), self._period(whole)), counted)

    def _spent(self, budget):
        self.env.cr.execute(
            "SELECT subject, spent::text FROM ai_cost_budget_period WHERE budget_id = %s",
            (budget.id,),
        )
        return {subject: Decimal(spent) for subject, spent in self.env.cr.fetchall()}

    def _at(self, moment):
        return patch.object(fields.Datetime, "now", lambda *args: moment)

    def test_the_reaper_leaves_what_is_held_for_a_batch(self):
        self._submit("Hello")
        self._send()
        self._sql("UPDATE ai_cost_reservation SET expires_at = '2020-01-01'")
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertTrue(self._held())

    def test_a_batch_is_no_call_of_a_person_at_once(self):
        self.company.ai_person_calls = 1
        for text in "abc":
            self._submit(text)
        self._send()
        result = self.service.with_user(self.user).send_message("Now", config=self.provider.id)
        self.assertEqual(result["state"], "done")
