import logging

import psycopg2

from odoo import api, fields, models

from ..base import places
from ..base.own_cursor import NoConnection, commit_at_once
from ..base.transactions import Apart

_logger = logging.getLogger(__name__)

PLACES = places.Table("ai_gateway_slot", "key_id", 0x5A13)

#: One atomic statement: requests of a key take turns on its row, whatever their process. Returns a
#: row where the request is within the limit. A request that began in the minute before counts in
#: the one that others have begun. Nobody waits for the disk, least of all while the row is locked.
_COUNT = """
    SET LOCAL synchronous_commit = off;
    INSERT INTO ai_gateway_minute AS m (key_id, minute, requests)
    VALUES (%(key)s, date_trunc('minute', now() AT TIME ZONE 'UTC'), 1)
    ON CONFLICT (key_id) DO UPDATE
       SET minute = GREATEST(m.minute, EXCLUDED.minute),
           requests = CASE WHEN m.minute >= EXCLUDED.minute THEN m.requests + 1 ELSE 1 END
     WHERE m.minute < EXCLUDED.minute OR m.requests < %(most)s
    RETURNING requests
"""
_LEFT = "SELECT ceil(60 - extract(second FROM clock_timestamp()))::int"


class AiGatewaySlot(models.Model):
    """A call of a key that is under way: see ``base.places``."""

    _name = "ai.gateway.slot"
    _description = "AI Endpoint Call under Way"
    _log_access = False
    _rec_name = "number"

    key_id = fields.Many2one(
        "ai.gateway.key", required=True, readonly=True, ondelete="cascade", help="Whose call."
    )
    number = fields.Integer(required=True, readonly=True, help="Which of the key's places.")
    expires_at = fields.Datetime(required=True, readonly=True, help="Free again from then on.")

    _sql_constraints = [
        ("key_number_unique", "unique(key_id, number)", "This place is taken."),
    ]


class AiGatewayMinute(models.Model):
    """How many requests a key made in its last minute: one row a key, moved by SQL."""

    _name = "ai.gateway.minute"
    _description = "AI Endpoint Requests of a Minute"
    _log_access = False
    _rec_name = "minute"

    key_id = fields.Many2one(
        "ai.gateway.key", required=True, readonly=True, ondelete="cascade", help="Whose requests."
    )
    minute = fields.Datetime(required=True, readonly=True, help="The minute, UTC.")
    requests = fields.Integer(required=True, readonly=True, help="Requests in that minute.")

    _sql_constraints = [("key_unique", "unique(key_id)", "A key has one count.")]


class AiGatewayKey(models.Model):
    """What requests of a key take: their count a minute, their places, the day of last use."""

    _inherit = "ai.gateway.key"

    @api.model
    def _count_request(self, facts):
        """Count a request of a key.

        :return: seconds until it may ask again; 0 where it may go on
        :raise ServerBusyError: no connection came free in time
        """
        if not facts.per_minute:
            return 0
        try:
            with Apart(self.env).cursor(places.PATIENCE_S) as cr:
                commit_at_once(cr)
                cr.execute(_COUNT, {"key": facts.id, "most": facts.per_minute})
                if cr.fetchone():
                    return 0
                cr.execute(_LEFT)
                return max(1, cr.fetchone()[0])
        except (NoConnection, psycopg2.OperationalError) as error:
            raise self.env["ai.service"]._busy() from error

    @api.model
    def _claim_place(self, facts, lives_s):
        """Take one of a key's places for calls at once: ``places.Claimed``, or None.

        :param float lives_s: how long the call may take
        :raise ServerBusyError: no connection came free in time
        """
        try:
            return places.claim(Apart(self.env), PLACES, facts.id, facts.at_once, lives_s)
        except (NoConnection, psycopg2.OperationalError) as error:
            raise self.env["ai.service"]._busy() from error

    @api.model
    def _note_use(self, facts):
        """Remember that a key was used; written every ten minutes at most, and never in the way."""
        if not facts.is_use_news:
            return
        try:
            with Apart(self.env).cursor(wait_s=1.0) as cr:
                commit_at_once(cr)
                cr.execute(
                    "UPDATE ai_gateway_key SET last_used_at = now() AT TIME ZONE 'UTC'"
                    " WHERE id = (SELECT id FROM ai_gateway_key WHERE id = %s"
                    "             FOR NO KEY UPDATE SKIP LOCKED)",
                    (facts.id,),
                )
        except Exception:
            _logger.info("AI endpoint: a key's last use was not noted", exc_info=True)
