from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.price import pricing

PRICED_HELP = (
    "Off: this kind has no price of its own and is billed as the next more general kind "
    "(cache read and cache write as input, reasoning as output). On with 0: it is free."
)


class AiPriceRates(models.AbstractModel):
    """Five rates in USD per million tokens, each with a flag that tells 0 from "not priced"."""

    _name = "ai.price.rates"
    _description = "AI Price per Kind of Token"

    input_usd = fields.Float(
        "Input", digits=0, help="USD for a million input tokens that come from no cache."
    )
    output_usd = fields.Float("Output", digits=0, help="USD for a million output tokens.")
    cache_read_usd = fields.Float(
        "Cache Read", digits=0, help="USD for a million input tokens read from the vendor's cache."
    )
    cache_write_usd = fields.Float(
        "Cache Write", digits=0, help="USD for a million input tokens written to the cache."
    )
    reasoning_usd = fields.Float(
        "Reasoning", digits=0, help="USD for a million tokens that the model thinks with."
    )
    input_priced = fields.Boolean("Input Is Priced", default=True, help=PRICED_HELP)
    output_priced = fields.Boolean("Output Is Priced", default=True, help=PRICED_HELP)
    cache_read_priced = fields.Boolean("Cache Read Is Priced", help=PRICED_HELP)
    cache_write_priced = fields.Boolean("Cache Write Is Priced", help=PRICED_HELP)
    reasoning_priced = fields.Boolean("Reasoning Is Priced", help=PRICED_HELP)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_flags(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_flags(vals))

    @api.model
    def _with_flags(self, vals):
        """A caller that names an amount and no flag means it, 0 included."""
        given = {
            f"{kind}_priced": vals[f"{kind}_usd"] is not None and vals[f"{kind}_usd"] is not False
            for kind in pricing.KINDS
            if f"{kind}_usd" in vals and f"{kind}_priced" not in vals
        }
        return {**vals, **given}

    @api.constrains(*(f"{kind}_usd" for kind in pricing.KINDS))
    def _check_rates(self):
        for record in self:
            for kind in pricing.KINDS:
                if not 0 <= record[f"{kind}_usd"] < 10**6:
                    raise ValidationError(
                        self.env._("A price per million tokens lies between 0 and 1,000,000 USD.")
                    )

    def _rates(self):
        """Return the record as ``engine.price.pricing.Rates``."""
        self.ensure_one()
        return pricing.Rates(
            **{
                kind: Decimal(repr(self[f"{kind}_usd"])) if self[f"{kind}_priced"] else None
                for kind in pricing.KINDS
            }
        )
