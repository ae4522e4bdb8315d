from contextlib import contextmanager
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...engine.price import pricing
from ...engine.price.pricing import BY_TIME
from ..base.quick_cache import quick_cache
from ..base.unique_index import unique_index

#: What may change once calls were billed at a price, as none of it says what they cost. Rooms that
#: bill something else add theirs, and guard it themselves.
UNBILLED = {"source"}
#: What there is one price for.
KEY = ("provider_id", "unit", "valid_from")


class AiProviderPrice(models.Model):
    _name = "ai.provider.price"
    _inherit = ["ai.price.rates", "ai.audited.thread"]
    _description = "AI Provider Price"
    _order = "provider_id, valid_from desc, id desc"
    _rec_names_search = ["source"]

    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        ondelete="cascade",
        index=True,
        help="The provider that charges this price.",
    )
    task_type = fields.Selection(
        related="provider_id.task_type", string="Task", help="What the provider is for."
    )
    valid_from = fields.Date(
        required=True,
        default=fields.Date.today,
        help="First day of the price, from midnight UTC. It holds until the next price begins.",
    )
    unit = fields.Selection(
        [
            ("token", "Million tokens"),
            ("minute", "Minute"),
            ("hour", "Hour"),
            ("image", "Image"),
        ],
        required=True,
        default="token",
        help="What the price is for: tokens, or minutes or hours of sound, which speech to text "
        "can be billed by to the second. Images are not billed so far.",
    )
    unit_usd = fields.Float(
        "Per Unit", digits=0, help="USD for a minute, an hour or an image; unused for tokens."
    )
    least_seconds = fields.Integer(
        help="Seconds of sound that the vendor bills for a request at least, however short the "
        "recording is; 0 where there is no least. Unused for tokens.",
    )
    batch_factor = fields.Float(
        digits=0,
        default=1.0,
        help="What a call costs when sent as a batch that nobody waits for: 0.5 is half price, "
        "1 means no discount.",
    )
    batch_priced = fields.Boolean(
        "Batch Is Priced",
        default=True,
        help="Off: what a batch costs is not known, so a call in one counts as not priced. Rates "
        "of their own for batches, among the other prices below, come before the factor.",
    )
    region_factors = fields.Char(
        help="By what the vendor multiplies the price of a call that he says was made in a "
        "region, as region=factor, e.g. us=1.1, eu=1.1. A region that is not named has no price.",
    )
    tier_ids = fields.One2many(
        "ai.provider.price.tier",
        "price_id",
        copy=True,
        help="Other prices for a large input, another service (batch, flex, priority) or some "
        "hours of the day; the whole call is billed at them.",
    )
    source = fields.Char(help="Where the price comes from: a contract, the vendor's page, a list.")
    active = fields.Boolean(
        default=True,
        readonly=True,
        help="Two prices of one provider, unit and day could be entered once; the later one is "
        "archived. Calls that were billed at it stay as they are.",
    )

    def init(self):
        """One price for one day, also when two people enter one at once."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_provider_price_unique
                ON ai_provider_price (provider_id, unit, valid_from) WHERE active
            """
        )

    @api.depends("provider_id", "valid_from")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for price in self:
            price.display_name = self.env._(
                "%(provider)s from %(date)s",
                provider=price.provider_id.name or "",
                date=format_date(self.env, price.valid_from),
            )

    def _audit_company(self):
        return self.provider_id.company_id

    @contextmanager
    def _one_for_a_day(self, vals):
        """Refuse what would become a second price of a provider, unit and day.

        :param dict vals: values of this price, or of a new one where the recordset is empty
        """
        draft = self._draft(vals)
        same = [
            ("id", "!=", self.id),
            ("provider_id", "=", draft.provider_id.id),
            ("unit", "=", draft.unit),
            ("valid_from", "=", draft.valid_from),
        ]
        if self.search_count(same, limit=1):
            raise self._taken(vals)
        with unique_index(self.env.cr, "ai_provider_price_unique", lambda: self._taken(vals)):
            yield

    def _draft(self, vals):
        values = {name: vals[name] for name in KEY if name in vals}
        if not self:
            return self.new({**self.default_get(KEY), **values})
        return self.new(values, origin=self)

    def _taken(self, vals):
        draft = self._draft(vals)
        return ValidationError(
            self.env._(
                "%(provider)s already has a price from %(date)s. Change that one, or "
                "let this one begin on another day.",
                provider=draft.provider_id.name,
                date=draft.valid_from,
            )
        )

    @api.constrains("unit", "unit_usd")
    def _check_unit_usd(self):
        if any(not 0 <= price.unit_usd < 10**6 for price in self):
            raise ValidationError(
                self.env._("A price for a unit lies between 0 and 1,000,000 USD.")
            )
        if any(price.unit in BY_TIME and not price.unit_usd for price in self):
            raise ValidationError(
                self.env._(
                    "Enter what a minute or an hour costs. A model that costs nothing has a price "
                    "of 0 per million tokens."
                )
            )

    @api.constrains("least_seconds")
    def _check_least_seconds(self):
        if any(not 0 <= price.least_seconds <= 3600 for price in self):
            raise ValidationError(
                self.env._("The least seconds of a request lie between 0 and 3,600.")
            )

    @api.constrains("unit", "provider_id")
    def _check_unit(self):
        for price in self:
            speech = price.provider_id.task_type == "voice_to_text"
            if price.unit in BY_TIME and not speech:
                raise ValidationError(
                    self.env._(
                        "“%s” is no provider for voice to text, so it is not billed by time.",
                        price.provider_id.name,
                    )
                )

    @api.constrains("batch_factor")
    def _check_batch_factor(self):
        if any(not 0 < price.batch_factor <= 1 for price in self):
            raise ValidationError(
                self.env._("The batch factor lies above 0 and is at most 1 (1: no discount).")
            )

    @api.constrains("region_factors")
    def _check_region_factors(self):
        for price in self:
            try:
                regions = _read_regions(price.region_factors)
            except (ValueError, ArithmeticError):
                regions = None
            if regions is None or any(not 0 < factor <= 100 for _name, factor in regions):
                raise ValidationError(
                    self.env._(
                        "Factors of regions are written as us=1.1, eu=1.1: a name, and a number "
                        "above 0 and up to 100."
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        prices = self.browse()
        for vals in vals_list:
            with self.browse()._one_for_a_day(vals):
                prices += super().create([vals])
        self.env.registry.clear_cache()
        return prices

    def write(self, vals):
        if set(vals) - UNBILLED:
            self._check_unused()
        self.env.registry.clear_cache()
        if not {*KEY, "active"} & set(vals):
            return super().write(vals)
        for price in self:
            with price._one_for_a_day(vals):
                super(AiProviderPrice, price).write(vals)
        return True

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_unused()

    def _check_unused(self):
        """A used price is history: recomputing last month must give last month's figure.

        It is used from the reservation on, as the call under way will be billed at it.
        """
        used = (
            self.env["ai.token.usage"]
            .sudo()
            .search([("price_id", "in", self.ids)], limit=1)
            .price_id
            or self.env["ai.cost.reservation"]
            .sudo()
            .search([("price_id", "in", self.ids), ("usage_id", "=", False)], limit=1)
            .price_id
        )
        if used:
            raise UserError(
                self.env._(
                    "Calls were billed at the price “%s”, so it stays as it is. Add a new price "
                    "with the day from which it holds.",
                    used.display_name,
                )
            )

    @quick_cache("self.id")
    def _whole(self):
        """Like :meth:`_to_engine`, with all hours; whoever writes a price clears the cache."""
        return self._to_engine()

    def _to_engine(self, when=None):
        """Return this record as ``engine.price.pricing.Price``; None for an empty recordset, or
        without an amount for a minute or an hour, which is unknown and not zero.

        :param when: a naive UTC datetime; the price then has the rates of that hour alone
        """
        if not self:
            return None
        self.ensure_one()
        if self.unit in BY_TIME:
            if self.unit_usd <= 0:
                return None
            return pricing.Price(
                rates=pricing.Rates(**{self.unit: Decimal(repr(self.unit_usd))}),
                source=self.source or "",
                regions=_read_regions(self.region_factors),
                least_seconds=self.least_seconds,
            )
        tiers, limit = self.tier_ids._above("standard")
        price = pricing.Price(
            rates=self._rates(),
            tiers=tiers,
            batch_factor=Decimal(repr(self.batch_factor)) if self.batch_priced else None,
            source=self.source or "",
            services=self.tier_ids._services(),
            hours=self.tier_ids._hours(),
            regions=_read_regions(self.region_factors),
            input_limit=limit,
        )
        return price.at(when) if when else price


def _read_regions(text):
    """((name, factor), …) of ``us=1.1, eu=1.1``; ValueError or ArithmeticError for others."""
    found = {}
    for part in filter(str.strip, (text or "").split(",")):
        name, factor = part.split("=")
        if not name.strip() or not Decimal(factor.strip()).is_finite():
            raise ValueError(part)
        found[name.strip().lower()] = Decimal(factor.strip())
    return tuple(found.items())
