from odoo import fields, models

from ...engine.ledger.tasks import SERVED


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    attempt_after = fields.Selection(
        [("unpaid", "An attempt that cost nothing"), ("paid", "An attempt that was paid")],
        "Further Attempt after",
        readonly=True,
        help="The call had an earlier row: its provider failed, or the answer did not fit its "
        "schema. Empty: the first attempt.",
    )


class AiStepAttempt(models.AbstractModel):
    """Which rows are further attempts of a call: operators count calls."""

    _name = "ai.step.attempt"
    _inherit = "ai.step"
    _description = "AI Step: Attempts of a Call"
    _rank = 10
    _tasks = SERVED

    def _columns(self, call, attempt):
        tried = call.memory.setdefault(self._name, [])
        if not any(one is attempt for one in tried):
            tried.append(attempt)
        # what was given back before it left has no row
        before = [one for one in tried if one is not attempt and one.token_usage_id]
        if not before:
            return {}
        paid = any(one.cost_usd or not one.error for one in before)
        return {"attempt_after": "paid" if paid else "unpaid"}
