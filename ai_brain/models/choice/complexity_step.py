from odoo import models

from ...engine.choice import complexity


class AiStepComplexity(models.AbstractModel):
    """How demanding the request looks, 0 to 1: what choosing, waste and evidence go by."""

    _name = "ai.step.complexity"
    _inherit = "ai.step"
    _description = "AI Step: Complexity"
    _rank = 10

    def _choose(self, call):
        call.complexity = complexity.score_complexity(call.messages).score
