from typing import NamedTuple

from odoo import models

from ..call.call import Claim


class Part(NamedTuple):
    """A call's part in a running experiment."""

    experiment_id: int
    arm: str


class AiStepExperiment(models.AbstractModel):
    """Sends the call to its arm of a running experiment. An explicit passthrough stands above."""

    _name = "ai.step.experiment"
    _inherit = "ai.step"
    _description = "AI Step: Experiment"
    _rank = 30

    def _choose(self, call):
        experiments = self.env["ai.experiment"]
        running = experiments._running(call.company_id, call.task_type)
        if not running or call.configured_id not in (running["a"], running["b"]):
            return None
        arm, provider_id = experiments._assign(running, call.user_id)
        if provider_id != call.configured_id:
            provider = self.env["ai.service.provider"].sudo().browse(provider_id)
            if not provider._facts().active:
                return None
        return Claim("experiment", provider_id, memory={self._name: Part(running["id"], arm)})
