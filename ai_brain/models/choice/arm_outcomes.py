"""What the arms of a split came to, summed up in one statement."""

from odoo.tools import SQL

from ...engine.choice import experiments

#: The measures of a row ``u`` of the ledger, for :func:`arm_outcomes`.
MEASURES = SQL(
    """CASE WHEN u.feedback_count > 0 THEN u.quality_score END AS score,
       u.cost_usd::float8 AS cost,
       CASE WHEN u.state = 'done' THEN u.latency_ms END::float8 AS latency"""
)


def arm_outcomes(env, calls, more=()):
    """Return ``{(id, arm): engine.choice.experiments.Outcome}``.

    :param calls: SQL of the calls that were split: ``id`` and ``arm``, ``answered`` and ``failed``
        (neither: it says nothing of its arm), and the columns of :data:`MEASURES`
    :param more: ``("tokens",)`` where the calls have that column, too
    """
    sums = SQL(
        ", ".join(
            f"count({one}) FILTER (WHERE answered), sum({one}) FILTER (WHERE answered),"
            f" sum({one} * {one}) FILTER (WHERE answered)"
            for one in ("score", "cost", "latency", *more)
        )
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT id, arm, count(*) FILTER (WHERE answered OR failed),
                   count(*) FILTER (WHERE failed), %s
              FROM (%s) AS calls GROUP BY id, arm
            """,
            sums,
            calls,
        )
    )
    return {
        (key, arm): experiments.Outcome(_arm(figures[:3]), calls, errors, *_arms(figures[3:]))
        for key, arm, calls, errors, *figures in rows
    }


def _arms(figures):
    return [_arm(figures[at : at + 3]) for at in range(0, len(figures), 3)]


def _arm(sums):
    n, total, squares = sums
    return experiments.Arm(n, float(total or 0), float(squares or 0))
