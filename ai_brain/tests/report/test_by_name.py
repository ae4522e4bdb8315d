import random
from decimal import Decimal
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from .. import ledger_rows
from ..analytics_common import TODAY, AnalyticsCase

FEBRUARY = ("2026-02-01", "2026-02-28")
JANUARY = "2026-01-02"
#: breakdown -> SQL of its key; what has no key stands under False
KEYS = {
    "by_module": "module",
    "by_context": "context_model",
    "by_user": "user_id",
    "by_provider": "provider_id",
    "by_model": "model_name",
    "by_agent": "agent_type",
    "by_kind": "kind",
    "by_task": "task_type",
    "by_key": "gateway_key",
    "by_session": "session_id",
    "by_lead": "res_model || ',' || res_id",
}


@tagged("post_install", "-at_install")
class TestByName(AnalyticsCase):
    """Breakdowns and summaries by name, against the ledger summed in SQL."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        draw = random.Random(5)
        rows = ledger_rows.rows(
            300, cls.company.id, [cls.anna.id, cls.boss.id], [cls.provider.id], seed=2
        )
        for row in rows:
            row["session_id"] = draw.choice(("chat-1", "chat-2", "chat-3", None))
            row["gateway_key"] = draw.choice((7001, 7002, None, None))
            row["agent_mode"] = draw.choice(("passthrough", "smart_router", None))
            if row["res_model"]:
                row["res_model"] = draw.choice(("res.partner", "crm.lead"))
        cls.usage._insert([row for row in rows if row["local_date"] <= TODAY])

    def _lines(self, key, first, last, where="TRUE"):
        """{key: (cost, calls)} in SQL, dearest first."""
        self.env.cr.execute(
            f"SELECT {key}, SUM(cost_usd)::text, SUM(call_count) FROM ai_token_usage"
            f" WHERE company_id = %s AND local_date BETWEEN %s AND %s AND {where}"
            f" GROUP BY 1 ORDER BY SUM(cost_usd) DESC, 1",
            (self.company.id, first, last),
        )
        return {key or False: (Decimal(cost), calls) for key, cost, calls in self.env.cr.fetchall()}

    def test_breakdowns_are_dicts_by_name_or_id_dearest_first_to_the_last_digit(self):
        for rolled_up in (False, True):
            if rolled_up:
                self.env["ai.cost.rollup"]._roll_up()
            found = self._analytics().get_cost_breakdown()
            for name, key in KEYS.items():
                with self.subTest(name=name, rolled_up=rolled_up):
                    truth = self._lines(key, *FEBRUARY)
                    if name in ("by_session", "by_lead"):
                        truth.pop(False)
                    if name == "by_lead":
                        truth = dict(list(truth.items())[:10])
                    shown = {k: Decimal(row["cost_usd_exact"]) for k, row in found[name].items()}
                    spent = {k: cost for k, (cost, _n) in truth.items()}
                    self.assertEqual({k: v for k, v in shown.items() if k in spent}, spent)
                    # what had figures in the period before alone is listed, with nothing now
                    self.assertFalse(any(v for k, v in shown.items() if k not in spent))
                    costs = list(shown.values())
                    self.assertEqual(costs, sorted(costs, reverse=True))
                    for k, row in found[name].items():
                        self.assertEqual((row["key"], row["cost_usd"]), (k, float(shown[k])))
                        self.assertEqual(row["calls"], truth.get(k, (0, 0))[1])

    def test_trends_compare_each_line_with_the_period_before(self):
        found = self._analytics().get_cost_breakdown()
        for name, key in KEYS.items():
            before = self._lines(key, "2026-01-01", "2026-01-05")
            now = self._lines(key, *FEBRUARY)
            self.assertEqual(list(found["trends"][name]), list(found[name]))
            for k, change in found["trends"][name].items():
                was = before.get(k, (Decimal(0),))[0]
                if not was:
                    self.assertIsNone(change, (name, k))
                    continue
                cost = now.get(k, (Decimal(0),))[0]
                self.assertAlmostEqual(change, float(100 * (cost - was) / was), 6, (name, k))

    def test_a_user_breaks_down_own_sessions_alone(self):
        found = self._analytics(self.anna).get_cost_breakdown()["by_session"]
        truth = self._lines("session_id", *FEBRUARY, f"user_id = {self.anna.id}")
        self.assertEqual(
            {key: Decimal(row["cost_usd_exact"]) for key, row in found.items()},
            {key: cost for key, (cost, _calls) in truth.items() if key},
        )

    def _key_of(self, user, name):
        keys = self.env["ai.gateway.key"]
        return keys.create({"name": name, "user_id": user.id, "company_id": self.company.id})

    def test_keys_add_up_are_named_for_who_may_read_them_and_open_their_calls(self):
        mine, theirs = self._key_of(self.anna, "Anna's script"), self._key_of(self.boss, "n8n")
        row = {"company_id": self.company.id, "user_id": self.anna.id, "local_date": TODAY}
        self.usage._insert(
            [
                {**row, "gateway_key": mine.id, "cost_usd": Decimal("3.25")},
                {**row, "gateway_key": mine.id, "cost_usd": Decimal("1"), "local_date": JANUARY},
                {**row, "gateway_key": theirs.id, "cost_usd": Decimal("0.5")},
            ]
        )
        for rolled_up in (False, True):
            if rolled_up:
                self.env["ai.cost.rollup"]._roll_up()
            rows = self._analytics().get_breakdown_rows("by_key")["rows"]
            found = {one["key"]: one for one in rows}
            self.assertEqual(set(found), {False, 7001, 7002, mine.id, theirs.id})
            self.assertEqual(sum(Decimal(one["cost_usd_exact"]) for one in rows), self._spent())
            self.assertEqual(
                [(found[key]["label"], found[key]["opens"]) for key in (mine.id, 7001, False)],
                [
                    ("Anna's script", ["ai.gateway.key", mine.id]),
                    ("No. 7001", None),
                    ("No endpoint key", None),
                ],
            )
            self.assertEqual(
                (found[mine.id]["cost_usd"], found[mine.id]["previous_usd"]), (3.25, 1.0)
            )
        days = [("local_date", ">=", FEBRUARY[0]), ("local_date", "<=", FEBRUARY[1])]
        calls = self._analytics().env["ai.token.usage"]
        for one in rows:
            ((cost, count),) = calls._read_group(
                [*days, *one["domain"]], [], ["cost_usd:sum", "call_count:sum"]
            )
            self.assertAlmostEqual(cost, one["cost_usd"], 9)
            self.assertEqual(count, one["calls"])
        # of others' keys a user reads no name, and of others' calls no cost
        rows = self._analytics(self.anna).get_breakdown_rows("by_key")["rows"]
        labels = {one["key"]: one["label"] for one in rows}
        self.assertEqual(labels[mine.id], "Anna's script")
        self.assertEqual(labels[theirs.id], f"No. {theirs.id}")
        own = self._spent(f"user_id = {self.anna.id}")
        self.assertEqual(sum(Decimal(one["cost_usd_exact"]) for one in rows), own)

    def _spent(self, where="TRUE"):
        return sum(cost for cost, _n in self._lines("1", *FEBRUARY, where).values())

    def test_without_keys_there_is_nothing_to_break_down_by_them(self):
        self.assertTrue(self._analytics().get_dashboard_data()["has_keys"])
        old = {"period_type": "custom", "date_from": "2024-01-01", "date_to": "2024-01-31"}
        row = {"company_id": self.company.id, "local_date": "2024-01-05"}
        self.usage._insert([{**row, "cost_usd": Decimal("2")}])
        self.assertFalse(self._analytics().get_dashboard_data(**old)["has_keys"])
        self.assertEqual(self._analytics().get_breakdown_rows("by_key", **old)["rows"], [])
        self.assertEqual(self._analytics().get_cost_breakdown(**old)["by_key"], {})

    def test_calls_with_a_key_are_found_by_its_index(self):
        row = {"company_id": self.company.id, "local_date": TODAY, "cost_usd": Decimal("1")}
        self.usage._insert([row] * 3000)
        self.env.cr.execute("ANALYZE ai_token_usage")
        analytics, asked = self._analytics(), []
        execute = type(self.env.cr).execute

        def seen(cr, query, *args, **kwargs):
            asked.append(query)
            return execute(cr, query, *args, **kwargs)

        with patch.object(type(self.env.cr), "execute", seen):
            analytics.get_breakdown_rows("by_key")
            analytics.get_dashboard_data()
            self._analytics(self.anna).get_dashboard_data()
        keyed = [one for one in asked if "gateway_key" in getattr(one, "code", "")]
        grouped = [one for one in keyed if '"gateway_key", currency' in one.code]
        self.assertEqual(len(grouped), 2, "this period, and the one before")
        first = [one for one in keyed if one not in grouped and "LIMIT" in one.code]
        self.assertEqual(len(first), 2, "is there any, for a manager and for a user")
        for query in (*grouped, *first):
            self.env.cr.execute(SQL("EXPLAIN %s", query))
            plan = "\n".join(line for (line,) in self.env.cr.fetchall())
            # those that hold rows with a key alone
            self.assertRegex(plan, "ai_token_usage_(gateway_key|keyed_day|keyed_user_day)_idx")
            if query in first:
                self.assertIn("Index Scan using ai_token_usage_keyed_", plan)

    def test_the_dearest_hundred_sessions_are_shown(self):
        row = {"company_id": self.company.id, "local_date": TODAY}
        self.usage._insert(
            [{**row, "session_id": f"s{n}", "cost_usd": Decimal(10**6 + n)} for n in range(120)]
        )
        found = self._analytics().get_cost_breakdown()["by_session"]
        self.assertEqual(list(found), [f"s{n}" for n in range(119, 19, -1)])

    # ------------------------------------------------------------------
    # Summaries
    # ------------------------------------------------------------------

    def _truth(self, where, first="2026-01-01", last="2026-12-31"):
        self.env.cr.execute(
            f"""
            SELECT SUM(call_count), SUM(cost_usd)::text,
                   SUM(call_count) FILTER (WHERE kind IN ('cache', 'pattern', 'dedup')),
                   SUM(call_count) FILTER (WHERE state = 'failed'),
                   array_agg(DISTINCT agent_type) FILTER (WHERE agent_type IS NOT NULL)
              FROM ai_token_usage
             WHERE company_id = %s AND local_date BETWEEN %s AND %s AND {where}
            """,
            (self.company.id, first, last),
        )
        calls, cost, reused, failed, agents = self.env.cr.fetchone()
        return {
            "calls": calls or 0,
            "cost_usd": float(cost or 0),
            "cache_hit_rate": (reused or 0) / calls if calls else None,
            "success_rate": (calls - (failed or 0)) / calls if calls else None,
            "agents_used": sorted(agents or []),
        }

    def _assert_line(self, line, where, *days):
        truth = self._truth(where, *days)
        for name, value in truth.items():
            if isinstance(value, float):
                self.assertAlmostEqual(line[name], value, 12, f"{name} of {where}")
            else:
                self.assertEqual(line[name], value, f"{name} of {where}")

    def test_all_leads_are_summed_up_with_the_agents_that_served_them(self):
        lines = self._analytics().get_lead_summary()
        truth = self._lines("res_id", "2026-01-01", "2026-12-31", "res_model = 'crm.lead'")
        self.assertEqual([line["res_id"] for line in lines], list(truth))
        self.assertGreater(len(lines), 10)
        for line in lines:
            self.assertEqual(line["res_model"], "crm.lead")
            self._assert_line(line, f"res_model = 'crm.lead' AND res_id = {line['res_id']}")
        one = lines[3]
        self.assertEqual(self._analytics().get_lead_summary(one["res_id"]), one)

    def test_sessions_are_summed_up(self):
        lines = self._analytics().get_session_summary(period_type="year")
        self.assertEqual({line["session_id"] for line in lines}, {"chat-1", "chat-2", "chat-3"})
        for line in lines:
            self._assert_line(line, f"session_id = '{line['session_id']}'")
        self.assertEqual(
            self._analytics().get_session_summary("chat-2", "year"),
            next(line for line in lines if line["session_id"] == "chat-2"),
        )
        nothing = self._analytics().get_session_summary("chat-9")
        self.assertEqual((nothing["calls"], nothing["cache_hit_rate"]), (0, None))

    def test_agents_have_their_cache_rate(self):
        for line in self._analytics().get_agent_summary(period_type="year"):
            where = f"agent_type = '{line['agent_type']}'"
            self._assert_line(line, where if line["agent_type"] else "agent_type IS NULL")

    def test_summaries_are_filtered_by_mode_and_days(self):
        analytics, week = self._analytics(), ("2026-01-30", "2026-02-05")
        router = "agent_mode = 'smart_router'"
        lines = analytics.get_agent_summary("sales_bot", days=7, mode="smart_router")
        self._assert_line(lines[0], f"agent_type = 'sales_bot' AND {router}", *week)
        (session,) = [
            line
            for line in analytics.get_session_summary(days=7, mode="smart_router")
            if line["session_id"] == "chat-1"
        ]
        self._assert_line(session, f"session_id = 'chat-1' AND {router}", *week)
        lead = analytics.get_lead_summary(days=7, mode="smart_router")[0]
        where = f"res_model = 'crm.lead' AND res_id = {lead['res_id']} AND {router}"
        self._assert_line(lead, where, *week)
        for days in (0, True, "7", 10**6):
            self._fails(UserError, analytics.get_agent_summary, days=days)
            self._fails(UserError, analytics.get_lead_summary, days=days)
            self._fails(UserError, analytics.get_session_summary, days=days)

    def test_a_user_sums_up_own_leads_and_sessions(self):
        own = f"user_id = {self.anna.id}"
        analytics = self._analytics(self.anna)
        for line in analytics.get_session_summary(period_type="year"):
            self._assert_line(line, f"session_id = '{line['session_id']}' AND {own}")
        line = analytics.get_lead_summary()[0]
        where = f"res_model = 'crm.lead' AND res_id = {line['res_id']} AND {own}"
        self._assert_line(line, where)
