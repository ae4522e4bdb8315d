from odoo import models
from odoo.tools import SQL

from ..base.loose_many2one import LooseMany2one


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    agent_id = LooseMany2one(
        "ai.agent", "Agent", readonly=True, help="The agent whose policy the call followed."
    )

    def init(self):
        res = super().init()
        self.env.cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS ai_token_usage_agent_idx ON ai_token_usage"
                " (agent_id, user_id) WHERE agent_id IS NOT NULL"
            )
        )
        return res
