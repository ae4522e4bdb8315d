from odoo.tests import TransactionCase, tagged

from ...tools.page_weight import added_bytes


@tagged("post_install", "-at_install")
class TestPageWeight(TransactionCase):
    def test_other_pages_pay_for_the_gauge_alone(self):
        """Gauge, USD field and what fetches the rest stay below 6 kB, minified."""
        self.assertLess(added_bytes(self.env), 6000)

    def test_what_is_shown_on_few_screens_is_fetched_there(self):
        qweb = self.env["ir.qweb"]
        for bundle, component in (
            ("assets_dashboard", "ai_cost_dashboard"),
            ("assets_ask_ai", "ai_ask_ai"),
            ("assets_budget", "ai_spend_bars"),
            ("assets_new_key", "ai_gateway_new_key"),
            ("assets_review", "ai_review"),
        ):
            script = qweb._get_asset_bundle(f"ai_sam_cost_dashboard.{bundle}", css=False).js().raw
            self.assertIn(f'.add("{component}",'.encode(), script)
        page = qweb._get_asset_bundle("web.assets_web", css=False).js().raw
        self.assertNotIn(b"AiCostDashboard extends", page)
        pivots = qweb._get_asset_bundle("web.assets_backend_lazy", css=False).js().raw
        self.assertIn(b'.add("ai_money_pivot",', pivots)
        self.assertNotIn(b"ai_money_pivot", page)
