from decimal import Decimal

from odoo import api, models


class AiService(models.AbstractModel):
    """What becomes of calls whose worker died."""

    _inherit = "ai.service"

    @api.model
    def _close_reservation(self, reservation):
        """On the own cursor: settle a call whose worker died. The row is locked by the caller.

        :param dict reservation: columns of the row, ``amount_usd`` as text
        """
        held = Decimal(reservation["amount_usd"])
        kept = dict(reservation["row"])
        kept["currency_rate"] = Decimal(kept["currency_rate"])
        # of the row, not of its notes: who was deleted since is nobody there
        kept["user_id"] = reservation["user_id"]
        if not reservation["sent"]:  # of an edition that reserved and sent apart
            self.env.cr.execute(
                "DELETE FROM ai_cost_reservation WHERE id = %s", (reservation["id"],)
            )
            self._move_budgets({**kept, "local_date": reservation["local_date"]}, held)
            return
        row = {
            **kept,
            "create_date": reservation["create_date"],
            "local_date": reservation["local_date"],
            "state": "uncertain",
            "tokens_estimated": True,
            "input_tokens": kept.get("context_size_tokens"),
            "cost_usd": held,
            "error_code": "WorkerDied",
        }
        usage_id = self.env["ai.token.usage"]._insert([row])[0]
        # Kept a while: a worker that was only slow finds its row here and corrects it.
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET usage_id = %s, call_key = NULL WHERE id = %s",
            (usage_id, reservation["id"]),
        )
        if reservation["call_key"]:
            self._keep_unknown(reservation)
        alert_due, _left = self._move_budgets(row, held, held)
        if alert_due:
            self.env.ref("ai_brain.ir_cron_budget_alerts")._trigger()
