import json
from datetime import datetime, timezone
from types import SimpleNamespace

from odoo import api, fields, models

from ... import exceptions, providers
from ...engine.base.money import as_decimal
from ...engine.batch import when
from ...engine.price import pricing
from ...providers import errors, http
from ...providers.batch import BatchItem
from ..base.ai_callback import is_callback
from ..base.python_only import python_only
from ..call.call import Attempt

#: Records that one callback may be for.
MOST_RECORDS = 10_000
#: As much of a question as a list shows.
MOST_SHOWN = 120
#: What is sent and what its answer is read with; written into ``ai.batch.request.body``.
SENT = (
    "messages",
    "max_tokens",
    "temperature",
    "tools",
    "tool_choice",
    "stop",
    "extra",
    "response_schema",
    "cache_mark",
    "cache_tail",
    "cache_key",
)


class AiService(models.AbstractModel):
    """Hand in a call that may wait: checked, routed and made smaller now, sent later."""

    _inherit = "ai.service"

    @python_only
    def submit(
        self, messages, config=None, environment=None, callback=None, latest=None, **options
    ):
        """Hand in a call that may wait; it is sent with others, at the vendor's batch price.

        The request belongs to the caller's transaction: where that is rolled back, nothing is
        sent. What is sent is settled now: agent, prompt, provider, tools. A pattern or kept answer
        answers at once, and the callback comes as it does for others. Budgets hold the worst case,
        at the batch price, from the moment it is sent; where they do not allow it then, it waits
        until they do, for a day at most. Not a remote procedure.

        It is sent singly, at the full price and with the next run, where its agent does not let
        calls wait; and, unless the company refuses that, where the model has no batch service or
        no batch price. ``notice`` says so.

        :param messages: as for :meth:`send_message`, like ``config`` and ``environment``
        :param callback: None, or ``(model, method, ids)``: the method is marked with
            ``ai_brain.callbacks.ai_callback`` and called as ``method(request, answer)`` on these
            records, as the user and in the company that submits. ``answer`` is a dict with
            ``content``, ``state`` (done, failed, uncertain, cancelled), ``error`` (None or a
            sentence), ``error_code``, ``usage``, ``cost_usd``, ``baseline_cost_usd``,
            ``saved_usd``, ``provider_id``, ``provider_name``, ``model``, ``kind``,
            ``token_usage_id``, ``tool_calls`` and ``finish_reason``; with a ``response_schema``
            also ``data`` and ``problems``, sentences on what of it does not fit
        :param datetime latest: naive UTC, or aware; it has left by then, however few wait with it.
            None: when the company's waiting time is over. Vendors answer within a day of that,
            most within the hour
        :param options: those of :meth:`send_message`, but ``idempotency_key``; ``max_latency_ms``
            bounds a call that is sent singly
        :return: the ``ai.batch.request``
        :raise exceptions.InvalidCallError: what cannot be sent, a callback that does not exist or
            is not marked, a request beyond what the vendor's batches hold, a model without batch
            price where the company refuses that
        :raise exceptions.BudgetExceededError: it could cost more than its ``max_budget_usd``
        """
        callback = self._check_callback(callback)
        latest = self._check_latest(latest)
        if "idempotency_key" in options:
            raise exceptions.InvalidCallError(
                self.env._("A request that waits is sent once as it is; it takes no key.")
            )
        call = self._check(messages, config, environment, options)
        call.deferred = True
        steps = self.env["ai.step"]
        try:
            _ = call.content_hash  # of what was asked, before a step changes it
            self._open(call)
            found = (one for one in steps._run("_answer", call) if one and self._fits(call, one))
            outcome = next(found, None)
            if outcome:
                self._reuse(call, outcome, self._moment_of(call))
            else:
                self._prepare(call)
            asked = [messages, call.configured_id if config else None, environment, options]
            request = self._keep_request(call, outcome, callback, latest, asked)
        finally:
            for _done in steps._run_apart("_end", call):
                pass
        return request

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    @api.model
    def _check_callback(self, callback):
        """Return ``callback`` as a dict of the request's columns."""
        if callback is None:
            return {"callback_state": "none"}
        model, method, ids = self._parts_of(callback)
        if model not in self.env or not isinstance(method, str) or method.startswith("__"):
            model = None
        records = self.env[model] if model else None
        if records is None or not callable(getattr(type(records), method, None)):
            raise exceptions.InvalidCallError(
                self.env._(
                    "The callback %s does not exist. Give a model, the name of a method of it, "
                    "and ids of its records.",
                    repr(callback)[:200],
                )
            )
        if not is_callback(type(records), method):
            raise exceptions.InvalidCallError(
                self.env._(
                    "%(model)s.%(method)s is not marked as a callback. Mark it with ai_callback "
                    "of ai_brain.callbacks.",
                    model=model,
                    method=method,
                )
            )
        return {
            "callback_state": "pending",
            "callback_model": model,
            "callback_method": method,
            "callback_ids": ids,
        }

    @api.model
    def _parts_of(self, callback):
        if isinstance(callback, list | tuple) and len(callback) == 3:
            model, method, ids = callback
            ids = [ids] if type(ids) is int else ids
            good = isinstance(ids, list | tuple) and 0 < len(ids) <= MOST_RECORDS
            if good and isinstance(model, str) and all(type(one) is int and one > 0 for one in ids):
                return model, method, list(ids)
        raise exceptions.InvalidCallError(
            self.env._(
                "A callback is (model, method, ids), with 1 to %s ids of saved records.",
                MOST_RECORDS,
            )
        )

    @api.model
    def _check_latest(self, latest):
        if latest is None:
            return None
        if not isinstance(latest, datetime):
            raise exceptions.InvalidCallError(
                self.env._("The latest moment of a request is a datetime in UTC.")
            )
        if latest.tzinfo:
            latest = latest.astimezone(timezone.utc).replace(tzinfo=None)
        return latest.replace(microsecond=0)

    # ------------------------------------------------------------------
    # The request
    # ------------------------------------------------------------------

    @api.model
    def _keep_request(self, call, outcome, callback, latest, asked):
        """Create the ``ai.batch.request`` of a call that was checked, routed and made smaller."""
        company = self.env["res.company"].browse(call.company_id).sudo()
        now = fields.Datetime.now()
        values = {
            **callback,
            "company_id": call.company_id,
            "user_id": call.user_id,
            "agent_type": call.tags.get("agent_type"),
            "latest": latest,
            "send_at": when.leaves_at(now, company.ai_batch_minutes, latest),
        }
        if call.text_policy != "none":
            values["question"] = " ".join(call.last_user_text[: 4 * MOST_SHOWN].split())[
                :MOST_SHOWN
            ]
        if outcome:
            values.update(self._answered_values(call, now))
        else:
            attempt = call.attempt = Attempt(call.target, kind="batch")
            values.update(self._sent_values(call, attempt, company, asked))
            if values["route"] != "batch":
                values["send_at"] = now
        values.update(provider_id=call.target.provider_id, model_name=call.target.model_name)
        request = self.env["ai.batch.request"]._insert(values)
        if outcome or values["route"] != "batch":
            self._wake_batches("call_back" if outcome else "send")
        return request

    @api.model
    def _wake_batches(self, what):
        """Have a scheduled action run soon: asked for once a transaction."""
        asked = self.env.cr.precommit.data.setdefault("ai_brain.batches", set())
        if what not in asked:
            asked.add(what)
            self.env.ref(f"ai_brain.ir_cron_batch_{what}").sudo()._trigger()

    @api.model
    def _answered_values(self, call, now):
        """Return the columns of a request that a pattern or a kept answer has answered."""
        attempt = call.attempt
        result = self._result(call)
        names = ("content", "usage", "cost_usd", "baseline_cost_usd", "saved_usd", "provider_id",
                 "provider_name", "model", "kind", "token_usage_id", "tool_calls",
                 "finish_reason")  # fmt: skip
        answer = {"state": "done", "error": None, "error_code": None}
        answer.update((name, result[name]) for name in names)
        if call.response_schema:
            answer.update(data=result["data"], problems=[])
        return {
            "state": "done",
            "route": "none",
            "answer": answer,
            "answered_at": now,
            "callback_at": now,
            "saved_usd": attempt.saved_usd,
            "token_usage_id": attempt.token_usage_id or False,
        }

    @api.model
    def _sent_values(self, call, attempt, company, asked):
        """Return the columns of a request that is sent later: in a batch as it is now, or singly,
        as it was asked (``asked``), by a call like any other.

        :raise InvalidCallError: this vendor does not take it, nowhere or not in a batch
        """
        call.target = self._bounded(call, attempt)
        attempt.target, attempt.moment = call.target, self._moment(company)
        route, notice = self._route(call, company)
        values = {"route": route, "notice": notice, "row": self._plain_row(call, attempt)}
        if route == "batch":
            values["bytes"] = self._size_in_batch(call, attempt)
            values["bounds"] = self._bounds_of(call)
            body = {name: getattr(call, name) for name in SENT}
            body.update(
                max_tokens=call.target.max_tokens,
                blocks=call.blocks,
                text_policy=call.text_policy,
            )
            worst = self._worst_in_batch(values["bounds"], call.target.price)
        else:
            body = dict(zip(("messages", "config", "environment", "options"), asked, strict=True))
            body["options"] = {name: self._by_code(value) for name, value in asked[3].items()}
            worst = call.worst_case()
        try:
            values["body"] = json.dumps(body, ensure_ascii=False)
        except (TypeError, ValueError) as error:
            raise exceptions.InvalidCallError(
                self.env._("A request that waits consists of JSON values only.")
            ) from error
        if worst is not pricing.UNPRICED:
            values["worst_usd"] = worst
            self._keep_to_own_limit(call, worst)
        return values

    @api.model
    def _by_code(self, value):
        """Return a record that was given as an option (a prompt) by its code."""
        return value.code if isinstance(value, models.BaseModel) and "code" in value else value

    @api.model
    def _bounds_of(self, call):
        """Return what the worst case in a batch is computed from, whatever the price is then."""
        asked = (call.cache_mark, call.messages, call.tools, call.extra)
        long_cache = call.target.api_format == "anthropic" and "'1h'" in repr(asked)
        return [call.target.most_input, call.target.max_tokens, long_cache, call.has_media]

    @api.model
    def _plain_row(self, call, attempt):
        """Return what the ledger row will carry, as JSON: without what its own day fixes."""
        row = self._tags_row(call, attempt)
        for name in ("currency_id", "currency_rate"):
            row.pop(name)
        return {name: value for name, value in row.items() if value not in (None, False, "")}

    @api.model
    def _keep_to_own_limit(self, call, worst):
        if call.max_budget_usd is not None and worst > as_decimal(call.max_budget_usd):
            raise exceptions.BudgetExceededError(
                self.env._(
                    "This call could cost %(ask)s, and its max_budget_usd is %(most)s. Send less "
                    "text, ask for a shorter answer (max_tokens), or allow more.",
                    ask=self.env["res.currency"]._ai_usd_text(worst),
                    most=self.env["res.currency"]._ai_usd_text(call.max_budget_usd),
                ),
                {"requested": float(worst), "limit": float(call.max_budget_usd), "currency": "USD"},
            )

    @api.model
    def _worst_in_batch(self, bounds, price):
        """Return the most that a request can cost in a batch, a Decimal in USD, or UNPRICED.

        :param bounds: those of :meth:`_bounds_of`
        """
        most_input, max_tokens, long_cache, media = bounds
        return pricing.worst_case(
            most_input, max_tokens, price, batch=True, long_cache=long_cache, media=media
        )

    # ------------------------------------------------------------------
    # In a batch, or singly
    # ------------------------------------------------------------------

    @api.model
    def _route(self, call, company):
        """Return ``(route, notice)``: how a request is sent, and why not in a batch.

        :raise InvalidCallError: not in a batch, and the company refuses to pay the full price
        """
        agent = call.memory.get("ai.step.agent")
        if agent and not self.env["ai.agent"]._may_wait(agent.id):
            return "single", self.env._("“%s” does not let its calls wait.", agent.name)
        provider = self.env["ai.service.provider"].browse(call.target.provider_id)
        if not self._batch_service(provider):
            notice = self.env._("“%s” has no batch service.", call.target.name)
        elif self._batch_price(call.target) is pricing.UNPRICED:
            notice = self.env._(
                "What “%s” costs in a batch is not known: its price does not say.", call.target.name
            )
        else:
            return "batch", False
        if company.ai_batch_unpriced == "refuse":
            raise exceptions.InvalidCallError(
                self.env._(
                    "%s Such requests are refused by the company's settings; send it with "
                    "send_message, or have it sent singly.",
                    notice,
                )
            )
        return "single", notice

    @api.model
    def _batch_service(self, provider):
        """Return the ``providers.batch.BatchService`` of a provider, or None."""
        facts = provider._facts()
        wire = providers.get_wire(facts.api_format)
        return wire.batch_for(self._bare_endpoint(facts))

    @api.model
    def _bare_endpoint(self, facts):
        """Return the provider's endpoint without its key: to measure what would be sent."""
        return providers.Endpoint(
            facts.api_format, facts.base_url, timeout_s=facts.timeout_s, has_batch=facts.has_batch
        )

    @api.model
    def _batch_price(self, target):
        return pricing.worst_case(1, 1, target.price, batch=True)

    @api.model
    def _size_in_batch(self, call, attempt):
        """Return the bytes of a request as a batch holds it.

        :raise InvalidCallError: more than the vendor's batches hold
        """
        facts = self.env["ai.service.provider"].browse(call.target.provider_id)._facts()
        service = providers.get_wire(facts.api_format).batch
        item = BatchItem("x" * 64, self._vendor_request(call, attempt))
        try:
            size = len(http.encode(service.line(self._bare_endpoint(facts), item)))
        except errors.ProviderError as error:
            raise exceptions.InvalidCallError(
                self.env._("“%(name)s” was not asked: %(why)s", name=facts.name, why=error)
            ) from error
        if size > service.limits.size:
            number = call.reader.number
            raise exceptions.InvalidCallError(
                self.env._(
                    "The request has %(size)s bytes, and a batch of “%(name)s” holds %(most)s. "
                    "Send less text, or send it with send_message.",
                    size=number(size),
                    name=facts.name,
                    most=number(service.limits.size),
                )
            )
        return size

    @api.model
    def _request_of(self, body, model_name, api_format):
        """Return the ``providers.ChatRequest`` of a request's ``body``."""
        call = SimpleNamespace(job=None, **{name: body.get(name) for name in SENT})
        call.extra = call.extra or {}
        target = SimpleNamespace(
            model_name=model_name, max_tokens=body["max_tokens"], api_format=api_format
        )
        return self._vendor_request(call, SimpleNamespace(target=target))
