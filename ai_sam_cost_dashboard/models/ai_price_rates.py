from odoo import api, models

from odoo.addons.ai_brain.engine.price.pricing import KINDS, MORE_KINDS

RATES = (*KINDS, *MORE_KINDS)


class AiPriceRates(models.AbstractModel):
    _inherit = "ai.price.rates"

    @api.onchange(*(f"{kind}_usd" for kind in RATES))
    def _onchange_rates(self):
        """Who enters an amount means it to be a price."""
        for kind in RATES:
            if self[f"{kind}_usd"]:
                self[f"{kind}_priced"] = True
