from datetime import timedelta

from odoo import api, fields, models

from ..base.transactions import Apart

#: Beyond the provider's own time: retries, and what is written afterwards.
MARGIN_S = 5


class AiConversationSlot(models.Model):
    """A question of a person that is under way. A person has a few places, in any process; one
    whose server died is free again once the provider's time is over."""

    _name = "ai.conversation.slot"
    _description = "AI Question under Way"
    _log_access = False
    _rec_name = "number"

    user_id = fields.Many2one(
        "res.users", required=True, readonly=True, ondelete="cascade", help="Who asks."
    )
    number = fields.Integer(required=True, readonly=True, help="Which of his places.")
    expires_at = fields.Datetime(required=True, readonly=True, help="Free again from then on.")

    _sql_constraints = [
        ("user_number_unique", "unique(user_id, number)", "This place is taken."),
    ]

    @api.model
    def _claim(self, timeout_s):
        """Take a place of the current user, on a cursor of our own.

        :param float timeout_s: how long the provider may take
        :return: id of the slot; False if all places are taken
        """
        most = self.env.company._ai_policy().chats_at_once
        with Apart(self.env).cursor() as cr:
            for number in range(most):
                cr.execute(
                    """
                    INSERT INTO ai_conversation_slot AS s (user_id, number, expires_at)
                    VALUES (%(user)s, %(number)s, now() AT TIME ZONE 'UTC' + %(lives)s)
                    ON CONFLICT (user_id, number) DO UPDATE SET expires_at = EXCLUDED.expires_at
                     WHERE s.expires_at <= now() AT TIME ZONE 'UTC'
                    RETURNING id
                    """,
                    {
                        "user": self.env.uid,
                        "number": number,
                        "lives": timedelta(seconds=timeout_s + MARGIN_S),
                    },
                )
                found = cr.fetchone()
                if found:
                    return found[0]
        return False

    def _free(self):
        """Give the place back, on a cursor of our own: the caller's may be closed."""
        with Apart(self.env).cursor() as cr:
            cr.execute("DELETE FROM ai_conversation_slot WHERE id = ANY(%s)", (self.ids,))
