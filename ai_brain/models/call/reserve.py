import itertools
import random
import time
from dataclasses import replace
from datetime import timedelta

import psycopg2
from psycopg2 import errorcodes
from psycopg2.extras import Json

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from ... import exceptions, providers
from ...engine.base.money import as_decimal
from ...engine.batch.joined import EXTRA_BYTES
from ...engine.budget import limits
from ...engine.price import pricing
from ...providers import errors
from ..base.own_cursor import NoConnection, commit_at_once
from ..base.quick_cache import quick_cache
from ..base.transactions import under_test
from ..base.wording import reader_in
from ..budget import sql as budget_sql
from ..budget.refusal import Refusal
from .call import Moment

#: Retries, waits between them and the settle itself come on top of the vendor's timeout.
EXPIRY_MARGIN_S = 180
#: An answer shorter than this (tokens) is not worth asking for.
LEAST_ANSWER = 64
#: How often one call syncs budgets that changed under it, or looks for a smaller answer.
TRIES = 20


class AiService(models.AbstractModel):
    """Reserve: hold the most that an attempt can cost in every budget that applies.

    The reservation is made as sent: nothing lies between its commit and the request. What is not
    sent after all is given back by name; a worker that dies in between leaves it uncertain.
    """

    _inherit = "ai.service"

    @api.model
    def _reserve(self, call, attempt):
        """Hold the worst case of an attempt, in a transaction of its own, and mark it as sent.

        Where a budget does not allow it, a step may make room (``ai.step._make_room``); where only
        calls under way stand against it, it waits a little; where a shorter answer would fit, it
        asks for that, if the company allows it.

        :raise UnpricedModelError: the model has no price and the company refuses such calls
        :raise BudgetExceededError: a budget does not allow it; with ``details``
        :raise ServerBusyError: no connection came free in time, or the server ends the request
            before the vendor answers
        """
        call.tried_ids.append(attempt.target.provider_id)
        company = self.env["res.company"].browse(call.company_id).sudo()
        policy = company._ai_policy()
        attempt.moment = self._moment(company)
        self._take_endpoint(call, attempt, policy)
        # what stands in its way may be those that are sent together with it
        wait_s = 0 if under_test() or call.together else policy.budget_wait_s
        deadline = time.monotonic() + wait_s
        for tries in itertools.count(1):
            refusal = self._hold(call, attempt)
            if refusal is None:
                return
            if refusal.is_of_person:
                raise self._too_many_calls(policy, attempt.moment)
            if refusal.stale:
                if tries >= TRIES:
                    break
                self._sync_budgets(call, attempt, refusal)
            elif self._room_made(call, attempt, refusal):
                self._take_endpoint(call, attempt, policy)
            elif self._wait_for_calls(call, attempt, refusal, deadline):
                continue
            elif not (
                policy.lower_max_tokens
                and tries < TRIES
                and self._lower_max_tokens(call, attempt, refusal)
            ):
                break
        raise self.env["ai.cost.budget"]._exceeded(refusal, attempt.moment.local_date)

    @api.model
    def _moment(self, company):
        """Fix moment, day and currency: settling must not need the caller's cursor."""
        moment = fields.Datetime.now()
        local_date = company._ai_local_date(moment)
        return Moment(moment, local_date, *company._ai_usd_rate(local_date))

    @api.model
    def _take_endpoint(self, call, attempt, policy):
        """Have the attempt ask ``call.target``: its price, its worst case, its address and key."""
        target = self._bounded(call, attempt)
        if call.worst_case(target) is pricing.UNPRICED:
            # without a price, or one that does not cover what is asked for
            price = self._ceiling_price(call, target, policy)
            target = replace(target, price=price, price_id=None)
        call.target = attempt.target = target
        attempt.held_usd = call.worst_case(target)
        self._keep_to_call_limit(call, attempt, policy)
        provider = self.env["ai.service.provider"].sudo().browse(attempt.target.provider_id)
        attempt.endpoint = provider._endpoint()
        allowed = attempt.endpoint.timeout_s
        attempt.endpoint.timeout_s = self._timeout_s(call, allowed)
        attempt.hurried = attempt.endpoint.timeout_s < allowed

    @api.model
    def _bounded(self, call, attempt):
        """Return ``call.target`` with the size of all that is sent and was not counted as tokens.

        :raise InvalidCallError: something that this vendor's format does not take
        """
        attempt.target = call.target
        wire = providers.get_wire(call.target.api_format)
        asked = self._vendor_request(call, attempt)
        provider = self.env["ai.service.provider"].browse(call.target.provider_id)
        try:
            self._check_request(call, wire, asked, provider._facts())
        except errors.ProviderError as error:
            raise exceptions.InvalidCallError(
                self.env._("“%(name)s” was not asked: %(why)s", name=call.target.name, why=error)
            ) from error
        if call.job:
            return call.target
        more = EXTRA_BYTES if call.together else 0
        return replace(call.target, uncounted=wire.uncounted_bytes(asked) + more)

    @api.model
    def _keep_to_call_limit(self, call, attempt, policy):
        """Hold to ``max_budget_usd``: ask for a shorter answer where the company allows that.

        :raise BudgetExceededError: the worst case is above it
        """
        if call.max_budget_usd is None:
            return
        most = as_decimal(call.max_budget_usd)
        if call.first_try:
            most = max(most - call.first_try.cost_usd, as_decimal(0))
        if attempt.held_usd <= most:
            return
        if policy.lower_max_tokens and self._shorten(call, attempt, most):
            return
        raise exceptions.BudgetExceededError(
            self.env._(
                "This call could cost %(ask)s, and its max_budget_usd is %(most)s. Send less text, "
                "ask for a shorter answer (max_tokens), or allow more.",
                ask=self.env["res.currency"]._ai_usd_text(attempt.held_usd),
                most=self.env["res.currency"]._ai_usd_text(most),
            ),
            {"requested": float(attempt.held_usd), "limit": float(most), "currency": "USD"},
        )

    @api.model
    def _ceiling_price(self, call, target, policy):
        if policy.unpriced_policy != "ceiling":
            raise exceptions.UnpricedModelError(
                self.env._(
                    "“%(name)s” (%(model)s) has no price, so its cost would be unknown. Add a "
                    "price to the provider, or allow a ceiling price in the settings.",
                    name=target.name,
                    model=target.model_name,
                )
            )
        kinds = ("input", "output", *(["input_audio"] if call.job else ()))
        return pricing.Price(pricing.Rates(**dict.fromkeys(kinds, policy.ceiling_usd)))

    # ------------------------------------------------------------------
    # Holding
    # ------------------------------------------------------------------

    @api.model
    def _hold(self, call, attempt):
        """Hold the budgets and insert the reservation in one statement; a ``Refusal`` or None.

        :raise AiError: what stands in the way is no budget
        """
        try:
            with call.apart.cursor() as cr:
                return self._hold_on(cr, call, attempt)
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
            raise self._reservation_error(error) from error

    @api.model
    def _hold_on(self, cr, call, attempt):
        row = self._tags_row(call, attempt)
        if not call.idempotency_key:
            commit_at_once(cr)
        cr.execute(
            budget_sql.HOLD,
            {
                **budget_sql.call_values({**row, **attempt.moment._asdict()}, attempt.held_usd),
                **{f"r_{k}": v for k, v in self._reservation_columns(call, attempt, row).items()},
                "switched": attempt.switched,
                **self._person_limits(call),
            },
            log_exceptions=False,
        )
        rows = cr.dictfetchall()
        if not rows[0]["good"]:
            return Refusal.of(rows)
        attempt.reservation_id = rows[0]["reservation_id"]
        attempt.hold_factor = as_decimal(rows[0]["factor"])
        attempt.held_usd *= attempt.hold_factor
        if call.idempotency_key and len(call.tried_ids) == 1:
            self._check_key_unused(cr, call)
        # From here on the vendor may bill it: that must be on disk before it is sent.
        cr.execute(budget_sql.FLUSH if cr.connection.autocommit else budget_sql.DURABLE)
        return None

    @api.model
    def _reservation_columns(self, call, attempt, row):
        lives = timedelta(seconds=3 * attempt.endpoint.timeout_s + EXPIRY_MARGIN_S)
        return {
            "create_uid": call.user_id,
            "create_date": attempt.moment.create_date,
            "company_id": call.company_id,
            "user_id": call.user_id,
            "provider_id": attempt.target.provider_id,
            "price_id": attempt.target.price_id,
            "sent": True,
            "expires_at": attempt.moment.create_date + lives,
            "local_date": attempt.moment.local_date,
            "last_date": None,
            "batch_key": None,
            "call_key": call.idempotency_key,
            "row": Json(row),
        }

    @api.model
    def _reservation_error(self, error):
        if error.pgcode == errorcodes.UNIQUE_VIOLATION:
            return exceptions.CallInProgressError(
                self.env._(
                    "A call with this idempotency key is under way. Ask again when it is done."
                )
            )
        return exceptions.InvalidCallError(
            self.env._(
                "The user, company or provider of this call was created in this very transaction. "
                "Save it first, then make the call."
            )
        )

    @api.model
    def _person_limits(self, call):
        """Return what one person may hold and do at once; None: any. Managers, and code that acts
        for nobody (root), are not bounded.

        It goes by whose call it is: ``sudo()``, and a fallback, which is held as superuser, change
        the rights and not the person.
        """
        policy = self.env["res.company"].browse(call.company_id)._ai_policy()
        free = self._is_unbounded(call.user_id)
        return {
            "person_usd": None if free else policy.person_usd or None,
            "person_calls": None if free else policy.person_calls or None,
        }

    @api.model
    @quick_cache("user_id")
    def _is_unbounded(self, user_id):
        # as Odoo, which keeps a person's groups in the same cache
        person = self.env["res.users"].sudo().browse(user_id)
        return user_id == SUPERUSER_ID or person.has_group("ai_brain.group_ai_manager")

    @api.model
    def _too_many_calls(self, policy, moment):
        currency = self.env["res.currency"].browse(moment.currency_id)
        return exceptions.TooManyCallsError(
            self.env._(
                "Your calls under way hold as much as one person may hold at once (%(most)s), or "
                "are as many as allowed. Wait for an answer, or send less at a time.",
                most=reader_in(currency, moment.currency_rate).usd(policy.person_usd or None),
            )
        )

    @api.model
    def _busy(self):
        return exceptions.ServerBusyError(
            self.env._("The server is busy; nothing was sent. Try again in a moment.")
        )

    # ------------------------------------------------------------------
    # Where a budget does not allow it
    # ------------------------------------------------------------------

    @api.model
    def _sync_budgets(self, call, attempt, refusal):
        day = attempt.moment.local_date
        try:
            with call.apart.env() as env:
                env["ai.cost.budget.period"]._sync(refusal.stale, day, refusal.subjects)
        except ValidationError as error:  # its currency has lost its rate
            raise exceptions.BudgetExceededError(str(error)) from error

    @api.model
    def _room_made(self, call, attempt, refusal):
        switched = attempt.switched
        found = [*self.env["ai.step"]._run("_make_room", call, attempt, refusal)]
        # a switch that failed was tried: the budget does not ask for it again
        return any(found) or attempt.switched != switched

    @api.model
    def _wait_for_calls(self, call, attempt, refusal, deadline):
        """Wait while the call would fit but for what calls under way hold; False if in vain."""
        if refusal.is_final:
            return False
        pause = 0.03
        while time.monotonic() < deadline:
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.6, 0.3)
            refusal = self._look(call, attempt)
            if refusal.is_final:
                return False
            if not refusal.is_over:
                return True
        return False

    @api.model
    def _look(self, call, attempt):
        """Return what holding would meet now, as a ``Refusal``; nothing is held."""
        tags = {**self._tags_row(call, attempt), **attempt.moment._asdict()}
        with call.apart.cursor() as cr:
            cr.execute(budget_sql.LOOK, budget_sql.call_values(tags, attempt.held_usd))
            return Refusal.of(cr.dictfetchall())

    @api.model
    def _lower_max_tokens(self, call, attempt, refusal):
        """Ask for the longest answer that fits; False if none does."""
        room = refusal.room(attempt.held_usd)
        return room is not None and self._shorten(call, attempt, room)

    @api.model
    def _shorten(self, call, attempt, room):
        """Ask for the longest answer that costs ``room`` USD at most; False if none does."""
        target = attempt.target
        if call.job or target.max_tokens <= LEAST_ANSWER:
            return False
        fitting = limits.largest_fitting(
            room,
            lambda most: call.worst_case(replace(target, max_tokens=most)),
            target.max_tokens - 1,
            LEAST_ANSWER,
        )
        if not fitting:
            return False
        call.target = attempt.target = replace(target, max_tokens=fitting)
        attempt.held_usd = call.worst_case()
        if attempt.shortened in call.notices:
            call.notices.remove(attempt.shortened)
        attempt.shortened = self.env._(
            "The answer was limited to %s tokens, which is what the budget has room for.",
            call.reader.number(fitting),
        )
        call.notices.append(attempt.shortened)
        return True
