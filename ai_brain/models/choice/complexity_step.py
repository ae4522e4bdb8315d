from odoo import models

from ...engine.choice import complexity
from ...engine.choice.complexity import HIGH, LOW

#: What a type of message says of its complexity: the score lies in between.
BOUNDS = {"simple": (0.0, LOW - 0.01), "moderate": (LOW, HIGH - 0.01), "complex": (HIGH, 1.0)}


class AiStepComplexity(models.AbstractModel):
    """How demanding the request looks, 0 to 1: what choosing, waste and evidence go by."""

    _name = "ai.step.complexity"
    _inherit = "ai.step"
    _description = "AI Step: Complexity"
    _rank = 10

    def _choose(self, call):
        score = complexity.score_complexity(call.messages).score
        found, _certainty = call.memory.get("ai.step.message_type") or (None, 0)
        least, most = BOUNDS.get(found and found.complexity, (0.0, 1.0))
        call.complexity = min(max(score, least), most)
