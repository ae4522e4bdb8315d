from odoo import api, fields, models


class AiCostOptimizer(models.Model):
    _inherit = "ai.cost.optimizer"

    alternatives_text = fields.Text(
        "Why Not Others",
        compute="_compute_alternatives_text",
        help="The next best providers, and why not they.",
    )

    def action_try(self):
        """Open a new trial of the recommended provider on a share of the agent's calls."""
        self.ensure_one()
        self.env["ai.agent.trial"].check_access("create")
        self.check_access("read")
        row = self.env["ai.token.usage"].search([("id", "=", self.token_usage_id)])
        return self.env["ai.agent.trial"]._opened(
            {
                "default_agent_id": row.agent_id.id,
                "default_tries": "provider",
                "default_provider_id": self.recommended_provider_id.id,
                "default_note": self.reasoning,
            }
        )

    @api.depends("alternatives")
    @api.depends_context("lang")
    def _compute_alternatives_text(self):
        for record in self:
            record.alternatives_text = "\n".join(
                self.env._(
                    "%(name)s: %(why)s",
                    name=other.get("provider_name") or "",
                    why=other.get("why_not") or "",
                )
                for other in record.alternatives or []
            )
