import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...exceptions import AnswerNotValidError, BudgetExceededError, InvalidCallError
from ...models.call.call_scope import current_scope
from ...providers import schemas
from ..common import AiCase, answer

SCHEMA = {
    "type": "object",
    "properties": {"total": {"type": "number", "minimum": 0}, "paid": {"type": "boolean"}},
    "required": ["total", "paid"],
    "additionalProperties": False,
}
GOOD, BAD = {"total": 12.5, "paid": False}, {"total": -1}


#: Claude is held to the closed one, and answers to the open one by a tool.
OPEN = {**SCHEMA, "additionalProperties": {"type": "string"}}


def claude(data):
    return {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": json.dumps(data)}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 1000, "output_tokens": 500},
    }


def claude_s_tool(data):
    block = {"type": "tool_use", "id": "t1", "name": schemas.NAME, "input": data}
    return {**claude(data), "content": [block], "stop_reason": "tool_use"}


def gemini(data):
    content = {"role": "model", "parts": [{"text": json.dumps(data)}]}
    counts = {"promptTokenCount": 1000, "candidatesTokenCount": 500, "totalTokenCount": 1500}
    return {
        "candidates": [{"content": content, "finishReason": "STOP"}],
        "usageMetadata": counts,
    }


#: Format -> (model, schema, how its vendor answers, where its request says what is wanted).
FORMATS = {
    "openai": (
        "gpt-4o",
        SCHEMA,
        lambda data: answer(json.dumps(data), 1000, 500),
        "response_format",
    ),
    "anthropic": ("claude-sonnet-4-5", SCHEMA, claude, "output_config"),
    "anthropic, by a tool": ("claude-sonnet-4-5", OPEN, claude_s_tool, "tool_choice"),
    "gemini": ("gemini-2.5-flash", SCHEMA, gemini, "responseJsonSchema"),
}


def cut(content, reason):
    body = answer(content)
    body["choices"][0]["finish_reason"] = reason
    return 200, body


