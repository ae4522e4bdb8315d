from odoo import api, fields, models

#: Rows that one statement of the clean-up takes, and how many statements one run has of each kind:
#: more than a day of submitting brings, and no transaction without an end.
ROWS, RUNS = 5000, 40
#: Requests of which nothing more comes are kept so long; the ledger has their rows for ever.
KEPT_DAYS = 180


class AiBatchRequest(models.Model):
    """How long texts and requests are kept."""

    _inherit = "ai.batch.request"

    @api.autovacuum
    def _gc_texts(self):
        """Clear answers of companies that keep none, once a day has passed in which they could be
        read, and texts that are older than their company keeps them; delete old requests.

        What a callback still has to get, or failed to, stays until it has it.
        """
        now = fields.Datetime.now()
        self._gc_by_parts(
            """
            UPDATE ai_batch_request SET answer = NULL, body = NULL, question = NULL
             WHERE id IN (
                SELECT r.id FROM ai_batch_request r JOIN res_company c ON c.id = r.company_id
                 WHERE r.state IN ('done', 'failed', 'uncertain', 'cancelled')
                   AND r.callback_state IN ('none', 'done')
                   AND (r.answer IS NOT NULL OR r.body IS NOT NULL OR r.question IS NOT NULL)
                   AND (c.ai_text_policy = 'none' AND r.answered_at < %(day)s
                        OR c.ai_text_retention_days > 0 AND r.answered_at
                           < %(now)s - make_interval(days => c.ai_text_retention_days))
                 LIMIT %(rows)s FOR UPDATE OF r SKIP LOCKED)
            """,
            day=fields.Datetime.subtract(now, days=1),
            now=now,
        )
        self._gc_by_parts(
            """
            DELETE FROM ai_batch_request WHERE id IN (
                SELECT id FROM ai_batch_request
                 WHERE state IN ('done', 'failed', 'uncertain', 'cancelled')
                   AND callback_state IN ('none', 'done') AND answered_at < %(until)s
                 LIMIT %(rows)s FOR UPDATE SKIP LOCKED)
            """,
            until=fields.Datetime.subtract(now, days=KEPT_DAYS),
        )
        self.env.invalidate_all()

    @api.model
    def _gc_by_parts(self, statement, **values):
        for _run in range(RUNS):
            self.env.cr.execute(statement, {**values, "rows": ROWS})
            if self.env.cr.rowcount < ROWS:
                return
