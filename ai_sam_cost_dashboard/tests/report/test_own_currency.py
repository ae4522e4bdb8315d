import json
from datetime import date, timedelta
from decimal import Decimal

from lxml import etree

from odoo.tests import tagged

from .own_currency import FROZEN, TODAY, OwnCurrencyCase


@tagged("post_install", "-at_install", "every_series")
class TestOwnCurrency(OwnCurrencyCase):
    """Benchmarks, recommendations, what-ifs, experiments and the form of a call in a company in
    EUR: its currency first, and what is shown is SQL times the rate."""

    def measured(self):
        benchmarks = self.env["ai.provider.benchmark"]
        for values in (
            {"cost_usd": Decimal(2), "response_time_ms": 7_379, "token_usage_id": self.call.id},
            {"cost_usd": Decimal("0.003"), "response_time_ms": 40},
        ):
            row = {"company_id": self.company.id, "provider_id": self.provider.id,
                   "user_id": self.boss.id, "task_type": "chat", **values}  # fmt: skip
            benchmarks.sudo()._append(row)
        return benchmarks.search([("company_id", "=", self.company.id)], order="id")

    WORTH = f"CASE WHEN u.currency_rate IS NOT NULL THEN {FROZEN} ELSE {TODAY} END"

    def same_as_sql(self, records, names, table):
        """What lists show, what their groups add up, and SQL times the rate."""
        for name, usd in names.items():
            amount = float(self.sql(table, f"SUM(t.{usd} * {self.WORTH})"))
            ((total,),) = records._read_group([("id", "in", records.ids)], [], [f"{name}:sum"])
            self.assertAlmostEqual(float(total), amount, 9, name)
            self.assertAlmostEqual(sum(records.mapped(name)), amount, 9, name)
            self.assertEqual(records.fields_get([name])[name]["aggregator"], "sum")

    def test_benchmarks(self):
        rows = self.measured()
        self.assertEqual(rows.mapped("cost_listed"), [2.0, 0.003])  # no rate: as other pages, USD
        head = self.shown("ai.provider.benchmark", "list", "cost_listed", "cost_usd")
        self.assertEqual([name for name, _title in head], ["cost_usd"])
        self.quote()
        rows.invalidate_recordset()
        first, second = rows.mapped("cost_listed")
        self.assertAlmostEqual(first, 2 * FROZEN)  # as the ledger counted the call
        self.assertAlmostEqual(second, 0.003 * TODAY)
        self.same_as_sql(rows, {"cost_listed": "cost_usd"}, "ai_provider_benchmark")
        for kind in ("list", "pivot", "graph"):
            self.assertEqual(
                self.shown("ai.provider.benchmark", kind, "cost_listed", "cost_usd"),
                [("cost_listed", "Cost (EUR)"), ("cost_usd", "Cost (USD)")],
                kind,
            )

    def test_times_are_in_seconds(self):
        rows = self.measured()
        self.assertEqual(rows.mapped("response_time"), [7.379, 0.04])
        ((mean,),) = rows._read_group([("id", "in", rows.ids)], [], ["response_time:avg"])
        self.assertAlmostEqual(
            float(mean), float(self.sql("ai_provider_benchmark", "AVG(t.response_time_ms)")) / 1000
        )
        slowest = rows.search([("id", "in", rows.ids)], order="response_time desc")
        self.assertEqual(slowest.ids, rows.ids)
        dearest = rows.search([("id", "in", rows.ids)], order="cost_listed")
        self.assertEqual(dearest.ids, rows.ids[::-1])
        self.assertTrue(rows.fields_get(["response_time"])["response_time"]["sortable"])
        for model, kinds, ms in (
            ("ai.provider.benchmark", ("list", "pivot", "graph"), "response_time_ms"),
            ("ai.token.usage", ("list", "pivot", "graph", "form"), "latency_ms"),
            ("ai.experiment", ("form",), "time_a"),
        ):
            for kind in kinds:
                arch = etree.fromstring(self.env[model].get_view(view_type=kind)["arch"])
                of = arch.findall(f".//field[@name='{ms}']")
                self.assertEqual([field.get("invisible") for field in of], ["1"] * len(of), kind)
                self.assertNotIn("(ms)", etree.tostring(arch, encoding="unicode"), (model, kind))
        self.assertEqual(self.call.latency_s, 7.379)
        self.assertEqual(self.call.latency_text, "7.4 s")
        ((mean,),) = self.call._read_group([("id", "=", self.call.id)], [], ["latency_s:avg"])
        self.assertAlmostEqual(float(mean), 7.379)

    def test_recommendations(self):
        optimizer = self.env["ai.cost.optimizer"]
        names = {
            "estimated_cost_listed": "estimated_cost_usd",
            "actual_cost_listed": "actual_cost_usd",
            "recommended_cost_listed": "recommended_cost_usd",
        }
        dear = ["not.cost", {"cost_usd": 2.0}]
        for usage, one in ((self.call.id, 2), (None, 1)):
            values = {
                "company_id": self.company.id, "user_id": self.boss.id, "task_type": "chat",
                "created_at": "2026-01-01 00:00:00", "token_usage_id": usage, "is_used": True,
                "estimated_cost_usd": one, "actual_cost_usd": 2 * one,
                "recommended_cost_usd": 3 * one,
                "others": json.dumps([{"provider_name": "Two", "why_not": dear}]),
            }  # fmt: skip
            optimizer._record(values)
        rows = optimizer.search([("company_id", "=", self.company.id)], order="id")
        self.assertIn("$2.00", rows[0].alternatives_text)
        self.quote()
        rows.invalidate_recordset()
        self.assertAlmostEqual(rows[0].actual_cost_listed, 4 * FROZEN)
        self.assertAlmostEqual(rows[1].actual_cost_listed, 2 * TODAY)
        self.same_as_sql(rows, names, "ai_cost_optimizer")
        self.assertIn(self.euro._ai_text(2 * FROZEN), rows[0].alternatives_text)
        columns = ("actual_cost_listed", "actual_cost_usd")
        for kind in ("list", "pivot", "form"):
            found = self.shown("ai.cost.optimizer", kind, *columns)
            self.assertEqual(
                found, [(columns[0], "Actual (EUR)"), (columns[1], "Actual (USD)")], kind
            )
        cards = self.shown("ai.cost.optimizer", "kanban", *names, *names.values())
        self.assertEqual([name for name, _title in cards], ["estimated_cost_listed"])

    def test_what_ifs(self):
        self.quote()
        day = self.today - timedelta(days=40)
        what_if = self.env["ai.what.if"].create(
            {
                "name": "Again",
                "company_id": self.company.id,
                "date_from": day,
                "date_to": day,
            }
        )
        what_if.action_run()
        self.env["ai.what.if"].sudo()._cron_run()
        what_if.invalidate_recordset()
        self.assertEqual((what_if.state, what_if.now_usd), ("done", 2.0))
        self.assertAlmostEqual(what_if.now_listed, 2 * FROZEN)  # as the ledger counted it
        self.assertAlmostEqual(what_if.then_listed, what_if.then_usd * FROZEN)
        self.assertAlmostEqual(what_if.change_listed, what_if.change_usd * FROZEN)
        lines = what_if.line_ids
        ((now, then),) = lines._read_group(
            [("id", "in", lines.ids)], [], ["now_listed:sum", "then_listed:sum"]
        )
        self.assertAlmostEqual(float(now), sum(lines.mapped("now_listed")))
        self.assertAlmostEqual(float(then), sum(lines.mapped("then_listed")))
        ((total,),) = what_if._read_group([("id", "=", what_if.id)], [], ["now_listed:sum"])
        self.assertAlmostEqual(float(total), what_if.now_listed)
        own = self.euro._ai_text
        self.assertIn(own(2 * FROZEN), what_if.daily["texts"][0])
        self.assertEqual(what_if.daily["now"], [2 * FROZEN])
        pair = ("now_listed", "now_usd")
        heads = [("now_listed", "Now (EUR)"), ("now_usd", "Now (USD)")]
        self.assertEqual(self.shown("ai.what.if", "list", *pair), heads)
        self.assertEqual(self.shown("ai.what.if", "form", *pair)[:2], heads)
        for kind in ("list", "pivot", "graph"):
            self.assertEqual(self.shown("ai.what.if.line", kind, *pair), heads, kind)
        cards = self.shown("ai.what.if", "kanban", "change_listed", "change_usd")
        self.assertEqual([name for name, _title in cards], ["change_listed"])
        compared = (what_if | what_if.copy()).filtered(lambda one: one.state == "done")
        both = compared | self._done_again(what_if)
        self.assertEqual(
            both.action_compare()["context"]["pivot_measures"], ["now_listed", "then_listed"]
        )
        content = what_if.export_what_ifs("csv", what_if.ids)[2].decode("utf-8-sig")
        head, first = content.splitlines()[:2]
        self.assertIn('"Now (EUR)","Then (EUR)","Now (USD)","Then (USD)"', head)
        self.assertIn('"1.80","1.80","2.00","2.00"', first)

    def _done_again(self, what_if):
        again = what_if.copy()
        again.action_run()
        self.env["ai.what.if"].sudo()._cron_run()
        again.invalidate_recordset()
        return again

    def test_a_what_if_of_days_before_any_rate(self):
        self.env["res.currency.rate"].sudo().create(
            {"name": str(self.today), "currency_id": self.euro.id, "rate": TODAY,
             "company_id": self.company.id}
        )  # fmt: skip
        what_if = self.env["ai.what.if"].create(
            {"name": "Long ago", "date_from": "2020-01-01", "date_to": "2020-01-31"}
        )
        self.assertEqual(what_if._worth_on([date(2020, 1, 31)])[date(2020, 1, 31)], Decimal("0.8"))

    def test_experiments(self):
        experiment = self.env["ai.experiment"].create(
            {
                "name": "Which",
                "company_id": self.company.id,
                "provider_a_id": self.provider.id,
                "provider_b_id": self.other.id,
            }
        )
        self.env["ai.cost.optimizer"]._record(
            {"company_id": self.company.id, "created_at": "2026-01-01 00:00:00",
             "token_usage_id": self.call.id, "experiment_id": experiment.id, "experiment_arm": "a"}
        )  # fmt: skip
        self.quote()
        experiment.invalidate_recordset()
        self.assertEqual(experiment.cost_a, 2.0)
        self.assertAlmostEqual(experiment.cost_a_listed, 2 * TODAY)
        self.assertEqual(experiment.seconds_a, 7.379)
        found = self.shown("ai.experiment", "form", "cost_a_listed", "cost_a")
        self.assertEqual(
            found,
            [("cost_a_listed", "Cost of an Answer (EUR)"), ("cost_a", "Cost of an Answer (USD)")],
        )

    def test_the_form_of_a_call(self):
        self.assertIn("there is no rate between USD and EUR", self.call.rate_note)
        self.quote()
        self.call.invalidate_recordset()
        self.assertFalse(self.call.rate_note)
        own = self.euro._ai_text
        html = str(self.call.arithmetic)
        self.assertIn("at $1.00 a million", html)  # the vendor's price stays in USD
        self.assertIn(own(2 * FROZEN), html)
        self.assertIn("$2.00", html)
        self.assertIn("$1.00 = " + self.euro._ai_exact_text(Decimal("0.9")), html)
        self.assertAlmostEqual(self.call.baseline_company, 3 * FROZEN)
        arch = etree.fromstring(self.env["ai.token.usage"].get_view(view_type="form")["arch"])
        first, second = arch.findall(".//h1/field")
        self.assertEqual((first.get("name"), second.get("name")), ("cost_listed", "cost_usd"))
        self.assertEqual(json.loads(first.get("options"))["signs"], ["", "\u00a0€", 2])
        self.assertEqual(arch.find(".//label[@for='cost_listed']").tag, "label")
        for name in ("baseline", "saved", "could_have_saved"):
            heads = self.shown("ai.token.usage", "form", f"{name}_company")
            self.assertTrue(heads[0][1].endswith("(EUR)"), heads)

    def test_a_company_in_usd_sees_what_it_saw(self):
        main = self.env["res.company"].sudo().create(
            {"name": "Main Ltd", "currency_id": self.usd.id})  # fmt: skip
        self.boss.sudo().company_ids += main
        env = self.env(context={"allowed_company_ids": main.ids})
        for model in ("ai.provider.benchmark", "ai.cost.optimizer", "ai.what.if", "ai.token.usage"):
            arch = env[model].get_view(view_type="list")["arch"]
            self.assertNotIn("_listed", arch)
            self.assertNotIn("EUR", arch)
