"""The door, and a call's life: check, steps, reserve, send, settle, steps (ai_service.py).
What optimises is a step of another room; what pays and records is here.
It uses: base, price, ledger, budget.
"""

from . import (
    ai_call_answer,
    ai_cost_reservation,
    ai_service,
    check,
    checked_answer,
    ir_cron,
    reaper,
    replay,
    reserve,
    send,
    settle,
    who_can,
)
