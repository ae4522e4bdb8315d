from odoo import api, models

from ... import exceptions, providers
from ...providers import ChatRequest
from ...providers.errors import ProviderError


class AiService(models.AbstractModel):
    """Who can take a call: what names a provider may be older than the day on which it was
    archived, and whoever recommends one does not know all that a vendor's format refuses."""

    _inherit = "ai.service"

    @api.model
    def _may_take(self, call, provider):
        """Is it a provider that works, for the company of the call, and one that it may ask?"""
        facts = provider and provider._facts()
        if not facts or (call.allowed_ids is not None and facts.id not in call.allowed_ids):
            return False
        return facts.active and facts.company_id in (None, call.company_id)

    @api.model
    def _is_able(self, call, provider):
        """Does a provider take all that the call asks for: tools, a schema, pictures, ``extra``?

        Its size is another matter: that is counted when the call is turned to it.
        """
        facts = provider._facts()
        if call.job:
            return self._is_able_to(call, facts)
        if call.tools and not facts.supports_tools:
            return False
        chat = ChatRequest(
            messages=call.messages,
            model=facts.model_name,
            max_tokens=1,
            tools=call.tools,
            tool_choice=call.tool_choice,
            stop=call.stop,
            extra=call.extra,
            response_schema=call.response_schema,
        )
        wire = providers.get_wire(facts.api_format)
        try:
            wire.check(wire.spoken(chat))
        except ProviderError:
            return False
        return True

    @api.model
    def _is_able_to(self, call, facts):
        """The same for what is no chat: a provider of that task."""
        if facts.task_type != call.task_type:
            return False
        wire = providers.get_wire(facts.api_format)
        try:
            self._check_request(call, wire, call.job.request(facts.model_name), facts)
        except ProviderError:
            return False
        return True

    @api.model
    def _check_request(self, call, wire, request, facts):
        """Refuse what a provider's format does not take.

        :raise ProviderError: and why
        """
        if call.job:
            call.job.check_request(wire, request, facts.base_url)
        else:
            wire.check(request)

    @api.model
    def _turn_if_able(self, call, provider, reason):
        """Turn the call to a provider that may and can take it; else it stays where it was.

        :param str reason: who decided so, a code of ``engine.ledger.reasons``
        :return: whether it was turned
        """
        if not self._may_take(call, provider) or not self._is_able(call, provider):
            return False
        asked = self.env["ai.service.provider"].sudo().browse(call.configured_id)._facts()
        if call.job and not call.job.may_replace(asked, provider._facts()):
            return False
        try:
            self._turn(call, provider, reason)
        except exceptions.InvalidCallError:
            return False  # too small for the request
        return True
