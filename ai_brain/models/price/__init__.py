"""Providers, their keys and their dated prices: whom a call may ask, and at what price.
Prices come from people or from the catalogue, and one in use never changes.
It uses: base.
"""

from . import (
    ai_price_rates,
    ai_provider_price,
    ai_provider_price_tier,
    ai_service_provider,
    catalogue_prices,
    price_refresh,
    provider_facts,
)
