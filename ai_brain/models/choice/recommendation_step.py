from dataclasses import dataclass

import psycopg2

from odoo import fields, models

from ...engine.call.checks import OneOf
from ...engine.choice import ranking
from ...engine.choice.ranking import TIERS
from ...engine.ledger.tasks import SERVED
from ...engine.price import pricing
from ...engine.price.elsewhere import elsewhere
from ..call.call import Claim, Evidence

QUALITIES = ("low", "medium", "high")
MODES = ("passthrough", "smart_router")


@dataclass
class Advice:
    """What was recommended for a call; ``record_id``: where that is kept."""

    result: dict | None
    record_id: int | None = None


class AiStepRecommendation(models.AbstractModel):
    """A recommendation before the call; the call goes there where its mode, or the provider's
    flag, says so. What was recommended and what was used is kept."""

    _name = "ai.step.recommendation"
    _inherit = "ai.step"
    _description = "AI Step: Recommendation"
    _rank = 50
    _optimises = ("_choose",)
    _tasks = SERVED

    def _call_options(self):
        return {
            **super()._call_options(),
            "quality_required": OneOf(QUALITIES),
            "mode": OneOf(MODES),
            "tier": OneOf(TIERS),
            "user_tier": OneOf(TIERS),
        }

    def _open(self, call):
        if call.options.get("mode"):
            call.tags = {"agent_mode": call.options["mode"], **call.tags}
        call.reason = "mode" if self._stated_mode(call) == "passthrough" else call.reason

    def _stated_mode(self, call):
        """Return how the call itself says it chooses: its option, else its environment's."""
        named = call.tags.get("agent_mode")
        return call.options.get("mode") or (named if named in MODES else None)

    def _mode(self, call):
        """Return how the call chooses: as it says itself, else as a policy does."""
        return self._stated_mode(call) or call.policy.get("mode")

    def _is_asked(self, call, facts, mode):
        """Is a provider recommended for the call?"""
        if not (facts.recommends or mode):
            return False
        return bool(not call.deferred or mode or facts.switches)  # else nobody reads it

    def _evidence_of(self, call):
        """Return (company id, task type) whose ``ai.provider.stats`` a recommendation for the call
        goes by; (None, None) where none is going to be made.

        Read apart, they lack what the caller's own transaction has added so far.
        """
        facts = self.env["ai.service.provider"].browse(call.configured_id)._facts()
        if not self._is_asked(call, facts, self._mode(call)):
            return None, None
        return call.company_id, facts.task_type

    def _choose(self, call):
        provider = self.env["ai.service.provider"].browse(call.configured_id)
        facts, mode = provider._facts(), self._mode(call)
        if not self._is_asked(call, facts, mode):
            return None
        service, environment = self.env["ai.service"], self._asked(call)
        provider = provider.sudo()
        result = service._recommend_provider_before_call(provider, call.messages, environment)
        call.memory[self._name] = Advice(result)
        # known by when it is kept, without this cursor
        self.env["res.lang"].get_installed()
        self.env["ai.cost.optimizer"]._money_of(call.company_id)
        if not call.rehearsed:
            self.env["ai.cost.optimizer"]._log_recommendation(result, facts.name)
        self._tell_slow(call, result)
        if environment["pair"] and result and result["provider_id"]:
            told = self.env._(
                "The router asked “%(used)s”: %(why)s",
                used=result["provider_name"],
                why=result["reasoning"],
            )
            return Claim("router", result["provider_id"], told)
        if call.job and result and not self._may_replace(call, facts, result):
            return None
        if not result or not self._should_switch(result, facts, mode):
            return None
        return self._claim(result, facts, "router" if mode else "recommendation")

    def _asked(self, call):
        """Return what a recommendation for the call goes by."""
        return {
            **call.tags,
            "context_blocks": call.blocks,
            "task_type": call.task_type,
            "context_size_tokens": call.target.count.tokens,
            "quality_required": call.wanted("quality_required"),
            "max_budget_usd": call.max_budget_usd,
            "max_latency_ms": call.max_latency_ms,
            "complexity": call.complexity,
            "max_tokens": call.max_tokens,
            "tools": call.tools,
            "mode": self._mode(call),
            "tier": call.options.get("tier"),
            "user_tier": call.options.get("user_tier")
            or self.env["res.users"]._ai_tier_of(self.env.uid),
            "pair": self._pair(call),
            "refusing": self.env["ai.cost.optimizer"]._refusing(call)
            | self.env["ai.cost.budget"]._full_providers(call),
            "cached": self._cached_at(call),
            "evidence": call.evidence,
            **(call.job.need() if call.job else {}),
        }

    def _cached_at(self, call):
        """Return how many of the call's tokens lie in each provider's prompt cache, by id."""
        found = {}
        for known in self.env["ai.step"]._run("_cached", call):
            found.update(known)
        return found

    def _pair(self, call):
        """Return the ids of the efficient and the strong provider that the router has to choose
        from, those that work; None where a policy names no efficient one."""
        efficient = call.policy.get("efficient_provider_id")
        if not efficient or self._mode(call) != "smart_router":
            return None
        strong = call.policy.get("provider_id") or call.configured_id
        providers, service = self.env["ai.service.provider"].sudo(), self.env["ai.service"]
        both = (efficient, strong)
        return tuple(key for key in both if service._may_take(call, providers.browse(key))) or None

    def _may_replace(self, call, facts, result):
        other = self.env["ai.service.provider"].sudo().browse(result["provider_id"] or [])
        return bool(other) and call.job.may_replace(facts, other._facts())

    def _tell_slow(self, call, result):
        """Say so where no provider is known to answer as fast as the call wants it."""
        ranked = getattr(result, "ranking", None)
        if not call.max_latency_ms or ranked is None or ranked.choice:
            return
        known = [
            option.candidate
            for option in ranked.alternatives
            if ranking.expected_latency(option.candidate) > call.max_latency_ms
        ]
        if not known:
            return
        fastest = min(known, key=ranking.expected_latency)
        call.notices.append(
            self.env._(
                "No provider answers within the time that this call allows (%(most)s): the "
                "fastest, “%(name)s”, usually takes %(usual)s.",
                most=call.reader.duration(call.max_latency_ms / 1000),
                name=fastest.name,
                usual=call.reader.duration(ranking.expected_latency(fastest) / 1000),
            )
        )

    def _should_switch(self, result, facts, mode):
        """An explicit mode wins over the provider's flag.

        The router uses what is recommended. The flag alone switches where that is cheaper than
        the configured provider, or where that one fails the need.
        """
        if not result["provider_id"] or result["provider_id"] == facts.id:
            return False
        if mode:
            return mode == "smart_router"
        if not facts.switches or not result["meets_quality"]:
            return False
        own = next((a for a in result["alternatives"] if a["provider_id"] == facts.id), None)
        if own is None or own["estimated_cost"] is False:
            return True
        fails = not (own["meets_quality"] and own["within_budget"])
        return fails or result["estimated_cost"] < own["estimated_cost"]

    def _claim(self, result, facts, reason):
        told = self.env._(
            "“%(used)s” took the call instead of “%(asked)s”: %(why)s",
            used=result["provider_name"],
            asked=facts.name,
            why=result["reasoning"],
        )
        return Claim(reason, result["provider_id"], told)

    # ------------------------------------------------------------------
    # What came of it
    # ------------------------------------------------------------------

    def _evidence(self, call, attempt):
        advice = call.memory.get(self._name) or Advice(None)
        part = call.memory.get("ai.step.experiment")
        if not attempt.paid or not attempt.usage or (advice.result is None and not part):
            return ()
        call.memory[self._name] = advice

        def kept(record_id):
            advice.record_id = record_id
            if advice.result is not None:
                advice.result["recommendation_id"] = record_id

        try:
            record = self._record_sql(call, attempt, advice, part)
        except psycopg2.InterfaceError:
            # the caller's cursor is closed, and what was known has been forgotten meanwhile
            with call.apart.reading() as env:
                record = env[self._name]._record_sql(call, attempt, advice, part)
        return [Evidence(record, kept)]

    def _record_sql(self, call, attempt, advice, part):
        """Return the statement that keeps what was recommended, what was used, and both costs."""
        optimizer = self.env["ai.cost.optimizer"]
        result, ranked = advice.result, getattr(advice.result, "ranking", None)
        used = {
            "used_provider_id": attempt.target.provider_id,
            "actual_cost_usd": attempt.cost_usd,
            "token_usage_id": attempt.token_usage_id or None,
            "is_used": True,
        }
        if result:
            used["is_followed"] = result["provider_id"] == attempt.target.provider_id
            used["recommended_cost_usd"] = self._recommended_cost(attempt, ranked)
        if advice.record_id:
            # A fallback provider took over: the last attempt is what came of it.
            return optimizer._update_sql(advice.record_id, used)
        values = {"task_type": call.task_type, "provider_name": attempt.target.name}
        if ranked is not None:
            options = {
                "quality_required": call.wanted("quality_required"),
                "complexity": call.complexity,
                "configured_provider_id": call.configured_id,
                "company_id": call.company_id,
            }
            size = result.need.context_tokens
            values = optimizer._values(result, call.task_type, size, options)
        elif result:
            values.update(
                recommended_provider_id=result.get("provider_id") or None,
                reasoning=optimizer._in_languages(result.get("reasoning")),
            )
        values.update(
            company_id=call.company_id,
            user_id=call.user_id,
            created_at=attempt.moment.create_date,
            configured_provider_id=call.configured_id,
            mode=self._mode(call),
            experiment_id=part and part.experiment_id,
            experiment_arm=part and part.arm,
            **used,
        )
        return optimizer._record_sql(values)

    def _recommended_cost(self, attempt, ranked):
        if not ranked or not ranked.choice:
            return None
        if ranked.choice.candidate.key == attempt.target.provider_id:
            return attempt.cost_usd
        usage, price = attempt.usage, ranked.choice.candidate.price
        if usage.audio_seconds or usage.input_audio:
            amount = pricing.cost(usage, price, when=fields.Datetime.now())
        else:
            amount = elsewhere(usage.input_total, usage.output_total, price)
        return None if amount is pricing.UNPRICED else amount

    def _result(self, call):
        advice = call.memory.get(self._name)
        return {"recommendation": advice.result if advice else None}
