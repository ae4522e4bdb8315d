from odoo import api, fields, models
from odoo.tools import SQL

#: An operator that excludes -> the one that it is the contrary of.
NEGATIVE = {
    "!=": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not any": "any",
}


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
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS ai_token_usage_agent_idx ON ai_token_usage"
                " (agent_key, user_id) WHERE agent_key IS NOT NULL"
            )
        )
        return res

    @api.depends("agent_key")
    def _compute_agent_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        there = self.env["ai.agent"].browse({row.agent_key for row in self} - {0}).exists()
        for row in self:
            row.agent_id = row.agent_key if row.agent_key in there._ids else False

    @api.model
    def _search_agent_id(self, operator, value):
        """By records or ids, by nothing (no agent, or a deleted one), or by an agent's name."""
        kind = NEGATIVE.get(operator, operator)
        agents = self.env["ai.agent"].with_context(active_test=False)
        if hasattr(value, "get_result_ids"):
            value = value.get_result_ids()  # a query of agents
        empty = False
        if kind in ("=", "in"):
            wanted = [*value] if kind == "in" or isinstance(value, list | tuple) else [value]
            names = [one for one in wanted if isinstance(one, str)]
            ids = [one for one in wanted if one and not isinstance(one, str)]
            empty = not all(wanted)
            ids += agents.search([("name", "in", names)]).ids if names else []
        else:
            ids = agents.search(value if kind == "any" else [("name", kind, value)]).ids
        domain = [("agent_key", "in", ids)]
        if empty:
            there = agents.sudo()._search([])
            domain = ["|", *domain, "|", ("agent_key", "=", False), ("agent_key", "not in", there)]
        return domain if kind == operator else ["!", *domain]

    def _field_to_sql(self, alias, fname, *args, **kwargs):
        """Group calls by their agents' names; those of deleted ones are of none."""
        if fname != "agent_id":
            return super()._field_to_sql(alias, fname, *args, **kwargs)
        key = super()._field_to_sql(alias, "agent_key", *args, **kwargs)
        return SQL("CASE WHEN %s = ANY(ARRAY(SELECT id FROM ai_agent)) THEN %s END", key, key)

    @api.model
    def _text_days_of_agents(self):
        """Return ``{agent id: days}`` of the agents whose texts are kept for days of their own."""
        agents = self.env["ai.agent"].sudo().with_context(active_test=False)
        return {
            agent.id: agent.keep_text_days for agent in agents.search([("keep_text", "=", "full")])
        }
