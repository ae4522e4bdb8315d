"""Places for what may run at once: rows of a table, so that they count in every process.

A table of places has ``number``, ``expires_at`` and the column of its owner, unique with the
number. One whose process died is free again at its expiry.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from odoo.tools import SQL

from .own_cursor import commit_at_once

_logger = logging.getLogger(__name__)

#: How long a claim waits for a connection. The request holds one of Odoo's meanwhile, so it is
#: soon told that the server is busy.
PATIENCE_S = 5
#: Beyond the time of what takes a place: what is written before, between and afterwards.
MARGIN_S = 5
#: Those of one owner who wait for somebody else's answer beside his places, and their numbers.
ASIDE = 16
FIRST_ASIDE = 10_000

#: What a crash of the database takes back is free again at its expiry: nobody waits for the disk.
_FREE = """
    SET LOCAL synchronous_commit = off;
    DELETE FROM %(table)s WHERE id = %(id)s AND expires_at = %(expires_at)s
"""
#: One owner's claims take turns, so that each sees what the one before took. All in one round trip:
#: the lock is never held while a thread of Python waits to run.
_CLAIM = """
    SET LOCAL synchronous_commit = off;
    SELECT pg_advisory_xact_lock(%(lock)s, %(id)s);
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
"""
_MOVE = """
    WITH mine AS (
        SELECT id, %(owner)s AS owner, number FROM %(table)s
         WHERE id = %(id)s AND expires_at = %(expires_at)s),
    free AS (
        SELECT min(n) AS number FROM mine, generate_series(%(first)s, %(last)s) n
         WHERE NOT EXISTS (
               SELECT FROM %(table)s s WHERE s.%(owner)s = mine.owner AND s.number = n)),
    moved AS (
        UPDATE %(table)s s SET number = free.number FROM mine, free
         WHERE s.id = mine.id AND free.number IS NOT NULL
           AND mine.number NOT BETWEEN %(first)s AND %(last)s RETURNING s.id)
    SELECT count(*) FROM moved
"""


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

    def __init__(self, apart, table, most, place_id, expires_at):
        self._apart, self._table, self._most = apart, table, most
        self._token = (place_id, expires_at)

    def step_aside(self):
        """Leave the place to another one while somebody else's answer is waited for; where too
        many wait so, it is kept. Never raises."""
        self._move(FIRST_ASIDE, ASIDE)

    def come_back(self):
        """Take a place again, to ask oneself: whoever was waited for got no answer. Where the
        owner has taken all of them by now, this one goes on beside them. Never raises."""
        self._move(0, self._most)

    def _move(self, first, most):
        """Take the first free number of some, unless it has one of them."""
        query = SQL(
            _MOVE,
            table=SQL.identifier(self._table.name),
            owner=SQL.identifier(self._table.owner),
            id=self._token[0],
            expires_at=self._token[1],
            first=first,
            last=first + most - 1,
        )
        try:
            with self._apart.cursor(PATIENCE_S) as cr:
                cr.execute(query, log_exceptions=False)
        except Exception:  # another one was faster, or the database is busy
            _logger.info("AI: a place stays what it was", exc_info=True)

    def free(self):
        """Give the place back; never raises, as the place is free anyway once its time is over."""
        try:
            with self._apart.cursor(PATIENCE_S) as cr:
                commit_at_once(cr)
                cr.execute(
                    SQL(
                        _FREE,
                        table=SQL.identifier(self._table.name),
                        id=self._token[0],
                        expires_at=self._token[1],
                    )
                )
        except Exception:
            _logger.warning("AI: a place was not given back and expires", exc_info=True)


def claim(apart, table, owner, most, lives_s):
    """Take a place on a cursor of our own.

    :param apart: ``transactions.Apart``
    :param Table table: the table of places
    :param int owner: id of whose places they are
    :param int most: how many places the owner has
    :param float lives_s: how long what takes it may last
    :return: ``Claimed``; None if all places are taken
    :raise NoConnection, psycopg2.OperationalError: the database is busy; no place is taken
    """
    query = SQL(
        _CLAIM,
        table=SQL.identifier(table.name),
        owner=SQL.identifier(table.owner),
        lock=table.lock,
        id=owner,
        most=most,
        lives=timedelta(seconds=lives_s + MARGIN_S),
    )
    with apart.cursor(PATIENCE_S) as cr:
        commit_at_once(cr)
        cr.execute(query)
        found = cr.fetchone()
    return Claimed(apart, table, most, *found) if found else None
