from datetime import date
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...models.report.rollup_read import RollupReader
from ..analytics_common import TODAY, AnalyticsCase
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestKeptAnalyses(AnalyticsCase):
    def _kept(self, **filters):
        domain = [("company_id", "=", self.company.id)]
        return self.env["ai.token.analytics"].search(
            domain + [(name, "=", value) for name, value in filters.items()]
        )

    def test_the_cron_keeps_an_analysis_of_each_period_and_user(self):
        self.env.ref("ai_brain.ir_cron_analyze").method_direct_trigger()
        self.assertEqual(
            set(self._kept(user_id=False).mapped("period_type")), {"month", "quarter", "year"}
        )
        month = self._kept(period_type="month", user_id=False)
        self.assertEqual(str(month.period_start), "2026-02-01")
        self.env.cr.execute(
            "SELECT total_cost_usd::text, saved_usd::text FROM ai_token_analytics WHERE id = %s",
            (month.id,),
        )
        cost, saved = map(Decimal, self.env.cr.fetchone())
        self.assertEqual(cost, self._sum("SUM(cost_usd)"))
        self.assertEqual(saved, self._sum("SUM(saved_usd)"))
        self.assertEqual(month.calls, self._sum("SUM(call_count)"))
        self.assertRegex(month.top_cost_driver, r"^(module|agent) \w+: \d+%$")
        own = self._kept(period_type="month", user_id=self.anna.id)
        self.assertEqual(own.calls, self._sum("SUM(call_count)", f"user_id = {self.anna.id}"))

    def test_a_company_that_cannot_be_analysed_is_told_and_passed_over(self):
        broken = self.env["res.company"].create({"name": "Broken"})
        analytics = self.env["ai.token.analytics"]
        analyze = type(analytics)._analyze_company

        def fail_for_one(model, company):
            if company.id == broken.id:
                model.env.cr.execute("SELECT 1 / 0", log_exceptions=False)
            return analyze(model, company)

        self.assertLess(self.company.id, broken.id)
        after = self.env["res.company"].create({"name": "After"})
        self.usage._insert([{"company_id": after.id, "local_date": TODAY, "cost_usd": Decimal(5)}])
        with (
            patch.object(type(analytics), "_analyze_company", fail_for_one),
            self.assertLogs("odoo.addons.ai_brain.models.report.snapshot", "ERROR") as log,
        ):
            analytics._cron_analyze()
        self.assertIn(f"company {broken.id} were not analysed", log.output[0])
        kept = analytics.search([("company_id", "in", (self.company | after).ids)])
        self.assertEqual(kept.company_id, self.company | after)

    def test_running_it_twice_writes_nothing_new(self):
        analytics = self.env["ai.token.analytics"]
        analytics._cron_analyze()
        before = self._kept()
        stamps = before.mapped("analyzed_at")
        analytics._cron_analyze()
        self.assertEqual(self._kept(), before)
        self.assertEqual(before.mapped("analyzed_at"), stamps)

    def test_the_next_day_brings_the_same_records_up_to_date(self):
        analytics = self.env["ai.token.analytics"]
        analytics._cron_analyze()
        before = self._kept()
        before.analyzed_at = fields.Datetime.subtract(fields.Datetime.now(), days=2)
        self.usage._insert(
            [{"company_id": self.company.id, "local_date": TODAY, "cost_usd": Decimal(5)}]
        )
        analytics._cron_analyze()
        self.assertEqual(self._kept(), before)
        month = self._kept(period_type="month", user_id=False)
        self.assertAlmostEqual(month.total_cost_usd, float(self._sum("SUM(cost_usd)")), 9)

    def test_a_run_without_time_asks_for_another(self):
        triggers = self.env["ir.cron.trigger"].search_count([])
        self.env["ai.token.analytics"]._cron_analyze(seconds=-1)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), triggers + 1)
        self.assertFalse(self._kept())

    def test_a_user_reads_own_analyses_alone(self):
        self.env["ai.token.analytics"]._cron_analyze()
        own = self._analytics(self.anna).search([])
        self.assertEqual(own.user_id, self.anna)
        self.assertEqual(self._analytics().search([]), self._kept())
        with self.assertRaises(AccessError):
            own.write({"calls": 0})

    def test_the_month_that_ended_is_computed_again_for_some_days(self):
        days = [
            [period.first.isoformat() for period in self._analytics()._due_periods("month", day)]
            for day in (date(2026, 2, 2), date(2026, 2, 20))
        ]
        self.assertEqual(days, [["2026-01-01", "2026-02-01"], ["2026-02-01"]])


