import contextlib
import logging
import time
from dataclasses import replace
from operator import attrgetter

from psycopg2.pool import PoolError

from odoo import api, models

from ... import exceptions
from ...engine.base.line import one_line
from ...engine.call.replay import pieces
from ...engine.choice import deciding
from ...providers import CallPiece, ThoughtPiece
from ...providers.errors import ProviderError
from ..base.transactions import Apart, under_test
from .call import Attempt, Claim
from .call_scope import current_scope

_logger = logging.getLogger(__name__)

#: How long a call that gave its connection back waits for another one.
POOL_PATIENCE_S = 10
#: What a call does not state a policy may.
POLICY = ("max_tokens", "temperature", "max_latency_ms")


class AiService(models.AbstractModel):
    """The door to every language model.

    :meth:`_life` is a call from its first step to its last, in the order in which things happen:

    - check the request (``check.py``)
    - steps: open, answer, choose, shrink (``ai.step``; each in its own room)
    - reserve the most that it can cost (``reserve.py``)
    - send it (``send.py``)
    - settle: exact cost, ledger row, evidence (``settle.py``; for a dead worker ``reaper.py``)
    - where the answer had to fit a schema and does not, all of it once more (``checked_answer.py``)
    - steps: rescue, where no vendor answered
    - steps: after
    - steps: end, whatever became of it

    A step is found by what it implements; another addon adds one by a class that inherits
    ``ai.step``, without touching this one.
    """

    _name = "ai.service"
    _description = "AI Service"

    @api.model
    def send_message(self, messages, config=None, environment=None, **options):
        """Send messages to a model and return its answer with its exact cost.

        :param messages: a str (one message of the user), or a list of dicts with ``role``
            (system, user, assistant, tool) and ``content`` (str or a list of parts)
        :param config: ``ai.service.provider`` record or id; None takes the task's default
        :param dict environment: tags of the call: ``module``, ``context_model``,
            ``context_type`` (full, selective, minimal), ``agent_type``, ``agent_mode``,
            ``lead_id`` or ``res_model`` and ``res_id``, ``session_id``, ``variables``, a dict of
            name to number or text that prompts are filled with and conditions of patterns ask
            about, and ``context_blocks``, a dict of name to text: parts of the messages by their
            names, so that what was sent in vain can be named
        :param options: ``task_type``, ``quality_required`` (low, medium, high), ``mode``
            (passthrough, smart_router), ``max_tokens``, ``temperature`` (0 to 2), ``tools`` and
            ``tool_choice`` in OpenAI's shape, ``stop`` (texts at which the answer ends),
            ``response_schema`` (the JSON schema that the answer has to fit; it is asked once more
            where it does not), ``max_budget_usd``,
            ``max_latency_ms`` (a call is given at least one second), ``prompt`` (code or record of
            an ``ai.prompt``, the first system message), ``idempotency_key``,
            ``extra`` (dict merged into the vendor's request); where the agent keeps answers,
            ``no_cache`` (bool: neither give nor keep one), ``refresh`` (bool: ask anew, and keep
            that) and ``depends`` (``[(model, ids), …]``, records that must not have changed); and
            those that steps of other addons bring
        :return: dict with ``content``, ``provider_id``, ``provider_name``, ``model``, ``usage``
            (token counts by kind), ``cost_usd``, ``baseline_cost_usd``, ``saved_usd`` (floats
            nearest to the ledger's exact amounts), ``latency_ms``, ``kind``, ``token_usage_id``,
            ``remaining_usd`` (what the tightest budget that applied still allows, less what calls
            under way hold; None: none limits such calls), ``recommendation``, ``waste_report``,
            ``tool_calls``, ``finish_reason``, ``stop_sequence`` (the text at which it ended, where
            the vendor says so), ``thoughts`` (Claude's blocks of thinking), ``state``,
            ``notices`` (what was changed on the way, for a person), ``why`` (why this provider was
            asked, in a sentence) and ``kept_answer``
            (None, or a dict of the one that served: ``id``, ``question``, ``match`` (exact,
            same_question), ``given_at``, ``age_s``). With a
            ``response_schema`` also ``data``, the answer parsed and checked (None where the model
            asks for a tool instead), and ``first_try``: None, or what a first answer that did
            not fit has cost (``cost_usd`` on top, ``token_usage_id``, ``problems``)
        :raise exceptions.AnswerNotValidError: the answer does not fit ``response_schema``
        :raise exceptions.AiError: a subclass of UserError that says what to do
        """
        return self._whole(self._check(messages, config, environment, options))

    def stream_message(self, messages, config=None, environment=None, **options):
        """Like :meth:`send_message`, as a generator.

        :return: yields ``{'type': 'delta', 'text': str}`` for each piece (an empty text with
            ``tool_call``: ``index``, ``id``, ``name``, ``arguments``, for a piece of a tool call,
            and with ``thought`` for one of what Claude thinks aloud) and at last
            ``{'type': 'done', 'result': dict}``, the dict of :meth:`send_message`. A reader that
            leaves closes the generator: the call is settled all the same. With a
            ``response_schema`` the text comes in one piece, once it fits: nobody reads an answer
            that is asked for again.
        """
        call = self._check(messages, config, environment, options)
        call.streaming = not call.response_schema
        yield from self._events(call)

    @api.model
    def _events(self, call):
        """Generator of what :meth:`stream_message` yields, of a checked call."""
        with contextlib.closing(self._once(call)) as answer:
            while True:
                try:
                    text = next(answer)
                except StopIteration as finished:
                    yield {"type": "done", "result": finished.value}
                    return
                yield {"type": "delta", "text": text, **_beside_text(text)}

    @api.model
    def _send_apart(self, messages, config, environment, kind, within=None, **options):
        """Like :meth:`send_message`, for what a feature asks for itself: its rows are of a kind of
        their own (``engine.ledger.kinds``). ``within``: the call that it is asked for, which may
        be for certain providers only."""
        call = self._check(messages, config, environment, options)
        call.kind, call.within = kind, within
        call.allowed_ids = within.allowed_ids if within else None
        return self._whole(call)

    @api.model
    def _whole(self, call):
        """Return the result of a checked call, its pieces left unread."""
        answer = self._once(call)
        while True:
            try:
                next(answer)
            except StopIteration as finished:
                return finished.value

    # ------------------------------------------------------------------
    # The life of a call
    # ------------------------------------------------------------------

    @api.model
    def _life(self, call):
        """Run a checked call from its first step to its last; yields pieces of its answer.

        From the moment it is sent ``self.env``'s cursor is left alone: the caller may have closed
        it, to wait without a database connection.
        """
        steps = self.env["ai.step"]
        try:
            self._open(call)
            found = (one for one in steps._run("_answer", call) if one and self._fits(call, one))
            outcome = next(found, None)
            if outcome:
                with self._on_open_cursor(call) as service:
                    moment = service._moment_of(call)
                yield from self._in_pieces(call, self._reuse(call, outcome, moment))
            else:
                with self._on_open_cursor(call) as service:
                    yield from service._choose_and_ask(call)
            for _done in steps._run_apart("_after", call):
                pass
        finally:
            for _done in steps._run_apart("_end", call):
                pass

    @api.model
    def _moment_of(self, call):
        return self._moment(self.env["res.company"].browse(call.company_id).sudo())

    @api.model
    def _choose_and_ask(self, call):
        """Nothing but a vendor answers: choose one, make the request smaller, ask."""
        self._prepare(call)
        if call.response_schema:
            yield self._valid_answer(call)
        else:
            yield from self._ask(call)

    @api.model
    def _in_pieces(self, call, text):
        """Yield an answer that is there at once, as a stream to who reads a stream."""
        yield from pieces(text) if call.streaming else (text,)

    @contextlib.contextmanager
    def _on_open_cursor(self, call):
        """Yield this model on a cursor that is open: a new one where a step that waited has given
        the caller's back."""
        if not self.env.cr.closed:
            yield self
            return
        cr = self._new_cursor()
        with contextlib.closing(cr):
            yield self.with_env(call.apart.on(cr, su=self.env.su))

    @api.model
    def _new_cursor(self):
        """Return a cursor of Odoo's pool, which may be empty for a moment."""
        deadline = time.monotonic() + POOL_PATIENCE_S
        while True:
            try:
                return self.env.registry.cursor()
            except PoolError:  # many who waited for one answer wake at once
                if time.monotonic() > deadline:
                    raise self._busy() from None
                time.sleep(0.05)

    @api.model
    def _open(self, call):
        """Read what applies to the call: its agent, its type of message."""
        self.env.flush_all()  # what the caller wrote is no step's to undo
        for _done in self.env["ai.step"]._run("_open", call):
            pass
        self._follow_policy(call)

    @api.model
    def _prepare(self, call):
        """Choose who is asked, and make what is sent to them as small as it may be."""
        steps = self.env["ai.step"]
        self._decide(call, [*filter(None, steps._run("_choose", call))])
        asked = call.messages, call.tools
        for _done in steps._run("_shrink", call):
            pass
        if call.messages is not asked[0] or call.tools is not asked[1]:
            self._recount(call)

    @api.model
    def _follow_policy(self, call):
        """Take what a policy says where the call itself says nothing."""
        for name in POLICY:
            if getattr(call, name) is None:
                setattr(call, name, call.policy.get(name))
        if call.max_tokens and call.policy.get("max_tokens") == call.max_tokens:
            call.target = replace(call.target, max_tokens=self._most_tokens(call))

    @api.model
    def _decide(self, call, claims):
        """Turn the call to the provider of the first claim that may and can take it."""
        own = Claim(call.reason, call.target.provider_id)
        for claim in deciding.in_order([*claims, own], attrgetter("reason")):
            if claim.provider_id != call.target.provider_id:
                provider = self.env["ai.service.provider"].sudo().browse(claim.provider_id)
                before = call.target
                if not self._turn_if_able(call, provider, claim.reason):
                    continue
                if not call.rehearsed:
                    self._log_switch(call, before)
            call.reason = claim.reason
            call.memory.update(claim.memory or {})
            call.why = claim.told
            if claim.told and claim.provider_id != call.configured_id:
                call.notices.append(claim.told)
            return

    @api.model
    def _log_switch(self, call, before):
        """One line for whoever watches the log: who took a call that another was asked for."""
        _logger.info(
            "AI call switched: %s instead of %s (%s)",
            one_line(call.target.name, 100),
            one_line(before.name, 100),
            one_line(call.reason, 100),
        )

    @api.model
    def _recount(self, call):
        """Count anew what is sent now: the worst case is that of the request as it leaves."""
        provider = self.env["ai.service.provider"].browse(call.target.provider_id)
        self._turn(call, provider, call.reason)

    @api.model
    def _reuse(self, call, outcome, moment):
        """Record an answer that cost nothing; return its text. The caller's cursor may be closed.

        :param moment: the ``Moment`` of the call
        """
        attempt = call.attempt = Attempt(
            call.target,
            kind=outcome.kind,
            response=outcome.response,
            usage=outcome.usage,
            baseline_usd=outcome.baseline_usd,
        )
        attempt.moment = moment
        self._settle(call, attempt)
        return outcome.response.content

    @api.model
    def _ask(self, call):
        """Reserve, send, settle; then the fallback provider where the first does not answer."""
        failed = []
        while True:
            attempt = call.attempt = Attempt(call.target, kind=call.kind)
            if not (call.tried_ids or call.first_try):
                self._reserve(call, attempt)
            else:
                try:
                    self._reserve_apart(call, attempt)
                except exceptions.AiError:
                    if failed:
                        break  # what the caller has to know is why the one before failed
                    raise
            if not call.together:
                self._give_back_cursor()
            try:
                yield from self._send(call, attempt)
            except ProviderError as error:
                attempt.error = error
            finally:
                # A reader that left, or a worker told to stop, must not lose the row.
                self._settle(call, attempt)
            if attempt.unread:
                call.together = False
                continue
            if not attempt.error:
                return
            failed.append(attempt)
            if not self._fall_back(call, attempt):
                break
        first = failed[0]
        # one that may have been billed is told of first: who asks again may pay again
        told = next((one for one in failed if one.state == "uncertain"), first)
        error = self._error(told)
        outcome = self._rescue(call, first)
        if not outcome:
            raise error from told.error
        yield self._reuse(call, outcome, first.moment)

    @api.model
    def _rescue(self, call, first):
        """Return what is answered where no vendor did: an ``Outcome``, or None."""
        if call.read:
            return None  # a reader who has begun to read shall not read two answers in one
        found = self.env["ai.step"]._run_apart("_rescue", call, first)
        return next((one for one in found if one and self._fits(call, one)), None)

    @api.model
    def _give_back_cursor(self):
        """Close the caller's cursor where his context says ``ai_give_back_cursor``: he waits for
        the vendor without a database connection, and touches this environment no more."""
        if self.env.context.get("ai_give_back_cursor") and not under_test():
            self.env.cr.close()

    @api.model
    def _reserve_apart(self, call, attempt):
        """Reserve for a further attempt, the caller's cursor being closed perhaps."""
        with call.apart.reading() as env:
            self.with_env(env(su=self.env.su))._reserve(call, attempt)

    @api.model
    def _fall_back(self, call, attempt):
        """Turn the call to another provider than the one that failed; False if there is none.

        A call that was moved goes back to the provider that it asked for; else it goes on to the
        fallback of the one that failed.
        """
        if call.read:
            return False  # a reader who has begun to read shall not read two answers in one
        others = [(call.configured_id, "returned"), (attempt.target.fallback_id, "fallback")]
        with call.apart.reading() as env:
            for provider_id, reason in others:
                provider = env["ai.service.provider"].browse(provider_id or [])
                if provider_id in call.tried_ids:
                    continue
                if not self.with_env(env)._turn_if_able(call, provider, reason):
                    continue
                self._log_switch(call, attempt.target)
                call.why = self.env._(
                    "“%(first)s” did not answer, so “%(second)s” was asked.",
                    first=attempt.target.name,
                    second=call.target.name,
                )
                call.notices.append(call.why)
                return True
        return False

    @api.model
    def _error(self, attempt):
        """Return the error that a caller sees of an attempt that gave no answer."""
        error, values = attempt.error, {"name": attempt.target.name, "why": str(attempt.error)}
        if attempt.state == "uncertain":
            return exceptions.OutcomeUnknownError(
                self.env._(
                    "“%(name)s” gave no complete answer: %(why)s The call may have been billed, "
                    "so its highest possible cost is counted.",
                    **values,
                ),
                error,
                attempt.token_usage_id,
            )
        return exceptions.ProviderCallError(
            self.env._("“%(name)s” did not answer: %(why)s", **values),
            error,
            attempt.token_usage_id,
        )

    @api.model
    def _result(self, call):
        """Return what ``send_message`` returns."""
        attempt = call.attempt
        response = attempt.response
        left = attempt.remaining_usd
        result = {
            "content": response.content,
            "provider_id": attempt.target.provider_id,
            "provider_name": attempt.target.name,
            "model": response.model or attempt.target.model_name,
            "usage": attempt.usage.as_dict(),
            "cost_usd": float(attempt.cost_usd),
            "baseline_cost_usd": float(attempt.baseline_usd),
            "saved_usd": float(attempt.saved_usd),
            "remaining_usd": None if left is None else float(left),
            "latency_ms": attempt.latency_ms,
            "kind": attempt.kind,
            "state": attempt.state,
            "token_usage_id": attempt.token_usage_id,
            "recommendation": None,
            "waste_report": None,
            "tool_calls": response.tool_calls,
            "finish_reason": response.finish_reason,
            "stop_sequence": response.stop_sequence,
            "thoughts": response.thoughts,
            "notices": call.notices,
            "why": call.why or self._why(call),
        }
        if call.job:
            result.update(call.job.result(response, attempt.usage))
        else:
            result.update(self._data_of(call))
        for found in self.env["ai.step"]._run_apart("_result", call):
            result.update(found)
        return result

    @api.model
    def _why(self, call):
        """Say in a sentence why this provider was asked, where no step had a reason."""
        name = call.attempt.target.name
        if call.reason in ("configured", "mode"):
            if call.names_provider:
                return self.env._("“%s” was asked for.", name)
            return self.env._("“%s” is the default provider.", name)
        return call.notices[-1] if call.notices else ""

    # ------------------------------------------------------------------
    # Paying once
    # ------------------------------------------------------------------

    @api.model
    def _once(self, call):
        """Generator of the pieces of an answer that returns the result: of this call, or of the
        same one in an earlier try of the request."""
        _ = call.content_hash  # of what was asked, before a step changes it
        outcomes, key = {}, None
        if call.idempotency_key:
            kept = self._kept_answer(call)
        else:
            outcomes, key = call.slot or current_scope(self.env.cr).slot(call.content_hash)
            kept = outcomes.get(key)
        if isinstance(kept, Exception):
            raise kept
        if kept is not None:
            yield kept["content"]
            return dict(kept)
        try:
            with contextlib.closing(self._life(call)) as texts:
                yield from texts
        except (exceptions.OutcomeUnknownError, exceptions.AnswerNotValidError) as error:
            outcomes[key] = error  # paid: the request's next try does not pay again
            raise
        except GeneratorExit:
            if call.attempt and call.attempt.token_usage_id:
                outcomes[key] = self._result(call)
            raise
        outcomes[key] = self._result(call)
        return dict(outcomes[key])

    # ------------------------------------------------------------------
    # Transactions of our own, for the other rooms
    # ------------------------------------------------------------------

    def _own_cursor(self, wait_s=30.0):
        """Return a context manager: see ``base.transactions.Apart.cursor``."""
        return Apart(self.env).cursor(wait_s)

    def _on(self, cr):
        """Return this model on another cursor, as superuser."""
        return self.with_env(self.env(cr=cr, su=True))


def _beside_text(piece):
    """Return what a piece of a stream says that is no text."""
    if isinstance(piece, CallPiece):
        return {"tool_call": piece.call}
    if isinstance(piece, ThoughtPiece):
        return {"thought": piece.thought}
    return {}
