from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import ValidationError

from ...engine.base.money import AmountError, as_decimal
from .ai_cost_budget import MOST_AMOUNT


class Offer(NamedTuple):
    """A budget that a company is offered. ``setting``: the company's field with its amount."""

    setting: str
    each: str | None
    period_type: str
    ticked: bool = True


OFFERS = {
    "person_day": Offer("ai_user_daily_usd", "user", "daily"),
    "person_month": Offer("ai_user_monthly_usd", "user", "monthly"),
    # limits single requests and no sum, so it has no period after which it would reset
    "request": Offer("ai_user_request_usd", None, "total"),
    "agent_day": Offer("ai_agent_daily_usd", "agent", "daily"),
    "person_total": Offer("ai_user_total_usd", "user", "total", ticked=False),
}


class AiCostBudget(models.Model):
    """Budgets that a company is offered and switches on together."""

    _inherit = "ai.cost.budget"

    @api.model
    def get_offered_budgets(self):
        """Return the budgets that the current company is offered, in order.

        :return: dicts with ``code``, ``name``, ``amount_usd``, ``resets`` (daily, monthly or ''
            for never), ``ticked`` (is it to be ticked at first?) and ``budget_id``, False where
            there is none yet; else the amount is that of the budget, which is switched on, at
            today's rate where it is in another currency
        :raise AccessError: for who may not make budgets
        """
        self.browse().check_access("create")
        names = self._offered_names()
        lines = []
        for code, offer in OFFERS.items():
            budget = self._offered(code)
            own = budget.per_request_limit if code == "request" else budget.budget_amount
            rate = budget and budget._rate_to_read_by(budget._today())
            own = float(as_decimal(own) / rate) if rate else own
            lines.append(
                {
                    "code": code,
                    "name": names[code],
                    "amount_usd": own if budget else self.env.company.sudo()[offer.setting],
                    "resets": "" if offer.period_type == "total" else offer.period_type,
                    "ticked": offer.ticked,
                    "budget_id": budget.id,
                }
            )
        return lines

    @api.model
    def switch_on_offered(self, amounts):
        """Make those of the offered budgets that are named; who is on already stays as it is.

        :param dict amounts: code to USD: see :meth:`get_offered_budgets`
        :return: the budgets made or changed
        :raise AccessError: for who may not make budgets
        :raise ValidationError: an unknown code, an amount that is none
        """
        self.browse().check_access("create")
        made = self.browse()
        for code, amount in amounts.items() if isinstance(amounts, dict) else ():
            if code not in OFFERS:
                raise ValidationError(self.env._("No budget “%s” is offered.", code))
            try:
                amount = float(as_decimal(amount))
            except (AmountError, OverflowError):
                amount = 0.0
            if not 0 < amount <= MOST_AMOUNT:
                raise ValidationError(
                    self.env._("Enter an amount above 0 for “%s”.", self._offered_names()[code])
                )
            if not self._offered(code):
                made |= self._switch_on(code, amount)
        return made

    @api.model
    def _offered_names(self):
        return {
            "person_day": self.env._("Each person, per day"),
            "person_month": self.env._("Each person, per month"),
            "request": self.env._("Single request"),
            "agent_day": self.env._("Each agent, per day"),
            "person_total": self.env._("Each person, in total"),
        }

    @api.model
    def _offered(self, code):
        """Return the active budget that does what is offered, or none."""
        offer = OFFERS[code]
        found = self.search([*self._undivided(), ("each", "=", offer.each or False)])
        if code == "request":
            return found.filtered("per_request_limit")[:1]
        return found.filtered(lambda budget: budget.period_type == offer.period_type)[:1]

    @api.model
    def _undivided(self):
        """Return the domain of the company's budgets for everybody's calls."""
        nothing = ("user_id", "provider_id", "key_id", "task_type", "agent_type", "module")
        return [("company_id", "=", self.env.company.id), *((n, "=", False) for n in nothing)]

    @api.model
    def _switch_on(self, code, amount):
        offer = OFFERS[code]
        if code == "request":
            # a budget in total may be there already: one scope has one budget
            same = [*self._undivided(), ("each", "=", False), ("period_type", "=", "total")]
            budget = self.search(same, limit=1)
            if budget:
                budget.per_request_limit = amount
                return budget
        limits = {"budget_amount": amount}
        if code == "request":
            limits = {
                "budget_amount": 0,
                "per_request_limit": amount,
                "block_at_threshold": 0,
                "alert_thresholds": [],
            }
        return self.create(
            {
                "name": self._offered_names()[code],
                "company_id": self.env.company.id,
                "each": offer.each,
                "period_type": offer.period_type,
                "currency_id": self.env.ref("base.USD").id,
                **limits,
            }
        )
