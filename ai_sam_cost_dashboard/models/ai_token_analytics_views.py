from odoo import api, fields, models

#: Column in USD -> the same amount in the company's currency, as a number and as a text.
OWN = {
    "total_cost_usd": ("cost_listed", "cost_text"),
    "saved_usd": ("saved_listed", "saved_text"),
    "potential_savings_usd": ("could_have_saved_listed", "could_have_saved_text"),
}


class AiTokenAnalytics(models.Model):
    """Pages of kept analyses in a company that keeps its books in another currency than USD."""

    _name = "ai.token.analytics"
    _inherit = ["ai.token.analytics", "ai.shown.figures"]

    cost_text = fields.Char(
        "Cost", compute="_compute_own_text", help="Cost in the company's currency."
    )
    saved_text = fields.Char(
        "Saved", compute="_compute_own_text", help="What was saved, in the company's currency."
    )
    could_have_saved_text = fields.Char(
        "Could Have Saved",
        compute="_compute_own_text",
        help="Money in tokens that were not needed, in the company's currency.",
    )

    @api.depends(*(number for number, _text in OWN.values()))
    @api.depends_context("company", "lang")
    def _compute_own_text(self):
        currency = self._own_currency()
        for analysis in self:
            for number, text in OWN.values():
                analysis[text] = currency._ai_text(analysis[number])

    @api.model
    def _own_columns(self, view_type):
        """Columns and bars are numbers, cards and forms texts."""
        is_text = view_type in ("form", "kanban")
        return {usd: both[is_text] for usd, both in OWN.items()}
