import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.tests import HttpCase, new_test_user, tagged


class ModelsVendor:
    """A vendor on loopback that lists one model and keeps the headers it was sent."""

    def __init__(self):
        self.headers = []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                vendor.headers.append(dict(self.headers))
                body = json.dumps({"object": "list", "data": [{"id": "gpt-4o-mini"}]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@tagged("post_install", "-at_install")
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
        cls.provider = cls.env["ai.service.provider"].create(
            {
                "name": "Sandbox",
                "model_name": "sandbox",
                "api_format": "sandbox",
                "company_id": cls.company.id,
                "price_ids": [
                    (0, 0, {"input_usd": 1, "output_usd": 2, "valid_from": "2020-01-01"})
                ],
            }
        )

    def rows(self):
        return self.env["ai.token.usage"].search([("company_id", "=", self.company.id)])

    def test_chat_and_rate(self):
        self.start_tour("/odoo/ask-ai", "ai_ask_and_rate", login="tour_manager")
        row = self.rows()
        self.assertEqual(len(row), 1)
        self.assertEqual((row.quality_score, row.feedback_count), (100, 1))

    def test_a_budget_made_in_the_form_stops_a_chat(self):
        self.start_tour("/odoo/ai-budgets", "ai_budget_stops_chat", login="tour_manager")
        budget = self.env["ai.cost.budget"].search([("company_id", "=", self.company.id)])
        self.assertEqual(budget.alert_thresholds, [50, 80, 90, 100])
        self.assertEqual(budget.budget_amount, 0.000001)
        self.assertFalse(self.rows(), "nothing was sent")
        self.assertEqual(len(budget.activity_ids), 1)

    def test_add_a_provider_from_the_catalogue_and_test_it(self):
        vendor = ModelsVendor()
        self.addCleanup(vendor.close)
        self.start_tour(
            f"/odoo/ai-providers?ai_vendor={vendor.url}", "ai_add_provider", login="tour_system"
        )
        provider = self.env["ai.service.provider"].search(
            [("company_id", "=", self.company.id), ("model_name", "=", "gpt-4o-mini")]
        )
        self.assertEqual(provider.base_url, vendor.url)
        self.assertTrue(provider.price_ids)
        self.assertTrue(vendor.headers)
        self.assertEqual(vendor.headers[0]["Authorization"], "Bearer test-key")
