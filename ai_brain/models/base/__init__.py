"""What every other room stands on: a cursor of our own, wording for a reader, the company's
calendar and currency, and the step that the rooms plug into a call.
It uses no other room.
"""

from . import ai_step, moved_clock, res_company, shared_record
