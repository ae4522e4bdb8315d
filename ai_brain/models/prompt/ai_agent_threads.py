from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

LEAST_KEPT, MOST_KEPT = 4, 1_000


class ThreadPolicy(NamedTuple):
    """``keep``: last messages that are sent as they are, 0 for all; ``provider_id``: who
    summarises, None for the provider that answers."""

    keep: int
    provider_id: int | None


class AiAgent(models.Model):
    _inherit = "ai.agent"

    keep_messages = fields.Integer(
        "Messages Sent as They Are",
        tracking=True,
        help="Of a longer conversation older messages are sent as a summary, ten turns each, with "
        "every number, date, name, decision and promise of theirs word for word. It halves what a "
        "long conversation costs, takes a short call every ten turns, and an answer may miss what "
        "a summary left out. 20 is usual; 0 sends everything.",
    )

    @api.constrains("keep_messages")
    def _check_keep_messages(self):
        for agent in self:
            if agent.keep_messages and not LEAST_KEPT <= agent.keep_messages <= MOST_KEPT:
                raise ValidationError(
                    self.env._(
                        "Of a conversation %(least)s to %(most)s messages are sent as they are; 0 "
                        "sends all of them.",
                        least=LEAST_KEPT,
                        most=MOST_KEPT,
                    )
                )

    @ormcache("self.id")
    def _thread_policy(self):
        """Return the agent's ``ThreadPolicy``; one that keeps all for an agent that is gone."""
        agent = self.sudo().exists()
        return ThreadPolicy(agent.keep_messages, agent.efficient_provider_id.id or None)
