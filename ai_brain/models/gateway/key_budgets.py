from decimal import Decimal

from odoo import api, fields, models

from ..report.list_totals import COMPANY, RATE_DAY

#: Fields of a key, in its currency and in USD -> the period of the budget that they stand for.
PERIODS = {
    ("day_amount", "day_usd"): "daily",
    ("month_amount", "month_usd"): "monthly",
    ("total_amount", "total_usd"): "total",
}

NARROWER = ("user_id", "provider_id", "task_type", "agent_type", "module", "each")


class AiGatewayKey(models.Model):
    """What a key may spend: budgets like any other, whose scope is the key."""

    _name = "ai.gateway.key"
    _inherit = ["ai.gateway.key", "ai.shown.figures"]
    _shown_sums = {"spent_listed": "spent_usd"}

    budget_ids = fields.One2many(
        "ai.cost.budget", "key_id", "Budgets", help="The budgets that count its calls alone."
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        inverse="_inverse_currency_id",
        help="The currency of its limits: its company's, or USD. A call counts at the rate of its "
        "day.",
    )
    currency_ids = fields.Many2many(
        "res.currency",
        string="Currencies",
        compute="_compute_currency_ids",
        help="The currencies that its limits may be in.",
    )
    day_amount = fields.Float(
        "A Day",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_day_amount",
        help="The most that its calls may cost in a day. 0: no such limit.",
    )
    month_amount = fields.Float(
        "A Month",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_month_amount",
        help="The most that its calls may cost in a month. 0: no such limit.",
    )
    total_amount = fields.Float(
        "In Total",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_total_amount",
        help="The most that its calls may ever cost. 0: no such limit.",
    )
    day_usd = fields.Float(
        "A Day (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_day_usd",
        help="The limit of a day in USD, for programs; one in another currency at today's rate.",
    )
    month_usd = fields.Float(
        "A Month (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_month_usd",
        help="The limit of a month in USD, for programs; one in another currency at today's rate.",
    )
    total_usd = fields.Float(
        "In Total (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_total_usd",
        help="The limit in total in USD, for programs; one in another currency at today's rate.",
    )
    spent_usd = fields.Float(
        "Spent (USD)", digits=0, compute="_compute_spent", help="What its calls cost so far."
    )
    spent_listed = fields.Float(
        "Spent (Company Currency)",
        digits=0,
        compute="_compute_spent",
        help="The same in the company's currency, at the rates of the days of the calls.",
    )

    @api.depends("company_id")
    def _compute_currency_ids(self):
        usd = self.env.ref("base.USD")
        for key in self:
            key.currency_ids = usd | key._own_money()[0]

    @api.depends("budget_ids.currency_id", "budget_ids.active", "company_id")
    def _compute_currency_id(self):
        for key in self:
            budgets = [key.sudo()._own_budgets(period) for period in PERIODS.values()]
            # one that is switched off says it, too, while another takes its place
            known = sorted(filter(None, budgets), key=lambda budget: not budget.active)
            key.currency_id = known[0].currency_id if known else key._own_money()[0]

    @api.depends(
        "budget_ids.budget_amount",
        "budget_ids.period_type",
        "budget_ids.active",
        "budget_ids.currency_id",
    )
    def _compute_budgets(self):
        usd = self.env.ref("base.USD")
        for key in self:
            for (own, in_usd), period in PERIODS.items():
                budget = key.sudo()._own_budgets(period).filtered("active")
                key[own] = key._converted(budget, key.currency_id)
                key[in_usd] = key._converted(budget, usd)

    def _own_money(self):
        """Return (currency, what 1 USD is in it today) of the key's company: as a budget is in."""
        company = (self.company_id or self.env.company).sudo()
        currency_id, rate = company._ai_usd_rate(company._ai_local_date())
        return self.env["res.currency"].browse(currency_id), rate

    def _converted(self, budget, currency):
        """Return the amount of a budget in a currency, at today's rate where it has another."""
        amount, (own, rate) = budget.budget_amount, self._own_money()
        if not budget or budget.currency_id == currency or not rate:
            return amount
        rate = rate if currency == own else 1 / rate
        return float(Decimal(repr(amount)) * rate)

    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_spent(self):
        rows = self.env["ai.token.usage"].sudo()
        groups = rows._read_group(
            [("gateway_key", "in", self.ids)],
            ["gateway_key"],
            ["cost_usd:sum", "cost_listed:sum"],
        )
        spent = {key: found for key, *found in groups}
        for key in self:
            key.spent_usd, key.spent_listed = spent.get(key._origin.id, (0.0, 0.0))

    def _own_budgets(self, period):
        """Return the key's budget for a kind of period, archived or not."""
        budgets = self.with_context(active_test=False).budget_ids
        of_period = budgets.filtered(lambda b: b.period_type == period)
        # one that is narrower, too, is another's to keep
        return of_period.filtered(lambda b: not any(b[name] for name in NARROWER))[:1]

    def _inverse_day_amount(self):
        self._keep_budgets("day_amount", "daily")

    def _inverse_month_amount(self):
        self._keep_budgets("month_amount", "monthly")

    def _inverse_total_amount(self):
        self._keep_budgets("total_amount", "total")

    def _inverse_day_usd(self):
        self._keep_budgets("day_usd", "daily", self.env.ref("base.USD"))

    def _inverse_month_usd(self):
        self._keep_budgets("month_usd", "monthly", self.env.ref("base.USD"))

    def _inverse_total_usd(self):
        self._keep_budgets("total_usd", "total", self.env.ref("base.USD"))

    def _inverse_currency_id(self):
        """Put its limits into another currency; the numbers stay, as on the form of a budget."""
        for key, currency in {key: key.currency_id for key in self}.items():
            for period in PERIODS.values():
                budget = key.sudo()._own_budgets(period).filtered("active")
                if budget and budget.currency_id != currency:
                    budget.currency_id = currency

    def _keep_budgets(self, name, period, currency=None):
        """Make, change or archive the budget that a field stands for.

        :param currency: of the amount; the key's where it is not given
        """
        wanted = {key: (key[name], currency or key.currency_id) for key in self}
        for key, (amount, of) in wanted.items():
            budget = key.sudo()._own_budgets(period)
            values = {"budget_amount": amount, "currency_id": of.id}
            if amount and budget:
                budget.write({**values, "active": True})
            elif amount:
                budget.create(
                    {
                        **values,
                        "name": self.env._("Endpoint key “%s”", key.name),
                        "key_id": key.id,
                        "company_id": key.company_id.id,
                        "owner_id": self.env.uid,
                        "period_type": period,
                    }
                )
            elif budget.active:
                budget.active = False

    def unlink(self):
        self.check_access("unlink")
        self.sudo().with_context(active_test=False).budget_ids.unlink()
        return super().unlink()
