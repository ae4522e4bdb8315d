from odoo import api, fields, models
from odoo.tools import SQL

from .ai_tuning_job import GOING

#: Jobs that one run of the clean-up takes.
ROWS = 200
#: Of what was found and never sent the texts go after so many days at the latest.
UNSENT_DAYS = 180


class AiTuningJob(models.Model):
    """How long examples and files are kept: as long as the company keeps texts, once nothing more
    comes of a job."""

    _inherit = "ai.tuning.job"

    @api.autovacuum
    def _gc_examples(self):
        """Delete examples and exported files of jobs that are over, or were never sent, once they
        are older than their company keeps texts; at once where it keeps none."""
        now = fields.Datetime.now()
        jobs = self.sudo().browse(
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT j.id FROM ai_tuning_job j JOIN res_company c ON c.id = j.company_id
                     WHERE j.state NOT IN %(going)s
                       AND (EXISTS (SELECT FROM ai_tuning_example e WHERE e.job_id = j.id)
                            OR EXISTS (SELECT FROM ir_attachment a WHERE a.res_id = j.id
                                        AND a.res_model = 'ai.tuning.job'))
                       AND (c.ai_text_policy = 'none'
                            OR j.ended_at IS NULL
                               AND j.write_date < %(now)s - make_interval(days => %(unsent)s)
                            OR c.ai_text_retention_days > 0
                               AND COALESCE(j.ended_at, j.write_date) < %(now)s
                                   - make_interval(days => c.ai_text_retention_days))
                     ORDER BY j.id LIMIT %(rows)s FOR UPDATE OF j SKIP LOCKED
                    """,
                    going=GOING,
                    now=now,
                    unsent=UNSENT_DAYS,
                    rows=ROWS,
                )
            )
        )
        self.env["ir.attachment"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", jobs.ids)]
        ).unlink()
        self.env["ai.tuning.example"].sudo().search([("job_id", "in", jobs.ids)]).unlink()
        jobs.filtered(lambda job: job.state == "ready").write({"state": "draft"})
