from . import ai_catalogue_entry, ai_provider_wizard
