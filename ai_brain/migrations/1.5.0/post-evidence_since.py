"""The day of the first of the calls that a provider's sums were made of.

It was the day on which the sums began, later than the first call where calls were brought in.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ai_provider_stats s SET since = LEAST(s.since, b.first)
          FROM (SELECT company_id, provider_id, task_type,
                       COALESCE(task_complexity, 'unknown') AS task_complexity,
                       min(timestamp)::date AS first
                  FROM ai_provider_benchmark GROUP BY 1, 2, 3, 4) b
         WHERE (s.company_id, s.provider_id, s.task_type, s.task_complexity)
             = (b.company_id, b.provider_id, b.task_type, b.task_complexity)
        """
    )
