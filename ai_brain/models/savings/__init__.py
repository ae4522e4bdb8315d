"""What was saved for sure, by calls that are held out, and what would have been: the ledger
replayed under other prices and policies, without asking a vendor and without writing a row of it.
It uses: base, price, ledger, call, report, choice, agent, reuse.
"""

from . import (
    ai_agent_holdout,
    ai_now_then,
    ai_saving_sum,
    ai_what_if,
    ai_what_if_applied,
    ai_what_if_asked,
    ai_what_if_call,
    ai_what_if_change,
    ai_what_if_line,
    ai_what_if_price,
    holdout_step,
    proven_savings,
    what_if_apply,
    what_if_figures,
    what_if_run,
    what_if_texts,
)
