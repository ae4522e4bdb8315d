from datetime import date, time

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.price import pricing

WORKING_DAYS = (0, 1, 2, 3, 4)


class AiProviderPriceTier(models.Model):
    """Rates that replace those of a price under a condition: size, service or hour.

    A row in which no kind is priced says that there is no price above its size.
    """

    _name = "ai.provider.price.tier"
    _inherit = ["ai.price.rates", "ai.audited"]
    _description = "AI Price under a Condition"
    _order = "price_id, service, hour_from, above_tokens"

    price_id = fields.Many2one(
        "ai.provider.price",
        required=True,
        ondelete="cascade",
        index=True,
        help="The price that this one replaces.",
    )
    above_tokens = fields.Integer(
        required=True,
        default=0,
        help="Holds for calls whose input, cached tokens included, is larger.",
    )
    service = fields.Selection(
        [
            ("standard", "Usual"),
            ("batch", "Batch"),
            ("flex", "Flex"),
            ("priority", "Priority"),
            ("fast", "Fast"),
        ],
        required=True,
        default="standard",
        help="How the vendor says that he processed the call.",
    )
    hour_from = fields.Float(
        "From (UTC)", required=True, default=0.0, help="First hour of the day at this price."
    )
    hour_to = fields.Float(
        "To (UTC)",
        required=True,
        default=0.0,
        help="Hour at which this price ends, on the next day where it is not later. Both 0: it "
        "does not depend on the hour.",
    )
    working_days = fields.Boolean(help="These hours count from Monday to Friday only (UTC).")

    days_off = fields.Char(
        help="Dates (UTC) on which these hours do not count, as public holidays: 2026-12-25, "
        "2027-01-01."
    )

    _sql_constraints = [
        (
            "tier_unique",
            "unique(price_id, service, above_tokens, hour_from, hour_to)",
            "A price has one row per size, service and hours.",
        ),
        (
            "tier_positive",
            "CHECK(above_tokens >= 0"
            " AND (above_tokens > 0 OR service <> 'standard' OR hour_from <> hour_to))",
            "A tier begins above 0 tokens, or is for a service or some hours.",
        ),
    ]

    @api.constrains("hour_from", "hour_to", "working_days", "days_off", "service", "above_tokens")
    def _check_hours(self):
        for tier in self:
            if not 0 <= tier.hour_from < 24 or not 0 <= tier.hour_to < 24:
                raise ValidationError(self.env._("An hour lies between 0:00 and 23:59."))
            by_hour = tier.hour_from != tier.hour_to
            if by_hour and (tier.service != "standard" or tier.above_tokens):
                raise ValidationError(
                    self.env._(
                        "A price for some hours is one for the usual service and every size."
                    )
                )
            if (tier.working_days or tier.days_off) and not by_hour:
                raise ValidationError(self.env._("Working days and days off need hours."))
            try:
                _dates(tier.days_off)
            except ValueError as error:
                raise ValidationError(
                    self.env._("Days off are dates such as 2026-12-25, with commas between them.")
                ) from error

    def _audit_company(self):
        return self.price_id.provider_id.company_id

    @api.model_create_multi
    def create(self, vals_list):
        tiers = super().create(vals_list)
        tiers.price_id._check_unused()
        self.env.registry.clear_cache()
        return tiers

    def write(self, vals):
        self.price_id._check_unused()
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.price_id._check_unused()
        self.env.registry.clear_cache()
        return super().unlink()

    def _above(self, service):
        """Return (``pricing.Tier``s, tokens without a price or None) of one service."""
        rows = self.filtered(lambda row: row.service == service and row.above_tokens)
        bound = rows.filtered(lambda row: not row._is_priced())
        tiers = (pricing.Tier(row.above_tokens, row._rates()) for row in rows - bound)
        return tuple(tiers), min(bound.mapped("above_tokens"), default=None)

    def _services(self):
        """Return the ``pricing.Service``s of these rows."""
        bases = self.filtered(lambda row: row.service != "standard" and not row.above_tokens)
        return tuple(
            pricing.Service(row.service, row._rates(), *self._above(row.service)) for row in bases
        )

    def _hours(self):
        """Return the ``pricing.Hours`` of these rows."""
        return tuple(
            pricing.Hours(
                _time(row.hour_from),
                _time(row.hour_to),
                row._rates(),
                WORKING_DAYS if row.working_days else (),
                _dates(row.days_off),
            )
            for row in self
            if row.hour_from != row.hour_to
        )


def _time(hours):
    minutes = round(hours * 60)
    return time(minutes // 60 % 24, minutes % 60)


def _dates(text):
    """The dates of ``2026-12-25, 2027-01-01``, a tuple; ValueError for others."""
    return tuple(date.fromisoformat(day.strip()) for day in (text or "").split(",") if day.strip())
