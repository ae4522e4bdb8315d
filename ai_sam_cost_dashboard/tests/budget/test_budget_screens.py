from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from ...tools.short_day import short_day


@tagged("post_install", "-at_install", "every_series")
class TestBudgetScreens(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Charted"})
        cls.budget = cls.env["ai.cost.budget"].create(
            {
                "name": "Charted",
                "company_id": cls.company.id,
                "currency_id": cls.env.ref("base.USD").id,
                "agent_type": "50%_bot",
                "count_untagged": False,
                "budget_amount": 10,
            }
        )
        cls.today = cls.company._ai_local_date()

    def spend(self, cost, agent="50%_bot", days=0):
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.env.uid,
                    "agent_type": agent,
                    "local_date": self.today - timedelta(days=days),
                    "cost_usd": Decimal(cost),
                    "task_type": "chat",
                }
            ]
        )
        self.budget.invalidate_recordset()

    def test_the_small_chart_has_the_spend_of_each_day(self):
        self.spend("0.0004")
        self.spend("1.5", days=2)
        chart = self.budget.spend_chart
        self.assertEqual(len(chart["values"]), 14)
        self.assertEqual(chart["values"][-1], 0.0004)
        self.assertEqual(chart["texts"][-1], "$0.0004")
        self.assertEqual(chart["values"][-3], 1.5)

    def test_the_burn_down_ends_with_what_is_left_today(self):
        self.spend("2.5")
        data = self.budget.burn_down
        known = [value for value in data["remaining"] if value is not None]
        self.assertEqual(known[-1], 7.5)
        self.assertEqual(len(known), self.today.day)
        self.assertEqual(data["even"][-1], 0)
        self.assertEqual(data["currency"], "USD")

    def test_the_calls_behind_a_budget_are_those_that_count(self):
        self.spend("0.1")
        self.spend("0.1", agent="50%xbot")  # would match, were % and _ wildcards
        self.spend("0.1", agent="50%_BOT")
        rows = self.env["ai.token.usage"].search(self.budget._usage_domain())
        self.assertEqual(sorted(rows.mapped("agent_type")), ["50%_BOT", "50%_bot"])
        self.assertEqual(self.budget.usage_count, 2)
        self.assertEqual(self.budget.current_spend, 0.2)

    def test_amounts_are_written_as_everywhere_in_the_currency_of_each(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.assertEqual(self.budget.signs, ["$", "", 2, 2])
        self.assertEqual(self.budget.with_context(lang="de_DE").signs, ["", "\u00a0$", 2, 2])

    def test_days_of_charts_are_written_as_the_reader_does(self):
        self.env["res.lang"]._activate_lang("de_DE")
        day = date(2026, 11, 3)
        self.assertEqual(short_day(self.env, day), "Nov 3")
        self.assertEqual(short_day(self.env(context={"lang": "de_DE"}), day), "3. Nov.")

    def test_the_scope_reads_as_words(self):
        self.assertEqual(self.budget.scope_text, "agent 50%_bot · Charted")

    def test_a_budget_of_dates_ends_and_others_begin_anew(self):
        self.assertRegex(self.budget.end_text, "^Resets on ")
        day = self.today.replace(day=1)
        self.budget.write({"period_type": "custom", "date_start": day, "date_end": self.today})
        self.assertRegex(self.budget.end_text, "^Ends on ")
        before = self.today - timedelta(days=1)
        self.budget.write({"date_start": before, "date_end": before})
        self.budget.invalidate_recordset()  # the days are counted when the form is read
        self.assertRegex(self.budget.end_text, "^Ended on ")
        self.budget.period_type = "total"
        self.assertEqual(self.budget.end_text, "Never")

    def test_more_than_the_limit_is_explained(self):
        self.spend("9.0")
        self.assertFalse(self.budget.why_over)
        self.spend("4.8")
        self.assertEqual(round(self.budget.percentage_used), 138)
        self.assertIn("Calls that were under way", self.budget.why_over)
        self.budget.block_at_threshold = 0
        self.assertEqual(self.budget.why_over, "It alerts, and refuses no call.")
