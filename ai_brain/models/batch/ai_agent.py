from odoo import api, fields, models
from odoo.tools import ormcache


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

    @api.model
    @ormcache("agent_id")
    def _may_wait(self, agent_id):
        """Does an agent let what is submitted wait? Whoever writes an agent clears the cache."""
        return self.sudo().browse(agent_id).may_wait
