from . import ai_brain_probe, ai_service, budget_probe, res_company, statement_probe
