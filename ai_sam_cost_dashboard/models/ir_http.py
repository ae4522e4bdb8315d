from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Give the gauge its first figure with the page, instead of a request of its own."""
        info = super().session_info()
        budget = self.env["ai.cost.budget"]
        if self.env.user._is_internal() and budget.has_access("read"):
            info["ai_budget_gauge"] = budget.get_gauge()
        return info