@tagged("post_install", "-at_install")
class TestAdvice(AnalyticsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        price = {"input_usd": 10.0, "output_usd": 20.0, "valid_from": "2020-01-01"}
        common = {"company_id": cls.company.id, "base_url": cls.vendor.url}
        cls.dear = cls._new_provider("Dear", price, quality_score=85, **common)
        cls.cheap = cls._new_provider("Cheap", quality_score=80, **common)
        cls.poor = cls._new_provider(
            "Poor", {"input_usd": 0.1, "output_usd": 0.1, "valid_from": "2020-01-01"},
            quality_score=50, **common,
        )  # fmt: skip
        cls.vendor_provider.active = cls.provider.active = False
        cls.usage._insert(
            [
                {
                    "company_id": cls.company.id,
                    "local_date": TODAY,
                    "provider_id": cls.dear.id,
                    "input_tokens": 1000,
                    "output_tokens": 500,
                    "cost_usd": Decimal("0.02"),
                }
            ]
            * 50
        )

    def _refresh(self):
        return self.env["ai.cost.advice"].sudo()._refresh(self.company)

    def test_the_cheaper_provider_that_is_good_enough_is_recommended(self):
        advice = self._refresh()
        self.assertEqual(advice.provider_id, self.dear)
        self.assertEqual(advice.recommended_provider_id, self.cheap)
        self.assertEqual(advice.cost_usd, 1.0)
        self.assertAlmostEqual(advice.alternative_usd, 50 * (1000 * 1 + 500 * 2) / 1e6, 12)
        self.assertAlmostEqual(advice.saving_usd, 0.9, 12)
        text = advice._text()
        for part in ("Dear", "Cheap", "$1.00", "$0.10", "50"):
            self.assertIn(part, text)

    def test_it_names_all_ratings_that_it_rests_on_with_their_interval(self):
        benchmarks = self.env["ai.provider.benchmark"].with_company(self.company)
        for level, times in (("low", 7), ("high", 5)):
            for _i in range(times):
                benchmarks.log_benchmark(
                    self.cheap, "chat", quality_score=90, task_complexity=level
                )
        advice = self._refresh()
        shown = self.cheap.with_company(self.company)
        self.assertEqual((advice.n_ratings, shown.quality_ratings), (12, 12))
        interval = f"({round(shown.quality_low)} to {round(shown.quality_high)})"
        told = f"for quality {round(shown.quality)} of 100 {interval} on an ordinary request"
        self.assertIn(told, advice._text())
        self.assertIn("based on 12 rated calls", advice._text())
        self.assertIn("and on the figure stated on its form", advice._text())

    def test_bad_ratings_take_a_provider_out(self):
        benchmarks = self.env["ai.provider.benchmark"].with_company(self.company)
        for _i in range(60):
            benchmarks.log_benchmark(self.cheap, "chat", quality_score=20)
        self.assertFalse(self._refresh())

    def test_applying_lets_calls_switch_and_undoing_restores(self):
        advice = self._refresh()
        analytics = self._analytics()
        self.assertTrue(analytics.get_dashboard_data()["recommendations"][0]["can_apply"])
        analytics.apply_recommendation(advice.id)
        self.assertTrue(self.dear.auto_switch_provider)
        shown = analytics.get_dashboard_data()["recommendations"][0]
        self.assertTrue(shown["applied"] and shown["can_undo"] and not shown["can_apply"])
        with self.assertRaises(UserError):
            analytics.apply_recommendation(advice.id)
        self.assertEqual(self._refresh(), self.env["ai.cost.advice"])
        self.assertTrue(advice.exists(), "what was applied stays, to be undone")
        analytics.undo_recommendation(advice.id)
        self.assertFalse(self.dear.auto_switch_provider)
        with self.assertRaises(UserError):
            analytics.undo_recommendation(advice.id)

    def test_undoing_leaves_what_somebody_changed_since(self):
        advice = self._refresh()
        self._analytics().apply_recommendation(advice.id)
        self.dear.enable_cost_optimization = False
        self._analytics().undo_recommendation(advice.id)
        self.assertFalse(self.dear.enable_cost_optimization)

    def test_a_user_neither_sees_nor_applies_it(self):
        advice = self._refresh()
        self.assertEqual(self._analytics(self.anna).get_dashboard_data()["recommendations"], [])
        with self.assertRaises(AccessError):
            self._analytics(self.anna).apply_recommendation(advice.id)

    def test_what_no_longer_holds_goes_and_says_so(self):
        advice = self._refresh()
        self.cheap.active = False
        self._refresh()
        self.assertFalse(advice.exists())
        with self.assertRaises(UserError):
            self._analytics().apply_recommendation(advice.id)

    def test_it_is_kept_with_the_analysis(self):
        self.env["ai.token.analytics"]._cron_analyze()
        month = self.env["ai.token.analytics"].search(
            [("company_id", "=", self.company.id), ("user_id", "=", False)], limit=1
        )
        self.assertEqual(month.recommendations[0]["recommended_provider_id"], self.cheap.id)


@tagged("post_install", "-at_install")
class TestSummaries(AnalyticsCase):
    def test_agents_are_summed_up(self):
        lines = self._analytics().get_agent_summary(period_type="year")
        self.assertEqual(
            {line["agent_type"] for line in lines}, {"support_bot", "sales_bot", False}
        )
        (line,) = self._analytics().get_agent_summary("sales_bot", "year")
        where = ("agent_type = 'sales_bot'", "2026-01-01", "2026-12-31")
        self.assertAlmostEqual(line["cost_usd"], float(self._sum("SUM(cost_usd)", *where)), 9)
        self.assertEqual(line["calls"], self._sum("SUM(call_count)", *where))

    def test_a_lead_is_summed_up(self):
        line = self._analytics().get_lead_summary(3, "res.partner")
        where = ("res_model = 'res.partner' AND res_id = 3", "2026-01-01", "2026-12-31")
        self.assertAlmostEqual(line["cost_usd"], float(self._sum("SUM(cost_usd)", *where)), 9)
        nothing = self._analytics().get_lead_summary(10**6, "res.partner")
        self.assertEqual((nothing["calls"], nothing["quality"]), (0, None))

    def test_a_day_is_reported_by_kind_of_answer(self):
        lines = self._analytics().get_daily_report("2026-01-20")
        self.env.cr.execute(
            "SELECT kind, SUM(call_count) FROM ai_token_usage WHERE company_id = %s"
            " AND local_date = '2026-01-20' GROUP BY 1",
            (self.company.id,),
        )
        calls = {line["kind"]: line["calls"] for line in lines}
        self.assertEqual(calls, dict(self.env.cr.fetchall()))
        self.assertTrue(all(line["label"] for line in lines))

    def test_the_waste_of_a_call_is_that_of_its_row(self):
        usage = self.usage.search([("id", "in", self.ids), ("user_id", "=", self.anna.id)], limit=1)
        report = self._analytics(self.anna).analyze_waste(usage.id)
        self.assertLessEqual(
            {"waste_detected", "waste_score", "findings", "potential_savings_usd"}, set(report)
        )
        self.assertEqual(self._analytics().analyze_waste(usage.id), report)
        theirs = self.usage.search(
            [("id", "in", self.ids), ("user_id", "=", self.boss.id)], limit=1
        )
        for wrong in (theirs.id, 0, 2**40, "1", None):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                self._analytics(self.anna).analyze_waste(wrong)

    def test_a_user_sums_up_own_calls(self):
        lines = self._analytics(self.anna).get_agent_summary(period_type="year")
        where = (f"user_id = {self.anna.id}", "2026-01-01", "2026-12-31")
        self.assertEqual(sum(line["calls"] for line in lines), self._sum("SUM(call_count)", *where))


@tagged("post_install", "-at_install")
class TestPeriods(AiCase):
    def test_a_day_is_the_companys_not_the_servers(self):
        company = self.env["res.company"].create({"name": "Far East"})
        company.ai_timezone = "Pacific/Kiritimati"
        west = self.env["res.company"].create({"name": "Far West"})
        west.ai_timezone = "Pacific/Pago_Pago"
        days = [self.env["ai.token.analytics"]._period(one, "day").first for one in (company, west)]
        self.assertIn((days[0] - days[1]).days, (1, 2))

    def test_a_reader_of_a_superuser_is_not_narrowed(self):
        self.assertEqual(RollupReader(self.env(su=True)).scope, "all")
