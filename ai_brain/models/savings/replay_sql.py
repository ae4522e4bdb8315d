"""The ledger's rows for a replay: in groups that are billed alike, or one by one."""

from dataclasses import fields as fields_of
from decimal import Decimal
from typing import NamedTuple

from odoo.tools import SQL

from ...engine.ledger.kinds import REUSED, sql_list
from ...engine.price.usage import TokenUsage, UsageError
from ...engine.savings import replay

COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
_KINDS = ("input", "output", "cache_read", "cache_write", "reasoning")
_WORDS = ("service", "region")
#: Counts of the vendor's report beside the five columns.
DETAILS = tuple(
    one.name for one in fields_of(TokenUsage) if one.name not in (*_KINDS, *_WORDS, "unknown")
)
INPUT = (
    "(COALESCE(input_tokens, 0) + COALESCE(cache_read_tokens, 0) + COALESCE(cache_write_tokens, 0))"
)
#: What a row is to a replay: 'priced' and 'reused' can be priced anew, the others keep their cost.
VERDICT = f"""
    CASE WHEN correction_of_id IS NOT NULL THEN 'corrected'
         WHEN state = 'uncertain' THEN 'uncertain'
         WHEN state = 'failed' OR kind = 'fallback' THEN 'failed'
         WHEN kind IN {sql_list(REUSED)} THEN 'reused'
         WHEN id IN (SELECT correction_of_id FROM ai_token_usage c
                      WHERE c.correction_of_id IS NOT NULL) THEN 'corrected'
         WHEN price_id IS NULL THEN 'no_price'
         ELSE 'priced' END
"""
#: Columns that a group's rows have in common, with their SQL; none is null.
KEYS = {
    "verdict": VERDICT,
    "provider_id": "COALESCE(provider_id, 0)",
    "price_id": "COALESCE(price_id, 0)",
    "asked_on": "create_date::date",
    "kind": "kind",
    "task_type": "COALESCE(task_type, 'chat')",
    "agent_key": "COALESCE(agent_key, 0)",
    "agent_type": "COALESCE(agent_type, '')",
    "model_name": "COALESCE(model_name, '')",
    "waits": "(kind = 'api' AND COALESCE(waste_reason, '') LIKE '%%could_wait%%')",
    "used": " + ".join(
        f"(CASE WHEN COALESCE({column}, 0) <> 0 THEN {2**place} ELSE 0 END)"
        for place, column in enumerate(COLUMNS)
    ),
    "detailed": "CASE WHEN usage_details IS NULL THEN '' ELSE (SELECT COALESCE(string_agg("
    "k, ',' ORDER BY k), '') FROM jsonb_object_keys(usage_details) k) END",
    "service": "COALESCE(usage_details ->> 'service', '')",
    "region": "COALESCE(usage_details ->> 'region', '')",
    "unknown": "COALESCE(usage_details ->> 'unknown', '')",
}
#: What 1 USD was when a row was counted; 0 where that was not in the currency asked for.
RATE = "COALESCE(CASE WHEN currency_id = %s THEN currency_rate END, 0)::text"


class Cuts(NamedTuple):
    """Where groups end: at ``steps`` of the input (``engine.savings.replay.steps``), with each
    minute where a price depends on the hour, with each exchange rate of a currency."""

    steps: list
    by_hour: bool
    currency_id: int


def keys(cuts):
    """{name: SQL} of the columns that make a group."""
    steps, by_hour, currency_id = cuts
    moment = "create_date + COALESCE(latency_ms, 0) * interval '1 millisecond'"
    return {
        **{name: SQL(text) for name, text in KEYS.items()},
        "step": SQL("width_bucket(%s, %s::bigint[])", SQL(f"{INPUT}::bigint"), list(steps))
        if steps
        else SQL("0"),
        # a price's hours begin and end with a minute
        "at": SQL(f"date_trunc('minute', {moment})") if by_hour else SQL("NULL::timestamp"),
        "rate": SQL(RATE, currency_id),
    }


def group_rows(cr, rows, cuts):
    """Sum rows by what they are billed by; yields (dict of the keys, ``replay.Group``).

    :param SQL rows: FROM and WHERE of ledger rows
    """
    by = keys(cuts)
    found = _hashed(
        cr,
        SQL(
            "SELECT %s, count(*) AS rows, SUM(call_count)::bigint AS calls,"
            " SUM(cost_usd)::text AS cost, SUM(cost_company)::text AS own, %s FROM %s GROUP BY %s",
            SQL(", ").join(SQL("%s AS %s", sql, SQL.identifier(n)) for n, sql in by.items()),
            SQL(
                ", ".join(
                    [
                        *(f"COALESCE(SUM({c}), 0)::bigint AS {c}" for c in COLUMNS),
                        *(
                            f"COALESCE(SUM((usage_details ->> '{n}')::bigint), 0)::bigint AS {n}"
                            for n in DETAILS
                        ),
                    ]
                )
            ),
            rows,
            SQL(", ".join(str(place) for place in range(1, len(by) + 1))),
        ),
    )
    for row in found:
        yield _group(row, cuts.steps)


