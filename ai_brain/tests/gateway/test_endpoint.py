import json

from odoo.tests import tagged

from ..common import answering
from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestEndpoint(EndpointCase):
    def test_a_chat_completion_is_answered_as_the_key_s_user(self):
        with answering(self.env, "Good morning.") as asked:
            response = self.post()
        self.assertEqual(response.status_code, 200, response.text)
        found = response.json()
        self.assertEqual(found["choices"][0]["message"]["content"], "Good morning.")
        self.assertEqual(asked.texts, ["Hello"])
        row = self.rows()
        self.assertEqual((row.user_id, row.company_id), (self.user, self.company))
        self.assertEqual((row.gateway_key, row.gateway_key_id), (self.key.id, self.key))
        self.assertEqual(row.provider_id, self.provider)
        self.assertEqual(float(response.headers["x-sam-cost-usd"]), row.cost_usd)
        self.assertGreater(row.cost_usd, 0)
        self.assertEqual(response.headers["x-sam-provider"], "Vendor One")
        self.assertEqual(response.headers["x-sam-kind"], "api")
        self.assertNotIn("Set-Cookie", response.headers)

    def test_a_message_of_anthropic_s_is_answered_in_its_shape(self):
        with answering(self.env, "Good morning."):
            response = self.post("messages")
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.json()["content"][0]["text"], "Good morning.")

    def test_a_stream_ends_with_usage_and_cost(self):
        with answering(self.env, "Good morning to all."):
            response = self.post(stream=True, stream_options={"include_usage": True})
        self.assertEqual(response.status_code, 200, response.text)
        lines = [line[6:] for line in response.text.split("\n") if line.startswith("data: ")]
        self.assertEqual(lines[-1], "[DONE]")
        chunks = [json.loads(line) for line in lines[:-1]]
        text = "".join(
            c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"]
        )
        self.assertEqual(text, "Good morning to all.")
        self.assertEqual(chunks[-1]["x_sam"]["cost_usd"], self.rows().cost_usd)
        self.assertEqual(chunks[-1]["x_sam"]["provider"], "Vendor One")
