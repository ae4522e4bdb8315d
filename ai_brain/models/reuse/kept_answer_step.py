import contextlib
import random
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import fields, models

from ... import exceptions
from ...engine.base.money import as_decimal
from ...engine.call.checks import OfType, RequestError
from ...engine.price import pricing
from ...engine.reuse import asked as reading
from ...engine.reuse.keeping import may_keep
from ...engine.reuse.pointing import points_elsewhere
from ...providers import ChatResponse
from ..call.call import Evidence, Outcome
from . import leases
from .agent_reuse import ReuseFacts
from .ai_answer import Kept

MOST_MODELS = 10
MOST_RECORDS = 200
#: Bookkeeping of whoever calls: what of it matters is among the messages.
NO_RECORDS = ("ai.conversation",)
#: Who decided by what the scope holds, so that he would decide the same again.
LASTING_REASONS = ("configured", "mode", "type", "router", "agent", "recommendation")


class Depends(OfType):
    """``[(model, ids), …]``: records that must not have changed since an answer was given."""

    def __call__(self, key, value):
        found = {}
        good = isinstance(value, list | tuple) and len(value) <= MOST_MODELS
        for pair in value if good else ():
            good = good and isinstance(pair, list | tuple) and len(pair) == 2
            name, ids = pair if good else (None, None)
            ids = [ids] if _is_id(ids) else ids
            good = good and isinstance(name, str) and isinstance(ids, list | tuple)
            good = good and all(map(_is_id, ids))
            if not good:
                break
            found.setdefault(name, set()).update(ids)
        if not good or sum(map(len, found.values())) > MOST_RECORDS:
            raise RequestError(
                "type",
                key=key,
                kind=f"list of (model, ids), {MOST_MODELS} models and {MOST_RECORDS} ids at most",
            )
        return {name: sorted(ids) for name, ids in found.items() if ids}


