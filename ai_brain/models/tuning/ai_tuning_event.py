from odoo import fields, models


class AiTuningEvent(models.Model):
    """A line of the vendor's log of a training."""

    _name = "ai.tuning.event"
    _description = "AI Training Event"
    _order = "told_at desc, id desc"
    _log_access = False
    _rec_name = "message"

    job_id = fields.Many2one(
        "ai.tuning.job",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The training that it tells of.",
    )
    company_id = fields.Many2one(
        related="job_id.company_id", store=True, index=True, help="The company of the training."
    )
    vendor_ref = fields.Char(
        "Vendor's Number", required=True, readonly=True, help="Its number at the vendor."
    )
    told_at = fields.Datetime("Told", readonly=True, help="When the vendor wrote it.")
    level = fields.Selection(
        [("info", "Note"), ("warn", "Warning"), ("error", "Error")],
        required=True,
        readonly=True,
        default="info",
        help="How grave it is.",
    )
    message = fields.Char(
        required=True, readonly=True, help="What happened, in the vendor's words."
    )

    _sql_constraints = [("once", "unique(job_id, vendor_ref)", "This event is known already.")]
