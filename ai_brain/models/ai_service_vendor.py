from odoo import api, models
from odoo.tools import config

from .. import exceptions, providers
from ..providers import errors


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _call(self, call):
        """Ask the vendor: sets ``call.response``; yields pieces if the call is streaming.

        No row lock is held and no transaction of ours is open here.

        :raise errors.ProviderError: ``billing`` tells whether the vendor may have billed it
        """
        wire = providers.get_wire(call.target.endpoint.api_format)
        call.target.endpoint.timeout_s = self._timeout_s(call)
        request = self._chat_request(call)
        self._mark_sent(call)
        if not call.streaming:
            call.response = wire.complete(call.target.endpoint, request)
            return
        stream = wire.stream(call.target.endpoint, request)
        try:
            yield from stream
            call.response = stream.response
        except errors.StreamCut as error:
            call.response = error.partial
            raise
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
        """Seconds to wait: a worker that Odoo kills at its time limit could settle nothing."""
        wait = call.target.endpoint.timeout_s
        if call.max_latency_ms:
            wait = min(wait, call.max_latency_ms / 1000)
        limit = config["limit_time_real"] if config["workers"] else 0
        return min(wait, limit * 0.8) if limit else wait

    @api.model
    def _missing_answer(self, call):
        """The error of a call that ended without an answer and without a vendor's error."""
        return exceptions.ProviderCallError(self.env._("The call was interrupted."))
