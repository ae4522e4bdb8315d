import contextlib
import json
import logging
import secrets
from dataclasses import replace
from decimal import Decimal

from odoo import api, fields, models

from ... import exceptions, providers
from ...engine.batch import joined, shares
from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.prompt import tokens
from ...providers import ChatResponse, errors
from ..call.call import Parked

_logger = logging.getLogger(__name__)

#: Tags that like questions share; what differs in them is held and counted for each by itself.
TAGS = ("agent_type", "module", "context_model", "res_model")


class _Run:
    """One call on its way: a generator that stops where the vendor would be asked."""

    def __init__(self, call):
        self.call = call
        self._before = call.snapshot()
        self._pieces = None
        self.parked = self.outcome = None

    def begin(self, start):
        self._pieces = start(self.call)
        self._go(None)

    def go_on(self, is_answered):
        self.parked = None
        self._go(is_answered)

    def put_back(self):
        """As it was before it began, to be sent by itself."""
        self.call.restore(self._before)
        self.call.together = False
        self.outcome = None

    def close(self):
        if self._pieces:
            self._pieces.close()

    def _go(self, value):
        try:
            while True:
                piece, value = self._pieces.send(value), None
                if isinstance(piece, Parked):
                    self.parked = piece
                    return
        except StopIteration as finished:
            self.outcome = finished.value
        except Exception as error:
            self.outcome = error


