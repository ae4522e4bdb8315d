import json
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...engine.report import bridge
from .. import ledger_rows
from ..analytics_common import TODAY, AnalyticsCase

MAY = ("2026-01-10", "2026-01-19")
CODES = list(bridge.STEPS)


@tagged("post_install", "-at_install", "every_series")
class TestCostBridge(AnalyticsCase):
    """Why it changed: every step sums, in every filter, to what the ledger says."""

    def _bridge(self, user=None, **options):
        days = {"date_from": "2026-01-20", "date_to": "2026-02-05"}
        return self._analytics(user).get_cost_bridge(
            "custom", **{**days, "compared_with": list(MAY), **options}
        )

    def _assert_sums(self, found, where="TRUE"):
        before = self._sum("SUM(cost_usd)", where, *MAY)
        now = self._sum("SUM(cost_usd)", where, "2026-01-20", "2026-02-05")
        self.assertEqual(Decimal(found["start"]["usd_exact"]), before)
        self.assertEqual(Decimal(found["end"]["usd_exact"]), now)
        self.assertEqual(Decimal(found["change"]["usd_exact"]), now - before)
        steps = [Decimal(step["usd_exact"]) for step in found["steps"]]
        self.assertEqual([step["code"] for step in found["steps"]], CODES)
        self.assertEqual(before + sum(steps), now)
        for name in ("by_agent", "by_user"):
            lines = [Decimal(line["usd_exact"]) for line in found[name]]
            self.assertEqual(sum(lines, Decimal(0)), now - before, name)

    def test_steps_sum_to_the_ledger_in_every_filter_live_and_rolled_up(self):
        cases = [
            ({}, "TRUE"),
            ({"provider_id": self.provider.id}, f"provider_id = {self.provider.id}"),
            ({"provider_id": False}, "provider_id IS NULL"),
            ({"model_name": "fast-1"}, "model_name = 'fast-1'"),
            ({"kind": "batch"}, "kind = 'batch'"),
            ({"task_type": "chat"}, "task_type = 'chat'"),
            ({"module": "crm"}, "module = 'crm'"),
            ({"context_model": "crm.lead"}, "context_model = 'crm.lead'"),
            ({"agent_type": "support_bot"}, "agent_type = 'support_bot'"),
            ({"agent_type": False}, "agent_type IS NULL"),
            ({"user_id": self.anna.id}, f"user_id = {self.anna.id}"),
            ({"module": "crm", "agent_type": "sales_bot"},
             "module = 'crm' AND agent_type = 'sales_bot'"),
            ({"res_model": "res.partner", "res_id": 3}, "res_model = 'res.partner' AND res_id = 3"),
            ({"company_ids": self.company.ids}, "TRUE"),
        ]  # fmt: skip
        live = {}
        for place in ("ledger", "rollup"):
            for number, (filters, where) in enumerate(cases):
                with self.subTest(place=place, filters=filters):
                    found = self._bridge(**filters)
                    self._assert_sums(found, where)
                    self.assertEqual(live.setdefault(number, found), found)
            self.env["ai.cost.rollup"]._roll_up()

    def test_any_two_periods_sum_whichever_comes_first_and_where_they_meet(self):
        periods = [
            ("2026-01-20", "2026-02-05"),
            MAY,
            ("2026-01-15", "2026-01-25"),  # over both
            ("2026-01-20", "2026-01-20"),  # a day of the first
            ("2025-06-01", "2025-06-30"),  # nothing at all
            ("2025-12-15", "2026-01-01"),
        ]
        for place in ("ledger", "rollup"):
            for now in periods:
                for before in periods:
                    with self.subTest(place=place, now=now, before=before):
                        found = self._analytics().get_cost_bridge(
                            "custom", date_from=now[0], date_to=now[1], compared_with=list(before)
                        )
                        self._assert_periods(found, before, now)
            self.env["ai.cost.rollup"]._roll_up()

    def _assert_periods(self, found, before, now):
        start, end = (self._sum("SUM(cost_usd)", "TRUE", *days) for days in (before, now))
        self.assertEqual(Decimal(found["start"]["usd_exact"]), start)
        self.assertEqual(Decimal(found["end"]["usd_exact"]), end)
        steps = [Decimal(step["usd_exact"]) for step in found["steps"]]
        self.assertEqual(start + sum(steps), end)
        if before == now:
            self.assertEqual(Decimal(found["change"]["usd_exact"]), 0)
            self.assertLessEqual(max(map(abs, steps)), Decimal("1e-11"))
        for name in ("by_agent", "by_user"):
            lines = [Decimal(line["usd_exact"]) for line in found[name]]
            self.assertEqual(sum(lines, Decimal(0)), end - start, name)

    def test_more_lines_than_are_told_apart_sum_by_what_is_left(self):
        self.usage._insert(
            [
                {"company_id": self.company.id, "user_id": self.boss.id, "agent_type": f"a{n}",
                 "local_date": date(2026, 1, 20), "cost_usd": Decimal(n + 1).scaleb(-12)}
                for n in range(60)
            ]
        )  # fmt: skip
        found = self._bridge()
        self._assert_sums(found)
        others = found["by_agent"][-1]
        self.assertIsNone(others["key"])
        behind = self._analytics().env["ai.token.usage"].search(others["domain"])
        self.assertEqual(sum(behind.mapped("call_count")), others["calls"])

    def test_each_step_opens_its_calls(self):
        usage = self._analytics().env["ai.token.usage"]
        found = self._bridge()
        self.assertEqual(json.loads(json.dumps(found)), found)
        calls = {}
        for step in found["steps"]:
            rows = usage.search(step["domain"])
            calls[step["code"]] = sum(rows.mapped("call_count"))
        days = ("2026-01-20", "2026-02-05")
        self.assertEqual(calls["volume"], self._sum("SUM(call_count)", "TRUE", *days))
        reused = "kind IN ('cache', 'dedup', 'pattern')"
        self.assertEqual(calls["reuse"], self._sum("SUM(call_count)", reused, *days))
        cached = "(cache_read_tokens > 0 OR cache_write_tokens > 0)"
        self.assertEqual(calls["prompt_caches"], self._sum("SUM(call_count)", cached, *days))
        for line in found["by_user"] + found["by_agent"]:
            behind = usage.search(line["domain"])
            self.assertEqual(line["calls"], sum(behind.mapped("call_count")))

    def test_a_user_sees_the_bridge_of_own_calls(self):
        self._assert_sums(self._bridge(self.anna), f"user_id = {self.anna.id}")

    def test_the_running_month_is_compared_with_as_many_days_of_the_last(self):
        found = self._analytics().get_cost_bridge()
        self.assertEqual(
            (found["compared_with"]["date_from"], found["compared_with"]["date_to"]),
            ("2026-01-01", "2026-01-05"),
        )
        self.assertEqual(Decimal(found["end"]["usd_exact"]), self._sum("SUM(cost_usd)"))

    def test_bad_input_is_answered_with_what_to_do(self):
        analytics = self._analytics()
        for options in (
            {"period_type": "fortnight"},
            {"compared_with": "May"},
            {"compared_with": ["2026-01-01"]},
            {"compared_with": ["2026-02-01", "2026-01-01"]},
            {"compared_with": [True, None]},
            {"colour": "red"},
        ):
            with self.subTest(options=options), self.assertRaises(UserError):
                analytics.get_cost_bridge(**options)

    def test_a_portal_user_and_a_foreign_company_are_refused(self):
        portal = self._new_user("portal_bridge", "base.group_portal")
        with self.assertRaises(AccessError):
            self._analytics(portal).get_cost_bridge()
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self._analytics().get_cost_bridge(company_ids=other.ids)


