from odoo import models
from odoo.exceptions import UserError


class AiCostAdvice(models.Model):
    _inherit = "ai.cost.advice"

    def action_try(self):
        """Open a new trial of the recommended provider on a share of an agent's calls."""
        self.ensure_one()
        self._check_manager()
        agents = self.env["ai.agent"].search(
            [("company_id", "in", [False, self.company_id.id])], limit=500
        )
        mine = agents._filtered_access("write")
        if not mine:
            raise UserError(
                self.env._("A trial takes a share of an agent's calls, and there is no agent yet.")
            )
        paid = mine.filtered(lambda agent: agent.provider_id == self.provider_id)
        return self.env["ai.agent.trial"]._opened(
            {
                "default_agent_id": paid.id if len(paid) == 1 else False,
                "default_tries": "provider",
                "default_provider_id": self.recommended_provider_id.id,
                "default_note": self._text(),
            }
        )
