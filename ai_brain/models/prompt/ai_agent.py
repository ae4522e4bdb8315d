from odoo import fields, models
from odoo.tools import ormcache


class AiAgent(models.Model):
    _inherit = "ai.agent"

    vendor_cache = fields.Boolean(
        "Use Vendors' Prompt Caches",
        tracking=True,
        help="Tools are sent in one order, and where a vendor keeps only what is marked, system "
        "prompt and tools are marked where that pays: a write costs 1.25 to 2 times the input, a "
        "read a tenth of it. The answers do not change.",
    )

    @ormcache("self.id")
    def _uses_vendor_cache(self):
        """Does the agent's policy use them? False for an agent that is gone."""
        return self.sudo().exists().vendor_cache
