import json
from decimal import Decimal

from odoo.tests import tagged

from ..common import AiCase, answer


def tool(name, description, **properties):
    """Return a tool in OpenAI's shape; ``properties`` are its parameters."""
    parameters = {"type": "object", "properties": properties}
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


CITY = {"city": {"type": "string", "description": "Name of the city"}}
WEATHER = tool("get_weather", "Weather forecast for a city", **CITY)
MAIL = tool("send_email", "Sends an email to a contact", to={"type": "string"})
STOCK = tool("stock_level", "How much of a product is in the warehouse", sku={"type": "string"})
TOOLS = [WEATHER, MAIL, STOCK]
RAIN = "Will it rain in Rome tomorrow?"
FAUST = "Who wrote Faust?"

ANSWERS = {
    "openai": answer("Goethe."),
    "anthropic": {
        "type": "message",
        "role": "assistant",
        "model": "test-model",
        "content": [{"type": "text", "text": "Goethe."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 5},
    },
    "gemini": {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "Goethe."}]}, "finishReason": "STOP"}
        ],
        "usageMetadata": {
            "promptTokenCount": 10,
            "candidatesTokenCount": 5,
            "totalTokenCount": 15,
        },
        "modelVersion": "test-model",
    },
}


def user(text):
    return {"role": "user", "content": text}


def names(body):
    """Names of the tools in the body of any format."""
    found = []
    for one in body.get("tools", ()):
        found += [
            inner.get("function", inner)["name"] for inner in one.get("functionDeclarations", [one])
        ]
    return found


