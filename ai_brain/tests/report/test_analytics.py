import json
from datetime import date
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..analytics_common import TODAY, AnalyticsCase


@tagged("post_install", "-at_install")
class TestBreakdown(AnalyticsCase):
    def test_the_total_is_the_ledgers_to_the_last_digit(self):
        found = self._analytics().get_cost_breakdown()
        self.assertEqual(Decimal(found["total_cost_exact"]), self._sum("SUM(cost_usd)"))
        self.assertEqual(found["calls"], self._sum("SUM(call_count)"))
        self.env["ai.cost.rollup"]._roll_up()
        self.assertEqual(self._analytics().get_cost_breakdown(), found)

    def test_every_breakdown_adds_up_and_has_the_keys_of_the_ledger(self):
        found = self._analytics().get_cost_breakdown()
        for name in ("by_module", "by_context", "by_user", "by_provider", "by_model", "by_agent"):
            rows = list(found[name].values())
            self.assertAlmostEqual(sum(r["cost_usd"] for r in rows), found["total_cost"], 9, name)
            self.assertAlmostEqual(sum(r["share_pct"] for r in rows), 100, 6)
            self.assertEqual(rows, sorted(rows, key=lambda r: -r["cost_usd"]))
            for row in rows:
                domain = [*row["domain"], ("local_date", ">=", "2026-02-01")]
                behind = self._analytics().env["ai.token.usage"].search(domain)
                self.assertEqual(row["calls"], sum(behind.mapped("call_count")))
        self.assertEqual(set(found["by_module"]), {"crm", "sale", "helpdesk", False})

    def test_addons_are_called_as_people_call_them(self):
        self.env["res.lang"]._activate_lang("de_DE")
        crm = self.env["ir.module.module"].search([("name", "=", "crm")])
        crm.shortdesc = "Customers"
        crm.with_context(lang="de_DE").shortdesc = "Kunden"

        def labels(analytics):
            rows = analytics.get_cost_breakdown()["by_module"].values()
            return {row["key"]: row["label"] for row in rows}

        names = labels(self._analytics())
        self.assertEqual((names["crm"], names[False]), ("Customers", "Not stated"))
        # no addon of that name is known here
        self.env["ir.module.module"].search([("name", "=", "helpdesk")]).unlink()
        self.env.registry.clear_cache()
        self.assertEqual(labels(self._analytics())["helpdesk"], "helpdesk")
        german = self._analytics().with_context(lang="de_DE")
        self.assertEqual(labels(german)["crm"], "Kunden")
        (facet,) = german.get_dashboard_data(module="crm")["facets"]
        self.assertEqual((facet["value"], facet["label"]), ("crm", "Kunden"))
        with self.assertQueryCount(0):
            self.assertEqual(german._labels("module", ["crm"]), {"crm": "Kunden"})

    def test_the_page_has_the_dearest_rows_and_the_others_on_demand(self):
        self._budget_of_anna()
        whole = self._analytics().get_dashboard_data()
        page = self._analytics().get_dashboard_data(breakdown_rows=2)
        for name, rows in whole["breakdowns"].items():
            self.assertEqual(page["breakdowns"][name], rows[:2])
            self.assertEqual(page["breakdown_counts"][name], len(rows))
            found = self._analytics().get_breakdown_rows(name)["rows"]
            self.assertEqual(found, rows)
        self.assertTrue([row for row in whole["breakdowns"]["by_user"] if row.get("budget_left")])
        self.assertEqual(page["options"], whole["options"])
        for odd in (0, -1, True, "2", 1.5, [2]):
            with self.subTest(breakdown_rows=odd):
                self._fails(UserError, self._analytics().get_dashboard_data, breakdown_rows=odd)
        for odd in ("by_nothing", None, 1, "by_session"):
            with self.subTest(name=odd):
                self._fails(UserError, self._analytics().get_breakdown_rows, odd)
        with self.assertRaises(UserError) as refused:
            self._analytics().get_breakdown_rows("x" * 100_000)
        self.assertLess(len(str(refused.exception)), 400, "what is refused is not sent back whole")

    def _budget_of_anna(self):
        return self.env["ai.cost.budget"].create(
            {
                "name": "Anna",
                "company_id": self.company.id,
                "currency_id": self.env.ref("base.USD").id,
                "budget_amount": 1000.0,
                "user_id": self.anna.id,
            }
        )

    def test_the_running_month_is_compared_with_as_many_days_of_the_last(self):
        found = self._analytics().get_cost_breakdown()
        self.assertEqual(found["previous"], {"date_from": "2026-01-01", "date_to": "2026-01-05"})
        before = self._sum("SUM(cost_usd)", "TRUE", "2026-01-01", "2026-01-05")
        now = self._sum("SUM(cost_usd)")
        self.assertAlmostEqual(found["trends"]["cost_usd"], float(100 * (now - before) / before), 9)

    def test_the_same_days_are_compared_alike_however_they_were_chosen(self):
        first, today = "2026-02-01", str(TODAY)
        running = self._analytics().get_cost_breakdown()["previous"]
        dates = self._analytics().get_cost_breakdown("custom", date_from=first, date_to=today)
        whole = self._analytics().get_cost_breakdown(
            "custom", date_from=first, date_to="2026-02-28"
        )
        self.assertEqual((dates["previous"], whole["previous"]), (running, running))

    def test_a_line_says_what_was_before_and_how_it_moved(self):
        found = self._analytics().get_cost_breakdown()
        for row in found["by_user"].values():
            self.assertAlmostEqual(row["change_usd"], row["cost_usd"] - row["previous_usd"], 9)
            self.assertEqual(row["change_pct"], found["trends"]["by_user"][row["key"]])
        total = found["total"]
        self.assertEqual(Decimal(total["cost_usd_exact"]), self._sum("SUM(cost_usd)"))
        before = self._sum("SUM(cost_usd)", "TRUE", "2026-01-01", "2026-01-05")
        self.assertAlmostEqual(total["previous_usd"], float(before), 9)

    def test_each_period_sums_its_own_days(self):
        cases = {
            "day": ("2026-02-05", "2026-02-05"),
            "week": ("2026-02-02", "2026-02-08"),
            "month": ("2026-02-01", "2026-02-28"),
            "quarter": ("2026-01-01", "2026-03-31"),
            "year": ("2026-01-01", "2026-12-31"),
            "last_month": ("2026-01-01", "2026-01-31"),
            "last_30_days": ("2026-01-07", "2026-02-05"),
        }
        for period_type, days in cases.items():
            found = self._analytics().get_cost_breakdown(period_type)
            self.assertEqual(tuple(found["period"].values()), days)
            exact = Decimal(found["total_cost_exact"])
            self.assertEqual(exact, self._sum("SUM(cost_usd)", "TRUE", *days), period_type)
        days = ("2026-01-07", "2026-01-19")
        found = self._analytics().get_cost_breakdown("custom", date_from=days[0], date_to=days[1])
        self.assertEqual(
            Decimal(found["total_cost_exact"]), self._sum("SUM(cost_usd)", "TRUE", *days)
        )
        self.assertEqual(found["previous"], {"date_from": "2025-12-25", "date_to": "2026-01-06"})

    def test_a_user_gets_own_figures_whatever_is_asked(self):
        own = self._sum("SUM(cost_usd)", f"user_id = {self.anna.id}")
        for filters in ({}, {"user_id": self.anna.id}):
            found = self._analytics(self.anna).get_cost_breakdown(**filters)
            self.assertEqual(Decimal(found["total_cost_exact"]), own)
            self.assertEqual(list(found["by_user"]), [self.anna.id])
        found = self._analytics(self.anna).get_cost_breakdown(user_id=self.boss.id)
        self.assertEqual((found["total_cost"], found["by_user"], found["by_lead"]), (0, {}, {}))

    def test_bad_input_is_answered_with_what_to_do(self):
        analytics = self._analytics()
        for arguments in (
            {"period_type": "fortnight"},
            {"period_type": None},
            {"period_type": "custom"},
            {"period_type": "custom", "date_from": "2026-02-02", "date_to": "2026-02-01"},
            {"period_type": "custom", "date_from": "1000-01-01", "date_to": "2026-02-01"},
            {"date_from": "yesterday"},
            {"colour": "red"},
            {"user_id": "me"},
            {"provider_id": -3},
            {"module": 7},
            {"module": "a\0b"},
            {"company_ids": "all"},
        ):
            with self.subTest(arguments=arguments), self.assertRaises(UserError):
                analytics.get_cost_breakdown(**arguments)

    def test_a_company_of_others_is_refused(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self._analytics().get_cost_breakdown(company_ids=other.ids)

    def test_a_portal_user_is_refused(self):
        portal = self._new_user("portal_ai", "base.group_portal")
        with self.assertRaises(AccessError):
            self._analytics(portal).get_dashboard_data()

    def test_a_provider_that_was_archived_keeps_its_name_in_history(self):
        self.vendor_provider.active = False
        rows = self._analytics().get_cost_breakdown()["by_provider"]
        self.assertEqual(rows[self.vendor_provider.id]["label"], "Loopback")

    def test_amounts_of_other_currencies_are_converted_for_display(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        self.company.currency_id = self.env.ref("base.USD")
        ids = self.usage._insert(
            [
                {
                    "company_id": self.company.id,
                    "local_date": date(2026, 2, 4),
                    "module": "euro",
                    "cost_usd": Decimal(2),
                    "currency_id": euro.id,
                    "currency_rate": Decimal("0.5"),
                }
            ]
        )
        self.env["res.currency.rate"].create(
            {"name": "2026-01-01", "currency_id": euro.id, "rate": 0.5,
             "company_id": self.company.id}
        )  # fmt: skip
        rows = self._analytics().get_cost_breakdown()["by_module"]
        row = rows["euro"]
        self.assertEqual((row["cost_usd"], row["cost_company"]), (2.0, 2.0))
        self.assertEqual(self.usage.browse(ids).cost_company, 1.0)


@tagged("post_install", "-at_install")
class TestDashboardData(AnalyticsCase):
    def _total(self, data, name):
        return data["totals"][name]["value"]

    def test_one_call_holds_everything_and_can_be_sent(self):
        data = self._analytics().get_dashboard_data()
        self.assertEqual(json.loads(json.dumps(data)), data)
        self.assertEqual(
            set(data),
            {
                "currency", "usd", "currency_note", "generated_at", "fresh_until_id",
                "timezone", "period",
                "previous", "access", "empty", "checklist", "totals", "budget", "forecast",
                "trend", "breakdowns", "breakdown_counts", "has_keys", "providers", "waste",
                "recommendations", "first_actions",
                "proof",
                "domain", "facets", "options",
            },
        )  # fmt: skip

    def test_the_totals_are_the_ledgers(self):
        self.env["ai.cost.rollup"]._roll_up()
        data = self._analytics().get_dashboard_data()
        for name, what, where in (
            ("cost_usd", "SUM(cost_usd)", "TRUE"),
            ("cost_company", "SUM(cost_company)", "TRUE"),
            ("calls", "SUM(call_count)", "TRUE"),
            ("saved_usd", "SUM(saved_usd)", "TRUE"),
            ("uncertain_usd", "SUM(cost_usd)", "state = 'uncertain'"),
            ("output_tokens", "SUM(output_tokens + COALESCE(reasoning_tokens, 0))", "TRUE"),
            ("latency_ms", "AVG(latency_ms)", "state = 'done' AND kind IN ('api', 'batch')"),
            ("cache_hit_rate", "100 * AVG((kind IN ('cache', 'dedup', 'pattern'))::int)", "TRUE"),
            ("success_rate", "100 * AVG((state <> 'failed')::int)", "TRUE"),
        ):
            expected = float(self._sum(what, where))
            self.assertAlmostEqual(self._total(data, name), expected, 9, name)

    def test_the_trend_holds_every_day_and_adds_up(self):
        data = self._analytics().get_dashboard_data()
        trend = data["trend"]
        self.assertEqual((len(trend["dates"]), trend["dates"][0]), (28, "2026-02-01"))
        cost = sum(sum(series["values"]) for series in trend["series"])
        self.assertAlmostEqual(cost, self._total(data, "cost_usd"), 9)
        self.assertAlmostEqual(sum(trend["totals"]), self._total(data, "cost_usd"), 9)
        self.assertAlmostEqual(trend["total"], self._total(data, "cost_usd"), 9)

    def test_a_day_of_the_trend_is_compared_with_its_weekday(self):
        trend = self._analytics().get_dashboard_data()["trend"]
        self.assertEqual(trend["previous_label"], "same weekday, 4 weeks before")
        dates = list(zip(trend["dates"], trend["previous_dates"], strict=True))
        for day, before in dates[: TODAY.day]:
            self.assertEqual((date.fromisoformat(day) - date.fromisoformat(before)).days, 28)
        self.assertEqual({before for _day, before in dates[TODAY.day :]}, {None})
        self.assertEqual(trend["previous_total"][TODAY.day :], [None] * (28 - TODAY.day))
        for (_day, before), amount in zip(dates[: TODAY.day], trend["previous_total"]):
            expected = float(self._sum("COALESCE(SUM(cost_usd), 0)", "TRUE", before, before))
            self.assertAlmostEqual(amount, expected, 9)

    def test_a_year_is_bars_of_months_that_add_up(self):
        data = self._analytics().get_dashboard_data("year")
        trend = data["trend"]
        self.assertEqual((trend["unit"], len(trend["dates"])), ("month", 12))
        self.assertEqual((trend["dates"][1], trend["ends"][1]), ("2026-02-01", "2026-02-28"))
        self.assertAlmostEqual(sum(trend["totals"]), self._total(data, "cost_usd"), 9)
        self.assertEqual(trend["previous_dates"][0], "2025-01-01")

    def test_a_provider_keeps_its_colour_whatever_is_filtered(self):
        def colors(data):
            return {one["provider_id"]: one["color"] for one in data["trend"]["series"]}

        everything = colors(self._analytics().get_dashboard_data())
        self.assertGreater(len(everything), 1)
        self.assertEqual(len(set(everything.values())), len(everything))
        for provider_id in everything:
            alone = colors(self._analytics().get_dashboard_data(provider_id=provider_id))
            self.assertEqual(alone, {provider_id: everything[provider_id]})

    def test_an_unusual_day_is_marked_with_its_cause(self):
        carl = self._new_user("carl", company_id=self.company.id, company_ids=self.company.ids)
        usual = {
            "company_id": self.company.id,
            "user_id": carl.id,
            "agent_type": "steady",
            "cost_usd": Decimal(10),
        }
        days = [date.fromordinal(TODAY.toordinal() - n) for n in range(60)]
        self.usage._insert([{**usual, "local_date": day} for day in days])
        burst = days[2]
        self.usage._insert(
            [{**usual, "agent_type": "burst", "local_date": burst, "cost_usd": Decimal(500)}]
        )
        shown = self._analytics().get_dashboard_data(user_id=carl.id)
        (mark,) = shown["trend"]["marks"]
        self.assertEqual(mark["date"], str(burst))
        self.assertEqual(mark["domain"], [["agent_type", "=", "burst"]])
        self.assertIn("by the agent “burst”", mark["text"])
        self.assertAlmostEqual(mark["amount_usd"], 510.0, 9)
        self.assertAlmostEqual(mark["expected_usd"], 10.0, 9)

    def test_quality_is_the_mean_of_all_ratings(self):
        february = self.usage.search(
            [("id", "in", self.ids), ("local_date", ">=", "2026-02-01")], limit=2
        )
        february[0].write({"quality_score": 100, "feedback_count": 1})
        february[1].write({"quality_score": 40, "feedback_count": 2})
        data = self._analytics().get_dashboard_data()
        self.assertEqual(self._total(data, "quality"), 60)

    def test_nothing_yet_is_not_zero_quality_and_shows_the_checklist(self):
        empty = self.env["res.company"].create({"name": "Empty"})
        self.boss.company_ids += empty
        analytics = self._analytics().with_context(allowed_company_ids=empty.ids)
        data = analytics.with_company(empty).get_dashboard_data()
        self.assertTrue(data["empty"])
        self.assertIsNone(self._total(data, "quality"))
        self.assertIsNone(self._total(data, "cost_per_call_usd"))
        self.assertIsNone(data["totals"]["cost_usd"]["change_pct"])
        steps = {step["key"]: step["done"] for step in data["checklist"]}
        self.assertEqual(set(steps), {"provider", "price", "budget", "test_call", "saving"})
        self.assertFalse(steps["test_call"])

    def test_the_efficient_frontier_drops_who_is_dearer_and_no_better(self):
        third = self._new_provider("Third", company_id=False, quality_score=99)
        self.provider.quality_score, self.vendor_provider.quality_score = 70, 60
        february = {"company_id": self.company.id, "local_date": TODAY}
        for provider, cost in ((self.provider, 1), (self.vendor_provider, 10**6), (third, 10**7)):
            self.usage._insert(
                [{**february, "provider_id": provider.id, "cost_usd": Decimal(cost)}] * 40
            )
        lines = {line["id"]: line for line in self._analytics().get_dashboard_data()["providers"]}
        self.assertTrue(lines[self.provider.id]["on_frontier"])
        self.assertFalse(lines[self.vendor_provider.id]["on_frontier"])
        self.assertTrue(lines[third.id]["on_frontier"])

    def test_waste_is_shown_with_its_money_and_what_to_change(self):
        rows = self.usage.search(
            [("id", "in", self.ids), ("local_date", ">=", "2026-02-01")], limit=3
        )
        target = {"kind": "provider", "id": self.provider.id, "name": self.provider.name}
        for row in rows:
            finding = {"type": "wrong_model", "cost_wasted": 0.25, "target": target}
            row.write({"waste_detected": True, "waste_report": {"findings": [finding]}})
        (line,) = self._analytics().get_dashboard_data()["waste"]
        self.assertEqual((line["cost_usd"], line["calls"]), (0.75, 3))
        self.assertEqual(line["since"], str(min(rows.mapped("local_date"))))
        self.assertEqual(line["action"]["res_id"], self.provider.id)
        (line,) = self._analytics(self.anna).get_dashboard_data()["waste"] or [{"action": None}]
        self.assertIsNone(line["action"])

    def test_the_forecast_lies_between_its_bounds_and_above_what_was_spent(self):
        found = self._analytics().get_dashboard_data()["forecast"]
        spent = float(self._sum("SUM(cost_usd)"))
        self.assertLess(spent, found["value_usd"])
        self.assertLessEqual(found["low_usd"], found["value_usd"])
        self.assertLessEqual(found["value_usd"], found["high_usd"])

    def test_a_period_that_is_over_is_not_forecast(self):
        found = self._analytics().get_dashboard_data(date_from="2026-01-15")["forecast"]
        january = float(self._sum("SUM(cost_usd)", "TRUE", "2026-01-01", "2026-01-31"))
        self.assertEqual(found["method"], "actual")
        self.assertAlmostEqual(found["value_usd"], january, 6)

    def test_filters_show_as_facets_and_narrow_the_domain(self):
        data = self._analytics().get_dashboard_data(
            provider_id=self.provider.id, agent_type="sales_bot"
        )
        facets = {facet["field"]: facet["label"] for facet in data["facets"]}
        self.assertEqual(facets, {"provider_id": "Sandbox", "agent_type": "sales_bot"})
        behind = self._analytics().env["ai.token.usage"].search(data["domain"])
        self.assertAlmostEqual(sum(behind.mapped("cost_usd")), self._total(data, "cost_usd"), 6)

    def test_figures_are_the_same_from_the_rollup_and_from_the_ledger(self):
        before = self._analytics().get_dashboard_data()
        self.env["ai.cost.rollup"]._roll_up()
        after = self._analytics().get_dashboard_data()
        for moving in ("generated_at", "fresh_until_id"):
            before.pop(moving), after.pop(moving)
        self.assertEqual(after, before)

    def test_budgets_that_the_user_may_see_are_shown(self):
        self.env["ai.cost.budget"].create(
            [
                {"name": "All", "company_id": self.company.id, "owner_id": self.boss.id,
                 "currency_id": self.env.ref("base.USD").id},
                {"name": "Anna's", "company_id": self.company.id, "owner_id": self.boss.id,
                 "user_id": self.anna.id, "currency_id": self.env.ref("base.USD").id},
            ]
        )  # fmt: skip
        shown = self._analytics().get_dashboard_data()["budget"]
        self.assertEqual(shown["name"], "All")
        self.assertEqual({line["name"] for line in shown["budgets"]}, {"All", "Anna's"})
        mine = self._analytics(self.anna).get_dashboard_data()["budget"]
        self.assertEqual([line["name"] for line in mine["budgets"]], ["Anna's"])
