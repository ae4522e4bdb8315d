from odoo.tests import HttpCase, tagged

from odoo.addons.ai_brain.tests.common import ScriptedVendor, answer, new_provider


@tagged("post_install", "-at_install")
class TestTextGeneratorTour(HttpCase):
    """The AI dialog of Odoo's text editor, in the browser."""

    def setUp(self):
        super().setUp()
        self.company = self.env.ref("base.user_admin").company_id
        self.company.ai_text_generator = True
        self.partner = self.env["res.partner"].create(
            {"name": "Written to", "comment": "<p>Dear customer, your order left today.</p>"}
        )
        self.page = f"/odoo/action-base.action_partner_form/{self.partner.id}"
        vendor = ScriptedVendor()
        self.addCleanup(vendor.close)
        vendor.script = [(200, answer("A wording of ours")) for _one in range(9)]
        self.env["ai.service.provider"].search([]).active = False
        new_provider(
            self.env, "Writer", company_id=self.company.id, base_url=vendor.url, sequence=1
        )

    def rows(self):
        return self.env["ai.token.usage"].search([("agent_type", "=", "text_generator")])

    def test_the_dialog_is_answered_by_our_provider(self):
        self.start_tour(self.page, "ai_text_generator", login="admin")
        self.assertIn("A wording of ours", self.partner.comment)
        rows = self.rows()
        self.assertTrue(rows)
        self.assertEqual(
            {(row.res_model, row.res_id, row.provider_id.name) for row in rows},
            {("res.partner", self.partner.id, "Writer")},
        )

    def test_the_dialog_says_which_budget_refuses(self):
        self.env["ai.cost.budget"].create(
            {"name": "No writing", "company_id": self.company.id, "budget_amount": 0.000001}
        )
        self.start_tour(self.page, "ai_text_generator_refused", login="admin")
        self.assertFalse(self.rows())
