"""What the arms of a split came to, summed up in one statement."""

from odoo.tools import SQL

from ...engine.choice import experiments
from ...engine.ledger import outcomes

_CORRECTIONS = "FROM ai_token_usage c WHERE c.correction_of_id = u.id"
#: A worker that was only slow brought the answer after all.
_CAME_LATE = (
    f"EXISTS (SELECT 1 {_CORRECTIONS} AND NOT {outcomes.failed('c')}"
    f" AND NOT {outcomes.nobodys('c')})"
)
#: How a call ``u`` stands now, as the figures of all screens have it (``report.rollup_schema``).
FAILED = SQL(f"({outcomes.failed('u')} AND NOT {_CAME_LATE})")
NOBODYS = SQL(f"({outcomes.nobodys('u')} AND NOT {_CAME_LATE})")
#: The measures of a row ``u`` of the ledger, for :func:`arm_outcomes`; its cost with corrections.
MEASURES = SQL(
    f"""CASE WHEN u.feedback_count > 0 THEN u.quality_score END AS score,
       (u.cost_usd + COALESCE((SELECT SUM(c.cost_usd) {_CORRECTIONS}), 0))::float8 AS cost,
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
