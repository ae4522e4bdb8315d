from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.savings.holdout import MOST_SHARE
from ..base.quick_cache import quick_cache


class AiAgent(models.Model):
    _inherit = "ai.agent"

    holdout_share = fields.Integer(
        "Held Out (%)",
        tracking=True,
        help="So many of a hundred conversations go to the provider asked for, with nothing that "
        "makes them cheaper: no pattern, kept answer, router, message type, summary, cache mark, "
        "left out tool, trial or variant of a prompt. They show what the others save, with an "
        "interval, and cost the full price: at 5 %, a twentieth of what is saved is not. Budgets "
        "hold for them too; calls that are handed in to be sent later are not among them. 5 is "
        "usual, more shows it sooner; 0 holds out nothing.",
    )

    @api.constrains("holdout_share")
    def _check_holdout_share(self):
        for agent in self:
            if not 0 <= agent.holdout_share <= MOST_SHARE:
                raise ValidationError(
                    self.env._(
                        "Of the conversations 0 to %s percent are held out; 5 is usual.", MOST_SHARE
                    )
                )

    @api.model
    @quick_cache("agent_id")
    def _holdout_share_of(self, agent_id):
        """Return the percent held out of an agent; whoever writes an agent clears the cache."""
        return self.sudo().browse(agent_id).holdout_share
