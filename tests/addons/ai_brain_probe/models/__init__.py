from . import ai_brain_probe, ai_service, res_company
