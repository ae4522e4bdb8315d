from datetime import timedelta
from decimal import Decimal

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..analytics_common import TODAY, AnalyticsCase


@tagged("post_install", "-at_install")
class TestCostAlerts(AnalyticsCase):
    """A company of its own without calls, on 5 February."""

    def setUp(self):
        super().setUp()
        self.watched = self.env["res.company"].create({"name": "Watched", "email": "w@example.com"})
        self.boss.company_ids += self.watched
        self.anna.company_ids += self.watched

    def _of(self, user=None):
        user = user or self.boss
        companies = {"allowed_company_ids": self.watched.ids}
        return self.env["ai.token.analytics"].with_user(user).with_context(**companies)

    def _spend(self, usd, count=1, **values):
        row = {
            "company_id": self.watched.id,
            "user_id": self.boss.id,
            "local_date": TODAY,
            "cost_usd": Decimal(str(usd)),
            **values,
        }
        self.usage._insert([row] * count)

    def _types(self):
        return [alert["type"] for alert in self._of().check_cost_alerts()["alerts"]]

    def test_nothing_says_nothing(self):
        self.assertEqual(
            self._of().check_cost_alerts(),
            {
                "has_alerts": False,
                "alerts": [],
                "metrics": {
                    "daily_spend_usd": 0.0,
                    "avg_cost_per_lead_usd": None,
                    "cache_hit_rate": None,
                },
            },
        )

    def test_the_defaults_are_those_of_the_plan(self):
        company = self.watched
        self.assertEqual(
            (
                company.ai_alert_daily_usd,
                company.ai_alert_record_usd,
                company.ai_alert_cache_percent,
                company.ai_alert_latency_s,
            ),
            (50, 0.10, 20, 10),
        )
        for wrong in (-1, 86_401):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                company.ai_alert_latency_s = wrong

    def test_spend_is_that_of_today(self):
        self._spend(200, local_date=TODAY - timedelta(days=1))
        self.assertEqual(self._types(), [])
        self._spend("50.01")
        self.assertEqual(self._of().get_daily_spend(), 50.01)
        found = self._of().check_cost_alerts()
        self.assertTrue(found["has_alerts"])
        (alert,) = found["alerts"]
        self.assertEqual((alert["type"], alert["severity"]), ("daily_spend_high", "warning"))
        self.assertIn("$50.01 was spent today; the alert is set at $50.00", alert["message"])
        self._spend(50)
        (alert,) = self._of().check_cost_alerts()["alerts"]
        self.assertEqual(alert["severity"], "critical")

    def test_the_cost_of_a_lead_is_of_seven_days_and_of_leads_alone(self):
        lead = {"res_model": "crm.lead"}
        self._spend("0.30", res_id=1, **lead)
        self._spend("0.06", res_id=2, local_date=TODAY - timedelta(days=6), **lead)
        self._spend(9, res_id=3, local_date=TODAY - timedelta(days=7), **lead)
        self._spend(9, res_id=4, res_model="res.partner")
        self.assertEqual(self._of().get_cost_per_lead_avg(), 0.18)
        self.assertEqual(self._of().get_cost_per_lead_avg(1), 0.30)
        self.assertEqual(self._of().get_cost_per_lead_avg(days=8), 3.12)
        (alert,) = self._of().check_cost_alerts()["alerts"]
        self.assertEqual(alert["type"], "cost_per_lead_high")
        self.assertIn("A lead cost $0.18 on average in the last 7 days", alert["message"])
        self.watched.ai_alert_record_usd = 0.18
        self.assertEqual(self._types(), [])

    def test_a_context_of_leads_with_a_record_is_a_lead(self):
        self._spend("0.2", res_id=1, context_model="crm.lead")
        self._spend("0.2", context_model="crm.lead")
        self.assertEqual(self._of().get_cost_per_lead_avg(), 0.2)

    def test_the_cache_rate_is_a_ratio_of_seven_days(self):
        self._spend(0, kind="cache")
        self._spend("0.001", 3)
        self.assertEqual(self._of().get_cache_hit_rate(), 0.25)
        self.assertEqual(self._types(), [], "four calls say nothing")
        self._spend("0.001", 16)
        self._spend(0, 90, kind="pattern", local_date=TODAY - timedelta(days=7))
        self.assertEqual(self._of().get_cache_hit_rate(), 0.05)
        (alert,) = self._of().check_cost_alerts()["alerts"]
        self.assertEqual((alert["type"], alert["severity"]), ("cache_hit_rate_low", "info"))
        self.assertIn("5% of the calls of the last 7 days needed no vendor", alert["message"])
        self.assertEqual(self._of().check_cost_alerts()["metrics"]["cache_hit_rate"], 0.05)

    def test_patterns_kept_and_shared_answers_count_alike_and_apart(self):
        for number, kind in enumerate(("pattern", "cache", "dedup"), 1):
            self._spend(0, number, kind=kind, saved_usd=Decimal("0.1"))
        self._spend("0.001", 6)
        analytics = self._of()
        self.assertEqual(analytics.get_cache_hit_rate(), 0.5)
        by_kind = analytics.get_cost_breakdown("day")["by_kind"]
        told = {kind: row["calls"] for kind, row in by_kind.items()}
        self.assertEqual(told, {"api": 6, "pattern": 1, "cache": 2, "dedup": 3})
        saved = {line["kind"]: line["saved_usd"] for line in analytics.get_daily_report()}
        self.assertAlmostEqual(saved["dedup"], 0.3)
        self.assertAlmostEqual(saved["pattern"], 0.1)
        self._spend("0.001", 30)
        self.assertIn("cache_hit_rate_low", self._types(), "6 of 42")

    def test_a_company_without_a_cache_misses_no_rate(self):
        self._spend("0.001", 100)
        self.assertEqual(self._of().get_cache_hit_rate(), 0.0)
        self.assertEqual(self._types(), [])

    def test_slow_answers_are_those_of_vendors_today(self):
        self._spend("0.001", 5, latency_ms=10_100)
        self._spend("0.001", 90, latency_ms=100, local_date=TODAY - timedelta(days=1))
        self._spend(0, 50, latency_ms=1, kind="cache")
        (alert,) = self._of().check_cost_alerts()["alerts"]
        self.assertEqual(alert["type"], "slow_answers")
        self.assertIn("took 10.1 seconds on average today", alert["message"])
        self.watched.ai_alert_latency_s = 0
        self.assertEqual(self._types(), [])

    def test_success_is_the_figure_of_the_dashboard(self):
        self._spend("0.001", 7)
        self._spend(0, 3, state="failed", error_code="ServerError")
        self._spend(0, 5, state="uncertain", error_code="ReaderLeft")
        self._spend(0, 3, kind="fallback")  # an apology is no answer
        (alert,) = self._of().check_cost_alerts()["alerts"]
        self.assertEqual(alert["type"], "success_rate_low")
        self.assertIn("70% of today's calls were answered", alert["message"])
        shown = self._of().get_dashboard_data()["totals"]["success_rate"]["value"]
        self.assertEqual(shown, 70)

    def test_a_user_asks_of_own_calls(self):
        self._spend(60)
        self._spend(1, user_id=self.anna.id)
        self.assertEqual(self._of(self.anna).get_daily_spend(), 1)
        self.assertEqual(self._of(self.anna).check_cost_alerts()["alerts"], [])

    def test_days_that_cannot_be(self):
        for days in (0, -1, True, "7", None, 10**9, 1.5):
            with self.subTest(days=days):
                self._fails(UserError, self._of().get_cost_per_lead_avg, days)
                self._fails(UserError, self._of().get_cache_hit_rate, days)

    def test_managers_are_told_once_a_day_and_type_each_in_his_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.boss.write({"lang": "de_DE", "email": "boss@example.com"})
        self._spend(60)
        cron = self.env.ref("ai_brain.ir_cron_cost_alerts")
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "hours"))
        before = self.env["mail.message"].search([], order="id desc", limit=1).id
        cron.method_direct_trigger()
        self._spend(60)
        cron.method_direct_trigger()
        told = self.env["ai.cost.alert"].search([("company_id", "=", self.watched.id)])
        self.assertEqual(told.mapped("key"), ["daily_spend_high"])
        self.assertEqual((told.kind, told.day), ("check", TODAY))
        self.assertIn("was spent today", told.with_context(lang="en_US").message)
        messages = self.env["mail.message"].search(
            [
                ("id", ">", before),
                ("partner_ids", "in", self.boss.partner_id.ids),
                ("subject", "like", "Watched"),
            ]
        )
        self.assertEqual(len(messages), 1)
        said = messages.body.striptags()
        self.assertEqual(said, told.with_context(lang="de_DE").message)
