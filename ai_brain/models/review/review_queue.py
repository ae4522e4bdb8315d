import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.ledger.kinds import VENDOR
from ...engine.review import drawing

_logger = logging.getLogger(__name__)

#: Only calls of these days are drawn: a ledger that is summed up anew brings no old ones.
RECENT_DAYS = 2
#: Rows of one batch that are looked at.
MOST_ROWS = 100_000
#: Rows that one run of the clean-up takes.
ROWS = 5000
#: What was judged is counted so long.
KEPT_DAYS = 1100
#: Answers that nobody reads: no question of a person.
NO_ANSWER = ("summary", "trial")


class AiAnswerReview(models.Model):
    """What comes into the queue, and what leaves it."""

    _inherit = "ai.answer.review"

    # ------------------------------------------------------------------
    # Coming
    # ------------------------------------------------------------------

    @api.model
    def _fold(self, cr, after, upto):
        """Draw from the rows that the ledger gained: in no call's way, and each row once."""
        if upto <= after:
            return
        try:
            with cr.savepoint(flush=False):
                self._draw(cr, after, upto)
        except Exception:
            _logger.exception("No AI answers were drawn for review")

    @api.model
    def _draw(self, cr, after, upto):
        cr.execute("SELECT id, review_share FROM ai_agent WHERE active AND review_share > 0")
        shares = {agent_id: share / 100 for agent_id, share in cr.fetchall()}
        kinds = tuple(kind for kind in VENDOR if kind not in NO_ANSWER)
        cr.execute(
            SQL(
                """
                SELECT id, agent_key, figures_unsupported > 0 FROM ai_token_usage
                 WHERE id > %(after)s AND id <= %(upto)s AND create_date > %(since)s
                   AND kind IN %(kinds)s AND call_count = 1 AND state = 'done'
                   AND (agent_key = ANY(%(agents)s) OR figures_unsupported > 0)
                 ORDER BY id LIMIT %(most)s
                """,
                after=after,
                upto=upto,
                since=fields.Datetime.subtract(fields.Datetime.now(), days=RECENT_DAYS),
                kinds=kinds,
                agents=[*shares],
                most=MOST_ROWS,
            )
        )
        rows = cr.fetchall()
        if not rows:
            return
        key = self._secret(cr)
        sample = [
            row_id
            for row_id, agent_id, _figures in rows
            if drawing.is_drawn(key, "sample", row_id, shares.get(agent_id, 0))
        ]
        self._queue(cr, sample, "sample", key)
        # what is drawn stays drawn: else the sample would lose its worst
        doubted = {row_id for row_id, _agent_id, figures in rows if figures}
        self._queue(cr, sorted(doubted - set(sample)), "figures", key)

    @api.model
    def _secret(self, cr):
        cr.execute("SELECT value FROM ir_config_parameter WHERE key = 'database.secret'")
        return (cr.fetchone() or ("",))[0] or ""

    @api.model
    def _queue(self, cr, usage_ids, reason, key):
        """Add answers of which the text is kept, up to so many of an agent and day."""
        if not usage_ids:
            return
        sample = reason == "sample"
        cr.execute(
            SQL(
                """
                INSERT INTO ai_answer_review (token_usage_id, company_id, agent_id, provider_id,
                    model_name, user_id, local_date, reason, people, state, created_at)
                SELECT f.id, f.company_id, f.agent_id, f.provider_id, f.model_name, f.user_id,
                       f.local_date, %(reason)s,
                       CASE WHEN f.id = ANY(%(two)s) THEN 2 ELSE 1 END, 'waiting', %(now)s
                  FROM (
                    SELECT u.*, a.id AS agent_id, row_number() OVER (
                               PARTITION BY u.company_id, u.agent_key, u.local_date ORDER BY u.id
                           ) + (SELECT count(*) FROM ai_answer_review r
                                 WHERE r.company_id = u.company_id
                                   AND r.local_date = u.local_date
                                   AND r.agent_id IS NOT DISTINCT FROM a.id
                                   AND (r.reason = 'sample') = %(sample)s) AS number
                      FROM ai_token_usage u LEFT JOIN ai_agent a ON a.id = u.agent_key
                     WHERE u.id = ANY(%(ids)s) AND u.provider_id IS NOT NULL
                       AND u.state != 'failed' AND u.prompt_text != '' AND u.answer_text != ''
                  ) f
                 WHERE f.number <= %(most)s
                 ORDER BY f.id
                    ON CONFLICT (token_usage_id) DO NOTHING
                """,
                ids=usage_ids,
                two=[one for one in usage_ids if drawing.people_for(key, one) == 2],
                reason=reason,
                sample=sample,
                most=drawing.MOST_DRAWN if sample else drawing.MOST_DOUBTED,
                now=fields.Datetime.now(),
            )
        )

    @api.model
    def _doubt(self, usage, reason):
        """Have a person look at an answer that somebody doubts."""
        self.env["ai.token.usage"].flush_model()
        self._queue(self.env.cr, usage.ids, reason, self._secret(self.env.cr))
        self.invalidate_model()

    @api.model
    def _on_rating(self, usage, score):
        """A reader rated a call: a low rating is a doubt, one that was put right is none."""
        if score < drawing.LOW:
            self._doubt(usage, "rating")
            return
        settled = [
            ("token_usage_id", "=", usage.id),
            ("reason", "=", "rating"),
            ("state", "=", "waiting"),
        ]
        self.sudo().search(settled).unlink()

    # ------------------------------------------------------------------
    # Leaving
    # ------------------------------------------------------------------

    def _leave(self):
        """Delete what waits of these, and forget whose the judged ones were."""
        waiting = self.sudo().filtered(lambda one: one.state != "done")
        (self.sudo() - waiting).write({"user_id": False})
        waiting.unlink()

    @api.autovacuum
    def _gc_reviews(self):
        """Delete what waits without a text, which the ledger has cleared, and old counts."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            DELETE FROM ai_answer_review WHERE id IN (
                SELECT r.id FROM ai_answer_review r
                  LEFT JOIN ai_token_usage u ON u.id = r.token_usage_id
                 WHERE r.state != 'done' AND u.answer_text IS NULL
                    OR r.local_date < %s
                 LIMIT %s FOR UPDATE OF r SKIP LOCKED)
            """,
            (fields.Date.subtract(fields.Date.today(), days=KEPT_DAYS), ROWS),
        )
        self.invalidate_model()
