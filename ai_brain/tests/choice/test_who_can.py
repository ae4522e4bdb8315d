from odoo.tests import tagged

from ...models.call.call import Attempt, Claim
from ..common import AiCase

TOOL = {
    "type": "function",
    "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}},
}
SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number"}},
    "required": ["total"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"total": {"type": "number"}}}
BOTH = {"tools": [TOOL], "response_schema": SCHEMA}
THINKING = {"extra": {"thinking": {"type": "enabled", "budget_tokens": 1024}}}

#: Format and model, more of the provider, the call's options, its message, and can it take it?
TABLE = [
    ("openai", "gpt-4o-mini", {}, BOTH, "Hello", True),
    ("openai", "gpt-4o-mini", {"supports_tools": False}, {"tools": [TOOL]}, "Hello", False),
    ("openai", "gpt-4o-mini", {"supports_tools": False}, {}, "Hello", True),
    ("openai", "gpt-4o-mini", {"context_window": 5}, {}, "Hello, are you there?", False),
    ("openai", "gpt-4o-mini", {}, {"extra": {"seed": 1}}, "Hello", True),
    ("openai", "gpt-4o-mini", {"supports_tools": False}, BOTH, "Hello", False),
    ("anthropic", "claude-haiku-4-5", {}, BOTH, "Hello", True),
    ("anthropic", "claude-3-5-haiku-latest", {}, BOTH, "Hello", True),
    ("anthropic", "claude-haiku-4-5", {}, {"response_schema": OPEN, **THINKING}, "Hello", False),
    ("anthropic", "claude-haiku-4-5", {"supports_tools": False}, BOTH, "Hello", False),
    ("anthropic", "claude-haiku-4-5", {"context_window": 5}, {}, "Hello, are you there?", False),
    ("anthropic", "claude-haiku-4-5", {}, {"extra": {"seed": 1}}, "Hello", False),
    ("gemini", "gemini-3-pro", {}, BOTH, "Hello", True),
    ("gemini", "gemini-2.5-flash", {}, BOTH, "Hello", False),
    ("gemini", "gemini-2.5-flash", {}, {"tools": [TOOL]}, "Hello", True),
    ("gemini", "gemini-2.5-flash", {}, {"response_schema": SCHEMA}, "Hello", True),
    ("gemini", "gemini-2.5-flash", {"supports_tools": False}, {"tools": [TOOL]}, "Hello", False),
    ("gemini", "gemini-2.5-flash", {"context_window": 5}, {}, "Hello, are you there?", False),
]


@tagged("post_install", "-at_install")
class TestWhoCan(AiCase):
    """A provider that cannot take what a call asks for is passed over: the next claim is heard."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.next = cls._new("Next")

    @classmethod
    def _new(cls, name, usd=1.0, **values):
        price = {"input_usd": usd, "output_usd": usd, "valid_from": "2020-01-01"}
        values = {"base_url": cls.vendor.url, "quality_score": 90, "quality_source": "t", **values}
        return cls._new_provider(name, price, **values)

    def _call(self, content, provider=None, **options):
        asked = [{"role": "user", "content": content}]
        return self.service._check(asked, provider or self.vendor_provider, {}, options)

    def test_over_the_three_formats(self):
        for number, (api_format, model, more, options, content, can) in enumerate(TABLE):
            with self.subTest(api_format, model=model, more=more, asked=sorted(options)):
                first = self._new(
                    f"First {number}", api_format=api_format, model_name=model, **more
                )
                call = self._call(content, **options)
                self.service._decide(call, [Claim("type", first.id), Claim("agent", self.next.id)])
                chosen = (first if can else self.next).id
                self.assertEqual(call.target.provider_id, chosen)
                self.assertEqual(call.reason, "type" if can else "agent")
                self.service._bounded(call, Attempt(call.target))  # as it is before it is sent

    def test_nobody_else_can_so_the_call_goes_where_it_was_sent(self):
        old = self._new("Old", api_format="gemini", model_name="gemini-2.5-flash")
        call = self._call("Hello", **BOTH)
        self.service._decide(call, [Claim("type", old.id)])
        self.assertEqual(call.target.provider_id, self.vendor_provider.id)

    def test_the_router_does_not_take_it_for_a_candidate(self):
        self.env["ai.service.provider"].search([]).active = False
        able = self._new("Able", 5.0)
        cheap = self._new("Cheap", 0.1, api_format="gemini", model_name="gemini-2.5-flash")
        options = {"mode": "smart_router", **BOTH}
        self.vendor.script.append((200, self._tool_call()))
        result = self.service.send_message("Hello", able, **options)
        self.assertEqual(result["provider_name"], "Able")
        (other,) = result["recommendation"]["alternatives"]
        self.assertEqual(other["provider_id"], cheap.id)
        self.assertIn("does not take all", other["why_not"])

    def _tool_call(self):
        made = {"id": "1", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
        message = {"role": "assistant", "content": None, "tool_calls": [made]}
        return {
            "id": "a",
            "model": "m",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10},
        }

    def test_a_budget_s_switch_passes_it_over(self):
        self.env["ai.service.provider"].search([]).active = False
        self.company.ai_lower_max_tokens = False
        able = self._new("Able", 5.0)
        self._new("Cheap", 0.1, api_format="gemini", model_name="gemini-2.5-flash")
        other = self._new("Other", 1.0)
        self.env["ai.cost.budget"].create(
            {
                "name": "Month",
                "period_type": "monthly",
                "budget_amount": 100,
                "auto_switch_at_threshold": 0.00001,
            }
        )
        self.vendor.script += [(200, self._tool_call())] * 2
        self.service.send_message("Hello", able, **BOTH)
        result = self.service.send_message("Hello again", able, **BOTH)
        self.assertEqual(result["provider_name"], other.name)

    def test_an_agent_whose_provider_is_too_small_keeps_its_policy(self):
        small = self._new("Small", context_window=5)
        self.env["ai.agent"].create(
            {"name": "A", "code": "a", "provider_id": small.id, "max_tokens": 33}
        )
        result = self.service.send_message("Hello, are you there?", None, {"agent_type": "a"})
        self.assertNotEqual(result["provider_name"], "Small")
        row = self._row(result)
        self.assertEqual(row.agent_id.code, "a")

    def test_the_fallback_that_cannot_take_it_is_not_asked(self):
        old = self._new("Old", api_format="gemini", model_name="gemini-2.5-flash")
        self.next.fallback_provider_id = old
        self.vendor.script += [(500, {"error": {"message": "down"}})] * 9
        with self.assertRaisesRegex(Exception, "“Next” did not answer"):
            self.service.send_message("Hello", self.next, **BOTH)
        self.assertEqual({body["model"] for _headers, body in self.vendor.requests}, {"test-model"})

    def test_a_type_without_tools_may_go_to_who_takes_none(self):
        mute = self._new("Mute", supports_tools=False)
        types = self.env["ai.message.type"].search([("collection", "=", "coaching")])
        self.env["ai.agent"].create(
            {
                "name": "Coach",
                "code": "coach",
                "provider_id": self.next.id,
                "efficient_provider_id": mute.id,
                "message_type_ids": [(6, 0, types.filtered(lambda t: not t.is_none).ids)],
            }
        )
        asked = "Good morning!", None, {"agent_type": "coach"}
        result = self.service.send_message(*asked, tools=[TOOL])
        self.assertEqual(result["provider_name"], "Mute")
        result = self.service.send_message(*asked, tools=[TOOL], tool_choice="required")
        self.assertEqual(result["provider_name"], "Next")
