"""What is counted of each call for operators: families of counters, and how a row adds to them.

The fold and the live reading of what is not folded yet are made from these lists alone, so both
count alike. Corrections of a row have a family of their own and count nowhere else: a counter never
falls.
"""

from decimal import Decimal
from typing import NamedTuple

from odoo.tools import SQL

from ...engine.ledger import outcomes
from ...engine.ledger.kinds import VENDOR, sql_list

#: Upper bounds of buckets, in dollars and in seconds.
COST_BOUNDS = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
LATENCY_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
BUCKETS = tuple(f"b{n}" for n in range(len(COST_BOUNDS) + 1))

_ASKED = f"u.kind IN {sql_list(VENDOR)}"
_FAILED = outcomes.failed("u")
_NOBODYS = outcomes.nobodys("u")
_ANSWERED = f"{_ASKED} AND NOT ({_FAILED} OR {_NOBODYS})"
_PAID = f"({_ANSWERED} OR {_ASKED} AND u.cost_usd > 0)"
_OUTCOME = f"CASE WHEN {_FAILED} THEN 'failed' WHEN {_NOBODYS} THEN 'refused' ELSE 'answered' END"
_EACH = "u.cost_usd / GREATEST(u.call_count, 1)"
_SECONDS = "u.latency_ms / 1000.0"


class Family(NamedTuple):
    """``labels``: SQL of up to three labels; the names of ``bounded`` ones are limited in number.
    ``where``: the rows that count; ``value``: what is put into buckets, by ``bounds``;
    ``corrects``: it counts corrections, and else no row that is one."""

    labels: tuple
    where: str = "TRUE"
    bounded: tuple = ()
    value: str | None = None
    bounds: tuple = ()
    corrects: bool = False


_MODEL = "left(COALESCE(u.model_name, ''), 80)"
_AGENT = "left(COALESCE(u.agent_type, ''), 80)"

FAMILIES = {
    # llm_cost_per_request_dollars{model, user_tier, complexity}
    "cost": Family(
        labels=(
            _MODEL,
            "COALESCE(u.user_tier, 'any')",
            "CASE WHEN u.prompt_complexity IS NULL THEN 'unknown'"
            " WHEN u.prompt_complexity < 0.3 THEN 'simple'"
            " WHEN u.prompt_complexity < 0.7 THEN 'moderate' ELSE 'complex' END",
        ),
        where=_PAID,
        bounded=("model",),
        value=_EACH,
        bounds=COST_BOUNDS,
    ),
    "latency": Family(
        labels=(_MODEL,),
        where=f"{_ANSWERED} AND u.latency_ms IS NOT NULL",
        bounded=("model",),
        value=_SECONDS,
        bounds=LATENCY_BOUNDS,
    ),
    # a call counts once, by the model that was asked first
    "requests": Family(labels=(_MODEL,), where="u.attempt_after IS NULL", bounded=("model",)),
    "choice": Family(
        labels=(_MODEL, "COALESCE(u.choice_reason, 'configured')"),
        where=_ASKED,
        bounded=("model",),
    ),
    "agent": Family(labels=(_AGENT, "COALESCE(u.kind, '')", _OUTCOME), bounded=("agent",)),
    "error": Family(
        labels=(_MODEL, "left(COALESCE(u.error_code, 'unknown'), 80)"),
        where=f"({_FAILED} OR {_NOBODYS})",
        bounded=("model", "error"),
    ),
    # of calls that looked for a kept answer: found by what, or paid to a vendor, once a call
    "reuse": Family(
        labels=("CASE WHEN u.kind = 'cache' THEN COALESCE(u.answer_match, 'exact') ELSE '' END",),
        where=f"(u.kind = 'cache' OR u.asked_hash IS NOT NULL AND {_PAID}"
        " AND COALESCE(u.attempt_after, '') <> 'paid')",
    ),
    "correction": Family(labels=("''",), corrects=True),
}

#: name -> SQL of one row; summed in every family.
MEASURES = {
    "calls": "u.call_count",
    "cost_usd": "u.cost_usd",
    "saved_usd": "u.saved_usd",
    "input_tokens": "COALESCE(u.input_tokens, 0)",
    "output_tokens": "COALESCE(u.output_tokens, 0)",
    "cache_read_tokens": "COALESCE(u.cache_read_tokens, 0)",
    "cache_write_tokens": "COALESCE(u.cache_write_tokens, 0)",
    "reasoning_tokens": "COALESCE(u.reasoning_tokens, 0)",
    "figures_unsupported": "COALESCE(u.figures_unsupported, 0)",
    "spread": "0",
}
NUMERIC = ("cost_usd", "saved_usd", "spread")
COLUMNS = (*MEASURES, *BUCKETS)


def type_of(column):
    """SQL type of a column of the sums."""
    return "numeric" if column in NUMERIC else "bigint"


def numbers(values):
    """Return the values of ``COLUMNS`` as they come from the database, numerics as texts."""
    return [
        Decimal(value) if name in NUMERIC else int(value)
        for name, value in zip(COLUMNS, values, strict=True)
    ]


def rows(family, where):
    """SELECT company_id, a, b, c, first and the sums of one family.

    :param str family: name of ``FAMILIES``
    :param SQL where: which ledger rows ``u``
    """
    found = FAMILIES[family]
    labels = (*found.labels, "''", "''", "''")[:3]
    measures = {**MEASURES, **dict.fromkeys(BUCKETS, "0")}
    if found.value:
        measures["spread"] = f"({found.value}) * u.call_count"
        low = None
        for column, high in zip(BUCKETS, (*found.bounds, None), strict=True):
            within = [f"{found.value} > {low}"] if low is not None else []
            within += [f"{found.value} <= {high}"] if high is not None else []
            measures[column] = f"CASE WHEN {' AND '.join(within)} THEN u.call_count ELSE 0 END"
            low = high
    sums = ", ".join(
        f"COALESCE(SUM({sql}), 0)::{type_of(name)} AS {name}" for name, sql in measures.items()
    )
    return SQL(
        "SELECT u.company_id, '%s'::varchar AS family, (%s)::varchar AS a, (%s)::varchar AS b,"
        " (%s)::varchar AS c, MIN(u.id) AS first, %s FROM ai_token_usage u"
        " WHERE u.correction_of_id IS %s AND %s AND %s GROUP BY u.company_id, 2, 3, 4, 5",
        SQL(family),
        *map(SQL, labels),
        SQL(sums),
        SQL("NOT NULL" if found.corrects else "NULL"),
        SQL(found.where),
        where,
    )
