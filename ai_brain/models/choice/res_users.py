from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    ai_tier = fields.Selection(
        [("efficient", "Efficient"), ("standard", "Standard"), ("premium", "Premium")],
        "Highest AI Tier",
        help="The router sends this person's calls to no stronger models than these. Empty: any.",
    )
