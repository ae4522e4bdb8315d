from odoo import fields, models

from ...engine.ledger.tasks import SERVED


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    audio_seconds = fields.Float(
        "Sound (s)",
        readonly=True,
        digits=(16, 1),
        help="Seconds of the recording: as the vendor billed or heard them, else as its file "
        "tells.",
    )


class AiStepTask(models.AbstractModel):
    """What the row of a call says that is no chat: how long its recording is."""

    _name = "ai.step.task"
    _inherit = "ai.step"
    _description = "AI Step: Task"
    _rank = 60
    _tasks = SERVED
    _once = ("audio_seconds",)

    def _columns(self, call, attempt):
        if call.task_type != "voice_to_text":
            return {}
        return {"audio_seconds": call.job.seconds(attempt.response)}
