from datetime import date

from odoo import Command, api, models
from odoo.exceptions import UserError

from ...engine.price.pricing import BY_TIME, Rates

# The catalogue is imported where it is used, as few workers ever need it.

#: Where a price of the catalogue has no date, it holds since ever.
SINCE_EVER = date(2000, 1, 1)
SOURCE = "catalogue of "
#: Kinds of the catalogue that our tasks have another name for.
TASKS = {"speech": "voice_to_text"}


class AiServiceProvider(models.Model):
    _inherit = "ai.service.provider"

    def action_load_catalogue_prices(self):
        """Take prices by model, address and date from the shipped catalogue.

        Prices that are there already stay, and where a person entered one, the catalogue adds
        none that would follow it. Limits of the model are filled in where they are unknown.

        :return: a notification that says how many prices were added
        :raise UserError: the catalogue does not know the model at this address
        """
        from ...engine.price import catalogue

        self.check_access("write")
        added = self.env["ai.provider.price"]
        notes = set()
        for provider in self:
            found = catalogue.lookup(
                provider.model_name, provider.api_format, base_url=provider.base_url or ""
            )
            if not found:
                raise UserError(provider._not_in_catalogue())
            added += provider._add_catalogue_prices(found)
            provider._fill_limits(found[-1].entry)
            notes.add(found[-1].entry.note)
        message = self.env._(
            "%(count)s prices added from the catalogue of %(date)s.",
            count=len(added),
            date=catalogue.as_of(),
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if any(notes) else "success",
                "message": " ".join([message, *sorted(filter(None, notes))]),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _not_in_catalogue(self):
        from ...engine.price import catalogue

        if self.api_format == "sandbox":
            return self.env._("The sandbox has no vendor. Enter the price that it shall show.")
        return self.env._(
            "The price catalogue of %(date)s does not know “%(model)s” at %(address)s. Check the "
            "name of the model, or enter its price by hand.",
            date=catalogue.as_of(),
            model=self.model_name,
            address=self.base_url or self.env._("the usual address of its format"),
        )

    def _add_catalogue_prices(self, found):
        """Create the prices of ``found`` (CataloguePrice) that are not there yet."""
        self.ensure_one()
        mine = self._billed_prices()
        taken = set(mine.mapped("valid_from"))
        own = mine.filtered(lambda price: not (price.source or "").startswith(SOURCE))
        first_own = min(own.mapped("valid_from"), default=date.max)
        return self.env["ai.provider.price"].create(
            [
                {"provider_id": self.id, **self._catalogue_price_values(period)}
                for period in found
                if (period.valid_from or SINCE_EVER) not in taken
                and (period.valid_from or SINCE_EVER) < first_own
            ]
        )

    @api.model
    def _catalogue_price_values(self, period):
        """Return the values of ``ai.provider.price`` for a ``catalogue.CataloguePrice``."""
        price, entry = period.price, period.entry
        return {
            "valid_from": period.valid_from or SINCE_EVER,
            "source": ". ".join(filter(None, [entry.source, entry.note])),
            "batch_factor": 1.0 if price.batch_factor is None else float(price.batch_factor),
            "batch_priced": price.batch_factor is not None,
            "region_factors": ", ".join(f"{name}={factor}" for name, factor in price.regions),
            **self._unit_values(price),
            **self.env["ai.price.rates"]._rate_values(price.rates),
            "tier_ids": [Command.create(values) for values in self._condition_values(price)],
        }

    @api.model
    def _unit_values(self, price):
        unit = next((unit for unit in BY_TIME if getattr(price.rates, unit) is not None), None)
        if not unit:
            return {"unit": "token"}
        return {
            "unit": unit,
            "unit_usd": float(price.rates.by_time[0]),
            "least_seconds": price.least_seconds,
        }

    @api.model
    def _condition_values(self, price):
        """Return the values of ``ai.provider.price.tier`` for a ``pricing.Price``, a list."""
        found = self._size_values(price, "standard")
        known = dict(self.env["ai.provider.price.tier"]._fields["service"].selection)
        to_values = self.env["ai.price.rates"]._rate_values
        for service in price.services:
            if service.name in known:
                found.append({"service": service.name, **to_values(service.rates)})
                found += self._size_values(service, service.name)
        for hours in price.hours:
            found.append(
                {
                    "hour_from": _hours_of(hours.start),
                    "hour_to": _hours_of(hours.end),
                    "working_days": bool(hours.days),
                    "days_off": ", ".join(map(str, hours.days_off)),
                    **to_values(hours.rates),
                }
            )
        return found

    @api.model
    def _size_values(self, owner, service):
        to_values = self.env["ai.price.rates"]._rate_values
        steps = [(tier.above_tokens, tier.rates) for tier in owner.tiers]
        if owner.input_limit is not None:
            steps.append((owner.input_limit, Rates()))  # a row without a price: none above
        return [
            {"service": service, "above_tokens": above, **to_values(rates)}
            for above, rates in steps
        ]

    @api.model
    def _catalogue_values(self, entry):
        """Return the values of a new provider for a ``catalogue.Entry``, its prices included."""
        from ...engine.price import catalogue

        found = catalogue.lookup(entry.model, entry.api_format, vendor=entry.vendor)
        usual = catalogue.vendor_of(entry.api_format, "") == entry.vendor
        return {
            "name": f"{entry.model} ({entry.vendor_name})",
            "api_format": entry.api_format,
            "base_url": False if usual else entry.base_url,
            "model_name": entry.model,
            "task_type": TASKS.get(entry.kind, entry.kind),
            "tier": entry.tier,
            "context_window": entry.context_window or 0,
            "max_output_tokens": entry.max_output_tokens or 0,
            "price_ids": [Command.create(self._catalogue_price_values(one)) for one in found],
        }

    def _fill_limits(self, entry):
        self.ensure_one()
        known = {
            "context_window": entry.context_window,
            "max_output_tokens": entry.max_output_tokens,
        }
        vals = {name: value for name, value in known.items() if value and not self[name]}
        if vals:
            self.write(vals)


def _hours_of(moment):
    return moment.hour + moment.minute / 60
