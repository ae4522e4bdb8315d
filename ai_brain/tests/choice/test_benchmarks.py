from datetime import date, datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import AiCase, answer


@tagged("post_install", "-at_install")
class TestBenchmarks(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM ai_provider_benchmark")
        cls.env.cr.execute("DELETE FROM ai_provider_stats")
        cls.env.cr.execute("DELETE FROM ai_cost_optimizer")
        cls.benchmarks = cls.env["ai.provider.benchmark"]
        cls.stats = cls.env["ai.provider.stats"]

    def _evidence(self, provider):
        return self.stats._evidence(self.company.id, "chat")[provider.id][0]

    def _ratings(self, provider):
        """Return {level: Ratings} of a provider."""
        return dict(self.stats._evidence(self.company.id, "chat")[provider.id][1])

    def _call(self, text="Hello", **more):
        return self.service.send_message(text, config=self.vendor_provider, **more)

    def test_every_call_leaves_one(self):
        result = self._call()
        row = self.benchmarks.search([("token_usage_id", "=", result["token_usage_id"])])
        self.assertEqual(len(row), 1)
        self.assertEqual(row.provider_id, self.vendor_provider)
        self.assertEqual(row.task_complexity, "low")
        self.assertEqual((row.input_tokens, row.output_tokens), (10, 5))
        self.assertEqual(row.cost_usd, 0.00002)
        self.assertEqual(row.user_id, self.env.user)
        self.assertFalse(row.error_occurred)
        self.assertFalse(row.is_rated)

    def test_a_failed_call_counts_as_an_error_and_not_as_quality(self):
        self.vendor.script = [(400, {"error": {"message": "no"}})]
        self._fails(UserError, self._call)
        evidence = self._evidence(self.vendor_provider)
        self.assertEqual((evidence.calls, evidence.errors, evidence.answered), (1, 1, 0))
        self.assertEqual(self._ratings(self.vendor_provider), {})

    def test_the_running_sums_equal_the_rows(self):
        for length in (5, 50, 7):
            self.vendor.script = [(200, answer("x", 10, length))]
            self._call()
        evidence = self._evidence(self.vendor_provider)
        rows = self.benchmarks.search([("provider_id", "=", self.vendor_provider.id)])
        self.assertEqual(evidence.calls, len(rows))
        self.assertEqual(evidence.output_sum, sum(rows.mapped("output_tokens")))
        self.assertEqual(evidence.latency_sum, sum(rows.mapped("response_time_ms")))

    def test_evidence_that_was_read_serves_its_company_and_task_only(self):
        self._call()
        optimizer, company = self.env["ai.cost.optimizer"], self.company

        def calls(read):
            found = optimizer._candidates(company, "chat", read)
            return sum(candidate.evidence.calls for candidate in found)

        self.assertEqual(calls(None), 1)
        self.assertEqual(calls((company.id, "chat", [])), 0, "it was read, and there was none")
        self.assertEqual(calls((company.id, "embedding", [])), 1)
        self.assertEqual(calls((company.id + 1, "chat", [])), 1)

    def test_ratings_are_kept_by_the_level_of_the_question(self):
        for level, score in (("low", 90), ("high", 60)):
            for _i in range(8):
                self.benchmarks.log_benchmark(
                    self.provider, "chat", quality_score=score, task_complexity=level
                )
        found = self._ratings(self.provider)
        self.assertEqual(found["low"][:2], (8, 720))
        self.assertEqual(found["high"][:2], (8, 480))

    def test_a_deleted_row_is_taken_out_of_the_sums(self):
        row_id = self.benchmarks.log_benchmark(
            self.provider, "chat", quality_score=10, task_complexity="high", output_tokens=9
        )
        self.benchmarks.browse(row_id).unlink()
        evidence = self._evidence(self.provider)
        self.assertEqual((evidence.calls, evidence.output_sum), (0, 0))
        self.assertEqual(self._ratings(self.provider), {})

    def test_a_created_row_counts_too_and_none_can_be_changed(self):
        row = self.benchmarks.create(
            {"provider_id": self.provider.id, "quality_score": 70.0, "task_complexity": "low"}
        )
        self.assertEqual(self._ratings(self.provider)["low"].sum, 70)
        self._fails(UserError, row.write, {"quality_score": 100})
        self._fails(
            ValidationError,
            self.benchmarks.create,
            {"provider_id": self.provider.id, "quality_score": 101},
        )

    def test_measurements_that_cannot_be_are_refused(self):
        for values in (
            {"quality_score": 101},
            {"quality_score": -1},
            {"input_tokens": -1},
            {"cost_usd": -0.1},
            {"response_time_ms": float("inf")},
            {"task_complexity": "huge"},
            {"colour": "red"},
            {"input_tokens": "many"},
            {"input_tokens": True},
            {"quality_score": "good"},
        ):
            self._fails(
                UserError, self.benchmarks.log_benchmark, self.provider.id, "chat", **values
            )
        self._fails(UserError, self.benchmarks.log_benchmark, self.provider.id, "chess")
        self._fails(UserError, self.benchmarks.log_benchmark, 2**30, "chat")

    def test_a_manager_says_when_and_whose_call_it_was(self):
        boss = self._new_user("measuring", "base.group_user", "ai_brain.group_ai_manager")
        anna = self._new_user("measured")
        log = self.benchmarks.with_user(boss).log_benchmark
        row = self.benchmarks.browse(
            log(self.provider.id, "chat", timestamp="2026-01-02 03:04:05", user_id=anna.id)
        )
        self.assertEqual(str(row.timestamp), "2026-01-02 03:04:05")
        self.assertEqual(row.user_id, anna)
        row = self.benchmarks.browse(
            log(self.provider.id, "chat", timestamp=datetime(2026, 1, 2), user_id=anna)
        )
        self.assertEqual((row.timestamp, row.user_id), (datetime(2026, 1, 2), anna))
        log(self.provider.id, "chat", timestamp=datetime(2025, 12, 1))
        self.assertEqual(self._evidence(self.provider).since, date(2025, 12, 1), "the first call's")
        row = self.benchmarks.browse(log(self.provider.id))
        self.assertEqual(row.user_id, boss)
        for moment in ("soon", 5, True, "1999-12-31 00:00:00", "2999-01-01 00:00:00", [1]):
            with self.subTest(moment=moment):
                self._fails(UserError, log, self.provider.id, timestamp=moment)
        stranger = self._new_user(
            "elsewhere",
            company_id=(other := self.env["res.company"].create({"name": "Elsewhere"})).id,
            company_ids=[(6, 0, other.ids)],
        )
        for user_id in (stranger.id, 2**31, -1, True, "1"):
            with self.subTest(user_id=user_id):
                self._fails(UserError, log, self.provider.id, user_id=user_id)
        error = self._fails(
            AccessError,
            self.benchmarks.with_user(anna).log_benchmark,
            self.provider.id,
            user_id=boss.id,
        )
        self.assertIn("Only a manager", str(error))

    def test_only_managers_enter_measurements(self):
        anna = self._new_user("anna")
        self._fails(
            AccessError, self.benchmarks.with_user(anna).log_benchmark, self.provider.id, "chat"
        )

    def test_a_rating_of_zero_differs_from_none(self):
        self.benchmarks.log_benchmark(self.provider, "chat", quality_score=0)
        self.benchmarks.log_benchmark(self.provider, "chat")
        evidence = self._evidence(self.provider)
        self.assertEqual(evidence.calls, 2)
        self.assertEqual(self._ratings(self.provider)["unknown"][:2], (1, 0))

    def test_comparison_gives_means_with_intervals(self):
        for i in range(20):
            self.benchmarks.log_benchmark(
                self.provider,
                "chat",
                cost_usd=0.001 * (1 + i % 2),
                response_time_ms=100 + i,
                quality_score=80 if i < 10 else None,
                error_occurred=False,
            )
        self.benchmarks.log_benchmark(self.provider, "chat", error_occurred=True)
        (found,) = self.benchmarks.compare_providers("chat", 30)
        self.assertEqual(found["provider_id"], self.provider.id)
        self.assertEqual(found["calls"], 21)
        self.assertAlmostEqual(found["cost"]["mean"], 0.0015)
        self.assertEqual(found["cost"]["n"], 20)
        self.assertLess(found["cost"]["lower"], 0.0015)
        self.assertGreater(found["cost"]["upper"], 0.0015)
        self.assertEqual((found["rating"]["mean"], found["rating"]["n"]), (80, 10))
        self.assertEqual(found["quality"]["n"], 10)
        self.assertLess(found["quality"]["lower"], found["quality"]["mean"])
        self.assertAlmostEqual(found["speed"]["mean"], 109.5)
        self.assertAlmostEqual(found["error_rate"]["mean"], 1 / 21)
        self.assertLess(found["error_rate"]["lower"], 1 / 21)

    def test_the_dashboard_says_of_a_provider_what_the_comparison_says(self):
        self.vendor.script[:] = [(200, answer()), (400, {"error": {"message": "no"}})]
        ask = {"config": self.vendor_provider, "task_type": "chat"}
        self.service.send_message("one", **ask)
        self._fails(UserError, self.service.send_message, "two", **ask)
        self.vendor.script[:] = [(200, b"<html>"), (200, answer(completion_tokens=500))]
        uncertain = self._fails(UserError, self.service.send_message, "uncertain", **ask)
        self.assertEqual(self._row({"token_usage_id": uncertain.token_usage_id}).state, "uncertain")
        row = self._row(self.service.send_message("three", **ask))
        row.action_rate("up")
        reused = {
            "company_id": self.company.id,
            "user_id": self.env.uid,
            "provider_id": self.vendor_provider.id,
            "local_date": row.local_date,
            "task_type": "chat",
            "kind": "cache",
            "cost_usd": 0,
            "latency_ms": 1,
        }
        self.env["ai.token.usage"].sudo()._insert([reused] * 4)
        (compared,) = self.benchmarks.compare_providers("chat", 30)
        data = self.env["ai.token.analytics"].get_dashboard_data(
            provider_id=self.vendor_provider.id
        )
        (shown,) = data["providers"]
        self.assertEqual(shown["calls"], compared["calls"])
        self.assertEqual(compared["calls"], 4, "a cached answer says nothing of the vendor")
        self.assertAlmostEqual(shown["cost_per_call_usd"], compared["cost"]["mean"], 12)
        self.assertAlmostEqual(shown["error_rate"], 100 * compared["error_rate"]["mean"])
        self.assertAlmostEqual(shown["latency_ms"], compared["speed"]["mean"])
        self.assertEqual(shown["n_ratings"], compared["quality"]["n"])

    def test_a_comparison_keeps_to_its_period_and_to_what_one_may_see(self):
        row_id = self.benchmarks.log_benchmark(self.provider, "chat")
        self.env.cr.execute(
            "UPDATE ai_provider_benchmark SET timestamp = timestamp - interval '40 days'"
            " WHERE id = %s",
            (row_id,),
        )
        self.benchmarks.invalidate_model()
        self.assertEqual(self.benchmarks.compare_providers("chat", 30), [])
        self.assertEqual(len(self.benchmarks.compare_providers("chat", 60)), 1)
        anna = self._new_user("anna")
        self.assertEqual(self.benchmarks.with_user(anna).compare_providers("chat", 60), [])
        for period in (0, -1, "all", True):
            self._fails(UserError, self.benchmarks.compare_providers, "chat", period)

    def test_old_rows_are_cleared_and_their_evidence_stays(self):
        old = self.benchmarks.log_benchmark(self.provider, "chat", quality_score=90)
        new = self.benchmarks.log_benchmark(self.provider, "chat", quality_score=90)
        self.env.cr.execute(
            "UPDATE ai_provider_benchmark SET timestamp = timestamp - interval '3 years'"
            " WHERE id = %s",
            (old,),
        )
        self.benchmarks.invalidate_model()
        self.benchmarks._gc_rows()
        self.assertEqual(self.benchmarks.browse([old, new]).exists().ids, [new])
        self.assertEqual(self._ratings(self.provider)["unknown"].n, 2)

    # ------------------------------------------------------------------
    # Ratings
    # ------------------------------------------------------------------

    def test_a_rating_reaches_row_benchmark_and_evidence(self):
        usage = self._row(self._call())
        self.assertEqual(usage.feedback_count, 0)
        usage.action_rate("up")
        self.assertEqual((usage.quality_score, usage.feedback_count), (100, 1))
        row = self.benchmarks.search([("token_usage_id", "=", usage.id)])
        self.assertEqual((row.is_rated, row.quality_score), (True, 100))
        evidence = self._evidence(self.vendor_provider)
        self.assertEqual(evidence.calls, 1)
        self.assertEqual(self._ratings(self.vendor_provider)["low"][:2], (1, 100))

    def test_a_second_rating_replaces_the_first_and_others_add_to_it(self):
        usage = self._row(self._call())
        boss = self._new_user("boss", "base.group_user", "ai_brain.group_ai_manager")
        usage.action_rate("up")
        usage.action_rate(40)
        usage.with_user(boss).action_rate(80)
        usage.record_outcome(usage.id, 60, "crm.won")
        self.assertEqual((usage.quality_score, usage.feedback_count), (60, 3))
        self.assertEqual(self._ratings(self.vendor_provider)["low"][:2], (3, 180))

    def test_a_rating_of_another_persons_call_is_refused(self):
        usage = self._row(self._call())
        anna = self._new_user("anna")
        self._fails(AccessError, usage.with_user(anna).action_rate, "up")
        self._fails(AccessError, usage.with_user(anna).record_outcome, usage.id, 100, "crm.won")
        self.assertEqual(usage.feedback_count, 0)

    def test_ratings_that_cannot_be_are_refused(self):
        usage = self._row(self._call())
        for score in (-1, 101, "great", None, float("nan")):
            self._fails(UserError, usage.action_rate, score)
        self._fails(UserError, usage.record_outcome, usage.id, 50, "")
        self._fails(UserError, usage.record_outcome, usage.id, 50, "user:1")
        self._fails(UserError, usage.record_outcome, 2**30, 50, "crm.won")


@tagged("post_install", "-at_install")
class TestExperiments(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._new_provider("Other", base_url=cls.vendor.url)
        cls.experiment = cls.env["ai.experiment"].create(
            {
                "name": "Other or not",
                "provider_a_id": cls.vendor_provider.id,
                "provider_b_id": cls.other.id,
            }
        )
        cls.benchmarks = cls.env["ai.provider.benchmark"]

    def test_only_a_running_experiment_splits(self):
        self.assertFalse(self.benchmarks.get_ab_test_group("chat")["experiment_id"])
        self.experiment.action_start()
        found = self.benchmarks.get_ab_test_group("chat")
        self.assertEqual(found["experiment_id"], self.experiment.id)
        self.assertEqual(found, self.benchmarks.get_ab_test_group("chat"))
        self.assertTrue(found["verdict"].startswith("No difference shown yet"))
        self.experiment.action_stop()
        self.assertFalse(self.benchmarks.get_ab_test_group("chat")["experiment_id"])
        self._fails(UserError, self.benchmarks.get_ab_test_group, "chess")

    def test_calls_go_to_the_users_arm_and_ratings_to_the_verdict(self):
        self.experiment.share_b = 99.9
        self.experiment.action_start()
        group = self.benchmarks.get_ab_test_group("chat")
        result = self.service.send_message("Hello", config=self.vendor_provider)
        self.assertEqual(result["provider_id"], group["provider_id"])
        self._row(result).action_rate("up")
        self.experiment.invalidate_recordset()
        rated = {"a": self.experiment.ratings_a, "b": self.experiment.ratings_b}
        self.assertEqual(rated[group["group"]], 1)
        self.assertFalse(self.experiment.is_decided)

    def test_an_explicit_mode_takes_no_part(self):
        self.experiment.share_b = 99.99
        self.experiment.action_start()
        result = self.service.send_message("Hello", config=self.vendor_provider, mode="passthrough")
        self.assertEqual(result["provider_id"], self.vendor_provider.id)

    def test_two_experiments_of_one_task_cannot_run_at_once(self):
        self.experiment.action_start()
        self._fails(ValidationError, self.experiment.copy().action_start)

    def test_a_started_experiment_keeps_its_arms(self):
        self.experiment.action_start()
        self._fails(UserError, self.experiment.write, {"share_b": 10})
        self._fails(UserError, self.experiment.action_start)

    def test_arms_that_compare_nothing_are_refused(self):
        for values in (
            {"share_b": 0},
            {"share_b": 100},
            {"provider_b_id": self.vendor_provider.id},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.experiment.write(values)
