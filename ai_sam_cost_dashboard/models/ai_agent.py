from typing import NamedTuple

from odoo import api, fields, models

USAGE_DAYS = 30


class Effect(NamedTuple):
    """What calls of one kind came to: ``cost`` and ``saved`` in the company's currency, ``rating``
    is the mean of ``ratings`` ratings, 0 to 100."""

    calls: int = 0
    cost_usd: float = 0.0
    cost: float = 0.0
    saved: float = 0.0
    ratings: int = 0
    rating: float = 0.0


class AiAgent(models.Model):
    _name = "ai.agent"
    _inherit = ["ai.agent", "ai.shown.figures"]
    _shown_sums = {"recent_cost_listed": "recent_cost_usd"}
    _shown_seconds = {"max_latency_s": "max_latency_ms"}

    max_latency_s = fields.Float(
        "Longest Wait (s)",
        digits=0,
        compute="_compute_shown",
        inverse="_inverse_shown_seconds",
        help="Providers that usually take longer, in seconds, are not chosen. 0: any time.",
    )
    recent_calls = fields.Integer(
        "Calls of 30 Days",
        compute="_compute_recent",
        help="Calls that followed the agent in the last 30 days, as far as you may see them.",
    )
    recent_cost_usd = fields.Float(
        "Cost of 30 Days (USD)", digits=0, compute="_compute_recent", help="What they cost."
    )
    recent_cost_listed = fields.Float(
        "Cost of 30 Days (Company Currency)",
        digits=0,
        compute="_compute_recent",
        help="The same in the company's currency, at the rates of these days.",
    )
    routing_effect = fields.Char(
        compute="_compute_recent", help="What the router did to cost and quality in 30 days."
    )
    type_effect = fields.Char(
        compute="_compute_recent", help="What the providers of message types did in 30 days."
    )
    first_effect = fields.Char(
        compute="_compute_recent", help="What the rule for first messages did in 30 days."
    )

    figures_seen = fields.Char(
        compute="_compute_figures_seen",
        help="How many figures of its answers nothing bears out: numbers, dates and identifiers "
        "that neither stand in the context of the call nor follow from it.",
    )

    cache_effect = fields.Char(
        compute="_compute_cache_effect",
        help="What vendors' prompt caches did in 30 days, writes that nobody read among it.",
    )

    @api.depends_context("company", "lang")
    def _compute_cache_effect(self):
        found = self.env["ai.token.analytics"].get_prompt_cache(USAGE_DAYS)["by_agent"]
        by_code = {code.lower(): row for code, row in found.items()}
        for agent in self:
            row = by_code.get((agent.code or "").lower())
            agent.cache_effect = self.env["ai.service.provider"]._cache_text(row)

    def _compute_figures_seen(self):
        since = fields.Date.subtract(self.env.company._ai_local_date(), days=USAGE_DAYS)
        groups = self.env["ai.token.usage"]._read_group(
            [
                ("agent_key", "in", self.ids),
                ("figures_checked", ">", 0),
                ("local_date", ">", since),
            ],
            ["agent_key"],
            ["figures_checked:sum", "figures_unsupported:sum"],
        )
        found = {key: figures for key, *figures in groups}
        for agent in self:
            checked, unsupported = found.get(agent._origin.id, (0, 0))
            agent.figures_seen = (
                self.env._(
                    "Out of the air: %(wrong)s of %(checked)s (%(rate)s%%)",
                    wrong=unsupported,
                    checked=checked,
                    rate=round(100 * unsupported / checked, 1),
                )
                if checked
                else self.env._("No answer to a call with context was checked.")
            )

    def action_view_usage(self):
        """Open the calls whose cost and number the form shows: of the last 30 days."""
        today = self.env.company._ai_local_date()
        action = super().action_view_usage()
        by = self.env.context.get("usage_by")
        return {
            **action,
            "context": {"group_by": [by]} if by else {},
            "name": self.env._(
                "Calls of %(name)s, last %(days)s days", name=self.name, days=USAGE_DAYS
            ),
            "domain": [
                *action["domain"],
                ("local_date", ">", fields.Date.subtract(today, days=USAGE_DAYS)),
            ],
        }

    @api.depends_context("company", "lang")
    def _compute_recent(self):
        found = self._recent_effects()
        for agent in self:
            effects = found.get(agent._origin.id, {})
            agent.recent_calls = sum(effect.calls for effect in effects.values())
            agent.recent_cost_usd = sum(effect.cost_usd for effect in effects.values())
            agent.recent_cost_listed = sum(effect.cost for effect in effects.values())
            agent.routing_effect = agent._effect_text(effects, "router")
            agent.type_effect = agent._effect_text(effects, "type")
            agent.first_effect = agent._effect_text(effects, "first")

    def _recent_effects(self):
        """Return ``{agent id: {who decided: Effect}}`` of calls that the user may see."""
        by_code = {agent.code.lower(): agent.id for agent in self if agent.code}
        found = {}
        for field, domain in self._recent_calls():
            groups = self.env["ai.token.usage"]._read_group(
                domain,
                [field, "choice_reason", "feedback_count"],
                [
                    *("call_count:sum", "cost_usd:sum", "cost_listed:sum", "saved_company:sum"),
                    "quality_score:sum",
                ],
            )
            for key, reason, ratings, calls, cost_usd, cost, saved, quality in groups:
                agent_id = by_code.get(key.lower()) if isinstance(key, str) else key
                effects = found.setdefault(agent_id, {})
                before = effects.get(reason, Effect())
                effects[reason] = Effect(
                    before.calls + calls,
                    before.cost_usd + cost_usd,
                    before.cost + float(cost or 0),
                    before.saved + float(saved or 0),
                    before.ratings + calls * (ratings or 0),
                    before.rating + (quality or 0.0) * (ratings or 0),  # a sum until it is shown
                )
        return found

    def _recent_calls(self):
        """Return (the column that says whose they are, domain) of the agents' calls of 30 days:
        of those that followed them, and of those before there was an agent, or its policy, whose
        tag alone says whose they were."""
        today = self.env.company._ai_local_date()
        since = ("local_date", ">", fields.Date.subtract(today, days=USAGE_DAYS))
        return (
            ("agent_key", [("agent_key", "in", self.ids), since]),
            ("agent_type", [("agent_key", "=", False), ("agent_type", "!=", False), since]),
        )

    def _effect_text(self, effects, reason):
        """Return in words what the calls that ``reason`` decided on came to."""
        effect = effects.get(reason)
        if not effect or not effect.calls:
            return self.env._("It decided on no call.")
        others = [other for code, other in effects.items() if code != reason]
        said = self.env._(
            "Calls: %(calls)s, saved: %(saved)s (estimated)",
            calls=effect.calls,
            saved=self._own_text(effect.saved),
        )
        return self._rated_text(said, effect, others)

    def _rated_text(self, said, effect, others):
        """Return what is ``said`` of some calls with their rating beside that of the others."""
        ratings = sum(other.ratings for other in others)
        if not effect.ratings or not ratings:
            return self.env._("%s; not enough ratings to tell the quality.", said)
        return self.env._(
            "%(said)s; rated %(mean)s of 100 (ratings: %(n)s), the other calls %(others)s (%(m)s).",
            said=said,
            mean=round(effect.rating / effect.ratings),
            n=effect.ratings,
            others=round(sum(other.rating for other in others) / ratings),
            m=ratings,
        )
