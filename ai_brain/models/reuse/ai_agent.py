from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Patterns of one agent.
MOST_PATTERNS = 1000


class AiAgent(models.Model):
    _inherit = "ai.agent"

    pattern_ids = fields.Many2many(
        "ai.answer.pattern",
        "ai_agent_pattern_rel",
        "agent_id",
        "pattern_id",
        string="Patterns",
        check_company=True,
        help="Short messages that are answered without a model, the first in their order that "
        "fits. It costs nothing and saves each such call; the answers are the same for everybody, "
        "so it is off until you choose some.",
    )

    @api.constrains("pattern_ids")
    def _check_pattern_ids(self):
        for agent in self:
            if len(agent.pattern_ids) > MOST_PATTERNS:
                raise ValidationError(
                    self.env._("An agent has at most %s patterns.", MOST_PATTERNS)
                )
