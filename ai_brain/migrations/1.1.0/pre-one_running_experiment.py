"""One running experiment of a company and task, before a unique index demands it.

Two people who started one at the same time could leave two. Calls were split by the newest alone,
so it goes on and the older ones end now: their ratings and verdicts stay, and no call changes its
way.
"""

import logging

from odoo.tools.sql import table_exists

_logger = logging.getLogger("odoo.addons.ai_brain.migrations")


def migrate(cr, version):
    if not table_exists(cr, "ai_experiment"):
        return
    cr.execute(
        """
        WITH ranked AS (
            SELECT id, first_value(id) OVER same AS kept
              FROM ai_experiment
             WHERE state = 'running'
            WINDOW same AS (PARTITION BY company_id, task_type ORDER BY id DESC)
        )
        UPDATE ai_experiment e
           SET state = 'done', date_end = now() AT TIME ZONE 'UTC'
          FROM ranked
         WHERE ranked.id = e.id AND ranked.kept != e.id
        RETURNING e.id, e.name, e.task_type, ranked.kept
        """
    )
    for experiment, name, task, kept in sorted(cr.fetchall()):
        _logger.info(
            "Experiment %s “%s” is ended: experiment %s, which splits the calls of the task %s, "
            "was running as well.",
            *(experiment, name, kept, task),
        )
