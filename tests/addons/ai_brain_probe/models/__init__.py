from . import (
    ai_brain_probe,
    ai_service,
    batch_probe,
    budget_probe,
    endpoint_probe,
    probe_step,
    res_company,
    spine_probe,
    statement_probe,
    tuning_probe,
)
