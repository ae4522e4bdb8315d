import threading
import time

import odoo
from odoo import api, models
from odoo.http import request
from odoo.tools import config

from ... import exceptions, providers
from ...providers import errors
from .call import Parked
from .ir_cron import STARTED

#: With less time left than this, a call is not begun.
LEAST_WAIT_S = 2
#: Attribute of a thread that works for another one: when that one's time is up (monotonic clock).
ENDS = "ai_brain_ends"
#: No call is given up before, however little time its caller allows.
LEAST_LATENCY_S = 1


class AiService(models.AbstractModel):
    """Send: ask the vendor. No row lock is held, no transaction open, no cursor touched here."""

    _inherit = "ai.service"

    @api.model
    def _send(self, call, attempt):
        """Ask the vendor: sets ``attempt.response``; yields pieces if the call is streaming.

        :raise errors.ProviderError: ``billing`` tells whether the vendor may have billed it
        """
        if call.together and (yield Parked(call, attempt)):
            if attempt.error:
                raise attempt.error
            return
        wire = providers.get_wire(attempt.target.api_format)
        chat = self._vendor_request(call, attempt)
        attempt.sent = True
        try:
            if call.job:
                attempt.response = call.job.ask(wire, attempt.endpoint, chat)
            elif call.streaming:
                yield from self._stream(call, attempt, wire, chat)
            else:
                attempt.response = wire.complete(attempt.endpoint, chat)
        except errors.ProviderError as error:
            attempt.response = error.partial
            if error.late and attempt.hurried:
                error.blames_provider = False  # within its own time it may have answered
            raise

    @api.model
    def _stream(self, call, attempt, wire, chat):
        stream = wire.stream(attempt.endpoint, chat)
        try:
            for text in stream:
                call.read = True
                yield text
            attempt.response = stream.response
        except GeneratorExit:
            attempt.response = stream.partial
            attempt.error = errors.ReaderLeft("The reader left before the answer was complete.")
            raise
        finally:
            stream.close()

    @api.model
    def _vendor_request(self, call, attempt):
        """Return the request of ``providers`` for the target of an attempt."""
        if call.job:
            return call.job.request(attempt.target.model_name)
        wire = providers.get_wire(attempt.target.api_format)
        chat = providers.ChatRequest(
            messages=call.messages,
            model=attempt.target.model_name,
            max_tokens=attempt.target.max_tokens,
            temperature=call.temperature,
            tools=call.tools,
            tool_choice=call.tool_choice,
            stop=call.stop,
            extra=call.extra,
            response_schema=call.response_schema,
            cache_mark=call.cache_mark,
            cache_tail=call.cache_tail,
            cache_key=call.cache_key,
        )
        return wire.spoken(chat)

    # ------------------------------------------------------------------
    # How long to wait
    # ------------------------------------------------------------------

    @api.model
    def _timeout_s(self, call, wait):
        """Seconds to wait: a worker that Odoo ends at its time limit could settle nothing.

        :param float wait: seconds that the provider's record allows
        :raise ServerBusyError: the server would end this request before the vendor answers
        """
        if call.max_latency_ms:
            # what is given up sooner may be billed all the same, and counts at its worst case
            wait = min(wait, max(LEAST_LATENCY_S, call.max_latency_ms / 1000))
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
    def _hand_on_time(self, thread, call=None):
        """Give a thread that will work for this request the time that is left of it."""
        left = self._time_left_s(call)
        setattr(thread, ENDS, None if left is None else time.monotonic() + left)

    @api.model
    def _time_left_s(self, call=None):
        """Seconds until Odoo would end this request or scheduled action, less a margin; None
        without a limit.

        Prefork kills the worker at ``limit_time_real``; a threaded server restarts itself; the
        gevent one knows no such limit.
        """
        thread = threading.current_thread()
        ends = getattr(thread, ENDS, None)
        if ends is not None:
            return ends - time.monotonic()
        if getattr(odoo, "evented", False):
            return None
        if request:
            limit = config["limit_time_real"]
            spent = time.time() - getattr(thread, "perf_t0", time.time())
        elif config["workers"] or getattr(thread, "type", None) == "cron":
            limit = config["limit_time_real_cron"]
            limit = config["limit_time_real"] if limit < 0 else limit
            began = call.started if call else time.monotonic()
            spent = time.monotonic() - getattr(thread, STARTED, began)
        else:
            return None
        return limit * 0.8 - spent if limit else None
