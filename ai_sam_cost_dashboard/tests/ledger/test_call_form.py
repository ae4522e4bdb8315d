from odoo.tests import tagged

from odoo.addons.ai_brain.tests.common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestCallForm(AiCase):
    def test_the_form_shows_the_arithmetic_of_the_row(self):
        row = self._row(self.service.send_message("What is due?", config=self.provider))
        told = row.get_arithmetic()
        html = str(row.arithmetic)
        for term in told["terms"]:
            self.assertIn(term["text"], html)
            self.assertIn(term["usd_text"], html)
        self.assertIn(told["cost_text"], html)
        self.assertIn(told["price"]["text"], html)
        arch = self.env["ai.token.usage"].get_view(view_type="form")["arch"]
        self.assertIn('name="arithmetic"', arch)
        slow = row.new({"latency_ms": 7_379})
        self.assertEqual(slow.latency_text, "7.4 s")

    def test_names_of_others_are_text_and_no_markup(self):
        self.env["ai.agent"].create({"name": "<b>Bold</b>", "code": "bold"})
        row = self._row(
            self.service.send_message(
                "Hello", config=self.provider, environment={"agent_type": "bold"}
            )
        )
        html = str(row.arithmetic)
        self.assertNotIn("<b>Bold", html)
        self.assertIn("&lt;b&gt;Bold&lt;/b&gt;", html)
