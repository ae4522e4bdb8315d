from odoo import fields, models

from .ai_agent import USAGE_DAYS, Effect


class AiAgent(models.Model):
    _inherit = "ai.agent"

    tools_effect = fields.Char(
        compute="_compute_tools_effect",
        help="What leaving out tools saved in 30 days, and how such answers were rated.",
    )

    def _compute_tools_effect(self):
        found = self._recent_tools()
        for agent in self:
            agent.tools_effect = agent._tools_text(*found.get(agent._origin.id, (0, {})))

    def _recent_tools(self):
        """Return ``{agent id: (tools left out, {were any?: Effect})}`` of calls that the user may
        see; ``saved_usd`` is what leaving them out saved."""
        today = self.env.company._ai_local_date()
        since = fields.Date.subtract(today, days=USAGE_DAYS)
        groups = self.env["ai.token.usage"]._read_group(
            [("agent_key", "in", self.ids), ("local_date", ">", since)],
            ["agent_key", "tools_dropped", "feedback_count"],
            ["call_count:sum", "cost_usd:sum", "tools_saved_usd:sum", "quality_score:sum"],
        )
        found = {}
        for agent_id, tools, ratings, calls, cost, saved, quality in groups:
            left_out, effects = found.get(agent_id, (0, {}))
            before = effects.get(bool(tools), Effect())
            effects[bool(tools)] = Effect(
                before.calls + calls,
                before.cost_usd + cost,
                before.saved_usd + (saved or 0.0),
                before.ratings + calls * (ratings or 0),
                before.rating + (quality or 0.0) * (ratings or 0),  # a sum until it is shown
            )
            found[agent_id] = left_out + calls * (tools or 0), effects
        return found

    def _tools_text(self, left_out, effects):
        """Return in words what leaving out tools came to."""
        if not left_out:
            return self.env._("No tool was left out.")
        effect = effects[True]
        said = self.env._(
            "Calls: %(calls)s, tools left out: %(tools)s, saved: %(saved)s (estimated)",
            calls=effect.calls,
            tools=left_out,
            saved=self.env["res.currency"]._ai_usd_text(effect.saved_usd),
        )
        return self._rated_text(said, effect, [effects[False]] if False in effects else [])
