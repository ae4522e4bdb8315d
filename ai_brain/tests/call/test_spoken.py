import json

from odoo.tests import tagged

from ...exceptions import InvalidCallError
from ..common import AiCase

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
SAID = {
    "id": "msg_1",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "text", "text": "Hello."},
    ],
    "stop_reason": "stop_sequence",
    "stop_sequence": "END",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}


@tagged("post_install", "-at_install")
class TestSpoken(AiCase):
    """What a call asks for is said in the words of whoever answers it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claude = cls._new_provider(
            "Claude", model_name="claude-x", api_format="anthropic", base_url=cls.vendor.url
        )

    def _sent(self):
        return self.vendor.requests[-1][1]

    def test_a_call_goes_on_to_another_format_in_its_words(self):
        self.vendor_provider.fallback_provider_id = self.claude
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, SAID)]
        result = self.service.send_message(
            "Hello",
            config=self.vendor_provider,
            stop=["END"],
            tools=[TOOL],
            extra={"user": "u1", "parallel_tool_calls": False, "reasoning_effort": "low"},
        )
        self.assertEqual(self.vendor.requests[0][1]["stop"], ["END"])
        self.assertEqual(self.vendor.requests[0][1]["user"], "u1")
        sent = self._sent()
        self.assertEqual(sent["stop_sequences"], ["END"])
        self.assertEqual(sent["metadata"], {"user_id": "u1"})
        self.assertEqual(sent["output_config"], {"effort": "low"})
        self.assertTrue(sent["tool_choice"]["disable_parallel_tool_use"])
        self.assertEqual(result["stop_sequence"], "END")
        self.assertEqual(result["thoughts"], [SAID["content"][0]])
        self.assertEqual(result["content"], "Hello.")

    def test_where_an_answer_ends_is_part_of_what_was_asked(self):
        rows = [
            self._row(self.service.send_message("Hello", config=self.vendor_provider, **options))
            for options in ({}, {"stop": ["END"]}, {"stop": "END"})
        ]
        self.assertNotEqual(rows[0].content_hash, rows[1].content_hash)
        self.assertEqual(rows[1].content_hash, rows[2].content_hash)

    def test_what_is_no_text_to_end_at_is_refused(self):
        for wrong in ([""], [7], ["x"] * 17, "x" * 257, {}):
            with self.assertRaisesRegex(InvalidCallError, "stop is at most 16 texts"):
                self.service.send_message("Hello", config=self.vendor_provider, stop=wrong)
        self.assertFalse(self.vendor.requests)

    def test_a_stream_tells_calls_of_tools_piece_by_piece(self):
        function = {"name": "look", "arguments": ""}
        deltas = [
            {"tool_calls": [{"index": 0, "id": "c1", "function": function}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": '{"at"'}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]},
        ]
        chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        chunks.append({"choices": [], "usage": usage})
        events = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
        self.vendor.script = [(200, "".join([*events, "data: [DONE]\n\n"]).encode())]
        found = list(self.service.stream_message("Look", config=self.vendor_provider, tools=[TOOL]))
        pieces = [event["tool_call"] for event in found[:-1]]
        self.assertEqual([event["text"] for event in found[:-1]], ["", "", ""])
        self.assertEqual(pieces[0], {"index": 0, "id": "c1", "name": "look", "arguments": ""})
        self.assertEqual("".join(piece["arguments"] for piece in pieces), '{"at": 1}')
        (call,) = found[-1]["result"]["tool_calls"]
        self.assertEqual(call, {"id": "c1", "name": "look", "arguments": '{"at": 1}'})
        self.assertEqual(self._row(found[-1]["result"]).state, "done")
