import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.base.line import one_line
from ...engine.base.money import as_decimal
from ...engine.budget import limits as engine
from ...engine.budget.subject import parse
from . import sql as budget_sql

_logger = logging.getLogger(__name__)

#: Written from the budget when it is synced; the rest are the two counters.
LIMITS = ("stamp", "amount", "limit_amount", "per_request", "switch_amount")
IDENTITY = ("date_to", *budget_sql.SCOPE, "currency_id", "usd_rate")


class AiCostBudgetPeriod(models.Model):
    """One budget in one period: what it allows, what is held and what is spent. Of a budget for
    each person, agent, addon or record there is one row a subject.

    Rows are written by SQL on cursors of their own (see ``budget_sql``), never by the ORM. The
    scope is frozen in each, so that a closed period keeps counting what it counted. Scope columns
    are plain numbers and texts, 0 and '' for any: they must outlive what they name, and an index
    serves them.
    """

    _name = "ai.cost.budget.period"
    _description = "AI Budget Period"
    _order = "date_from desc, spent desc, id desc"
    _log_access = False
    _rec_name = "date_from"

    budget_id = fields.Many2one(
        "ai.cost.budget", required=True, readonly=True, ondelete="cascade", help="The budget."
    )
    date_from = fields.Date("From", required=True, readonly=True, help="First day, local date.")
    date_to = fields.Date("To", required=True, readonly=True, help="Last day, local date.")
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="Currency of the amounts.",
    )
    usd_rate = fields.Float(
        digits=0, readonly=True, help="What 1 USD is taken for, where a call carries no rate."
    )
    amount = fields.Float(
        digits=0, readonly=True, help="The budget of this period, raises included."
    )
    blocks = fields.Boolean(
        compute="_compute_blocks", help="Calls are refused at the limit. Not set: never."
    )
    limit_amount = fields.Float(
        "Limit", digits=0, readonly=True, help="The sum at which calls are refused, if they are."
    )
    per_request = fields.Float(digits=0, readonly=True, help="The most for one call; 0: any.")
    switch_amount = fields.Float(
        digits=0, readonly=True, help="The sum from which calls go to the cheapest provider."
    )
    alert_at = fields.Float(digits=0, readonly=True, help="The sum at which the next alert is due.")
    reserved = fields.Float(digits=0, readonly=True, help="Held for calls that are under way.")
    spent = fields.Float(digits=0, readonly=True, help="Cost of the calls that counted so far.")
    percentage_used = fields.Float(
        "Used (%)", compute="_compute_percentage_used", help="Spent, of the budget."
    )
    subject = fields.Char(
        default="",
        required=True,
        readonly=True,
        help="Whose part it is, of a budget for each; see engine/budget/subject.py.",
    )
    stamp = fields.Integer(readonly=True, help="State of the budget that the row was made from.")
    scope_company = fields.Integer(readonly=True, help="Id of the company; 0: any.")
    scope_user = fields.Integer(readonly=True, help="Id of the user; 0: any.")
    scope_provider = fields.Integer(readonly=True, help="Id of the provider; 0: any.")
    scope_task = fields.Char(readonly=True, help="The task; empty: any.")
    scope_agent = fields.Char(readonly=True, help="The agent in lower case; empty: any.")
    scope_module = fields.Char(
        "Scope Addon", readonly=True, help="The addon in lower case; empty: any."
    )
    scope_key = fields.Integer(
        default=0, readonly=True, help="Id of the endpoint's key; 0: any call."
    )
    count_untagged = fields.Boolean(readonly=True, help="Calls without agent or addon count.")

    _sql_constraints = [
        ("budget_date_unique", "unique(budget_id, date_from, subject)", "A period begins once."),
    ]

    def init(self):
        # Hot rows: room for HOT updates on the page; only unindexed columns change.
        self.env.cr.execute(
            """
            ALTER TABLE ai_cost_budget_period SET (fillfactor = 40);
            CREATE INDEX IF NOT EXISTS ai_cost_budget_period_subject_day_idx
                ON ai_cost_budget_period (scope_user, subject, date_to)
            """
        )
        # an edition before this one gave them fewer arguments
        self.env.cr.execute(
            "DROP FUNCTION IF EXISTS ai_budget_hold; DROP FUNCTION IF EXISTS ai_budget_move"
        )
        self.env.cr.execute(budget_sql.FUNCTIONS)

    @api.model
    def _drop_functions(self):
        self.env.cr.execute(budget_sql.DROP_FUNCTIONS)

    def _compute_blocks(self):
        rows = dict(
            self.env.execute_query(
                SQL(
                    "SELECT id, limit_amount IS NOT NULL FROM ai_cost_budget_period"
                    " WHERE id = ANY(%s)",
                    self.ids,
                )
            )
        )
        for period in self:
            period.blocks = rows.get(period.id, False)

    @api.depends("amount", "spent")
    def _compute_percentage_used(self):
        for period in self:
            period.percentage_used = float(engine.used_percent(period.spent, period.amount))

    # ------------------------------------------------------------------
    # Writing, on a cursor of one's own
    # ------------------------------------------------------------------

    @api.model
    def _sync(self, budget_ids, day, subjects=()):
        """Bring the periods of ``day`` (local date) in line with their budgets.

        Opens a period that has no row yet, counting what is spent and held already; counts anew
        where the scope changed; else only takes over the limits. To be called on a short READ
        COMMITTED cursor: no call begins or ends until it commits.

        :param subjects: for each budget its subject that calls; without, all who have spent
            something are looked at
        """
        cr = self.env.cr
        cr.execute(budget_sql.LOCK)
        subject_of = dict(zip(budget_ids, subjects))
        budgets = self.env["ai.cost.budget"].browse(sorted(budget_ids)).exists()
        for budget in budgets:
            subject = subject_of.get(budget.id, None if budget.each else "")
            wanted = budget._period_row(day, subject)
            if wanted is None:
                continue
            cr.execute(
                SQL(
                    """
                    DELETE FROM ai_cost_budget_period
                     WHERE budget_id = %s AND %s BETWEEN date_from AND date_to
                       AND (date_from != %s OR split_part(subject, ':', 1) != %s)
                    """,
                    budget.id,
                    day,
                    wanted["date_from"],
                    budget.each or "",
                )
            )
            if subject is None:
                self._sync_each(budget, wanted)
            else:
                same = self._same_rows(wanted)
                self._upsert(wanted, budget._marks(), recount=same != [True])

    def _same_rows(self, wanted):
        """Return, for the row of a subject or for all where it is None: does it count what is
        wanted?"""
        names = [name for name in IDENTITY if name != "subject"]
        found = self.env.execute_query(
            SQL(
                "SELECT %s FROM ai_cost_budget_period"
                " WHERE budget_id = %s AND date_from = %s AND subject = COALESCE(%s, subject)",
                SQL(", ").join(SQL("%s::text", SQL.identifier(name)) for name in names),
                wanted["budget_id"],
                wanted["date_from"],
                wanted["subject"],
            )
        )
        as_text = self._as_text([wanted[name] for name in names])
        return [list(row) == as_text for row in found]

    def _sync_each(self, budget, wanted):
        """Bring the parts of all subjects of a budget in line; of whom nothing is known, none."""
        same, marks = self._same_rows(wanted), budget._marks()
        key = SQL("budget_id = %s AND date_from = %s", wanted["budget_id"], wanted["date_from"])
        alert_at = budget_sql.next_alert(
            budget.id, wanted["date_from"], SQL("p.subject"), wanted["amount"], marks
        )
        if same and all(same):
            self.env.cr.execute(
                SQL(
                    "UPDATE ai_cost_budget_period p SET alert_at = %s, %s WHERE %s",
                    alert_at,
                    SQL(", ").join(
                        SQL("%s = %s", SQL.identifier(name), wanted[name]) for name in LIMITS
                    ),
                    key,
                )
            )
            return
        self.env.cr.execute(SQL("DELETE FROM ai_cost_budget_period WHERE %s", key))
        values = {name: value for name, value in wanted.items() if name != "subject"}
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_cost_budget_period"
                " (%s, subject, user_id, spent, reserved, alert_at)"
                " SELECT %s, p.subject, %s, p.spent, p.reserved, %s FROM (%s) p",
                SQL(", ").join(map(SQL.identifier, values)),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
                SQL("substr(p.subject, 6)::int") if budget.each == "user" else SQL("NULL"),
                alert_at,
                budget_sql.sums_of_each(
                    wanted, budget.each, wanted["date_from"], wanted["date_to"]
                ),
            )
        )

    def _as_text(self, values):
        """Return values as PostgreSQL prints them, to compare without rounding."""
        casts = {bool: "boolean", int: "int"}
        query = SQL(", ").join(
            SQL("(%s::%s)::text", value, SQL(casts[type(value)]))
            if type(value) in casts
            else SQL("%s::text", value)
            for value in values
        )
        return list(self.env.execute_query(SQL("SELECT %s", query))[0])

    def _upsert(self, wanted, marks, recount):
        subject = parse(wanted["subject"])
        key = [wanted[name] for name in ("budget_id", "date_from", "subject", "amount")]
        values = {
            **wanted,
            "user_id": subject.value if subject and subject.kind == "user" else None,
            "alert_at": budget_sql.next_alert(*key, marks),
        }
        if recount:
            spent, reserved = budget_sql.sums(wanted, wanted["date_from"], wanted["date_to"])
            values.update(spent=spent, reserved=reserved)
        insert = {"spent": 0, "reserved": 0, **values}
        self.env.cr.execute(
            SQL(
                "INSERT INTO ai_cost_budget_period (%s) VALUES (%s)"
                " ON CONFLICT (budget_id, date_from, subject) DO UPDATE SET %s",
                SQL(", ").join(map(SQL.identifier, insert)),
                SQL(", ").join(SQL("%s", value) for value in insert.values()),
                SQL(", ").join(
                    SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                    for name in values
                ),
            )
        )

    @api.model
    def _compare(self, ids):
        """Return the periods whose counters differ from the ledger, amounts as exact text."""
        differing = []
        for period in self._scopes(ids):
            spent, reserved = budget_sql.sums(period, period["date_from"], period["date_to"])
            self.env.cr.execute(
                SQL(
                    """
                    SELECT p.spent::text AS spent, p.reserved::text AS reserved,
                           s.spent::text AS ledger, s.reserved::text AS open
                      FROM ai_cost_budget_period p, (SELECT %s AS spent, %s AS reserved) s
                     WHERE p.id = %s AND (p.spent != s.spent OR p.reserved != s.reserved)
                    """,
                    spent,
                    reserved,
                    period["id"],
                )
            )
            found = self.env.cr.dictfetchone()
            if found:
                differing.append({**period, **found})
        return differing

    @api.model
    def _scopes(self, ids):
        columns = ("id", "budget_id", "date_from", "date_to", "currency_id", *budget_sql.SCOPE)
        self.env.cr.execute(
            SQL(
                "SELECT usd_rate::text AS usd_rate, %s FROM ai_cost_budget_period"
                " WHERE id = ANY(%s) ORDER BY id",
                SQL(", ").join(map(SQL.identifier, columns)),
                list(ids),
            )
        )
        return [
            {**row, "usd_rate": as_decimal(row["usd_rate"])} for row in self.env.cr.dictfetchall()
        ]

    @api.model
    def _reconcile(self, since=None, fix=True):
        """Compare counters with the ledger and put right what differs; each period by itself.

        :param date since: periods that end before it are left out; default: 40 days ago
        :param bool fix: also correct the counters
        :return: ``{'checked': int, 'differing': [{'budget', 'period_id', 'date_from', 'date_to',
            'spent', 'ledger', 'reserved', 'open'}]}``, amounts as exact text
        """
        since = since or fields.Date.subtract(fields.Date.today(), days=40)
        service = self.env["ai.service"]
        ids = [
            row[0]
            for row in self.env.execute_query(
                SQL("SELECT id FROM ai_cost_budget_period WHERE date_to >= %s ORDER BY id", since)
            )
        ]
        differing = []
        for period_id in ids:
            with service._own_cursor() as cr:
                periods = service._on(cr).env["ai.cost.budget.period"]
                if not periods._compare(
                    [period_id]
                ):  # a call under way may show as one: look again
                    continue
                cr.execute(budget_sql.LOCK)
                for found in periods._compare([period_id]):
                    if fix:
                        spent, reserved = budget_sql.sums(
                            found, found["date_from"], found["date_to"]
                        )
                        cr.execute(
                            SQL(
                                "UPDATE ai_cost_budget_period SET spent = %s, reserved = %s"
                                " WHERE id = %s",
                                spent,
                                reserved,
                                period_id,
                            )
                        )
                    differing.append(
                        {
                            "period_id": period_id,
                            "budget": self.env["ai.cost.budget"]
                            .browse(found["budget_id"])
                            .sudo()
                            ._label(found["subject"]),
                            **{
                                key: found[key]
                                for key in (
                                    "date_from",
                                    "date_to",
                                    "spent",
                                    "ledger",
                                    "reserved",
                                    "open",
                                )
                            },
                        }
                    )
        for line in differing:
            _logger.error(
                "AI budget “%(budget)s” from %(date_from)s: spent %(spent)s against %(ledger)s in "
                "the ledger, held %(reserved)s against %(open)s under way.",
                {**line, "budget": one_line(line["budget"])},
            )
        _logger.info("AI budgets: %s periods reconciled, %s differed.", len(ids), len(differing))
        return {"checked": len(ids), "differing": differing}

    @api.model
    def _cron_reconcile(self):
        self._reconcile()
