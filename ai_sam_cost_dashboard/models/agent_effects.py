from odoo import api, fields, models

from .ai_agent import Effect

#: So many models are named that an agent's calls were paid to.
MOST_NAMED = 4


class AiAgent(models.Model):
    _inherit = "ai.agent"

    spent_on = fields.Char(
        compute="_compute_spent_on",
        help="The models that the calls of 30 days were paid to, dearest first.",
    )
    pattern_effect = fields.Char(
        compute="_compute_pattern_effect",
        help="What patterns answered and saved in 30 days, and how that was rated.",
    )
    thread_effect = fields.Char(
        compute="_compute_thread_effect",
        help="What summaries of older messages saved in 30 days, what they cost, and how the "
        "answers to shortened conversations were rated.",
    )
    waiting_effect = fields.Char(
        compute="_compute_waiting_effect",
        help="What calls that waited saved in 30 days, and how their answers were rated.",
    )

    @api.depends_context("company", "lang")
    def _compute_spent_on(self):
        found = self._recent_models()
        for agent in self:
            costs = sorted(found.get(agent._origin.id, {}).items(), key=lambda one: -one[1])
            costs = [(model, cost) for model, cost in costs if cost > 0]
            whole = sum(cost for _model, cost in costs)
            said = [
                self.env._(
                    "%(model)s %(cost)s (%(share)s%%)",
                    model=model or self.env._("not stated"),
                    cost=self._own_text(cost),
                    share=round(100 * cost / whole) if cost >= 0.01 * whole else "<1",
                )
                for model, cost in costs[:MOST_NAMED]
            ]
            agent.spent_on = ", ".join(said)

    def _recent_models(self):
        """Return ``{agent id: {model: cost}}``, in the company's currency, of the calls that
        ``recent_cost_listed`` adds up."""
        by_code = {agent.code.lower(): agent.id for agent in self if agent.code}
        found = {}
        for field, domain in self._recent_calls():
            groups = self.env["ai.token.usage"]._read_group(
                domain, [field, "model_name"], ["cost_listed:sum"]
            )
            for key, model, cost in groups:
                costs = found.setdefault(
                    by_code.get(key.lower()) if isinstance(key, str) else key, {}
                )
                costs[model] = costs.get(model, 0.0) + float(cost or 0)
        return found

    @api.depends_context("company", "lang")
    def _compute_pattern_effect(self):
        patterns = [("kind", "=", "pattern")]
        nothing = self.env._("They answered no call.")
        for agent, effect, others in self._effects_beside(patterns):
            agent.pattern_effect = agent._saved_text(effect, others) or nothing

    @api.depends_context("company", "lang")
    def _compute_waiting_effect(self):
        waited = [("kind", "=", "batch")]
        nothing = self.env._("No call went at the batch price.")
        for agent, effect, others in self._effects_beside(waited):
            agent.waiting_effect = agent._saved_text(effect, others) or nothing

    @api.depends_context("company", "lang")
    def _compute_thread_effect(self):
        summaries = self._recent_effects_of([("kind", "=", "summary")])
        shortened = [("thread_saved_tokens", ">", 0), ("kind", "!=", "summary")]
        for agent, effect, others in self._effects_beside(shortened, "thread_saved_company"):
            made = summaries.get(agent._origin.id, Effect())
            if not effect.calls and not made.calls:
                agent.thread_effect = self.env._("No conversation was long enough.")
                continue
            said = self.env._(
                "Calls: %(calls)s, saved: %(saved)s (estimated); summaries: %(n)s for %(cost)s",
                calls=effect.calls,
                saved=self._own_text(effect.saved),
                n=made.calls,
                cost=self._own_text(made.cost),
            )
            agent.thread_effect = self._rated_text(said, effect, [others])

    def _saved_text(self, effect, others):
        """Return in words what calls saved and how they were rated, "" where there were none."""
        if not effect.calls:
            return ""
        said = self.env._(
            "Calls: %(calls)s, saved: %(saved)s (estimated)",
            calls=effect.calls,
            saved=self._own_text(effect.saved),
        )
        return self._rated_text(said, effect, [others])

    def _effects_beside(self, domain, saved="saved_company"):
        """Yield (agent, Effect of its calls in a domain, Effect of its other calls)."""
        chosen = self._recent_effects_of(domain, saved)
        # not "!": what a column of the ledger does not say is among the others
        whole = self._recent_effects_of([("kind", "!=", "summary")], saved)
        for agent in self:
            effect = chosen.get(agent._origin.id, Effect())
            every = whole.get(agent._origin.id, Effect())
            others = Effect(*(all_ - own for all_, own in zip(every, effect, strict=True)))
            yield agent, effect, others

    def _recent_effects_of(self, domain, saved="saved_company"):
        """Return ``{agent id: Effect}`` of calls in a domain that the user may see; ``rating`` is
        a sum until it is shown.

        :param saved: the column that says what they saved
        """
        groups = self.env["ai.token.usage"]._read_group(
            [*self._recent_domain(), *domain],
            ["agent_key", "feedback_count"],
            [
                *("call_count:sum", "cost_usd:sum", "cost_listed:sum", f"{saved}:sum"),
                "quality_score:sum",
            ],
        )
        found = {}
        for key, ratings, calls, cost_usd, cost, amount, quality in groups:
            before = found.get(key, Effect())
            found[key] = Effect(
                before.calls + calls,
                before.cost_usd + cost_usd,
                before.cost + float(cost or 0),
                before.saved + float(amount or 0),
                before.ratings + calls * (ratings or 0),
                before.rating + (quality or 0.0) * (ratings or 0),
            )
        return found

    def _recent_domain(self):
        return self._recent_calls()[0][1]
