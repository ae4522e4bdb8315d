import time
from datetime import timedelta
from decimal import Decimal

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extras import Json

from odoo import api, fields, models

from ... import exceptions
from ...engine.price import pricing
from ..base.own_cursor import NoConnection, commit_at_once

#: Retries, waits between them and the settle itself come on top of the vendor's timeout.
EXPIRY_MARGIN_S = 180


class AiService(models.AbstractModel):
    """Reserve: hold the most that a call can cost, then mark it as sent."""

    _inherit = "ai.service"

    @api.model
    def _reserve(self, call):
        """Hold the most that the call can cost, in a transaction of its own.

        :raise UnpricedModelError: the model has no price and the company refuses such calls
        :raise BudgetExceededError: a budget does not allow it
        :raise ServerBusyError: no connection came free in time
        """
        call.attempt_started = time.monotonic()
        call.sent = False
        call.tried_ids.append(call.target.provider_id)
        company = self.env["res.company"].browse(call.company_id).sudo()
        self._price_unpriced(call.target, company)
        self._freeze(call, company)
        call.held_usd = self._worst_case(call)
        try:
            with self._own_cursor() as cr:
                self._on(cr)._write_reservation(call)
        except NoConnection as error:
            raise self._busy() from error
        except psycopg2.errors.LockNotAvailable as error:
            # As it is, Odoo would run the whole request again, five times, each as long.
            raise exceptions.ServerBusyError(
                self.env._(
                    "The user, company, provider or budget of this call is locked, perhaps by "
                    "the very transaction that makes it; nothing was sent. Save first, then "
                    "make the call."
                )
            ) from error
        except psycopg2.IntegrityError as error:
            self._raise_reservation_error(error)

    @api.model
    def _worst_case(self, call):
        return pricing.worst_case(
            call.count.upper_bound,
            call.target.max_tokens,
            call.target.price,
            long_cache=call.long_cache,
        )

    @api.model
    def _price_unpriced(self, target, company):
        if target.price is not None:
            return
        if company.ai_unpriced_policy != "ceiling":
            raise exceptions.UnpricedModelError(
                self.env._(
                    "“%(name)s” (%(model)s) has no price, so its cost would be unknown. Add a "
                    "price to the provider, or allow a ceiling price in the settings.",
                    name=target.name,
                    model=target.model_name,
                )
            )
        ceiling = Decimal(repr(company.ai_ceiling_usd))
        target.price = pricing.Price(pricing.Rates(input=ceiling, output=ceiling))

    @api.model
    def _freeze(self, call, company):
        """Fix moment, day, currency and text policy: settling must not need the caller's cursor."""
        moment = fields.Datetime.now()
        local_date = company._ai_local_date(moment)
        currency_id, rate = company._ai_usd_rate(local_date)
        call.frozen = {
            "create_date": moment,
            "local_date": local_date,
            "currency_id": currency_id,
            "currency_rate": rate,
            "text_policy": company.ai_text_policy,
        }

    @api.model
    def _write_reservation(self, call):
        """Hold the budgets and insert the reservation, in one statement (ai_service_limits.py)."""
        call.reservation_id = self._hold_budgets(call, self._reservation_columns(call))
        if call.idempotency_key:
            self._check_key_unused(call)

    @api.model
    def _reservation_columns(self, call):
        lives = timedelta(seconds=3 * call.target.endpoint.timeout_s + EXPIRY_MARGIN_S)
        return {
            "create_uid": call.user_id,
            "create_date": call.frozen["create_date"],
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": call.target.provider_id,
            "price_id": call.target.price_id,
            "amount_usd": call.held_usd,
            "sent": False,
            "expires_at": call.frozen["create_date"] + lives,
            "local_date": call.frozen["local_date"],
            "call_key": call.idempotency_key,
            "row": Json(self._tags_row(call)),
        }

    @api.model
    def _raise_reservation_error(self, error):
        if error.pgcode == errorcodes.UNIQUE_VIOLATION:
            raise exceptions.CallInProgressError(
                self.env._(
                    "A call with this idempotency key is under way. Ask again when it is done."
                )
            ) from error
        raise exceptions.InvalidCallError(
            self.env._(
                "The user, company or provider of this call was created in this very transaction. "
                "Save it first, then make the call."
            )
        ) from error

    @api.model
    def _mark_sent(self, call):
        """Record that the request is about to leave: from here on the vendor may bill it."""
        try:
            with self._own_cursor() as cr:
                commit_at_once(cr)
                cr.execute(
                    "UPDATE ai_cost_reservation SET sent = TRUE WHERE id = %s AND usage_id IS NULL",
                    (call.reservation_id,),
                )
                held = cr.rowcount
        except NoConnection as error:
            raise self._busy() from error
        if not held:
            raise exceptions.ServerBusyError(
                self.env._("The call waited too long and was given up. Try again.")
            )
        call.sent = True

    @api.model
    def _busy(self):
        return exceptions.ServerBusyError(
            self.env._("The server is busy; nothing was sent. Try again in a moment.")
        )
