import hashlib

from odoo import api, models

from ...engine.choice import priors, quality
from ..base.quick_cache import quick_cache


class AiServiceProvider(models.Model):
    """What tells whether another provider would answer now than the one that did."""

    _inherit = "ai.service.provider"

    @api.model
    @quick_cache("provider_id", "model_name")
    def _standing(self, provider_id, model_name):
        """Return the quality of an answer of a provider's model, by what is published or stated;
        ratings left out. -1 for a provider that is gone."""
        provider = self.sudo().browse(provider_id or []).exists()
        if not provider:
            return -1.0
        as_it_is = not model_name or model_name == provider.model_name
        ability = provider._ability_before_ratings() if as_it_is else priors.prior(model_name)
        return quality.quality(ability, None).mean

    @api.model
    @quick_cache("company_id")
    def _routing_print(self, company_id):
        """Return a digest of everything that the router chooses by, ratings left out."""
        providers = self.sudo().search(
            [("task_type", "=", "chat"), ("company_id", "in", [False, company_id])], order="id"
        )
        policy = self.env["res.company"].browse(company_id)._ai_policy()
        said = [
            (
                provider._facts(),
                provider._engine_price()[0],
                provider._ability_before_ratings(),
                provider.tier,
                provider.supports_tools,
            )
            for provider in providers
        ]
        text = repr([said, sorted(policy.bars.items()), policy.nothing_suits])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
