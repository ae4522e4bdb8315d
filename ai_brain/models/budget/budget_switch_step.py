from odoo import models

from ...engine.price import pricing


class AiStepBudgetSwitch(models.AbstractModel):
    """From a budget's switch threshold on: the cheapest provider that meets the low quality bar,
    whatever mode the call asked for."""

    _name = "ai.step.budget_switch"
    _inherit = "ai.step"
    _description = "AI Step: Budget's Switch"
    _rank = 20
    # another model's vectors are of no use among those that there are
    _tasks = ("chat", "voice_to_text")

    def _make_room(self, call, attempt, refusal):
        row = refusal.switch
        if attempt.switched or not row:
            return False
        attempt.switched = True  # also where there is nothing cheaper: asked once
        before, held = (call.target, call.reason), attempt.held_usd
        provider = self._cheapest_provider(call)
        if not provider or provider.id in call.tried_ids:
            return True
        if not self.env["ai.service"]._turn_if_able(call, provider, "budget"):
            return True
        if call.target.price is None or not self._is_cheaper(call, held):
            call.target, call.reason = before
            return True
        self.env["ai.service"]._log_switch(call, before[0])
        budget = self.env["ai.cost.budget"].sudo().browse(row["budget_id"])
        call.why = self.env._(
            "The budget “%(budget)s” has reached %(percent)s%% and sends calls to the cheapest "
            "suitable provider, “%(provider)s”.",
            budget=budget.name,
            percent=format(budget.auto_switch_at_threshold, "g"),
            provider=call.target.name,
        )
        call.notices.append(call.why)
        return True

    def _is_cheaper(self, call, held_usd):
        worst = call.worst_case()
        return worst is not pricing.UNPRICED and worst < held_usd

    def _cheapest_provider(self, call):
        """Return the cheapest provider that meets the low bar, or none."""
        found = self.env["ai.cost.optimizer"]._cheapest(
            call.task_type,
            call.target.count.tokens,
            {
                "quality_required": "low",
                "complexity": call.complexity,
                "refusing": self.env["ai.cost.optimizer"]._refusing(call),
                "tools": call.tools,
                "max_latency_ms": call.max_latency_ms,
            },
        )
        return self.env["ai.service.provider"].sudo().browse(found or [])
