"""Which provider a call is sent to: recommendations, evidence, experiments, advice.
What is known of a provider lies here, and how it steers a call.
It uses: base, price, ledger, call, report.
"""

from . import (
    ai_cost_advice,
    ai_cost_optimizer,
    ai_experiment,
    ai_message_type,
    ai_provider_benchmark,
    ai_provider_stats,
    ai_routing_ratings,
    arm_outcomes,
    complexity_step,
    estimate,
    evidence_step,
    experiment_step,
    message_type_step,
    provider_quality,
    recommend,
    recommendation_record,
    recommendation_step,
    res_users,
)