@tagged("post_install", "-at_install", "every_series")
class TestBridgeInEuros(AnalyticsCase):
    """Where the company counts in another currency, amounts of both sides are the ledger's, and
    what the rates did is a step of its own."""

    RATES = {"2026-01-02": 0.5, "2026-01-15": 0.8, "2026-01-28": 0.4}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        euro = cls.env.ref("base.EUR")
        euro.active = True
        rates = cls.env["res.currency.rate"]
        rates.search([]).unlink()
        cls.company = cls.env["res.company"].create({"name": "In euros", "currency_id": euro.id})
        rates.create(
            [
                {"name": day, "currency_id": euro.id, "rate": rate, "company_id": cls.company.id}
                for day, rate in cls.RATES.items()
            ]
        )
        cls.boss.company_ids += cls.company
        cls.boss.company_id = cls.company
        rows = ledger_rows.rows(
            200, cls.company.id, [cls.boss.id], (cls.provider + cls.vendor_provider).ids, seed=5
        )
        cls.usage._insert([row for row in rows if row["local_date"] <= TODAY])

    def _euros(self, first, last, rate):
        """What was counted in euros, and at ``rate`` what was counted before one was known."""
        usd = self.env.ref("base.USD").id
        counted = f"SUM(CASE WHEN currency_id = {usd} THEN cost_usd * {rate} ELSE cost_company END)"
        return float(self._sum(counted, "TRUE", first, last))

    def test_steps_sum_in_euros_too_and_the_tenth_is_what_the_rates_did(self):
        cases = [
            (("2026-01-20", "2026-02-05"), ("2026-01-01", "2026-01-19"), 0.4),
            (("2026-01-01", "2026-01-14"), ("2026-01-15", "2026-01-27"), 0.5),
            (("2026-01-16", "2026-01-18"), ("2026-01-19", "2026-01-21"), 0.8),  # one rate
            (("2026-01-20", "2026-02-05"), ("2025-06-01", "2025-06-30"), 0.4),
            (("2026-01-25", "2026-01-26"), ("2025-06-01", "2025-06-30"), 0.8),
        ]
        for place in ("ledger", "rollup"):
            for now, before, rate in cases:
                with self.subTest(place=place, now=now, before=before):
                    found = self._analytics().get_cost_bridge(
                        "custom", date_from=now[0], date_to=now[1], compared_with=list(before)
                    )
                    steps = found["steps"]
                    self.assertEqual([step["code"] for step in steps], [*CODES, "exchange"])
                    start, end = found["start"]["company"], found["end"]["company"]
                    self.assertAlmostEqual(start, self._euros(*before, rate), 9)
                    self.assertAlmostEqual(end, self._euros(*now, rate), 9)
                    total = sum(step["company"] for step in steps)
                    self.assertAlmostEqual(start + total, end, 9)
                    self.assertAlmostEqual(found["change"]["company"], end - start, 9)
                    usd = [Decimal(step["usd_exact"]) for step in steps]
                    self.assertEqual(
                        Decimal(found["start"]["usd_exact"]) + sum(usd),
                        Decimal(found["end"]["usd_exact"]),
                    )
                    self.assertEqual(usd[-1], 0)
                    for step in steps[:-1]:
                        self.assertAlmostEqual(step["company"], step["usd"] * rate, 9)
                    one_rate = now[0] in ("2026-01-16", "2026-01-25")
                    self.assertEqual(abs(steps[-1]["company"]) < 1e-9, one_rate)
                    for name in ("by_agent", "by_user"):
                        lines = sum(line["company"] for line in found[name])
                        self.assertAlmostEqual(lines, end - start, 9, name)
            self.env["ai.cost.rollup"]._roll_up()


