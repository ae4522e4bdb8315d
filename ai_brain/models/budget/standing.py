from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...engine.base.clock import day_start
from ...engine.base.money import as_decimal
from ...engine.budget import limits as engine
from ...engine.budget.subject import of_user
from . import sql as budget_sql


class Standing(NamedTuple):
    """How the current period of a budget stands, for one subject; Decimals of its currency."""

    subject: str = ""
    spent: Decimal = Decimal(0)
    reserved: Decimal = Decimal(0)


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

    def _days_or_none(self):
        """Return what :meth:`_period_days` does; a budget still being typed may have none."""
        try:
            return self._period_days()
        except engine.BudgetValueError:
            return None, None

    def _resets_at(self, day=None):
        """Return the moment (naive UTC) at which the period of ``day`` ends; None: never."""
        if self.period_type == "total":
            return None
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

    def _scope(self, day, subject="", to_read=False):
        """Return the columns of a period row that say what counts, and in which currency.

        :raise ValidationError: the currency has lost its rate; not where it is ``to_read`` only
        """
        return {
            "subject": subject,
            "scope_company": self.company_id.id or 0,
            "scope_user": self.user_id.id or 0,
            "scope_provider": self.provider_id.id or 0,
            "scope_task": self.task_type or "",
            "scope_agent": (self.agent_type or "").lower(),
            "scope_module": (self.module or "").lower(),
            "scope_key": self.key_id.id or 0,
            "count_untagged": self.count_untagged,
            "currency_id": self.currency_id.id,
            "usd_rate": self._rate_to_read_by(day) if to_read else self._usd_rate(day),
        }

    def _period_row(self, day, subject="", to_read=False):
        """Return the columns of the period row for ``day`` but its counters; None outside."""
        first, last = self._period_days(day)
        if not first <= day <= last:
            return None
        amount = self._amount_on(day)
        switch = as_decimal(self.auto_switch_at_threshold)
        return {
            "budget_id": self.id,
            "date_from": first,
            "date_to": last,
            "stamp": self.stamp,
            "amount": amount,
            "limit_amount": engine.limit(amount, self.block_at_threshold),
            "per_request": as_decimal(self.per_request_limit) or None,
            "switch_amount": engine.limit(amount, switch),
            **self._scope(day, subject, to_read),
        }

    def _marks(self):
        return list(engine.parse_thresholds(self.alert_thresholds))

    # ------------------------------------------------------------------
    # How it stands
    # ------------------------------------------------------------------

    @api.depends_context("company", "uid", "ai_own_budget")
    def _compute_spend(self):
        standings = self._standings()
        for budget in self:
            first, last = budget._days_or_none()
            standing = standings.get(budget.id, Standing())
            amount = budget._amount_on() if first else Decimal(0)
            limit = engine.limit(amount, budget.block_at_threshold)
            total = budget.period_type == "total"
            budget.period_start, budget.period_end = (None, None) if total else (first, last)
            budget.resets_at = budget._resets_at() if first else None
            budget.subject = standing.subject
            budget.subject_name = budget._subject_names([standing.subject])[standing.subject]
            budget.current_spend = float(standing.spent)
            budget.reserved_amount = float(standing.reserved)
            budget.current_amount = float(amount)
            budget.limit_amount = float(limit or 0)
            budget.percentage_used = float(budget._used_percent(standing.spent, amount))
            budget.status = budget._status_at(standing.spent) if first else "ok"

    def _limits_sum(self):
        """Does it limit, alert or switch by what is spent in all? Else by single requests only."""
        return bool(self.budget_amount or self.block_at_threshold)

    def _used_percent(self, spent, amount):
        """Return what is spent in percent of the budget, as Decimal."""
        return engine.used_percent(spent, amount) if self._limits_sum() else Decimal(0)

    def _status_at(self, spent):
        amount = self._amount_on()
        limit, used = (
            engine.limit(amount, self.block_at_threshold),
            self._used_percent(spent, amount),
        )
        if limit is not None and spent >= limit:
            return "block"
        if self.auto_switch_at_threshold and used >= self.auto_switch_at_threshold:
            return "switch"
        marks = self._marks()
        return "alert" if marks and used >= marks[0] else "ok"

    def _reads_own_part(self):
        """Is the reader shown his own part of this budget, and not who has used most?"""
        if self.each != "user":
            return False
        if self.env.context.get("ai_own_budget"):
            return True
        return not (self.env.su or self.env.user.has_group("ai_brain.group_ai_manager"))

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

    def _subject_wanted(self, subject=None):
        """Return whose figures to show, None: of who has used most."""
        if not self.each:
            return ""
        if subject is None and self._reads_own_part():
            return of_user(self.env.uid)
        return subject

    def _standing(self, subject=None, cr=None):
        """Return how this budget stands: see :meth:`_standings`."""
        self.ensure_one()
        return self._standings(subject, cr).get(self.id, Standing())

    def _standings(self, subject=None, cr=None):
        """Return ``{id: Standing}`` of the current periods; two statements, however many there are.

        From the period rows; straight from the ledger where there is none that is up to date.

        :param subject: of budgets for each: whose; None: the reader's own part if he is shown that,
            else of who has used most
        :param cr: cursor that sees what is committed since the caller's transaction began
        """
        self.flush_recordset()
        cr = cr or self.env.cr
        wanted = {}
        for budget in self:
            first, last = budget._days_or_none()
            if budget.id and first:
                wanted[budget.id] = (first, last, budget.stamp, budget._subject_wanted(subject))
        if not wanted:
            return {}
        cr.execute(
            """
            SELECT DISTINCT ON (w.id) w.id, p.subject, p.spent::text, p.reserved::text
              FROM unnest(%s, %s::date[], %s, %s::text[]) w(id, first, stamp, subject)
              JOIN ai_cost_budget_period p
                ON p.budget_id = w.id AND p.date_from = w.first AND p.stamp = w.stamp
               AND p.subject = COALESCE(w.subject, p.subject)
             ORDER BY w.id, p.spent DESC, p.id
            """,
            (
                list(wanted),
                [first for first, *_ in wanted.values()],
                [stamp for *_, stamp, _subject in wanted.values()],
                [whose for *_, whose in wanted.values()],
            ),
        )
        rows = cr.fetchall()
        counted = {row[0] for row in rows}
        uncounted = [
            budget._count_query(*wanted[budget.id])
            for budget in self
            if budget.id in wanted and budget.id not in counted
        ]
        if uncounted:
            cr.execute(SQL(" UNION ALL ").join(uncounted))
            rows += cr.fetchall()
        return {
            budget_id: Standing(whose, Decimal(spent), Decimal(reserved))
            for budget_id, whose, spent, reserved in rows
        }

    def _count_query(self, first, last, _stamp, subject):
        """Return the query that counts this budget from the ledger."""
        scope = self._scope(first, subject, to_read=True)
        if subject is not None:
            spent, reserved = budget_sql.sums(scope, first, last)
            return SQL("SELECT %s, %s::text, %s::text, %s::text", self.id, subject, spent, reserved)
        # the empty one, where nobody has spent anything, comes last
        return SQL(
            "(SELECT %s, s.subject, s.spent::text, s.reserved::text"
            " FROM (%s UNION ALL SELECT '', 0, 0) s ORDER BY s.spent DESC, s.subject = '',"
            " s.subject LIMIT 1)",
            self.id,
            budget_sql.sums_of_each(scope, self.each, first, last),
        )

    def _subject_names(self, subjects):
        """Return ``{subject: name}`` as the reader may see them; '' for ''."""
        return self.env["ai.cost.budget.period"]._subject_names(subjects)

    def _label(self, subject=""):
        """Return the budget's name, with whom a part of it is for."""
        if not subject:
            return self.name
        return self.env._(
            "%(budget)s: %(subject)s",
            budget=self.name,
            subject=self._subject_names([subject])[subject],
        )
