import logging
import time

from odoo import api, fields, models
from odoo.tools import SQL, sql

from ..base.transactions import Apart
from . import rollup_fold, rollup_schema

_logger = logging.getLogger(__name__)

#: Longest run of one scheduled action; what is left then is the next run's.
RUN_S = 60


class AiCostRollup(models.Model):
    """Sums of the ledger by local day and one dimension, for a company and for each user.

    Narrow on purpose: one table over all dimensions at once has as many rows as the ledger. Which
    question it answers, and which one goes to the ledger, is said in ``rollup_route.route``. Rows
    above the watermark and notes that changed later are read live, so a figure is never late.
    """

    _name = "ai.cost.rollup"
    _description = "AI Costs per Day"
    _auto = False
    _log_access = False
    _rec_name = "dimension"
    _order = "local_date desc, dimension, id"

    company_id = fields.Many2one("res.company", help="The company that paid.")
    user_key = fields.Integer(
        "User ID", help="The user's id; -1: of everybody; 0: of users who were deleted."
    )
    local_date = fields.Date("Day", help="Day in the company's time zone.")
    currency_id = fields.Many2one("res.currency", help="Currency of the amounts not in USD.")
    dimension = fields.Char(help="What the sums are grouped by.")
    key_id = fields.Integer("Key ID", help="The record that the sums are of, where it is one.")
    key_char = fields.Char("Key", help="The value that the sums are of, where it is a text.")
    row_count = fields.Integer("Ledger Rows", help="Rows of the ledger, corrections included.")
    calls = fields.Integer(help="Calls; a correction is none.")
    cost_usd = fields.Float("Cost (USD)", digits=0, help="Exact cost in USD.")
    cost_company = fields.Float("Cost", digits=0, help="Cost in the currency of the day.")
    saved_usd = fields.Float("Saved (USD)", digits=0, help="Baseline less cost: an estimate.")
    waste_usd = fields.Float("Waste (USD)", digits=0, help="Money in tokens that nobody needed.")

    def init(self):
        # No primary key here: nobody reads these rows by id, and every index slows the fold down.
        # Pages keep room for the day that goes on: an update in place leaves the index alone.
        measures = {
            name: f"{name} {kind} NOT NULL DEFAULT 0"
            for name, (kind, _sql) in rollup_schema.MEASURES.items()
        }
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS ai_cost_rollup (
                    id bigserial, company_id integer NOT NULL, user_key integer NOT NULL,
                    local_date date NOT NULL, currency_id integer NOT NULL,
                    dimension varchar NOT NULL, key_id integer NOT NULL,
                    key_char varchar NOT NULL, %s);
                ALTER TABLE ai_cost_rollup %s;
                ALTER TABLE ai_cost_rollup SET (fillfactor = 70);
                CREATE UNIQUE INDEX IF NOT EXISTS ai_cost_rollup_key ON ai_cost_rollup (
                    company_id, user_key, local_date, dimension, key_id, key_char, currency_id);
                """,
                SQL(", ".join(measures.values())),
                SQL(", ".join(f"ADD COLUMN IF NOT EXISTS {one}" for one in measures.values())),
            )
        )

    # ------------------------------------------------------------------
    # Rolling up
    # ------------------------------------------------------------------

    @api.model
    def _cron_roll_up(self):
        """Fold what the ledger gained since the last run; the rest of a long one by a new run."""
        if self._roll_up(seconds=RUN_S):
            self.env.ref("ai_brain.ir_cron_rollup")._trigger()

    @api.model
    def _roll_up(self, seconds=RUN_S, batch=rollup_fold.BATCH):
        """Fold the ledger into the rollup, a batch a transaction, for up to ``seconds``.

        Any number of servers may run it: one takes its turn, the others leave at once. A killed
        run loses its batch only, as the watermark moves with the sums.

        :return: True if it ran out of time with rows left to fold
        """
        deadline = time.monotonic() + seconds
        service = self.env["ai.service"]
        bound = None
        while True:
            with service._own_cursor() as cr:
                mark = rollup_fold.lock_mark(cr)
                if not mark:
                    return False
                if bound is None:
                    bound = rollup_fold.find_bound(cr, mark)
                upto = min(max(bound, mark["watermark"]), mark["watermark"] + batch)
                rollup_fold.fold(cr, mark["watermark"], upto)
                for sums in self.env["ai.ledger.fold"]._all():
                    sums._fold(cr, mark["watermark"], upto)
                mark["watermark"] = upto
                rollup_fold.save_mark(cr, mark)
            if upto >= bound:
                return False
            if time.monotonic() > deadline:
                return True

    @api.model
    def _rebuild(self):
        """Forget every sum, to be rolled up anew; until then all figures come from the ledger."""
        self.env.cr.execute(
            "SELECT id FROM ai_cost_rollup_mark FOR UPDATE;"
            "TRUNCATE ai_cost_rollup, ai_cost_rollup_record, ai_cost_rollup_image;"
            "UPDATE ai_cost_rollup_mark SET watermark = 0, candidate = NULL, lockers = NULL"
        )
        for sums in self.env["ai.ledger.fold"]._all():
            sums._forget(self.env.cr)

    @api.model
    def _cron_check(self, days=7):
        """Compare the last days with the ledger; say so in the log and rebuild if they differ.

        They cannot, unless somebody wrote rows with ids of his own choice or took the triggers
        away. One statement, so one snapshot.
        """
        since = fields.Date.subtract(fields.Date.today(), days=days)
        ledger = SQL("ai_token_usage WHERE local_date >= %s AND id <= (SELECT w FROM mark)", since)
        names = ("row_count", "calls", "cost_usd", "waste_usd")
        self.env.cr.execute(
            SQL(
                """
                WITH mark AS (SELECT watermark AS w FROM ai_cost_rollup_mark),
                ledger AS (SELECT company_id, local_date, %(sums)s FROM (%(source)s) AS s
                            GROUP BY company_id, local_date),
                kept AS (SELECT company_id, local_date, %(sums)s FROM (
                            SELECT company_id, local_date, %(names)s FROM ai_cost_rollup
                             WHERE user_key = %(everybody)s AND dimension = 'total'
                               AND local_date >= %(since)s
                            UNION ALL
                            SELECT company_id, local_date, %(names)s FROM (%(images)s) AS i
                            ) AS s GROUP BY company_id, local_date)
                SELECT company_id, local_date FROM ledger FULL JOIN kept
                       USING (company_id, local_date)
                 WHERE %(differ)s
                """,
                sums=rollup_schema.sums(names),
                names=SQL(", ".join(names)),
                source=rollup_schema.source(ledger),
                images=rollup_schema.image_source(
                    SQL(
                        "ai_cost_rollup_image d JOIN ai_token_usage u ON u.id = d.usage_id"
                        " WHERE d.usage_id <= (SELECT w FROM mark) AND u.local_date >= %s",
                        since,
                    )
                ),
                since=since,
                everybody=rollup_schema.EVERYBODY,
                differ=SQL(
                    " OR ".join(f"COALESCE(ledger.{n}, 0) <> COALESCE(kept.{n}, 0)" for n in names)
                ),
            )
        )
        wrong = self.env.cr.fetchall()
        if wrong:
            _logger.error("AI costs: the rollup of %s differs from the ledger; rebuilding", wrong)
            # not this action's transaction, which others may wait for until it ends
            with Apart(self.env).env() as env:
                env[self._name]._rebuild()
            self.env.ref("ai_brain.ir_cron_rollup")._trigger()
        return wrong


class AiCostRollupRecord(models.Model):
    """Sums of the ledger by month and record served (a lead, a ticket); indexed by cost."""

    _name = "ai.cost.rollup.record"
    _description = "AI Costs per Record and Month"
    _auto = False
    _log_access = False
    _rec_name = "res_model"
    _order = "month desc, cost_usd desc, id"

    company_id = fields.Many2one("res.company", help="The company that paid.")
    user_key = fields.Integer("User ID", help="The user's id; -1: of everybody.")
    month = fields.Date(help="First day of the month in the company's time zone.")
    currency_id = fields.Many2one("res.currency", help="Currency of the amounts not in USD.")
    res_model = fields.Char("Record Model", help="Model of the record served.")
    res_id = fields.Integer("Record ID", help="The record served.")
    calls = fields.Integer(help="Calls; a correction is none.")
    cost_usd = fields.Float("Cost (USD)", digits=0, help="Exact cost in USD.")
    cost_company = fields.Float("Cost", digits=0, help="Cost in the currency of the day.")

    def init(self):
        self.env.cr.execute(
            """
            CREATE TABLE IF NOT EXISTS ai_cost_rollup_record (
                id bigserial, company_id integer NOT NULL,
                user_key integer NOT NULL, month date NOT NULL, currency_id integer NOT NULL,
                res_model varchar NOT NULL, res_id integer NOT NULL, calls bigint NOT NULL,
                cost_usd numeric NOT NULL, cost_company numeric NOT NULL);
            ALTER TABLE ai_cost_rollup_record SET (fillfactor = 70);
            CREATE UNIQUE INDEX IF NOT EXISTS ai_cost_rollup_record_key
                ON ai_cost_rollup_record (company_id, user_key, month, currency_id,
                                          res_model, res_id);
            CREATE INDEX IF NOT EXISTS ai_cost_rollup_record_top
                ON ai_cost_rollup_record (company_id, user_key, month, currency_id,
                                          cost_usd DESC);
            """
        )


class AiCostRollupMark(models.Model):
    """How far the ledger is rolled up: one row, whose lock is the turn to roll up."""

    _name = "ai.cost.rollup.mark"
    _description = "AI Costs Rolled Up So Far"
    _auto = False
    _log_access = False
    _rec_name = "watermark"

    watermark = fields.Integer(help="Ledger rows up to this id are in the sums.")
    candidate = fields.Integer(help="The next watermark, once the lockers are gone.")
    rolled_at = fields.Datetime(help="When rows were last rolled up.")

    def init(self):
        cr = self.env.cr
        new = not sql.table_exists(cr, self._table)
        cr.execute(
            """
            CREATE TABLE IF NOT EXISTS ai_cost_rollup_mark (
                id serial PRIMARY KEY, watermark bigint NOT NULL DEFAULT 0, candidate bigint,
                lockers text[], rolled_at timestamp, version integer NOT NULL)
            """
        )
        if new:
            cr.execute(
                "INSERT INTO ai_cost_rollup_mark (version) VALUES (%s)", (rollup_schema.VERSION,)
            )
        cr.execute("SELECT version FROM ai_cost_rollup_mark")
        if cr.fetchone()[0] != rollup_schema.VERSION:
            self.env["ai.cost.rollup"]._rebuild()
            cr.execute("UPDATE ai_cost_rollup_mark SET version = %s", (rollup_schema.VERSION,))
