import json

from odoo.tests import tagged

from ...exceptions import BudgetExceededError, InvalidCallError
from ..common import AiCase

LONG = "x " * 150_000


@tagged("post_install", "-at_install")
class TestUncounted(AiCase):
    """Whatever is sent is held for: what is not counted in tokens, by its bytes; or refused."""

    def _send(self, messages="Hello", **options):
        return self.service.send_message(messages, config=self.vendor_provider, **options)

    def _budget(self):
        return self.env["ai.cost.budget"].create(
            {"name": "Small", "budget_amount": 0.05, "agent_type": False}
        )

    def test_what_no_vendor_documents_is_refused_by_name(self):
        for options in (
            {"extra": {"context": LONG}},
            {"extra": {"n": 8}},
            {"messages": [{"role": "user", "content": "Hello", "notes": LONG}]},
            {
                "messages": [
                    {"role": "user", "content": "Hello"},
                    {
                        "role": "assistant",
                        "content": "",
                        "tool_calls": [
                            {"id": "1", "name": "a", "arguments": "{}", "more": LONG},
                        ],
                    },
                    {"role": "tool", "tool_call_id": "1", "content": "done"},
                ]
            },
        ):
            with self.subTest(options=str(options)[:80]):
                error = self._fails(InvalidCallError, self._send, **options)
                self.assertIn("Loopback", str(error))
        self.assertEqual(self.vendor.requests, [])

    def test_a_schema_or_a_choice_of_tool_counts_by_its_bytes(self):
        schema = {"type": "object", "description": LONG}
        answer_in = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
        held = self._reserve(extra={"response_format": answer_in})[1].held_usd
        size = len(json.dumps(answer_in))
        self.assertGreaterEqual(held, size / 10**6)
        self.env["ai.cost.reservation"].search([]).unlink()
        self._budget()
        self._fails(BudgetExceededError, self._send, extra={"response_format": answer_in})
        self.assertEqual(self.vendor.requests, [])

    def test_no_more_is_held_than_the_model_can_read(self):
        self.vendor_provider.context_window = 1000
        most = self._reserve(extra={"metadata": {"a": LONG[:9000]}}, max_tokens=10)[1].held_usd
        self.assertAlmostEqual(float(most), (1000 * 1 + 10 * 2) / 10**6)
