from odoo import api, fields, models


class AiMoneySigns(models.AbstractModel):
    """Records with a currency each, whose amounts the widget of money writes (format_usd.js)."""

    _name = "ai.money.signs"
    _description = "How a Record's Amounts Are Written"

    signs = fields.Json(
        compute="_compute_signs",
        help="What stands before and after an amount, its decimals, and the most of them.",
    )

    @api.depends("currency_id")
    @api.depends_context("lang")
    def _compute_signs(self):
        for record in self:
            manner = record.currency_id and record.currency_id._ai_own_manner()
            record.signs = manner and [
                manner.before, manner.after, manner.decimals, manner.decimals
            ]  # fmt: skip


class AiCostBudget(models.Model):
    _name = "ai.cost.budget"
    _inherit = ["ai.cost.budget", "ai.money.signs"]


class AiCostBudgetPeriod(models.Model):
    _name = "ai.cost.budget.period"
    _inherit = ["ai.cost.budget.period", "ai.money.signs"]


class AiGatewayKey(models.Model):
    _name = "ai.gateway.key"
    _inherit = ["ai.gateway.key", "ai.money.signs"]