class NeededToolsCase(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.env["ai.agent"].create({"name": "Desk", "code": "desk"})
        cls.providers = {
            name: cls._new_provider(f"Loopback {name}", base_url=cls.vendor.url, api_format=name)
            for name in ANSWERS
        }

    def _send(self, messages, api_format="openai", code="desk", **options):
        """Send with three tools; return the body that the vendor got, the result and its row."""
        self.vendor.script.append((200, ANSWERS[api_format]))
        options = {"tools": TOOLS, **options}
        provider = self.providers[api_format]
        result = self.service.send_message(messages, provider, {"agent_type": code}, **options)
        _headers, body = self.vendor.requests[-1]
        return body, result, self._row(result)


@tagged("post_install", "-at_install", "every_series")
class TestNeededTools(NeededToolsCase):
    """Tools that a request does not need are left out, where its agent says so."""

    def setUp(self):
        super().setUp()
        self.agent.tool_policy = "needed"

    def test_only_what_is_needed_is_sent_in_every_format(self):
        for api_format in ANSWERS:
            body, result, row = self._send(RAIN, api_format)
            self.assertEqual(names(body), ["get_weather"], api_format)
            self.assertEqual(row.tools_dropped, 2)
            self.assertGreater(row.tools_saved_tokens, 10)
            told = f"2 of 3 (about {row.tools_saved_tokens} tokens)"
            self.assertIn(told, " ".join(result["notices"]))

    def test_what_it_saves_is_the_price_of_their_tokens(self):
        _body, _result, row = self._send(RAIN)
        saved = Decimal(row.tools_saved_tokens) / 1_000_000  # $1 a million
        self.assertEqual(Decimal(self._exact(row, "tools_saved_usd")), saved)
        self.assertEqual(row.saved_usd, 0)  # which compares providers

    def test_with_the_last_tool_goes_what_vendors_refuse_without_any(self):
        options = {"tool_choice": "auto", "extra": {"parallel_tool_calls": False, "seed": 1}}
        body, _result, row = self._send(FAUST, **options)
        self.assertEqual(row.tools_dropped, 3)
        self.assertFalse({"tools", "tool_choice", "parallel_tool_calls"} & set(body))
        self.assertEqual(body["seed"], 1)
        choice = {"type": "auto", "disable_parallel_tool_use": True}
        body, _result, _row = self._send(FAUST, "anthropic", tool_choice=choice)
        self.assertFalse({"tools", "tool_choice"} & set(body))
        body, _result, _row = self._send(FAUST, "gemini", tool_choice="auto")
        self.assertFalse({"tools", "toolConfig"} & set(body))

    def test_while_one_is_left_they_stay(self):
        options = {"tool_choice": "auto", "extra": {"parallel_tool_calls": False}}
        body, _result, _row = self._send(RAIN, **options)
        self.assertEqual((body["tool_choice"], body["parallel_tool_calls"]), ("auto", False))

    def test_a_forced_tool_keeps_all(self):
        named = {"type": "function", "function": {"name": "send_email"}}
        for api_format in ANSWERS:
            for choice in ("required", named):
                body, _result, row = self._send(FAUST, api_format, tool_choice=choice)
                self.assertEqual(len(names(body)), 3, (api_format, choice))
                self.assertEqual(row.tools_dropped, 0)

    def test_where_none_may_be_called_none_is_sent(self):
        body, _result, row = self._send(RAIN, tool_choice="none")
        self.assertEqual((names(body), row.tools_dropped), ([], 3))
        self.assertNotIn("tool_choice", body)

    def _talk(self, *more):
        """A question, the call of a tool in the shape that our answers have, and its result."""
        call = {"id": "call_1", "name": "get_weather", "arguments": '{"city": "Rome"}'}
        return [
            user(RAIN),
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
            *more,
        ]

    def test_a_running_tool_keeps_all(self):
        for api_format in ANSWERS:
            body, _result, _row = self._send(self._talk(), api_format)
            self.assertEqual(len(names(body)), 3, api_format)

    def test_a_tool_that_was_called_keeps_its_definition(self):
        talk = self._talk({"role": "assistant", "content": "No."}, user(FAUST))
        for api_format in ANSWERS:
            for choice in ("auto", "none"):
                body, _result, _row = self._send(talk, api_format, tool_choice=choice)
                self.assertIn("get_weather", names(body), (api_format, choice))

    def test_calls_of_a_tool_that_is_no_more_keep_what_there_is(self):
        talk = self._talk({"role": "assistant", "content": "No."}, user("Thanks!"))
        body, _result, row = self._send(talk, "anthropic", tools=[MAIL, STOCK])
        self.assertEqual((names(body), row.tools_dropped), (["send_email", "stock_level"], 0))

    def test_a_schema_for_the_answer_stays(self):
        schema = {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        }
        ready = json.dumps({"name": "Goethe"})
        self.vendor.script.append((200, answer(ready)))
        result = self.service.send_message(
            FAUST,
            self.providers["openai"],
            {"agent_type": "desk"},
            tools=TOOLS,
            response_schema=schema,
        )
        _headers, body = self.vendor.requests[-1]
        self.assertEqual((names(body), result["data"]), ([], {"name": "Goethe"}))
        self.assertEqual(body["response_format"]["type"], "json_schema")

    def test_a_schema_that_claude_is_held_to_by_a_tool_has_that_tool_alone(self):
        old = self.providers["anthropic"]
        old.model_name = "claude-3-5-haiku-latest"
        schema = {"type": "object", "properties": {"name": {"type": "string"}}}
        said = {"type": "tool_use", "id": "t", "name": "answer", "input": {"name": "Goethe"}}
        self.vendor.script.append(
            (200, {**ANSWERS["anthropic"], "content": [said], "stop_reason": "tool_use"})
        )
        result = self.service.send_message(
            FAUST, old, {"agent_type": "desk"}, tools=TOOLS, response_schema=schema
        )
        _headers, body = self.vendor.requests[-1]
        self.assertEqual((names(body), body["tool_choice"]["name"]), (["answer"], "answer"))
        self.assertEqual(result["data"], {"name": "Goethe"})

    def test_a_tool_that_its_caller_marked_for_the_cache_is_his_to_choose(self):
        marked = [*TOOLS[:2], {**STOCK, "cache_control": {"type": "ephemeral"}}]
        body, _result, row = self._send(FAUST, "anthropic", tools=marked)
        self.assertEqual((len(names(body)), row.tools_dropped), (3, 0))

    def test_without_a_price_nothing_is_left_out(self):
        self.company.write({"ai_unpriced_policy": "ceiling", "ai_ceiling_usd": 10.0})
        self.providers["openai"].price_ids.unlink()
        body, _result, row = self._send(FAUST)
        self.assertEqual((len(names(body)), row.tools_dropped), (3, 0))

    def test_what_failed_saved_nothing_and_what_came_instead_did(self):
        first, second = self.providers["openai"], self.vendor_provider
        first.fallback_provider_id = second
        self.vendor.script += [(401, {"error": {"message": "no"}}), (200, answer())]
        result = self.service.send_message(RAIN, first, {"agent_type": "desk"}, tools=TOOLS)
        rows = self.env["ai.token.usage"].search([("agent_key", "=", self.agent.id)], order="id")
        self.assertEqual(rows.mapped("state"), ["failed", "done"])
        self.assertEqual(rows.mapped("tools_dropped"), [2, 2])
        self.assertEqual(rows[0].tools_saved_usd, 0)
        self.assertGreater(rows[1].tools_saved_usd, 0)
        self.assertEqual(self._row(result), rows[1])

    def test_the_worst_case_is_that_of_what_is_sent(self):
        _body, _result, row = self._send(RAIN)
        self.agent.tool_policy = "all"
        _body, _result, whole = self._send(RAIN)
        saved = whole.context_size_tokens - row.context_size_tokens
        self.assertEqual(saved, row.tools_saved_tokens)

    def test_a_correction_of_a_call_does_not_save_once_more(self):
        _body, _result, row = self._send(RAIN)
        again = {"tools_dropped": 2, "tools_saved_usd": "0.1", "company_id": self.company.id}
        found = self.service._correction_of(row.id, again)
        columns = ("tools_dropped", "tools_saved_tokens", "tools_saved_usd")
        self.assertEqual([found[name] for name in columns], [None] * 3)

    def test_a_thrifty_agent_does_it_and_the_others_do_not(self):
        for preset, policy in (("thrifty", "needed"), ("balanced", "all"), ("careful", "all")):
            self.agent.preset = preset
            self.assertEqual((self.agent.tool_policy, self.agent.preset), (policy, preset))


@tagged("post_install", "-at_install")
class TestToolsOff(NeededToolsCase):
    """Without the switch a call stays as it was given."""

    def test_it_is_off_until_it_is_switched_on(self):
        self.assertEqual(self.agent.tool_policy, "all")

    def test_what_the_caller_gave_is_sent_byte_for_byte(self):
        asked = {"tool_choice": "auto", "temperature": 0.3, "max_tokens": 77}
        messages = [{"role": "system", "content": "Be  brief."}, user(FAUST)]
        for api_format in ANSWERS:
            more = {"extra": {"parallel_tool_calls": True}} if api_format == "openai" else {}
            self._send(messages, api_format, code="nobody", **asked, **more)
            _body, result, row = self._send(messages, api_format, **asked, **more)
            before, after = self.vendor.sent[-2:]
            self.assertEqual(after, before, api_format)
            self.assertEqual(len(names(json.loads(after))), 3)
            self.assertFalse(result["notices"])
            self.assertIsNone(self._raw(row, "tools_dropped"))

    def _raw(self, row, column):
        self.env.cr.execute(f"SELECT {column} FROM ai_token_usage WHERE id = %s", (row.id,))
        return self.env.cr.fetchone()[0]

    def test_it_sends_no_statement_without_tools_and_without_the_policy(self):
        step = self.env["ai.step.needed_tools"]
        for policy, tools in (("needed", None), ("all", TOOLS)):
            self.agent.tool_policy = policy
            call = self._opened(tools)
            step._shrink(call)  # the policy is cached now
            with self.assertQueryCount(0):
                step._shrink(call)
            self.assertEqual(call.tools, tools)

    def test_a_small_prefix_sends_no_statement_either(self):
        self.agent.tool_policy = "needed"
        step = self.env["ai.step.needed_tools"]
        step._shrink(self._opened(TOOLS))
        call = self._opened(TOOLS)
        with self.assertQueryCount(0):
            step._shrink(call)
        self.assertEqual(len(call.tools), 1)

    def _opened(self, tools):
        options = {"tools": tools}
        call = self.service._check(RAIN, self.providers["openai"], {"agent_type": "desk"}, options)
        for _done in self.env["ai.step"]._run("_open", call):
            pass
        return call


@tagged("post_install", "-at_install")
class TestToolsAndTheCache(NeededToolsCase):
    """A prefix that the vendor has cached costs a tenth; dropping what stands in it may not pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent.tool_policy = "needed"
        price = {
            "input_usd": 1.0,
            "output_usd": 2.0,
            "cache_read_usd": 0.1,
            "valid_from": "2020-01-01",
        }
        cls.caching = {
            name: cls._new_provider(
                f"Caching {name}", price, base_url=cls.vendor.url, api_format=name
            )
            for name in ANSWERS
        }
        long = "Sends an email to a contact, " + "with every courtesy that a letter has, " * 300
        cls.many = [WEATHER, tool("send_email", long), STOCK]

    def _rows(self, number, provider, found, dropped=0, minutes=1):
        """Write earlier calls of the agent, some of which read from the cache."""
        for n in range(number):
            self.env.cr.execute("SELECT now() at time zone 'utc' - %s * interval '1 minute'",
                                ((number - n) * minutes,))  # fmt: skip
            (when,) = self.env.cr.fetchone()
            self.env["ai.token.usage"]._insert(
                [
                    {
                        "company_id": self.company.id,
                        "user_id": self.env.uid,
                        "provider_id": provider.id,
                        "agent_key": self.agent.id,
                        "tools_dropped": dropped,
                        "cache_read_tokens": 2000 if n < found else None,
                        "create_date": when,
                    }
                ]
            )

    def _dropped(self, api_format, text=RAIN, **options):
        self.vendor.script.append((200, ANSWERS[api_format]))
        provider = self.caching[api_format]
        result = self.service.send_message(
            text, provider, {"agent_type": "desk"}, tools=self.many, **options
        )
        return self._row(result).tools_dropped

    def test_what_is_never_read_from_the_cache_is_left_out(self):
        self._rows(10, self.caching["openai"], 0)
        self.assertEqual(self._dropped("openai"), 2)

    def test_calls_that_come_often_find_the_prefix_that_they_share(self):
        # nothing was looked at yet, but they came within minutes
        provider = self.caching["openai"]
        self._rows(10, provider, 0, dropped=None)
        system = {"role": "system", "content": "Courtesy is all. " * 400}
        self.assertEqual(self._dropped("openai", [system, user(RAIN)]), 0)

    def test_anthropic_keeps_it_where_the_agent_has_it_marked(self):
        provider = self.caching["anthropic"]
        self._rows(10, provider, 0, dropped=None)
        system = {"role": "system", "content": "Courtesy is all. " * 400}
        self.assertEqual(self._dropped("anthropic", [system, user(RAIN)]), 2)
        self.agent.vendor_cache = True
        self.assertEqual(self._dropped("anthropic", [system, user(RAIN)]), 0)

    def test_calls_that_come_seldom_do_not(self):
        self._rows(10, self.caching["openai"], 0, dropped=None, minutes=60)
        system = {"role": "system", "content": "Courtesy is all. " * 400}
        self.assertEqual(self._dropped("openai", [system, user(RAIN)]), 2)

    def test_what_is_nearly_always_read_from_the_cache_stays(self):
        for api_format in ("openai", "anthropic", "gemini"):
            self._rows(20, self.caching[api_format], 20)
            system = {"role": "system", "content": "Courtesy is all. " * 400}
            found = self._dropped(api_format, [system, user(RAIN)])
            self.assertEqual(found, 0, api_format)

    def test_it_is_left_out_where_the_rest_is_found_as_often(self):
        provider = self.caching["openai"]
        self._rows(20, provider, 20)
        self._rows(20, provider, 20, dropped=2)
        system = {"role": "system", "content": "Courtesy is all. " * 400}
        self.assertEqual(self._dropped("openai", [system, user(RAIN)]), 2)

    def test_the_calls_of_others_say_nothing(self):
        self._rows(20, self.caching["gemini"], 20)
        system = {"role": "system", "content": "Courtesy is all. " * 400}
        self.assertEqual(self._dropped("openai", [system, user(RAIN)]), 2)
