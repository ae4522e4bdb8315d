from . import (
    ai_budget_offer,
    ai_catalogue_entry,
    ai_model_wizard,
    ai_pattern_finder,
    ai_pattern_trial,
    ai_provider_wizard,
    ai_trial_undo,
)
