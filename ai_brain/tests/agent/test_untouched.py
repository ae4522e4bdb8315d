import json
import random

from odoo.tests import tagged

from ... import exceptions
from .test_agents import ANSWERS, AgentCase

ROUNDS = 60
TEXTS = (
    *("Hi", " leading", "trailing \n\n", "Good morning!", "Thanks!", "is it done?", "\t", "7"),
    *("Grüße\u202f€ 😀", "👩\u200d🔬", "e\u0301 vs \u00e9", "\u202eabc\u202c", "日本語で", "ﷺ"),
    *("a\r\nb", '{"a": [1, 2.50]}', "</s><|im_end|>", "\\n \\u0041 %s {x}", "\ufeffBOM", "1e999"),
    *("Summarise:\n\n\n* a\n* b", "word " * 2000, "x" * 9000, "\u2028line\u2029", "Wie war's?"),
)
EXTRAS = (
    {},
    {"top_p": 0.25},
    {"seed": 3, "user": "u-1"},
    {"presence_penalty": -0.5, "frequency_penalty": 1.0},
    {"stop": ["\n\nEND"]},
    {"parallel_tool_calls": False},
)
IMAGE = "data:image/png;base64,iVBORw0KGgo="


def _tool(number):
    schema = {
        "type": "object",
        "properties": {"später": {"type": "string", "enum": ["ä", "ß\u00a0"]}, "n": {}},
        "additionalProperties": False,
    }
    function = {"name": f"tool_{number}", "description": "Does  it.\n", "parameters": schema}
    return {"type": "function", "function": function}


class _Odd:
    """Requests as nobody thought of them, from a seed."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def call(self):
        """Return (messages, options)."""
        some, options = self.random, {}
        if some.random() < 0.5:
            options["temperature"] = some.choice((0, 0.0, 1, 0.7, 2))
        if some.random() < 0.5:
            options["max_tokens"] = some.choice((1, 16, 4096))
        if some.random() < 0.3:
            options["stop"] = some.choice((["###"], "Z", ["a", "\n"]))
        elif some.random() < 0.7:
            options["extra"] = dict(some.choice(EXTRAS))
        if some.random() < 0.6:
            options["tools"] = [_tool(n) for n in range(some.randint(1, 6))]
            one = {"type": "function", "function": {"name": "tool_0"}}
            options["tool_choice"] = some.choice((None, "auto", "none", "required", one))
        if some.random() < 0.2:
            return some.choice(TEXTS), options
        return self._messages("tools" in options), options

    def _messages(self, with_tools):
        some, messages = self.random, []
        for _n in range(some.randint(0, 2)):
            messages.append({"role": "system", "content": some.choice(TEXTS)})
        for turn in range(some.randint(0, 12)):
            messages.append({"role": "user", "content": self._content()})
            if with_tools and some.random() < 0.4:
                messages += self._called(f"c{turn}")
            messages.append({"role": "assistant", "content": some.choice(TEXTS)})
        messages.append({"role": "user", "content": self._content()})
        if with_tools and some.random() < 0.3:
            messages += self._called("last")
        return messages

    def _content(self):
        some = self.random
        if some.random() < 0.7:
            return some.choice(TEXTS)
        parts = [{"type": "text", "text": some.choice(TEXTS)} for _n in range(some.randint(1, 3))]
        if some.random() < 0.3:
            parts.append({"type": "image_url", "image_url": {"url": IMAGE}})
        return parts

    def _called(self, key):
        arguments = self.random.choice(("{}", '{"n":1 }', '{"später": "\\u00e4"}'))
        function = {"name": "tool_0", "arguments": arguments}
        calls = [{"id": key, "type": "function", "function": function}]
        result = {"role": "tool", "tool_call_id": key, "content": self.random.choice(TEXTS)}
        return [{"role": "assistant", "content": None, "tool_calls": calls}, result]


@tagged("post_install", "-at_install")
class TestUntouched(AgentCase):
    """Whatever is asked: an agent whose savings are off is as no agent to what is sent."""

    def _sent(self, said, messages, options, streaming, code, vendor, **more):
        """Return the bytes that the vendor got, or the error that the caller got."""
        self.vendor.sent.clear()
        refusal = (400, {"error": {"message": "no"}})
        self.vendor.script[:] = [refusal if streaming else (200, said)]
        given = json.loads(json.dumps([messages, options]))
        arguments = given[0], vendor.id, {"agent_type": code}
        try:
            if streaming:
                list(self.service.stream_message(*arguments, **given[1], **more))
            else:
                self.service.send_message(*arguments, **given[1], **more)
        except exceptions.AiError as error:
            if not self.vendor.sent:
                return type(error), str(error)
        self.assertEqual(json.loads(json.dumps([messages, options])), given, "the caller's own")
        return [*self.vendor.sent]

    def test_odd_calls_are_sent_byte_for_byte_in_every_format(self):
        odd, refused = _Odd(13), 0
        for api_format, said in ANSWERS.items():
            vendor = self._new_provider(
                f"Odd {api_format}", api_format=api_format, base_url=self.vendor.url
            )
            off = {"preset": "careful", "efficient_provider_id": self.strong.id}
            self._agent(f"off {api_format}", provider_id=vendor.id, **off)
            self._agent(f"new {api_format}")
            for number in range(ROUNDS):
                messages, options = odd.call()
                streaming = number % 3 == 2
                asked = said, messages, options, streaming
                plain = self._sent(*asked, "nobody", vendor, mode="passthrough")
                with self.subTest(f"{api_format} {number}", messages=messages, options=options):
                    for code in (f"off {api_format}", f"new {api_format}"):
                        self.assertEqual(self._sent(*asked, code, vendor), plain)
                refused += isinstance(plain, tuple)
        self.assertLess(refused, 3 * ROUNDS / 4)

    def test_openai_s_own_shape_arrives_as_it_was_given(self):
        self._agent("off", preset="careful", provider_id=self.vendor_provider.id)
        odd, seen = _Odd(31), 0
        for _n in range(ROUNDS):
            messages, options = odd.call()
            plain = self._sent(
                ANSWERS["openai"], messages, options, False, "off", self.vendor_provider
            )
            if isinstance(plain, tuple):
                continue
            seen += 1
            body = json.loads(plain[0])
            if isinstance(messages, str):
                messages = [{"role": "user", "content": messages}]
            # without a text of its own, an answer that calls a tool has null there, or ""
            sent, given = (
                [{**one, "content": one["content"] or ""} for one in found]
                for found in (body["messages"], messages)
            )
            self.assertEqual(sent, given)
            self.assertEqual(body.get("tools"), options.get("tools"))
        self.assertGreater(seen, ROUNDS / 2)
