from odoo import api, fields, models

#: Field of a key -> the period of the budget that it stands for.
PERIODS = {"day_usd": "daily", "month_usd": "monthly", "total_usd": "total"}

NARROWER = ("user_id", "provider_id", "task_type", "agent_type", "module", "each")


class AiGatewayKey(models.Model):
    """What a key may spend: budgets like any other, whose scope is the key."""

    _inherit = "ai.gateway.key"

    budget_ids = fields.One2many(
        "ai.cost.budget", "key_id", "Budgets", help="The budgets that count its calls alone."
    )
    day_usd = fields.Float(
        "A Day (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_day_usd",
        help="The most that its calls may cost in a day. 0: no such limit.",
    )
    month_usd = fields.Float(
        "A Month (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_month_usd",
        help="The most that its calls may cost in a month. 0: no such limit.",
    )
    total_usd = fields.Float(
        "In Total (USD)",
        digits=0,
        compute="_compute_budgets",
        inverse="_inverse_total_usd",
        help="The most that its calls may ever cost. 0: no such limit.",
    )
    spent_usd = fields.Float(
        "Spent (USD)", digits=0, compute="_compute_spent_usd", help="What its calls cost so far."
    )

    @api.depends("budget_ids.budget_amount", "budget_ids.period_type", "budget_ids.active")
    def _compute_budgets(self):
        for key in self:
            for name, period in PERIODS.items():
                budget = key.sudo()._own_budgets(period).filtered("active")
                key[name] = budget.budget_amount

    def _compute_spent_usd(self):
        rows = self.env["ai.token.usage"].sudo()
        groups = rows._read_group(
            [("gateway_key", "in", self.ids)], ["gateway_key"], ["cost_usd:sum"]
        )
        spent = dict(groups)
        for key in self:
            key.spent_usd = spent.get(key._origin.id, 0.0)

    def _own_budgets(self, period):
        """Return the key's budget for a kind of period, archived or not."""
        budgets = self.with_context(active_test=False).budget_ids
        of_period = budgets.filtered(lambda b: b.period_type == period)
        # one that is narrower, too, is another's to keep
        return of_period.filtered(lambda b: not any(b[name] for name in NARROWER))[:1]

    def _inverse_day_usd(self):
        self._keep_budgets("day_usd")

    def _inverse_month_usd(self):
        self._keep_budgets("month_usd")

    def _inverse_total_usd(self):
        self._keep_budgets("total_usd")

    def _keep_budgets(self, name):
        """Make, change or archive the budget that a field stands for."""
        period = PERIODS[name]
        amounts = {key: key[name] for key in self}
        for key, amount in amounts.items():
            budget = key.sudo()._own_budgets(period)
            if amount and budget:
                budget.write({"budget_amount": amount, "active": True})
            elif amount:
                budget.create(
                    {
                        "name": self.env._("Endpoint key “%s”", key.name),
                        "key_id": key.id,
                        "company_id": key.company_id.id,
                        "owner_id": self.env.uid,
                        "currency_id": self.env.ref("base.USD").id,
                        "period_type": period,
                        "budget_amount": amount,
                    }
                )
            elif budget.active:
                budget.active = False

    def unlink(self):
        self.check_access("unlink")
        self.sudo().with_context(active_test=False).budget_ids.unlink()
        return super().unlink()
