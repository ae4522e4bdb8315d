from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import DashboardCase


@tagged("post_install", "-at_install", "every_series")
class TestOfferedBudgets(DashboardCase):
    """One dialog, from the checklist and from the budgets."""

    def open(self, user):
        offers = self.env["ai.budget.offer"].with_user(user).with_company(self.company)
        return offers.browse(offers.action_open()["res_id"])

    def test_what_is_ticked_is_switched_on_together(self):
        offer = self.open(self.manager)
        self.assertEqual(
            [(line.code, line.amount_usd, line.ticked) for line in offer.line_ids],
            [
                ("person_day", 10, True),
                ("person_month", 100, True),
                ("request", 0.05, True),
                ("agent_day", 2, True),
                ("person_total", 50, False),
            ],
        )
        self.assertEqual(
            offer.line_ids.mapped("note"),
            ["every day", "every month", "each call", "every day", "never resets"],
        )
        offer.line_ids[1].ticked = False
        offer.line_ids[0].amount_usd = 12
        offer.action_switch_on()
        made = self.env["ai.cost.budget"].search(
            [("company_id", "=", self.company.id), ("name", "!=", "All calls")]
        )
        self.assertEqual(
            sorted(made.mapped(lambda b: (b.each or "", b.period_type, b.budget_amount))),
            [("", "total", 0), ("agent", "daily", 2), ("user", "daily", 12)],
        )
        again = self.open(self.manager)
        self.assertEqual(
            [bool(line.budget_id) for line in again.line_ids], [True, False, True, True, False]
        )
        self.assertEqual(again.line_ids[0].note, "already on")
        self.assertEqual(again.line_ids[0].amount_usd, 12)
        again.line_ids.ticked = False
        again.line_ids[0].ticked = True
        with self.assertRaises(UserError):
            again.action_switch_on()

    def test_only_for_who_manages(self):
        with self.assertRaises(AccessError):
            self.open(self.user)

    def test_from_the_checklist_and_from_the_budgets(self):
        fresh = self.env["res.company"].create({"name": "New"})
        self.env["ai.cost.budget"].search([("company_id", "=", False)]).active = False
        self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)]).unlink()
        self.manager.write({"company_ids": [(6, 0, fresh.ids)], "company_id": fresh.id})
        self.start_tour("/odoo/ai-costs", "ai_offered_budgets", login="ai_manager")
        made = self.env["ai.cost.budget"].search([("company_id", "=", fresh.id)])
        self.assertEqual(len(made), 3)
        self.assertEqual(set(made.mapped("currency_id.name")), {"USD"})

    def test_on_a_phone_in_another_currency_than_usd(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        fresh = self.env["res.company"].create({"name": "Euro Ltd", "currency_id": euro.id})
        euro.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {"name": "2020-01-01", "currency_id": euro.id, "rate": 0.8, "company_id": fresh.id}
        )
        self.env["ai.cost.budget"].search([("company_id", "=", False)]).active = False
        self.manager.write({"company_ids": [(6, 0, fresh.ids)], "company_id": fresh.id})
        self.browser_size = "390x844"
        self.start_tour("/odoo/ai-costs", "ai_offered_budgets_on_a_phone", login="ai_manager")
        made = self.env["ai.cost.budget"].search([("company_id", "=", fresh.id)])
        self.assertEqual(
            sorted(made.mapped(lambda b: (b.each or "", b.period_type))),
            [("", "total"), ("user", "daily"), ("user", "monthly")],
        )
