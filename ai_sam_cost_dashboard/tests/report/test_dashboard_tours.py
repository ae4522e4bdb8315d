from odoo.tests import tagged

from ..common import DashboardCase


@tagged("post_install", "-at_install", "every_series")
class TestDashboardTours(DashboardCase):
    def test_filter_drill_down_and_back(self):
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_drill_down", login="ai_manager")

    def test_apply_and_undo_a_recommendation(self):
        self.careful.write({"enable_cost_optimization": False, "auto_switch_provider": False})
        advice = (
            self.env["ai.cost.advice"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "provider_id": self.careful.id,
                    "recommended_provider_id": self.fast.id,
                    "calls": 40,
                    "cost_usd": 3.25,
                    "alternative_usd": 1.25,
                    "saving_usd": 2.0,
                    "quality": 80.0,
                }
            )
        )
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_apply", login="ai_manager")
        self.assertEqual(advice.state, "applied")
        self.assertTrue(self.careful.auto_switch_provider)
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_undo", login="ai_manager")
        self.assertEqual(advice.state, "open")
        self.assertFalse(self.careful.auto_switch_provider)

    def test_a_new_company_sees_what_to_do(self):
        self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)]).unlink()
        fresh = self.env["res.company"].create({"name": "New"})
        self.manager.write({"company_ids": [(6, 0, fresh.ids)], "company_id": fresh.id})
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_empty", login="ai_manager")
