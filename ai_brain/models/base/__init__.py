"""What every other room stands on: a cursor of our own, wording for a reader, the company's
calendar and currency, the step that the rooms plug into a call, the sums that they keep of the
ledger, and the log of who changed what.
It uses no other room.
"""

from . import (
    ai_audit_log,
    ai_ledger_fold,
    ai_step,
    audited,
    audited_settings,
    ir_module,
    moved_clock,
    res_company,
    res_currency,
    shared_record,
)
