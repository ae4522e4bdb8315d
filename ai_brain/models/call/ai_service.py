import contextlib
import logging
import time

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ... import exceptions
from ...providers.errors import ProviderError
from .call_scope import current_scope

_logger = logging.getLogger(__name__)


class AiService(models.AbstractModel):
    """The door to every language model.

    ``send_message`` runs one call through its steps, each a method to extend by inheritance::

        _prepare    check and normalise the input, count tokens          ai_service_prepare.py
        _short_cut  an answer that costs nothing, if there is one
        _trim       make the request smaller
        _choose     settle on a provider
        _reserve    hold the worst-case cost                             ai_service_hold.py
        _call       ask the vendor                                       ai_service_vendor.py
        _settle     exact cost, ledger row, reservation given back       ai_service_ledger.py
        _after      benchmark, waste, cache, alerts
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
            ``lead_id`` or ``res_model`` and ``res_id``, ``session_id``, and ``context_blocks``, a
            dict of name to text: parts of the messages by their names, so that what was sent in
            vain can be named
        :param options: ``task_type``, ``quality_required`` (low, medium, high), ``mode``
            (passthrough, smart_router), ``max_tokens``, ``temperature`` (0 to 2), ``tools`` and
            ``tool_choice`` in OpenAI's shape, ``max_budget_usd``, ``max_latency_ms``,
            ``idempotency_key``, ``extra`` (dict merged into the vendor's request)
        :return: dict with ``content``, ``provider_id``, ``provider_name``, ``model``, ``usage``
            (token counts by kind), ``cost_usd``, ``baseline_cost_usd``, ``saved_usd`` (floats
            nearest to the ledger's exact amounts), ``latency_ms``, ``kind``, ``token_usage_id``,
            ``recommendation``, ``waste_report``, ``tool_calls``, ``finish_reason``, ``state``
            and ``notices`` (what was changed on the way, for a person)
        :raise exceptions.AiError: a subclass of UserError that says what to do
        """
        call = self._prepare(messages, config, environment, options)
        answer = self._answer(call)
        while True:
            try:
                next(answer)
            except StopIteration as finished:
                return finished.value

    def stream_message(self, messages, config=None, environment=None, **options):
        """Like :meth:`send_message`, as a generator.

        :return: yields ``{'type': 'delta', 'text': str}`` for each piece and at last
            ``{'type': 'done', 'result': dict}``, the dict of :meth:`send_message`. A reader that
            leaves closes the generator: the call is settled all the same.
        """
        call = self._prepare(messages, config, environment, options)
        call.streaming = True
        with contextlib.closing(self._answer(call)) as answer:
            while True:
                try:
                    text = next(answer)
                except StopIteration as finished:
                    yield {"type": "done", "result": finished.value}
                    return
                yield {"type": "delta", "text": text}

    @api.model
    def _steps(self, call):
        """Run a prepared call through its steps; yields pieces of a streamed answer."""
        self._optional(self._short_cut, call)
        if not call.answered:
            self._optional(self._trim, call)
            self._choose(call)
            yield from self._exchange(call)
        else:
            self._settle(call)
            yield call.response.content
        self._optional(self._after, call)

    def _optional(self, step, call):
        """Run a step that saves money or judges: it never breaks a call, nor its transaction.

        A refusal passes as long as nothing was paid.
        """
        try:
            with self.env.cr.savepoint(flush=False):
                step(call)
        except Exception as error:
            if isinstance(error, exceptions.AiError) and not call.answered:
                raise
            _logger.warning("AI call: %s failed and was passed over", step.__name__, exc_info=True)

    @api.model
    def _exchange(self, call):
        """Reserve, call, settle; then the fallback provider where the first does not answer."""
        while True:
            self._reserve(call)
            try:
                yield from self._call(call)
            except ProviderError as error:
                call.error = error
            finally:
                # A reader that left, or a worker told to stop, must not lose the row.
                call.latency_ms = round((time.monotonic() - call.attempt_started) * 1000)
                self._settle(call)
            if not call.error or not self._fall_back(call):
                break
        if call.error:
            self._raise_error(call)

    # ------------------------------------------------------------------
    # Steps that other parts fill
    # ------------------------------------------------------------------

    @api.model
    def _short_cut(self, call):
        """Set ``call.response``, ``kind``, ``usage``, ``cost_usd`` and ``baseline_usd`` if an
        answer is to be had without a vendor."""

    @api.model
    def _trim(self, call):
        """Make ``call.messages`` or ``call.tools`` smaller where nothing is lost by it."""

    @api.model
    def _choose(self, call):
        """Set ``call.target``, the provider to ask; it was prepared as the configured one."""

    @api.model
    def _after(self, call):
        """Judge the finished call: the answer is there and paid."""

    @api.model
    def _recommend_provider_before_call(self, config, messages, environment):
        """Return the recommendation for a call (see ``ai.cost.optimizer``), or None."""
        return

    @api.model
    def _analyze_waste_after_call(self, token_usage_id):
        """Return the waste report of a finished call (see ``ai.token.analytics``), or None."""
        return

    @api.model
    def _fall_back(self, call):
        """Turn the call to the fallback of the provider that failed; False if there is none."""
        fallback = self.env["ai.service.provider"].sudo().browse(call.target.fallback_id or [])
        if not fallback or not fallback.active or fallback.id in call.tried_ids:
            return False
        call.notices.append(
            self.env._(
                "“%(first)s” did not answer, so “%(second)s” was asked.",
                first=call.target.name,
                second=fallback.name,
            )
        )
        call.error = call.response = None
        self._set_target(call, fallback)
        return True

    @api.model
    def _raise_error(self, call):
        error = call.error
        values = {"name": call.target.name, "why": str(error)}
        if call.state == "uncertain":
            raise exceptions.OutcomeUnknownError(
                self.env._(
                    "“%(name)s” gave no complete answer: %(why)s The call may have been billed, "
                    "so its highest possible cost is counted.",
                    **values,
                ),
                error,
                call.token_usage_id,
            ) from error
        raise exceptions.ProviderCallError(
            self.env._("“%(name)s” did not answer: %(why)s", **values), error, call.token_usage_id
        ) from error

    # ------------------------------------------------------------------
    # Paying once
    # ------------------------------------------------------------------

    @api.model
    def _answer(self, call):
        """Generator of the pieces of an answer that returns the result: of this call, or of the
        same one in an earlier try of the request."""
        outcomes, key = {}, None
        if call.idempotency_key:
            kept = self._kept_answer(call)
        else:
            scope = current_scope(self.env.cr)
            outcomes, key = scope.outcomes, scope.next_key(call.content_hash)
            kept = outcomes.get(key)
        if isinstance(kept, Exception):
            raise kept
        if kept is not None:
            yield kept["content"]
            return dict(kept)
        try:
            with contextlib.closing(self._steps(call)) as texts:
                yield from texts
        except exceptions.OutcomeUnknownError as error:
            outcomes[key] = error
            raise
        except GeneratorExit:
            if call.token_usage_id:
                outcomes[key] = self._result(call)
            raise
        outcomes[key] = self._result(call)
        return dict(outcomes[key])

    @api.model
    def _result(self, call):
        return {
            "content": call.response.content,
            "provider_id": call.target.provider_id,
            "provider_name": call.target.name,
            "model": call.response.model or call.target.model_name,
            "usage": call.usage.as_dict(),
            "cost_usd": float(call.cost_usd),
            "baseline_cost_usd": float(call.baseline_usd),
            "saved_usd": float(call.baseline_usd - call.cost_usd),
            "latency_ms": call.latency_ms,
            "kind": call.kind,
            "state": call.state,
            "token_usage_id": call.token_usage_id,
            "recommendation": call.recommendation,
            "waste_report": call.waste_report,
            "tool_calls": call.response.tool_calls,
            "finish_reason": call.response.finish_reason,
            "notices": call.notices,
        }

    @api.model
    def _check_caller(self):
        """Portal and public users do not spend the company's money."""
        if not (self.env.su or self.env.user._is_internal()):
            raise AccessError(self.env._("Only internal users can call AI models."))
        if not self.env.company:
            raise UserError(self.env._("Choose a company before you call an AI model."))
