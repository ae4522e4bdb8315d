from odoo import api, models


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    @api.model
    def _pattern_buttons(self):
        if not self.env["ai.answer.pattern"].has_access("create"):
            return super()._pattern_buttons()
        return [
            *super()._pattern_buttons(),
            {
                "key": "pattern",
                "label": self.env._("Make a pattern"),
                "model": "ai.pattern.finder",
                "method": "action_open",
                "args": [],
            },
        ]
