from odoo import api, fields, models
from odoo.tools import SQL

#: States in which nothing more comes of a batch.
OVER = ("done", "expired", "cancelled", "failed", "uncertain")
#: Earlier batches by which the end of one is told.
EARLIER = 20


class AiBatch(models.Model):
    """Requests that were sent to a vendor together. Made when they are sent; one vendor's model.

    ``name`` is the label that the vendor keeps: a batch whose sender died is found by it.
    """

    _name = "ai.batch"
    _inherit = "ai.shown.figures"
    _description = "AI Batch"
    _order = "id desc"
    _shown_money = {
        "held_listed": "held_usd",
        "cost_listed": "cost_usd",
        "saved_listed": "saved_usd",
    }
    _shown_rows = (
        "u.id IN (SELECT q.token_usage_id FROM ai_batch_request q WHERE q.batch_id = %s)",
        "cost_usd",
    )

    name = fields.Char(required=True, readonly=True, index=True, help="Its label at the vendor.")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, help="The company that pays."
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="Who is asked.",
    )
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    state = fields.Selection(
        [
            ("holding", "Being Made"),
            ("sending", "Being Sent"),
            ("sent", "At the Vendor"),
            ("running", "Being Answered"),
            ("done", "Answered"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
            ("failed", "Refused"),
            ("uncertain", "Uncertain"),
        ],
        required=True,
        readonly=True,
        default="holding",
        index=True,
        help="How far it is. Uncertain: whether the vendor has it cannot be found out.",
    )
    vendor_ref = fields.Char("Vendor's Number", readonly=True, help="Its number at the vendor.")
    input_ref = fields.Char(readonly=True, help="The file that was sent, as the vendor names it.")
    total = fields.Integer("Requests", readonly=True, help="Requests in it.")
    done_count = fields.Integer("Answered so Far", readonly=True, help="As the vendor counts.")
    failed_count = fields.Integer("Failed so Far", readonly=True, help="As the vendor counts.")
    settled_count = fields.Integer("Settled", readonly=True, help="Requests with an outcome here.")
    progress = fields.Float(
        "Progress (%)", compute="_compute_progress", help="Share of its requests with an outcome."
    )
    sent_at = fields.Datetime("Sent", readonly=True, help="When it was sent.")
    expires_at = fields.Datetime("Expires", readonly=True, help="When the vendor gives it up.")
    expected_end = fields.Datetime(
        compute="_compute_expected_end",
        help="When its answers are expected: as long after it was sent as earlier batches of the "
        "provider took; without any, when it expires.",
    )
    ended_at = fields.Datetime("Ended", readonly=True, help="When the last outcome was settled.")
    held_usd = fields.Float(
        "Held (USD)", digits=0, readonly=True, help="The most that it could cost when it was sent."
    )
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What it has cost so far.")
    saved_usd = fields.Float(
        "Saved (USD)",
        digits=0,
        readonly=True,
        help="What the same calls would have cost more singly.",
    )
    held_listed = fields.Float(
        "Held (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, as the ledger counted it.",
    )
    saved_listed = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    is_cancelling = fields.Boolean(
        "Cancel Asked For", readonly=True, help="The vendor has been, or will be, asked to stop."
    )
    error = fields.Char("Trouble", readonly=True, help="What went wrong last, in words.")
    tries = fields.Integer(readonly=True, help="How often the last step failed.")
    misses = fields.Integer(readonly=True, help="How often the vendor's list did not hold it.")
    next_at = fields.Datetime(
        "Next Look", readonly=True, index=True, help="When it is looked after again."
    )
    lease_until = fields.Datetime(
        "In Hand Until", readonly=True, help="Somebody works on it; from then on he counts as dead."
    )
    request_ids = fields.One2many("ai.batch.request", "batch_id", readonly=True, help="Its calls.")

    @api.depends("total", "settled_count")
    def _compute_progress(self):
        for batch in self:
            batch.progress = 100.0 * batch.settled_count / batch.total if batch.total else 0.0

    @api.depends("provider_id", "sent_at", "ended_at", "expires_at")
    def _compute_expected_end(self):
        seconds = self._usual_seconds(self.provider_id)
        for batch in self:
            usual = seconds.get(batch.provider_id.id)
            found = batch.ended_at or batch.expires_at
            if not batch.ended_at and batch.sent_at and usual:
                found = fields.Datetime.add(batch.sent_at, seconds=round(usual))
            batch.expected_end = found

    @api.model
    def _usual_seconds(self, providers):
        """Return how long the last batches of providers took, seconds by the provider's id."""
        found = {}
        for provider in providers:
            rows = self.env.execute_query(
                SQL(
                    "SELECT avg(extract(epoch FROM took))::float8 FROM ("
                    "SELECT ended_at - sent_at AS took FROM ai_batch"
                    " WHERE provider_id = %s AND state = 'done' ORDER BY id DESC LIMIT %s) b",
                    provider.id,
                    EARLIER,
                )
            )
            found[provider.id] = rows[0][0]
        return found

    def action_cancel(self):
        """Ask the vendor to stop: what is answered already is paid and given, the rest is not.

        :raise AccessError: for who may not cancel batches of the company
        """
        self._check_may_change()
        going = self.sudo().filtered(lambda batch: batch.state not in OVER)
        going.write({"is_cancelling": True, "next_at": fields.Datetime.now()})
        self.env.ref("ai_brain.ir_cron_batch_poll").sudo()._trigger()

    def action_poll(self):
        """Look at the vendor's now, rather than when it is due."""
        self._check_may_change()
        going = self.sudo().filtered(lambda batch: batch.state not in OVER)
        going.write({"next_at": fields.Datetime.now()})
        self.env.ref("ai_brain.ir_cron_batch_poll").sudo()._trigger()

    def action_view_requests(self):
        """Open the requests of this batch."""
        self.ensure_one()
        self._check_may_change()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Requests of %s", self.name),
            "res_model": "ai.batch.request",
            "view_mode": "list,form",
            "domain": [("batch_id", "=", self.id)],
        }

    def _check_may_change(self):
        self.env["ai.batch"].check_access("read")
        self.check_access("read")
