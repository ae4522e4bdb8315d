from decimal import Decimal
from typing import NamedTuple

from odoo import api, models

from ...engine.base.money import as_decimal
from ...engine.budget.subject import of_user, parse
from ...engine.report.period import unit_of

BUDGET_STATES = {"ok": "ok", "alert": "warn", "switch": "warn", "block": "over"}
#: Lines of the panel: those that are used most, out of so many that are looked at.
MOST_BUDGETS, MOST_LOOKED_AT = 50, 2000
#: The period of a budget for a unit of the calendar; other days are a budget of dates.
PERIOD_TYPES = {"day": "daily", "week": "weekly", "month": "monthly"}
#: What a budget may be of, as filters of the figures are called too.
SCOPE = ("user_id", "provider_id", "agent_type", "module", "task_type")
#: Breakdowns whose lines may have a budget, and by which field.
LEFT_OF = {
    "by_user": "user_id",
    "by_agent": "agent_type",
    "by_provider": "provider_id",
    "by_module": "module",
}


class Stand(NamedTuple):
    """How a budget stood in a period: Decimals of its currency."""

    amount: Decimal
    spent: Decimal
    state: str


class AiTokenAnalytics(models.Model):
    """The budgets on the dashboard: the one of just these calls, and all that there are."""

    _inherit = "ai.token.analytics"

    @api.model
    def _budgets(self, reader, company, period):
        """Return the budget of just these calls in just this period, with all that the user may
        see under ``budgets``, most used first.

        Without such a one ``id`` is False; ``prefill`` then holds the default values (as keys of a
        context) of the budget that would be it, None where there can be none.
        """
        domain = [("company_id", "in", [False, company.id])]
        if reader.filters.get("user_id"):
            domain.append(("user_id", "in", [False, reader.filters["user_id"]]))
        found = self.env["ai.cost.budget"].search(domain, limit=MOST_LOOKED_AT)
        found = found.filtered(lambda budget: budget._limits_sum())
        most = found.sorted(lambda b: (-b.percentage_used, b.name or "", b.id))[:MOST_BUDGETS]
        scope = self._budget_scope(reader, company)
        return {
            **self._budget_of(scope, company, period),
            "budgets": [self._budget_line(budget) for budget in most],
        }

    @api.model
    @api.readonly
    def get_budget_of_month(self):
        """Return the budget of all calls of this month that the dashboard holds them against.

        :return: dict with ``id`` and ``name`` (False: there is none), ``pct`` (0 to any), ``state``
            (ok, warn, over), ``limit`` and ``spent`` (floats of its currency), ``currency_id``,
            ``limit_usd`` and ``spent_usd``, and ``prefill`` as of :meth:`_budgets`
        :raise AccessError: no access to AI usage
        """
        reader = self._reader({})
        company = self._company_of(reader)
        scope = self._budget_scope(reader, company)
        return self._budget_of(scope, company, self._period(company, "month"))

    # ------------------------------------------------------------------
    # The budget of a selection
    # ------------------------------------------------------------------

    @api.model
    def _budget_scope(self, reader, company):
        """Return what calls the figures are of, as fields of a budget with False for any; None
        where no budget can be of just these."""
        filters = reader.filters
        if any(name not in SCOPE or not value for name, value in filters.items()):
            return None
        scope = {name: filters.get(name, False) for name in SCOPE}
        if self._access_level() == "user":
            if scope["user_id"] not in (False, self.env.uid):
                return None
            scope["user_id"] = self.env.uid
        shown = self.env.companies.ids if reader.company_ids is None else reader.company_ids
        return {**scope, "company_id": company.id if len(shown) == 1 else False}

    @api.model
    def _budget_of(self, scope, company, period):
        """Return the budget of a scope in a period as the spend card shows it."""
        nothing = {"id": False, "name": False, "limit_usd": None, "spent_usd": None}
        nothing |= {"pct": None, "state": None, "prefill": None}
        if scope is None:
            return nothing
        for budget in self._budgets_of(scope, period):
            subject = of_user(scope["user_id"]) if budget.each else ""
            stand = self._stand_of(budget, subject, period)
            if stand is None:
                continue
            rate = self._usd_rate_of(budget)
            usd = {
                "limit_usd": float(stand.amount) / rate if rate else None,
                "spent_usd": float(stand.spent) / rate if rate else None,
            }
            return {
                **nothing,
                **usd,
                "id": budget.id,
                "name": budget.name,
                "limit": float(stand.amount),
                "spent": float(stand.spent),
                "currency_id": budget.currency_id.id,
                "pct": float(budget._used_percent(stand.spent, stand.amount)),
                "state": stand.state,
            }
        over = period.last < company._ai_local_date()
        return {**nothing, "prefill": None if over else self._budget_prefill(scope, period)}

    @api.model
    def _budgets_within(self, scope, period):
        """Return the budgets of this company and this length, whatever else they are of."""
        domain = [("key_id", "=", False)]
        companies = {scope["company_id"]}
        if self.env["res.company"].sudo().search_count([], limit=2) == 1:
            companies = {False, *self.env.companies.ids}  # of the only one, or of all: the same
        domain.append(("company_id", "in", list(companies)))
        days, length = (period.first, period.last), self._budget_length(period)

        def fits(budget):
            if budget.period_type == "custom":
                if (budget.date_start, budget.date_end) != days:
                    return False
            elif budget.period_type != length:
                return False
            return budget._limits_sum()

        return self.env["ai.cost.budget"].search(domain, limit=MOST_LOOKED_AT).filtered(fits)

    @api.model
    def _budgets_of(self, scope, period):
        """Return the budgets of just this scope and this length, a person's own before their part
        of one for each."""

        def fits(budget):
            same = all(
                self._budget_key(budget[name]) == self._budget_key(scope[name])
                for name in SCOPE
                if name != "user_id"
            )
            whose = budget.user_id.id == scope["user_id"] and not budget.each
            part = scope["user_id"] and budget.each == "user" and not budget.user_id
            return same and (whose or part)

        found = self._budgets_within(scope, period).filtered(fits)
        return found.sorted(lambda budget: bool(budget.each))

    @api.model
    def _budget_length(self, period):
        unit = period.type if period.type != "custom" else unit_of(period.first, period.last)
        if period.first == period.last:
            unit = "day"
        return PERIOD_TYPES.get(unit, "custom")

    @api.model
    def _stand_of(self, budget, subject, period):
        """Return the ``Stand`` of a budget in a period, None where it held nothing then."""
        today = budget._today()
        if period.first <= today <= period.last:
            spent = budget._standing(subject).spent
            return Stand(budget._amount_on(), spent, BUDGET_STATES[budget._status_at(spent)])
        budget.flush_recordset()
        self.env.cr.execute(
            """
            SELECT amount::text, spent::text, spent >= limit_amount FROM ai_cost_budget_period
             WHERE budget_id = %s AND date_from = %s AND date_to = %s AND subject = %s
            """,
            (budget.id, period.first, period.last, subject),
        )
        row = self.env.cr.fetchone()
        if not row:
            return None
        amount, spent = (as_decimal(text) for text in row[:2])
        return Stand(amount, spent, "over" if row[2] else "ok")

    @api.model
    def _budget_prefill(self, scope, period):
        length = self._budget_length(period)
        values = {**scope, "period_type": length}
        if length == "custom":
            values |= {"date_start": str(period.first), "date_end": str(period.last)}
        return {f"default_{name}": value for name, value in values.items() if value} | {
            "default_company_id": scope["company_id"]
        }

    @api.model
    def _usd_rate_of(self, budget):
        """What 1 USD is in the budget's currency, None where that is not known."""
        if budget.currency_id == self.env.ref("base.USD"):
            return 1.0
        currency_id, rate = budget._company()._ai_usd_rate(budget._today())
        return float(rate) if currency_id == budget.currency_id.id else None

    # ------------------------------------------------------------------
    # What is left of the budgets of a breakdown's lines
    # ------------------------------------------------------------------

    @api.model
    def _add_budgets_left(self, reader, company, period, breakdowns):
        """Add to the lines that have a budget of this period of their own ``budget_left`` (text in
        the budget's currency), ``budget_name`` and ``budget_over``."""
        scope = self._budget_scope(reader, company)
        today = company._ai_local_date()
        if scope is None or not period.first <= today <= period.last:
            return
        budgets = self._budgets_within(scope, period)
        standings = budgets._standings()
        for name, field in LEFT_OF.items():
            if scope[field] and field != "user_id":
                continue
            others = [other for other in SCOPE if other != field]
            lines = {self._budget_key(row["key"]): row for row in breakdowns[name] if row["key"]}
            for budget in budgets:
                if any(self._budget_key(budget[o]) != self._budget_key(scope[o]) for o in others):
                    continue
                row = lines.get(self._budget_key(budget[field]))
                if row and not budget.each and budget.id in standings:
                    self._add_left(row, budget, standings[budget.id].spent)
            if field == "user_id":
                for budget in budgets.filtered(lambda b: b.each == "user" and not b.user_id):
                    if any(budget[other] for other in others):
                        continue
                    for user_id, spent in self._parts_of(budget).items():
                        if user_id in lines and "budget_left" not in lines[user_id]:
                            self._add_left(lines[user_id], budget, spent)

    @api.model
    def _budget_key(self, value):
        value = getattr(value, "id", value)
        return value.lower() if isinstance(value, str) else value or False

    @api.model
    def _add_left(self, row, budget, spent):
        left = budget._amount_on() - spent
        row["budget_left"] = budget.currency_id._ai_text(round(left, 2))
        row["budget_name"] = budget.name
        row["budget_over"] = left < 0

    @api.model
    def _parts_of(self, budget):
        """Return ``{user id: spent}`` of a budget for each person in its current period."""
        budget.flush_recordset()
        self.env.cr.execute(
            "SELECT subject, spent::text FROM ai_cost_budget_period"
            " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
            (budget.id, budget._period_days()[0], budget.stamp),
        )
        found = {parse(subject): as_decimal(spent) for subject, spent in self.env.cr.fetchall()}
        return {one.value: spent for one, spent in found.items() if one and one.kind == "user"}

    # ------------------------------------------------------------------
    # All of them
    # ------------------------------------------------------------------

    @api.model
    def _budget_line(self, budget):
        tag = budget.agent_type
        agent, opens = self._opening("agent", [tag])[tag] if tag else ("", None)
        scope = [
            budget.subject_name,
            budget.user_id.display_name,
            agent,
            budget.module,
            budget.provider_id.display_name,
            budget.key_id.display_name,
            dict(budget._fields["task_type"]._description_selection(self.env)).get(
                budget.task_type
            ),
        ]
        selection = dict(budget._fields["period_type"]._description_selection(self.env))
        dated = budget.period_type == "custom"
        return {
            "id": budget.id,
            "name": budget.name,
            "scope_label": ", ".join(filter(None, scope))
            or budget.company_id.display_name
            or self.env._("All companies"),
            "opens": opens,
            "period_label": selection[budget.period_type],
            "limit": budget.current_amount,
            "spent": budget.current_spend,
            "reserved": budget.reserved_amount,
            "pct": budget.percentage_used,
            "state": BUDGET_STATES.get(budget.status, "ok"),
            # of the whole ledger it is told on the budget's own form
            "why_over": "" if budget.period_type == "total" else budget._why_over(),
            "currency_id": budget.currency_id.id,
            "ends_on": str(budget.date_end) if dated and budget.date_end else None,
            "resets_at": budget.resets_at.isoformat() + "Z"
            if budget.resets_at and not dated
            else None,
        }
