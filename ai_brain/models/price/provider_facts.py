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
    vector_length: int


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
            vector_length=provider.vector_length,
        )

    # ------------------------------------------------------------------
    # Which there are, for the current user
    # ------------------------------------------------------------------

    @api.model
    def _of_tasks(self, task_types, company_id):
        """Return the active providers of some tasks that are shared or a company's, in the order of
        the list: those that the current user may read.

        :param task_types: codes, several
        """
        rules = self._plain_rules()
        if rules is None:
            return self.search(_there_are(task_types, company_id))
        self.browse().check_access("read")
        return self.browse(self._ids_of(tuple(task_types), company_id, rules))

    def _check_readable(self):
        """Raise AccessError where the current user may not read the provider: as ``check_access``
        does, which asks the database each time."""
        rules, facts = self._plain_rules(), self._facts()
        company_id = facts.company_id or self.env.company.id
        if rules is not None and self.id in self._ids_of((facts.task_type,), company_id, rules):
            self.browse().check_access("read")
        else:
            self.check_access("read")

    @api.model
    def _plain_rules(self):
        """Return the rules of what the current user may read, a domain as a tuple; None where they
        ask for more than a provider's own columns, which nobody here knows the changes of."""
        if self.env.su:
            return ()
        found = []
        for part in self.env["ir.rule"]._compute_domain(self._name, "read") or ():
            if not isinstance(part, str):
                name, operator, value = part
                value = tuple(value) if isinstance(value, list | tuple | set) else value
                if name not in (0, 1, "company_id") or operator not in ("=", "!=", "in", "not in"):
                    return None
                part = name, operator, value
            found.append(part)
        return tuple(found)

    @api.model
    @quick_cache("task_types", "company_id", "rules")
    def _ids_of(self, task_types, company_id, rules):
        """Return the ids of active providers: whoever writes one clears the cache."""
        domain = [part if isinstance(part, str) else tuple(part) for part in rules]
        providers = self.sudo().with_context(active_test=True)
        return providers.search(_there_are(task_types, company_id) + domain)._ids


def _there_are(task_types, company_id):
    return [("task_type", "in", [*task_types]), ("company_id", "in", [False, company_id])]
