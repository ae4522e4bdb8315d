import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models

from ...exceptions import ServerBusyError
from ..base.own_cursor import NoConnection
from ..base.transactions import Apart

_logger = logging.getLogger(__name__)

#: Beyond the providers' own time: what is written before, between and afterwards.
MARGIN_S = 5
#: How long a question waits for a connection to take its place with. The request holds one of
#: Odoo's meanwhile, so it is soon told that the server is busy.
PATIENCE_S = 5
#: Readers of one person who wait for somebody else's answer beside his places, and their numbers.
ASIDE = 16
FIRST_ASIDE = 10_000


_MOVE = """
    WITH mine AS (
        SELECT id, user_id, number FROM ai_conversation_slot WHERE (id, expires_at) = %(row)s),
    free AS (
        SELECT min(n) AS number FROM mine, generate_series(%(first)s, %(last)s) n
         WHERE NOT EXISTS (
               SELECT 1 FROM ai_conversation_slot s
                WHERE s.user_id = mine.user_id AND s.number = n)),
    moved AS (
        UPDATE ai_conversation_slot s SET number = free.number FROM mine, free
         WHERE s.id = mine.id AND free.number IS NOT NULL
           AND mine.number NOT BETWEEN %(first)s AND %(last)s RETURNING s.id)
    SELECT (SELECT count(*) FROM moved)
         + (SELECT count(*) FROM mine WHERE number BETWEEN %(first)s AND %(last)s)
"""


class Claimed:
    """A place that was taken. Whoever took it gives it back, from any thread, once or more often.

    Known by its end as well as by its number: one that was over and taken by another question is
    that question's, and stays.
    """

    def __init__(self, apart, most, slot_id, expires_at):
        self._apart = apart
        self._most = most
        self._token = (slot_id, expires_at)

    def step_aside(self):
        """Leave the place to another question while somebody else's answer is waited for; where
        too many wait so, it is kept. Never raises."""
        try:
            self._move(FIRST_ASIDE, ASIDE)
        except Exception:
            _logger.info("AI chat: a reader who waits keeps his place", exc_info=True)

    def come_back(self):
        """Take a place again, to ask oneself: whoever was waited for got no answer. Where the
        person has begun as many other questions by now, this one goes on beside them. Never
        raises."""
        try:
            self._move(0, self._most)
        except Exception:
            _logger.info("AI chat: a reader who asks himself has no place", exc_info=True)

    def _move(self, first, most):
        """Take the first free number of some, unless it has one of them; False if all are taken."""
        last = first + most - 1
        for _try in range(3):
            try:
                with self._apart.cursor(PATIENCE_S) as cr:
                    cr.execute(_MOVE, {"row": self._token, "first": first, "last": last})
                    return bool(cr.fetchone()[0])
            except psycopg2.errors.UniqueViolation:
                continue  # another one was faster
        return False

    def free(self):
        """Give the place back; never raises, as the place is free anyway once its time is over."""
        try:
            with self._apart.cursor(PATIENCE_S) as cr:
                cr.execute(
                    "DELETE FROM ai_conversation_slot WHERE id = %s AND expires_at = %s",
                    self._token,
                )
        except Exception:
            _logger.warning("AI chat: a place was not given back and expires", exc_info=True)


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
        :return: ``Claimed``; None if all places are taken
        :raise ServerBusyError: no connection came free in time; no place is taken
        """
        most = self.env.company._ai_policy().chats_at_once
        apart = Apart(self.env)
        try:
            with apart.cursor(PATIENCE_S) as cr:
                for number in range(most):
                    cr.execute(
                        """
                        INSERT INTO ai_conversation_slot AS s (user_id, number, expires_at)
                        VALUES (%(user)s, %(number)s, now() AT TIME ZONE 'UTC' + %(lives)s)
                        ON CONFLICT (user_id, number)
                        DO UPDATE SET expires_at = EXCLUDED.expires_at
                         WHERE s.expires_at <= now() AT TIME ZONE 'UTC'
                        RETURNING id, expires_at
                        """,
                        {
                            "user": self.env.uid,
                            "number": number,
                            "lives": timedelta(seconds=lives_s + MARGIN_S),
                        },
                        log_exceptions=False,
                    )
                    found = cr.fetchone()
                    if found:
                        return Claimed(apart, most, *found)
        except (NoConnection, psycopg2.OperationalError) as error:
            raise ServerBusyError(
                self.env._("The server is busy; nothing was sent. Try again in a moment.")
            ) from error
        return None
