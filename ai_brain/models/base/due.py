"""Take in hand what is due, so that two schedulers never work on the same record at once."""

from odoo import fields
from odoo.tools import SQL

from .transactions import Apart


def take_due(env, table, states, lease):
    """Lease the row that has been due for longest, in a transaction of its own.

    :param str table: with the columns ``state``, ``next_at`` and ``lease_until``
    :param tuple states: that have something to be done
    :param datetime.timedelta lease: how long nobody else takes it
    :return: ``(id, until)``; the id is ``None`` where nothing is due
    """
    now = fields.Datetime.now()
    with Apart(env).cursor() as cr:
        cr.execute(
            SQL(
                """
                UPDATE %(table)s SET lease_until = %(lease)s, next_at = %(lease)s
                 WHERE id = (
                    SELECT id FROM %(table)s
                     WHERE state IN %(states)s
                       AND next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
                     ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                table=SQL.identifier(table),
                states=states,
                now=now,
                lease=now + lease,
            )
        )
        found = cr.fetchone()
    env.invalidate_all()
    return (found[0] if found else None), now + lease
