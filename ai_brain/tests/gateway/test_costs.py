from decimal import Decimal
from unittest.mock import patch

from prometheus_client.parser import text_string_to_metric_families

from odoo import fields
from odoo.tests import tagged

from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestCosts(EndpointCase):
    """Costs and metrics over HTTP: by keys of that scope, the same as the screens show."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.users"].create(
            {
                "name": "Somebody",
                "login": "figures_other",
                "groups_id": [(6, 0, [cls.env.ref("base.group_user").id])],
            }
        )
        cls.manager = cls.env["res.users"].create(
            {
                "name": "Manager",
                "login": "figures_manager",
                "groups_id": [
                    (4, cls.env.ref("base.group_user").id),
                    (4, cls.env.ref("ai_brain.group_ai_manager").id),
                ],
            }
        )
        cls.reads = cls.new_key(
            user_id=cls.manager.id, may_call=False, may_read_figures=True
        )._issue__key()
        cls.reads_own = cls.new_key(may_call=False, may_read_figures=True)._issue__key()
        cls.watches = cls.new_key(
            user_id=cls.manager.id, may_call=False, may_read_metrics=True
        )._issue__key()
        today = cls.company._ai_local_date()
        cls.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": cls.company.id,
                    "user_id": user.id,
                    "provider_id": cls.provider.id,
                    "model_name": "watched-model",
                    "agent_type": agent,
                    "kind": kind,
                    "local_date": today,
                    "cost_usd": cost,
                    "saved_usd": saved,
                    "baseline_cost_usd": cost + saved,
                    "res_model": "crm.lead" if lead else None,
                    "res_id": lead,
                    "latency_ms": 200,
                }
                for user, agent, kind, cost, saved, lead in (
                    (cls.user, "figures_a", "api", Decimal("0.25"), 0, 7),
                    (cls.user, "figures_a", "cache", 0, Decimal("0.125"), 7),
                    (cls.other, "figures_b", "api", Decimal("0.5"), 0, 8),
                )
            ]
        )

    def costs(self, query="", secret=None, path="/ai/v1/analytics/costs"):
        return self.url_open(
            f"{path}?{query}", headers={"Authorization": f"Bearer {secret or self.reads}"}
        )

    def test_the_shape_and_the_figures(self):
        for path in ("/ai/v1/analytics/costs", "/api/analytics/ai-costs"):
            found = self.costs("agent_type=figures_a", path=path).json()
            self.assertEqual(
                found,
                {
                    "total_cost_usd": 0.25,
                    "total_requests": 2,
                    "by_agent": [
                        {
                            "agent_type": "figures_a",
                            "total_cost_usd": 0.25,
                            "total_requests": 2,
                            "avg_cost_per_request": 0.125,
                            "avg_latency_ms": 200.0,
                            "cache_hit_rate": 0.5,
                        }
                    ],
                    "by_lead": [
                        {
                            "lead_id": 7,
                            "total_cost_usd": 0.25,
                            "ai_calls": 2,
                            "agents_used": ["figures_a"],
                        }
                    ],
                    "by_key": [],
                    "cache_stats": {
                        "cache_hit_rate": 0.5,
                        "cache_hits": 1,
                        "cache_misses": 1,
                        "saved_usd": 0.125,
                    },
                },
            )

    def test_it_equals_the_dashboard(self):
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        shown = analytics.with_context(allowed_company_ids=self.company.ids).get_cost_breakdown()
        found = self.costs().json()
        self.assertEqual(found["total_cost_usd"], shown["total_cost"])
        self.assertEqual(found["total_requests"], shown["calls"])

    def test_who_may_see_little_sees_his_own(self):
        found = self.costs(secret=self.reads_own).json()
        self.assertEqual({one["agent_type"] for one in found["by_agent"]}, {"figures_a"})
        self.assertEqual([one["lead_id"] for one in found["by_lead"]], [7])
        named = self.costs(f"user={self.other.id}", secret=self.reads_own).json()
        self.assertEqual((named["total_cost_usd"], named["by_agent"]), (0, []))

    def test_costs_by_key_name_the_keys_that_the_caller_may_read(self):
        mine, other = self.new_key(name="Mine"), self.new_key(name="n8n", user_id=self.manager.id)
        row = {"company_id": self.company.id, "agent_type": "keyed", "call_count": 1}
        self.env["ai.token.usage"].sudo()._insert(
            [
                {**row, "user_id": self.user.id, "gateway_key": key.id, "cost_usd": Decimal(cost)}
                for key, cost in ((mine, "0.25"), (other, "1"), (mine, "0.5"))
            ]
            + [{**row, "user_id": self.user.id, "cost_usd": Decimal("2")}]
        )
        lines = [
            {
                "key_id": key.id,
                "name": name,
                "total_cost_usd": cost,
                "total_requests": calls,
            }
            for key, name, cost, calls in ((other, "n8n", 1.0, 1), (mine, "Mine", 0.75, 2))
        ]
        found = self.costs("agent_type=keyed").json()
        self.assertEqual((found["total_cost_usd"], found["by_key"]), (3.75, lines))
        found = self.costs("agent_type=keyed", secret=self.reads_own).json()
        lines[0]["name"] = f"No. {other.id}"
        self.assertEqual(found["by_key"], lines)

    def test_filters(self):
        for query in (f"user={self.other.id}", "user=figures_other", "lead_id=8"):
            found = self.costs(query).json()
            self.assertEqual([a["agent_type"] for a in found["by_agent"]], ["figures_b"], query)
        for query in (f"provider={self.provider.id}", "provider=Vendor%20One"):
            self.assertGreaterEqual(self.costs(query).json()["total_requests"], 3)
        past = self.costs("start_date=2001-01-01&end_date=2001-02-01").json()
        self.assertEqual((past["total_requests"], past["by_lead"]), (0, []))
        self.assertIsNone(past["cache_stats"]["cache_hit_rate"])

    def test_dates_are_cut_at_the_companys_midnight(self):
        """A second before midnight in Tokyo, at midnight, and a second after: 15:00 in UTC."""
        self.company.ai_timezone = "Asia/Tokyo"
        moments = {
            "2026-03-31 14:59:59": Decimal("0.0625"),
            "2026-03-31 15:00:00": Decimal("0.25"),
            "2026-03-31 15:00:01": Decimal("0.5"),
            "2026-04-01 14:59:59": Decimal("1"),
            "2026-04-01 15:00:00": Decimal("4"),
        }
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                    "create_date": fields.Datetime.to_datetime(moment),
                    "agent_type": "night_owl",
                    "cost_usd": cost,
                }
                for moment, cost in moments.items()
            ]
        )
        expected = {
            ("2026-03-31", "2026-03-31"): (0.0625, 1),
            ("2026-04-01", "2026-04-01"): (1.75, 3),
            ("2026-04-02", "2026-04-02"): (4, 1),
            ("2026-03-31", "2026-04-01"): (1.8125, 4),
            ("2026-04-01", "2026-04-02"): (5.75, 4),
            # the first of the month of the last day, where no first one is given
            (None, "2026-04-01"): (1.75, 3),
            (None, "2026-03-31"): (0.0625, 1),
        }
        for place in ("ledger", "rollup"):
            for (first, last), (cost, calls) in expected.items():
                days = {"start_date": first, "end_date": last}
                query = "&".join(f"{name}={day}" for name, day in days.items() if day)
                found = self.costs(f"agent_type=night_owl&{query}").json()
                shown = (found["total_cost_usd"], found["total_requests"])
                self.assertEqual(shown, (cost, calls), (place, first, last))
                self.assertEqual(sum(one["total_cost_usd"] for one in found["by_agent"]), cost)
            self.env["ai.cost.rollup"]._roll_up()

    def test_today_is_the_companys(self):
        """Without days the month that runs is told, as it runs in Tokyo."""
        self.company.ai_timezone = "Asia/Tokyo"
        row = {"company_id": self.company.id, "user_id": self.user.id, "agent_type": "night_owl"}
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        analytics = analytics.with_context(allowed_company_ids=self.company.ids)
        for moment, cost in (("2026-03-31 14:59:59", 0.0625), ("2026-03-31 15:00:01", 0.5)):
            now = fields.Datetime.to_datetime(moment)
            self.env["ai.token.usage"].sudo()._insert(
                [{**row, "create_date": now, "cost_usd": Decimal(str(cost))}]
            )
            with patch.object(fields.Datetime, "now", return_value=now):
                found = analytics.get_cost_report(agent_type="night_owl")
            self.assertEqual((found["total_cost_usd"], found["total_requests"]), (cost, 1), moment)

    def test_bad_filters_are_refused_by_name(self):
        for query, name in (
            ("start_date=2026-13-01", "start_date"),
            ("end_date=yesterday", "end_date"),
            ("start_date=20260101", "start_date"),
            ("start_date=", "start_date"),
            ("start_date=2026-02-01&end_date=2026-01-01", "start_date"),
            ("start_date=1999-01-01", "start_date"),
            ("lead_id=seven", "lead_id"),
            ("lead_id=0", "lead_id"),
            ("user=", "user"),
            ("provider=%00", "provider"),
            ("agent=figures_a", "agent"),
            ("lead_id=1&lead_id=2", "lead_id"),
        ):
            response = self.costs(query)
            self.assertEqual(response.status_code, 400, query)
            error = response.json()["error"]
            self.assertEqual(error["param"], name, query)
            self.assertIn(name, error["message"], query)

    def test_a_filter_that_names_nobody(self):
        for query, name in (("user=nobody-of-that-name", "user"), ("provider=None", "provider")):
            response = self.costs(query)
            self.assertEqual(response.status_code, 404, query)
            self.assertEqual(response.json()["error"]["param"], name)

    def test_only_keys_of_that_scope(self):
        self.assertEqual(self.costs(secret=self.secret).status_code, 403)
        self.assertEqual(self.costs(secret=self.watches).status_code, 403)
        self.assertEqual(self.costs(secret="wrong").status_code, 401)
        self.assertEqual(self.metrics(self.reads).status_code, 403)
        self.assertEqual(self.metrics("wrong").status_code, 401)
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "")
        self.assertEqual(self.costs().status_code, 404)
        self.assertEqual(self.metrics(self.watches).status_code, 404)

    def metrics(self, secret):
        return self.url_open("/ai/metrics", headers={"Authorization": f"Bearer {secret}"})

    def test_metrics(self):
        response = self.metrics(self.watches)
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain; version="))
        found = {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(response.text)
            for sample in family.samples
        }
        self.assertEqual(found["llm_requests_total", ("model", "watched-model")], 3)
        labels = ("agent", "figures_a"), ("kind", "cache")
        self.assertEqual(found[("llm_saved_dollars", *labels)], 0.125)
