"""Models tuned on the answers that people rated well: examples found and masked, trained at the
vendor, paid by what he trained, and the result tried against its base.
It uses: base, price, ledger, budget, call, report, choice, agent, batch.
"""

from . import (
    ai_experiment,
    ai_provider_price,
    ai_token_usage,
    ai_tuning_event,
    ai_tuning_example,
    ai_tuning_job,
    collect,
    export,
    retention,
    tuned_model,
    tuning_hold,
    tuning_poll,
    tuning_send,
    tuning_told,
)
