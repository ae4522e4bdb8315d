from odoo import models

from ...engine.ledger.tasks import SERVED


class AiStepGateway(models.AbstractModel):
    """Which key a call came with, in its ledger row."""

    _name = "ai.step.gateway"
    _inherit = "ai.step"
    _description = "AI Step: Endpoint"
    _rank = 5
    _tasks = SERVED

    def _columns(self, call, attempt):
        whose = call.within or call  # what a feature asks for a key's call is the key's to pay
        facts = whose.memory.get(self._name)
        return {"gateway_key": facts.id if facts else None}

    def _tell(self, usage):
        key = usage.sudo().gateway_key_id
        return [(self.env._("It came with the endpoint key “%s”.", key.name), None)] if key else ()
