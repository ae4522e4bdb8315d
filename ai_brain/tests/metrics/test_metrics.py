from collections import defaultdict
from decimal import Decimal

from prometheus_client.parser import text_string_to_metric_families

from odoo.tests import tagged

from ...models.metrics.ai_metric_sum import MOST_NAMES
from ...models.report import rollup_fold
from ..analytics_common import AnalyticsCase

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
