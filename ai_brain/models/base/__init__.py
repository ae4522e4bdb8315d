"""What every other room stands on: a cursor of our own, wording for a reader, the company's
calendar and currency, the step that the rooms plug into a call, and the sums that they keep of the
ledger.
It uses no other room.
"""

from . import ai_ledger_fold, ai_step, res_company
