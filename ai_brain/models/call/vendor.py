import threading
import time

from odoo import api, models
from odoo.http import request
from odoo.tools import config

from ... import exceptions, providers
from ...providers import errors

#: With less time left than this, a call is not begun.
LEAST_WAIT_S = 2


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _call(self, call):
        """Ask the vendor: sets ``call.response``; yields pieces if the call is streaming.

        No row lock is held and no transaction of ours is open here.

        :raise errors.ProviderError: ``billing`` tells whether the vendor may have billed it
        :raise ServerBusyError: the server would end this request before the vendor answers
        """
        wire = providers.get_wire(call.target.endpoint.api_format)
        call.target.endpoint.timeout_s = self._timeout_s(call)
        chat = self._chat_request(call)
        self._mark_sent(call)
        try:
            if call.streaming:
                yield from self._stream(call, wire, chat)
            else:
                call.response = wire.complete(call.target.endpoint, chat)
        except errors.ProviderError as error:
            call.response = error.partial
            raise

    @api.model
    def _stream(self, call, wire, chat):
        stream = wire.stream(call.target.endpoint, chat)
        try:
            yield from stream
            call.response = stream.response
        except GeneratorExit:
            call.response = stream.partial
            call.error = errors.StreamCut("The reader left before the answer was complete.")
            raise
        finally:
            stream.close()

    @api.model
    def _chat_request(self, call):
        return providers.ChatRequest(
            messages=call.messages,
            model=call.target.model_name,
            max_tokens=call.target.max_tokens,
            temperature=call.temperature,
            tools=call.tools,
            tool_choice=call.tool_choice,
            extra=call.extra,
        )

    @api.model
    def _timeout_s(self, call):
        """Seconds to wait: a worker that Odoo ends at its time limit could settle nothing."""
        wait = call.target.endpoint.timeout_s
        if call.max_latency_ms:
            wait = min(wait, call.max_latency_ms / 1000)
        left = self._time_left_s(call)
        if left is not None and left < min(wait, LEAST_WAIT_S):
            raise exceptions.ServerBusyError(
                self.env._(
                    "The server ends requests after a time, and this one has used it up; nothing "
                    "was sent. Make the call in a request or job of its own."
                )
            )
        return wait if left is None else min(wait, left)

    @api.model
    def _time_left_s(self, call):
        """Seconds until Odoo would end this request or job, less a margin; None without a limit.

        Prefork kills the worker at ``limit_time_real``; a threaded server restarts itself.
        """
        thread = threading.current_thread()
        if request:
            limit = config["limit_time_real"]
            spent = time.time() - getattr(thread, "perf_t0", time.time())
        elif config["workers"] or getattr(thread, "type", None) == "cron":
            limit = config["limit_time_real_cron"]
            limit = config["limit_time_real"] if limit < 0 else limit
            spent = time.monotonic() - call.started
        else:
            return None
        return limit * 0.8 - spent if limit else None

    @api.model
    def _missing_answer(self, call):
        """The error of a call that ended without an answer and without a vendor's error."""
        return exceptions.ProviderCallError(self.env._("The call was interrupted."))
