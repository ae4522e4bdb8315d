from odoo import models


class AiAnswerPattern(models.Model):
    _inherit = "ai.answer.pattern"

    def action_try(self):
        """Open a dialog that says which pattern would answer a message, and why not the others."""
        self.ensure_one()
        self.check_access("read")
        trigger = next(iter(self._lines("triggers").values()), ("",))[0]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Try It"),
            "res_model": "ai.pattern.trial",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_pattern_id": self.id,
                "default_agent_id": self.agent_ids[:1].id,
                "default_text": trigger,
            },
        }
