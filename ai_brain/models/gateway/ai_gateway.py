import hashlib

from odoo import api, models
from odoo.tools import str2bool

from ...engine.call import road
from ...engine.gateway import keys, openai_embeddings
from ...engine.gateway.asked import tags_of
from ...engine.gateway.errors import invalid
from ...engine.gateway.guesses import Guesses
from ...engine.gateway.operations import TAG_HEADERS
from ...engine.ledger.tasks import SERVED
from ..base.quick_cache import quick_cache
from . import key_secret
from .refused import Refused

SWITCH = "ai_brain.endpoint"
AUTO = "auto"
AGENT = "agent:"
#: Seconds after which the place of a count is free again, whatever became of it.
COUNTING_S = 60.0

_guesses = Guesses()


class AiGateway(models.AbstractModel):
    """The endpoint behind its controller: who asks, for whom, within which limits.

    Everything here is for the controllers of this addon; nothing of it can be called by RPC.
    """

    _name = "ai.gateway"
    _description = "AI Endpoint"

    # ------------------------------------------------------------------
    # Who asks
    # ------------------------------------------------------------------

    @api.model
    @quick_cache()
    def _is_on(self):
        """Is the endpoint switched on? Without a key it answers nobody all the same."""
        # as Odoo, which keeps parameters in the same cache
        found = self.env["ir.config_parameter"].sudo().get_param(SWITCH)
        return str2bool(found or "", False)

    @api.model
    def _admit(self, headers, address):
        """Return the ``KeyFacts`` of the key that a request presents; None where nothing is served
        here at all, because the endpoint is off or no key exists.

        One look by the digest, whatever the key: what is wrong, revoked, expired or a dead user's
        takes the same time and is refused in the same words.

        :param headers: the request's, a mapping that knows its names whatever their case
        :param str address: where it came from
        :raise Refused: 401, or 429 for an address that guesses
        """
        if not self._is_on():
            return None
        secret = keys.presented(headers)
        facts = key_secret.find(self.env.cr, keys.digest(secret)) if keys.is_key(secret) else None
        if facts:
            return facts
        if not key_secret.any_issued(self.env.cr):
            return None
        # who brings no key guesses none
        wait_s = _guesses.wait_s(address) if secret else 0
        if wait_s:
            raise Refused(
                429,
                self.env._("Too many wrong keys came from your address. Wait a minute."),
                code="too_many_wrong_keys",
                retry_after=wait_s,
                retry=False,
            )
        raise Refused(
            401,
            self.env._(
                "This key is not valid here: it is wrong, expired or revoked. A manager of AI "
                "costs makes one under AI Costs ▸ Configuration ▸ Endpoint Keys."
            ),
            code="invalid_api_key",
        )

    @api.model
    def _as_caller(self, facts):
        """Return this model as the key's user, in its company and his language."""
        context = {
            "lang": facts.lang or "en_US",
            "tz": facts.tz or False,
            "allowed_company_ids": [facts.company_id],
            "ai_give_back_cursor": True,
        }
        return self.with_env(self.env(user=facts.user_id, context=context, su=False))

    @api.model
    def _check_limits(self, facts):
        """Count a request of the key; refuse one too many in this minute.

        :raise Refused: 429 with the seconds to wait
        """
        key = self.env["ai.gateway.key"].sudo()
        wait_s = key._count_request(facts)
        if wait_s:
            raise Refused(
                429,
                self.env._(
                    "This key makes %s requests a minute at most. Ask again in the next minute.",
                    facts.per_minute,
                ),
                code="requests_per_minute",
                retry_after=wait_s,
            )
        key._note_use(facts)

    @api.model
    def _place(self, facts, call=None):
        """Take a place of the key for a call, or to count one: an object with ``free()``.

        :raise Refused: 429: as many calls of the key are under way as may be
        """
        if not facts.at_once:
            return _NoPlace()
        keys_model = self.env["ai.gateway.key"].sudo()
        lives_s = self._longest_s(call) if call else COUNTING_S
        place = keys_model._claim_place(facts, lives_s)
        if not place:
            raise Refused(
                429,
                self.env._(
                    "This key has %s calls under way, as many as it may have at once. Wait for an "
                    "answer, then ask again.",
                    facts.at_once,
                ),
                code="calls_at_once",
                retry_after=1,
            )
        return place

    # ------------------------------------------------------------------
    # What may be asked
    # ------------------------------------------------------------------

    @api.model
    def _providers(self, facts, tasks=SERVED):
        """Return the providers for some tasks that calls of a key may name, in the order of the
        list."""
        found = self.env["ai.service.provider"]._of_tasks(tasks, facts.company_id)
        if not facts.provider_ids:
            return found
        return found.browse(key for key in found._ids if key in facts.provider_ids)

    @api.model
    def _agent_codes(self, facts):
        """Return ``{code in lower case: code}`` of the agents that calls of a key may name."""
        bound = facts.agent_id or facts.agent_ids
        ids = [facts.agent_id] if facts.agent_id else [*facts.agent_ids]
        agents = self.env["ai.agent"].search(
            [
                ("company_id", "in", [False, facts.company_id]),
                *([("id", "in", ids)] if bound else []),
            ]
        )
        mine = set(self.env.user.sudo()._get_group_ids())
        return {
            agent.code.lower(): agent.code
            for agent in agents.sudo()
            if not (agent.user_ids or agent.group_ids)
            or self.env.user in agent.user_ids
            or mine & set(agent.group_ids.ids)
        }

    @api.model
    def _models(self, facts):
        """Return what ``model`` may be, a list of dicts of ``id``, ``name``, ``owned_by`` and
        ``created`` (epoch seconds)."""
        codes = self._agent_codes(facts)
        found = []
        if not facts.agent_ids:
            found.append((AUTO, self.env._("The best buy for each question"), "sam", 0))
        found += [(f"{AGENT}{code}", code, "sam", 0) for code in codes.values()]
        for provider in () if facts.agent_ids else self._providers(facts):
            at = int(provider.sudo().create_date.timestamp())
            found.append((provider.name, provider.name, provider.api_format, at))
            found.append((provider.model_name, provider.name, provider.api_format, at))
        listed = {}
        for key, name, owner, created in found:
            listed.setdefault(key, {"id": key, "name": name, "owned_by": owner, "created": created})
        return [*listed.values()]

    @api.model
    def _resolve(self, facts, model, tags, task="chat"):
        """Return ``(provider or None, mode or None)`` of a request, and set the agent's tag.

        What a key may not use has no name for it: the refusal is that of what does not exist.

        :param str model: as the client gives it
        :param dict tags: of the call, changed in place
        :raise Refused: 404
        """
        provider, mode, agent, said = None, None, None, tags.get("agent_type")
        bound = facts.agent_id or facts.agent_ids
        names_agent = model.lower().startswith(AGENT)
        codes = self._agent_codes(facts) if bound or names_agent or said else {}
        if names_agent:
            agent = codes.get(model[len(AGENT) :].strip().lower())
            if not agent:
                raise self._no_model(model)
        if said and not agent:
            agent = codes.get(str(said).strip().lower())
            if not agent and bound:
                raise self._no_model(f"{AGENT}{said}")
            agent = agent or said
        if facts.agent_id and not agent:
            agent = next(iter(codes.values()), None)
            if not agent:
                raise self._no_model(model)
        if facts.agent_ids and not agent:
            raise Refused(
                400,
                self.env._(
                    "This key calls as one of its agents. Name one as the model: %s.",
                    ", ".join(f"{AGENT}{code}" for code in codes.values()) or "—",
                ),
                param="model",
                code="agent_needed",
            )
        if model.lower() == AUTO:
            mode = None if agent else "smart_router"
        elif not names_agent:  # only now: what a key must not do says nothing of what there is
            provider = self._provider_of(facts, model, task)
        if agent:
            tags["agent_type"] = agent
        return provider, mode

    @api.model
    def _provider_of(self, facts, model, task):
        """Return the provider of a name or of a model's name: the first of the list."""
        found = self._providers(facts, [task])
        wanted = model.strip().lower()
        facts_of = [one._facts() for one in found]
        for named in ("name", "model_name"):
            for one in facts_of:
                if (getattr(one, named) or "").lower() == wanted:
                    return found.browse(one.id)
        raise self._no_model(model)

    @api.model
    def _no_model(self, model):
        return Refused(
            404,
            self.env._(
                "There is no model “%s” for this key. /ai/v1/models lists those that there are.",
                str(model)[:120],
            ),
            param="model",
            code="model_not_found",
            retry=False,
        )

    # ------------------------------------------------------------------
    # A call
    # ------------------------------------------------------------------

    @api.model
    def _tags(self, headers, asked):
        """Return the tags that a request gives: in ``metadata``, and by header, which wins."""
        return {"module": "gateway", **asked.tags, **tags_of(headers, TAG_HEADERS)}

    @api.model
    def _call(self, facts, asked, headers, audio=None):
        """Return the checked ``Call`` of a request; nothing is sent yet.

        :param asked: ``engine.gateway.asked.Asked``, or that of another task
        :param audio: the recording of a request for its text, a binary file
        :raise Refused, UserError: it cannot be sent
        """
        tags = self._tags(headers, asked)
        task = getattr(asked, "task", "chat")
        provider, mode = self._resolve(facts, asked.model, tags, task)
        named = provider or self._first_allowed(facts, task)
        once = {"mode": mode, "idempotency_key": self._once_key(facts, headers)}
        service = self.env["ai.service"]
        if task == "embedding":
            chosen = {**asked.options, **openai_embeddings.choices(headers), **once}
            call = service._check_embedding(asked.texts, named, tags, chosen)
        elif task == "voice_to_text":
            call = service._check_speech(audio, None, named, tags, {**asked.options, **once})
        else:
            call = service._check(asked.messages, named, tags, {**asked.call_options(), **once})
        call.names_provider = bool(provider)
        call.allowed_ids = facts.provider_ids or None
        call.memory["ai.step.gateway"] = facts
        call.streaming = bool(asked.stream) and not call.response_schema
        return call

    @api.model
    def _count_tokens(self, facts, asked, headers):
        """Return the number of input tokens that a request has, at whom it is meant for."""
        # a long text takes a while to count
        place = self._place(facts)
        try:
            return self._call(facts, asked, headers).target.count.tokens
        finally:
            place.free()

    @api.model
    def _first_allowed(self, facts, task="chat"):
        """Return the default provider of a key that may not use all; None: the company's."""
        if not facts.provider_ids:
            return None
        first = self._providers(facts, [task])[:1]
        if not first:
            raise self._no_model(AUTO)
        return first

    @api.model
    def _once_key(self, facts, headers):
        """Return the idempotency key of a request, None without one: each key has its own.

        :raise BadRequest: an empty one would pay twice where its sender believes that it does not
        """
        given = headers.get("Idempotency-Key")
        if given is None:
            return None
        if not given.strip():
            raise invalid("Idempotency-Key", "a text that names the request")
        return f"gateway:{facts.id}:{hashlib.sha256(given.encode()).hexdigest()}"

    @api.model
    def _longest_s(self, call):
        """Return how many seconds a call may take, whoever answers it in the end."""
        providers = self.env["ai.service.provider"].sudo()
        able = [one._facts() for one in providers._of_tasks([call.task_type], call.company_id)]
        wait = self.env.company.sudo()._ai_policy().budget_wait_s
        longest = road.longest(
            {one.id: one.timeout_s + wait for one in able},
            {one.id: one.fallback_id for one in able},
            call.configured_id,
        )
        # an answer that does not fit its schema is asked for once more
        return longest * 2 if call.response_schema else longest

    @api.model
    def _whole(self, call):
        """Ask, and return what ``send_message`` returns."""
        return self.env["ai.service"]._whole(call)

    @api.model
    def _pieces(self, call):
        """Ask, as a generator of what ``stream_message`` yields. Closed early, the call is settled
        at what was received."""
        return self.env["ai.service"]._events(call)


class _NoPlace:
    def free(self):
        """Nothing was taken."""
