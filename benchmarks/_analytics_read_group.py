"""The dashboard's figures by `_read_group` straight over the ledger: what the rollup replaces."""

from decimal import Decimal

from odoo.addons.ai_brain.models.report import rollup_schema as schema
from odoo.addons.ai_brain.models.report.rollup_read import RollupReader, Sums
from odoo.addons.ai_brain.models.report.rollup_records import RecordSums

REUSED = ("pattern", "cache", "dedup")
# the benchmark's rows have no error codes and no corrections
ANSWERED = [("state", "!=", "failed"), ("kind", "not in", REUSED)]
TIMED = [("state", "=", "done"), ("kind", "not in", REUSED), ("latency_ms", "!=", False)]

GROUPS = {
    "total": None,
    "provider": "provider_id",
    "model": "model_name",
    "kind": "kind",
    "task": "task_type",
    "module": "module",
    "context": "context_model",
    "agent": "agent_type",
    "user": "user_id",
    "waste": "waste_reason",
}
#: measure -> (aggregate, domain of the rows that it counts)
PLAIN = {
    "row_count": ("__count", []),
    "calls": ("call_count:sum", []),
    "cost_usd": ("cost_usd:sum", []),
    "cost_company": ("cost_company:sum", []),
    "saved_usd": ("saved_usd:sum", []),
    # the benchmark's company keeps its books in USD
    "saved_company": ("saved_usd:sum", []),
    "input_tokens": ("input_tokens:sum", []),
    "output_tokens": ("output_tokens:sum", []),
    "cache_read_tokens": ("cache_read_tokens:sum", []),
    "cache_write_tokens": ("cache_write_tokens:sum", []),
    "reasoning_tokens": ("reasoning_tokens:sum", []),
    "waste_usd": ("could_have_saved_usd:sum", []),
    "waste_company": ("could_have_saved_usd:sum", []),
    "rating_count": ("feedback_count:sum", []),
    # One rating a row in these rows, so that the sum of the means is the sum of the ratings.
    "rating_sum": ("quality_score:sum", []),
    "uncertain_usd": ("cost_usd:sum", [("state", "=", "uncertain")]),
    "uncertain_company": ("cost_usd:sum", [("state", "=", "uncertain")]),
    "training_usd": ("cost_usd:sum", [("kind", "=", "tuning")]),
    "training_company": ("cost_usd:sum", [("kind", "=", "tuning")]),
    "failed_calls": ("call_count:sum", [("state", "=", "failed")]),
    "reused_calls": ("call_count:sum", [("kind", "in", REUSED)]),
    "unjudged_calls": ("call_count:sum", [("error_code", "!=", False)]),
    "answered_calls": ("call_count:sum", ANSWERED),
    "answered_usd": ("cost_usd:sum", ANSWERED),
    "answered_company": ("cost_usd:sum", ANSWERED),
    "latency_ms_sum": ("latency_ms:sum", TIMED),
    "latency_count": ("call_count:sum", TIMED),
    "waste_calls": ("__count", [("waste_detected", "=", True)]),
}


class GroupReader(RollupReader):
    """`RollupReader` that knows the ledger alone, and `_read_group` alone."""

    def sums(self, dimensions, buckets, measures, by_day=False):
        found = {}
        wheres = {}
        for name in measures:
            if name in PLAIN:
                aggregate, domain = PLAIN[name]
                wheres.setdefault(tuple(domain), []).append((name, aggregate))
        for dimension in dimensions:
            groups = [GROUPS[dimension]] if GROUPS[dimension] else []
            if by_day:
                groups.append("local_date:day")
            for bucket in buckets:
                for domain, names in wheres.items():
                    self._one(found, dimension, groups, bucket, domain, names, measures, by_day)
        return [
            Sums(dimension, key, bucket, self.env.company.currency_id.id, day, values)
            for (dimension, key, bucket, day), values in found.items()
        ]

    def _one(self, found, dimension, groups, bucket, domain, names, measures, by_day):
        domain = [*self.domain(bucket.first, bucket.last), *domain]
        if dimension == "waste":
            domain.append(("waste_detected", "=", True))
        rows = self.env["ai.token.usage"]._read_group(domain, groups, [a for _n, a in names])
        for row in rows:
            keys, values = row[: len(groups)], row[len(groups) :]
            key = keys[0] if GROUPS[dimension] else ""
            if dimension == "waste":
                key = (f"{key}|module|", 0)
            elif dimension in schema.ID_DIMENSIONS:
                key = key.id or 0
            else:
                key = key or ""
            day = keys[-1] if by_day else None
            line = found.setdefault(
                (dimension, key, bucket.name, day), {name: Decimal(0) for name in measures}
            )
            for (name, _aggregate), value in zip(names, values):
                is_count = schema.MEASURES[name][0] == "bigint"
                line[name] = int(value or 0) if is_count else Decimal(repr(value or 0))


def top_records(reader, first, last, _today, limit=10):
    rows = reader.env["ai.token.usage"]._read_group(
        [*reader.domain(first, last), ("res_id", "!=", False)],
        ["res_model", "res_id"],
        ["call_count:sum", "cost_usd:sum", "cost_company:sum"],
        order="cost_usd:sum desc",
        limit=limit,
    )
    return [_record(reader, *row) for row in rows]


def record_sums(reader, keys, first, last):
    rows = reader.env["ai.token.usage"]._read_group(
        [*reader.domain(first, last), ("res_id", "in", [key[1] for key in keys])],
        ["res_model", "res_id"],
        ["call_count:sum", "cost_usd:sum", "cost_company:sum"],
    )
    return [_record(reader, *row) for row in rows if tuple(row[:2]) in keys]


def _record(reader, model, res_id, calls, cost, cost_company):
    currency = reader.env.company.currency_id.id
    return RecordSums(
        model, res_id, currency, calls, Decimal(repr(cost)), Decimal(repr(cost_company))
    )
