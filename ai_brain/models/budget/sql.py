"""The statements that keep budgets exact. All of them want a READ COMMITTED transaction.

At any moment, for every row of ``ai_cost_budget_period``::

    spent    = sum of the ledger rows that match the row's scope and dates
    reserved = sum of the open reservations that match them

A call counts on its local date, fixed when it is reserved and frozen on its ledger row, so
yesterday's call that is settled today moves yesterday's period. What waits for its answer longer
than that (a batch) is held from its day to a last one, once in every period of these days, and
costs on the day of its answer: whatever day that is, it was held there. ``HOLD`` and ``MOVE`` keep
both sums true by adding to every row that matches. Whoever creates a period row or changes
its scope (``ai.cost.budget.period._sync``) locks the reservations' table against writers
first and then counts anew: PostgreSQL takes a statement's snapshot after its table locks, so
a call is either in that count or sees the new row, never neither.

A period row carries the stamp of its budget. ``HOLD`` refuses to go on while an applicable
budget has no row with its current stamp: budgets changed or turned since are synced first.

A budget for ``each`` person, agent, addon or record has a row for each subject (see
``engine/budget/subject.py``), which matches that subject's calls only. It is made when the subject
first calls, the same way: ``HOLD`` finds it missing and names it. Rows may go at any time: the
next call counts anew from the ledger.

Rows are locked in the order of their ids, hence no deadlock between overlapping budgets.
"""

from decimal import Context
from functools import lru_cache

from odoo.tools import SQL

from ...engine.budget.subject import parse

_WIDE = Context(prec=200)

#: So many settled calls long a vendor's bill above the estimate raises later holds.
OVERRUN_CALLS = 500
#: First key of the advisory lock under which one person's reservations take turns.
PERSON_LOCK = 0x5A11

#: Does the call described by the arguments count in period ``p``?
_CALL_IN_PERIOD = """
    p.date_from <= a_last AND p.date_to >= a_day
    AND p.scope_user IN (0, a_user)
    AND p.scope_company IN (0, a_company)
    AND p.scope_provider IN (0, a_provider)
    AND COALESCE(p.scope_key, 0) IN (0, a_key)
    AND p.scope_task IN ('', a_task)
    AND (p.scope_agent IN ('', lower(a_agent)) OR (p.count_untagged AND a_agent = ''))
    AND (p.scope_module IN ('', lower(a_module)) OR (p.count_untagged AND a_module = ''))
    AND p.subject IN ('', 'user:' || a_user, 'agent:' || lower(a_agent),
                      'module:' || lower(a_module), 'record:' || a_record)
"""

#: The subject of the call under budget ``b``, and whether it has one there.
_SUBJECT = """
    CASE b.each WHEN 'user' THEN 'user:' || a_user WHEN 'agent' THEN 'agent:' || lower(a_agent)
                WHEN 'module' THEN 'module:' || lower(a_module)
                WHEN 'record' THEN 'record:' || a_record ELSE '' END
"""
_HAS_SUBJECT = """
    CASE b.each WHEN 'user' THEN a_user != 0
                WHEN 'agent' THEN b.count_untagged OR a_agent != ''
                WHEN 'module' THEN b.count_untagged OR a_module != ''
                WHEN 'record' THEN b.count_untagged OR a_record != '' ELSE TRUE END
"""

#: Does the call fall under budget ``b``? The same rule, on the budget's own columns.
_CALL_IN_BUDGET = f"""
    (b.user_id IS NULL OR b.user_id = a_user)
    AND (b.company_id IS NULL OR b.company_id = a_company)
    AND (b.provider_id IS NULL OR b.provider_id = a_provider)
    AND (b.key_id IS NULL OR b.key_id = a_key)
    AND (b.task_type IS NULL OR b.task_type = a_task)
    AND (COALESCE(b.agent_type, '') = '' OR lower(b.agent_type) = lower(a_agent)
         OR (b.count_untagged AND a_agent = ''))
    AND (COALESCE(b.module, '') = '' OR lower(b.module) = lower(a_module)
         OR (b.count_untagged AND a_module = ''))
    AND (b.period_type != 'custom' OR a_day BETWEEN b.date_start AND b.date_end)
    AND {_HAS_SUBJECT}
"""

