from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What a batch may wait to become full, and what full is at most.
MOST_MINUTES = 1440
MOST_REQUESTS = 50_000


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_batch_minutes = fields.Integer(
        string="Collect a Batch for (Minutes)",
        default=30,
        help="Requests that may wait are sent together once the first of them has waited so long, "
        "or earlier where it says so itself.",
    )
    ai_batch_requests = fields.Integer(
        string="Full Batch (Requests)",
        default=1000,
        help="So many requests that wait for the same model are sent without waiting for more.",
    )
    ai_batch_unpriced = fields.Selection(
        [("single", "Send it at once, at the full price"), ("refuse", "Refuse it")],
        string="Where There Is No Batch Price",
        default="single",
        required=True,
        help="What happens to a request that may wait for a model without a batch service, or "
        "whose price in a batch is not known.",
    )
    ai_callback_jobs = fields.Boolean(
        string="Callbacks as Jobs",
        help="Each callback is a job of the Job Queue addon (queue_job): it runs in that queue's "
        "channels and is listed there. Without that addon callbacks run as scheduled actions.",
    )

    @api.constrains("ai_batch_minutes", "ai_batch_requests")
    def _check_ai_batch(self):
        for company in self:
            if not 0 <= company.ai_batch_minutes <= MOST_MINUTES:
                raise ValidationError(
                    self.env._("A batch is collected for 0 to %s minutes.", MOST_MINUTES)
                )
            if not 1 <= company.ai_batch_requests <= MOST_REQUESTS:
                raise ValidationError(
                    self.env._("A full batch has 1 to %s requests.", MOST_REQUESTS)
                )
