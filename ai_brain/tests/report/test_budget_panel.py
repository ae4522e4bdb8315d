from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged

from ...models.report import customers
from ..analytics_common import TODAY, AnalyticsCase


@tagged("post_install", "-at_install")
class TestBudgetPanel(AnalyticsCase):
    """The spend is held against the budget of just these calls in just this period, or none."""

    def setUp(self):
        super().setUp()
        self.env["ai.cost.budget"].search([]).active = False

    def _budget(self, **values):
        return self.env["ai.cost.budget"].create(
            {
                "name": "Month",
                "company_id": self.company.id,
                "currency_id": self.env.ref("base.USD").id,
                "budget_amount": 1000.0,
                "owner_id": self.boss.id,
                **values,
            }
        )

    def _head(self, *args, user=None, **kwargs):
        return self._analytics(user).get_dashboard_data(*args, **kwargs)["budget"]

    def test_a_month_is_held_against_a_monthly_budget_alone(self):
        budget = self._budget()
        head = self._head()
        self.assertEqual((head["id"], head["limit"]), (budget.id, 1000.0))
        self.assertAlmostEqual(head["spent"], float(self._sum("SUM(cost_usd)")), 9)
        for other in ("day", "week", "quarter", "year"):
            self.assertIs(self._head(other)["id"], False, other)

    def test_what_has_no_budget_offers_one_that_is_filled_in(self):
        self._budget()
        self.assertEqual(
            self._head("day")["prefill"],
            {"default_period_type": "daily", "default_company_id": self.company.id},
        )
        year = self._head("year")["prefill"]
        self.assertEqual(
            (year["default_period_type"], year["default_date_start"], year["default_date_end"]),
            ("custom", "2026-01-01", "2026-12-31"),
        )
        own = self._head(user_id=self.anna.id)["prefill"]
        self.assertEqual(own["default_user_id"], self.anna.id)
        made = self.env["ai.cost.budget"].with_context(**own).create({"name": "Anna"})
        self.assertEqual(self._head(user_id=self.anna.id)["id"], made.id)

    def test_a_period_that_is_over_offers_none(self):
        self.assertIsNone(self._head("last_month")["prefill"])
        self.assertIsNone(self._head(module="crm", user_id=self.anna.id, kind="api")["prefill"])

    def test_a_filter_wants_a_budget_of_its_own(self):
        self._budget()
        provider = self._budget(name="Provider", provider_id=self.provider.id)
        agent = self._budget(name="Agent", agent_type="SELLER")
        self.assertEqual(self._head(provider_id=self.provider.id)["id"], provider.id)
        self.assertEqual(self._head(agent_type="seller")["id"], agent.id)
        self.assertIs(self._head(user_id=self.anna.id)["id"], False)
        self.assertIs(self._head(provider_id=self.provider.id, agent_type="seller")["id"], False)

    def test_a_persons_part_of_one_for_each_is_theirs(self):
        budget = self._budget(each="user", budget_amount=50.0)
        head = self._head(user_id=self.anna.id)
        self.assertEqual((head["id"], head["limit"]), (budget.id, 50.0))
        spent = self._sum("SUM(cost_usd)", f"user_id = {self.anna.id}")
        self.assertAlmostEqual(head["spent"], float(spent), 9)
        self.assertEqual(self._head(user=self.anna)["id"], budget.id)
        self.assertIs(self._head()["id"], False)

    def test_dates_have_a_budget_of_these_dates(self):
        dates = {"date_start": "2026-02-01", "date_end": "2026-02-15"}
        budget = self._budget(period_type="custom", **dates)
        found = self._head("custom", date_from="2026-02-01", date_to="2026-02-15")
        self.assertEqual(found["id"], budget.id)
        self.assertIs(self._head()["id"], False)
        (line,) = found["budgets"]
        self.assertEqual((line["ends_on"], line["resets_at"]), ("2026-02-15", None))

    def test_the_fullest_are_shown_whatever_they_are_called(self):
        for number in range(60):
            self._budget(name=f"A{number:02}", agent_type=f"nobody{number}", count_untagged=False)
        full = self._budget(name="Zulu", budget_amount=0.01)
        lines = self._head()["budgets"]
        self.assertEqual((len(lines), lines[0]["id"]), (50, full.id))
        self.assertEqual(lines[0]["state"], "over")

    def test_more_than_the_limit_says_why(self):
        budget = self._budget(budget_amount=0.01)
        # it was made today: what was spent before is counted
        said = self._head()["budgets"][0]["why_over"]
        self.assertRegex(said, r"was spent before this budget was made on [A-Z]\w+ \d+, \d{4}:")
        budget.block_at_threshold = 0
        self.assertEqual(budget._why_over(), "It alerts, and refuses no call.")
        budget.budget_amount = 10**6
        self.assertEqual(budget._why_over(), "")

    def test_what_is_left_stands_with_the_line_of_whose_it_is(self):
        mine = self._budget(name="Mine", user_id=self.anna.id, budget_amount=10**6)
        rows = self._analytics().get_dashboard_data()["breakdowns"]["by_user"]
        (row,) = [row for row in rows if row["key"] == self.anna.id]
        spent = self._sum("SUM(cost_usd)", f"user_id = {self.anna.id}")
        left = mine.currency_id._ai_text(Decimal(10**6) - round(Decimal(spent), 2))
        self.assertEqual((row["budget_left"], row["budget_name"]), (left, "Mine"))
        self.assertEqual({"budget_left" in other for other in rows if other is not row}, {False})

    def test_the_head_of_the_month_is_the_dashboards(self):
        budget = self._budget()
        found = self._analytics().get_budget_of_month()
        head = self._head()
        self.assertEqual(found["id"], budget.id)
        for name in ("pct", "spent", "limit", "state"):
            self.assertEqual(found[name], head[name], name)

    def test_a_forecast_is_not_in_the_past(self):
        dates = {"date_start": "2026-01-01", "date_end": "2026-01-20"}
        over = self._budget(period_type="custom", budget_amount=0.01, **dates)
        said = over.forecast()["message"]
        self.assertIn("It ended on", said)
        self.assertIn("The limit was reached on", said)
        self.assertNotIn("would be", said)
        self.assertLess(date(2026, 1, 20), TODAY)