def _hashed(cr, query):
    """Yield the rows of a query that groups many of the ledger's, as dicts."""
    # PostgreSQL takes nearly each row for a group of its own, and would sort them by all their
    # words: hashing takes a third of that
    cr.execute("SET LOCAL enable_sort = off")
    cr.execute(query)
    names = [column.name for column in cr.description]
    groups = cr.fetchall()
    cr.execute("SET LOCAL enable_sort = on")  # before another statement comes in between
    return (dict(zip(names, row, strict=True)) for row in groups)


def _group(row, steps):
    usage = _usage(row)
    least = steps[row["step"] - 1] if row["step"] else 0
    group = replay.Group(
        usage=usage,
        calls=row["calls"],
        cost=Decimal(row["cost"] or 0),
        least=least,
        batch=row["kind"] == "batch",
        when=row["at"],
    )
    return row, group


def _usage(row):
    """The usage of a row, or of the sums of some; None where its counts do not fit together."""
    details = {name: row[name] for name in DETAILS if row[name]}
    details.update({name: row[name] for name in _WORDS if row[name]})
    if row["unknown"]:
        details["unknown"] = (row["unknown"],)
    try:
        return TokenUsage.from_row(row, details)
    except UsageError:
        return None


#: Rows that are read at once where a group has to be looked at call by call.
AT_ONCE = 2000


def single_rows(cr, rows, cuts, wanted=None, more="", last=0):
    """Yield (dict, ``replay.Group`` of one call) of the rows of the groups ``wanted``, in the order
    of their numbers.

    :param wanted: dicts of keys, as :func:`group_rows` yields them; None: all rows
    :param more: SQL of further columns, each with a comma before it
    :param last: number of a row; those after it are read
    """
    by = keys(cuts)
    chosen = SQL("TRUE")
    if wanted is not None:
        names = [name for name in by if name != "at" or cuts.by_hour]
        chosen = SQL(
            "(%s) IN (%s)",
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(
                SQL("(%s)", SQL(", ").join(SQL("%s", row[name]) for name in names))
                for row in wanted
            ),
        )
    columns = SQL(
        ", ".join(
            [
                *(f"COALESCE({c}, 0) AS {c}" for c in COLUMNS),
                *(f"COALESCE((usage_details ->> '{n}')::bigint, 0) AS {n}" for n in DETAILS),
            ]
        )
    )
    while True:
        after = SQL("%s AND ai_token_usage.id > %s", rows, last)
        if wanted is None:
            # which they are first: what a row says is read of those alone
            after = SQL(
                "ai_token_usage WHERE id IN (SELECT ai_token_usage.id FROM %s ORDER BY 1 LIMIT %s)",
                after,
                AT_ONCE,
            )
        cr.execute(
            SQL(
                "SELECT * FROM (SELECT ai_token_usage.id, call_count AS calls,"
                " cost_usd::text AS cost, cost_company::text AS own, %s, %s%s FROM %s) r"
                " WHERE %s ORDER BY id LIMIT %s",
                SQL(", ").join(SQL("%s AS %s", sql, SQL.identifier(n)) for n, sql in by.items()),
                columns,
                SQL(more),
                after,
                chosen,
                AT_ONCE,
            )
        )
        names = [column.name for column in cr.description]
        found = [dict(zip(names, row, strict=True)) for row in cr.fetchall()]
        for row in found:
            group = replay.Group(
                usage=_usage(row),
                calls=row["calls"],
                cost=Decimal(row["cost"] or 0),
                batch=row["kind"] == "batch",
                when=row["at"],
            )
            yield row, group
        if len(found) < AT_ONCE:
            return
        last = found[-1]["id"]


#: Complexity of a call that a vendor answered, rounded to a fiftieth; null: unknown.
COMPLEXITY = """CASE WHEN state = 'done' AND provider_id IS NOT NULL AND call_count > 0
    AND kind IN ('api', 'batch', 'trial')
    THEN round(prompt_complexity::numeric * 50)::integer / 50.0::float8 END"""
#: Keys that decide who would have answered, and those of the lines of a result.
OF_QUALITY = (
    *("verdict", "provider_id", "price_id", "asked_on", "task_type", "agent_key", "agent_type"),
    *("model_name", "step"),
)


def quality_rows(cr, rows, cuts):
    """Yield dicts of the keys ``OF_QUALITY``, ``complexity`` and ``calls`` of the calls that a
    vendor answered."""
    by = keys(cuts)
    return _hashed(
        cr,
        SQL(
            "SELECT %s, %s AS complexity, SUM(call_count)::bigint AS calls FROM %s"
            " AND state = 'done' AND provider_id IS NOT NULL AND prompt_complexity IS NOT NULL"
            " AND kind IN ('api', 'batch', 'trial') AND call_count > 0 GROUP BY %s",
            SQL(", ").join(SQL("%s AS %s", by[n], SQL.identifier(n)) for n in OF_QUALITY),
            SQL(COMPLEXITY),
            rows,
            SQL(", ".join(str(place) for place in range(1, len(OF_QUALITY) + 2))),
        ),
    )
