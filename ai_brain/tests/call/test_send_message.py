from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...exceptions import OutcomeUnknownError, ProviderCallError, UnpricedModelError
from ..common import AiCase, answer

SETTLE = "odoo.addons.ai_brain.models.call.settle"


@tagged("post_install", "-at_install", "every_series")
class TestSendMessage(AiCase):
    def test_the_answer_carries_its_exact_cost(self):
        self.vendor.script = [(200, answer("Yes.", 1000, 500))]
        result = self.service.send_message("Is it paid?", config=self.vendor_provider)
        self.assertEqual(result["content"], "Yes.")
        self.assertEqual(result["provider_id"], self.vendor_provider.id)
        self.assertEqual(result["usage"]["input_tokens"], 1000)
        self.assertEqual(result["usage"]["output_tokens"], 500)
        self.assertEqual(result["cost_usd"], 0.002)
        self.assertEqual(result["saved_usd"], 0)
        row = self._row(result)
        self.assertEqual(row.state, "done")
        self.assertEqual(self._exact(row, "cost_usd"), "0.002")
        self.assertEqual(row.price_id, self.vendor_provider.price_ids)

    def test_tags_reach_the_ledger(self):
        result = self.service.send_message(
            [{"role": "user", "content": "Who is this lead?"}],
            config=self.provider,
            environment={
                "module": "crm",
                "context_model": "crm.lead",
                "context_type": "selective",
                "agent_type": "qualifier",
                "lead_id": 42,
                "session_id": "s-1",
            },
            mode="passthrough",
        )
        row = self._row(result)
        self.assertEqual(
            (row.module, row.context_model, row.context_type, row.agent_type, row.agent_mode),
            ("crm", "crm.lead", "selective", "qualifier", "passthrough"),
        )
        self.assertEqual((row.res_model, row.res_id, row.session_id), ("crm.lead", 42, "s-1"))
        self.assertEqual((row.user_id, row.company_id), (self.env.user, self.company))
        self.assertTrue(row.content_hash)

    def test_cached_and_reasoning_tokens_are_billed_once(self):
        self.vendor_provider.price_ids.write({"cache_read_usd": 0.1, "reasoning_usd": 4})
        body = answer(
            "Ok.",
            1000,
            300,
            prompt_tokens_details={"cached_tokens": 800},
            completion_tokens_details={"reasoning_tokens": 200},
        )
        self.vendor.script = [(200, body)]
        row = self._row(self.service.send_message("Think.", config=self.vendor_provider))
        self.assertEqual(
            (row.input_tokens, row.cache_read_tokens, row.output_tokens, row.reasoning_tokens),
            (200, 800, 100, 200),
        )
        # 200 x 1 + 800 x 0.1 + 100 x 2 + 200 x 4, per million
        self.assertEqual(self._exact(row, "cost_usd"), "0.00128")

    def test_without_a_price_nothing_is_sent(self):
        provider = self._new_provider("Unpriced", price=False, base_url=self.vendor.url)
        with self.assertRaises(UnpricedModelError):
            self.service.send_message("Hello", config=provider)
        self.assertEqual(self.vendor.requests, [])

    def test_a_ceiling_price_counts_instead_of_none(self):
        provider = self._new_provider("Unpriced", price=False, base_url=self.vendor.url)
        self.company.write({"ai_unpriced_policy": "ceiling", "ai_ceiling_usd": 100})
        self.vendor.script = [(200, answer("Hi.", 10, 10))]
        row = self._row(self.service.send_message("Hello", config=provider))
        self.assertEqual(self._exact(row, "cost_usd"), "0.002")
        self.assertFalse(row.price_id)

    def test_no_usage_in_the_answer_counts_the_worst_case(self):
        body = answer("Hi.")
        del body["usage"]
        self.vendor.script = [(200, body)]
        result = self.service.send_message("Hello", config=self.vendor_provider, max_tokens=50)
        row = self._row(result)
        self.assertEqual(row.state, "uncertain")
        self.assertTrue(row.tokens_estimated)
        self.assertGreaterEqual(row.cost_usd, 50 * 2 / 1e6)

    def test_a_refusal_of_the_vendor_costs_nothing_and_is_recorded(self):
        self.vendor.script = [(401, {"error": {"message": "bad key"}})]
        error = self._fails(
            ProviderCallError, self.service.send_message, "Hello", config=self.vendor_provider
        )
        row = self.env["ai.token.usage"].browse(error.token_usage_id)
        self.assertEqual((row.state, row.cost_usd), ("failed", 0))
        self.assertEqual(row.error_code, "AuthenticationFailed")

    def test_a_broken_answer_is_counted_as_uncertain(self):
        self.vendor.script = [(200, b"{not json")]
        error = self._fails(
            OutcomeUnknownError, self.service.send_message, "Hello", config=self.vendor_provider
        )
        row = self.env["ai.token.usage"].browse(error.token_usage_id)
        self.assertEqual(row.state, "uncertain")
        self.assertGreater(row.cost_usd, 0)

    def test_a_row_whose_texts_the_database_refuses_is_kept_without(self):
        for texts in ({"messages": {"a": float("inf")}}, {"answer_text": "a\0"}):
            self.vendor.script = [(200, answer("Fine."))]
            texts["prompt_text"] = "Hi"
            kept = patch.object(type(self.service), "_texts", lambda *_args, kept=texts: dict(kept))
            with self.subTest(texts), kept, mute_logger("odoo.sql_db", SETTLE):
                result = self.service.send_message(f"Hi {texts}", config=self.vendor_provider)
                row = self._row(result)
                self.assertEqual((row.state, row.prompt_text), ("done", False))
                self.assertGreater(row.cost_usd, 0)

    def test_the_fallback_takes_over_and_both_attempts_have_a_row(self):
        self.vendor_provider.fallback_provider_id = self.provider
        self.vendor.script = [(400, {"error": {"message": "no"}})]
        before = self.env["ai.token.usage"].search_count([])
        result = self.service.send_message("Hello", config=self.vendor_provider)
        self.assertEqual(result["provider_id"], self.provider.id)
        self.assertIn("Loopback", result["notices"][0])
        self.assertEqual(self._row(result).configured_provider_id, self.vendor_provider)
        self.assertEqual(self.env["ai.token.usage"].search_count([]), before + 2)

    def test_a_streamed_answer_is_settled_with_the_vendors_usage(self):
        events = list(self.service.stream_message("Tell me about VAT.", config=self.provider))
        deltas = "".join(event["text"] for event in events[:-1])
        result = events[-1]["result"]
        self.assertEqual(result["content"], deltas)
        self.assertEqual(self._row(result).state, "done")

    def test_a_reader_that_leaves_is_settled_as_uncertain(self):
        stream = self.service.stream_message("Tell me about VAT.", config=self.provider)
        next(stream)
        stream.close()
        row = self.env["ai.token.usage"].search([("provider_id", "=", self.provider.id)], limit=1)
        self.assertEqual(row.state, "uncertain")
        self.assertFalse(self.env["ai.cost.reservation"].search([]))

    def test_nothing_is_held_after_a_call(self):
        self.service.send_message("Hello", config=self.provider)
        self.assertFalse(self.env["ai.cost.reservation"].search([]))

    def test_the_default_provider_is_the_first_that_is_no_sandbox(self):
        self.provider.sequence, self.vendor_provider.sequence = -20, -10
        result = self.service.send_message("Hello")
        self.assertEqual(result["provider_id"], self.vendor_provider.id)

    def test_tools_pass_through(self):
        body = answer("")
        body["choices"][0]["finish_reason"] = "tool_calls"
        body["choices"][0]["message"]["tool_calls"] = [
            {"id": "t1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}}
        ]
        self.vendor.script = [(200, body)]
        tool = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
        result = self.service.send_message("Find it", config=self.vendor_provider, tools=[tool])
        self.assertEqual(self.vendor.requests[0][1]["tools"], [tool])
        self.assertEqual(
            result["tool_calls"], [{"id": "t1", "name": "find", "arguments": '{"q": 1}'}]
        )
        self.assertEqual(result["finish_reason"], "tool_calls")

    def test_count_tokens(self):
        provider = self._new_provider("GPT", model_name="gpt-4o")
        count = self.service._count_tokens_api(provider, [{"role": "user", "content": "Hello"}])
        self.assertEqual(count, {"input_tokens": 8, "exact": True})
        claude = self._new_provider("Claude", model_name="claude-x", api_format="anthropic")
        self.assertFalse(self.service._count_tokens_api(claude, "Hello")["exact"])
