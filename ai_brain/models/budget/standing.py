from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...engine.base.clock import day_start
from ...engine.base.money import as_decimal
from ...engine.budget import limits as engine
from . import sql as budget_sql


class AiCostBudget(models.Model):
    """The current period: what it allows and how it stands."""

    _inherit = "ai.cost.budget"

    def _company(self):
        return (self.company_id or self.env.company).sudo()

    def _today(self):
        return self._company()._ai_local_date()

    def _period_days(self, day=None):
        """Return (first, last) local date of the period of ``day``, today if None."""
        self.ensure_one()
        return engine.period_days(
            self.period_type, day or self._today(), self.date_start, self.date_end
        )

    def _resets_at(self, day=None):
        """Return the moment (naive UTC) at which the period of ``day`` ends."""
        _first, last = self._period_days(day)
        instant = day_start(fields.Date.add(last, days=1), self._company()._ai_tz())
        return instant.replace(tzinfo=None)

    def _amount_on(self, day=None):
        """Return the budget of the period of ``day``, raise included, as Decimal."""
        amount = as_decimal(self.budget_amount)
        if self.raised_from and self.raised_from == self._period_days(day)[0]:
            amount += as_decimal(self.raised_amount)
        return amount

    def _usd_rate(self, day):
        """Return what 1 USD is in the budget's currency, as Decimal."""
        if self.currency_id == self.env.ref("base.USD"):
            return Decimal(1)
        currency_id, rate = self._company()._ai_usd_rate(day)
        if currency_id != self.currency_id.id:
            raise ValidationError(
                self.env._(
                    "The budget “%(name)s” is in %(currency)s, and there is no rate of USD. "
                    "%(owner)s can make it a budget in USD.",
                    name=self.name,
                    currency=self.currency_id.name,
                    owner=self.owner_id.name,
                )
            )
        return rate

    def _rate_to_read_by(self, day):
        """Return :meth:`_usd_rate`; where that rate was deleted, the last one that calls were
        counted at, so that pages and mails can still show what is there."""
        try:
            return self._usd_rate(day)
        except ValidationError:
            self.env.cr.execute(
                "SELECT usd_rate::text FROM ai_cost_budget_period WHERE budget_id = %s"
                " AND currency_id = %s ORDER BY date_from DESC LIMIT 1",
                (self._origin.id or 0, self.currency_id.id),
            )
            found = self.env.cr.fetchone()
            return Decimal(found[0]) if found else Decimal(0)

    def _lost_rate(self, day):
        """Return the sentence that the budget's currency has lost its rate; '' where it has one."""
        try:
            self._usd_rate(day)
        except ValidationError as error:
            return str(error)
        return ""

    def _rate_note(self):
        """Return what a page says of a rate that is missing; '' where none is."""
        return self._lost_rate(self._today()) or self._company()._ai_rate_note()

    def _scope(self, day, to_read=False):
        """Return the columns of a period row that say what counts, and in which currency.

        :raise ValidationError: the currency has lost its rate; not where it is ``to_read`` only
        """
        return {
            "scope_company": self.company_id.id or 0,
            "scope_user": self.user_id.id or 0,
            "scope_provider": self.provider_id.id or 0,
            "scope_task": self.task_type or "",
            "scope_agent": (self.agent_type or "").lower(),
            "scope_module": (self.module or "").lower(),
            "count_untagged": self.count_untagged,
            "currency_id": self.currency_id.id,
            "usd_rate": self._rate_to_read_by(day) if to_read else self._usd_rate(day),
        }

    def _period_row(self, day, to_read=False):
        """Return the columns of the period row for ``day``, counters left out; None outside."""
        first, last = self._period_days(day)
        if not first <= day <= last:
            return None
        amount = self._amount_on(day)
        switch = as_decimal(self.auto_switch_at_threshold)
        alerted = set(self._alerted(first))
        due = [m for m in engine.parse_thresholds(self.alert_thresholds) if m not in alerted]
        return {
            "budget_id": self.id,
            "date_from": first,
            "date_to": last,
            "stamp": self.stamp,
            "amount": amount,
            "limit_amount": engine.limit(amount, self.block_at_threshold),
            "per_request": as_decimal(self.per_request_limit) or None,
            "switch_amount": engine.limit(amount, switch),
            "alert_at": amount * due[0] / 100 if due else None,
            **self._scope(day, to_read),
        }

    @api.depends_context("company")
    def _compute_spend(self):
        self.flush_recordset()
        for budget in self:
            day = budget._today()
            first, last = budget._period_days(day) if budget.period_type else (False, False)
            spent, reserved = budget._spent_and_reserved(first, last)
            amount = budget._amount_on(day)
            limit = engine.limit(amount, budget.block_at_threshold)
            used = engine.used_percent(spent, amount)
            budget.period_start, budget.period_end = first, last
            budget.resets_at = budget._resets_at(day)
            budget.current_spend = float(spent)
            budget.reserved_amount = float(reserved)
            budget.current_amount = float(amount)
            budget.limit_amount = float(limit or 0)
            budget.percentage_used = float(used)
            budget.status = budget._status(spent, limit, used)

    def _status(self, spent, limit, used):
        if limit is not None and spent >= limit:
            return "block"
        if self.auto_switch_at_threshold and used >= self.auto_switch_at_threshold:
            return "switch"
        marks = engine.parse_thresholds(self.alert_thresholds)
        return "alert" if marks and used >= marks[0] else "ok"

    def _is_counted(self, first):
        """Has the period of that first day a row with the budget's current stamp? Calls then need
        no rate anew."""
        query = SQL(
            "SELECT FROM ai_cost_budget_period"
            " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
            self.id,
            first,
            self.stamp,
        )
        return bool(self.env.execute_query(query))

    def _spent_and_reserved(self, first, last, cr=None):
        """Return the two sums of a period as Decimals, from its row or straight from the ledger.

        :param cr: cursor that sees what is committed since the caller's transaction began
        """
        self.ensure_one()
        if not self.id or not first:
            return Decimal(0), Decimal(0)
        query = SQL(
            "SELECT spent::text, reserved::text FROM ai_cost_budget_period"
            " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
            self.id,
            first,
            self.stamp,
        )
        cr = cr or self.env.cr
        cr.execute(query)
        rows = cr.fetchall()
        if not rows:
            spent, reserved = budget_sql.sums(self._scope(first, to_read=True), first, last)
            cr.execute(SQL("SELECT %s::text, %s::text", spent, reserved))
            rows = cr.fetchall()
        return tuple(Decimal(value) for value in rows[0])
