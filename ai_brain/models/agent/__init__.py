"""Agents: one policy each. Who calls with an agent's code, or with none of anybody's, follows what
an administrator decided for it: provider, routing, limits, what is kept, what is said in vain.
It uses: base, price, ledger, budget, call, report, choice.
"""

from . import (
    agent_policy_change,
    agent_step,
    ai_agent,
    ai_agent_trial,
    ai_cost_budget,
    ai_token_usage,
    from_usage,
    res_company,
    trial_result,
    trial_step,
    trial_undo,
)
