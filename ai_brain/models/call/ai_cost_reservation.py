import logging

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class AiCostReservation(models.Model):
    """What is held for a call in flight. A row lives from reserve to settle, or to the reaper."""

    _name = "ai.cost.reservation"
    _description = "AI Call in Flight"
    _order = "id desc"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", help="The company that pays."
    )
    user_id = fields.Many2one("res.users", ondelete="set null", help="Who made the call.")
    provider_id = fields.Many2one(
        "ai.service.provider", ondelete="restrict", help="The provider that is asked."
    )
    price_id = fields.Many2one(
        "ai.provider.price", ondelete="restrict", help="The price that the worst case came from."
    )
    amount_usd = fields.Float(
        "Held (USD)", digits=0, required=True, help="The most that the call can cost."
    )
    hold_factor = fields.Float(
        digits=0, default=1.0, help="What the estimate was raised by: see ai.hold.overrun."
    )
    sent = fields.Boolean(help="The request left for the vendor, who may bill it.")
    expires_at = fields.Datetime(
        required=True, index=True, help="From then on the worker counts as dead."
    )
    local_date = fields.Date(required=True, help="Day of the call in the company's time zone.")
    last_date = fields.Date(
        help="The last day on which its cost may come; until then every budget's period holds it. "
        "Empty: the day itself."
    )
    batch_key = fields.Integer(
        "Batch", index="btree_not_null", help="It is held for this batch, which closes it itself."
    )
    call_key = fields.Char(help="Idempotency key of the call.")
    row = fields.Json(help="The tags and counts that the ledger row will carry.")
    usage_id = fields.Many2one(
        "ai.token.usage",
        "Call",
        ondelete="restrict",
        help="The row that the reaper wrote for it; a worker that was only slow corrects that row.",
    )

    _sql_constraints = [
        ("call_key_unique", "unique(company_id, user_id, call_key)", "This call is under way."),
    ]

    @api.model
    def _cron_reap(self, batch=200):
        """Close calls whose worker died: unsent ones are given back, sent ones are settled as
        uncertain at the worst case. Safe when two servers run it at once.

        One that cannot be closed is told in the log and passed over.
        """
        service = self.env["ai.service"]
        failed = []
        for _number in range(batch):
            with service._own_cursor() as cr:
                cr.execute(
                    SQL(
                        """
                        SELECT id, company_id, user_id, provider_id, price_id, sent, row,
                               amount_usd::text AS amount_usd, call_key,
                               create_date, local_date
                          FROM ai_cost_reservation
                         WHERE expires_at < now() AT TIME ZONE 'UTC' AND usage_id IS NULL
                           AND batch_key IS NULL AND id != ALL(%s)
                         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
                        """,
                        failed,
                    )
                )
                reservation = cr.dictfetchone()
                if not reservation:
                    return
                try:
                    with cr.savepoint(flush=False):
                        service._on(cr)._close_reservation(reservation)
                except Exception:
                    failed.append(reservation["id"])
                    _logger.exception(
                        "AI reservation %s of %s USD could not be closed and was passed over.",
                        reservation["id"],
                        reservation["amount_usd"],
                    )
        self.env.ref("ai_brain.ir_cron_reap_reservations")._trigger()

    @api.autovacuum
    def _gc_closed(self):
        """A worker that is a day late does not come back."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=1)
        self.sudo().search([("usage_id", "!=", False), ("expires_at", "<", limit)]).unlink()
