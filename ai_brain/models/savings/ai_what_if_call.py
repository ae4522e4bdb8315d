from odoo import api, fields, models
from odoo.tools import SQL

#: Days for which the calls of a what-if by texts are kept: its result stays.
KEPT_DAYS = 30


class AiWhatIfCall(models.Model):
    """What a what-if by texts says of one call. No texts, and nobody reads it but the replay."""

    _name = "ai.what.if.call"
    _description = "AI What If: Call"
    _log_access = False
    _order = "id"

    what_if_id = fields.Many2one(
        "ai.what.if", required=True, ondelete="cascade", help="What was asked."
    )
    usage_id = fields.Integer(required=True, help="The call's number in the ledger.")
    answerer_id = fields.Integer(help="Number of the provider that would have answered; 0: nobody.")
    then_usd = fields.Float(digits=0, help="What it would have cost.")
    reason = fields.Char(help="Why it keeps its cost.")
    asked_at = fields.Datetime(help="When it was asked.")
    may_keep = fields.Boolean(help="Its answer may serve again.")
    has_record = fields.Boolean(help="Its answer rests on a record.")
    is_kept = fields.Boolean(help="A kept answer would have served it.")
    digest_usd = fields.Float(digits=0, help="What a summary of an older part would have cost.")

    def init(self):
        cr = self.env.cr
        # hashes are wider than an Integer of the ORM; a summary is paid once a conversation
        cr.execute(
            """
            ALTER TABLE ai_what_if_call ADD COLUMN IF NOT EXISTS question bigint,
                ADD COLUMN IF NOT EXISTS digest bigint;
            CREATE UNIQUE INDEX IF NOT EXISTS ai_what_if_call_once
                ON ai_what_if_call (what_if_id, usage_id);
            DROP INDEX IF EXISTS ai_what_if_call_question;
            CREATE INDEX IF NOT EXISTS ai_what_if_call_asked
                ON ai_what_if_call (what_if_id, question, asked_at, usage_id)
                WHERE question IS NOT NULL;
            """
        )

    @api.autovacuum
    def _gc_calls(self, batch=50_000):
        """Forget the calls of old results; the results stay."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM ai_what_if_call WHERE id IN (SELECT c.id FROM ai_what_if_call c"
                " JOIN ai_what_if w ON w.id = c.what_if_id"
                " WHERE w.state IN ('draft', 'done', 'cancelled', 'failed')"
                " AND w.write_date < %s LIMIT %s)",
                fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS),
                batch,
            )
        )
