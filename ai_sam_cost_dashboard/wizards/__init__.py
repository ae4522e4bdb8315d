from . import ai_catalogue_entry, ai_model_wizard, ai_provider_wizard
