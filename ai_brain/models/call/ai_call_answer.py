from odoo import api, fields, models

KEPT_HOURS = 24


class AiCallAnswer(models.Model):
    """Answers of calls that carried an idempotency key, for a replay within 24 hours."""

    _name = "ai.call.answer"
    _description = "AI Answer Kept for a Replay"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", help="The company that paid."
    )
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", help="Who may have the answer again."
    )
    call_key = fields.Char(required=True, help="The idempotency key that the caller chose.")
    content_hash = fields.Char(required=True, help="Fingerprint of the request.")
    answer = fields.Json(help="What send_message returned; nothing if the outcome is unknown.")

    _sql_constraints = [
        ("call_key_unique", "unique(company_id, user_id, call_key)", "The key was used before."),
    ]

    @api.autovacuum
    def _gc_answers(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=KEPT_HOURS)
        self.sudo().search([("create_date", "<", limit)], limit=10_000).unlink()
