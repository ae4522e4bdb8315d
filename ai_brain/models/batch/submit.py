from odoo import models

from ..base.python_only import python_only


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @python_only
    def submit(
        self, messages, config=None, environment=None, callback=None, latest=None, **options
    ):
        """Hand in a call that may wait; it is sent with others, at the vendor's batch price.

        It belongs to the caller's transaction: where that is rolled back, nothing is sent. Not a
        remote procedure.

        :param messages: as for :meth:`send_message`, like ``config`` and ``environment``
        :param callback: None, or ``(model, method, ids)``: the method is marked with
            ``ai_brain.callbacks.ai_callback`` and called as ``method(request, answer)`` on these
            records, as the user and in the company that submits. ``answer`` is a dict with
            ``content``, ``state`` (done, failed, uncertain, cancelled), ``error`` (None or a
            sentence), ``usage``, ``cost_usd``, ``saved_usd``, ``provider_id``, ``provider_name``,
            ``model``, ``kind``, ``token_usage_id``, ``tool_calls`` and ``finish_reason``; with a
            ``response_schema`` also ``data`` and ``problems``
        :param datetime latest: naive UTC; it leaves then at the latest, however few wait with it.
            None: when the company's waiting time is over
        :param options: those of :meth:`send_message`, but ``idempotency_key``
        :return: the ``ai.batch.request``
        :raise exceptions.InvalidCallError: what cannot be sent, a callback that does not exist or
            is not marked, a request beyond what the vendor's batches hold
        """
        raise NotImplementedError
