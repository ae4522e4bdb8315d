from . import (
    ai_conversation,
    ai_cost_budget,
    ai_cost_budget_gauge,
    ai_cost_digest,
    ai_price_rates,
    ai_service_provider,
    ai_token_analytics,
    ai_token_analytics_export,
    ir_http,
    res_company,
    res_config_settings,
)