#: Who calls, for what, when, and what it may cost: in USD, and in the currency of its row.
_CALL = """
    a_day date, a_last date, a_company int, a_user int, a_provider int, a_task text, a_agent text,
    a_module text, a_record text, a_key int, a_currency int, a_held_usd numeric, a_held numeric
"""
_ASK = "CASE WHEN p.currency_id = a_currency THEN a_held ELSE a_held_usd * p.usd_rate END"
#: The dearest of the calls that are held together.
_SINGLE = _ASK.replace("a_held", "a_single")
_COST = "CASE WHEN p.currency_id = a_currency THEN a_cost ELSE a_cost_usd * p.usd_rate END"

# Functions, because their plans are kept: planning these statements takes longer than running
# them. A statement within takes its snapshot after its table locks, as one sent by a client.
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION ai_budget_hold(
    {_CALL}, a_switched boolean, a_reservation int, a_person_usd numeric, a_person_calls int,
    a_single_usd numeric, a_single numeric)
RETURNS TABLE (
    good boolean, stale_ids int[], stale_subjects text[], id int, budget_id int, subject text,
    spent numeric, reserved numeric, ask numeric, active boolean, limit_amount numeric,
    per_request numeric, switch_amount numeric
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    stale int[];
    stale_of text[];
    held_all boolean;
    open_calls int;
    open_usd numeric;
BEGIN
    IF a_person_usd IS NOT NULL OR a_person_calls IS NOT NULL THEN
        -- one person's reservations take turns, so that calls at once cannot pass together
        PERFORM pg_advisory_xact_lock({PERSON_LOCK}, a_user);
        SELECT count(*), sum(r.amount_usd) INTO open_calls, open_usd
          FROM ai_cost_reservation r
         WHERE r.user_id = a_user AND r.usage_id IS NULL AND r.batch_key IS NULL
           AND r.expires_at > now() AT TIME ZONE 'UTC';
        IF open_calls > a_person_calls OR open_usd > a_person_usd THEN
            DELETE FROM ai_cost_reservation r WHERE r.id = a_reservation;
            good := FALSE;
            RETURN NEXT;
            RETURN;
        END IF;
    END IF;
    SELECT array_agg(b.id), array_agg({_SUBJECT}) INTO stale, stale_of
      FROM ai_cost_budget b
     WHERE b.active AND {_CALL_IN_BUDGET}
       AND NOT EXISTS (
           SELECT FROM ai_cost_budget_period p
            WHERE p.budget_id = b.id AND p.stamp = b.stamp
              AND p.date_from <= a_day AND p.date_to >= a_day AND p.subject = {_SUBJECT});
    IF stale IS NOT NULL THEN
        DELETE FROM ai_cost_reservation r WHERE r.id = a_reservation;
        good := FALSE;
        stale_ids := stale;
        stale_subjects := stale_of;
        RETURN NEXT;
        RETURN;
    END IF;
    WITH held AS MATERIALIZED (
        SELECT p.id, p.spent, p.reserved, {_ASK} AS ask, {_SINGLE} AS single, b.active,
               p.limit_amount, p.per_request, p.switch_amount
          FROM ai_cost_budget_period p JOIN ai_cost_budget b ON b.id = p.budget_id
         WHERE {_CALL_IN_PERIOD}
         ORDER BY p.id FOR NO KEY UPDATE OF p
    ), verdict AS MATERIALIZED (
        SELECT COALESCE(bool_and(
                   NOT h.active
                   OR (COALESCE(h.spent + h.reserved + h.ask <= h.limit_amount, TRUE)
                       AND COALESCE(h.single <= h.per_request, TRUE)
                       AND (a_switched OR COALESCE(h.spent < h.switch_amount, TRUE)))
               ), TRUE) AS good
          FROM held h
    ), moved AS (
        UPDATE ai_cost_budget_period p SET reserved = p.reserved + h.ask
          FROM held h, verdict v WHERE v.good AND p.id = h.id
    )
    SELECT v.good INTO held_all FROM verdict v;
    IF held_all THEN
        good := TRUE;
        RETURN NEXT;
        RETURN;
    END IF;
    DELETE FROM ai_cost_reservation r WHERE r.id = a_reservation;
    RETURN QUERY
    SELECT FALSE, NULL::int[], NULL::text[], p.id, p.budget_id, p.subject::text, p.spent,
           p.reserved, {_ASK}, b.active, p.limit_amount, p.per_request, p.switch_amount
      FROM ai_cost_budget_period p JOIN ai_cost_budget b ON b.id = p.budget_id
     WHERE {_CALL_IN_PERIOD} ORDER BY p.id;
END $$;

CREATE OR REPLACE FUNCTION ai_budget_move({_CALL}, a_cost_usd numeric, a_cost numeric)
RETURNS text[] LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE found text[];
BEGIN
    WITH held AS MATERIALIZED (
        SELECT p.id, p.spent, p.alert_at, {_ASK} AS ask, {_COST} AS cost,
               CASE WHEN b.active THEN (p.limit_amount - p.spent - p.reserved) / p.usd_rate END
                   AS room_usd, p.usd_rate
          FROM ai_cost_budget_period p JOIN ai_cost_budget b ON b.id = p.budget_id
         WHERE {_CALL_IN_PERIOD}
         ORDER BY p.id FOR NO KEY UPDATE OF p
    ), moved AS (
        UPDATE ai_cost_budget_period p
           SET reserved = p.reserved - h.ask,
               spent = p.spent + h.cost,
               alert_at = CASE WHEN p.spent + h.cost >= p.alert_at THEN NULL
                               ELSE p.alert_at END
          FROM held h WHERE p.id = h.id
    )
    SELECT ARRAY[COALESCE(bool_or(h.spent + h.cost >= h.alert_at), FALSE)::text,
                 min(h.room_usd + (h.ask - h.cost) / h.usd_rate)::text]
      FROM held h INTO found;
    RETURN found;
END $$;

CREATE OR REPLACE FUNCTION ai_hold_factor(a_provider int, a_model text)
RETURNS numeric LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT COALESCE(max(ratio), 1) FROM ai_hold_overrun
             WHERE provider_id = a_provider AND model_name = a_model
               AND calls_since < {OVERRUN_CALLS});
