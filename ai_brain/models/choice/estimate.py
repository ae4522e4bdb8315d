from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.choice import ranking
from ...engine.price.pricing import UNPRICED
from ...exceptions import InvalidCallError
from ..base.wording import reader
from ..call.call import Attempt

#: Alternatives beyond these are left out: each is counted and priced by itself.
MOST_ALTERNATIVES = 40


class AiService(models.AbstractModel):
    """What a call would cost, before it is made. Nothing is held, sent or recorded."""

    _inherit = "ai.service"

    @api.model
    def estimate_cost(self, messages, config=None, max_tokens=None, environment=None, **options):
        """Say what a call would cost, and what it would cost elsewhere.

        Amounts are USD as floats, None where there is no price. ``expected_cost_usd`` takes the
        answer as long as this provider's own answers have been (as the recommendation does);
        ``worst_cost_usd`` is what a budget would have to hold. Input is counted with each model's
        own tokenizer. It is the call that :meth:`send_message` would make: whom its agent, its mode
        or its provider's flags would ask is who is estimated, with the agent's limits. A budget's
        switch is not foreseen, and no answer that costs nothing is looked for.

        :param messages: as for :meth:`send_message`
        :param config: ``ai.service.provider`` record or id; None takes the default for chat
        :param int max_tokens: longest answer; None: the agent's, else the provider's default
        :param dict environment: as for :meth:`send_message`; ``agent_type`` names the agent
        :param options: the other options of :meth:`send_message`
        :return: dict with ``provider_id``, ``provider_name``, ``model``, ``why`` (it would be
            asked, a sentence), ``input_tokens``, ``exact`` (is that count exact?),
            ``expected_output_tokens``, ``max_output_tokens``, ``expected_cost_usd``,
            ``worst_cost_usd``, ``priced``, and ``alternatives``: the same of the company's other
            providers (where an agent's router has two to choose from, of the other one), cheapest
            first, each with ``difference_usd`` (its expected cost less that of the one that would
            be asked), ``suitable``, ``meets_quality`` and ``why_not`` (a sentence, or '')
        :raise exceptions.InvalidCallError: what cannot be sent
        """
        call = self._check(messages, config, environment, {"max_tokens": max_tokens, **options})
        call.rehearsed = True
        self._open(call)
        self._prepare(call)
        attempt = call.attempt = Attempt(call.target)
        call.target = self._bounded(call, attempt)
        need, candidates = self._need_and_candidates(call)
        factors = self._hold_factors([call.target.provider_id, *candidates])
        own = candidates.pop(call.target.provider_id, None)
        found = self._estimate(call, call.target, own, need, factors)
        for name in ("meets_quality", "suitable", "why_not"):
            del found[name]
        others = []
        real = any(not one.sandbox for one in (*candidates.values(), *([own] if own else ())))
        for candidate in [*candidates.values()][:MOST_ALTERNATIVES]:
            if candidate.sandbox and real:
                continue  # as in the ranking: no alternative to a model
            other = self._estimate_elsewhere(call, candidate, need, factors)
            if other:
                others.append({**other, "difference_usd": _difference(other, found)})
        others.sort(key=_order)
        return {**found, "why": call.why or self._why(call), "alternatives": others}

    @api.model
    def _need_and_candidates(self, call):
        """Return the need of the call, and those by id who could take it: the providers of its
        task, or the two that its router chooses from."""
        company = self.env["res.company"].browse(call.company_id).sudo()
        optimizer = self.env["ai.cost.optimizer"]
        asked = self._shifted(self.env["ai.step.recommendation"]._asked(call), call.messages)
        need = optimizer._need(company, call.target.count.tokens, asked)
        candidates = {one.key: one for one in optimizer._candidates(company, call.task_type)}
        if asked["pair"]:
            wanted = {*asked["pair"], call.target.provider_id}
            candidates = {key: one for key, one in candidates.items() if key in wanted}
        return need, candidates

    @api.model
    def _estimate_elsewhere(self, call, candidate, need, factors):
        """Return the estimate at another provider; None where the call cannot be sent there."""
        provider = self.env["ai.service.provider"].sudo().browse(candidate.key)
        before = call.target
        try:
            call.target = self._target(call, provider)
            target = self._bounded(call, Attempt(call.target))
        except InvalidCallError:
            return None  # too small for it, or another vendor's shape
        finally:
            call.target = before
        return self._estimate(call, target, candidate, need, factors)

    @api.model
    def _estimate(self, call, target, candidate, need, factors):
        need = need._replace(context_tokens=target.count.tokens)
        now = fields.Datetime.now()
        # a ceiling is what is held without a price, and says nothing of the cost
        price = target.price.at(now) if target.price else None
        candidate = candidate or ranking.Candidate(target.provider_id, target.name, price)
        candidate = candidate._replace(price=price)
        if not need.max_tokens:
            need = need._replace(max_tokens=target.max_tokens)
        option = ranking.judge(candidate, need, need.needed)
        worst = call.worst_case(target)
        if worst is not UNPRICED:
            worst *= factors.get(target.provider_id, 1)
        return {
            "provider_id": target.provider_id,
            "provider_name": target.name,
            "model": target.model_name,
            "input_tokens": target.count.tokens,
            "exact": target.count.exact,
            "expected_output_tokens": option.output_tokens,
            "max_output_tokens": target.max_tokens,
            "expected_cost_usd": _float(option.cost),
            "worst_cost_usd": _float(worst),
            "priced": option.cost is not UNPRICED,
            "meets_quality": option.meets_quality,
            "suitable": option.meets_quality and not option.barred,
            "why_not": reader(self.env).text(option.barred),
        }

    @api.model
    def _hold_factors(self, provider_ids):
        """Return by how much what is held for each provider is raised, Decimals."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id, ai_hold_factor(id, model_name)::text FROM ai_service_provider"
                " WHERE id IN %s",
                tuple(provider_ids),
            )
        )
        return {provider_id: Decimal(factor) for provider_id, factor in rows}


def _float(amount):
    return None if amount is UNPRICED else float(amount)


def _difference(other, own):
    if other["expected_cost_usd"] is None or own["expected_cost_usd"] is None:
        return None
    costs = [Decimal(repr(one["expected_cost_usd"])) for one in (other, own)]
    return float(costs[0] - costs[1])


def _order(found):
    cost = found["expected_cost_usd"]
    return cost is None, cost or 0.0, found["provider_id"]
