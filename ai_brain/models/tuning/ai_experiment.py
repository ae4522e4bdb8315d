from odoo import models


class AiExperiment(models.Model):
    """A tuned model takes calls from the start of its A/B test on, wherever that is started."""

    _inherit = "ai.experiment"

    def write(self, vals):
        if vals.get("state") == "running":
            self.check_access("write")
            jobs = self.env["ai.tuning.job"].sudo().search([("experiment_id", "in", self.ids)])
            for job in jobs:
                tuned = job.tuned_provider_id
                if not tuned.active and tuned in self.provider_b_id:
                    job._check_may_be_tried()
                    tuned.active = True
        return super().write(vals)