END $$;
"""
DROP_FUNCTIONS = """
    DROP FUNCTION IF EXISTS ai_budget_hold; DROP FUNCTION IF EXISTS ai_budget_move;
    DROP FUNCTION IF EXISTS ai_hold_factor
"""

_CALL_VALUES = """
    %(day)s, %(last)s, %(company)s, %(user)s, %(provider)s, %(task)s, %(agent)s, %(module)s,
    %(record)s, %(key)s, %(currency)s, %(held_usd)s, %(held)s
"""

_SCALED_VALUES = _CALL_VALUES.replace("%(held_usd)s", "%(held_usd)s * r.hold_factor").replace(
    "%(held)s", "%(held)s * r.hold_factor"
)

#: Columns of a reservation, as HOLD inserts it; its parameters are named ``r_<column>``.
RESERVATION = (
    "create_uid",
    "create_date",
    "company_id",
    "user_id",
    "provider_id",
    "price_id",
    "sent",
    "expires_at",
    "local_date",
    "last_date",
    "batch_key",
    "call_key",
    "row",
)

#: Insert a call's reservation and hold its worst case in all periods that apply, or do neither.
#: The hot rows come last: nothing that takes time (foreign keys, indexes) happens while they are
#: locked, and neither does the wait for the disk, which FLUSH or DURABLE brings. Returns ``good``;
#: where it is false either ``stale_ids`` of budgets, each with its subject, or a row for each
#: period.
HOLD = f"""
SET LOCAL synchronous_commit = off;
INSERT INTO ai_cost_reservation ({", ".join(RESERVATION)}, amount_usd, hold_factor)
SELECT {", ".join(f"%(r_{column})s" for column in RESERVATION)}, %(held_usd)s * f.factor, f.factor
  FROM (SELECT ai_hold_factor(%(provider)s, %(model)s) AS factor) f;
