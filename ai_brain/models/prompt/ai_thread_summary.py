from odoo import api, fields, models

KEPT_DAYS = 30
MOST_DELETED = 10_000


class AiThreadSummary(models.Model):
    """The summary of ten turns of a conversation, made once and sent in their place from then on.

    It is found by the digest of those turns and of all before them, so only who sends the same
    conversation meets it; nobody reads it on a screen.
    """

    _name = "ai.thread.summary"
    _description = "AI Summary of a Conversation"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", help="The company that paid for it."
    )
    user_id = fields.Many2one(
        "res.users", required=True, ondelete="cascade", help="Whose conversation it is."
    )
    session_id = fields.Char(
        index="btree_not_null", help="The conversation's number, where the call had one."
    )
    digest = fields.Char(required=True, help="Fingerprint of the turns and of those before them.")
    text = fields.Text(
        help="What is sent in the place of the turns. Empty: no summary was to be had that day."
    )
    names = fields.Json(help="Names that stand in it or in those before it.")

    _sql_constraints = [
        ("digest_unique", "unique(digest, user_id, company_id)", "It was summarised before."),
    ]

    @api.model
    def _forget(self, domain):
        """Delete what a domain finds."""
        self.sudo().search(domain).unlink()

    @api.autovacuum
    def _gc_summaries(self):
        """Delete those older than 30 days, or than their company keeps texts; all of a company
        that keeps none."""
        now = fields.Datetime.now()
        summaries = self.sudo()
        old = fields.Datetime.subtract(now, days=KEPT_DAYS)
        summaries.search([("create_date", "<", old)], limit=MOST_DELETED).unlink()
        keepless = [("company_id.ai_text_policy", "=", "none")]
        summaries.search(keepless, limit=MOST_DELETED).unlink()
        brief = [("ai_text_retention_days", ">", 0), ("ai_text_retention_days", "<", KEPT_DAYS)]
        for company in self.env["res.company"].sudo().search(brief):
            since = fields.Datetime.subtract(now, days=company.ai_text_retention_days)
            domain = [("company_id", "=", company.id), ("create_date", "<", since)]
            summaries.search(domain, limit=MOST_DELETED).unlink()


class AiConversation(models.Model):
    _inherit = "ai.conversation"

    def unlink(self):
        """What was made of a conversation goes with it, at once."""
        made = self.env["ai.thread.summary"]
        for conversation in self:
            made._forget(
                [
                    ("session_id", "=", conversation._session_id()),
                    ("user_id", "=", conversation.user_id.id),
                ]
            )
        return super().unlink()
