import logging

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...engine.base.line import one_line
from ...engine.chat.ledger_tools import ToolError, read_call
from ..base.transactions import Apart
from ..report.list_totals import RATE_DAY

_logger = logging.getLogger(__name__)

MOST_LINES = 12
#: Who waits for an answer waits no longer for one statement.
LONGEST_MS = 15_000
MOST_LABEL = 80
_NO_REFERENCE = str.maketrans("[]", "()")
#: Period of a tool -> period of ``get_cost_breakdown``.
UNITS = {
    "today": "day",
    "this_week": "week",
    "this_month": "month",
    "last_month": "month",
    "this_quarter": "quarter",
    "this_year": "year",
}
#: Dimension of a tool -> key of ``get_cost_breakdown``.
GROUPS = {
    "user": "by_user",
    "agent": "by_agent",
    "addon": "by_module",
    "context": "by_context",
    "provider": "by_provider",
    "model": "by_model",
    "kind": "by_kind",
    "task": "by_task",
    "key": "by_key",
    "record": "by_lead",
}
#: The one that is looked up from the records: ``get_customer_breakdown``.
CUSTOMER = "customer"


class AiLedgerTools(models.AbstractModel):
    """What a model may look up for a person: as that person, and in a transaction that refuses to
    write, so that no text of a record can make it change anything."""

    _name = "ai.ledger.tools"
    _description = "AI Costs for a Model to Look Up"

    @api.model
    def _look_up(self, name, arguments, looked, company_id):
        """Return the text of a tool's result for the model.

        :param looked: ``engine.chat.ledger_tools.Looked`` of the question
        :param company_id: the company of the conversation: of no other one is told
        """
        try:
            values = read_call(name, arguments)
        except ToolError as error:
            return looked.take(str(error))
        try:
            # on a cursor of its own: the caller's may be closed while he waits for vendors
            with Apart(self.env).reading() as env, env.cr.savepoint() as before:
                env.cr.execute(
                    SQL("SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = %s", LONGEST_MS)
                )
                mine = env(su=False)["ai.ledger.tools"].with_context(
                    allowed_company_ids=[company_id]
                )
                text = getattr(mine, f"_{name}")(looked, **values)
                before.rollback()  # the time limit ends, where the transaction goes on
        except AccessError:
            text = "The person who asks may not see this."
        except UserError as error:
            text = one_line(error)
        except Exception:
            _logger.exception("Ask AI: %s failed", name)
            text = "This could not be looked up."
        return looked.take(text)

    # ------------------------------------------------------------------
    # The tools
    # ------------------------------------------------------------------

    @api.model
    def _ledger_costs(self, looked, period, group_by):
        analytics = self.env["ai.token.analytics"]
        asked = self._period_of(period)
        found = analytics.get_cost_breakdown(**asked)
        span, before = found["period"], found["previous"]
        days = self._days_of(span)
        money = self._amounts(span["date_to"])
        total = found["total"]
        change = total["change_company_pct"]
        cost = money(total["cost_company"])
        ref = looked.cite(self.env._("All calls"), found["total_cost"], days, amount=cost)
        usd = self.env["res.currency"]._ai_usd_text(found["total_cost_exact"])
        lines = [
            f"AI costs from {span['date_from']} to {span['date_to']}, compared with "
            f"{before['date_from']} to {before['date_to']}.",
            f"All: {cost}{f' (in USD: {usd})' if money.is_own else ''}, {found['calls']} calls"
            + (f", change {change:+.1f} %" if change is not None else "")
            + f" [{ref}]",
        ]
        if group_by == CUSTOMER:
            rows = analytics.get_customer_breakdown(**asked)["rows"]
        else:
            rows = [*found[GROUPS[group_by]].values()] if group_by != "none" else []
        if group_by == "key" and not rows:
            lines.append("No call came with a key of the endpoint.")
        for row in rows[:MOST_LINES]:
            label = _name(row["label"])
            cost = money(row["cost_company"])
            ref = looked.cite(label, row["cost_usd"], [*days, *row["domain"]], amount=cost)
            lines.append(
                f"- {label}: {cost}, {row['calls']} calls, before "
                f"{money(row['previous_company'])} [{ref}]"
            )
        if len(rows) > MOST_LINES:
            lines.append(f"({len(rows) - MOST_LINES} smaller ones are left out)")
        return "\n".join(lines)

    @api.model
    def _ledger_budgets(self, looked, period):
        today = self.env.company._ai_local_date()
        first = today.replace(day=1)
        if period == "last_month":
            last = fields.Date.subtract(first, days=1)
            days = [("date_to", ">=", last.replace(day=1)), ("date_to", "<=", last)]
        else:
            days = [("date_from", "<=", today), ("date_to", ">=", today)]
        # the dearest of many, not the latest
        rows = self.env["ai.cost.budget.period"].search(
            [*days, ("budget_id.company_id", "in", [False, self.env.company.id])],
            order="spent desc, id desc",
            limit=200,
        )
        rows = rows.filtered("amount").sorted("percentage_used", reverse=True)[:MOST_LINES]
        if not rows:
            return "No budget of that time that this person may see."
        lines = ["Budgets, the most used first; above 100 % a budget is exceeded."]
        for row in rows:
            whose = row.budget_id._subject_names([row.subject])[row.subject] if row.subject else ""
            label = _name(" · ".join(filter(None, (row.budget_id.name, whose))))
            ref = looked.cite(label, record=("ai.cost.budget", row.budget_id.id))
            money = row.currency_id._ai_text
            state = "exceeded" if row.spent > row.amount else "within"
            lines.append(
                f"- {label}, {row.date_from} to {row.date_to}: spent {money(row.spent)} of "
                f"{money(row.amount)} ({row.percentage_used:.1f} %, {state}) [{ref}]"
            )
        return "\n".join(lines)

    @api.model
    def _ledger_savings(self, looked):
        found = self.env["ai.token.analytics"].get_first_actions()
        items = [item for item in found["items"] if not item["applied"]]
        if not items:
            return "Nothing that would save money is known."
        money = self._amounts(found["date_to"])
        lines = [
            f"What would save money, of the calls from {found['date_from']} to "
            f"{found['date_to']}; together about {money(found['together_company'])} a month."
        ]
        days = self._days_of(found)
        for item in items[:MOST_LINES]:
            label = _name(item["title"])
            domain = [*days, *item["domain"]] if item["domain"] else None
            saving = money(item["saving_company"]) if item["saving_usd"] else None
            ref = looked.cite(label, item["saving_usd"], domain, amount=saving)
            lines.append(
                f"- {label}: saves {saving or 'unknown'}. {one_line(item['text'], 300)} [{ref}]"
            )
        return "\n".join(lines)

    @api.model
    def _ledger_calls(self, looked, period, order):
        span = self.env["ai.token.analytics"]._period(self.env.company, **self._period_of(period))
        usages = self.env["ai.token.usage"].with_context(**{RATE_DAY: str(span.last)})
        money = self._amounts(span.last)
        rows = usages.search(
            [
                ("company_id", "=", self.env.company.id),
                ("local_date", ">=", span.first),
                ("local_date", "<=", span.last),
                ("call_count", "=", 1),
            ],
            order="cost_usd desc, id desc" if order == "dearest" else "id desc",
            limit=MOST_LINES,
        )
        addons = self.env["ir.module.module"]._ai_names()
        lines = [f"Calls from {span.first} to {span.last}, the {order} first."]
        for row in rows:
            who = _name(row.user_id.name or "deleted user")
            label = self.env._("Call of %s", who)
            cost = money(row.cost_listed)
            ref = looked.cite(label, row.cost_usd, [["id", "=", row.id]], amount=cost)
            addon = addons.get(row.module) or row.module
            what = _name(row.agent_type or addon or "not stated")
            model = _name(row.model_name or "?")
            lines.append(
                f"- {row.local_date}, {who}, {what}, {model}: "
                f"{cost}, {row.input_tokens} tokens in, {row.output_tokens} "
                f"out [{ref}]"
            )
        return "\n".join(lines) if rows else "No calls in that time."

    @api.model
    def _amounts(self, day):
        """Return what writes amounts in the company's currency, which is USD where ``day`` has no
        rate; ``is_own``: it is another one than USD."""
        company = self.env.company.sudo()
        currency = self.env["ai.token.analytics"]._money(company, fields.Date.to_date(day)).currency

        def money(amount):
            return currency._ai_text(amount)

        money.is_own = currency.name != "USD"
        return money

    @api.model
    def _days_of(self, span):
        """Return the domain of the ledger rows of this company between two days."""
        return [
            ["company_id", "=", self.env.company.id],
            ["local_date", ">=", span["date_from"]],
            ["local_date", "<=", span["date_to"]],
        ]

    @api.model
    def _period_of(self, period):
        """Return the arguments of ``get_cost_breakdown`` for a tool's period."""
        found = {"period_type": UNITS[period]}
        if period == "last_month":
            first = self.env.company._ai_local_date().replace(day=1)
            found["date_from"] = fields.Date.subtract(first, days=1)
        return found


def _name(text):
    """A name of a stranger as one short line, in which no reference can stand."""
    return one_line(text, MOST_LABEL).translate(_NO_REFERENCE)
