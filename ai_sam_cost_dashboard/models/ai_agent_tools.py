from odoo import api, fields, models

from .ai_agent import USAGE_DAYS, Effect


class AiAgent(models.Model):
    _inherit = "ai.agent"

    tools_effect = fields.Char(
        compute="_compute_tools_effect",
        help="What leaving out tools saved in 30 days, and how such answers were rated.",
    )

    @api.depends_context("company", "lang")
    def _compute_tools_effect(self):
        found = self._recent_tools()
        for agent in self:
            agent.tools_effect = agent._tools_text(*found.get(agent._origin.id, (0, {})))

    def _recent_tools(self):
        """Return ``{agent id: (tools left out, {were any?: Effect})}`` of calls that the user may
        see; ``saved`` is what leaving them out saved."""
        today = self.env.company._ai_local_date()
        since = fields.Date.subtract(today, days=USAGE_DAYS)
        groups = self.env["ai.token.usage"]._read_group(
            [("agent_key", "in", self.ids), ("local_date", ">", since)],
            ["agent_key", "tools_dropped", "feedback_count"],
            ["call_count:sum", "tools_saved_company:sum", "quality_score:sum"],
        )
        found = {}
        for agent_id, tools, ratings, calls, saved, quality in groups:
            left_out, effects = found.get(agent_id, (0, {}))
            before = effects.get(bool(tools), Effect())
            effects[bool(tools)] = Effect(
                calls=before.calls + calls,
                saved=before.saved + float(saved or 0),
                ratings=before.ratings + calls * (ratings or 0),
                # a sum until it is shown
                rating=before.rating + (quality or 0.0) * (ratings or 0),
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
            saved=self._own_text(effect.saved),
        )
        return self._rated_text(said, effect, [effects[False]] if False in effects else [])
