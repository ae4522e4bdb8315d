from odoo import fields, models


class AiAgent(models.Model):
    _inherit = "ai.agent"

    vendor_cache = fields.Boolean(
        "Use Vendors' Prompt Caches",
        tracking=True,
        help="Tools are sent in one order, and where a vendor keeps only what is marked, system "
        "prompt and tools are marked where that pays: a write costs 1.25 to 2 times the input, a "
        "read a tenth of it. The answers do not change.",
    )
