from . import (
    ai_call_answer,
    ai_cost_reservation,
    ai_price_rates,
    ai_provider_price,
    ai_service,
    ai_service_ledger,
    ai_service_prepare,
    ai_service_provider,
    ai_service_replay,
    ai_service_vendor,
    ai_token_usage,
    res_company,
)
