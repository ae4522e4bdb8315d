import logging

from odoo import models

_logger = logging.getLogger(__name__)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def session_info(self):
        """Give the gauge its first figure with the page, instead of a request of its own."""
        info = super().session_info()
        # the page that follows a change of language is the first to have it: not our env yet
        env = self.with_context(**(info.get("user_context") or {})).env
        try:
            with env.cr.savepoint(flush=False):
                info["ai_usd"] = env["ai.token.analytics"]._usd_signs()
                budget = env["ai.cost.budget"]
                if self.env.user._is_internal() and budget.has_access("read"):
                    info["ai_budget_gauge"] = budget.get_gauge()
        except Exception:
            # whatever is wrong with a budget, the page loads
            _logger.exception("AI budgets: the gauge could not be read")
        return info
