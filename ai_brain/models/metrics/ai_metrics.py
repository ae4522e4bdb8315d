import logging
from datetime import date

from prometheus_client import core, generate_latest
from prometheus_client.utils import floatToGoString

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.budget.subject import parse
from ..report.rollup_read import Bucket, RollupReader
from . import families

_logger = logging.getLogger(__name__)

#: Budgets, or persons' parts of one, that are shown: those that are used most.
MOST_BUDGETS = 200
#: Budgets that are counted from the ledger, since they were changed a moment ago.
MOST_CHANGED = 20
#: Pairs of model and task whose quality is shown: those rated most.
MOST_RATED = 100
#: The newest ratings of the last days make the quality: so many, however many there are.
RATED_DAYS, MOST_RATINGS = 90, 5_000


class AiMetrics(models.AbstractModel):
    """What a company's operators watch, in Prometheus' text format."""

    _name = "ai.metrics"
    _description = "AI Metrics"

    @api.model
    def _text(self, company):
        """Return the metrics of a company as bytes, in the text format of ``CONTENT_TYPE``.

        Everything is read from the database, by ``sudo()``: whoever asks was checked before.
        """
        here = self.sudo().with_company(company)
        return generate_latest(_Once(here._families(company)))

    @api.model
    def _families(self, company):
        """Return the list of ``prometheus_client`` metric families of a company."""
        sums = self.env["ai.metric.sum"]._counters(company)
        by_family = {}
        for (family, *labels), values in sums.items():
            by_family.setdefault(family, []).append((labels, values))
        for found in by_family.values():
            found.sort(key=lambda one: one[0])
        found = (by_family.get, ())
        return [
            *self._histograms(*found),
            *self._calls(*found),
            *self._reuse(*found),
            *self._gauges(company, *found),
        ]

    @api.model
    def _histograms(self, get, none):
        cost = core.HistogramMetricFamily(
            "llm_cost_per_request_dollars",
            "Cost of a request that a vendor billed, in US dollars.",
            labels=["model", "user_tier", "complexity"],
        )
        for labels, values in get("cost", none):
            cost.add_metric(labels, *_buckets(values, families.COST_BOUNDS))
        latency = core.HistogramMetricFamily(
            "llm_request_latency_seconds",
            "Time to a vendor's complete answer, in seconds.",
            labels=["model"],
        )
        for labels, values in get("latency", none):
            latency.add_metric(labels[:1], *_buckets(values, families.LATENCY_BOUNDS))
        return cost, latency

    @api.model
    def _calls(self, get, none):
        requests = core.CounterMetricFamily(
            "llm_requests",
            "Calls, whoever answered them, by the model that was asked first.",
            labels=["model"],
        )
        for labels, values in get("requests", none):
            requests.add_metric(labels[:1], values["calls"])
        chosen = core.CounterMetricFamily(
            "llm_model_selection",
            "Calls that a vendor was asked for, by the model and by who decided on it.",
            labels=["selected_model", "reason"],
        )
        for labels, values in get("choice", none):
            chosen.add_metric(labels[:2], values["calls"])
        errors = core.CounterMetricFamily(
            "llm_errors",
            "Calls without an answer, by the kind of error.",
            labels=["model", "error"],
        )
        for labels, values in get("error", none):
            errors.add_metric(labels[:2], values["calls"])
        figures = core.CounterMetricFamily(
            "llm_hallucination_detected",
            "Figures of answers that nothing in their context bears out.",
        )
        agents = [*get("agent", none)]
        figures.add_metric([], sum(values["figures_unsupported"] for _labels, values in agents))
        return requests, chosen, errors, figures, *self._by_agent(agents)

    @api.model
    def _by_agent(self, agents):
        calls = core.CounterMetricFamily(
            "llm_calls",
            "Attempts at an answer by agent, kind of answer and outcome.",
            labels=["agent", "kind", "outcome"],
        )
        cost = core.CounterMetricFamily(
            "llm_cost_dollars",
            "Exact cost in US dollars, before corrections.",
            labels=["agent", "kind"],
        )
        saved = core.GaugeMetricFamily(  # a call that cost more than its baseline lowers it
            "llm_saved_dollars",
            "What the configured model would have cost more: an estimate, in US dollars.",
            labels=["agent", "kind"],
        )
        tokens = core.CounterMetricFamily(
            "llm_tokens", "Tokens, by what they were.", labels=["agent", "kind", "type"]
        )
        both = {}
        for (agent, kind, outcome), values in agents:
            calls.add_metric([agent, kind, outcome], values["calls"])
            sums = both.setdefault((agent, kind), dict.fromkeys(values, 0))
            for name, value in values.items():
                sums[name] += value
        for labels, sums in both.items():
            cost.add_metric(labels, float(sums["cost_usd"]))
            saved.add_metric(labels, float(sums["saved_usd"]))
            for name in families.MEASURES:
                if name.endswith("_tokens"):
                    tokens.add_metric([*labels, name.removesuffix("_tokens")], sums[name])
        return calls, cost, saved, tokens

    @api.model
    def _reuse(self, get, none):
        found = {labels[0]: values["calls"] for labels, values in get("reuse", none)}
        hits = core.CounterMetricFamily(
            "semantic_cache_hits",
            "Calls that a kept answer served, by how like the question was.",
            labels=["similarity_range"],
        )
        for match in ("exact", "same_question"):
            hits.add_metric([match], found.get(match, 0))
        misses = core.CounterMetricFamily(
            "semantic_cache_misses", "Calls that looked for a kept answer, and a vendor was paid."
        )
        misses.add_metric([], found.get("", 0))
        return hits, misses

    # ------------------------------------------------------------------
    # Gauges
    # ------------------------------------------------------------------

    @api.model
    def _gauges(self, company, get, none):
        return (
            self._budget_use(company),
            self._quality(company),
            self._proven(company),
            *self._sums_that_may_fall(company, get, none),
            *self._under_way(company),
        )

    @api.model
    def _budget_use(self, company):
        gauge = core.GaugeMetricFamily(
            "llm_budget_utilization_ratio",
            "Spent of a budget in its current period; 1 is all of it. Of each person and kind of "
            "budget the one that is used most.",
            labels=["user_id", "budget_type"],
        )
        used = {}
        for owner, period_type, share in [*self._counted_use(company), *self._changed_use(company)]:
            key = owner, period_type
            used[key] = max(share, used.get(key, 0))
        most = sorted(used.items(), key=lambda one: (-one[1], one[0]))[:MOST_BUDGETS]
        for labels, share in most:
            gauge.add_metric(labels, share)
        return gauge

    @api.model
    def _counted_use(self, company):
        """Return [(user id or '', type of period, share)] by the budgets' current periods. One
        that has none had no call in it."""
        self.env["ai.cost.budget"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                SELECT owner, period_type, MAX(used) FROM (
                    SELECT CASE WHEN b.user_id IS NOT NULL THEN b.user_id::text
                                WHEN starts_with(p.subject, 'user:') THEN substr(p.subject, 6)
                                ELSE '' END AS owner,
                           b.company_id IS NULL AS shared, b.period_type,
                           (CASE WHEN p.amount > 0 THEN p.spent / p.amount
                                 WHEN p.spent > 0 THEN 1 ELSE 0 END)::float AS used
                      FROM ai_cost_budget b LEFT JOIN ai_cost_budget_period p
                        ON p.budget_id = b.id AND p.stamp = b.stamp
                           AND %(day)s BETWEEN p.date_from AND p.date_to
                     WHERE %(theirs)s
                ) AS part
                 WHERE owner = '' OR NOT shared OR EXISTS (
                    SELECT 1 FROM res_company_users_rel r
                     WHERE r.user_id = NULLIF(owner, '')::int AND r.cid = %(company)s)
                 GROUP BY owner, period_type ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
                """,
                day=company._ai_local_date(),
                theirs=self._their_budgets(company),
                company=company.id,
                most=MOST_BUDGETS,
            )
        )

    @api.model
    def _changed_use(self, company):
        """Return the same of budgets that were changed in this period and are not counted anew
        yet, the newest few: straight from the ledger, as their forms do."""
        day = company._ai_local_date()
        found = self.env.execute_query(
            SQL(
                "SELECT b.id FROM ai_cost_budget b WHERE %s AND NOT EXISTS ("
                " SELECT FROM ai_cost_budget_period p WHERE p.budget_id = b.id"
                " AND p.stamp = b.stamp AND %s BETWEEN p.date_from AND p.date_to)"
                " ORDER BY b.write_date DESC, b.id DESC LIMIT %s",
                self._their_budgets(company),
                day,
                MOST_CHANGED,
            )
        )
        budgets = self.env["ai.cost.budget"].browse([row[0] for row in found])
        for budget in budgets:
            first, last = budget._days_or_none()
            if (
                not first
                or not first <= day <= last
                or budget.write_date.date() < fields.Date.subtract(first, days=1)
            ):
                budgets -= budget
        used = []
        for budget_id, standing in budgets._standings().items():
            budget = self.env["ai.cost.budget"].browse(budget_id)
            whose = parse(standing.subject)
            person = whose.value if whose and whose.kind == "user" else None
            owner = budget.user_id.id or person or ""
            share = budget._used_percent(standing.spent, budget._amount_on(day)) / 100
            used.append((str(owner), budget.period_type, float(share)))
        return used

    @api.model
    def _their_budgets(self, company):
        """The budgets ``b`` that bind calls of a company and count what is spent in all."""
        return SQL(
            "b.active AND (b.budget_amount > 0 OR b.block_at_threshold > 0)"
            " AND (b.company_id = %s OR b.company_id IS NULL)",
            company.id,
        )

    @api.model
    def _quality(self, company):
        gauge = core.GaugeMetricFamily(
            "llm_response_quality_score",
            "Mean of people's newest 5,000 ratings within 90 days, 0 to 100.",
            labels=["model", "task_type"],
        )
        self.env.cr.execute(
            SQL(
                """
                SELECT left(COALESCE(model_name, ''), 80), COALESCE(task_type, ''),
                       SUM(quality_score * feedback_count) / SUM(feedback_count)
                  FROM (SELECT model_name, task_type, quality_score, feedback_count
                          FROM ai_token_usage
                         WHERE feedback_count > 0 AND company_id = %(company)s
                           AND local_date > %(since)s
                         ORDER BY local_date DESC, id DESC LIMIT %(ratings)s) AS rated
                 GROUP BY 1, 2 ORDER BY SUM(feedback_count) DESC, 1, 2 LIMIT %(most)s
                """,
                company=company.id,
                ratings=MOST_RATINGS,
                since=fields.Date.subtract(company._ai_local_date(), days=RATED_DAYS),
                most=MOST_RATED,
            )
        )
        for model, task, score in self.env.cr.fetchall():
            gauge.add_metric([model, task], score)
        return gauge

    @api.model
    def _proven(self, company):
        gauge = core.GaugeMetricFamily(
            "llm_saved_proven_dollars",
            "What held-out calls prove to be saved in the current month, in US dollars, and its "
            "bounds with 95 % certainty.",
            labels=["bound"],
        )
        try:
            with self.env.cr.savepoint(flush=False):
                found = self.env["ai.token.analytics"].get_proven_savings(
                    "month", company=company.id
                )
        except Exception:
            # the other figures are told all the same
            _logger.exception("AI metrics: what is proven to be saved could not be read")
            return gauge
        if found["state"] == "proven":
            for bound, name in (("", "usd"), ("low", "low_usd"), ("high", "high_usd")):
                gauge.add_metric([bound], found[name])
        return gauge

    @api.model
    def _sums_that_may_fall(self, company, get, none):
        """Corrections, waste and ratings: what is known of past calls, which may change."""
        changed = sum(values["cost_usd"] for _labels, values in get("correction", none))
        corrected = core.GaugeMetricFamily(
            "llm_cost_corrections_dollars",
            "What corrections changed the cost by, in US dollars; it may be below zero.",
            value=float(changed),
        )
        reader = RollupReader(self.env, {"company_ids": company.ids})
        names = ("calls", "reused_calls", "waste_usd", "rating_count")
        bucket = Bucket("all", date(2000, 1, 1), date(9999, 12, 31))
        total = dict.fromkeys(names, 0)
        for found in reader.sums(["total"], [bucket], names):
            for name, value in found.values.items():
                total[name] += value
        waste = core.GaugeMetricFamily(
            "llm_waste_dollars",
            "Money in tokens that nobody needed, in US dollars: an estimate.",
            value=float(total["waste_usd"]),
        )
        rated = core.GaugeMetricFamily(
            "llm_ratings", "Ratings of answers by people.", value=total["rating_count"]
        )
        rate = core.GaugeMetricFamily(
            "llm_reuse_ratio",
            "Share of all calls that no vendor was asked for.",
            value=total["reused_calls"] / total["calls"] if total["calls"] else 0.0,
        )
        return corrected, waste, rated, rate

    @api.model
    def _under_way(self, company):
        gauge = core.GaugeMetricFamily(
            "llm_calls_under_way", "Calls that a vendor was asked for and that are not settled."
        )
        self.env.cr.execute(
            "SELECT count(*) FROM ai_cost_reservation WHERE usage_id IS NULL AND company_id = %s",
            (company.id,),
        )
        gauge.add_metric([], self.env.cr.fetchone()[0])
        batches = core.GaugeMetricFamily(
            "llm_batch_requests_under_way",
            "Calls that may wait and are not answered yet.",
            labels=["state"],
        )
        self.env.cr.execute(
            "SELECT state, count(*), EXTRACT(EPOCH FROM timezone('UTC', now()) - min(create_date))"
            " FROM ai_batch_request"
            " WHERE state IN ('waiting', 'sent') AND company_id = %s GROUP BY state",
            (company.id,),
        )
        counted = {state: (number, age) for state, number, age in self.env.cr.fetchall()}
        for state in ("waiting", "sent"):
            batches.add_metric([state], counted.get(state, (0, 0))[0])
        oldest = core.GaugeMetricFamily(
            "llm_batch_oldest_seconds",
            "How long the oldest call that may wait has waited for its answer.",
            value=max((float(age) for _number, age in counted.values()), default=0.0),
        )
        return gauge, batches, oldest


class _Once:
    """A registry of families that were made for one scrape."""

    def __init__(self, found):
        self.found = found

    def collect(self):
        return iter(self.found)


def _buckets(values, bounds):
    """Return (cumulative buckets, sum) of a histogram."""
    counted, buckets = 0, []
    for column, bound in zip(families.BUCKETS, (*bounds, float("inf")), strict=True):
        counted += values[column]
        buckets.append((floatToGoString(bound), counted))
    return buckets, float(values["spread"])
