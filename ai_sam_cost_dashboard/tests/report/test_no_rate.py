from datetime import timedelta
from decimal import Decimal

from odoo.tests import TransactionCase, new_test_user, tagged

SAID = "there is no rate between USD and EUR, the currency of No Rate Ltd"


@tagged("post_install", "-at_install", "every_series")
class TestNoRate(TransactionCase):
    """A company in EUR without a rate of USD: amounts stay in USD, and each page says so once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro, cls.usd = cls.env.ref("base.EUR"), cls.env.ref("base.USD")
        cls.company = cls.env["res.company"].create(
            {"name": "No Rate Ltd", "currency_id": cls.euro.id, "email": "ai@example.com"}
        )
        pair = [("currency_id", "in", (cls.euro | cls.usd).ids)]
        cls.env["res.currency.rate"].search(pair).unlink()
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        groups = "base.group_user,ai_brain.group_ai_manager"
        cls.manager = new_test_user(cls.env, "no_rate_manager", groups, **in_company)
        cls.env = cls.env(user=cls.manager, context={"allowed_company_ids": cls.company.ids})
        cls.analytics = cls.env["ai.token.analytics"]
        cls.today = cls.company._ai_local_date()
        cls.spend(cls.today, Decimal(3))
        # frozen while there was a rate, which somebody has deleted since
        cls.spend(cls.today, Decimal(2), currency_id=cls.euro.id, currency_rate=Decimal("0.9"))

    @classmethod
    def spend(cls, day, cost, **more):
        values = {"company_id": cls.company.id, "user_id": cls.manager.id, "task_type": "chat"}
        row = {**values, "local_date": day, "module": "sale", "cost_usd": cost, **more}
        cls.env["ai.token.usage"].sudo()._insert([row])

    def quote(self):
        self.env["res.currency.rate"].sudo().create(
            {"name": "2020-01-01", "currency_id": self.euro.id, "rate": 0.5,
             "company_id": self.company.id}
        )  # fmt: skip

    def test_the_dashboard(self):
        data = self.analytics.get_dashboard_data()
        self.assertEqual(data["currency"]["name"], "USD")
        self.assertEqual(data["totals"]["cost_company"]["value"], 5.0)
        self.assertEqual(data["breakdowns"]["by_module"][0]["cost_company"], 5.0)
        self.assertIn(SAID, data["currency_note"])
        self.assertEqual(str(data).count(SAID), 1)
        self.quote()
        data = self.analytics.get_dashboard_data()
        self.assertEqual((data["currency"]["name"], data["currency_note"]), ("EUR", ""))
        self.assertAlmostEqual(data["totals"]["cost_company"]["value"], 3 * 0.5 + 2 * 0.9)

    def test_the_files(self):
        content = self.analytics.export_breakdown("csv", {})[2].decode("utf-8-sig")
        head, first = content.splitlines()[:2]
        self.assertIn("Cost in USD, as there is no rate of EUR", head)
        self.assertIn('"5.00","5.00"', first)
        breakdown = self.analytics.get_cost_breakdown()
        summary = self.analytics._export_summary(breakdown, self.company._ai_rate_note())
        self.assertIn(SAID, summary[-1][1])
        self.quote()
        content = self.analytics.export_breakdown("csv", {})[2].decode("utf-8-sig")
        self.assertIn("Cost in Company Currency (EUR)", content)

    def test_the_form_and_the_gauge_of_a_budget(self):
        budget = self.env["ai.cost.budget"].create({"name": "All", "budget_amount": 10})
        self.assertEqual(budget.currency_id, self.usd)
        self.assertIn(SAID, budget.rate_note)
        self.assertEqual(self.env["ai.cost.budget"].get_gauge()["text"], "$5.00 of $10.00")
        arch = self.env["ai.cost.budget"].get_view(view_type="form")["arch"]
        self.assertEqual(arch.count('name="rate_note"'), 1)

    def test_the_weekly_mail(self):
        digest = self.env["ai.cost.digest"].sudo()
        first, last = digest._week(self.company)
        self.spend(last, Decimal(1))
        body = digest._body(self.company, self.manager, first, last)
        self.assertIn("$1.00", body)
        self.assertEqual(body.count("there is no rate between USD and EUR"), 1)
        self.quote()
        self.spend(last - timedelta(days=1), Decimal(1))
        self.assertNotIn("no rate", digest._body(self.company, self.manager, first, last))