SELECT held.*, r.id AS reservation_id, r.hold_factor::text AS factor
  FROM ai_cost_reservation r, LATERAL ai_budget_hold(
       {_SCALED_VALUES}, %(switched)s, r.id, %(person_usd)s::numeric, %(person_calls)s::int,
       %(single_usd)s * r.hold_factor, %(single)s * r.hold_factor) held
 WHERE r.id = currval('ai_cost_reservation_id_seq')
"""

#: Turn what a call held into what it cost. Returns two texts: whether an alert is due now, and the
#: USD that the next call may still cost under the tightest budget, NULL without one.
MOVE = f"SELECT ai_budget_move({_CALL_VALUES}, %(cost_usd)s, %(cost)s)"

#: The end of the reservation, the ledger row (see ``settle``) and MOVE, in that order for the same
#: reason. Does nothing and returns no row where the reservation is gone or was closed by the
#: reaper. To be followed by FLUSH.
_SETTLE = f"""
SET LOCAL synchronous_commit = off;
WITH gone AS (
    DELETE FROM ai_cost_reservation WHERE id = %(reservation)s AND usage_id IS NULL RETURNING id
), inserted AS (
    INSERT INTO ai_token_usage ({{columns}}) SELECT {{values}} FROM gone RETURNING id
)
SELECT set_config('ai_brain.usage_id', (SELECT id::text FROM inserted), TRUE);
SELECT u.id, ai_budget_move({_CALL_VALUES}, %(cost_usd)s, %(cost)s)
  FROM (SELECT NULLIF(current_setting('ai_brain.usage_id', TRUE), '')::int AS id) u
 WHERE u.id IS NOT NULL
"""

#: Wait until everything that this session committed is on disk. Callers of one budget wait
#: together here, where they would one after another while its row is locked.
FLUSH = "SELECT pg_logical_emit_message(TRUE, 'ai_brain', '')"
#: The same for a transaction that is still open: its own commit waits.
DURABLE = "SET LOCAL synchronous_commit = on"

#: What HOLD would see, without locking or holding anything.
LOOK = f"""
WITH call AS (
    SELECT %(day)s::date AS a_day, %(last)s::date AS a_last, %(company)s AS a_company,
           %(user)s AS a_user, %(provider)s AS a_provider, %(task)s AS a_task, %(agent)s AS a_agent,
           %(module)s AS a_module, %(record)s AS a_record, %(key)s AS a_key,
           %(currency)s AS a_currency, %(held_usd)s AS a_held_usd, %(held)s AS a_held
)
SELECT p.id, p.budget_id, p.subject, p.spent, p.reserved, {_ASK} AS ask, b.active,
       p.limit_amount, p.per_request, p.switch_amount, p.usd_rate
  FROM ai_cost_budget_period p JOIN ai_cost_budget b ON b.id = p.budget_id, call
 WHERE b.active AND {_CALL_IN_PERIOD}
 ORDER BY p.id
"""
#: What MOVE says is left in USD, for an answer that cost nothing and so moved nothing.
LEFT = f"""
SELECT min((l.limit_amount - l.spent - l.reserved) / l.usd_rate)::text
  FROM ({LOOK.rstrip()}) l
