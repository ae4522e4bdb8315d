import psycopg2

from odoo import api, fields, models

from ...exceptions import ServerBusyError
from ..base import places
from ..base.own_cursor import NoConnection
from ..base.transactions import Apart

PLACES = places.Table("ai_conversation_slot", "user_id", 0x5A12)


class AiConversationSlot(models.Model):
    """A question of a person that is under way. A person has a few places, in any process; one
    whose server died is free again once its providers' time is over."""

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
    def _claim(self, lives_s):
        """Take a place of the current user, on a cursor of our own.

        :param float lives_s: how long the question may take (``ai.conversation._longest_s``)
        :return: ``places.Claimed``; None if all places are taken
        :raise ServerBusyError: no connection came free in time; no place is taken
        """
        most = self.env.company._ai_policy().chats_at_once
        try:
            return places.claim(Apart(self.env), PLACES, self.env.uid, most, lives_s)
        except (NoConnection, psycopg2.OperationalError) as error:
            raise ServerBusyError(
                self.env._("The server is busy; nothing was sent. Try again in a moment.")
            ) from error
