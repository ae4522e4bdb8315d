from decimal import Decimal

from odoo.tests import tagged

from ..common import DashboardCase


@tagged("post_install", "-at_install", "every_series")
class TestDashboardTours(DashboardCase):
    def test_filter_drill_down_and_back(self):
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_drill_down", login="ai_manager")

    def test_spend_by_user(self):
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_by_user", login="ai_manager")

    def test_why_it_rose(self):
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_why", login="ai_manager")

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

    def test_try_a_recommendation(self):
        agent = self.env["ai.agent"].create(
            {
                "name": "Support",
                "code": "support_bot",
                "company_id": self.company.id,
                "provider_id": self.careful.id,
            }
        )
        self.env["ai.cost.advice"].sudo().create(
            {
                "company_id": self.company.id,
                "provider_id": self.careful.id,
                "recommended_provider_id": self.fast.id,
                "saving_usd": 2.0,
            }
        )
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_try", login="ai_manager")
        trial = self.env["ai.agent.trial"].search([("agent_id", "=", agent.id)])
        self.assertEqual((trial.state, trial.provider_id), ("running", self.fast))

    def test_make_a_pattern_from_what_is_suggested(self):
        often = [
            {**self.ledger_rows()[0], "prompt_text": "Opening hours", "cost_usd": Decimal("0.01")}
        ] * 9
        self.env["ai.token.usage"].sudo()._insert(often)
        findings = self.env["ai.cost.finding"].sudo()
        findings.with_context(allowed_company_ids=self.company.ids)._refresh(self.company)
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_pattern", login="ai_manager")
        pattern = self.env["ai.answer.pattern"].search([("name", "=", "Opening hours")])
        self.assertEqual(pattern.answers_en, "Monday to Friday, 8 to 5.")

    def test_a_new_company_sees_what_to_do(self):
        self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)]).unlink()
        fresh = self.env["res.company"].create({"name": "New"})
        self.manager.write({"company_ids": [(6, 0, fresh.ids)], "company_id": fresh.id})
        self.start_tour("/odoo/ai-costs", "ai_cost_dashboard_empty", login="ai_manager")
