from odoo.tests import tagged

from ..common import DashboardCase


@tagged("post_install", "-at_install", "every_series")
class TestGauge(DashboardCase):
    """The gauge in the menu bar shows a budget that its user may see, or nothing."""

    def gauge(self, user):
        return self.env["ai.cost.budget"].with_user(user).with_company(self.company).get_gauge()

    def test_a_user_without_a_budget_of_their_own_sees_none(self):
        self.assertIs(self.gauge(self.user), False)

    def test_a_user_sees_their_own_budget(self):
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Mine",
                "company_id": self.company.id,
                "user_id": self.user.id,
                "budget_amount": 5.0,
            }
        )
        gauge = self.gauge(self.user)
        spent = float(self.ledger_sum(where=f"user_id = {self.user.id}"))
        self.assertEqual(gauge["id"], budget.id)
        self.assertEqual(gauge["pct"], round(100 * spent / 5.0, 1))
        self.assertEqual(gauge["pct_text"], f"{gauge['pct']}%")
        self.assertEqual(gauge["state"], "warn")
        self.assertEqual(
            gauge["text"],
            f"{self.ledger_usd(where=f'user_id = {self.user.id}')} of $5.00",
        )

    def test_a_manager_sees_what_the_dashboard_holds_the_month_against(self):
        self.env["ai.cost.budget"].create(
            {
                "name": "Tight",
                "company_id": self.company.id,
                "agent_type": "support_bot",
                "count_untagged": False,
                "budget_amount": 0.5,
            }
        )
        gauge = self.gauge(self.manager)
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        head = analytics.with_company(self.company).get_dashboard_data()["budget"]
        self.assertEqual((gauge["name"], gauge["pct"]), ("All calls", round(head["pct"], 1)))
        self.assertEqual(gauge["text"], f"{self.ledger_usd()} of $100.00")

    def test_a_manager_without_a_budget_of_the_month_sees_the_one_that_is_used_most(self):
        self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)]).active = False
        values = {"company_id": self.company.id, "count_untagged": False}
        for name, agent, amount in (("Tight", "support_bot", 0.5), ("Wide", "sales_bot", 500.0)):
            self.env["ai.cost.budget"].create(
                {**values, "name": name, "agent_type": agent, "budget_amount": amount}
            )
        gauge = self.gauge(self.manager)
        self.assertEqual((gauge["name"], gauge["state"]), ("Tight", "over"))

    def test_the_gauge_comes_with_the_page(self):
        self.authenticate("ai_manager", "ai_manager")
        page = self.url_open("/odoo").text
        self.assertIn('"ai_budget_gauge": {', page)
        self.assertIn('"name": "All calls"', page)

    def test_the_first_page_after_a_change_of_language_has_its_money(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.authenticate("ai_manager", "ai_manager")  # a session that begins in English
        self.assertIn('"ai_usd": ["$", ""]', self.url_open("/odoo").text)
        self.manager.lang = "de_DE"
        self.assertIn(r'"ai_usd": ["", "\u00a0$"]', self.url_open("/odoo").text)
