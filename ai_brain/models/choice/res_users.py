from odoo import api, fields, models

from ..base.quick_cache import quick_cache
from ..base.transactions import forget


class ResUsers(models.Model):
    _inherit = "res.users"

    ai_tier = fields.Selection(
        [("efficient", "Efficient"), ("standard", "Standard"), ("premium", "Premium")],
        "Highest AI Tier",
        help="The router sends this person's calls to no stronger models than these. Empty: any.",
    )

    def write(self, vals):
        if "ai_tier" in vals:
            forget(self.env)
        return super().write(vals)

    @api.model
    @quick_cache("user_id")
    def _ai_tier_of(self, user_id):
        """Return the highest tier of a person's calls, or None: any."""
        return self.sudo().browse(user_id).ai_tier or None
