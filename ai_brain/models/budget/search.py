import operator

from odoo import api, models
from odoo.exceptions import UserError

from .standing import Standing

COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda found, values: found in values,
    "not in": lambda found, values: found not in values,
}


class AiCostBudget(models.Model):
    """Budgets found by how they stand: by the very figures that the reader is shown."""

    _inherit = "ai.cost.budget"

    @api.model
    def _search_percentage_used(self, op, value):
        return self._search_standing(
            op, value, lambda budget, spent: float(budget._used_percent(spent, budget._amount_on()))
        )

    @api.model
    def _search_status(self, op, value):
        return self._search_standing(op, value, lambda budget, spent: budget._status_at(spent))

    @api.model
    def _search_standing(self, op, value, figure):
        """Return the domain of the budgets of which ``figure(budget, spent)`` compares so; in two
        statements besides the search, however many budgets there are."""
        if op not in COMPARE:
            raise UserError(self.env._("Budgets cannot be searched with “%s” here.", op))
        budgets = self.search([("active", "in", [True, False])])
        standings = budgets._standings()
        found = [
            budget.id
            for budget in budgets
            if COMPARE[op](figure(budget, standings.get(budget.id, Standing()).spent), value)
        ]
        return [("id", "in", found)]
