import logging
import random
import time

from psycopg2.extras import Json

from odoo import api, models
from odoo.modules import module

from ...engine.budget import limits as engine
from ...engine.price import pricing
from ...exceptions import BudgetExceededError
from ..base.own_cursor import begin_again, commit_at_once
from ..base.wording import reader
from . import sql as budget_sql

_logger = logging.getLogger(__name__)

#: An answer shorter than this (tokens) is not worth asking for.
LEAST_ANSWER = 64
#: How often one call syncs budgets that changed under it, or looks for a smaller answer.
TRIES = 20


class _NotHeld(Exception):
    """HOLD held nothing: ``stale`` budget ids, or rows of periods that do not allow the call."""

    def __init__(self, rows, stale):
        super().__init__()
        self.stale = stale
        self.rows = [row for row in rows if row["id"] and row["active"]]


def _too_dear(row):
    return row["per_request"] is not None and row["ask"] > row["per_request"]


def _over(row):
    limit = row["limit_amount"]
    return limit is not None and row["spent"] + row["reserved"] + row["ask"] > limit


def _over_for_good(row):
    """Over even if the calls under way should cost nothing."""
    return row["limit_amount"] is not None and row["spent"] + row["ask"] > row["limit_amount"]


class AiService(models.AbstractModel):
    """Budgets in the call: held in one statement with the reservation, moved with the ledger."""

    _inherit = "ai.service"

    # ------------------------------------------------------------------
    # Reserve
    # ------------------------------------------------------------------

    @api.model
    def _reserve(self, call):
        """Hold the worst case in every budget that applies.

        Where a budget's switch threshold is reached, the call goes to the cheapest provider that
        meets the low quality bar, whatever mode it asked for. Where only calls under way stand
        against it, it waits a little; where a shorter answer would fit, it asks for that, if the
        company allows it.

        :raise BudgetExceededError: with ``details``
        """
        company = self.env["res.company"].browse(call.company_id).sudo()
        deadline = time.monotonic() + self._budget_wait_s(company)
        tries = 0
        while True:
            try:
                return super()._reserve(call)
            except _NotHeld as refusal:
                tries += 1
                if refusal.stale and tries < TRIES:
                    self._sync_budgets(call, refusal.stale)
                elif not call.budget_switched and not refusal.stale and self._switch_due(refusal):
                    self._switch_to_cheapest(call, refusal)
                elif self._wait_for_calls(call, refusal, deadline):
                    continue
                elif not (
                    company.ai_lower_max_tokens
                    and tries < TRIES
                    and self._lower_max_tokens(call, refusal)
                ):
                    raise self._budget_exceeded(call, refusal) from None

    @api.model
    def _hold_budgets(self, call, columns):
        """On the own cursor: hold the budgets and insert the reservation; returns its id."""
        cr = self.env.cr
        tags = {**self._tags_row(call), **call.frozen}
        if not call.idempotency_key:
            commit_at_once(cr)
        cr.execute(
            budget_sql.HOLD,
            {
                **budget_sql.call_values(tags, call.held_usd),
                **{f"r_{name}": columns[name] for name in budget_sql.RESERVATION},
                "switched": call.budget_switched,
            },
            log_exceptions=False,
        )
        rows = cr.dictfetchall()
        if not rows[0]["good"]:
            raise _NotHeld(_exact(rows), rows[0]["stale_ids"])
        return rows[0]["reservation_id"]

    @api.model
    def _budget_wait_s(self, company):
        return 0 if module.current_test else company.ai_budget_wait_s

    @api.model
    def _sync_budgets(self, call, budget_ids):
        with self._own_cursor() as cr:
            periods = self._on(cr).env["ai.cost.budget.period"]
            periods._sync(budget_ids, call.frozen["local_date"])

    @api.model
    def _wait_for_calls(self, call, refusal, deadline):
        """Wait while the call would fit but for what calls under way hold; False if in vain."""
        rows = refusal.rows
        if refusal.stale or any(_too_dear(row) or _over_for_good(row) for row in rows):
            return False
        pause = 0.03
        while time.monotonic() < deadline:
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 1.6, 0.3)
            rows = self._look_at_budgets(call)
            if any(_too_dear(row) or _over_for_good(row) for row in rows):
                return False
            if not any(_over(row) for row in rows):
                return True
        return False

    @api.model
    def _look_at_budgets(self, call):
        with self._own_cursor() as cr:
            tags = {**self._tags_row(call), **call.frozen}
            cr.execute(budget_sql.LOOK, budget_sql.call_values(tags, call.held_usd))
            return _exact(cr.dictfetchall())

    @api.model
    def _lower_max_tokens(self, call, refusal):
        """Ask for the longest answer that fits; False if none of use does."""
        target = call.target
        room = None
        for row in refusal.rows:
            limits = [row["per_request"]]
            if row["limit_amount"] is not None:
                limits.append(row["limit_amount"] - row["spent"] - row["reserved"])
            for limit in limits:
                if limit is not None and row["ask"] > 0:
                    fits = limit * call.held_usd / row["ask"]
                    room = fits if room is None else min(room, fits)
        if room is None or target.max_tokens <= LEAST_ANSWER:
            return False
        upper, price, long_cache = call.count.upper_bound, target.price, call.long_cache
        fitting = engine.largest_fitting(
            room,
            lambda n: pricing.worst_case(upper, n, price, long_cache=long_cache),
            target.max_tokens - 1,
            LEAST_ANSWER,
        )
        if not fitting:
            return False
        target.max_tokens = fitting
        note = self.env._(
            "The answer was limited to %s tokens, which is what the budget has room for.",
            reader(self.env).number(fitting),
        )
        if call.notices and call.notices[-1] == call.advice.get("limit_note"):
            call.notices.pop()
        call.notices.append(note)
        call.advice["limit_note"] = note
        return True

    @api.model
    def _budget_exceeded(self, call, refusal):
        if refusal.stale:
            names = self.env["ai.cost.budget"].sudo().browse(refusal.stale).mapped("name")
            return BudgetExceededError(
                self.env._("The budget “%s” keeps changing. Try again in a moment.", names[0])
            )
        rows = [row for row in refusal.rows if _too_dear(row)]
        rows = rows or [row for row in refusal.rows if _over_for_good(row)]
        row = (rows or [row for row in refusal.rows if _over(row)] or refusal.rows)[0]
        budget = self.env["ai.cost.budget"].sudo().browse(row["budget_id"])
        day = call.frozen["local_date"]
        return BudgetExceededError(
            budget._refusal(row, day),
            {
                "budget_id": budget.id,
                "budget_name": budget.name,
                "currency": budget.currency_id.name,
                "spent": float(row["spent"]),
                "reserved": float(row["reserved"]),
                "requested": float(row["ask"]),
                "limit": None if row["limit_amount"] is None else float(row["limit_amount"]),
                "spent_usd": float(row["spent"] / budget._usd_rate(day)),
                "limit_usd": None
                if row["limit_amount"] is None
                else float(row["limit_amount"] / budget._usd_rate(day)),
                "resets_at": budget._resets_at(day),
                "owner_id": budget.owner_id.id,
            },
        )

    # ------------------------------------------------------------------
    # Switch
    # ------------------------------------------------------------------

    @api.model
    def _switch_due(self, refusal):
        return any(
            row["switch_amount"] is not None and row["spent"] >= row["switch_amount"]
            for row in refusal.rows
        )

    @api.model
    def _switch_to_cheapest(self, call, refusal):
        """Turn the call to the cheapest provider that meets the low bar; says so in the notices."""
        call.budget_switched = True
        row = next(
            r
            for r in refusal.rows
            if r["switch_amount"] is not None and r["spent"] >= r["switch_amount"]
        )
        try:
            provider = self._cheapest_provider(call)
            before = call.target
            if not provider or provider.id == before.provider_id:
                return
            held = call.held_usd
            self._set_target(call, provider)
            if pricing.UNPRICED in (call.target.price, self._worst_case(call)) or (
                self._worst_case(call) >= held
            ):
                call.target = before
                return
            budget = self.env["ai.cost.budget"].sudo().browse(row["budget_id"])
            call.notices.append(
                self.env._(
                    "The budget “%(budget)s” has reached %(percent)s%% and sends calls to the "
                    "cheapest suitable provider, “%(provider)s”.",
                    budget=budget.name,
                    percent=format(budget.auto_switch_at_threshold, "g"),
                    provider=provider.name,
                )
            )
        except Exception:
            _logger.warning("AI budget: the switch to a cheaper provider failed", exc_info=True)

    @api.model
    def _cheapest_provider(self, call):
        """Return the cheapest provider that meets the low bar, or none."""
        found = self.env["ai.cost.optimizer"]._cheapest(
            call.task_type, call.count.tokens, {"quality_required": "low", "tools": call.tools}
        )
        return self.env["ai.service.provider"].sudo().browse(found or [])

    # ------------------------------------------------------------------
    # Settle
    # ------------------------------------------------------------------

    @api.model
    def _settle(self, call):
        settled = super()._settle(call)
        if call.alert_due:
            call.alert_due = False
            self._wake_alerts()
        return settled

    @api.model
    def _write_settlement(self, call, row):
        if call.reservation_id and not call.idempotency_key:
            usage_id = self._settle_at_once(call, row)
            if usage_id:
                return usage_id
            begin_again(self.env.cr)
        return super()._write_settlement(call, row)

    @api.model
    def _settle_at_once(self, call, row):
        """Reservation, ledger row and budgets in one statement; None if the reaper was first."""
        cr = self.env.cr
        columns = self.env["ai.token.usage"]._complete(row)
        values = {
            f"u_{name}": Json(value) if isinstance(value, dict) else value
            for name, value in columns.items()
        }
        commit_at_once(cr)
        cr.execute(
            budget_sql.settle(tuple(columns)),
            {
                **budget_sql.call_values(row, call.held_usd, row["cost_usd"]),
                **values,
                "reservation": call.reservation_id,
            },
        )
        found = cr.fetchone()
        if not found:
            return None
        if cr.connection.autocommit:
            cr.execute(budget_sql.FLUSH)
        call.alert_due = found[1]
        return found[0]

    @api.model
    def _spend_budgets(self, call, row):
        corrects = row.get("correction_of_id")
        held = call.held_usd if call.reservation_id and not corrects else engine.as_decimal(0)
        if held or row["cost_usd"]:
            call.alert_due = self._move_budgets(row, held, row["cost_usd"])

    @api.model
    def _release_budgets(self, call):
        self._move_budgets({**self._tags_row(call), **call.frozen}, call.held_usd)

    @api.model
    def _release_reservation(self, reservation, held_usd):
        self._move_budgets(_row_of(reservation), held_usd)

    @api.model
    def _spend_reservation(self, reservation, row):
        if self._move_budgets(row, row["cost_usd"], row["cost_usd"]):
            self._wake_alerts()

    @api.model
    def _move_budgets(self, row, held_usd, cost_usd=0):
        """On the own cursor: from held to spent; True if an alert is due."""
        values = budget_sql.call_values(row, held_usd, engine.as_decimal(cost_usd))
        self.env.cr.execute(budget_sql.MOVE, values)
        return self.env.cr.fetchone()[0]

    @api.model
    def _wake_alerts(self):
        """Have the alerts sent soon by the scheduled action: the call does not wait for mail."""
        try:
            with self._own_cursor(wait_s=2) as cr:
                self._on(cr).env.ref("ai_brain.ir_cron_budget_alerts")._trigger()
        except Exception:
            _logger.info("AI budgets: alerts wait for their schedule", exc_info=True)


def _row_of(reservation):
    row = dict(reservation["row"])
    return {
        **row,
        "local_date": reservation["local_date"],
        "currency_rate": engine.as_decimal(row["currency_rate"]),
    }


def _exact(rows):
    """Turn the floats that Odoo's cursors make of numerics into Decimals, through their text."""
    amounts = ("spent", "reserved", "ask", "limit_amount", "per_request", "switch_amount")
    for row in rows:
        for name in amounts:
            if row[name] is not None:
                row[name] = engine.as_decimal(row[name])
    return rows
