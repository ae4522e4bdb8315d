from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.transactions import forget


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_default_agent_id = fields.Many2one(
        "ai.agent",
        string="Default AI Agent",
        ondelete="set null",
        help="Calls without an agent's code, or with one that no agent has, follow it.",
    )

    @api.constrains("ai_default_agent_id")
    def _check_ai_default_agent_id(self):
        for company in self:
            owner = company.ai_default_agent_id.company_id
            if owner and owner != company:
                raise ValidationError(
                    self.env._("The default agent of %s belongs to another company.", company.name)
                )

    def write(self, vals):
        if "ai_default_agent_id" in vals:
            forget(self.env)
        return super().write(vals)