@tagged("post_install", "-at_install", "every_series")
class TestCheckedAnswer(AiCase):
    def setUp(self):
        super().setUp()
        current_scope(self.env.cr)._on_commit()

    def _send(self, *contents, provider=None, **options):
        self.vendor.script = [
            (200, answer(one if isinstance(one, str) else json.dumps(one), 1000, 500))
            if not isinstance(one, tuple)
            else one
            for one in contents
        ]
        options.setdefault("response_schema", SCHEMA)
        return self.service.send_message(
            "What is due?", config=provider or self.vendor_provider, **options
        )

    def _rows(self):
        return self.env["ai.token.usage"].search(
            [("provider_id", "=", self.vendor_provider.id)], order="id"
        )

    def test_data_is_the_answer_parsed_and_checked(self):
        result = self._send(GOOD)
        self.assertEqual((result["data"], result["first_try"]), (GOOD, None))
        self.assertEqual(json.loads(result["content"]), GOOD)
        _headers, body = self.vendor.requests[0]
        sent = body["response_format"]
        self.assertEqual((sent["type"], sent["json_schema"]["strict"]), ("json_schema", True))
        self.assertEqual(sent["json_schema"]["schema"], SCHEMA)

    def test_without_a_schema_the_result_has_no_data(self):
        self.assertNotIn("data", self._send("Hello", response_schema=None))

    def test_it_is_asked_once_more_and_told_what_was_wrong(self):
        result = self._send(BAD, GOOD)
        self.assertEqual(result["data"], GOOD)
        first, second = self._rows()
        self.assertEqual(result["token_usage_id"], second.id)
        self.assertEqual(result["cost_usd"], 0.002)
        self.assertEqual(result["first_try"]["token_usage_id"], first.id)
        self.assertEqual(result["first_try"]["cost_usd"], 0.002)
        self.assertEqual(
            result["first_try"]["problems"],
            ["$.paid is missing.", "$.total is -1 and must be ≥ 0."],
        )
        again = self.vendor.requests[1][1]["messages"]
        self.assertEqual([m["role"] for m in again], ["user", "assistant", "user"])
        self.assertEqual(json.loads(again[1]["content"]), BAD)
        self.assertIn("- $.paid is missing.\n- $.total is -1", again[2]["content"])
        self.assertEqual(again[0]["content"], "What is due?")

    def test_every_format_asks_in_its_own_way_and_once_more(self):
        for name, (model, schema, said, wanted) in FORMATS.items():
            vendor = self._new_provider(
                name,
                api_format=name.partition(",")[0],
                model_name=model,
                base_url=self.vendor.url,
            )
            with self.subTest(name):
                self.vendor.requests.clear()
                script = [(200, said(BAD)), (200, said(GOOD))]
                result = self._send(*script, provider=vendor, response_schema=schema)
                self.assertEqual((result["data"], json.loads(result["content"])), (GOOD, GOOD))
                self.assertEqual(result["first_try"]["problems"][0], "$.paid is missing.")
                self.assertEqual(len(self.vendor.requests), 2)
                for _headers, body in self.vendor.requests:
                    self.assertIn(f'"{wanted}"', json.dumps(body))
                self.assertIn("$.paid is missing", json.dumps(self.vendor.requests[1][1]))
                error = self._fails(
                    AnswerNotValidError,
                    self._send,
                    *((200, said(BAD)), (200, said(BAD))),
                    provider=vendor,
                    response_schema=schema,
                )
                self.assertEqual(json.loads(error.content), BAD)
                rows = self.env["ai.token.usage"].search([("provider_id", "=", vendor.id)])
                self.assertEqual(rows.mapped("state"), ["done"] * 4)

    def test_two_answers_that_do_not_fit_are_an_error_with_both_rows(self):
        error = self._fails(AnswerNotValidError, self._send, "Well …", BAD)
        self.assertEqual(json.loads(error.content), BAD)
        self.assertEqual(error.problems[0], "$.paid is missing.")
        self.assertEqual(error.token_usage_ids, self._rows().ids)
        self.assertEqual(self._rows().mapped("state"), ["done", "done"])
        self.assertEqual(sum(self._rows().mapped("cost_usd")), 0.004)
        self.assertEqual(len(self.vendor.requests), 2)

    def test_an_answer_cut_at_its_limit_is_not_asked_for_again(self):
        error = self._fails(
            AnswerNotValidError, self._send, cut('{"total": 1', "length"), max_tokens=64
        )
        self.assertIn("cut at 64 tokens", str(error))
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_refusal_is_told_and_not_asked_again(self):
        body = answer(None)
        body["choices"][0]["message"]["refusal"] = "I do not do that."
        error = self._fails(AnswerNotValidError, self._send, (200, body))
        self.assertIn("I do not do that.", str(error))
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_tool_call_is_no_answer_yet(self):
        call = {"id": "c1", "type": "function", "function": {"name": "due", "arguments": "{}"}}
        status, body = cut(None, "tool_calls")
        body["choices"][0]["message"]["tool_calls"] = [call]
        tool = {"type": "function", "function": {"name": "due", "parameters": {"type": "object"}}}
        result = self._send((status, body), tools=[tool])
        self.assertEqual((result["data"], result["tool_calls"][0]["name"]), (None, "due"))
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_budget_holds_for_the_second_try(self):
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Just one",
                "company_id": self.company.id,
                "period_type": "daily",
                "budget_amount": 0.0065,
                "provider_id": self.vendor_provider.id,
                "currency_id": self.env.ref("base.USD").id,
            }
        )
        error = self._fails(AnswerNotValidError, self._send, BAD, GOOD, max_tokens=2000)
        self.assertIn(budget.name, str(error))
        self.assertEqual(len(self.vendor.requests), 1)
        self.assertEqual(error.token_usage_ids, self._rows().ids)
        self.assertFalse(self.env["ai.cost.reservation"].search([]))

    def test_the_limit_of_the_call_is_for_both_tries(self):
        error = self._fails(
            AnswerNotValidError, self._send, BAD, GOOD, max_tokens=1000, max_budget_usd=0.004
        )
        self.assertIn("max_budget_usd", str(error))
        self.assertEqual(len(self.vendor.requests), 1)

    def test_the_schema_counts_in_what_is_held_and_in_the_fingerprint(self):
        _call, plain = self._reserve("What is due?")
        asked, held = self._reserve("What is due?", response_schema=SCHEMA)
        self.assertGreater(
            held.target.most_input, plain.target.most_input + len(json.dumps(SCHEMA))
        )
        other, _held = self._reserve(
            "What is due?", response_schema={**SCHEMA, "required": ["total"]}
        )
        self.assertEqual(len({asked.content_hash, other.content_hash, _call.content_hash}), 3)

    def test_a_stream_gives_the_text_once_it_fits(self):
        self.vendor.script = [(200, answer(json.dumps(BAD))), (200, answer(json.dumps(GOOD)))]
        events = [
            *self.service.stream_message(
                "What is due?", config=self.vendor_provider, response_schema=SCHEMA
            )
        ]
        self.assertEqual([e["type"] for e in events], ["delta", "done"])
        self.assertEqual(json.loads(events[0]["text"]), GOOD)
        self.assertEqual(events[1]["result"]["data"], GOOD)

    def test_a_key_gives_the_checked_answer_again_and_the_error_again(self):
        first = self._send(BAD, GOOD, idempotency_key="one")
        again = self._send(idempotency_key="one")
        self.assertEqual(again["token_usage_id"], first["token_usage_id"])
        self.assertEqual(again["data"], GOOD)
        wrong = self._fails(AnswerNotValidError, self._send, BAD, BAD, idempotency_key="two")
        asked = len(self.vendor.requests)
        same = self._fails(AnswerNotValidError, self._send, idempotency_key="two")
        self.assertEqual(same.problems, wrong.problems)
        self.assertEqual(same.token_usage_ids, wrong.token_usage_ids)
        self.assertEqual(len(self.vendor.requests), asked)

    def test_a_retry_of_the_request_does_not_pay_again(self):
        self._fails(AnswerNotValidError, self._send, BAD, BAD)
        current_scope(self.env.cr)._on_rollback()
        self._fails(AnswerNotValidError, self._send)
        self.assertEqual(len(self.vendor.requests), 2)

    @mute_logger("odoo.addons.ai_brain.providers.http")
    def test_a_vendor_that_fails_the_second_time_is_told_with_the_first_answer(self):
        failure = (400, {"error": {"message": "No more."}})
        error = self._fails(AnswerNotValidError, self._send, BAD, failure)
        self.assertIn("No more.", str(error))
        self.assertEqual(json.loads(error.content), BAD)

    def test_a_second_try_is_no_repetition(self):
        self.vendor_provider.enable_waste_detection = True
        result = self._send(BAD, GOOD)
        self.assertIsNone(result["waste_report"])
        self.assertFalse(self._row(result).waste_detected)

    def test_a_schema_that_cannot_be_checked_is_refused_in_words(self):
        for schema, words in (
            ({"type": "array"}, "root of a response_schema is an object"),
            ({**SCHEMA, "pattern": "a+"}, "Regular expressions are not checked"),
            ({"type": "object", "properties": {"a": {"$ref": "http://x/y"}}}, "leads nowhere"),
        ):
            with self.assertRaisesRegex(InvalidCallError, words):
                self._send(response_schema=schema)
        self.assertFalse(self.vendor.requests)

    def test_extra_does_not_say_it_twice(self):
        with self.assertRaisesRegex(InvalidCallError, "response_format"):
            self._send(GOOD, extra={"response_format": {"type": "json_object"}})

    def test_the_sandbox_answers_to_a_schema(self):
        result = self._send(provider=self.provider)
        self.assertEqual(set(result["data"]), {"total", "paid"})

    def test_a_refused_first_try_is_the_budget_s_error(self):
        with self.assertRaises(BudgetExceededError):
            self._send(GOOD, max_budget_usd=0)
