from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.quick_cache import quick_cache


class ProviderFacts(NamedTuple):
    """What a call needs to know of a provider, its key and its price left out."""

    id: int
    name: str
    active: bool
    company_id: int | None
    api_format: str
    base_url: str
    model_name: str
    task_type: str
    timeout_s: float
    context_window: int
    max_output_tokens: int
    supports_tools: bool
    default_max_tokens: int
    fallback_id: int | None
    recommends: bool
    switches: bool
    seeks_waste: bool
    has_batch: bool | None


class AiServiceProvider(models.Model):
    _inherit = "ai.service.provider"

    typical_latency_ms = fields.Integer(
        "Typical Time (ms)",
        help="Usual time to a whole answer, for calls that cannot wait long. 0: unknown. It counts "
        "until the provider's own calls tell.",
    )

    @api.constrains("typical_latency_ms")
    def _check_typical_latency_ms(self):
        if any(not 0 <= provider.typical_latency_ms <= 3_600_000 for provider in self):
            raise ValidationError(self.env._("A typical time lies between 0 and one hour."))

    @quick_cache("self.id")
    def _facts(self):
        """Return the ``ProviderFacts`` of a record, whoever asks; None where there is none.

        Every call needs them and they hardly change: whoever writes a provider clears the cache.
        """
        provider = self.sudo()
        if not provider.exists():
            return None
        return ProviderFacts(
            id=provider.id,
            name=provider.name,
            active=provider.active,
            company_id=provider.company_id.id or None,
            api_format=provider.api_format,
            base_url=provider.base_url or "",
            model_name=provider.model_name,
            task_type=provider.task_type,
            timeout_s=provider.timeout_s,
            context_window=provider.context_window,
            max_output_tokens=provider.max_output_tokens,
            supports_tools=provider.supports_tools,
            default_max_tokens=provider.default_max_tokens,
            fallback_id=provider.fallback_provider_id.id or None,
            recommends=provider.enable_cost_optimization,
            switches=provider.auto_switch_provider,
            seeks_waste=provider.enable_waste_detection,
            has_batch={"yes": True, "no": False}.get(provider.batch_service),
        )
