"""Places for what may run at once: rows of a table, so that they count in every process.

A table of places has ``number``, ``expires_at`` and the column of its owner, unique with the
number. One whose process died is free again at its expiry.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: How long a claim waits for a connection. The request holds one of Odoo's meanwhile, so it is
#: soon told that the server is busy.
PATIENCE_S = 5
#: Beyond the time of what takes a place: what is written before, between and afterwards.
MARGIN_S = 5


class Table(NamedTuple):
    """A table of places, the column of their owner, and a number of its own for its locks."""

    name: str
    owner: str
    lock: int


class Claimed:
    """A place that was taken. Whoever took it gives it back, from any thread, once or more often.

    Known by its end as well as by its number: one that was over and taken by another is that one's,
    and stays.
    """

    def __init__(self, apart, table, place_id, expires_at):
        self._apart, self._table = apart, table
        self._token = (place_id, expires_at)

    def free(self):
        """Give the place back; never raises, as the place is free anyway once its time is over."""
        try:
            with self._apart.cursor(PATIENCE_S) as cr:
                cr.execute(
                    SQL(
                        "DELETE FROM %s WHERE id = %s AND expires_at = %s",
                        SQL.identifier(self._table.name),
                        *self._token,
                    )
                )
        except Exception:
            _logger.warning("AI: a place was not given back and expires", exc_info=True)


def claim(apart, table, owner, most, lives_s):
    """Take a place on a cursor of our own.

    One owner's claims take turns (an advisory lock, held for two statements), so that each sees
    what the one before took.

    :param apart: ``transactions.Apart``
    :param Table table: the table of places
    :param int owner: id of whose places they are
    :param int most: how many places the owner has
    :param float lives_s: how long what takes it may last
    :return: ``Claimed``; None if all places are taken
    :raise NoConnection, psycopg2.OperationalError: the database is busy; no place is taken
    """
    names = {"table": SQL.identifier(table.name), "owner": SQL.identifier(table.owner)}
    with apart.cursor(PATIENCE_S) as cr:
        cr.execute("SET LOCAL synchronous_commit = off")
        cr.execute("SELECT pg_advisory_xact_lock(%s, %s)", (table.lock, owner))
        cr.execute(
            SQL(
                """
                INSERT INTO %(table)s (%(owner)s, number, expires_at)
                SELECT %(id)s, free.number, now() AT TIME ZONE 'UTC' + %(lives)s
                  FROM generate_series(0, %(most)s - 1) free (number)
                 WHERE NOT EXISTS (
                       SELECT FROM %(table)s taken
                        WHERE taken.%(owner)s = %(id)s AND taken.number = free.number
                          AND taken.expires_at > now() AT TIME ZONE 'UTC')
                 ORDER BY free.number LIMIT 1
                ON CONFLICT (%(owner)s, number)
                DO UPDATE SET expires_at = EXCLUDED.expires_at
                RETURNING id, expires_at
                """,
                **names,
                id=owner,
                most=most,
                lives=timedelta(seconds=lives_s + MARGIN_S),
            )
        )
        found = cr.fetchone()
    return Claimed(apart, table, *found) if found else None
