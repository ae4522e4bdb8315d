from decimal import Decimal

from odoo.tests import tagged

from ..common import AiCase, answer


@tagged("post_install", "-at_install")
class TestVerdicts(AiCase):
    """Who takes part in an experiment, what its verdict weighs, and who heeds it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        url = {"base_url": cls.vendor.url}
        cls.env["ai.experiment"].search([("state", "=", "running")]).action_stop()
        cls.provider.active = cls.vendor_provider.active = False
        dear = {"input_usd": 10.0, "output_usd": 20.0, "valid_from": "2020-01-01"}
        cls.a = cls._new_provider("Arm A", dear, quality_score=85, **url)
        cls.b = cls._new_provider("Arm B", quality_score=84, **url)
        cls.third = cls._new_provider("Third", dear, quality_score=86, **url)
        cls.experiment = cls.env["ai.experiment"].create(
            {"name": "B or not", "provider_a_id": cls.a.id, "provider_b_id": cls.b.id}
        )
        cls.usage = cls.env["ai.token.usage"].sudo()
        cls.optimizer = cls.env["ai.cost.optimizer"].sudo()

    def _arm_of(self, user=None):
        running = self.env["ai.experiment"]._running(self.company.id, "chat")
        return self.env["ai.experiment"]._assign(running, (user or self.env.user).id)

    def _calls(self, arm, count, score=80, usd=0.01, ms=1000, **values):
        """Ledger rows of an arm with the records of its part; a third are rated 10 better, a
        third 10 worse."""
        provider = self.a if arm == "a" else self.b
        row = {
            "company_id": self.company.id,
            "user_id": self.env.uid,
            "provider_id": provider.id,
            "task_type": "chat",
            "choice_reason": "experiment",
            "input_tokens": 1000,
            "output_tokens": 500,
            "latency_ms": ms,
            **values,
        }
        rows = []
        for n in range(count):
            usd_n = usd * (1 + (n % 3 - 1) / 10)
            rated = {"quality_score": score + 10 * (n % 3 - 1), "feedback_count": 1}
            if score is None or row.get("error_code"):
                rated = {}
            rows.append({**row, "cost_usd": Decimal(repr(round(usd_n, 9))), **rated})
        for usage_id in self.usage._insert(rows):
            self.optimizer._record(
                {
                    "company_id": self.company.id,
                    "task_type": "chat",
                    "token_usage_id": usage_id,
                    "experiment_id": self.experiment.id,
                    "experiment_arm": arm,
                    "used_provider_id": provider.id,
                    "is_used": True,
                }
            )
        self.experiment.invalidate_recordset()

    # ------------------------------------------------------------------
    # Who takes part
    # ------------------------------------------------------------------

    def test_ask_ai_takes_part(self):
        (self.a + self.b + self.third).write({"api_format": "sandbox"})  # it streams
        self.experiment.action_start()
        chat = self.env["ai.conversation"].create({"name": "Chat"})
        *_rest, _end = chat.stream_answer("Hello")
        row = self.usage.search([], limit=1)
        self.assertEqual(row.choice_reason, "experiment")
        self.assertEqual(row.provider_id.id, self._arm_of()[1])
        part = self.optimizer.search([("token_usage_id", "=", row.id)])
        self.assertEqual((part.experiment_id, part.experiment_arm),
                         (self.experiment, self._arm_of()[0]))  # fmt: skip
        chosen = self.env["ai.conversation"].create({"name": "Own", "provider_id": self.third.id})
        *_rest, _end = chosen.stream_answer("Hello")
        self.assertEqual(self.usage.search([], limit=1).provider_id, self.third)

    def test_calls_of_the_router_take_part_and_others_do_not(self):
        self.experiment.action_start()
        send = self.service.send_message
        routed = send("Hello", config=self.third, mode="smart_router")
        self.assertEqual(routed["provider_id"], self._arm_of()[1])
        self.assertEqual(self._row(routed).choice_reason, "experiment")
        self.assertEqual(send("Hello", config=self.third)["provider_id"], self.third.id)
        kept = send("Hello", config=self.a, mode="passthrough")
        self.assertEqual(self._row(kept).choice_reason, "mode")

    def test_a_call_that_one_arm_cannot_take_is_in_neither(self):
        self.experiment.action_start()
        self.b.supports_tools = False
        tool = {"type": "function", "function": {"name": "now", "parameters": {"type": "object"}}}
        result = self.service.send_message("Hello", config=self.a, tools=[tool])
        self.assertNotEqual(self._row(result).choice_reason, "experiment")
        self.b.supports_tools, self.b.tier = True, "premium"
        result = self.service.send_message("Hello", config=self.a, tier="standard")
        self.assertNotEqual(self._row(result).choice_reason, "experiment")
        result = self.service.send_message("Hello", config=self.a)
        self.assertEqual(self._row(result).choice_reason, "experiment")

    # ------------------------------------------------------------------
    # What the verdict weighs
    # ------------------------------------------------------------------

    def test_as_good_and_cheaper_wins(self):
        self._calls("a", 200, usd=0.02)
        self._calls("b", 200, usd=0.01)
        found = self.experiment
        self.assertTrue(found.is_decided)
        self.assertIn("B costs 50% less: $0.01 a call, against $0.02.", found.verdict)
        self.assertTrue(found.verdict.endswith("B wins: its answers are as good."))
        self.assertEqual((found.calls_a, found.calls_b), (200, 200))
        self.assertAlmostEqual(found.cost_b, 0.01, 4)
        self.env["res.lang"]._activate_lang("de_DE")
        german = found.with_context(lang="de_DE").verdict
        self.assertIn("0,01\xa0$", german)
        self.assertNotIn("B wins", german)
        self.assertEqual((found.time_a, found.error_rate_a), (1000, 0))

    def test_as_good_and_faster_wins(self):
        self._calls("a", 200, ms=900)
        self._calls("b", 200, ms=2000)
        self.assertTrue(self.experiment.is_decided)
        self.assertIn("A takes 55% less time", self.experiment.verdict)

    def test_an_arm_that_fails_loses_and_a_fallback_is_a_failure(self):
        self._calls("a", 200)
        self._calls("b", 160)
        self._calls("b", 25, state="failed", error_code="ServerError")
        self._calls("b", 25, provider_id=self.a.id, choice_reason="returned")
        # of nobody's doing: a reader who left, a budget that sent the call elsewhere
        self._calls("b", 25, state="uncertain", error_code="ReaderLeft")
        self._calls("b", 25, provider_id=self.third.id, choice_reason="budget")
        found = self.experiment
        self.assertEqual((found.calls_b, found.ratings_b), (210, 160))
        self.assertAlmostEqual(found.error_rate_b, 100 * 50 / 210)
        self.assertIn("A fails less often", found.verdict)
        self.assertTrue(found.verdict.endswith("A wins."))

    def test_the_company_says_what_is_good_enough(self):
        self._calls("a", 900, score=90, usd=0.02)
        self._calls("b", 900, score=83, usd=0.002)
        self.assertIn("B wins: it is good enough", self.experiment.verdict)
        self.company.write({"ai_quality_high": 95, "ai_quality_medium": 85})
        self.experiment.invalidate_recordset()
        self.assertTrue(self.experiment.verdict.endswith("A wins."), self.experiment.verdict)

    # ------------------------------------------------------------------
    # Who heeds it
    # ------------------------------------------------------------------

    def _decide_for(self, winner):
        """An experiment that ended for one arm by its ratings."""
        self._calls("a", 120, score=90 if winner == "a" else 60)
        self._calls("b", 120, score=90 if winner == "b" else 60)
        self.experiment.action_start()
        self.experiment.action_stop()

    def test_no_recommendation_goes_against_a_verdict(self):
        recommend = self.optimizer.recommend_provider
        self.assertEqual(recommend("chat", 1000)["provider_id"], self.b.id)
        self._decide_for("a")
        self.assertEqual(self.experiment.rejected_id, self.b)
        found = recommend("chat", 1000)
        self.assertNotEqual(found["provider_id"], self.b.id)
        (other,) = [one for one in found["alternatives"] if one["provider_id"] == self.b.id]
        self.assertEqual(other["why_not"], "lost the experiment against “Arm A”")
        # where the winner cannot take the call, the other may
        self.a.supports_tools = False
        self.assertEqual(recommend("chat", 1000, tools=True)["provider_id"], self.b.id)
        # who is asked for stays
        kept = recommend("chat", 1000, configured_provider_id=self.b.id)
        self.assertEqual(kept["provider_id"], self.b.id)

    def test_the_router_and_the_flag_heed_it_too(self):
        self._decide_for("a")
        self.third.active = False
        self.a.write({"enable_cost_optimization": True, "auto_switch_provider": True})
        for options in ({}, {"mode": "smart_router"}):
            result = self.service.send_message("Hello", config=self.a, **options)
            self.assertEqual(result["provider_id"], self.a.id)

    def test_ratings_after_the_verdict_do_not_turn_it(self):
        self._decide_for("a")
        for _n in range(30):
            self.env["ai.provider.benchmark"].log_benchmark(self.b, quality_score=100)
            self.env["ai.provider.benchmark"].log_benchmark(self.a, quality_score=70)
        self.third.active = False
        self.assertEqual(self.optimizer.recommend_provider("chat", 1000)["provider_id"], self.a.id)

    def test_the_advice_heeds_verdicts_and_what_still_runs(self):
        self.third.active = False
        row = {
            "company_id": self.company.id,
            "provider_id": self.a.id,
            "task_type": "chat",
            "local_date": self.company._ai_local_date(),
            "input_tokens": 1000,
            "output_tokens": 500,
            "cost_usd": Decimal("0.02"),
        }
        self.usage._insert([row] * 50)
        advices = self.env["ai.cost.advice"].sudo()
        self.assertEqual(advices._refresh(self.company).recommended_provider_id, self.b)
        self.experiment.action_start()
        self.assertFalse(advices._refresh(self.company), "the two are still being compared")
        self.experiment.action_stop()
        self.assertTrue(advices._refresh(self.company))
        self._calls("a", 120, score=90)
        self._calls("b", 120, score=60)
        self.assertFalse(advices._refresh(self.company))
        self.assertEqual(self.experiment.rejected_id, self.b, "the daily analysis notes it")

    def _wasted(self, provider):
        """The provider that a call at this one should have gone to, by the finding of waste."""
        provider.enable_waste_detection = True
        result = self.service.send_message("Hello", config=provider, mode="passthrough")
        found = result["waste_report"]["findings"]
        return [one["target"]["id"] for one in found if one["type"] == "wrong_model"]

    def test_no_finding_of_waste_goes_against_a_verdict_or_before_it(self):
        self.third.active = False
        self.assertEqual(self._wasted(self.a), [self.b.id])
        self.experiment.action_start()
        self.assertEqual(self._wasted(self.a), [], "the two are still being compared")
        self.experiment.action_stop()
        self.assertEqual(self._wasted(self.a), [self.b.id])
        self._calls("a", 120, score=90)
        self._calls("b", 120, score=60)
        self.env["ai.experiment"]._keep_company_verdicts(self.company)
        # loose ratings say otherwise
        for _n in range(400):
            self.env["ai.provider.benchmark"].log_benchmark(self.b, quality_score=100)
        self.assertEqual(self._wasted(self.a), [])
        row = self.usage.search([], limit=1)
        row.write({"waste_analyzed": False})
        self.assertNotIn("wrong_model", str(row.analyze_waste()["findings"]))

    def test_the_newest_verdict_on_a_pair_holds_and_no_ring_bars_everybody(self):
        experiments = self.env["ai.experiment"]

        def decided(winner, loser):
            experiment = experiments.create(
                {"name": "x", "provider_a_id": winner.id, "provider_b_id": loser.id}
            )
            experiment.write({"state": "done", "rejected_id": loser.id})

        def lost():
            return experiments._lost(self.company.id, "chat")

        decided(self.a, self.b)
        self.assertEqual(lost(), {self.b.id: self.a.id})
        decided(self.b, self.a)
        self.assertEqual(lost(), {self.a.id: self.b.id})
        decided(self.a, self.third)
        decided(self.third, self.b)
        self.assertEqual(lost(), {self.b.id: self.third.id, self.third.id: self.a.id})

    def test_a_verdict_costs_no_answer(self):
        self._decide_for("b")
        self.vendor.script[:] = [(200, answer("fine"))]
        result = self.service.send_message("Hello", config=self.third, mode="smart_router")
        self.assertEqual((result["content"], result["provider_id"]), ("fine", self.b.id))