@tagged("post_install", "-at_install")
class TestBridgeSteps(AnalyticsCase):
    """One thing changes at a time, and the step of its name says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Bridged", "ai_timezone": "UTC"})
        cls.boss.company_ids += cls.company
        cls.boss.company_id = cls.company
        cls.dear = cls._new_provider("Dear", {"input_usd": 10.0, "output_usd": 20.0,
                                              "cache_read_usd": 1.0, "valid_from": "2020-01-01"},
                                     company_id=cls.company.id)  # fmt: skip
        cls.cheap = cls._new_provider("Cheap", company_id=cls.company.id)

    def _write(self, day, count=10, provider=None, cost="0.01", **values):
        row = {
            "company_id": self.company.id,
            "user_id": self.boss.id,
            "provider_id": (provider or self.dear).id,
            "model_name": "model",
            "local_date": day,
            "input_tokens": 1000,
            "cost_usd": Decimal(cost),
            **values,
        }
        self.usage._insert([row] * count)

    def _steps(self):
        found = self._analytics().get_cost_bridge(
            "custom", date_from="2026-01-02", date_to="2026-01-02",
            compared_with=["2026-01-01", "2026-01-01"],
        )  # fmt: skip
        return {s["code"]: Decimal(s["usd_exact"]) for s in found["steps"] if s["usd"]}

    def test_more_calls_are_volume(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), 25)
        self.assertEqual(self._steps(), {"volume": Decimal("0.15")})

    def test_kept_answers_are_reuse(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), 6)
        self._write(date(2026, 1, 2), 4, kind="cache", cost="0", saved_usd=Decimal("0.01"))
        self.assertEqual(self._steps(), {"reuse": Decimal("-0.04")})

    def test_another_provider_is_the_model_mix_unless_the_router_sent_it_there(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), 5)
        self._write(date(2026, 1, 2), 5, self.cheap, "0.001")
        self.assertEqual(self._steps(), {"model_mix": Decimal("-0.045")})
        self._write(
            date(2026, 1, 2), 10, self.cheap, "0.001",
            configured_provider_id=self.dear.id, saved_usd=Decimal("0.009"),
        )  # fmt: skip
        self.assertEqual(
            self._steps(),
            {"volume": Decimal("0.1"), "model_mix": Decimal("-0.045"), "routing": Decimal("-0.09")},
        )

    def test_a_new_price_list_is_price(self):
        self.dear.price_ids = [(0, 0, {"input_usd": 8.0, "output_usd": 20.0,
                                       "valid_from": "2026-01-02"})]  # fmt: skip
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), cost="0.008")
        self.assertEqual(self._steps(), {"price": Decimal("-0.02")})

    def test_a_prompt_cache_is_told_from_shorter_prompts(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), cost="0.0046", input_tokens=400, cache_read_tokens=600)
        self.assertEqual(self._steps(), {"prompt_caches": Decimal("-0.054")})

    def test_longer_prompts_are_length(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), cost="0.02", input_tokens=2000)
        self.assertEqual(self._steps(), {"length": Decimal("0.1")})

    def test_batches_at_half_price(self):
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 2), cost="0.005", kind="batch", saved_usd=Decimal("0.005"))
        self.assertEqual(self._steps(), {"batch": Decimal("-0.05")})

    def test_training_is_a_step_of_its_own_and_in_no_mean(self):
        trained = {"kind": "tuning", "call_count": 0, "input_tokens": 0}
        self._write(date(2026, 1, 1))
        self._write(date(2026, 1, 1), 1, cost="0.5", **trained)
        self._write(date(2026, 1, 2), 25)
        self._write(date(2026, 1, 2), 1, cost="7", agent_type="seller", **trained)
        self.assertEqual(self._steps(), {"volume": Decimal("0.15"), "training": Decimal("6.5")})
        found = self._analytics().get_cost_bridge(
            "custom", date_from="2026-01-02", date_to="2026-01-02",
            compared_with=["2026-01-01", "2026-01-01"],
        )  # fmt: skip
        (line,) = found["by_user"]
        self.assertAlmostEqual(line["volume_usd"], 0.15, 12)
        self.assertAlmostEqual(line["per_call_usd"], 6.5, 12)
        for _place in ("ledger", "rollup"):
            lines = self._analytics().get_session_summary(period_type="year")
            self.assertEqual(lines, [])
            agents = self._analytics().get_agent_summary(period_type="year")
            means = {one["agent_type"]: one["cost_per_call_usd"] for one in agents}
            self.assertEqual(means["seller"], None)
            self.assertAlmostEqual(means[False], 0.01, 12)
            self.env["ai.cost.rollup"]._roll_up()

    def test_nothing_before_is_all_volume(self):
        self._write(date(2026, 1, 2))
        self.assertEqual(self._steps(), {"volume": Decimal("0.1")})
