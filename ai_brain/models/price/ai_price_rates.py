from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.price import pricing

KINDS = (*pricing.KINDS, *pricing.MORE_KINDS)
PRICED_HELP = (
    "Off: this kind has no price of its own and is billed as the next more general kind "
    "(cache read and cache write as input, reasoning as output). On with 0: it is free."
)
MORE_PRICED_HELP = (
    "Off: this kind has no price, and a call that used it counts as not priced. On with 0: it is "
    "free."
)


class AiPriceRates(models.AbstractModel):
    """Rates in USD per million tokens by kind, each with a flag that tells 0 from "not priced"."""

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

    # What most calls never use. Without a price of its own such a kind has none.
    cache_write_1h_usd = fields.Float(
        "Cache Write, 1 Hour",
        digits=0,
        help="USD for a million input tokens written to the cache for an hour. Not priced: 1.6 "
        "times the price of cache writes.",
    )
    input_audio_usd = fields.Float(
        "Audio Input", digits=0, help="USD for a million input tokens of sound."
    )
    output_audio_usd = fields.Float(
        "Audio Output", digits=0, help="USD for a million output tokens of sound."
    )
    cache_read_audio_usd = fields.Float(
        "Audio Cache Read",
        digits=0,
        help="USD for a million tokens of sound read from the vendor's cache.",
    )
    input_image_usd = fields.Float(
        "Image Input", digits=0, help="USD for a million input tokens of pictures."
    )
    output_image_usd = fields.Float(
        "Image Output", digits=0, help="USD for a million output tokens of pictures."
    )
    input_video_usd = fields.Float(
        "Video Input", digits=0, help="USD for a million input tokens of video."
    )
    web_search_usd = fields.Float(
        "Web Searches", digits=0, help="USD for a thousand searches that the vendor makes."
    )
    cache_write_1h_priced = fields.Boolean("Cache Write, 1 Hour, Is Priced", help=PRICED_HELP)
    input_audio_priced = fields.Boolean("Audio Input Is Priced", help=MORE_PRICED_HELP)
    output_audio_priced = fields.Boolean("Audio Output Is Priced", help=MORE_PRICED_HELP)
    cache_read_audio_priced = fields.Boolean("Audio Cache Read Is Priced", help=MORE_PRICED_HELP)
    input_image_priced = fields.Boolean("Image Input Is Priced", help=MORE_PRICED_HELP)
    output_image_priced = fields.Boolean("Image Output Is Priced", help=MORE_PRICED_HELP)
    input_video_priced = fields.Boolean("Video Input Is Priced", help=MORE_PRICED_HELP)
    web_search_priced = fields.Boolean("Web Searches Are Priced", help=MORE_PRICED_HELP)

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
            for kind in KINDS
            if f"{kind}_usd" in vals and f"{kind}_priced" not in vals
        }
        return {**vals, **given}

    @api.constrains(*(f"{kind}_usd" for kind in KINDS))
    def _check_rates(self):
        for record in self:
            for kind in KINDS:
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
                for kind in KINDS
            }
        )

    def _is_priced(self):
        """Is any kind priced?"""
        self.ensure_one()
        return any(self[f"{kind}_priced"] for kind in KINDS)

    @api.model
    def _rate_values(self, rates):
        """Return the fields of ``engine.price.pricing.Rates``: not priced is not free."""
        values = {}
        for kind in KINDS:
            rate = getattr(rates, kind)
            values[f"{kind}_usd"] = 0.0 if rate is None else float(rate)
            values[f"{kind}_priced"] = rate is not None
        return values