class AiService(models.AbstractModel):
    """Several like questions in one call, where the vendor has no batch service.

    They are of one user, one company and one record access, five at most. Each is a call of its
    own in everything but the sending: its steps, its hold, its ledger row with its share of the one
    bill. What the joined answer does not hold exactly is asked singly.
    """

    _inherit = "ai.service"

    @api.model
    def _run_together(self, calls, start):
        """Run calls of the current user; those that are alike share one call to the vendor.

        :param calls: ``Call`` objects, checked
        :param str start: name of the method that a call's life is the generator of
        :return: list of results and exceptions, in the order of ``calls``
        """
        self._mark_joinable(calls)
        runs = [_Run(call) for call in calls]
        parked = [run for run in runs if run.call.together]
        alone = [run for run in runs if not run.call.together]
        try:
            for run in parked:
                run.begin(getattr(self, start))
            for run in parked:
                if self._may_fit_later(run, parked):
                    run.put_back()
                    alone.append(run)
            groups = self._groups([run for run in parked if run.parked])
            limits = [self._longest(group) for group in groups]
            if groups:
                self._give_back_cursor()
            for group, most in zip(groups, limits, strict=True):
                is_answered = len(group) > 1 and self._ask_joined(group, most)
                for run in group:
                    run.go_on(is_answered)
            for run in alone:
                with self._on_some_cursor() as service:
                    run.begin(getattr(service, start))
        finally:
            for run in runs:
                run.close()
        return [run.outcome for run in runs]

    @contextlib.contextmanager
    def _on_some_cursor(self):
        """Yield this model on a cursor that is open: its own, or a new one once that was closed."""
        if not self.env.cr.closed:
            yield self
            return
        with contextlib.closing(self._new_cursor()) as cr:
            yield self.with_env(self.env(cr=cr))

    @api.model
    def _may_fit_later(self, run, runs):
        """Was it refused for what the others hold until they are answered?"""
        refused = (exceptions.BudgetExceededError, exceptions.TooManyCallsError)
        return isinstance(run.outcome, refused) and any(one.parked for one in runs)

    # ------------------------------------------------------------------
    # What is alike
    # ------------------------------------------------------------------

    @api.model
    def _mark_joinable(self, calls):
        """Mark the calls that may be sent with others."""
        alone = [call for call in calls if not self._is_joinable(call)]
        if len(calls) - len(alone) < 2:
            return
        readable = {}
        for call in calls:
            if call not in alone and call.tags.get("res_id"):
                readable.setdefault(call.tags["res_model"], set()).add(call.tags["res_id"])
        for model, ids in readable.items():
            known = self.env[model].with_user(self.env.uid) if model in self.env else None
            with contextlib.suppress(Exception):
                found = None if known is None else known.browse(ids).exists()
                readable[model] = set(found._filtered_access("read").ids) if found else set()
        for call in calls:
            record_id = call.tags.get("res_id")
            seen = not record_id or record_id in readable[call.tags["res_model"]]
            call.together = call not in alone and seen

    @api.model
    def _is_joinable(self, call):
        """Is it small, does its agent allow it, and does nothing of it concern it alone?"""
        own = (
            call.streaming,
            call.tools,
            call.response_schema,
            call.extra,
            call.max_budget_usd is not None,
            call.max_latency_ms,
            call.task_type != "chat",
        )
        if any(own) or not joined.is_small(call.messages):
            return False
        if self.env["ai.step.holdout"]._is_held_out(call):
            return False
        agent = self.env["ai.agent"]._of_call(call.tags.get("agent_type"), call.company_id)
        return bool(agent and self.env["ai.agent"]._joins(agent.id))

    @api.model
    def _groups(self, runs):
        """Return lists of parked runs; those of one list can be sent as one call."""
        groups = {}
        for n, run in enumerate(runs):
            groups.setdefault(self._likeness(run) or n, []).append(run)
        return [
            group[start : start + joined.MOST]
            for group in groups.values()
            for start in range(0, len(group), joined.MOST)
        ]

    @api.model
    def _likeness(self, run):
        """Return what like questions have in common, None for one that is sent by itself."""
        call, attempt = run.parked
        wire = providers.get_wire(attempt.target.api_format)
        small = joined.is_small(call.messages) and not (call.tools or call.extra)
        if not small or wire.batch_for(attempt.endpoint):
            return None
        target = attempt.target
        return (
            (target.provider_id, target.price_id, call.kind, call.user_id, call.company_id),
            (call.temperature, call.cache_mark, call.cache_tail, call.cache_key),
            tuple(call.tags.get(name) for name in TAGS),
            json.dumps(call.messages[:-1]),
        )

    @api.model
    def _longest(self, group):
        """Return how long the joined answer may be, in tokens."""
        target = group[0].parked.attempt.target
        wanted = sum(run.parked.attempt.target.max_tokens for run in group)
        facts = self.env["ai.service.provider"].browse(target.provider_id)._facts()
        return min(wanted, facts.max_output_tokens or wanted)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _ask_joined(self, group, most):
        """Ask the questions of parked runs in one call, and give each attempt its part.

        :return: False if nothing was billed: each is sent singly, under the hold that it has
        """
        calls = [run.parked.call for run in group]
        attempts = [run.parked.attempt for run in group]
        first = attempts[0]
        sign = secrets.token_hex(4)
        try:
            messages = joined.compose([call.messages for call in calls], sign)
        except ValueError:  # a question holds the sign
            return False
        target = replace(first.target, max_tokens=most)
        wire = providers.get_wire(target.api_format)
        count = tokens.count_tokens(messages, target.model_name, target.api_format)
        whole = replace(calls[0], messages=messages)
        chat = self._vendor_request(whole, replace(first, target=target))
        target = replace(target, count=count, uncounted=wire.uncounted_bytes(chat))
        worst = whole.worst_case(target)
        held = sum((attempt.held_usd for attempt in attempts), Decimal(0))
        if worst is pricing.UNPRICED or worst > held:
            return False
        for attempt in attempts:
            attempt.sent = True
        try:
            response = wire.complete(first.endpoint, chat)
        except errors.ProviderError as error:
            if error.billing == "none":
                _logger.info("AI: %s questions in one call were not taken: %s", len(calls), error)
                for attempt in attempts:
                    attempt.sent = False
                return False
            for attempt in attempts:
                attempt.error, attempt.kind, attempt.joined = error, "batch", len(calls)
            return True
        self._share_out(calls, attempts, response, sign, count.tokens)
        return True

    @api.model
    def _share_out(self, calls, attempts, response, sign, counted):
        """Give each attempt its answer and its share of what the one call cost.

        :param int counted: tokens of what was sent, as we count them
        """
        answers = joined.read(response.content, len(calls), sign)
        target = attempts[0].target
        sizes = [
            tokens.count_text(answer or "", target.model_name, target.api_format).tokens
            for answer in answers
        ]
        parts = amounts = [None] * len(calls)
        singly = [None if answer else Decimal(0) for answer in answers]
        whole_usd = None
        if response.usage is not None:
            now = fields.Datetime.now()
            sent = [call.target.count.tokens for call in calls]
            parts = shares.share_usage(response.usage, sent, sizes)
            returned = response.returned_cost_usd
            found = shares.share_cost(
                response.usage, parts, target.price, returned_usd=returned, when=now
            )
            if found:
                amounts = found
                estimates = [one.held_usd / one.hold_factor for one in attempts]
                whole_usd = sum(found, Decimal(0)), sum(estimates, Decimal(0))
                # as this vendor counts: what it billed for each token that we count
                made = tokens.count_text(
                    response.content, target.model_name, target.api_format
                ).tokens
                for n, answer in enumerate(answers):
                    if answer:
                        usage = TokenUsage(
                            input=sent[n] * response.usage.input_total // max(counted, 1),
                            output=sizes[n] * response.usage.output_total // max(made, 1),
                        )
                        singly[n] = self._cost_singly(calls[n], usage, now)
        for n, (call, attempt) in enumerate(zip(calls, attempts, strict=True)):
            attempt.kind, attempt.joined = "batch", len(calls)
            attempt.unread = answers[n] is None
            attempt.singly_usd, attempt.whole_usd = singly[n], whole_usd
            attempt.response = ChatResponse(
                content=answers[n] or "",
                usage=parts[n],
                model=response.model,
                finish_reason="stop" if answers[n] else response.finish_reason,
                returned_cost_usd=amounts[n],
                request_id=response.request_id,
            )
            if answers[n]:
                call.notices.append(
                    self.env._(
                        "Asked together with %s like questions, in one call.", len(calls) - 1
                    )
                )

    @api.model
    def _cost_singly(self, call, usage, now):
        """Return what a question would have cost by itself at the configured provider, or None."""
        found = pricing.cost(usage, call.configured.price, when=now)
        return None if found is pricing.UNPRICED else found
