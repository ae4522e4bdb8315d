from typing import NamedTuple

from odoo import models

from ...engine.choice.ranking import TIERS
from ..call.call import Claim


class Part(NamedTuple):
    """A call's part in a running experiment."""

    experiment_id: int
    arm: str


class AiStepExperiment(models.AbstractModel):
    """Sends the call to its arm of a running experiment. An explicit passthrough stands above.

    Calls that ask for one of the arms take part, and those that leave the choice to the router, as
    Ask AI does; each only where both arms can take it, as else the arms would get other calls.
    Calls that are on trial already (``policy["on_trial"]``) take no part: one split at a time.
    """

    _name = "ai.step.experiment"
    _inherit = "ai.step"
    _description = "AI Step: Experiment"
    _rank = 30
    _optimises = ("_choose",)
    # vectors of two models cannot be compared with each other
    _tasks = ("chat", "voice_to_text")

    def _choose(self, call):
        experiments = self.env["ai.experiment"]
        running = experiments._running(call.company_id, call.task_type)
        if not running or call.policy.get("on_trial"):
            return None
        arms = {running["a"], running["b"]}
        router = self.env["ai.step.recommendation"]
        pair = router._pair(call)
        is_open = arms == {*pair} if pair else router._mode(call) == "smart_router"
        if not is_open and call.configured_id not in arms:
            return None
        arms = self.env["ai.service.provider"].sudo().browse(arms)
        if not all(self._can_take(call, arm) for arm in arms):
            return None
        arm, provider_id = experiments._assign(running, call.user_id)
        told = self.env._(
            "The experiment “%(name)s” drew “%(provider)s” for this call.",
            name=running["name"],
            provider=self.env["ai.service.provider"].sudo().browse(provider_id)._facts().name,
        )
        part = {self._name: Part(running["id"], arm)}
        return Claim("experiment", provider_id, told, memory=part)

    def _can_take(self, call, provider):
        facts, service = provider._facts(), self.env["ai.service"]
        if not service._may_take(call, provider) or not service._is_able(call, provider):
            return False
        if facts.context_window and call.target.count.tokens > facts.context_window:
            return False
        highest = (call.options.get("tier"), self._user_tier(call))
        allowed = [TIERS.index(tier) for tier in highest if tier in TIERS]
        tier = provider.tier if provider.tier in TIERS else "standard"
        return not allowed or TIERS.index(tier) <= min(allowed)

    def _user_tier(self, call):
        return call.options.get("user_tier") or self.env["res.users"]._ai_tier_of(self.env.uid)
