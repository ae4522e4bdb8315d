from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import AiCase, answer

KEYS = {
    "provider_id",
    "provider_name",
    "estimated_cost",
    "reasoning",
    "meets_quality",
    "within_budget",
}


@tagged("post_install", "-at_install")
class TestRecommendations(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM ai_provider_benchmark")
        cls.env.cr.execute("DELETE FROM ai_provider_stats")
        cls.env.cr.execute("DELETE FROM ai_cost_optimizer")
        cls.env["ai.service.provider"].search([]).active = False
        cls.optimizer = cls.env["ai.cost.optimizer"]
        cls.benchmarks = cls.env["ai.provider.benchmark"]
        cls.mini = cls._new_provider(
            "Mini",
            {"input_usd": 0.1, "output_usd": 0.4, "valid_from": "2020-01-01"},
            quality_score=80,
        )
        cls.large = cls._new_provider(
            "Large",
            {"input_usd": 3, "output_usd": 15, "valid_from": "2020-01-01"},
            quality_score=92,
            tier="premium",
            base_url=cls.vendor.url,
        )

    def _recommend(self, *args, **more):
        return self.optimizer.recommend_provider("chat", *(args or (1000,)), **more)

    def _rate(self, provider, score, times, **values):
        for _i in range(times):
            self.benchmarks.log_benchmark(provider, "chat", quality_score=score, **values)

    def test_the_answer_has_the_agreed_shape_and_is_recorded(self):
        result = self._recommend(2000, "medium")
        self.assertLessEqual(KEYS | {"alternatives"}, set(result))
        self.assertEqual(result["provider_id"], self.mini.id)
        self.assertEqual(result["estimated_cost"], 0.00036)  # 2,000 in, 400 out expected
        self.assertIn("$0.00036", result["reasoning"])
        (other,) = result["alternatives"]
        self.assertLessEqual(KEYS | {"why_not"}, set(other))
        self.assertEqual(other["provider_name"], "Large")
        record = self.optimizer.browse(result["recommendation_id"])
        self.assertEqual(record.recommended_provider_id, self.mini)
        self.assertEqual(record.task_type, "chat")
        self.assertEqual(record.quality_required, "medium")
        self.assertEqual(record.estimated_cost_usd, 0.00036)
        self.assertEqual(record.reasoning, result["reasoning"])
        self.assertEqual(record.user_id, self.env.user)
        self.assertTrue(record.created_at)
        self.assertFalse(record.is_used)

    def test_quality_bars_are_the_companys(self):
        self.assertEqual(self._recommend(1000, "high")["provider_id"], self.large.id)
        self.company.write({"ai_quality_high": 79})
        self.assertEqual(self._recommend(1000, "high")["provider_id"], self.mini.id)

    def test_the_better_record_wins_and_the_reason_names_the_evidence(self):
        self._rate(self.large, 55, 40)
        self._rate(self.mini, 90, 40)
        result = self._recommend(1000, "medium", configured_provider_id=self.large.id)
        self.assertEqual(result["provider_id"], self.mini.id)
        self.assertIn("based on 40 rated calls since", result["reasoning"])
        self.assertIn("reaches only", result["reasoning"])

    def test_errors_never_touch_the_quality(self):
        for _i in range(30):
            self.benchmarks.log_benchmark(self.mini, "chat", error_occurred=True)
        result = self._recommend()
        self.assertIn("quality 80 of 100", result["reasoning"])
        self.assertIn("the figure stated on its form", result["reasoning"])

    def test_the_expected_answer_is_that_of_the_history(self):
        for _i in range(5):
            self.benchmarks.log_benchmark(self.mini, "chat", output_tokens=1000)
        self.assertEqual(self._recommend(1000)["estimated_cost"], 0.0005)

    def test_a_changed_price_counts_at_once(self):
        self._recommend()
        self.mini.price_ids.write({"input_usd": 100, "output_usd": 400})
        self.assertEqual(self._recommend()["provider_id"], self.large.id)

    def test_a_harder_question_takes_a_better_model(self):
        self.assertEqual(self._recommend(complexity=0.1)["provider_id"], self.mini.id)
        self.assertEqual(self._recommend(complexity=0.9)["provider_id"], self.large.id)

    def test_a_need_that_nobody_stated_follows_the_complexity(self):
        self.mini.quality_score = 76
        for complexity, chosen in ((0.1, self.mini), (0.45, self.mini), (1.0, self.large)):
            result = self._recommend(1000, None, complexity=complexity)
            self.assertEqual(result["provider_id"], chosen.id, complexity)
            self.assertTrue(result["meets_quality"])
            record = self.optimizer.browse(result["recommendation_id"])
            self.assertFalse(record.quality_required)

    def test_where_nothing_suits_the_company_chooses_the_best_or_the_cheapest(self):
        self.company.ai_quality_high = 99
        self.assertEqual(self._recommend(1000, "high")["provider_id"], self.large.id)
        self.company.ai_nothing_suits = "cheapest"
        result = self._recommend(1000, "high")
        self.assertEqual(result["provider_id"], self.mini.id)
        self.assertFalse(result["meets_quality"])
        self.assertIn("Mini costs least", result["reasoning"])

    def test_bad_input_is_answered_and_leaves_no_trace(self):
        before = self.optimizer.search_count([])
        for args in (
            ("chess", 10),
            ("chat", -1),
            ("chat", float("nan")),
            ("chat", "many"),
            ("chat", 10, "superb"),
            ("chat", 10, "low", -1),
            ("chat", 10, "low", 0),
            ("image", 10),
            (None, 10),
        ):
            result = self.optimizer.recommend_provider(*args)
            self.assertIs(result["provider_id"], False, args)
            self.assertTrue(result["reasoning"], args)
        self.assertEqual(self.optimizer.search_count([]), before)
        self._fails(UserError, self._recommend, colour="red")

    def test_a_budget_of_zero_leaves_free_providers(self):
        free = self._new_provider(
            "Free", {"input_usd": 0, "output_usd": 0, "valid_from": "2020-01-01"}, quality_score=76
        )
        self.assertEqual(self._recommend(1000, "medium", 0)["provider_id"], free.id)

    def test_an_unpriced_provider_is_no_candidate_unless_the_company_holds_a_ceiling(self):
        unknown = self._new_provider("Unknown", price=False, quality_score=99)
        result = self._recommend(1000, "high")
        self.assertEqual(result["provider_id"], self.large.id)
        named = {a["provider_name"]: a for a in result["alternatives"]}
        self.assertIs(named["Unknown"]["estimated_cost"], False)
        self.assertEqual(named["Unknown"]["why_not"], "has no known price")
        self.company.write({"ai_unpriced_policy": "ceiling", "ai_ceiling_usd": 1.0})
        self.assertEqual(self._recommend(1000, "high")["provider_id"], unknown.id)

    def test_archived_and_foreign_providers_are_no_candidates(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.mini.active = False
        self.large.company_id = other
        self.assertEqual(
            self._recommend()["reasoning"], "There is no active provider for this task."
        )

    def test_a_deleted_provider_leaves_history_readable(self):
        gone = self._new_provider("Gone", {"input_usd": 0.01, "output_usd": 0.01})
        gone.price_ids.valid_from = "2020-01-01"
        self._rate(gone, 99, 10)
        result = self._recommend()
        self.assertEqual(result["provider_id"], gone.id)
        gone.unlink()
        record = self.optimizer.browse(result["recommendation_id"])
        self.assertFalse(record.recommended_provider_id)
        self.assertIn("Gone", record.name)
        self.assertEqual(self._recommend()["provider_id"], self.mini.id)

    def test_passthrough_records_and_never_switches(self):
        result = self.service.send_message("Hello", config=self.large, mode="passthrough")
        self.assertEqual(result["provider_id"], self.large.id)
        self.assertEqual(result["recommendation"]["provider_id"], self.mini.id)
        record = self.optimizer.browse(result["recommendation"]["recommendation_id"])
        self.assertEqual(record.used_provider_id, self.large)
        self.assertEqual(record.actual_cost_usd, result["cost_usd"])
        self.assertEqual(record.token_usage_id, result["token_usage_id"])
        self.assertEqual(record.configured_provider_id, self.large)
        self.assertFalse(record.is_followed)
        self.assertAlmostEqual(record.recommended_cost_usd, 0.000003)  # 10 in, 5 out at Mini

    def test_the_router_uses_the_recommendation_and_the_saving_is_kept(self):
        self.mini.write({"base_url": self.vendor.url})
        result = self.service.send_message("Hello", config=self.large, mode="smart_router")
        self.assertEqual(result["provider_id"], self.mini.id)
        self.assertEqual(result["baseline_cost_usd"], 0.000105)
        self.assertEqual(result["cost_usd"], 0.000003)
        self.assertIn("Mini", result["notices"][0])
        record = self.optimizer.browse(result["recommendation"]["recommendation_id"])
        self.assertTrue(record.is_followed)
        self.assertEqual(record.mode, "smart_router")

    def test_the_flag_switches_where_it_is_cheaper_and_a_mode_stands_above_it(self):
        self.mini.write({"base_url": self.vendor.url})
        self.large.auto_switch_provider = True
        self.assertEqual(
            self.service.send_message("Hello", config=self.large)["provider_id"], self.mini.id
        )
        passed = self.service.send_message("Hello", config=self.large, mode="passthrough")
        self.assertEqual(passed["provider_id"], self.large.id)

    def test_the_flag_switches_where_the_configured_provider_fails_the_need(self):
        self.mini.write({"auto_switch_provider": True, "base_url": self.vendor.url})
        text = "Analyze the market for e-bikes in Austria and name the main competitors."
        result = self.service.send_message(text, config=self.mini, quality_required="high")
        self.assertEqual(result["provider_id"], self.large.id)
        greeting = self.service.send_message("Hi", config=self.mini, quality_required="high")
        self.assertEqual(greeting["provider_id"], self.mini.id)

    def test_without_the_flags_nothing_is_recommended(self):
        self.large.enable_cost_optimization = False
        result = self.service.send_message("Hello", config=self.large)
        self.assertIsNone(result["recommendation"])

    def test_a_failing_recommendation_fails_no_call(self):
        with (
            patch.object(type(self.optimizer), "_recommend", side_effect=RuntimeError("boom")),
            self.assertLogs("odoo.addons.ai_brain", "WARNING"),
        ):
            result = self.service.send_message("Hello", config=self.large, mode="smart_router")
        self.assertEqual(result["provider_id"], self.large.id)
        self.assertIsNone(result["recommendation"])

    def test_the_complexity_is_on_the_row(self):
        easy = self.service.send_message("Hello", config=self.large)
        hard = self.service.send_message(
            "Prove that there are infinitely many primes and derive a bound.", config=self.large
        )
        self.assertLess(self._row(easy).prompt_complexity, 0.3)
        self.assertGreater(self._row(hard).prompt_complexity, 0.6)

    def test_the_fallback_is_what_became_of_a_recommendation(self):
        self.large.fallback_provider_id = self.vendor_provider
        self.vendor_provider.active = True
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, answer())]
        result = self.service.send_message("Hello", config=self.large)
        record = self.optimizer.browse(result["recommendation"]["recommendation_id"])
        self.assertEqual(record.used_provider_id, self.vendor_provider)
        self.assertEqual(record.token_usage_id, result["token_usage_id"])
        rows = self.benchmarks.search(
            [("provider_id", "in", (self.large | self.vendor_provider).ids)]
        )
        self.assertEqual(sorted(rows.mapped("error_occurred")), [False, True])

    def test_accuracy_is_a_report(self):
        self.mini.write({"base_url": self.vendor.url})
        self.service.send_message("Hello", config=self.large, mode="smart_router")
        self.service.send_message("Hello", config=self.large, mode="passthrough")
        accuracy = self.optimizer.get_accuracy()
        self.assertEqual(accuracy["calls"], 2)
        self.assertEqual(accuracy["followed"], 0.5)
        self.assertEqual(accuracy["actual_usd"], 0.000003)
        self.assertAlmostEqual(accuracy["missed_saving_usd"], 0.000105 - 0.000003)

    def test_people_see_their_own_recommendations(self):
        anna, boss = (
            self._new_user("anna", "base.group_user"),
            self._new_user("boss", "ai_brain.group_ai_manager", "base.group_user"),
        )
        mine = self.optimizer.with_user(anna).recommend_provider("chat", 10)
        theirs = self._recommend()
        seen = self.optimizer.with_user(anna).search([]).ids
        self.assertIn(mine["recommendation_id"], seen)
        self.assertNotIn(theirs["recommendation_id"], seen)
        self.assertIn(mine["recommendation_id"], self.optimizer.with_user(boss).search([]).ids)
        portal = self._new_user("portal-guest", "base.group_portal")
        self._fails(AccessError, self.optimizer.with_user(portal).recommend_provider, "chat", 10)
