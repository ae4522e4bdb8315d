from odoo import api, models

GAUGE_STATES = {"ok": "ok", "alert": "warn", "switch": "warn", "block": "over"}


class AiCostBudget(models.Model):
    _inherit = "ai.cost.budget"

    @api.model
    @api.readonly
    def get_gauge(self):
        """Return the budget that the gauge in the menu bar shows, or False without one.

        The user's own budget that is used up most, or their part of one for each person; without
        one of their own, of those that they may see.

        :return: dict with ``id``, ``name``, ``pct`` (0 to any), ``state`` (ok, warn, over) and
            ``text`` (spent of budget, in the budget's currency)
        """
        budgets = self.with_context(ai_own_budget=True).search(
            [("company_id", "in", [False, self.env.company.id]), ("key_id", "=", False)]
        )
        budgets = budgets.filtered("limits_sum")
        own = budgets.filtered(lambda b: b.user_id == self.env.user or b.each == "user")
        tightest = (own or budgets).sorted("percentage_used", reverse=True)[:1]
        if not tightest:
            return False
        return {
            "id": tightest.id,
            "name": tightest.name,
            "pct": round(tightest.percentage_used, 1),
            "state": GAUGE_STATES[tightest.status],
            "text": tightest.spent_text,
        }
