from odoo import api, fields, models

from ..base.index import add_index
from ..ledger.loose_links import LOOSE

LOOSE["agent_id"] = ("agent_key", "ai.agent")


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    agent_key = fields.Integer(
        readonly=True, help="Number of the agent whose policy the call followed."
    )
    agent_id = fields.Many2one(
        "ai.agent",
        "Agent's Policy",
        compute="_compute_agent_id",
        search="_search_agent_id",
        help="The agent whose policy the call followed; empty once it was deleted.",
    )

    def init(self):
        res = super().init()
        add_index(self, "agent", "agent_key, user_id", "agent_key IS NOT NULL")
        return res

    @api.depends("agent_key")
    def _compute_agent_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        there = self.env["ai.agent"].browse({row.agent_key for row in self} - {0}).exists()
        for row in self:
            row.agent_id = row.agent_key if row.agent_key in there._ids else False

    @api.model
    def _search_agent_id(self, operator, value):
        return self._search_loose("agent_id", operator, value)

    @api.model
    def _text_days_of_agents(self):
        """Return ``{agent id: days}`` of the agents whose texts are kept for days of their own."""
        agents = self.env["ai.agent"].sudo().with_context(active_test=False)
        return {
            agent.id: agent.keep_text_days for agent in agents.search([("keep_text", "=", "full")])
        }
