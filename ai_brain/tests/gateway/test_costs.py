import itertools
from decimal import Decimal
from unittest.mock import patch
from urllib.parse import urlencode

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
                    "by_key": [
                        {
                            "key_id": None,
                            "name": None,
                            "total_cost_usd": 0.25,
                            "total_requests": 2,
                        }
                    ],
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

    def test_it_equals_the_screens_whoever_asks_and_for_what(self):
        """A manager's key, and that of one who sees his own calls alone."""
        today = self.company._ai_local_date()
        usual = {"company_id": self.company.id, "provider_id": self.provider.id}
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    **usual,
                    "user_id": (self.user, self.other)[number % 2].id,
                    "agent_type": ("figures_a", "figures_b", None)[number % 3],
                    "kind": ("api", "cache", "dedup", "pattern", "batch")[number % 5],
                    "state": "failed" if number % 7 == 0 else "done",
                    "gateway_key": number % 4 or None,
                    "res_model": "crm.lead" if number % 3 else "res.partner",
                    "res_id": number % 13 + 1,
                    "local_date": fields.Date.subtract(today, days=number % 45),
                    "latency_ms": 100 * number,
                    "cost_usd": Decimal(number) / 64,
                    "saved_usd": Decimal(number) / 128,
                }
                for number in range(240)
            ]
        )
        days = (
            (today.replace(day=1), today),
            (fields.Date.subtract(today, days=40), fields.Date.subtract(today, days=3)),
            (today, today),
        )
        asked = ({}, {"agent_type": "figures_a"}, {"user": self.user.id}, {"lead_id": 5})
        calls = {}
        for place in ("ledger", "rollup"):
            for user, secret in ((self.manager, self.reads), (self.user, self.reads_own)):
                for (first, last), filters in itertools.product(days, asked):
                    query = urlencode({**filters, "start_date": first, "end_date": last})
                    with self.subTest(place=place, user=user.login, query=query):
                        told = self.costs(query, secret=secret).json()
                        self.is_as_shown(told, user, first, last, filters)
                        calls[user, first, tuple(filters)] = told["total_requests"]
            self.env["ai.cost.rollup"]._roll_up()
        for first, _last in days[:2]:
            self.assertLess(0, calls[self.user, first, ()])
            self.assertLess(calls[self.user, first, ()], calls[self.manager, first, ()])

    def is_as_shown(self, told, user, first, last, filters):
        """Is what the key was told what its user sees on the screens?"""
        analytics = self.env["ai.token.analytics"].with_user(user)
        analytics = analytics.with_context(allowed_company_ids=self.company.ids)
        filters = {**filters}
        if "user" in filters:
            filters["user_id"] = filters.pop("user")
        if "lead_id" in filters:
            filters.update(res_model="crm.lead", res_id=filters.pop("lead_id"))
        period = {"date_from": str(first), "date_to": str(last), **filters}
        shown = analytics.get_dashboard_data("custom", **period)["totals"]
        lines = analytics.get_cost_breakdown("custom", **period)
        self.assertAlmostEqual(told["total_cost_usd"], shown["cost_usd"]["value"], 9)
        self.assertEqual(told["total_requests"], shown["calls"]["value"])
        rate = shown["cache_hit_rate"]["value"]
        cache = told["cache_stats"]
        if rate is None:
            self.assertIsNone(cache["cache_hit_rate"])
        else:
            self.assertAlmostEqual(cache["cache_hit_rate"], rate / 100, 12)
        self.assertEqual(cache["cache_hits"] + cache["cache_misses"], told["total_requests"])
        report = analytics.get_daily_report(str(first), str(last), **filters)
        reused = [one for one in report if one["kind"] in ("cache", "dedup", "pattern")]
        self.assertEqual(cache["cache_hits"], sum(one["calls"] for one in reused))
        self.assertAlmostEqual(cache["saved_usd"], sum(one["saved_usd"] for one in reused), 9)
        for name, key in (("by_agent", "agent_type"), ("by_key", "key_id")):
            found = {line[key] or False: line["total_cost_usd"] for line in told[name]}
            expected = {key: row["cost_usd"] for key, row in lines[name].items() if row["calls"]}
            if expected or name == "by_agent":  # the screen has no lines where no call had a key
                self.assertEqual(found, expected)
        res_id = period.pop("res_id", None)
        leads = analytics.get_lead_summary(res_id, period_type="custom", **period)
        leads = leads[:10] if res_id is None else [leads] if leads["calls"] else []
        self.assertEqual(
            [(one["lead_id"], one["ai_calls"], one["agents_used"]) for one in told["by_lead"]],
            [(one["res_id"], one["calls"], one["agents_used"]) for one in leads],
        )
        for one, line in zip(told["by_lead"], leads, strict=True):
            self.assertAlmostEqual(one["total_cost_usd"], line["cost_usd"], 9)

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
        lines.insert(0, {"key_id": None, "name": None, "total_cost_usd": 2.0, "total_requests": 1})
        found = self.costs("agent_type=keyed").json()
        self.assertEqual((found["total_cost_usd"], found["by_key"]), (3.75, lines))
        found = self.costs("agent_type=keyed", secret=self.reads_own).json()
        lines[1]["name"] = f"No. {other.id}"
        self.assertEqual(found["by_key"], lines)

    def test_lines_by_key_and_by_agent_add_up_however_many_there_are(self):
        row = {"company_id": self.company.id, "user_id": self.user.id, "call_count": 1}
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    **row,
                    "gateway_key": 1_000 + number,
                    "agent_type": f"one-of-{number}",
                    "cost_usd": Decimal(number) / 8,
                }
                for number in range(150)
            ]
            + [{**row, "cost_usd": Decimal("0.5")}]
        )
        found = self.costs().json()
        self.assertGreater(len(found["by_key"]), 150)
        self.assertIn(None, [line["agent_type"] for line in found["by_agent"]])
        for name in ("by_key", "by_agent"):
            for total in ("total_cost_usd", "total_requests"):
                self.assertEqual(sum(line[total] for line in found[name]), found[total], name)
            costs = [line["total_cost_usd"] for line in found[name]]
            self.assertEqual(costs, sorted(costs, reverse=True))
        none = self.costs("agent_type=").json()
        self.assertEqual([line["agent_type"] for line in none["by_agent"]], [None])
        self.assertEqual(self.costs("agent_type=no-such-agent").json()["by_key"], [])

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
            ("end_date=2026-02-30", "end_date"),
            ("end_date=2026-2-3", "end_date"),
            ("start_date=2026-02-03T00:00:00", "start_date"),
            ("start_date=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "start_date"),
            ("end_date=2026-01-01&end_date=2026-01-02", "end_date"),
            ("end_date=0001-01-01", "end_date"),
            ("end_date=" + "9" * 4_000, "end_date"),
            ("start_date=2026-01-01%00", "start_date"),
            ("start_date=2000-01-01&end_date=2026-01-01", "start_date"),
            ("agent_type=%00", "agent_type"),
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

    def test_bad_dates_are_refused_by_name_in_every_language(self):
        for lang in ("de_DE", "fr_FR", "es_ES"):
            self.env["res.lang"]._activate_lang(lang)
            self.manager.lang = lang
            for query, name in (
                ("start_date=2026-02-30", "start_date"),
                ("end_date=2026-02-30", "end_date"),
                ("start_date=2026-02-02&end_date=2026-02-01", "start_date"),
                ("agent_type=%00", "agent_type"),
            ):
                error = self.costs(query).json()["error"]
                self.assertEqual((error["param"], error["code"]), (name, "bad_filter"), lang)

    def test_a_provider_s_name_that_two_have_is_no_answer(self):
        twin = self.provider.copy({"name": self.provider.name, "active": False})
        response = self.costs("provider=Vendor%20One")
        self.assertEqual(response.status_code, 400)
        error = response.json()["error"]
        self.assertEqual(error["param"], "provider")
        self.assertIn("Give the id", error["message"])
        self.assertEqual(self.costs(f"provider={twin.id}").json()["total_requests"], 0)

    def test_a_key_reads_the_metrics_and_costs_of_its_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids += elsewhere
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": elsewhere.id,
                    "user_id": self.manager.id,
                    "model_name": "model-of-elsewhere",
                    "agent_type": "agent-of-elsewhere",
                    "cost_usd": Decimal("3"),
                }
            ]
        )
        scopes = {"may_call": False, "may_read_metrics": True, "may_read_figures": True}
        theirs = self.new_key(
            user_id=self.manager.id, company_id=elsewhere.id, **scopes
        )._issue__key()
        text = self.metrics(theirs).text
        self.assertIn('llm_requests_total{model="model-of-elsewhere"} 1.0', text)
        self.assertNotIn("watched-model", text)
        self.assertNotIn("elsewhere", self.metrics(self.watches).text)
        found = self.costs(secret=theirs).json()
        self.assertEqual((found["total_cost_usd"], found["total_requests"]), (3.0, 1))
        agents = [one["agent_type"] for one in self.costs().json()["by_agent"]]
        self.assertNotIn("agent-of-elsewhere", agents)
        both = {self.company.id, elsewhere.id}
        self.assertEqual(both & set(self.manager.company_ids.ids), both, "though he sees both")

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
