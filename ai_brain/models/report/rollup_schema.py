"""What the rollup keeps: its measures, its dimensions, and how both come out of a ledger row.

The fold (rollup_fold) and the readers (rollup_read) build their SQL from these lists alone, so a
figure that is read from the ledger, from its live tail or from the rollup is the same expression.
"""

from odoo.tools import SQL

from ...engine.ledger import outcomes
from ...engine.ledger.kinds import PAID, REUSED, VENDOR, sql_list

#: Raise it when a definition below changes, or one of ``metrics.families``: the next update then
#: rolls up everything anew.
VERSION = 7

#: ``user_key`` of the sums over all users; 0 is for users who were deleted.
EVERYBODY = -1

_VENDOR = sql_list(VENDOR)
_TRAINING = sql_list(set(PAID) - set(VENDOR))


def _of_call(first, corrected, worth, before):
    """SQL of a measure that a call counts for as it stands now.

    A row counts by ``first``. A correction that brought the answer of a call which was ``before``
    without one (a worker that was only slow) counts by ``corrected``, and any other correction of
    an answer by ``worth``; ``o`` is the row that is corrected.
    """
    return (
        f"CASE WHEN {{u}}.correction_of_id IS NULL THEN CASE WHEN {first} END"
        f" WHEN NOT {_UNANSWERED} AND EXISTS (SELECT 1 {_CORRECTED} AND {before})"
        f" THEN {corrected} WHEN NOT {_UNANSWERED} THEN {worth} END"
    )


_CORRECTED = "FROM ai_token_usage o WHERE o.id = {u}.correction_of_id"
_UNANSWERED = f"({outcomes.failed('{u}')} OR {outcomes.nobodys('{u}')})"
_BEFORE = f"({outcomes.failed('o')} OR {outcomes.nobodys('o')})"
_ANSWERED = f"{{u}}.kind IN {_VENDOR} AND NOT {_UNANSWERED}"


def _answered(column):
    """SQL of what the calls that a vendor answered cost, by one of the ledger's amounts."""
    return _of_call(
        f"{_ANSWERED} THEN {{u}}.{column}",
        f"{{u}}.{column} + (SELECT o.{column} {_CORRECTED})",
        f"{{u}}.{column}",
        _BEFORE,
    )


def in_company(usd):
    """SQL of an amount in USD in the company's currency: at the rate that is frozen on the row."""
    return f"{usd} * COALESCE({{u}}.currency_rate, 1)"


