from odoo import api, fields, models


class AiCostOptimizer(models.Model):
    _inherit = "ai.cost.optimizer"

    alternatives_text = fields.Text(
        "Why Not Others",
        compute="_compute_alternatives_text",
        help="The next best providers, and why not they.",
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
