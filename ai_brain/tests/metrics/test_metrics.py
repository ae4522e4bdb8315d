from collections import defaultdict
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from odoo.tests import tagged

from ...models.metrics.ai_metric_sum import MOST_NAMES
from ...models.report import rollup_fold
from ..analytics_common import AnalyticsCase

KINDS = (
    "api",
    "pattern",
    "cache",
    "dedup",
    "batch",
    "summary",
    "trial",
    "tuning",
    "fallback",
)
REUSED = "('pattern', 'cache', 'dedup')"
ERRORS = (None, "ServerError", "RateLimited", "ReaderLeft", "ConfigurationError", "RefusedByUs")
#: What would end a label, a line or the whole text, were it not escaped.
EVIL = '"\\\n} evil{x="1"} 9'


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestMetrics(AnalyticsCase):
    """Counters for operators: what SQL says of the ledger, folded or not."""

    def scrape(self, company=None):
        """{(sample, (label, value)…): number}"""
        text = self.env["ai.metrics"]._text(company or self.company).decode()
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def fold(self, upto=None):
        """Fold the ledger up to a row, as the scheduled action does on cursors of its own."""
        cr = self.env.cr
        cr.execute("SELECT watermark FROM ai_cost_rollup_mark")
        after = cr.fetchone()[0]
        if upto is None:
            cr.execute("SELECT MAX(id) FROM ai_token_usage")
            upto = cr.fetchone()[0]
        rollup_fold.fold(cr, after, upto)
        self.env["ai.metric.sum"]._fold(cr, after, upto)
        cr.execute("UPDATE ai_cost_rollup_mark SET watermark = %s", (upto,))

    def sql(self, what, where="TRUE", by=()):
        """Sums by labels straight from the ledger."""
        columns = ", ".join((*by, what))
        self.env.cr.execute(
            f"SELECT {columns} FROM ai_token_usage u WHERE company_id = %s AND {where}"
            + (f" GROUP BY {', '.join(by)}" if by else ""),
            (self.company.id,),
        )
        return self.env.cr.fetchall()

    def check(self):
        """Hold a scrape against the ledger."""
        found = self.scrape()
        for model, calls in self.sql("SUM(call_count)", by=("model_name",)):
            self.assertEqual(found["llm_requests_total", ("model", model)], calls)
        by = ("COALESCE(agent_type, '')", "kind")
        for agent, kind, cost, tokens in self.sql(
            "SUM(cost_usd)::text, SUM(output_tokens)", "correction_of_id IS NULL", by
        ):
            labels = ("agent", agent), ("kind", kind)
            self.assertAlmostEqual(found[("llm_cost_dollars_total", *labels)], float(cost), 12)
            self.assertEqual(found[("llm_tokens_total", *labels, ("type", "output"))], tokens)
        billed = (
            "kind IN ('api', 'batch') AND (state = 'done' OR cost_usd > 0)"
            " AND correction_of_id IS NULL"
        )
        least = defaultdict(int)
        for (name, *labels), value in found.items():
            if name == "llm_cost_per_request_dollars_count":
                least["count"] += value
            if name == "llm_cost_per_request_dollars_sum":
                least["sum"] += value
            if name == "llm_cost_per_request_dollars_bucket" and ("le", "0.003") in labels:
                least["bucket"] += value
        ((count, cost),) = self.sql("COUNT(*), SUM(cost_usd)::float", billed)
        self.assertEqual(least["count"], count)
        self.assertAlmostEqual(least["sum"], cost, 9)
        ((small,),) = self.sql("COUNT(*)", f"{billed} AND cost_usd <= 0.003")
        self.assertEqual(least["bucket"], small)
        self.assertGreater(small, 0)
        self.assertGreater(count, small)
        return found

    def add_every_kind(self):
        """Rows of every kind, outcome and label that the 400 others may lack."""
        row = {
            "company_id": self.company.id,
            "user_id": self.anna.id,
            "local_date": "2026-02-03",
            "model_name": "each-1",
            "agent_type": "each",
            "kind": "api",
            "input_tokens": 11,
            "output_tokens": 7,
            "cache_read_tokens": 5,
            "cache_write_tokens": 3,
            "reasoning_tokens": 2,
            "cost_usd": Decimal("0.003"),
            "latency_ms": 2000,
        }
        different = [{"kind": kind} for kind in KINDS]
        different += [{"state": "failed", "error_code": code, "cost_usd": 0} for code in ERRORS]
        different += [
            {"state": "uncertain", "error_code": "WorkerDied"},
            {"state": "uncertain", "error_code": "ReaderLeft"},
            {"state": "uncertain"},
            {"kind": "batch", "call_count": 4, "cost_usd": Decimal("0.4")},
            {"latency_ms": None, "agent_type": None, "model_name": None},
            {"kind": "cache", "answer_match": "exact", "saved_usd": Decimal("0.25"), "cost_usd": 0},
            {"kind": "cache", "answer_match": "same_question", "cost_usd": 0},
            {"attempt_after": "unpaid", "asked_hash": 1, "model_name": "each-2"},
            {"attempt_after": "paid", "asked_hash": 1},
            {"asked_hash": 2, "figures_unsupported": 3},
            {"saved_usd": Decimal("-0.125")},
        ]
        different += [{"choice_reason": reason} for reason in ("switch", "fallback", "router")]
        different += [{"user_tier": tier} for tier in ("low", "high")]
        different += [{"prompt_complexity": one} for one in (0, 0.29, 0.3, 0.69, 0.7, 1)]
        different += [{"cost_usd": Decimal(usd)} for usd in ("0.0001", "0.00010001", "3", "4")]
        different += [{"latency_ms": ms} for ms in (0, 100, 101, 60_000, 60_001)]
        self.usage._insert([{**row, **one} for one in different])

    def expected(self):
        """What docs/monitoring.md says of each counter, counted row by row."""
        self.env.cr.execute(
            "SELECT *, cost_usd::text AS cost, COALESCE(saved_usd, 0)::text AS saved"
            " FROM ai_token_usage WHERE company_id = %s AND correction_of_id IS NULL",
            (self.company.id,),
        )
        found = defaultdict(lambda: 0)

        def add(name, amount, **labels):
            found[(name, *sorted(labels.items()))] += amount

        def spread(name, bounds, value, calls, **labels):
            for bound in (*bounds, float("inf")):
                le = "+Inf" if bound == float("inf") else str(float(bound))
                add(f"{name}_bucket", calls if value <= bound else 0, le=le, **labels)
            add(f"{name}_count", calls, **labels)
            add(f"{name}_sum", value * calls, **labels)

        add("llm_hallucination_detected_total", 0)
        add("semantic_cache_misses_total", 0)
        for match in ("exact", "same_question"):
            add("semantic_cache_hits_total", 0, similarity_range=match)
        for row in self.env.cr.dictfetchall():
            model, agent, calls = (
                row["model_name"] or "",
                row["agent_type"] or "",
                row["call_count"],
            )
            cost = Decimal(row["cost"])
            nobodys = row["error_code"] in ("ReaderLeft", "ConfigurationError", "RefusedByUs")
            failed = not nobodys and (
                row["state"] == "failed" or (row["state"] == "uncertain" and row["error_code"])
            )
            outcome = "failed" if failed else "refused" if nobodys else "answered"
            vendor = row["kind"] in ("api", "batch", "summary", "trial")
            paid = vendor and (outcome == "answered" or cost > 0)
            if not row["attempt_after"]:
                add("llm_requests_total", calls, model=model)
            by = {"agent": agent, "kind": row["kind"]}
            add("llm_calls_total", calls, outcome=outcome, **by)
            add("llm_cost_dollars_total", cost, **by)
            add("llm_saved_dollars", Decimal(row["saved"]), **by)
            for kind in ("input", "output", "cache_read", "cache_write", "reasoning"):
                add("llm_tokens_total", row[f"{kind}_tokens"] or 0, type=kind, **by)
            if vendor:
                reason = row["choice_reason"] or "configured"
                add("llm_model_selection_total", calls, selected_model=model, reason=reason)
            if outcome != "answered":
                error = row["error_code"] or "unknown"
                add("llm_errors_total", calls, model=model, error=error)
            add("llm_hallucination_detected_total", row["figures_unsupported"] or 0)
            if row["kind"] == "cache":
                match = row["answer_match"] or "exact"
                add("semantic_cache_hits_total", calls, similarity_range=match)
            elif row["asked_hash"] is not None and paid and row["attempt_after"] != "paid":
                add("semantic_cache_misses_total", calls)
            if paid:
                hard = row["prompt_complexity"]
                level = "unknown" if hard is None else "complex"
                if hard is not None and hard < 0.7:
                    level = "simple" if hard < 0.3 else "moderate"
                spread(
                    "llm_cost_per_request_dollars",
                    map(Decimal, "0.0001 0.0003 0.001 0.003 0.01 0.03 0.1 0.3 1 3".split()),
                    cost / calls,
                    calls,
                    model=model,
                    user_tier=row["user_tier"] or "any",
                    complexity=level,
                )
            if vendor and outcome == "answered" and row["latency_ms"] is not None:
                seconds = Decimal(row["latency_ms"]) / 1000
                bounds = map(Decimal, "0.1 0.25 0.5 1 2 4 8 15 30 60".split())
                spread("llm_request_latency_seconds", bounds, seconds, calls, model=model)
        return {key: float(value) for key, value in found.items()}

    def test_every_counter_is_what_its_description_says(self):
        self.add_every_kind()
        for place in ("ledger", "sums"):
            found = self.scrape()
            counted = {
                key: value
                for key, value in found.items()
                if key[0].endswith(("_total", "_bucket", "_count", "_sum", "_saved_dollars"))
            }
            expected = self.expected()
            self.assertEqual(set(counted), set(expected), place)
            for key, value in expected.items():
                self.assertAlmostEqual(counted[key], value, 9, (place, key))
            calls = sum(v for key, v in counted.items() if key[0] == "llm_calls_total")
            reused = self._sum("SUM(call_count)", f"kind IN {REUSED}", first="2000-01-01")
            self.assertAlmostEqual(found["llm_reuse_ratio",], float(reused) / calls, 12)
            self.fold()

    def test_budget_use_is_that_of_the_budget_s_form(self):
        usd, today = self.env.ref("base.USD"), self.company._ai_local_date()
        common = {"company_id": self.company.id, "currency_id": usd.id, "block_at_threshold": 100}
        self.usage._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": user.id,
                    "local_date": today,
                    "cost_usd": Decimal(cost),
                }
                for user, cost in ((self.anna, "1.5"), (self.boss, "2.25"))
            ]
        )
        budgets = self.env["ai.cost.budget"].create(
            [
                {"name": name, "period_type": period, "budget_amount": amount, **common, **more}
                for name, period, amount, more in (
                    ("A day", "daily", 8, {}),
                    ("A week", "weekly", 16, {}),
                    ("A month", "monthly", 32, {}),
                    ("Ever", "total", 0, {}),
                    ("Anna's day", "daily", 2, {"user_id": self.anna.id}),
                    (
                        "Last month",
                        "custom",
                        4,
                        {"date_start": "2026-01-01", "date_end": "2026-01-31"},
                    ),
                )
            ]
        )
        each = self.env["ai.cost.budget"].create(
            {"name": "Each", "each": "user", "period_type": "weekly", "budget_amount": 3, **common}
        )
        periods = self.env["ai.cost.budget.period"]

        def check(when):
            found, name = self.scrape(), "llm_budget_utilization_ratio"
            budgets.invalidate_recordset()
            for budget in budgets.filtered(lambda one: one.period_type != "custom"):
                who = str(budget.user_id.id or "")
                shown = found[name, ("budget_type", budget.period_type), ("user_id", who)]
                self.assertAlmostEqual(100 * shown, budget.percentage_used, 9, (when, budget.name))
            over = found[name, ("budget_type", "custom"), ("user_id", "")]
            self.assertEqual(over, 0, "its period is over")
            each.invalidate_recordset()
            parts = {each.subject: each.percentage_used}
            parts.update({part.subject: part.percentage_used for part in each.period_ids})
            for subject, percent in parts.items():
                whose = subject.removeprefix("user:")
                shown = found[name, ("budget_type", "weekly"), ("user_id", whose)]
                self.assertAlmostEqual(100 * shown, percent, 6, (when, subject))

        check("made, and no call since")
        self.assertEqual(budgets[3].percentage_used, 100)
        periods._sync((budgets + each).ids, today)
        check("counted")
        self.assertEqual(len(each.period_ids), 2)
        budgets[2].write({"budget_amount": 64})
        check("changed")
        raised = {"raised_amount": 8, "raised_from": today}
        budgets[0].write(raised)
        check("raised")
        periods._sync(budgets.ids, today)
        check("raised and counted")
        spent = float(self._sum("SUM(cost_usd)", first=str(today), last=str(today)))
        self.assertAlmostEqual(budgets[0].percentage_used, 100 * spent / 16)

    def test_the_same_however_much_is_folded(self):
        self.env["ai.cost.rollup"]._rebuild()
        live = self.check()
        self.fold(self.ids[len(self.ids) // 2])
        half = self.check()
        self.fold()
        folded = self.check()
        self.assertEqual(live, half)
        self.assertEqual(live, folded)

    def test_a_correction_lowers_no_counter(self):
        row = self.usage.search(
            [("company_id", "=", self.company.id), ("cost_usd", ">", 0.001)], limit=1
        )
        before = self.scrape()
        self.usage._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": row.user_id.id,
                    "model_name": row.model_name,
                    "agent_type": row.agent_type,
                    "kind": row.kind,
                    "local_date": row.local_date,
                    "call_count": 0,
                    "cost_usd": Decimal("-0.0005"),
                    "baseline_cost_usd": Decimal("-0.0005"),
                    "correction_of_id": row.id,
                }
            ]
        )
        after = self.scrape()
        changed = {key for key in after if after[key] != before.get(key)}
        self.assertEqual(changed, {("llm_cost_corrections_dollars",)})
        self.assertAlmostEqual(
            after["llm_cost_corrections_dollars",] - before["llm_cost_corrections_dollars",],
            -0.0005,
        )
        self.fold()
        self.assertEqual(self.scrape(), after, "rolled up, too")
        self.env["ai.cost.rollup"]._rebuild()
        self.assertEqual(self.scrape(), after, "and while it is rolled up anew")

    def test_hostile_names_are_few_and_harmless(self):
        names = [f"m{n}{EVIL}" for n in range(3 * MOST_NAMES)]
        ids = self.usage._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.anna.id,
                    "local_date": "2026-02-01",
                    "model_name": name,
                    "agent_type": f"{name}" + "x" * 300,
                    "error_code": f"Error{name}",
                    "state": "failed",
                }
                for name in names
            ]
        )
        live = self.scrape()
        counted = [key for key in live if key[0] == "llm_requests_total"]
        self.assertLessEqual(len(counted), MOST_NAMES + 1)
        self.assertEqual(sum(live[key] for key in counted), len(self.ids) + len(ids))
        self.fold(ids[MOST_NAMES // 2])
        self.assertEqual(self.scrape(), live, "the same names are told apart after a fold")
        self.fold()
        self.assertEqual(self.scrape(), live)
        agents = {dict(key[1:]).get("agent") for key in live if key[0] == "llm_calls_total"}
        self.assertLessEqual(max(map(len, agents)), 80)

    def test_thousands_of_users_make_no_labels(self):
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Each",
                "each": "user",
                "company_id": self.company.id,
                "budget_amount": 10,
                "period_type": "monthly",
            }
        )
        day = self.company._ai_local_date()
        self.env.cr.execute(
            """
            INSERT INTO ai_cost_budget_period (budget_id, subject, date_from, date_to, currency_id,
                usd_rate, amount, spent, stamp, scope_company, scope_user, scope_provider,
                scope_task, scope_agent, scope_module, count_untagged)
            SELECT %s, 'user:' || n, %s, %s, %s, 1, 10, n / 1000.0, 1, 0, 0, 0, '', '', '', FALSE
              FROM generate_series(1, 10000) AS n
            """,
            (budget.id, day.replace(day=1), day.replace(day=28), budget.currency_id.id),
        )
        used = {key: v for key, v in self.scrape().items() if key[0].startswith("llm_budget")}
        self.assertLessEqual(len(used), 200)
        name = "llm_budget_utilization_ratio"
        self.assertAlmostEqual(used[name, ("budget_type", "monthly"), ("user_id", "10000")], 1.0)

    def test_each_company_sees_its_own(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        found = self.scrape(other)
        self.assertFalse([key for key in found if key[0] == "llm_requests_total"])
        self.assertEqual(found["llm_waste_dollars",], 0)
        self.assertEqual(found["semantic_cache_misses_total",], 0)

    def test_ratings_are_the_quality(self):
        row = self.usage.search(
            [("company_id", "=", self.company.id), ("local_date", ">=", "2026-02-01")], limit=1
        )
        self.env.cr.execute(
            "UPDATE ai_token_usage SET quality_score = 70, feedback_count = 2 WHERE id = %s",
            (row.id,),
        )
        found = self.scrape()
        labels = ("model", row.model_name), ("task_type", row.task_type)
        self.assertEqual(found[("llm_response_quality_score", *labels)], 70)
        self.assertEqual(found["llm_ratings",], 2)
