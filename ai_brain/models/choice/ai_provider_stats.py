import os

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.choice.quality import LEVELS, Ratings
from ...engine.choice.ranking import Evidence

#: Rows per key, so that workers that finish calls at once do not wait for one row.
SHARDS = 2
#: Writers in a longer transaction of their own keep their lock to themselves.
SLOW_SHARD = 100
SUMS = (
    "calls",
    "errors",
    "answered",
    "output_sum",
    "latency_sum",
    "rated",
    "rating_sum",
    "rating_squares",
)
_ADD = f"""
    INSERT INTO ai_provider_stats AS s
        (company_id, provider_id, task_type, task_complexity, shard, since, {", ".join(SUMS)})
    VALUES (%s, %s, %s, %s, %s, %s, {", ".join("%s" for _ in SUMS)})
    ON CONFLICT (company_id, task_type, provider_id, task_complexity, shard)
    DO UPDATE SET since = LEAST(s.since, EXCLUDED.since),
        {", ".join(f"{name} = s.{name} + EXCLUDED.{name}" for name in SUMS)}
    RETURNING id
"""


#: Of a company's calls of a task a list a provider and level, as ``_read_evidence`` takes it, as
#: JSON, so that it can be read in one round trip with something else; a function, because its
#: plan is kept.
_FUNCTION = """
CREATE OR REPLACE FUNCTION ai_provider_evidence(a_company int, a_task varchar)
RETURNS jsonb LANGUAGE plpgsql STABLE STRICT AS $$
BEGIN
    RETURN (
        SELECT COALESCE(jsonb_agg(jsonb_build_array(
                   s.provider_id, s.task_complexity, s.calls, s.errors, s.answered, s.output_sum,
                   s.latency_sum, s.since, s.rated, s.rating_sum, s.rating_squares)
                   ORDER BY s.provider_id, s.task_complexity), '[]')
          FROM (SELECT provider_id, task_complexity, sum(calls) AS calls, sum(errors) AS errors,
                       sum(answered) AS answered, sum(output_sum) AS output_sum,
                       sum(latency_sum) AS latency_sum, min(since) AS since, sum(rated) AS rated,
                       sum(rating_sum) AS rating_sum, sum(rating_squares) AS rating_squares
                  FROM ai_provider_stats WHERE company_id = a_company AND task_type = a_task
                 GROUP BY provider_id, task_complexity) s);
END $$
"""


class AiProviderStats(models.Model):
    """Running sums of ``ai.provider.benchmark``: what a recommendation reads instead of a scan.

    One row for company, provider, task and complexity, split over a few shards; a reader adds
    them up. Rows are only ever added to, by :meth:`_add`.
    """

    _name = "ai.provider.stats"
    _description = "AI Provider Evidence"
    _order = "provider_id, task_type, task_complexity"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", help="Company whose calls these were."
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        ondelete="cascade",
        index=True,
        help="The provider that was asked.",
    )
    task_type = fields.Char(required=True, help="The task of the calls.")
    task_complexity = fields.Char(required=True, help="low, medium, high; unknown if not scored.")
    shard = fields.Integer(required=True, help="Part of the sums; readers add the parts.")
    calls = fields.Integer(required=True, help="Number of calls.")
    errors = fields.Integer(required=True, help="How many of them failed technically.")
    answered = fields.Integer(required=True, help="How many gave an answer.")
    output_sum = fields.Float(required=True, help="Tokens of these answers, reasoning included.")
    latency_sum = fields.Float(required=True, help="Milliseconds of these answers.")
    rated = fields.Integer(required=True, help="Number of ratings.")
    rating_sum = fields.Float(required=True, help="Sum of the ratings, each 0 to 100.")
    rating_squares = fields.Float(required=True, help="Sum of their squares.")
    since = fields.Date(help="Day of the first of these calls.")

    _sql_constraints = [
        (
            "key_unique",
            "unique(company_id, task_type, provider_id, task_complexity, shard)",
            "These sums exist already.",
        ),
    ]

    def init(self):
        res = super().init()
        self.env.cr.execute(_FUNCTION)
        return res

    @api.model
    def _drop_functions(self):
        self.env.cr.execute("DROP FUNCTION IF EXISTS ai_provider_evidence")

    @api.model
    def _add(self, *args, **kwargs):
        """Execute :meth:`_add_sql` on this cursor."""
        self.env.cr.execute(self._add_sql(*args, **kwargs))

    @api.model
    def _add_sql(self, company_id, provider_id, task_type, level, sums, moment, slow=True):
        """Return the statement that adds ``sums`` (some of :data:`SUMS`; negative takes back).

        :param datetime moment: of the call, in UTC
        :param bool slow: the transaction may stay open for long: it gets a shard of its own
        """
        values = [sums.get(name) or 0 for name in SUMS]
        return SQL(
            _ADD,
            company_id,
            provider_id,
            task_type,
            level or "unknown",
            SLOW_SHARD if slow else os.getpid() % SHARDS,
            moment.date(),
            *values,
        )

    @api.model
    def _evidence(self, company_id, task_type):
        """Return ``{provider id: (Evidence, ratings)}`` of a company's calls, in one query.

        ``Evidence`` is that of ``engine.choice.ranking``, of the calls of all levels; ``ratings``
        a tuple of (level, ``engine.choice.quality.Ratings``) of those levels that were rated.
        """
        self.env.cr.execute("SELECT ai_provider_evidence(%s, %s)", (company_id, task_type))
        return self._read_evidence(self.env.cr.fetchone()[0])

    @api.model
    def _read_evidence(self, rows):
        """Return what :meth:`_evidence` does, of what ``ai_provider_evidence`` gives."""
        found = {}
        for key, level, calls, errors, answered, output, latency, since, *sums in rows or ():
            before, ratings = found.get(key, (Evidence(), ()))
            days = [day for day in (before.since, fields.Date.to_date(since)) if day]
            evidence = Evidence(
                before.calls + calls,
                before.errors + errors,
                before.answered + answered,
                before.output_sum + output,
                before.latency_sum + latency,
                min(days, default=None),
            )
            if sums[0] > 0:
                level = level if level in LEVELS else "unknown"
                ratings = (*ratings, (level, _ratings(*sums)))
            found[key] = evidence, ratings
        return found


def _ratings(n, total, squares):
    """Sums that were added and taken back in floating point, kept within what ratings can be."""
    return Ratings(int(n), min(100.0 * n, max(0.0, total)), max(0.0, squares))
