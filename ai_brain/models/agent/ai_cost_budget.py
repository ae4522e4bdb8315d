from odoo import api, fields, models

from ...engine.budget.subject import parse

HELP = "The agent whose calls count, by its name; empty where no agent has that code."


class AiCostBudget(models.Model):
    _inherit = "ai.cost.budget"

    agent_id = fields.Many2one("ai.agent", "Agent's Policy", compute="_compute_agent_id", help=HELP)

    @api.depends("agent_type")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_agent_id(self):
        known = self.env["ai.agent"]._names_of_codes({*self.mapped("agent_type")})
        for budget in self:
            budget.agent_id = known.get(budget.agent_type, (False,))[0]


class AiCostBudgetPeriod(models.Model):
    _inherit = "ai.cost.budget.period"

    agent_id = fields.Many2one("ai.agent", "Agent's Policy", compute="_compute_agent_id", help=HELP)

    @api.depends("subject")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_agent_id(self):
        codes = {}
        for period in self:
            one = parse(period.subject or "")
            codes[period.id] = one.value if one and one.kind == "agent" else None
        known = self.env["ai.agent"]._names_of_codes({*codes.values()})
        for period in self:
            period.agent_id = known.get(codes[period.id], (False,))[0]
