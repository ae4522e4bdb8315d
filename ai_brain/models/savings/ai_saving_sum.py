from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.sql import table_exists

from ...engine.ledger import outcomes

#: Periods that are kept: a session that goes on over the end of a month is one in each of them.
#: Any other period is summed from the ledger.
ALL = "all"
SPANS = (ALL, "month", "quarter", "year")
#: First day of what has none.
NO_DAY = "2000-01-01"
#: What is kept of the sessions of an arm: (type, SQL of a session). ``{p}`` stands for which of its
#: calls are meant: every one, or those that are old.
MEASURES = {
    "sessions": ("bigint", "CASE WHEN {p}_rows > 0 THEN 1 ELSE 0 END"),
    "calls": ("bigint", "{p}_calls"),
    "cost": ("numeric", "{p}_cost"),
    "expected": ("numeric", "{p}_expected"),
    "cost_squares": ("numeric", "{p}_cost * {p}_cost"),
    "products": ("numeric", "{p}_cost * {p}_expected"),
    "expected_squares": ("numeric", "{p}_expected * {p}_expected"),
    "saved": ("numeric", "{p}_saved"),
    # in the company's currency as it was counted, and in USD what was counted in that
    "cost_own": ("numeric", "{p}_cost_own"),
    "cost_rest": ("numeric", "{p}_cost_rest"),
    "saved_own": ("numeric", "{p}_saved_own"),
    "saved_rest": ("numeric", "{p}_saved_rest"),
    "failed": ("bigint", "{p}_failed"),
    "asked": ("bigint", "{p}_asked"),
}
_USD = "(SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'USD')"
AMOUNTS = ("cost_own", "cost_rest", "saved_own", "saved_rest")
STRATUM = ("agent_key", "holdout_percent", "holdout_arm")
SESSION = ("company_id", *STRATUM, "holdout_unit")
_KEY = ("span", "first", "company_id", *STRATUM)
#: A session's sums over rows of :func:`calls`. Its costs are added up; of what was expected its
#: first call counts, which was there before the arms differed. A summary costs, and is no call.
_SUMS = {
    "rows": "count(*){only}",
    "calls": "sum(call_count) FILTER (WHERE is_call{also})",
    "cost": "sum(cost_usd){only}",
    "saved": "sum(saved_usd){only}",
    **{name: f"sum({name}){{only}}" for name in AMOUNTS},
    "failed": "sum(call_count) FILTER (WHERE is_call AND failed{also})",
    "asked": "sum(call_count) FILTER (WHERE is_call AND NOT nobodys{also})",
}
#: Number and expected cost of the first call; cheaper than to order the calls.
_FIRST = "min(ARRAY[id, COALESCE(holdout_expected_usd, 0)]){only}"


def session_sums(prefix="every"):
    """SQL list of a session's sums, and of its first call, over every row or those that are old."""
    words = {"only": "", "also": ""}
    if prefix == "old":
        words = {"only": " FILTER (WHERE old)", "also": " AND old"}
    sums = {**_SUMS, "first": _FIRST}
    return ", ".join(f"{text.format(**words)} AS {prefix}_{name}" for name, text in sums.items())


def _sums_of_months(prefix):
    sums = [f"COALESCE(sum({prefix}_{name}), 0) AS {prefix}_{name}" for name in _SUMS]
    sums.append(f"COALESCE((min({prefix}_first))[2], 0) AS {prefix}_expected")
    return ", ".join(sums)


def calls(table, currency_id=None):
    """SQL list of what :func:`session_sums` reads of a row of the ledger.

    :param int currency_id: the currency of the ``own`` amounts, not USD; None: whichever it is
    """
    own = (
        f"{table}.currency_id != {_USD}"
        if currency_id is None
        else (f"{table}.currency_id = {currency_id:d}")
    )
    amounts = ""
    for name in ("cost", "saved"):
        amount = f"COALESCE({table}.{name}_usd, 0)"
        amounts += (
            f", CASE WHEN {own} THEN {amount} * COALESCE({table}.currency_rate, 1) ELSE 0 END"
            f" AS {name}_own, CASE WHEN {own} THEN 0 ELSE {amount} END AS {name}_rest"
        )
    names = (*SESSION, "id", "cost_usd", "saved_usd", "holdout_expected_usd", "call_count")
    return (
        ", ".join(f"{table}.{name}" for name in names)
        + f", {table}.kind != 'summary' AS is_call, {outcomes.failed(table)} AS failed,"
        f" {outcomes.nobodys(table)} AS nobodys{amounts}"
    )