#: name -> (column type, SQL of one ledger row). ``{n}`` is the alias of the row that carries the
#: notes (waste, rating): the ledger itself, or the image of an earlier or later state of them.
MEASURES = {
    "row_count": ("bigint", "1"),
    "calls": ("bigint", "{u}.call_count"),
    "cost_usd": ("numeric", "{u}.cost_usd"),
    "cost_company": ("numeric", "{u}.cost_company"),
    "saved_usd": ("numeric", "{u}.saved_usd"),
    "saved_company": ("numeric", in_company("{u}.saved_usd")),
    "input_tokens": ("bigint", "{u}.input_tokens"),
    "output_tokens": ("bigint", "{u}.output_tokens"),
    "cache_read_tokens": ("bigint", "{u}.cache_read_tokens"),
    "cache_write_tokens": ("bigint", "{u}.cache_write_tokens"),
    "reasoning_tokens": ("bigint", "{u}.reasoning_tokens"),
    # What models were trained for answers no call: it is in no mean of calls.
    "training_usd": (
        "numeric",
        f"CASE WHEN {{u}}.kind IN {_TRAINING} THEN {{u}}.cost_usd END",
    ),
    "training_company": (
        "numeric",
        f"CASE WHEN {{u}}.kind IN {_TRAINING} THEN {{u}}.cost_company END",
    ),
    "uncertain_usd": (
        "numeric",
        "CASE WHEN {u}.state = 'uncertain' THEN {u}.cost_usd END",
    ),
    "uncertain_company": (
        "numeric",
        "CASE WHEN {u}.state = 'uncertain' THEN {u}.cost_company END",
    ),
    "failed_calls": (
        "bigint",
        _of_call(
            f"{outcomes.failed('{u}')} THEN {{u}}.call_count", "-1", "0", outcomes.failed("o")
        ),
    ),
    # Nobody's doing, or an apology in place of an answer: neither a success nor a failure.
    "unjudged_calls": (
        "bigint",
        _of_call(
            f"{outcomes.nobodys('{u}')} OR {{u}}.kind NOT IN {sql_list((*VENDOR, *REUSED))}"
            " THEN {u}.call_count",
            "-1",
            "0",
            outcomes.nobodys("o"),
        ),
    ),
    # Of the calls that a vendor answered: how many, and what they cost.
    "answered_calls": (
        "bigint",
        _of_call(f"{_ANSWERED} THEN {{u}}.call_count", "1", "0", _BEFORE),
    ),
    "answered_usd": ("numeric", _answered("cost_usd")),
    "answered_company": ("numeric", _answered("cost_company")),
    "reused_calls": (
        "bigint",
        "CASE WHEN {u}.kind IN " + sql_list(REUSED) + " THEN {u}.call_count END",
    ),
    # Of answers that a vendor gave: what comes out of a cache says nothing of its speed.
    "latency_ms_sum": (
        "bigint",
        f"CASE WHEN {{u}}.state = 'done' AND {{u}}.kind IN {_VENDOR} THEN {{u}}.latency_ms END",
    ),
    "latency_count": (
        "bigint",
        f"CASE WHEN {{u}}.state = 'done' AND {{u}}.kind IN {_VENDOR}"
        " AND {u}.latency_ms IS NOT NULL THEN 1 END",
    ),
    "waste_calls": ("bigint", "CASE WHEN {n}.waste_detected THEN 1 END"),
    "waste_usd": ("numeric", "{n}.could_have_saved_usd"),
    "waste_company": ("numeric", in_company("{n}.could_have_saved_usd")),
    "rating_count": ("bigint", "{n}.feedback_count"),
    "rating_sum": (
        "numeric",
        "{n}.quality_score::numeric * {n}.feedback_count",
    ),
    "rating_squares": (
        "numeric",
        "{n}.quality_score::numeric * {n}.quality_score::numeric * {n}.feedback_count",
    ),
}

#: Of findings: see :data:`WASTE`.
WASTE_MEASURES = ("calls", "waste_usd", "waste_company")

#: What is kept of records (leads, tickets).
RECORD_MEASURES = ("calls", "cost_usd", "cost_company")

#: Notes that may change after a row was rolled up; the trigger writes their images.
WATCHED = (
    "waste_detected",
    "could_have_saved_usd",
    "quality_score",
    "feedback_count",
)

#: Columns of a ledger row that the dimensions are made of, with their SQL; never null.
KEYS = {
    "company_id": "{u}.company_id",
    "local_date": "{u}.local_date",
    "currency_id": "COALESCE({u}.currency_id, 0)",
    "provider_id": "COALESCE({u}.provider_id, 0)",
    "model_name": "COALESCE({u}.model_name, '')",
    "kind": "COALESCE({u}.kind, '')",
    "task_type": "COALESCE({u}.task_type, '')",
    "module": "COALESCE({u}.module, '')",
    "context_model": "COALESCE({u}.context_model, '')",
    "agent_type": "COALESCE({u}.agent_type, '')",
    "res_model": "COALESCE({u}.res_model, '')",
    "res_id": "COALESCE({u}.res_id, 0)",
}

#: dimension -> the column that it is about: an id or a text. 'total' has none.
DIMENSIONS = {
    "total": None,
    "provider": "provider_id",
    "model": "model_name",
    "kind": "kind",
    "task": "task_type",
    "module": "module",
    "context": "context_model",
    "agent": "agent_type",
    "user": "user_key",
}
ID_DIMENSIONS = ("provider", "user")
#: Dimensions that two groupings of the ledger yield together: few columns that vary together
#: make few groups, and everything else is summed from those.
GROUPS = (
    ("provider_id", "model_name", "kind", "task_type"),
    ("module", "context_model", "agent_type"),
)
#: Findings of waste by type and by what they point at; kept beside the dimensions, since one
#: call may have several. Only ``calls``, ``waste_usd`` and ``waste_company`` are theirs.
WASTE = "waste"
WASTE_TARGETS = ("provider", "module", "agent", "cron", "context_block")


