from odoo import models


class AiStepGateway(models.AbstractModel):
    """Which key a call came with, in its ledger row."""

    _name = "ai.step.gateway"
    _inherit = "ai.step"
    _description = "AI Step: Endpoint"
    _rank = 5

    def _columns(self, call, attempt):
        whose = call.within or call  # what a feature asks for a key's call is the key's to pay
        facts = whose.memory.get(self._name)
        return {"gateway_key": facts.id if facts else None}
