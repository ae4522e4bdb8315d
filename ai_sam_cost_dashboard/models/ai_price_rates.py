from odoo import api, models


class AiPriceRates(models.AbstractModel):
    _inherit = "ai.price.rates"

    @api.onchange("input_usd", "output_usd", "cache_read_usd", "cache_write_usd", "reasoning_usd")
    def _onchange_rates(self):
        """Who enters an amount means it to be a price."""
        for kind in ("input", "output", "cache_read", "cache_write", "reasoning"):
            if self[f"{kind}_usd"]:
                self[f"{kind}_priced"] = True