def _is_id(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31


@dataclass
class Asked:
    """What a call asks, and all that an answer to it depends on."""

    facts: ReuseFacts
    question: reading.Question
    scope: tuple
    #: what the question has in common with those that the same answer may serve
    key: str
    key_hash: int
    text_hash: int
    #: [(model, ids)] of the records that an answer rests on
    sources: list = field(default_factory=list)
    versions: int | None = None
    #: an answer of a provider whose standing is lower does not serve; None: any of the scope
    least: float | None = None
    refreshed: bool = False
    kept: Kept | None = None
    #: drawn to be asked all the same, and compared with this one
    checked: Kept | None = None
    #: the claim on the question while it is asked (``shared_answer_step``)
    token: int | None = None
    #: somebody else is asking it
    is_awaited: bool = False
    #: the answer of this call was kept
    is_kept: bool = False

    @property
    def is_known(self):
        """Is it known what an answer rests on? Not where a record may not be read."""
        return not self.sources or self.versions is not None


class AiStepKeptAnswer(models.AbstractModel):
    """Gives an answer again that was given before in the very same scope, where the agent allows
    it; and keeps what was answered."""

    _name = "ai.step.kept_answer"
    _inherit = "ai.step"
    _description = "AI Step: Kept Answer"
    _rank = 40
    _optimises = ("_answer",)  # what it did not look for it does not keep

    def _call_options(self):
        return {
            **super()._call_options(),
            "no_cache": OfType(bool),
            "refresh": OfType(bool),
            "depends": Depends(dict),
        }

    def _fingerprint(self, call):
        # asked anew on purpose: no repetition that could have been spared
        return ("refresh",) if call.options.get("refresh") else ()

    # ------------------------------------------------------------------
    # Before
    # ------------------------------------------------------------------

    def _answer(self, call):
        asked = self._asked(call)
        if not asked:
            return None
        call.memory[self._name] = asked
        if asked.sources:
            asked.versions = self.env["ai.answer"]._read_versions(asked)
        if asked.refreshed or not asked.is_known:
            return None
        # What is not there is claimed in the same round trip, for ``shared_answer_step``; and what
        # a recommendation is going to ask for is read.
        lease_s = leases.lease_s(self._timeout_s(call))
        wanted = self.env["ai.step.recommendation"]._evidence_of(call)
        asked.token, found, evidence = self.env["ai.answer.claim"]._claim(
            call.apart, asked, lease_s, unless_kept=True, evidence_of=wanted
        )
        call.evidence = None if evidence is None else (*wanted, evidence)
        asked.is_awaited = not asked.token and not found
        kept = self._first(call, asked, found)
        if kept and random.random() < asked.facts.check_share:
            asked.checked = kept
            return None
        return kept and self._outcome(call, asked, kept, "cache")

    def _timeout_s(self, call):
        return self.env["ai.service.provider"].browse(call.target.provider_id)._facts().timeout_s

    def _asked(self, call):
        """Return the ``Asked`` of a call; None where no answer may be reused. Sends nothing."""
        agent = call.memory.get("ai.step.agent")
        reuse = call.policy.get("reuse", "off")
        facts = agent and reuse != "off" and self.env["ai.agent"]._reuse_of(agent.id, reuse)
        if (
            not facts
            or call.options.get("no_cache")
            or call.text_policy == "none"
            or reading.varies(call.temperature)
            or self.env["ai.experiment"]._running(call.company_id, call.task_type)
        ):
            return None
        if agent.trial and "provider_id" in agent.trial.tried:
            return None  # each arm of a trial of providers has its own answers
        question = reading.question_of(call.messages)
        if not question:
            return None
        sources = self._sources(call)
        points = points_elsewhere(question.text)
        if points and not sources:
            return None
        language, key = reading.key_of(question.text) if facts.near else (None, question.text)
        chosen_by, least = self._chosen_by(call, facts)
        today = self.env["res.company"].browse(call.company_id)._ai_local_date() if points else None
        scope = reading.digest(
            [
                self._whose(call, facts, sources),
                facts.agent_id,
                call.task_type,
                question.before,
                question.rest,
                call.tools,
                call.tool_choice,
                call.response_schema,
                call.temperature,
                call.max_tokens,
                call.extra,
                *([{"stop": call.stop}] if call.stop else ()),
                call.blocks,
                sources,
                chosen_by,
                language,
                today,
            ]
        )
        return Asked(
            facts=facts,
            question=question,
            scope=scope,
            key=key,
            key_hash=reading.text_hash(key),
            text_hash=reading.text_hash(question.text),
            sources=sources,
            least=least,
            refreshed=bool(call.options.get("refresh")),
        )

    def _sources(self, call):
        """Return ``[(model, ids)]`` of the record of the call and what else it depends on."""
        found = {name: set(ids) for name, ids in (call.options.get("depends") or {}).items()}
        record = call.tags.get("res_model"), call.tags.get("res_id")
        if all(record) and record[0] not in NO_RECORDS:
            found.setdefault(record[0], set()).add(record[1])
        return sorted((name, sorted(ids)) for name, ids in found.items())

    def _whose(self, call, facts, sources):
        """Return who may have the answer: what rests on more than the question serves one only."""
        wide = not (call.blocks or sources or call.tools)
        if wide and facts.scope == "everybody" and not facts.company_id:
            return ["everybody"]
        if wide and facts.scope in ("company", "everybody"):
            return ["company", call.company_id]
        if wide and facts.scope == "group":
            person = self.env["res.users"].browse(call.user_id).sudo()
            if facts.group_id in person._get_group_ids():
                return ["group", call.company_id, facts.group_id]
        return ["user", call.company_id, call.user_id]

    def _chosen_by(self, call, facts):
        """Return what decides who would answer now, and the least standing that an answer needs.

        Where the router or a message type decides, the same scope means the same choice, as long
        as no provider, price or bar changes; else whoever is asked now sets the least.
        """
        provider = self.env["ai.service.provider"]
        advice = self.env["ai.step.recommendation"]
        own = provider.browse(call.configured_id)._facts()
        found, _certainty = call.memory.get("ai.step.message_type") or (None, 0)
        mode = advice._mode(call)
        routed = mode == "smart_router" or (not mode and own.switches) or found
        least = provider._standing(*self._would_answer(call))
        if not routed:
            return None, least
        chosen_by = [
            mode,
            found and self._how_it_answers(found),
            call.configured_id,
            call.target.provider_id,
            call.policy.get("provider_id"),
            call.policy.get("efficient_provider_id"),
            call.wanted("quality_required"),
            call.options.get("tier"),
            call.options.get("user_tier")
            or self.env["res.users"]._ai_tier_of(self.env.uid)
            or False,
            call.max_latency_ms,
            call.max_budget_usd,
            provider._routing_print(call.company_id),
        ]
        return chosen_by, least if facts.first_strong_messages else None

    @staticmethod
    def _how_it_answers(found):
        """Return what of a type's facts an answer depends on: not how the type is told."""
        facts = found._replace(examples={}, cues={})._asdict()
        return [value for name, value in facts.items() if name != "set"]

    def _would_answer(self, call):
        """Return ``(provider id, model)`` of who would answer where no router decides: the agent's
        own provider stands above the one that the call names, an explicit passthrough above both.
        """
        agent = call.memory.get("ai.step.agent")
        own = agent and call.reason != "mode" and self.env["ai.step.agent"]._provider(call, agent)
        if own:
            return own.id, own._facts().model_name
        return call.target.provider_id, call.target.model_name

    def _first(self, call, asked, found):
        """Return the first of some answers whose key is the asked one's to the letter, and whose
        provider is one that the call may ask, and no lesser one than would answer now."""
        allowed = call.allowed_ids
        for kept in found:
            if allowed is not None and kept.provider_id not in allowed:
                continue
            same = kept.question == asked.question.text
            if not same and asked.facts.near:
                same = reading.key_of(kept.question)[1] == asked.key
            if same and self._is_good_enough(asked, kept):
                return kept
        return None

    def _is_good_enough(self, asked, kept):
        standing = self.env["ai.service.provider"]._standing(kept.provider_id, kept.model_name)
        return standing >= max(asked.least or 0.0, 0.0)

    def _outcome(self, call, asked, kept, kind):
        """Return the ``Outcome`` of a call that a kept answer serves, and tell the reader."""
        asked.kept = kept
        usage = self.env["ai.answer"]._usage_of(kept)
        paid = pricing.cost(usage, call.configured.price, when=fields.Datetime.now())
        provider = self.env["ai.service.provider"].browse(kept.provider_id)
        name = provider._facts().name
        service = self.env["ai.service"]
        if kept.provider_id != call.target.provider_id and service._may_take(call, provider):
            # too small for the request by now: the answer is there all the same
            with contextlib.suppress(exceptions.InvalidCallError):
                service._turn(call, provider, call.reason)
        if kind == "dedup":
            told = self.env._("The same was being asked, so this answer of “%s” serves both.", name)
        else:
            told = self.env._(
                "This is a kept answer: “%(name)s” gave it %(age)s ago to the same question.",
                name=name,
                age=call.reader.duration(self._age_s(kept)),
            )
        call.why = told
        call.notices.append(told)
        response = ChatResponse(kept.answer, model=kept.model_name or "", finish_reason="stop")
        baseline = 0 if paid is pricing.UNPRICED else paid
        return Outcome(kind, response, usage, as_decimal(baseline))

    def _age_s(self, kept):
        age = fields.Datetime.now() - kept.created_at
        return max(age, timedelta(seconds=1)).total_seconds()

    # ------------------------------------------------------------------
    # After
    # ------------------------------------------------------------------

    def _columns(self, call, attempt):
        asked = call.memory.get(self._name)
        if asked and attempt.paid and not asked.refreshed:
            return {"asked_hash": asked.text_hash}  # looked for a kept answer, and found none
        if not asked or not asked.kept or attempt.paid:
            return {}
        return {
            "answer_key": asked.kept.id,
            "answer_match": self._match(asked, asked.kept),
            "asked_hash": asked.text_hash,
        }

    def _match(self, asked, kept):
        return "exact" if kept.text_hash == asked.text_hash else "same_question"

    def _evidence(self, call, attempt):
        asked = call.memory.get(self._name)
        if not asked or attempt.kind == "fallback":
            return ()
        if attempt.paid:
            return self._keeping(call, asked, attempt)
        if not asked.kept:
            return ()
        served = self.env["ai.answer"]._served_sql(asked.kept.id, attempt.saved_usd)
        return [Evidence(served, shared=True)]

    def _keeping(self, call, asked, attempt):
        """Return what keeps the answer of an attempt, and gives back the claim on its question, as
        ``Evidence``; [] where nothing is kept."""
        if asked.kept or asked.checked or not self._may_keep(call, asked, attempt):
            return []
        kept = self.env["ai.answer"]._keep_sql(self._values(call, asked, attempt), asked.token)

        def is_kept(_answer_id):
            asked.is_kept = True
            if asked.token:
                leases.drop(asked.token)
                asked.token = None

        return [Evidence(kept, is_kept)]

    def _after(self, call):
        asked = call.memory.get(self._name)
        attempt = call.attempt
        if not asked or asked.kept or asked.is_kept or not self._may_keep(call, asked, attempt):
            return
        if asked.checked:
            self._draw(call, asked)
            return
        # the evidence found a lock, and gave up
        for keeping in self._keeping(call, asked, attempt):
            self.env["ai.answer"]._at_once(call.apart, keeping.statement)
            keeping.kept(None)

    def _may_keep(self, call, asked, attempt):
        if not attempt.paid or attempt.state != "done" or attempt.error or attempt.problems:
            return False
        response = attempt.response
        if not asked.is_known:
            return False
        if not may_keep(response.content, response.finish_reason, response.tool_calls):
            return False
        # where a budget or a failure decided, only what is compared when it is looked up
        return asked.least is not None or call.reason in LASTING_REASONS

    def _values(self, call, asked, attempt):
        """Return the columns of an answer to keep."""
        record = call.tags.get("res_model"), call.tags.get("res_id")
        others = [
            (name, ids) for name, ids in asked.sources if (name, ids) != (record[0], [record[1]])
        ]
        has_record = all(record) and record[0] not in NO_RECORDS
        values = {
            "company_id": call.company_id,
            "agent_id": asked.facts.agent_id,
            "user_id": call.user_id,
            "provider_id": attempt.target.provider_id,
            "model_name": attempt.target.model_name,
            "question": asked.question.text,
            "answer": attempt.response.content,
            "usage": self.env["ai.answer"]._usage_values(attempt.usage),
            "res_model": record[0] if has_record else None,
            "res_id": record[1] if has_record else None,
            "depends": dict(others) or None,
            "created_at": fields.Datetime.now(),
            "hits": 0,
            "saved_usd": 0,
            "token_usage_id": attempt.token_usage_id or None,
            "scope_hash": asked.scope[0],
            "scope_rest": asked.scope[1],
            "key_hash": asked.key_hash,
            "text_hash": asked.text_hash,
            "versions": asked.versions,
        }
        return {name: value for name, value in values.items() if value is not None}

    def _draw(self, call, asked):
        """Have a person compare the answer with the kept one that would have served."""
        kept, new = asked.checked, call.attempt.response.content
        with call.apart.env(wait_s=2.0) as env:
            judgements = env["ai.answer.judgement"]
            judgements.create(
                {
                    "company_id": call.company_id,
                    "agent_id": asked.facts.agent_id,
                    "user_id": call.user_id,
                    "source": "sample",
                    "verdict": "right" if kept.answer == new else "pending",
                    "asked": asked.question.text,
                    "kept_question": kept.question,
                    "kept_answer": kept.answer,
                    "new_answer": new,
                    "answer_key": kept.id,
                    "token_usage_id": call.attempt.token_usage_id or False,
                    "created_at": fields.Datetime.now(),
                    **judgements._of_pair(asked.text_hash, kept.text_hash),
                }
            )

    def _tell(self, usage):
        saved = usage._usd_of(usage.saved_usd)
        if usage.kind == "cache":
            return [(self.env._("A kept answer served, so no vendor was asked."), saved)]
        if usage.kind == "dedup":
            return [(self.env._("The answer to the same question, just asked, served."), saved)]
        return ()

    def _result(self, call):
        asked = call.memory.get(self._name)
        kept = asked and asked.kept
        if not kept or call.attempt.kind == "fallback":
            return {"kept_answer": None}
        said = {
            "id": kept.id,
            "question": kept.question,
            "match": self._match(asked, kept),
            "given_at": fields.Datetime.to_string(kept.created_at),
            "age_s": round(self._age_s(kept)),
        }
        return {"kept_answer": said}
