from datetime import datetime, timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ...engine.base import clock
from ...engine.choice import complexity, experiments, ranking
from ...engine.ledger.tasks import TASK_TYPES
from ..base.arguments import is_id
from ..base.index import add_index
from ..base.sql_names import column_list
from ..report import rollup_schema

#: Most that the columns hold.
MOST = 2**31 - 1
EARLIEST = datetime(2000, 1, 1)
#: Days after which rows are cleared away; the running sums keep what they said.
KEPT_DAYS = 730
LEVELS = [("low", "Low"), ("medium", "Medium"), ("high", "High")]
#: Measures of the ledger that providers are compared by.
COMPARED = ("answered_calls", "failed_calls", "answered_usd", "latency_ms_sum")
VALUES = (
    "task_complexity",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "response_time_ms",
    "quality_score",
    "error_occurred",
)


class AiProviderBenchmark(models.Model):
    """What each provider did, one row a call. Appended by raw SQL, never changed but by ratings.

    Recommendations do not read it: they read the running sums in ``ai.provider.stats``.
    """

    _name = "ai.provider.benchmark"
    _inherit = "ai.shown.figures"
    _description = "AI Provider Benchmark"
    _order = "id desc"
    _log_access = False
    _shown_money = {"cost_listed": "cost_usd"}
    _shown_seconds = {"response_time": "response_time_ms"}
    _shown_call = "token_usage_id"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
        help="The company that made the call.",
    )
    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="set null",
        default=lambda self: self.env.user,
        help="Who made the call.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The provider that was asked.",
    )
    task_type = fields.Selection(
        TASK_TYPES, required=True, readonly=True, default="chat", help="What it was asked for."
    )
    task_complexity = fields.Selection(
        LEVELS,
        "Complexity",
        readonly=True,
        help="Low below 0.3, high from 0.7 on, of the request's complexity from 0 to 1.",
    )
    input_tokens = fields.Integer(readonly=True, help="Tokens sent, cached ones included.")
    output_tokens = fields.Integer(readonly=True, help="Tokens answered, reasoning included.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What the call cost.")
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="What the call cost, in the currency of the company that is switched on: as the "
        "ledger counted it, else at today's rate.",
    )
    response_time_ms = fields.Integer(
        "Time (ms)", readonly=True, aggregator="avg", help="Until the answer was complete."
    )
    response_time = fields.Float(
        "Time (s)",
        digits=0,
        compute="_compute_shown",
        aggregator="avg",
        help="Seconds until the answer was complete.",
    )
    quality_score = fields.Float(
        "Quality", readonly=True, aggregator="avg", help="Mean of its ratings, 0 to 100."
    )
    is_rated = fields.Boolean("Rated", readonly=True, help="Off: the quality is not known.")
    error_occurred = fields.Boolean("Failed", readonly=True, help="There was a technical error.")
    timestamp = fields.Datetime(
        required=True, readonly=True, default=fields.Datetime.now, help="When the call was made."
    )
    token_usage_id = fields.Integer(
        "Ledger Row", readonly=True, help="Id of the row in the ledger, if the call has one."
    )

    def init(self):
        add_index(self, "task", "company_id, task_type, timestamp")
        add_index(self, "usage", "token_usage_id", "token_usage_id IS NOT NULL")

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def log_benchmark(self, provider_id, task_type="chat", **values):
        """Record a measured call that did not go through ``ai.service``. Returns the row's id.

        Calls through ``send_message`` log themselves; this is for addons that measure elsewhere.

        :param provider_id: id or record of ``ai.service.provider``
        :param values: ``task_complexity`` (low, medium, high, or a score from 0 to 1),
            ``input_tokens``, ``output_tokens``, ``cost_usd``, ``response_time_ms``,
            ``quality_score`` (0 to 100; None: not rated), ``error_occurred``, ``timestamp`` (naive
            UTC, or a text of it; now if None) and ``user_id`` (of the company; oneself if None)
        :raise AccessError: for who is not a manager, as the figures steer everybody's calls
        :raise UserError: a value that cannot be
        """
        if not (self.env.su or self.env.user.has_group("ai_brain.group_ai_manager")):
            raise AccessError(self.env._("Only a manager enters measurements of AI providers."))
        provider = self.env["ai.service.provider"].browse(
            provider_id.id if isinstance(provider_id, models.BaseModel) else provider_id
        )
        if not provider.exists():
            raise UserError(self.env._("There is no such AI provider."))
        provider.check_access("read")
        moment = self._clean_moment(values.pop("timestamp", None))
        user_id = self._clean_user(values.pop("user_id", None))
        row = self._clean({**values, "provider_id": provider.id, "task_type": task_type})
        row.update(company_id=self.env.company.id, user_id=user_id, timestamp=moment)
        return self._append(row)

    @api.model
    def _clean_moment(self, value):
        """Return when a measurement was made, a datetime after 2000 and not to come."""
        now = fields.Datetime.now()
        if value is None or value is False:
            return now
        try:
            moment = fields.Datetime.to_datetime(value)
        except (ValueError, TypeError, OverflowError):
            moment = None
        if not isinstance(value, str | datetime) or not moment or moment.tzinfo:
            raise UserError(self.env._("A moment is written as 2026-12-31 23:59:59, in UTC."))
        if not EARLIEST <= moment <= now + timedelta(minutes=1):
            raise UserError(
                self.env._("A measurement was made after the year 2000, and not in the future.")
            )
        return moment

    @api.model
    def _clean_user(self, value):
        """Return the id of who made a measured call: somebody of the current company."""
        if value is None or value is False:
            return self.env.uid
        user_id = value.id if isinstance(value, models.BaseModel) else value
        user = self.env["res.users"].sudo().browse(user_id if is_id(user_id) else [])
        if not user.exists() or self.env.company not in user.company_ids:
            raise UserError(self.env._("There is no such user in this company."))
        return user.id

    @api.model
    def _clean(self, values):
        """Return ``values`` checked, complexity as a level, or raise UserError."""
        unknown = set(values) - {*VALUES, "provider_id", "task_type"}
        if unknown:
            raise UserError(
                self.env._(
                    "A benchmark has no %(unknown)s. It has: %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join((*VALUES, "timestamp", "user_id")),
                )
            )
        if values["task_type"] not in dict(TASK_TYPES):
            raise UserError(self.env._("There is no task type “%s”.", values["task_type"]))
        row = {key: value for key, value in values.items() if value is not None}
        for name in ("input_tokens", "output_tokens", "cost_usd", "response_time_ms"):
            value = row.get(name, 0)
            number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            if not number or not 0 <= value <= MOST:
                raise UserError(self.env._("%s is a number of 0 or more.", name))
        score = row.get("quality_score", 0)
        number = isinstance(score, int | float) and not isinstance(score, bool)
        if not number or not 0 <= score <= 100:
            raise UserError(self.env._("Quality lies between 0 and 100."))
        level = row.get("task_complexity")
        if isinstance(level, int | float) and not isinstance(level, bool) and 0 <= level <= 1:
            row["task_complexity"] = complexity.level_of(level)
        elif level and level not in dict(LEVELS):
            raise UserError(self.env._("The complexity is low, medium, high, or from 0 to 1."))
        return row

    @api.model
    def _append(self, row):
        """Insert one row on this cursor and add it to the running sums. Returns its id."""
        count, insert = self._append_sql(row)
        self.env.cr.execute(count)
        self.env.cr.execute(insert)
        return self.env.cr.fetchone()[0]

    @api.model
    def _append_sql(self, row, slow=True):
        """Return the statements that add ``row`` to the running sums and insert it, each with
        ``RETURNING id``.

        :param dict row: columns; ``quality_score`` missing or None means not rated
        :param bool slow: see ``ai.provider.stats._add_sql``
        """
        values = {
            "timestamp": fields.Datetime.now(),
            "error_occurred": False,
            **row,
            "is_rated": row.get("quality_score") is not None,
        }
        insert = SQL(
            "INSERT INTO ai_provider_benchmark (%s) VALUES %s RETURNING id",
            column_list(tuple(values)),
            tuple(values.values()),
        )
        return self._count_sql(values, 1, slow), insert

    @api.model
    def _count_sql(self, row, sign, slow=True):
        """Return the statement that adds a row to the running sums, or takes it out (-1)."""
        failed = bool(row.get("error_occurred"))
        sums = {"calls": sign, "errors": sign * failed}
        if not failed:
            sums.update(
                answered=sign,
                output_sum=sign * (row.get("output_tokens") or 0),
                latency_sum=sign * (row.get("response_time_ms") or 0),
            )
        if row.get("is_rated"):
            score = row["quality_score"]
            sums.update(rated=sign, rating_sum=sign * score, rating_squares=sign * score * score)
        return self.env["ai.provider.stats"]._add_sql(
            row["company_id"],
            row["provider_id"],
            row["task_type"],
            row.get("task_complexity"),
            sums,
            fields.Datetime.to_datetime(row["timestamp"]),
            slow,
        )

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(
            [{**v, "is_rated": v.get("quality_score") not in (None, False)} for v in vals_list]
        )
        for row in rows:
            self.env.cr.execute(row._count_sql(row._sums(), 1))
        return rows

    def write(self, vals):
        if vals:
            raise UserError(self.env._("A benchmark is what was measured; it cannot be changed."))
        return super().write(vals)

    def unlink(self):
        for row in self:
            self.env.cr.execute(row._count_sql(row._sums(), -1))
        return super().unlink()

    @api.autovacuum
    def _gc_rows(self, batch=10_000):
        """Clear rows of benchmarks and recommendations after two years, a batch a run."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=KEPT_DAYS)
        for table, moment in (
            ("ai_provider_benchmark", "timestamp"),
            ("ai_cost_optimizer", "created_at"),
        ):
            self.env.cr.execute(
                SQL(
                    """
                    DELETE FROM %(table)s WHERE id IN (
                        SELECT id FROM %(table)s ORDER BY id LIMIT %(batch)s)
                       AND %(moment)s < %(limit)s
                    """,
                    table=SQL.identifier(table),
                    moment=SQL.identifier(moment),
                    limit=limit,
                    batch=batch,
                )
            )

    def _sums(self):
        names = (*VALUES, "task_type", "is_rated", "timestamp")
        return {
            **{name: self[name] for name in names},
            "company_id": self.company_id.id,
            "provider_id": self.provider_id.id,
        }

    @api.constrains("quality_score", "input_tokens", "output_tokens", "cost_usd")
    def _check_figures(self):
        for row in self:
            if not 0 <= row.quality_score <= 100:
                raise ValidationError(self.env._("Quality lies between 0 and 100."))
            if min(row.input_tokens, row.output_tokens, row.cost_usd) < 0:
                raise ValidationError(self.env._("Tokens and costs cannot be below 0."))

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def compare_providers(self, task_type, period_days=30):
        """Compare what the providers of a task did in the last ``period_days`` days of the company,
        today among them: the days of the provider's form.

        Of the calls that a vendor was asked for, batches included, and of measurements that were
        entered (:meth:`log_benchmark`). Cost is that of an answered call.

        :return: list of dicts, dearest evidence first (most calls): ``provider_id``,
            ``provider_name``, ``calls``, and ``cost`` (USD a call), ``quality`` and ``rating``
            (0-100), ``speed`` (ms) and ``error_rate`` (0-1), each ``{'mean', 'lower', 'upper',
            'n'}``. Intervals are of 95 %: normal for means, Wilson's for the error rate; None where
            there are too few values. Only calls that the user may see count. Quality is that of the
            provider form and the dashboard (``ai.service.provider._qualities``: an ordinary
            request, interval of 80 %), resting on n ratings, all of the company's; ``rating`` is
            the mean of the period's ratings.
        :raise UserError: no such task, or a period that is not from 1 to 3,660 days
        """
        if task_type not in dict(TASK_TYPES):
            raise UserError(self.env._("There is no task type “%s”.", task_type))
        whole = isinstance(period_days, int) and not isinstance(period_days, bool)
        if not whole or not 1 <= period_days <= 3660:
            raise UserError(self.env._("A period has from 1 to 3,660 days."))
        today = self.env.company.sudo()._ai_local_date()
        first = fields.Date.subtract(today, days=period_days - 1)
        rows = self.env.execute_query(self._comparison_sql(task_type, first))
        providers = self.env["ai.service.provider"].browse([row[0] for row in rows])
        names = {provider.id: provider.name for provider in providers.sudo()}
        qualities = providers.sudo()._qualities(self.env.company)
        found = [self._comparison(names, qualities, row) for row in rows]
        return sorted(found, key=lambda item: -item["calls"])

    @api.model
    def _comparison_sql(self, task_type, first):
        """Return the statement of a line for each provider: calls, sums and squares, errors.

        A call is its row in the ledger and the corrections of it; what is answered, failed and
        paid is said by ``report.rollup_schema``, as for every screen.
        """
        company = self.env.company.sudo()
        of = [("task_type", "=", task_type), ("company_id", "=", company.id)]
        since = clock.day_start(first, company._ai_tz()).replace(tzinfo=None)
        usages = self.env["ai.token.usage"]
        usages.flush_model()
        ledger = usages._search([*of, ("local_date", ">=", first)])
        measured = self._search([*of, ("timestamp", ">=", since), ("token_usage_id", "=", False)])
        ledger.order = measured.order = None
        own = SQL.identifier(self._table)
        row = ledger.select(
            *(
                SQL(
                    "%s AS %s",
                    SQL(sql.format(u=usages._table, n=usages._table)),
                    SQL.identifier(name),
                )
                for name, (_type, sql) in rollup_schema.MEASURES.items()
                if name in COMPARED
            ),
            SQL("provider_id"),
            SQL("COALESCE(correction_of_id, %s.id) AS call", SQL.identifier(usages._table)),
            SQL("CASE WHEN feedback_count > 0 THEN quality_score END AS score"),
        )
        values = ", ".join(
            f"count({name}) {which}, sum({name}) {which}, sum({name} * {name}) {which}"
            for name, which in (
                ("cost", "FILTER (WHERE answered > 0)"),
                ("latency", "FILTER (WHERE answered > 0)"),
                ("score", ""),
            )
        )
        return SQL(
            """
            WITH calls AS (
                SELECT provider_id, COALESCE(sum(answered_calls), 0) AS answered,
                       COALESCE(sum(failed_calls), 0) AS failed,
                       sum(answered_usd)::float8 AS cost, max(latency_ms_sum)::float8 AS latency,
                       max(score)::float8 AS score
                  FROM (%(ledger)s) AS r WHERE provider_id IS NOT NULL GROUP BY provider_id, call
                UNION ALL %(measured)s)
            SELECT provider_id, (sum(answered) + sum(failed))::bigint, %(values)s,
                   sum(failed)::bigint
              FROM calls GROUP BY provider_id HAVING sum(answered) + sum(failed) > 0
            """,
            ledger=row,
            measured=measured.select(
                SQL("%s.provider_id", own),
                SQL("(%s.error_occurred IS NOT TRUE)::int", own),
                SQL("COALESCE(%s.error_occurred, FALSE)::int", own),
                SQL("COALESCE(%s.cost_usd, 0)::float8", own),
                SQL("COALESCE(%s.response_time_ms, 0)::float8", own),
                SQL("CASE WHEN %s.is_rated THEN %s.quality_score END::float8", own, own),
            ),
            values=SQL(values),
        )

    @api.model
    def _comparison(self, names, qualities, row):
        provider_id, calls, *sums, errors = row
        cost, speed, rating = (
            self._interval(*sums[i : i + 3], ceiling=100.0 if i == 6 else None) for i in (0, 3, 6)
        )
        lower, upper = ranking.wilson(errors, calls, z=1.96)
        return {
            "provider_id": provider_id,
            "provider_name": names[provider_id],
            "calls": calls,
            "cost": cost,
            "quality": qualities[provider_id].as_dict(),
            "rating": rating,
            "speed": speed,
            "error_rate": {"mean": errors / calls, "lower": lower, "upper": upper, "n": calls},
        }

    @api.model
    def _interval(self, n, total, squares, ceiling=None):
        mean, lower, upper = experiments.mean_interval(n, total or 0, squares or 0)
        if lower is not None:
            lower = max(0.0, lower)
            upper = min(ceiling, upper) if ceiling else upper
        return {"mean": mean, "lower": lower, "upper": upper, "n": n}

    @api.model
    def get_ab_test_group(self, task_type, user_id=None):
        """Tell in which arm of the running experiment of a task a user is.

        :return: ``{'group': 'a'|'b', 'experiment_id', 'provider_id', 'verdict'}``. The group of a
            user never changes while an experiment runs. Without an experiment the split is half
            and half, ids are False and the verdict says so.
        :raise UserError: no such task
        """
        self.browse().check_access("read")
        if task_type not in dict(TASK_TYPES):
            raise UserError(self.env._("There is no task type “%s”.", task_type))
        user_id = user_id or self.env.uid
        manager = self.env.su or self.env.user.has_group("ai_brain.group_ai_manager")
        if user_id != self.env.uid and not manager:
            raise AccessError(self.env._("Only a manager sees the groups of others."))
        experiment = self.env["ai.experiment"]._running(self.env.company.id, task_type)
        if not experiment:
            group = experiments.assign(user_id, f"task {task_type}", [("a", 1), ("b", 1)])
            verdict = self.env._("No experiment is running for this task.")
            return {
                "group": group,
                "experiment_id": False,
                "provider_id": False,
                "verdict": verdict,
            }
        group, provider_id = self.env["ai.experiment"]._assign(experiment, user_id)
        record = self.env["ai.experiment"].browse(experiment["id"])
        return {
            "group": group,
            "experiment_id": record.id,
            "provider_id": provider_id,
            "verdict": record.sudo().verdict,
        }