class AiSavingSum(models.Model):
    """Sums over the sessions of an arm, up to the rollup's watermark: what proven savings are made
    of, so that they cost the same at any size of the ledger.

    A session is one observation, and its square counts; so when a call comes that belongs to a
    session of which some are in the sums already, that session is taken out as it was and put in as
    it is. What it was, the ledger says: its rows never change.
    """

    _name = "ai.saving.sum"
    _inherit = "ai.ledger.fold"
    _description = "AI Savings: Sums over Sessions"
    _auto = False
    _log_access = False
    _rec_name = "span"

    company_id = fields.Many2one("res.company", help="The company that paid.")
    span = fields.Char(help="What it covers: everything, or a month, quarter or year.")
    first = fields.Date("First Day", help="Of the month, quarter or year.")
    agent_key = fields.Integer("Agent ID", help="The agent whose calls they are.")
    holdout_percent = fields.Integer("Share Held Out (%)", help="The agent's share then.")
    holdout_arm = fields.Char("Arm", help="Optimised, or held out.")
    sessions = fields.Integer(help="Conversations; a call without one is one by itself.")

    def init(self):
        columns = ", ".join(
            f"{name} {kind} NOT NULL DEFAULT 0" for name, (kind, _sql) in MEASURES.items()
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS ai_saving_sum (
                    id bigserial PRIMARY KEY, company_id integer NOT NULL, span varchar NOT NULL,
                    first date NOT NULL, agent_key integer NOT NULL,
                    holdout_percent integer NOT NULL, holdout_arm varchar NOT NULL, %s);
                CREATE UNIQUE INDEX IF NOT EXISTS ai_saving_sum_key ON ai_saving_sum (
                    company_id, span, first, agent_key, holdout_percent, holdout_arm);
                """,
                SQL(columns),
            )
        )
        for name, (kind, _sql) in MEASURES.items():  # those that an earlier edition had not
            self.env.cr.execute(
                SQL(
                    "ALTER TABLE ai_saving_sum ADD COLUMN IF NOT EXISTS %s %s NOT NULL DEFAULT 0",
                    SQL.identifier(name),
                    SQL(kind),
                )
            )

    @api.model
    def _fold(self, cr, after, upto):
        if upto <= after:
            return
        names = ", ".join(MEASURES)
        cr.execute(
            SQL(
                "INSERT INTO ai_saving_sum (%s, %s) %s ON CONFLICT"
                " (company_id, span, first, agent_key, holdout_percent, holdout_arm)"
                " DO UPDATE SET %s",
                SQL(", ".join(_KEY)),
                SQL(names),
                self._gained(after, SQL("ai_token_usage.id <= %s", upto)),
                SQL(", ".join(f"{n} = ai_saving_sum.{n} + EXCLUDED.{n}" for n in MEASURES)),
            )
        )

    @api.model
    def _forget(self, cr):
        if table_exists(cr, self._table):  # it is made after the rollup's tables, in an upgrade too
            cr.execute("DELETE FROM ai_saving_sum")

    @api.model
    def _gained(self, after, where):
        """Return SELECT of what the sums gain by ledger rows above ``after``.

        :param SQL where: which rows there are at all
        """
        spans = ", ".join(
            f"('{span}', date_trunc('{span}', month::timestamp)::date)"
            if span != ALL
            else f"('{ALL}', DATE '{NO_DAY}')"
            for span in SPANS
        )
        gains = ", ".join(
            f"COALESCE(sum({text.format(p='every')} - ({text.format(p='old')})), 0)::{kind}"
            f" AS {name}"
            for name, (kind, text) in MEASURES.items()
        )
        return SQL(
            """
            WITH fresh AS MATERIALIZED (
                SELECT %(calls)s, ai_token_usage.local_date FROM ai_token_usage
                 WHERE ai_token_usage.id > %(after)s AND holdout_arm IS NOT NULL AND %(where)s
            ), calls AS (
                SELECT *, FALSE AS old FROM fresh
                UNION ALL
                SELECT %(calls)s, ai_token_usage.local_date, TRUE
                  FROM (SELECT DISTINCT %(session)s FROM fresh) AS known
                  JOIN ai_token_usage USING (%(session)s)
                 WHERE ai_token_usage.id <= %(after)s AND ai_token_usage.holdout_arm IS NOT NULL
            ), months AS (
                SELECT date_trunc('month', local_date::timestamp)::date AS month, %(session)s,
                       %(every)s, %(old)s FROM calls GROUP BY 1, %(session)s
            ), sessions AS (
                SELECT span, first, company_id, %(stratum)s, %(every_month)s, %(old_month)s
                  FROM months CROSS JOIN LATERAL (VALUES %(spans)s) AS spans (span, first)
                 GROUP BY span, first, %(session)s HAVING sum(every_rows) > sum(old_rows)
            )
            SELECT %(key)s, %(gains)s FROM sessions GROUP BY %(key)s ORDER BY %(key)s
            """,
            session=SQL(", ".join(SESSION)),
            stratum=SQL(", ".join(STRATUM)),
            key=SQL(", ".join(_KEY)),
            calls=SQL(calls("ai_token_usage")),
            after=after,
            where=where,
            every=SQL(session_sums()),
            old=SQL(session_sums("old")),
            every_month=SQL(_sums_of_months("every")),
            old_month=SQL(_sums_of_months("old")),
            spans=SQL(spans),
            gains=SQL(gains),
        )

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    def _agents(self, company_ids):
        """Return ids of the agents of which companies' calls have an arm."""
        cr = self.env.cr
        self.env["ai.token.usage"].flush_model()
        cr.execute(
            "SELECT agent_key FROM ai_saving_sum WHERE span = %(all)s AND company_id = ANY(%(ids)s)"
            " UNION SELECT agent_key FROM ai_token_usage WHERE holdout_arm IS NOT NULL"
            " AND company_id = ANY(%(ids)s) AND id > (SELECT watermark FROM ai_cost_rollup_mark)",
            {"all": ALL, "ids": [*company_ids]},
        )
        return {agent for (agent,) in cr.fetchall()}

    @api.model
    def _sums(self, company_ids, span, first, agent_id=None):
        """Return ``[(agent, percent, arm, {name of a measure: Decimal text}), …]`` of a span, the
        ledger's newest rows included."""
        cr = self.env.cr
        self.env["ai.token.usage"].flush_model()
        while True:
            cr.execute(
                "SELECT watermark,"
                " COALESCE((SELECT max(id) FROM ai_token_usage) > watermark, FALSE)"
                " FROM ai_cost_rollup_mark"
            )
            mark, has_tail = cr.fetchone()
            rows = self._read_sums(mark, has_tail, company_ids, span, first, agent_id)
            if not rows or rows[0][0] == mark:
                break  # else it was folded meanwhile, and the two snapshots do not fit together
        return [
            (agent, percent, arm, dict(zip(MEASURES, values, strict=True)))
            for _mark, agent, percent, arm, *values in rows
        ]

    @api.model
    def _read_sums(self, mark, has_tail, company_ids, span, first, agent_id):
        place = [
            SQL("span = %s", span),
            SQL("first = %s::date", first or NO_DAY),
            SQL("company_id = ANY(%s)", [*company_ids]),
        ]
        where = [SQL("ai_token_usage.company_id = ANY(%s)", [*company_ids])]
        if agent_id:
            place.append(SQL("agent_key = %s", agent_id))
            where.append(SQL("ai_token_usage.agent_key = %s", agent_id))
        columns = SQL(", ".join((*STRATUM, *MEASURES)))
        kept = SQL(" AND ").join(place)
        parts = [SQL("SELECT %s FROM ai_saving_sum WHERE %s", columns, kept)]
        if has_tail:
            tail = self._gained(mark, SQL(" AND ").join(where))
            parts.append(SQL("SELECT %s FROM (%s) AS tail WHERE %s", columns, tail, kept))
        return self.env.execute_query(
            SQL(
                "SELECT (SELECT watermark FROM ai_cost_rollup_mark), %s, %s FROM (%s) AS parts"
                " GROUP BY %s HAVING sum(sessions) > 0",
                SQL(", ".join(STRATUM)),
                SQL(", ".join(f"sum({name})::text" for name in MEASURES)),
                SQL(" UNION ALL ").join(parts),
                SQL(", ".join(STRATUM)),
            )
        )