def findings(alias):
    """SQL of the list of findings in a row's report, null if there is none."""
    return (
        f"CASE WHEN jsonb_typeof({alias}.waste_report -> 'findings') = 'array'"
        f" THEN {alias}.waste_report -> 'findings' END"
    )


#: SQL of what a finding ``f`` (jsonb) is counted under, and of its money.
FINDING_KEY = (
    "COALESCE(f.value ->> 'type', '') || '|' || CASE WHEN f.value #>> '{target,kind}' IN ("
    + ", ".join(f"'{target}'" for target in WASTE_TARGETS)
    + ") THEN (f.value #>> '{target,kind}') || '|' || COALESCE("
    "left(f.value #>> '{target,name}', 80), '') ELSE '|' END"
)
FINDING_ID = (
    "CASE WHEN f.value #>> '{target,kind}' IN ('provider', 'cron')"
    " AND jsonb_typeof(f.value #> '{target,id}') = 'number'"
    " THEN (f.value #>> '{target,id}')::numeric::integer ELSE 0 END"
)
FINDING_USD = (
    "CASE WHEN jsonb_typeof(f.value -> 'cost_wasted') = 'number'"
    " THEN (f.value ->> 'cost_wasted')::numeric ELSE 0 END"
)


def waste_sums():
    """SQL of the measures of findings: what a finding counts and costs, times the row's sign."""
    return {
        "calls": "SUM(sign)::bigint",
        "waste_usd": f"SUM(sign * {FINDING_USD})",
        "waste_company": f"SUM(sign * {FINDING_USD} * currency_rate)",
    }


def _row_type(name):
    # Of one row: PostgreSQL adds up integers into a bigint far cheaper than bigints into a numeric.
    return "integer" if MEASURES[name][0] == "bigint" else "numeric"


_RATE = "COALESCE({u}.currency_rate, 1) AS currency_rate"


def source(where, names=tuple(MEASURES)):
    """SELECT of ledger rows as the rollup sees them: keys, user_key, sign, findings, rate,
    measures."""
    table = "ai_token_usage"
    keys = ", ".join(f"{sql.format(u=table)} AS {name}" for name, sql in KEYS.items())
    measures = "".join(
        f", ({MEASURES[name][1].format(u=table, n=table)})::{_row_type(name)} AS {name}"
        for name in names
    )
    return SQL(
        "SELECT %s, %s, %s%s FROM %s",
        SQL(keys),
        SQL(f"COALESCE({table}.user_id, 0) AS user_key"),
        SQL(f"1 AS sign, {findings(table)} AS findings, {_RATE.format(u=table)}"),
        SQL(measures),
        where,
    )


def image_source(images, names=tuple(MEASURES)):
    """SELECT like :func:`source` of images (FROM/WHERE with ``u`` the ledger, ``d`` the image).

    An image is a whole row, before (sign -1) or after (sign +1) a change of its notes or user.
    """
    keys = ", ".join(f"{sql.format(u='u')} AS {name}" for name, sql in KEYS.items())
    measures = "".join(
        f", (d.sign * ({MEASURES[name][1].format(u='u', n='d')}))::{_row_type(name)} AS {name}"
        for name in names
    )
    return SQL(
        "SELECT %s, d.user_key, d.sign, d.findings, %s%s FROM %s",
        SQL(keys),
        SQL(_RATE.format(u="u")),
        SQL(measures),
        images,
    )


def sums(names=tuple(MEASURES), alias=""):
    """SQL list of the sums of measures, each under its own name and in its own type."""
    prefix = f"{alias}." if alias else ""
    return SQL(", ".join(f"COALESCE(SUM({prefix}{n}), 0)::{MEASURES[n][0]} AS {n}" for n in names))