@tagged("post_install", "-at_install")
class TestCustomers(AnalyticsCase):
    """Spend by the customer of the record that a call was for."""

    def test_lines_add_up_and_name_the_company_of_the_contact(self):
        company = self.env["res.partner"].create({"name": "Azure", "is_company": True})
        contact = self.env["res.partner"].create({"name": "Brandon", "parent_id": company.id})
        row = {"company_id": self.company.id, "local_date": TODAY, "res_model": "res.partner"}
        self.usage._insert(
            [
                {**row, "res_id": contact.id, "cost_usd": Decimal("3.5")},
                {**row, "res_id": company.id, "cost_usd": Decimal("1.5")},
                {**row, "res_id": 2**30, "cost_usd": Decimal("0.25")},
            ]
        )
        found = self._analytics().get_customer_breakdown()
        rows = {one["key"]: one for one in found["rows"]}
        self.assertEqual(rows[company.id]["label"], "Azure")
        of_both = f"res_model = 'res.partner' AND res_id IN ({company.id}, {contact.id})"
        expected = float(self._sum("SUM(cost_usd)", of_both))
        self.assertGreaterEqual(expected, 5.0)
        self.assertAlmostEqual(rows[company.id]["cost_usd"], expected, 9)
        self.assertEqual(rows[company.id]["opens"], ["res.partner", company.id])
        total = sum(one["cost_usd"] for one in found["rows"])
        self.assertAlmostEqual(total, float(self._sum("SUM(cost_usd)")), 9)
        days = [("local_date", ">=", "2026-02-01"), ("local_date", "<=", "2026-02-28")]
        usage = self._analytics().env["ai.token.usage"]
        for one in found["rows"]:
            behind = usage.search([*days, *one["domain"]])
            self.assertAlmostEqual(sum(behind.mapped("cost_usd")), one["cost_usd"], 9, one["label"])

    def test_a_record_is_compared_with_itself_however_cheap_it_was_before(self):
        one, other = self.env["res.partner"].create([{"name": "One"}, {"name": "Other"}])
        row = {"company_id": self.company.id, "user_id": self.boss.id, "res_model": "res.partner"}
        self.usage._insert(
            [
                {**row, "res_id": res_id, "local_date": day, "cost_usd": Decimal(cost)}
                for res_id, day, cost in (
                    (one.id, "2026-01-01", "1"),
                    (other.id, "2026-01-01", "5000"),
                    (one.id, "2026-02-01", "9000"),
                )
            ]
        )
        with patch.object(customers, "MOST_RECORDS", 1):
            found = self._analytics().get_customer_breakdown()
        (line,) = [row for row in found["rows"] if row["key"] == one.id]
        # other rows of the same number may add to it
        self.assertGreaterEqual(line["cost_usd"], 9000.0)
        self.assertGreaterEqual(line["previous_usd"], 1.0)

    def test_a_user_sees_the_customers_of_own_calls(self):
        found = self._analytics(self.anna).get_customer_breakdown()
        total = sum(one["cost_usd"] for one in found["rows"])
        own = self._sum("SUM(cost_usd)", f"user_id = {self.anna.id}")
        self.assertAlmostEqual(total, float(own), 9)
