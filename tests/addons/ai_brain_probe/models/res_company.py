import os
from datetime import timedelta
from pathlib import Path

from odoo import fields, models

#: A file with a number of seconds: by so much the local calendar of this server runs ahead.
SHIFT = "AI_BRAIN_PROBE_SHIFT"


class ResCompany(models.Model):
    _inherit = "res.company"

    def _ai_local_date(self, moment=None):
        """The calendar of a test: its midnight comes when the test wants it."""
        path = os.environ.get(SHIFT)
        if path and Path(path).exists():
            moment = moment or fields.Datetime.now()
            moment += timedelta(seconds=float(Path(path).read_text(encoding="utf-8")))
        return super()._ai_local_date(moment)
