from functools import partial
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import formatLang

from odoo.addons.ai_brain.engine.base.money import format_usd

USAGE_DAYS = 30


class Effect(NamedTuple):
    """What calls of one kind came to: ``rating`` is the mean of ``ratings`` ratings, 0 to 100."""

    calls: int = 0
    cost_usd: float = 0.0
    saved_usd: float = 0.0
    ratings: int = 0
    rating: float = 0.0


class AiAgent(models.Model):
    _inherit = "ai.agent"

    recent_calls = fields.Integer(
        "Calls of 30 Days",
        compute="_compute_recent",
        help="Calls that followed the agent in the last 30 days, as far as you may see them.",
    )
    recent_cost_usd = fields.Float(
        "Cost of 30 Days (USD)", digits=0, compute="_compute_recent", help="What they cost."
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

    reuse_effect = fields.Char(
        compute="_compute_reuse_effect", help="What kept and shared answers did in 30 days."
    )
    reuse_error = fields.Char(
        compute="_compute_reuse_effect",
        help="How often a kept answer was wrong, of those that were asked again and judged.",
    )

    @api.depends_context("lang", "allowed_company_ids")
    def _compute_reuse_effect(self):
        found = self._origin.get_reuse_figures(USAGE_DAYS)
        number = partial(formatLang, self.env, digits=0)
        for agent in self:
            figures = found.get(agent._origin.id)
            if not figures or not figures["calls"]:
                agent.reuse_effect = self.env._("No calls in 30 days.")
            else:
                agent.reuse_effect = self.env._(
                    "Kept answers: %(kept)s, shared: %(shared)s, of %(calls)s calls (%(rate)s%%). "
                    "Saved: %(saved)s (estimated). Not what was asked, as readers said: %(wrong)s.",
                    kept=number(figures["kept"]),
                    shared=number(figures["shared"]),
                    calls=number(figures["calls"]),
                    rate=number(round(100 * figures["hit_rate"])),
                    saved=format_usd(figures["saved_usd"]),
                    wrong=number(figures["wrong"]),
                )
            agent.reuse_error = agent._reuse_error_text(figures, number)

    def _reuse_error_text(self, figures, number):
        if not figures or not figures["judged"]:
            return self.env._("None was judged yet.")
        return self.env._(
            "Judged: %(judged)s, wrong: %(wrong)s. With 95%% certainty at most %(most)s%% of kept "
            "answers are wrong.",
            judged=number(figures["judged"]),
            wrong=number(figures["judged_wrong"]),
            most=formatLang(self.env, 100 * figures["error_at_most"], digits=1),
        )

    def _compute_recent(self):
        found = self._recent_effects()
        for agent in self:
            effects = found.get(agent._origin.id, {})
            agent.recent_calls = sum(effect.calls for effect in effects.values())
            agent.recent_cost_usd = sum(effect.cost_usd for effect in effects.values())
            agent.routing_effect = agent._effect_text(effects, "router")
            agent.type_effect = agent._effect_text(effects, "type")
            agent.first_effect = agent._effect_text(effects, "first")

    def _recent_effects(self):
        """Return ``{agent id: {who decided: Effect}}`` of calls that the user may see."""
        today = self.env.company._ai_local_date()
        since = [("local_date", ">", fields.Date.subtract(today, days=USAGE_DAYS))]
        by_code = {agent.code.lower(): agent.id for agent in self if agent.code}
        found = {}
        for field, domain in (
            ("agent_key", [("agent_key", "in", self.ids)]),
            # before there was an agent, or its policy, the tag alone says whose they were
            ("agent_type", [("agent_key", "=", False), ("agent_type", "!=", False)]),
        ):
            groups = self.env["ai.token.usage"]._read_group(
                domain + since,
                [field, "choice_reason", "feedback_count"],
                ["call_count:sum", "cost_usd:sum", "saved_usd:sum", "quality_score:sum"],
            )
            for key, reason, ratings, calls, cost, saved, quality in groups:
                agent_id = by_code.get(key.lower()) if isinstance(key, str) else key
                effects = found.setdefault(agent_id, {})
                before = effects.get(reason, Effect())
                effects[reason] = Effect(
                    before.calls + calls,
                    before.cost_usd + cost,
                    before.saved_usd + saved,
                    before.ratings + calls * (ratings or 0),
                    before.rating + (quality or 0.0) * (ratings or 0),  # a sum until it is shown
                )
        return found

    def _effect_text(self, effects, reason):
        """Return in words what the calls that ``reason`` decided on came to."""
        effect = effects.get(reason)
        if not effect or not effect.calls:
            return self.env._("It decided on no call.")
        others = [other for code, other in effects.items() if code != reason]
        said = self.env._(
            "Calls: %(calls)s, saved: %(saved)s (estimated)",
            calls=effect.calls,
            saved=format_usd(effect.saved_usd),
        )
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
