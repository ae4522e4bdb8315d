from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.ai_brain.tests.common import ScriptedVendor, new_provider


@tagged("post_install", "-at_install", "every_series")
class TestAskAiTours(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Chatting"})
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.manager = new_test_user(
            cls.env, "tour_manager", "base.group_user,ai_brain.group_ai_manager", **in_company
        )
        cls.system = new_test_user(
            cls.env, "tour_system", "base.group_user,base.group_system", **in_company
        )
        cls.provider = new_provider(
            cls.env, "Sandbox", api_format="sandbox", company_id=cls.company.id
        )

    def rows(self):
        return self.env["ai.token.usage"].search([("company_id", "=", self.company.id)])

    def test_chat_and_rate(self):
        self.start_tour("/odoo/ask-ai", "ai_ask_and_rate", login="tour_manager")
        row = self.rows()
        self.assertEqual(len(row), 1)
        self.assertEqual((row.quality_score, row.feedback_count), (100, 1))

    def test_what_would_this_cost(self):
        self.provider.active = False
        for name, usd in (("Dear", 5.0), ("Small", 1.0)):
            price = {"input_usd": usd, "output_usd": 2 * usd, "valid_from": "2020-01-01"}
            new_provider(
                self.env,
                name,
                price,
                company_id=self.company.id,
                base_url="http://127.0.0.1:9/v1",
                sequence=1 if name == "Dear" else 2,
            )
        self.start_tour("/odoo/ask-ai", "ai_estimate_first", login="tour_manager")
        self.assertFalse(self.rows(), "nothing was sent")

    def test_a_budget_made_in_the_form_stops_a_chat(self):
        self.start_tour("/odoo/ai-budgets", "ai_budget_stops_chat", login="tour_manager")
        budget = self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)])
        self.assertEqual(budget.alert_thresholds, [50, 80, 90, 100])
        self.assertEqual(budget.budget_amount, 0.000001)
        self.assertFalse(self.rows(), "nothing was sent")
        self.assertEqual(len(budget.activity_ids), 1)

    def test_add_a_provider_from_the_catalogue_and_test_it(self):
        vendor = ScriptedVendor(["gpt-4o-mini", "gpt-4o"])
        self.addCleanup(vendor.close)
        self.start_tour(
            f"/odoo/ai-providers?ai_vendor={vendor.url}", "ai_add_provider", login="tour_system"
        )
        provider = self.env["ai.service.provider"].search(
            [("company_id", "=", self.company.id), ("model_name", "=", "gpt-4o-mini")]
        )
        self.assertEqual(provider.base_url, vendor.url)
        self.assertTrue(provider.price_ids)
        headers, _body = vendor.requests[0]
        self.assertEqual(headers["Authorization"], "Bearer test-key")
