from odoo import api, models

from ...engine.budget import limits as engine
from ...engine.budget.subject import of_user
from ...engine.price import pricing
from ...exceptions import InvalidCallError
from ..base.quick_cache import quick_cache


class AiCostBudget(models.Model):
    """Which providers have a budget of their own that is used up, or too small for a call."""

    _inherit = "ai.cost.budget"

    @api.model
    def _full_providers(self, call):
        """Return the ids of providers that a budget of theirs refuses to this call: it is used up,
        or what is left is less than the call may cost there. Whoever chooses among providers asks
        one that has room."""
        ids = self._with_provider(call.company_id)
        if not ids:
            return frozenset()
        budgets = self.sudo().search(
            [
                ("id", "in", ids),
                ("user_id", "in", [False, call.user_id]),
                ("task_type", "in", [False, call.task_type]),
            ]
        )
        tags = {name: (call.tags.get(name) or "").lower() for name in ("agent_type", "module")}
        budgets = budgets.filtered(
            lambda budget: all(
                not budget[name] or budget[name].lower() == tag for name, tag in tags.items()
            )
        )
        full = set()
        for budget_id, standing in budgets._standings(of_user(call.user_id)).items():
            budget = self.sudo().browse(budget_id)
            limit = engine.limit(budget._amount_on(), budget.block_at_threshold)
            if limit is None:
                continue
            room = limit - standing.spent - standing.reserved
            if room <= 0 or self._needs_more(call, budget.provider_id, room):
                full.add(budget.provider_id.id)
        return frozenset(full)

    @api.model
    def _needs_more(self, call, provider, room):
        """Would a provider's budget refuse the call, with ``room`` USD left? What is not priced,
        or too large for it, is refused elsewhere and in other words."""
        service = self.env["ai.service"]
        try:
            target = service._target(call, provider)
            worst = call.worst_case(target)
            if self._leaves_in_batch(call, provider):
                in_batch = call.worst_case(target, batch=True)
                worst = worst if in_batch is pricing.UNPRICED else in_batch
        except InvalidCallError:
            return False
        return worst is not pricing.UNPRICED and worst > room

    @api.model
    def _leaves_in_batch(self, call, provider):
        """Would a call that may wait be sent in a batch of a provider, if that has a price?"""
        if not call.deferred or call.job:
            return False
        agent = call.memory.get("ai.step.agent")
        if agent and not self.env["ai.agent"]._may_wait(agent.id):
            return False
        return bool(self.env["ai.service"]._batch_service(provider))

    @api.model
    @quick_cache("company_id")
    def _with_provider(self, company_id):
        """Return the ids of a company's budgets that name a provider and may refuse; most
        companies have none, and no call shall ask the database that."""
        return tuple(
            self.sudo()
            .search(
                [
                    ("provider_id", "!=", False),
                    ("block_at_threshold", ">", 0),
                    ("company_id", "in", [False, company_id]),
                    ("key_id", "=", False),
                    ("each", "in", [False, "user"]),
                ]
            )
            .ids
        )

    @api.model_create_multi
    def create(self, vals_list):
        budgets = super().create(vals_list)
        self.env.registry.clear_cache()
        return budgets

    def write(self, vals):
        res = super().write(vals)
        self.env.registry.clear_cache()
        return res

    def unlink(self):
        res = super().unlink()
        self.env.registry.clear_cache()
        return res
