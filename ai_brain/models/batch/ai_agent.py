from odoo import fields, models


class AiAgent(models.Model):
    _inherit = "ai.agent"

    may_wait = fields.Boolean(
        "Calls May Wait",
        default=True,
        tracking=True,
        help="What an addon submits for later is sent with the vendor's batch service, most at "
        "half the price, and answered within a day, mostly within the hour. Off: it is sent at "
        "once, at the full price. What somebody waits for is always answered at once.",
    )
