import logging
from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...engine.price.pricing import BY_TIME, KINDS, MORE_KINDS
from ...providers import errors
from .catalogue_prices import SINCE_EVER, SOURCE

_logger = logging.getLogger(__name__)

#: Address of a newer list of prices; empty: the list that came with the addon.
LIST_URL = "ai_brain.price_list_url"
#: A rate that changes by more than this factor is shown to a person instead of being taken.
MOST_CHANGE = 5


class AiServiceProvider(models.Model):
    """Prices that follow a list: a new row from the day of the change, never a changed one."""

    _inherit = "ai.service.provider"

    @api.model
    def _cron_refresh_prices(self):
        """Take the prices that changed, of providers whose price of today came from a list.

        A price that a person entered stays, and the list adds none that would follow it. Nothing
        begins before today, so that no past figure changes. Safe to run twice, or twice at once.

        :raise UserError: the list at the address of the settings cannot be read
        """
        prices = self._price_list()
        providers = self.sudo().search([("api_format", "!=", "sandbox")])
        for done, provider in enumerate(providers):
            try:
                with self.env.cr.savepoint():
                    provider._refresh_prices(prices)
            except Exception:
                _logger.exception("AI provider %s: its price was not refreshed", provider.id)
            self.env["ir.cron"]._notify_progress(done=done + 1, remaining=len(providers) - done - 1)

    @api.model
    def _price_list(self):
        """Return the ``engine.price.catalogue.Catalogue`` that prices follow."""
        from ...engine.price import catalogue
        from ...providers import price_list

        url = (self.env["ir.config_parameter"].sudo().get_param(LIST_URL) or "").strip()
        if not url:
            return catalogue.shipped()
        try:
            return catalogue.Catalogue(price_list.fetch(url))
        except (errors.ProviderError, catalogue.CatalogueError) as error:
            raise UserError(
                self.env._(
                    "The price list at %(url)s cannot be used: %(why)s Correct its address in the "
                    "settings, or leave it empty to use the list that came with the addon.",
                    url=url,
                    why=error,
                )
            ) from error

    def _refresh_prices(self, prices):
        """Add the prices of today and later that differ from those that are there."""
        self.ensure_one()
        today = fields.Date.today()
        if not self._is_listed(today) or not self._lock_for_prices():
            return
        found = prices.lookup(self.model_name, self.api_format, base_url=self.base_url or "")
        for period in found:
            if period.valid_to and period.valid_to <= today:
                continue
            begins = max(period.valid_from or SINCE_EVER, today)
            if begins == today and today in self._billed_prices().mapped("valid_from"):
                begins = fields.Date.add(today, days=1)  # today's price may be billed already
            self._follow(period, begins)

    def _is_listed(self, day):
        """Does the price of ``day`` come from a list?"""
        return (self._price_on(day).source or "").startswith(SOURCE)

    def _price_on(self, day):
        return self._price_at(datetime.combine(day, time.max))

    def _lock_for_prices(self):
        """Take this provider's turn; False if another server has it. Calls do not wait for it."""
        self.env.cr.execute(
            "SELECT 1 FROM ai_service_provider WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED",
            (self.id,),
        )
        return bool(self.env.cr.fetchone())

    def _follow(self, period, begins):
        """Make ``period`` (CataloguePrice) the price from the day ``begins`` on."""
        before = self._price_on(begins)
        old, new = before._to_engine(), period.price
        if not self._is_listed(begins) or _figures(old) == _figures(new):
            return
        company = self.company_id or self.env.company
        plausible = _is_plausible(old, new)

        if plausible:
            if before.valid_from == begins:
                before.unlink()  # a price to come that the list has put right
            self.env["ai.provider.price"].create(
                {
                    "provider_id": self.id,
                    **self._catalogue_price_values(period),
                    "valid_from": begins,
                }
            )
        key = f"{self.id}:{begins}:{self._new_price_in_words(old, new)}"
        self.env["ai.cost.budget"]._tell_managers(
            company,
            "price",
            fields.Date.today(),
            key,
            lambda on: self.with_env(on.env)._change_in_words(old, new, begins, plausible),
            "info" if plausible else "warning",
        )

    def _change_in_words(self, old, new, begins, plausible):
        """A change of price as a manager is told of it."""
        values = {
            "provider": self.name,
            "day": format_date(self.env, begins),
            "old": self._in_words(old),
            "new": self._new_price_in_words(old, new),
        }
        if plausible:
            return self.env._(
                "The price of “%(provider)s” changes on %(day)s from %(old)s to %(new)s.", **values
            )
        return self.env._(
            "The price list says that the price of “%(provider)s” changes on %(day)s from "
            "%(old)s to %(new)s. So much at once was not taken: look at the vendor's page and "
            "enter the price by hand.",
            **values,
        )

    def _new_price_in_words(self, old, new):
        said = self._in_words(new)
        if said != self._in_words(old):
            return said
        return self.env._("%s, with another price for a service, some hours or another kind", said)

    @api.model
    def _in_words(self, price):
        """A price as a person reads it: each rate that it has, in USD a million tokens."""
        parts = [
            self._rates_in_words(price.rates, price.least_seconds),
            *(
                self.env._(
                    "above %(size)s tokens %(rates)s",
                    size=format(tier.above_tokens, ","),
                    rates=self._rates_in_words(tier.rates),
                )
                for tier in price.tiers
            ),
        ]
        if (price.batch_factor or 1) != 1:
            parts.append(self.env._("in a batch times %s", format(price.batch_factor, "g")))
        return "; ".join(parts)

    @api.model
    def _time_price_text(self, rates, least_seconds=0):
        """A price of sound by time in a few words, as ``engine.price.pricing.Rates``."""
        amount = self.env["res.currency"]._ai_usd_text(rates.by_time[0])
        by_hour = rates.hour is not None
        said = self.env._("%s an hour", amount) if by_hour else self.env._("%s a minute", amount)
        if not least_seconds:
            return said
        return self.env._(
            "%(price)s, at least %(seconds)s seconds a request", price=said, seconds=least_seconds
        )

    @api.model
    def _rates_in_words(self, rates, least_seconds=0):
        if rates.by_time:
            return self._time_price_text(rates, least_seconds)
        named = self.env["ai.provider.price"]._fields
        money = self.env["res.currency"]._ai_usd_text
        return ", ".join(
            f"{named[f'{kind}_usd']._description_string(self.env).lower()} {money(rate)}"
            for kind in KINDS
            if (rate := getattr(rates, kind)) is not None
        )


def _rates(rates):
    return tuple(rates.rate(kind) for kind in (*KINDS, *MORE_KINDS, *BY_TIME))


def _steps(owner):
    """What a price, or one of its services, asks by size."""
    tiers = tuple((tier.above_tokens, _rates(tier.rates)) for tier in owner.tiers)
    return _rates(owner.rates), tiers, owner.input_limit


def _figures(price):
    """Everything by which two prices can differ, comparable."""
    return (
        _steps(price),
        price.batch_factor,
        {service.name: _steps(service) for service in price.services},
        {one._replace(rates=_rates(one.rates)) for one in price.hours},
        dict(price.regions),
        price.least_seconds,
    )


def _is_plausible(old, new):
    for kind in ("input", "output", *BY_TIME):
        before, after = old.rates.rate(kind), new.rates.rate(kind)
        if not before:
            continue
        if not after or not before / MOST_CHANGE <= after <= before * MOST_CHANGE:
            return False
    return True