"""

#: Keep calls from beginning or ending until the end of this (short) transaction.
LOCK = "LOCK TABLE ai_cost_reservation IN SHARE ROW EXCLUSIVE MODE"


#: Columns of a period row that say what counts in it. ``subject`` is None where ``sums_of_each``
#: tells the subjects apart.
SCOPE = (
    "subject",
    "scope_company",
    "scope_user",
    "scope_provider",
    "scope_task",
    "scope_agent",
    "scope_module",
    "scope_key",
    "count_untagged",
)

_OPEN = SQL(
    """(SELECT r.local_date, COALESCE(r.last_date, r.local_date) AS last_date, r.company_id,
               r.user_id, r.provider_id, r.amount_usd AS cost_usd,
               (r.row ->> 'currency_id')::int AS currency_id,
               r.amount_usd * (r.row ->> 'currency_rate')::numeric AS cost_company,
               r.row ->> 'task_type' AS task_type, r.row ->> 'agent_type' AS agent_type,
               r.row ->> 'module' AS module, r.row ->> 'res_model' AS res_model,
               (r.row ->> 'res_id')::int AS res_id, (r.row ->> 'gateway_key')::int AS gateway_key
          FROM ai_cost_reservation r WHERE r.usage_id IS NULL)"""
)


def rows_in_scope(scope, date_from, date_to, *, are_held=False):
    """Return the condition that row ``u`` counts: the same rule, on stored rows.

    Made of constants, so that the ledger's indexes serve it.

    :param bool are_held: the rows are of what is held, which may be so for several days
    """
    parts = [SQL("u.local_date BETWEEN %s AND %s", date_from, date_to)]
    if are_held:
        parts = [SQL("u.local_date <= %s AND u.last_date >= %s", date_to, date_from)]
    for key, column in (
        ("scope_company", "company_id"),
        ("scope_user", "user_id"),
        ("scope_provider", "provider_id"),
        ("scope_task", "task_type"),
        ("scope_key", "gateway_key"),
    ):
        if scope[key]:
            parts.append(SQL("%s = %s", SQL.identifier("u", column), scope[key]))
    for key, column in (("scope_agent", "agent_type"), ("scope_module", "module")):
        if scope[key]:
            tag = SQL("lower(COALESCE(%s, ''))", SQL.identifier("u", column))
            allowed = (scope[key], "") if scope["count_untagged"] else (scope[key],)
            parts.append(SQL("%s IN %s", tag, allowed))
    if scope["subject"]:
        parts.append(_of_subject(parse(scope["subject"])))
    return SQL(" AND ").join(parts)


#: The subject of row ``u``, where each of a kind has a budget of its own.
_SUBJECT_OF_ROW = {
    "user": SQL("'user:' || u.user_id"),
    "agent": SQL("'agent:' || lower(COALESCE(u.agent_type, ''))"),
    "module": SQL("'module:' || lower(COALESCE(u.module, ''))"),
    "record": SQL(
        "'record:' || CASE WHEN u.res_id > 0 THEN u.res_model || ',' || u.res_id ELSE '' END"
    ),
}


def _of_subject(subject):
    """Return the condition that row ``u`` is of a subject; in the columns that are indexed."""
    if subject.kind == "user":
        return SQL("u.user_id = %s", subject.value)
    if subject.kind == "record" and subject.value:
        return SQL("u.res_model = %s AND u.res_id = %s", *subject.value)
    if subject.kind == "record":
        return SQL("COALESCE(u.res_id, 0) <= 0")
    column = SQL.identifier("u", {"agent": "agent_type", "module": "module"}[subject.kind])
    return SQL("lower(COALESCE(%s, '')) = %s", column, subject.value or "")


def sums_of_each(scope, kind, date_from, date_to):
    """Return the query for ``(subject, spent, reserved)`` of every subject that has either."""
    subject = _SUBJECT_OF_ROW[kind]
    said = SQL("TRUE") if scope["count_untagged"] else SQL("%s != %s", subject, f"{kind}:")
    spent, held = (
        SQL(
            "SELECT %s AS subject, %s AS spent, %s AS reserved FROM %s u WHERE %s AND %s",
            subject,
            spent,
            reserved,
            table,
            rows_in_scope(scope, date_from, date_to, are_held=table is _OPEN),
            said,
        )
        for table, spent, reserved in (
            (SQL("ai_token_usage"), amount(scope), SQL("0")),
            (_OPEN, SQL("0"), amount(scope)),
        )
    )
    return SQL(
        "SELECT subject, SUM(spent) AS spent, SUM(reserved) AS reserved"
        " FROM (%s UNION ALL %s) s WHERE subject IS NOT NULL GROUP BY subject",
        spent,
        held,
    )


def next_alert(budget_id, first, subject, amount, marks):
    """Return the expression for the sum at which the next alert is due, NULL if all were sent.

    :param subject: its text, or the SQL of a column that holds it
    :param marks: thresholds in percent, Decimals
    """
    return SQL(
        """(SELECT min(m.mark) * %s / 100 FROM unnest(%s::numeric[]) m(mark)
             WHERE NOT EXISTS (
                   SELECT FROM ai_cost_alert a
                    WHERE a.kind = 'threshold' AND a.budget_id = %s AND a.day = %s
                      AND COALESCE(a.subject, '') = %s AND a.key = trim_scale(m.mark)::text))""",
        amount,
        list(marks),
        budget_id,
        first,
        subject,
    )


def amount(scope):
    """Return the expression for what row ``u`` cost in the currency of the scope."""
    return SQL(
        "CASE WHEN u.currency_id = %s THEN u.cost_company ELSE u.cost_usd * %s END",
        scope["currency_id"],
        scope["usd_rate"],
    )


def sums(scope, date_from, date_to):
    """Return the expressions ``(spent, reserved)``: what the two counters must be."""
    return tuple(
        SQL(
            "(SELECT COALESCE(SUM(%s), 0) FROM %s u WHERE %s)",
            amount(scope),
            table,
            rows_in_scope(scope, date_from, date_to, are_held=table is _OPEN),
        )
        for table in (SQL("ai_token_usage"), _OPEN)
    )


def by_day(scope, date_from, date_to):
    """Return the query for ``(local date, sum)`` of the days on which something was spent."""
    return SQL(
        "SELECT u.local_date, SUM(%s) FROM ai_token_usage u WHERE %s GROUP BY u.local_date",
        amount(scope),
        rows_in_scope(scope, date_from, date_to),
    )


def call_values(tags, held_usd, cost_usd=0, single_usd=None):
    """Return the parameters that describe a call to HOLD, LOOK and MOVE.

    :param dict tags: a ledger row's columns; ``local_date``, ``company_id``, ``currency_id`` and
        ``currency_rate`` (Decimal) are required; ``last_date``: held from the one to the other
    :param single_usd: the dearest of several calls that are held together; None: it is one call
    """
    rate, single = tags["currency_rate"], held_usd if single_usd is None else single_usd
    return {
        "day": tags["local_date"],
        "last": tags.get("last_date") or tags["local_date"],
        "single_usd": single,
        "single": _WIDE.multiply(single, rate),
        "company": tags["company_id"],
        "user": tags.get("user_id") or 0,
        "provider": tags.get("provider_id") or 0,
        "task": tags.get("task_type") or "",
        "agent": tags.get("agent_type") or "",
        "module": tags.get("module") or "",
        "record": f"{tags.get('res_model')},{tags['res_id']}" if tags.get("res_id") else "",
        "key": tags.get("gateway_key") or 0,
        "currency": tags["currency_id"],
        "held_usd": held_usd,
        "model": tags.get("model_name") or "",
        "held": _WIDE.multiply(held_usd, rate),  # as exact as PostgreSQL multiplies
        "cost_usd": cost_usd,
        "cost": cost_usd * rate,  # as the ledger's own column is computed
    }


@lru_cache(maxsize=256)
def settle(columns):
    """Return the statement that settles with a ledger row of these columns, given as ``u_…``."""
    if not all(name.isidentifier() for name in columns):
        raise ValueError(columns)
    return _SETTLE.format(
        columns=", ".join(f'"{name}"' for name in columns),
        values=", ".join(f"%(u_{name})s" for name in columns),
    )
