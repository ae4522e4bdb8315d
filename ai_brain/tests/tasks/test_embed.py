import json
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ...exceptions import (
    BudgetExceededError,
    InvalidCallError,
    OutcomeUnknownError,
    ProviderCallError,
)
from ...models.call.call_scope import current_scope
from ...models.tasks import embed
from ..common import answer, answering
from .common import TasksCase, vectors


@tagged("post_install", "-at_install", "every_series")
class TestEmbed(TasksCase):
    def test_vectors_come_in_the_order_of_the_texts_with_their_exact_cost(self):
        self.vendor.script = [(200, vectors([0.5, 0.25], [1, -1], tokens=123))]
        result = self._embed(["One.", "Two."])
        self.assertEqual(result["vectors"], [[0.5, 0.25], [1.0, -1.0]])
        self.assertEqual((result["dimensions"], result["split"]), (2, []))
        self.assertEqual((result["content"], result["kind"]), ("", "api"))
        row = self._row(result)
        self.assertEqual(
            (row.task_type, row.input_tokens, row.output_tokens), ("embedding", 123, 0)
        )
        self.assertEqual(self._exact(row, "cost_usd"), "0.00000246")
        self.assertEqual((row.state, row.prompt_text), ("done", "One.\n\nTwo."))
        [(_headers, body)] = self.vendor.requests
        self.assertEqual(body, {"model": "text-embedding-3-small", "input": ["One.", "Two."]})

    def test_a_single_text_and_token_numbers_are_taken(self):
        self.vendor.script = [(200, vectors([1])), (200, vectors([1], [2]))]
        self.assertEqual(self._embed("One.")["vectors"], [[1.0]])
        self._embed([[15, 2], "Two."])
        self.assertEqual(self.vendor.requests[-1][1]["input"], [[15, 2], "Two."])

    def test_a_vector_s_length_is_the_call_s_else_the_provider_s(self):
        self.vendor.script = [(200, vectors([1] * 3)), (200, vectors([1] * 5))]
        self.vectors.vector_length = 3
        self.assertEqual(self._embed("One.")["dimensions"], 3)
        self.assertEqual(self._embed("One.", dimensions=5)["dimensions"], 5)
        asked = [body["dimensions"] for _headers, body in self.vendor.requests]
        self.assertEqual(asked, [3, 5])

    def test_vectors_of_a_wrong_length_or_number_are_uncertain(self):
        wrong = [
            vectors([1, 2], [1]),
            vectors([1, 2]),
            vectors([1], ["a"]),
            vectors([1] * 4, [1] * 4),
            {**vectors([1], [2]), "data": [{"index": 0, "embedding": [1]}] * 2},
            {"error": {"message": "overloaded"}},
        ]
        for body in wrong:
            self.vendor.script = [(200, body)]
            self._fails(OutcomeUnknownError, self._embed, ["One.", "Two."], dimensions=2)
        rows = self.env["ai.token.usage"].search([("provider_id", "=", self.vectors.id)])
        self.assertEqual(set(rows.mapped("state")), {"uncertain"})
        self.assertEqual(len(rows), len(wrong))
        self.assertTrue(all(row.cost_usd > 0 for row in rows))

    def test_a_text_that_is_too_long_is_refused_or_split(self):
        self.vectors.context_window = 20
        long = "One two three four five six. " * 6
        error = self._fails(InvalidCallError, self._embed, ["Short.", long])
        self.assertIn("Text 2 has 43 tokens", str(error))
        self.assertIn("too_long='split'", str(error))
        self.assertEqual(self.vendor.requests, [])

        def reply(request):
            return [[1.0, 0.0] if n % 2 else [0.0, 1.0] for n in range(len(request.inputs))]

        with answering(self.env, reply) as asked:
            result = self._embed(["Short.", long], too_long="split")
        [request] = asked
        self.assertEqual(request.inputs[0], "Short.")
        self.assertEqual(" ".join(request.inputs[1:]), long.strip())
        [split] = result["split"]
        self.assertEqual((split["index"], split["pieces"]), (1, len(request.inputs) - 1))
        self.assertGreater(split["pieces"], 2)
        self.assertIn("2 texts were sent in", result["notices"][0])
        self.assertEqual(len(result["vectors"]), 2)
        self.assertAlmostEqual(sum(v * v for v in result["vectors"][1]), 1)

    def test_what_cannot_be_sent_is_refused_in_words(self):
        for texts, words in (
            ([], "give a text"),
            (7, "give a text"),
            (["One.", "  "], "Text 2 is empty"),
            ([[1, -1]], "Text 1"),
            ([[]], "Text 1"),
            (["a"] * 2049, "2,049 texts are too many"),
            (["\0"], "cannot be sent"),
        ):
            error = self._fails(InvalidCallError, self._embed, texts)
            self.assertIn(words, str(error))
        for options, words in (
            ({"dimensions": 0}, "dimensions"),
            ({"too_long": "cut"}, "refuse, split"),
            ({"max_tokens": 5}, "max_tokens"),
            ({"temperature": 1}, "temperature"),
        ):
            self.assertIn(words, str(self._fails(InvalidCallError, self._embed, "One.", **options)))
        many = self._fails(InvalidCallError, self._embed, ["a"] * 1366)
        self.assertIn("1365 can be sent at once", str(many))
        self.vectors.model_name = "another-one"
        many = self._fails(InvalidCallError, self._embed, ["a"] * 683)
        self.assertIn("682 can be sent at once", str(many))
        self.assertEqual(self.vendor.requests, [])

    def test_a_provider_of_another_task_or_format_is_refused_by_name(self):
        error = self._fails(InvalidCallError, self._embed, "One.", self.vendor_provider)
        self.assertIn("Loopback", str(error))
        error = self._fails(
            InvalidCallError, self.service.send_message, "Hello", config=self.vectors
        )
        self.assertIn("embed and transcribe", str(error))
        for form in ("anthropic", "gemini"):
            other = self._new_provider(form, api_format=form, task_type="embedding")
            error = self._fails(InvalidCallError, self._embed, "One.", other)
            self.assertIn(f"The format '{form}' has no embeddings here", str(error))
        for task in ("text_to_speech", "image", "other"):
            other = self._new_provider(task, base_url=self.vendor.url, task_type=task)
            error = self._fails(InvalidCallError, self.service.send_message, "Hi", config=other)
            self.assertIn("other tasks are not served", str(error))
        self.assertEqual(self.vendor.requests, [])

    def test_a_budget_holds_all_that_is_sent_and_refuses_before(self):
        budget = self.env["ai.cost.budget"].create(
            {"name": "Vectors", "budget_amount": 1, "task_type": "embedding"}
        )
        # 8 tokens at 0.02 a million, and one token more does not fit
        budget.budget_amount = 0.0000002
        text = "word " * 10
        error = self._fails(BudgetExceededError, self._embed, text)
        self.assertIn("Vectors", str(error))
        self.assertEqual(self.vendor.requests, [])
        budget.budget_amount = 0.00001
        self.vendor.script = [(200, vectors([1], tokens=10))]
        self.assertEqual(self._embed(text)["cost_usd"], 0.0000002)
        error = self._fails(BudgetExceededError, self._embed, text, max_budget_usd=0.0000001)
        self.assertIn("max_budget_usd", str(error))

    def test_a_key_gets_the_same_vectors_and_pays_once(self):
        self.vendor.script = [(200, vectors([0.1, 0.7]))]
        first = self._embed("One.", idempotency_key="k")
        again = self._embed("One.", idempotency_key="k")
        self.assertEqual(again["vectors"], [[0.1, 0.7]])
        self.assertEqual(again["token_usage_id"], first["token_usage_id"])
        self.assertEqual(len(self.vendor.requests), 1)
        error = self._fails(InvalidCallError, self._embed, "Two.", idempotency_key="k")
        self.assertIn("another request", str(error))

    def test_what_a_key_keeps_is_bounded_before_anything_is_sent(self):
        many = self._fails(InvalidCallError, self._embed, ["a"] * 342, idempotency_key="k")
        self.assertIn("341 texts can be sent at once", str(many))
        few = self._fails(
            InvalidCallError, self._embed, ["a"] * 9, idempotency_key="k", dimensions=65_536
        )
        self.assertIn("so 8 texts", str(few))
        self.vendor.script = [(200, vectors([0.5] * 300))]
        self._embed("One.", idempotency_key="k")
        self.patch(embed, "MOST_KEPT_BYTES", 500)
        full = self._fails(InvalidCallError, self._embed, "Two.", idempotency_key="other")
        self.assertIn("500 bytes", str(full))
        # what was paid is given again all the same, and without a key there is no bound
        self.assertEqual(self._embed("One.", idempotency_key="k")["vectors"], [[0.5] * 300])
        self.vendor.script = [(200, vectors([1.0]))]
        self._embed("Two.")
        self.assertEqual(len(self.vendor.requests), 2)

    def test_a_call_is_paid_once_when_the_request_is_tried_again(self):
        self.vendor.script = [(200, vectors([0.1])), (200, vectors([0.2]))]
        first = self._embed("One.")
        current_scope(self.env.cr)._on_rollback()
        again = self._embed("One.")
        self.assertEqual(again["vectors"], first["vectors"])
        self.assertEqual(len(self.vendor.requests), 1)

    def test_the_fallback_is_asked_for_the_same_model_only(self):
        other = self._new_provider(
            "Others", base_url=self.vendor.url, task_type="embedding", model_name="another-one"
        )
        self.vectors.fallback_provider_id = other
        self.vendor.script = [(400, {"error": {"message": "no"}})]
        self._fails(ProviderCallError, self._embed, "One.")
        self.assertEqual(len(self.vendor.requests), 1)
        other.model_name = "text-embedding-3-small"
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, vectors([1]))]
        result = self._embed("Two.")
        self.assertEqual(result["provider_id"], other.id)
        self.assertEqual(result["cost_usd"], 0.00001)

    def test_a_recommendation_is_given_and_never_followed(self):
        self.vectors.write({"enable_cost_optimization": True, "auto_switch_provider": True})
        cheap = self._new_provider(
            "Cheap",
            {"input_usd": 0.001, "output_priced": False, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            task_type="embedding",
            model_name="another-one",
            quality_score=95,
        )
        self.vectors.quality_score = 95
        self.vendor.script = [(200, vectors([1]))] * 2
        result = self._embed("One.")
        self.assertEqual(result["recommendation"]["provider_id"], cheap.id)
        self.assertEqual(result["provider_id"], self.vectors.id)
        result = self._embed("Two.", mode="smart_router")
        self.assertEqual(result["provider_id"], self.vectors.id)

    def test_a_benchmark_and_breakdowns_know_it(self):
        self.vendor.script = [(200, vectors([1], tokens=50))]
        result = self._embed("One.", environment={"module": "crm", "agent_type": "finder"})
        benchmark = self.env["ai.provider.benchmark"].search(
            [("token_usage_id", "=", result["token_usage_id"])]
        )
        self.assertEqual((benchmark.task_type, benchmark.input_tokens), ("embedding", 50))
        [found] = self.env["ai.provider.benchmark"].compare_providers("embedding")
        self.assertEqual((found["provider_id"], found["calls"]), (self.vectors.id, 1))
        row = self._row(result)
        self.assertEqual((row.module, row.agent_type), ("crm", "finder"))

    def test_recommend_provider_ranks_by_the_price_of_tokens(self):
        dear = self._new_provider(
            "Dear",
            {"input_usd": 0.13, "output_priced": False, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            task_type="embedding",
            quality_score=90,
        )
        self.vectors.quality_score = 90
        advice = self.env["ai.cost.optimizer"].recommend_provider("embeddings", 1_000_000)
        self.assertEqual(advice["provider_id"], self.vectors.id)
        self.assertEqual(advice["estimated_cost"], 0.02)
        costs = {one["provider_id"]: one["estimated_cost"] for one in advice["alternatives"]}
        self.assertEqual(costs[dear.id], 0.13)

    def test_text_is_kept_as_the_company_chose(self):
        for policy, kept in (("none", False), ("excerpt", "One."), ("full", "One.")):
            self.company.ai_text_policy = policy
            self.vendor.script = [(200, vectors([1]))]
            self.assertEqual(self._row(self._embed("One.")).prompt_text, kept)

    def test_portal_and_strangers_reach_nothing(self):
        portal = self._new_user("portal of vectors", "base.group_portal")
        self._fails(AccessError, self.service.with_user(portal).embed, "One.", self.vectors)
        abroad = self.env["res.company"].create({"name": "Abroad"})
        user = self._new_user("abroad", company_id=abroad.id, company_ids=[(6, 0, abroad.ids)])
        service = self.service.with_user(user).with_company(abroad)
        self._fails(InvalidCallError, service.embed, "One.", self.vectors.id)
        self.assertEqual(self.vendor.requests, [])

    def test_the_sandbox_gives_vectors_that_depend_on_the_text(self):
        sandbox = self._new_provider("Box", api_format="sandbox", task_type="embedding")
        result = self._embed(["One.", "Two.", "One."], sandbox)
        one, two, again = result["vectors"]
        self.assertEqual(one, again)
        self.assertNotEqual(one, two)
        self.assertAlmostEqual(sum(value * value for value in one), 1)

    def test_a_big_answer_is_read_and_kept_small(self):
        many = [[(n + k) / 7 for k in range(1536)] for n in range(100)]
        self.vendor.script = [(200, vectors(*many))]
        result = self._embed([f"Text {n}." for n in range(100)], idempotency_key="big")
        self.assertEqual(result["vectors"], many)
        kept = self.env["ai.call.answer"].search([("call_key", "=", "big")])
        self.assertLess(len(json.dumps(kept.answer)), 100 * 1536 * 11 + 10_000)

    def test_answers_to_chat_do_not_pass_for_vectors(self):
        self.vendor.script = [(200, answer())]
        self._fails(OutcomeUnknownError, self._embed, "One.")

    def test_openai_s_own_address_is_asked_for_the_short_form(self):
        provider = self._new_provider("OpenAI", task_type="embedding")
        seen = {}

        def request(endpoint, method, url, headers, body, **_more):
            seen.update(json.loads(body), url=url)
            raise InvalidCallError("enough")

        with patch("odoo.addons.ai_brain.providers.http.request", request):
            self._fails(InvalidCallError, self._embed, "One.", provider)
        self.assertEqual(seen["encoding_format"], "base64")
        self.assertEqual(seen["url"], "https://api.openai.com/v1/embeddings")
