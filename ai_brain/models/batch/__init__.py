"""Calls that may wait: handed in, sent together at the vendor's batch price, settled one row each,
their answers given to whoever asked.
It uses: base, price, ledger, budget, call, report, waste, agent.
"""

from . import (
    ai_agent,
    ai_agent_joined,
    ai_batch,
    ai_batch_request,
    batch_hold,
    batch_poll,
    batch_send,
    batch_settle,
    batch_waste,
    callback_jobs,
    could_wait_step,
    joined,
    request_callback,
    request_close,
    request_joined,
    request_retention,
    request_single,
    res_company,
    send_messages,
    submit,
)
