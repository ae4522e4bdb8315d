from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from ...engine.ledger import outcomes
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestOneFigure(AiCase):
    """One figure, one place: the same rows, of every kind and outcome, asked on every surface."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Counted", "ai_timezone": "UTC"})
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        cls.boss = cls._new_user("counting-boss", *manager, **companies)
        cls.anna = cls._new_user("counting-anna", **companies)
        dear = {"input_usd": 10.0, "output_usd": 20.0, "batch_factor": 0.5}
        cheap = {"input_usd": 1.0, "output_usd": 2.0, "batch_factor": 0.5}
        since = {"valid_from": "2020-01-01"}
        common = {"company_id": cls.company.id, "base_url": cls.vendor.url}
        cls.dear = cls._new_provider("Dear", {**dear, **since}, quality_score=85, **common)
        cls.cheap = cls._new_provider("Cheap", {**cheap, **since}, quality_score=82, **common)
        (cls.provider + cls.vendor_provider).active = False
        cls.usage = cls.env["ai.token.usage"].sudo()
        cls.today = cls.company._ai_local_date()
        for user in (cls.boss, cls.anna):
            cls._fill(user)

    @classmethod
    def _fill(cls, user):
        """Calls of every kind, errors, a reader who left, corrections; 20 calls, 12 answered by a
        vendor for $0.195, 2 failed, 2 nobody's doing, 4 from a cache."""

        def rows(count=1, usd="0.02", latency_ms=1000, **more):
            row = {
                "company_id": cls.company.id,
                "user_id": user.id,
                "provider_id": cls.dear.id,
                "model_name": "dear-1",
                "local_date": cls.today,
                "task_type": "chat",
                "agent_type": "seller",
                "session_id": "chat",
                "res_model": "crm.lead",
                "res_id": 7,
                "input_tokens": 1000,
                "output_tokens": 500,
                "context_size_tokens": 1000,
                "cost_usd": Decimal(usd),
                "latency_ms": latency_ms,
                "price_id": cls.dear.price_ids.id,
                **more,
            }
            return cls.usage._insert([row] * count)

        api = rows(6)
        rows(4, "0.01", 4000, kind="batch")
        for kind, count in (("pattern", 1), ("cache", 2), ("dedup", 1)):
            rows(count, "0", 2, kind=kind)
        nothing = {"input_tokens": None, "output_tokens": None}
        rows(2, "0", state="failed", error_code="ServerError", **nothing)
        rows(1, "0", state="failed", error_code=outcomes.REFUSED, **nothing)
        rows(1, "0.05", state="uncertain", error_code="ReaderLeft", gateway_key=7)
        rows(1, "0.02", state="uncertain")
        died = rows(1, "0.03", state="uncertain", error_code="WorkerDied")
        corrects = {"call_count": 0, **nothing}
        rows(1, "-0.01", 1600, correction_of_id=died[0], **corrects)
        rows(1, "-0.005", None, correction_of_id=api[0], **corrects)

    def _analytics(self, user=None):
        user = user or self.boss
        companies = {"allowed_company_ids": self.company.ids}
        return self.env["ai.token.analytics"].with_user(user).with_context(**companies)

    def _dashboard(self, user=None, **filters):
        days = {"date_from": str(fields.Date.subtract(self.today, days=6))}
        return self._analytics(user).get_dashboard_data(
            "custom", date_to=str(self.today), **days, **filters
        )

    def _both(self, test):
        """Run ``test`` on figures from the ledger, then on those from the rollup."""
        for place in ("ledger", "rollup"):
            with self.subTest(place=place):
                test()
            self.env["ai.cost.rollup"]._roll_up()

    def _summaries(self, user=None):
        analytics = self._analytics(user)
        yield "agent", analytics.get_agent_summary("seller", days=7)[0]
        yield "lead", analytics.get_lead_summary(7, days=7)
        yield "leads", analytics.get_lead_summary(days=7)[0]
        yield "session", analytics.get_session_summary("chat", days=7)
        yield "sessions", analytics.get_session_summary(days=7)[0]

    # ------------------------------------------------------------------

    def test_success_rate(self):
        def test():
            expected = 16 / 18
            data = self._dashboard()
            shown = {"dashboard": data["totals"]["success_rate"]["value"] / 100}
            shown["alert"] = float(self._analytics()._watched(1)["success_rate"]) / 100
            for name, line in self._summaries():
                shown[name] = line["success_rate"]
            for name, value in shown.items():
                self.assertAlmostEqual(value, expected, 12, name)
            self.company.ai_alert_success_percent = 88.9
            alerts = self._analytics().check_cost_alerts()["alerts"]
            (message,) = [a["message"] for a in alerts if a["type"] == "success_rate_low"]
            self.assertIn("88.8% of today's calls were answered", message)
            behind = data["totals"]["success_rate"]["domain"] + data["domain"]
            rows = self.usage.search(behind)
            failed = rows - rows.filtered(
                lambda row: self.usage.search_count([("correction_of_id", "=", row.id)])
            )
            self.assertEqual(len(failed), 4)

        self._both(test)

    def test_cache_rate(self):
        def test():
            data = self._dashboard()
            metrics = self._analytics().check_cost_alerts()["metrics"]
            shown = {
                "dashboard": data["totals"]["cache_hit_rate"]["value"] / 100,
                "function": self._analytics().get_cache_hit_rate(),
                "alert": metrics["cache_hit_rate"],
                **{name: line["cache_hit_rate"] for name, line in self._summaries()},
            }
            for name, value in shown.items():
                self.assertAlmostEqual(value, 0.2, 12, name)
            behind = self.usage.search(data["domain"] + data["totals"]["cache_hit_rate"]["domain"])
            self.assertEqual(set(behind.mapped("kind")), {"pattern", "cache", "dedup"})
            report = {line["kind"]: line for line in self._analytics().get_daily_report()}
            reused = sum(report[kind]["calls"] for kind in ("pattern", "cache", "dedup"))
            self.assertEqual(reused / sum(line["calls"] for line in report.values()), 0.2)

        self._both(test)

    def test_cost_of_a_model(self):
        def test():
            (shown,) = [
                line for line in self._dashboard()["providers"] if line["id"] == self.dear.id
            ]
            companies = {"allowed_company_ids": self.company.ids}
            benchmarks = self.env["ai.provider.benchmark"].with_user(self.boss)
            (compared,) = benchmarks.with_context(**companies).compare_providers("chat", 7)
            self.assertEqual((shown["calls"], compared["calls"]), (28, 28))
            self.assertEqual(compared["cost"]["n"], 24)
            self.assertAlmostEqual(shown["cost_per_call_usd"], 0.195 / 12, 12)
            self.assertAlmostEqual(compared["cost"]["mean"], 0.195 / 12, 12)
            self.assertAlmostEqual(shown["error_rate"], 100 * 2 / 14, 12)
            self.assertAlmostEqual(compared["error_rate"]["mean"], 2 / 14, 12)
            latency = (6 * 1000 + 4 * 4000 + 1600) / 11
            self.assertAlmostEqual(shown["latency_ms"], latency, 9)
            self.assertAlmostEqual(compared["speed"]["mean"], latency, 9)
            self.assertAlmostEqual(self._dashboard()["totals"]["latency_ms"]["value"], latency, 9)
            for name, line in self._summaries():
                self.assertAlmostEqual(line["latency_ms"], latency, 9, name)

        self._both(test)

    def test_saving_of_a_dearer_model(self):
        """What the rule finds in each call adds up to what the recommendation promises."""
        answered = self.usage.search(
            [("company_id", "=", self.company.id), ("state", "=", "done"), ("call_count", "=", 1)]
        ).filtered(lambda row: row.kind in ("api", "batch"))
        for row in answered:
            (finding,) = row.analyze_waste()["findings"]
            self.assertEqual(finding["type"], "wrong_model")
            self.assertEqual(finding["target"]["id"], self.cheap.id)
        (waste,) = self._dashboard()["waste"]
        advice = self.env["ai.cost.advice"].sudo()._refresh(self.company)
        (shown,) = self._dashboard()["recommendations"]
        self.assertEqual(advice.recommended_provider_id, self.cheap)
        self.assertEqual((advice.calls, waste["calls"]), (20, 20))
        saving = 2 * (6 * (0.02 - 0.002) + 4 * (0.01 - 0.001))
        self.assertAlmostEqual(waste["cost_usd"], saving, 12)
        self.assertAlmostEqual(advice.saving_usd, saving, 12)
        self.assertAlmostEqual(shown["saving_usd"], saving, 12)

    def test_cost(self):
        def test():
            expected = 2 * (6 * 0.02 + 4 * 0.01 + 0.05 + 0.02 + 0.02 - 0.005)
            analytics = self._analytics()
            breakdown = analytics.get_cost_breakdown("day")
            shown = {
                "dashboard": self._dashboard()["totals"]["cost_usd"]["value"],
                "breakdown": breakdown["total_cost"],
                "today": analytics.get_daily_spend(),
                "lead": analytics.get_cost_per_lead_avg(),
                "report": sum(line["cost_usd"] for line in analytics.get_daily_report()),
                **{name: line["cost_usd"] for name, line in self._summaries()},
                **{
                    name: sum(row["cost_usd"] for row in breakdown[name].values())
                    for name in breakdown
                    if name.startswith("by_")
                },
            }
            for name, value in shown.items():
                self.assertAlmostEqual(value, expected, 12, name)

        self._both(test)

    def test_a_user_is_told_what_a_manager_is_told_of_his_calls(self):
        for row in self.usage.search([("company_id", "=", self.company.id)]):
            if row.state == "done" and row.kind == "api" and row.call_count:
                row.analyze_waste()

        def figures(data):
            providers = [dict(line) for line in data["providers"]]
            waste = [{k: v for k, v in line.items() if k != "action"} for line in data["waste"]]
            return data["totals"], providers, waste, data["trend"], data["breakdowns"]

        def test():
            own = self._dashboard(self.anna)
            seen = self._dashboard(self.boss, user_id=self.anna.id)
            self.assertEqual(own["totals"]["calls"]["value"], 20)
            self.assertTrue(own["waste"])
            self.assertEqual(figures(own), figures(seen))
            mine = self._analytics(self.anna)
            theirs = self._analytics()
            filters = {"user_id": self.anna.id}
            self.assertEqual(mine.get_cost_breakdown(), theirs.get_cost_breakdown(**filters))
            for name in ("get_agent_summary", "get_lead_summary", "get_session_summary"):
                self.assertEqual(getattr(mine, name)(), getattr(theirs, name)(**filters), name)
            row = self.usage.search([("user_id", "=", self.anna.id)], limit=1)
            as_user, as_boss = (row.with_user(u).sudo(False) for u in (self.anna, self.boss))
            self.assertEqual(as_user.analyze_waste(), as_boss.analyze_waste())

        self._both(test)
