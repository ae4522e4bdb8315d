import threading
import time

from odoo import models

#: Attribute of the thread: when its scheduled action began, on the monotonic clock.
STARTED = "ai_brain_job_started"


class IrCron(models.Model):
    _inherit = "ir.cron"

    def _callback(self, *args, **kwargs):
        """Remember when the job began: the server's time limit counts from there."""
        thread = threading.current_thread()
        setattr(thread, STARTED, time.monotonic())
        try:
            return super()._callback(*args, **kwargs)
        finally:
            delattr(thread, STARTED)
