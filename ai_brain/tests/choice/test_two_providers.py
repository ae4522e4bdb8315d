from odoo.tests import tagged

from ..common import AiCase, answer

EASY = "Good morning!"
ORDINARY = "Compare the two offers for us and say in a few sentences which one you would take."
HARD = (
    "Develop a three-year strategy for our market entry in Brazil: compare joint venture, own "
    "subsidiary and distributor, weigh the regulatory and currency risks, derive the figures by "
    "which we would notice that it fails, and justify every assumption step by step."
)
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

#: What it is about: the agent, the efficient provider, the call; who is asked, and why.
TABLE = [
    ("an easy request", {}, {}, {}, "Small", "good enough"),
    ("a hard one", {}, {}, {"text": HARD}, "Big", "worth its price"),
    ("a call's own mode", {"mode": False}, {}, {"mode": "smart_router"}, "Small", "good enough"),
    ("low is enough", {"quality_required": "low"}, {}, {}, "Small", "good enough"),
    (
        "the agent asks for more",
        {"quality_required": "high"},
        {},
        {"text": ORDINARY},
        "Big",
        "worth its price",
    ),
    (
        "the call asks for more",
        {},
        {},
        {"text": ORDINARY, "quality_required": "high"},
        "Big",
        "worth its price",
    ),
    (
        "the call stands above the agent",
        {"quality_required": "high"},
        {},
        {"text": ORDINARY, "quality_required": "low"},
        "Small",
        "good enough",
    ),
    (
        "too slow",
        {"max_latency_ms": 2000},
        {"typical_latency_ms": 9000},
        {},
        "Big",
        "9.0 s on average",
    ),
    ("no tools", {}, {"supports_tools": False}, {"tools": [TOOL]}, "Big", "cannot call tools"),
    ("no price", {}, {"price_ids": [(5,)]}, {}, "Big", "no known price"),
    ("too small", {}, {"context_window": 4}, {}, "Big", "4 tokens of context"),
    (
        "a schema beside tools",
        {},
        {"api_format": "gemini", "model_name": "gemini-2.5-flash"},
        {"tools": [TOOL], "response_schema": SCHEMA},
        "Big",
        "does not take all",
    ),
    (
        "only the small one is paid",
        {},
        {},
        {"text": HARD, "max_budget_usd": 0.0009, "max_tokens": 900},
        "Small",
        "Neither",
    ),
    ("the efficient one is archived", {}, {"active": False}, {}, "Big", "the only one"),
]


@tagged("post_install", "-at_install")
class TestTwoProviders(AiCase):
    """An agent with an efficient and a strong provider, whose router chooses between the two."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls._new("Small", 0.15, 65)
        cls.big = cls._new("Big", 2.5, 95)
        cls.third = cls._new("Third", 0.01, 99)  # the best buy, which nobody has named
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Support",
                "code": "support",
                "provider_id": cls.big.id,
                "efficient_provider_id": cls.small.id,
                "mode": "smart_router",
            }
        )

    @classmethod
    def _new(cls, name, usd, quality):
        price = {"input_usd": usd, "output_usd": 4 * usd, "valid_from": "2020-01-01"}
        return cls._new_provider(
            name,
            price,
            base_url=cls.vendor.url,
            quality_score=quality,
            quality_source="test",
            default_max_tokens=1000,
        )

    def _send(self, text=EASY, config=None, **options):
        schema = options.get("response_schema")
        self.vendor.script.append((200, answer('{"total": 1}' if schema else "Yes.")))
        result = self.service.send_message(text, config, {"agent_type": "support"}, **options)
        return result, self._row(result)

    def test_the_router_s_choice_of_two(self):
        for what, agent, small, call, chosen, why in TABLE:
            with self.subTest(what), self.env.cr.savepoint() as undone:
                self.env.registry.clear_cache()
                self.agent.write(agent)
                self.small.write(small)
                result, row = self._send(**call)
                told = result["provider_name"], row.choice_reason, result["why"]
                self.assertEqual(told[:2], (chosen, "router"), told)
                self.assertIn(why, result["why"])
                undone.rollback()
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def test_where_neither_is_good_enough_the_company_says_which(self):
        self.agent.quality_required = "high"
        self.big.quality_score = 85
        result, _row = self._send(HARD)
        self.assertEqual(result["provider_name"], "Big")
        self.assertIn("comes nearest", result["why"])
        self.company.ai_nothing_suits = "cheapest"
        result, _row = self._send(HARD)
        self.assertEqual(result["provider_name"], "Small")
        self.assertIn("costs least", result["why"])

    def test_without_a_strong_one_it_is_the_provider_that_the_call_would_have(self):
        self.agent.provider_id = False
        self.assertEqual(self._send(HARD, self.big)[0]["provider_name"], "Big")
        result, row = self._send(EASY, self.big)
        self.assertEqual(result["provider_name"], "Small")
        self.assertEqual(result["notices"], [result["why"]])
        self.assertGreater(row.saved_usd, 0)

    def test_without_an_efficient_one_it_chooses_from_all(self):
        self.agent.efficient_provider_id = False
        self.assertEqual(self._send()[0]["provider_name"], "Third")

    def test_what_stands_above_the_router_is_not_touched(self):
        result, row = self._send(EASY, self.third, mode="passthrough")
        self.assertEqual((result["provider_name"], row.choice_reason), ("Third", "mode"))
        self.agent.first_strong_messages = 9
        result, row = self._send(EASY + " again")
        self.assertEqual((result["provider_name"], row.choice_reason), ("Big", "first"))
        self.agent.write({"mode": False, "first_strong_messages": 0})
        result, row = self._send(EASY + " and again")
        self.assertEqual((result["provider_name"], row.choice_reason), ("Big", "agent"))

    def test_an_experiment_takes_the_call_only_if_it_is_between_the_two(self):
        def experiment(arm_b):
            found = self.env["ai.experiment"].create(
                {
                    "name": arm_b.name,
                    "task_type": "chat",
                    "provider_a_id": self.big.id,
                    "provider_b_id": arm_b.id,
                    "share_b": 50,
                }
            )
            found.action_start()
            return found

        running = experiment(self.third)
        self.assertEqual(self._send(EASY, self.small)[1].choice_reason, "router")
        running.action_stop()
        experiment(self.small)
        self.assertEqual(self._send(EASY + " again", self.third)[1].choice_reason, "experiment")

    def test_the_two_are_recorded_as_a_recommendation(self):
        result, _row = self._send()
        kept = self.env["ai.cost.optimizer"].browse(result["recommendation"]["recommendation_id"])
        self.assertEqual(kept.recommended_provider_id, self.small)
        self.assertTrue(kept.is_followed)
        self.assertEqual([other["provider_name"] for other in kept.alternatives], ["Big"])
