from odoo import api, models


class AiBrainProbe(models.Model):
    _inherit = "ai.brain.probe"

    @api.model
    def endpoint_key(self, login, **values):
        """Switch the endpoint on and make a key of this user; its id and the key itself."""
        self.env["ir.config_parameter"].sudo().set_param("ai_brain.endpoint", "True")
        user = self.env["res.users"].search([("login", "=", login)])
        key = self.env["ai.gateway.key"].create(
            {"name": f"key of {login}", "user_id": user.id, "per_minute": 0, "at_once": 0, **values}
        )
        return key.id, (getattr(key, "_issue__key", None) or key.issue)()
