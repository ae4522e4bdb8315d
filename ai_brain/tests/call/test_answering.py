from odoo.tests import TransactionCase, tagged

from ...exceptions import AnswerNotValidError, ProviderCallError
from ...providers import ChatResponse
from ...providers.errors import ServerError
from ..common import answering, new_provider

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@tagged("post_install", "-at_install", "every_series")
class TestAnswering(TransactionCase):
    """The helper for other addons' tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company = cls.env["res.company"].create({"name": "Tested"})
        cls.service = cls.env["ai.service"]

    def test_calls_are_answered_in_order_and_listed(self):
        with answering(self.env, "First.", "Second.") as asked:
            one = self.service.send_message("Who?", max_tokens=50, temperature=0.3)
            two = self.service.send_message([{"role": "user", "content": "When?"}])
        self.assertEqual((one["content"], two["content"]), ("First.", "Second."))
        self.assertEqual(asked.texts, ["Who?", "When?"])
        self.assertEqual((asked[0].max_tokens, asked[0].temperature), (50, 0.3))

    def test_the_ledger_row_is_real(self):
        with answering(self.env, "Hello there."):
            result = self.service.send_message("Hi")
        row = self.env["ai.token.usage"].browse(result["token_usage_id"])
        self.assertEqual((row.state, row.kind, row.company_id), ("done", "api", self.env.company))
        usage = result["usage"]
        self.assertAlmostEqual(
            result["cost_usd"], (usage["input_tokens"] + 2 * usage["output_tokens"]) / 1e6, 12
        )
        self.assertGreater(row.cost_usd, 0)

    def test_whatever_provider_is_named_nothing_is_sent(self):
        for api_format in ("openai", "anthropic", "gemini"):
            provider = new_provider(
                self.env, api_format, api_format=api_format, base_url="http://127.0.0.1:9/v1"
            )
            with answering(self.env, "Here.") as asked:
                result = self.service.send_message("Hi", config=provider)
            self.assertEqual((result["content"], len(asked)), ("Here.", 1))

    def test_a_dict_is_the_data_of_a_checked_answer(self):
        with answering(self.env, {"n": "three"}, {"n": 3}) as asked:
            result = self.service.send_message("How many?", response_schema=SCHEMA)
        self.assertEqual(result["data"], {"n": 3})
        self.assertIn("must be integer", asked.texts[1])
        with answering(self.env, "no", "no"), self.assertRaises(AnswerNotValidError):
            self.service.send_message("How many?", response_schema=SCHEMA)

    def test_errors_and_whole_responses_are_given_as_they_are(self):
        with answering(self.env, ServerError("Down.")), self.assertRaises(ProviderCallError):
            self.service.send_message("Hi")
        call = {"id": "1", "name": "due", "arguments": "{}"}
        with answering(self.env, ChatResponse(tool_calls=[call])):
            self.assertEqual(self.service.send_message("Hi")["tool_calls"], [call])

    def test_a_function_answers_every_call(self):
        with answering(self.env, lambda request: f"{len(request.messages)} messages") as asked:
            said = [self.service.send_message(f"Hi {n}")["content"] for n in range(3)]
        self.assertEqual((said, len(asked)), (["1 messages"] * 3, 3))

    def test_a_call_that_was_not_foreseen_fails_the_test(self):
        with (
            answering(self.env, "One."),
            self.assertRaisesRegex(AssertionError, "Call 2 has no answer: 'Again'"),
        ):
            self.service.send_message("Hi")
            self.service.send_message("Again")

    def test_streams_are_answered_in_pieces(self):
        with answering(self.env, "One two three."):
            events = [*self.service.stream_message("Count")]
        self.assertEqual([e["text"] for e in events[:-1]], ["One ", "two ", "three."])
        self.assertEqual(events[-1]["result"]["content"], "One two three.")
