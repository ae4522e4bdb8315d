from odoo import api, fields, models
from odoo.tools import SQL

from .sql import OVERRUN_CALLS


class AiHoldOverrun(models.Model):
    """A vendor billed more than the call held: later holds on that model are raised as much.

    So a hidden system prompt overspends once and not for ever. The highest ratio of the last 500
    settled calls counts (``sql.OVERRUN_CALLS``). Rows are written by SQL as calls are settled.
    """

    _name = "ai.hold.overrun"
    _description = "AI Bill above Its Estimate"
    _order = "id desc"
    _log_access = False
    _rec_name = "model_name"

    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The provider that billed.",
    )
    model_name = fields.Char(required=True, readonly=True, help="Its model at that time.")
    ratio = fields.Float(digits=0, required=True, readonly=True, help="The bill, of the estimate.")
    calls_since = fields.Integer(
        default=0, required=True, readonly=True, help="Calls settled after it, nearly."
    )
    seen_at = fields.Datetime(readonly=True, help="When it was billed.")

    @api.model
    def _learn(self, provider_id, model_name, ratio):
        """On an own cursor: remember a bill of ``ratio`` (Decimal above 1) times the estimate.

        One as high that is still fresh says it already.
        """
        self.env.cr.execute(
            """
            INSERT INTO ai_hold_overrun (provider_id, model_name, ratio, calls_since, seen_at)
            SELECT %(provider)s, %(model)s, %(ratio)s, 0, now() AT TIME ZONE 'UTC'
             WHERE NOT EXISTS (
                   SELECT FROM ai_hold_overrun
                    WHERE provider_id = %(provider)s AND model_name = %(model)s
                      AND ratio >= %(ratio)s AND calls_since < %(fresh)s)
            """,
            {
                "provider": provider_id,
                "model": model_name,
                "ratio": ratio,
                "fresh": OVERRUN_CALLS // 10,
            },
        )

    @api.model
    def _count_sql(self, provider_id, model_name):
        """Return the statement that counts a settled call; rows that others count are left out."""
        return SQL(
            """
            UPDATE ai_hold_overrun SET calls_since = calls_since + 1
             WHERE id IN (SELECT id FROM ai_hold_overrun
                           WHERE provider_id = %s AND model_name = %s FOR UPDATE SKIP LOCKED)
            RETURNING id
            """,
            provider_id,
            model_name,
        )

    @api.autovacuum
    def _gc_past(self):
        self.sudo().search([("calls_since", ">=", OVERRUN_CALLS)], limit=10_000).unlink()


class AiServiceProvider(models.Model):
    _inherit = "ai.service.provider"

    hold_factor = fields.Float(
        "Holds Raised By",
        digits=(16, 2),
        compute="_compute_hold_factor",
        help="The vendor billed this many times what was estimated, at most, in its last 500 "
        "calls: so much more is held for a call. 1: nothing unusual.",
    )

    def _compute_hold_factor(self):
        for provider in self:
            self.env.cr.execute(
                "SELECT ai_hold_factor(%s, %s)::float8",
                (provider._origin.id or 0, provider.model_name or ""),
            )
            provider.hold_factor = self.env.cr.fetchone()[0]

    def action_forget_overruns(self):
        """Hold what is estimated again, for who has put the cause right."""
        self.check_access("write")
        overruns = self.env["ai.hold.overrun"].sudo()
        overruns.search([("provider_id", "in", self.ids)]).unlink()
        self.invalidate_recordset(["hold_factor"])
