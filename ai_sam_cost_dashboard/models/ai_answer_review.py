from odoo import models


class AiAnswerReview(models.Model):
    _inherit = "ai.answer.review"

    def action_view_call(self):
        """Open the call of an answer."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "ai.token.usage",
            "res_id": self.token_usage_id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
