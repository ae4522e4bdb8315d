from . import (
    ai_conversation,
    ai_cost_budget,
    ai_price_rates,
    ai_service_provider,
    res_company,
    res_config_settings,
)
