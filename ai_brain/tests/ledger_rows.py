"""Varied ledger rows for tests of sums, and the sums that PostgreSQL finds in the ledger."""

import random
from datetime import date, timedelta
from decimal import Decimal

from odoo.tools import SQL

from ..models.report import rollup_schema as schema

FIRST = date(2026, 1, 1)
MODULES = ("crm", "sale", "helpdesk", None)
CONTEXTS = ("res.partner", "crm.lead", None)
AGENTS = ("support_bot", "sales_bot", None)
MODELS = ("fast-1", "careful-2", "small-3")
KINDS = ("api", "api", "api", "cache", "dedup", "pattern", "batch")
STATES = ("done", "done", "done", "uncertain", "failed")


def rows(count, company_id, user_ids, provider_ids, seed=1, days=40):
    """Return ``count`` rows for ``ai.token.usage._insert``, costs of very different length."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        cost = Decimal(draw.randrange(1, 10**9)).scaleb(-draw.choice((6, 9, 12)))
        saved = Decimal(draw.randrange(0, 10**6)).scaleb(-9)
        with_record = draw.random() < 0.5
        made.append(
            {
                "company_id": company_id,
                "user_id": draw.choice(user_ids),
                "local_date": FIRST + timedelta(days=draw.randrange(days)),
                "provider_id": draw.choice([*provider_ids, None]),
                "model_name": draw.choice(MODELS),
                "task_type": draw.choice(("chat", "embedding")),
                "module": draw.choice(MODULES),
                "context_model": draw.choice(CONTEXTS),
                "agent_type": draw.choice(AGENTS),
                "kind": draw.choice(KINDS),
                "state": draw.choice(STATES),
                "res_model": "res.partner" if with_record else None,
                "res_id": draw.randrange(1, 30) if with_record else None,
                "input_tokens": draw.randrange(5000),
                "output_tokens": draw.randrange(900),
                "cache_read_tokens": draw.choice((None, 100)),
                "cache_write_tokens": draw.choice((None, 7)),
                "reasoning_tokens": draw.choice((None, 31)),
                "cost_usd": cost,
                "baseline_cost_usd": cost + saved,
                "saved_usd": saved,
                "latency_ms": draw.choice((None, draw.randrange(9000))),
            }
        )
    return made


def truth(cr, dimension, where="TRUE"):
    """{key: {measure: exact sum}} straight from the ledger, in SQL, without the rollup's code."""
    column = {
        "total": "''",
        "user": "COALESCE(user_id, 0)",
        "provider": "COALESCE(provider_id, 0)",
    }.get(dimension) or f"COALESCE({schema.DIMENSIONS[dimension]}, '')"
    query = SQL(
        """
        SELECT %s, count(*)::text, SUM(call_count)::text, SUM(cost_usd)::text,
               SUM(cost_company)::text, SUM(saved_usd)::text,
               COALESCE(SUM(input_tokens), 0)::text, COALESCE(SUM(output_tokens), 0)::text,
               COALESCE(SUM(cache_read_tokens), 0)::text, COALESCE(SUM(reasoning_tokens), 0)::text,
               COALESCE(SUM(cost_usd) FILTER (WHERE state = 'uncertain'), 0)::text,
               COALESCE(SUM(call_count) FILTER (WHERE state = 'failed'), 0)::text,
               COALESCE(SUM(call_count) FILTER (WHERE state <> 'failed'
                        AND kind IN ('api', 'batch')), 0)::text,
               COALESCE(SUM(latency_ms) FILTER (WHERE state = 'done'
                        AND kind IN ('api', 'batch')), 0)::text,
               COALESCE(SUM(could_have_saved_usd), 0)::text,
               count(*) FILTER (WHERE waste_detected)::text,
               COALESCE(SUM(feedback_count), 0)::text,
               COALESCE(SUM(quality_score::numeric * feedback_count), 0)::text,
               SUM(saved_usd * currency_rate)::text,
               COALESCE(SUM(could_have_saved_usd * currency_rate), 0)::text,
               COALESCE(SUM(cost_usd * currency_rate) FILTER (WHERE state = 'uncertain'), 0)::text
          FROM ai_token_usage WHERE %s GROUP BY 1
        """,
        SQL(column),
        SQL(where),
    )
    cr.execute(query)
    return {row[0]: dict(zip(MEASURES, map(Decimal, row[1:]))) for row in cr.fetchall()}


MEASURES = (
    "row_count",
    "calls",
    "cost_usd",
    "cost_company",
    "saved_usd",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "reasoning_tokens",
    "uncertain_usd",
    "failed_calls",
    "answered_calls",
    "latency_ms_sum",
    "waste_usd",
    "waste_calls",
    "rating_count",
    "rating_sum",
    "saved_company",
    "waste_company",
    "uncertain_company",
)


def read(reader, dimension, buckets):
    """{key: {measure: exact sum}} as the reader gives it; keys without a row are left out."""
    found = {}
    for sums in reader.sums([dimension], buckets, MEASURES):
        line = found.setdefault(sums.key, dict.fromkeys(MEASURES, Decimal(0)))
        for name, value in sums.values.items():
            line[name] += value
    return {key: line for key, line in found.items() if line["row_count"]}
