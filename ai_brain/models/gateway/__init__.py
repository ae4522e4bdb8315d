"""Keys of outside callers, and what they call: the endpoint's orchestration behind
``controllers/gateway.py``, which speaks HTTP.
It uses: base, price, ledger, budget, call, tasks, report, choice, agent.
"""

from . import (
    ai_gateway,
    ai_gateway_key,
    ai_token_usage,
    gateway_step,
    key_budgets,
    key_secret,
    key_use,
)
