import logging
import time
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from operator import itemgetter

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, config

from ...engine.choice import ranking
from ...engine.savings import what_if as engine
from ..base.transactions import under_test
from ..base.wording import reader
from .ai_what_if import MOST_TEXT_CALLS
from .ai_what_if_line import CHANCES
from .replay_prices import Replayer
from .replay_sql import COMPLEXITY, OF_QUALITY, Cuts, group_rows, quality_rows, single_rows

_logger = logging.getLogger(__name__)

#: How long a scheduled action goes on at most before it leaves the rest to the next run.
RUN_S = 120
#: How long a transaction goes on at least: as many days as it takes.
SLICES_S = 1.0
#: Groups that are looked at call by call in one statement.
MOST_GROUPS = 200
#: What is read of a call that is looked at, beside what it is billed by.
MORE = f", {COMPLEXITY} AS complexity"
_of_quality = itemgetter(*OF_QUALITY)


class Sum:
    """One line of the result while a slice is added up."""

    def __init__(self):
        self.calls, self.now, self.then = 0, Decimal(0), Decimal(0)
        self.now_own = self.then_own = Decimal(0)  # in the company's currency
        self.quality_calls, self.chances = 0, [0.0] * len(CHANCES)

    def add(self, calls, now, then, now_own, then_own):
        self.calls += calls
        self.now += now
        self.then += then
        self.now_own += now_own
        self.then_own += then_own


class AiWhatIf(models.Model):
    """Running: a day at a time, each in a transaction that leaves it either done or not begun."""

    _inherit = "ai.what.if"

    def action_run(self):
        """Have it replayed by the scheduled action.

        :raise AccessError: for who may not change it
        :raise UserError: it is running, or there are too many calls to read
        """
        self.check_access("write")
        for one in self:
            if one.state in ("waiting", "running"):
                raise UserError(self.env._("“%s” is being replayed already.", one.name))
            if one.is_applied:
                raise UserError(self.env._("Undo it first: its result is what was applied."))
            one._check_size()
            one._forget_result()
            today = one.company_id.sudo()._ai_local_date()
            currency_id, rate = one.company_id.sudo()._ai_usd_rate(min(one.date_to, today))
            one.sudo().write(
                {
                    "currency_id": currency_id,
                    "last_rate": rate,
                    "state": "waiting",
                    "phase": "days",
                    "next_day": one.date_from,
                    "last_usage_id": 0,
                    "runner_id": self.env.uid,
                    "started_at": fields.Datetime.now(),
                    "ended_at": False,
                    "error": False,
                }
            )
        self.env.ref("ai_brain.ir_cron_what_if").sudo()._trigger()

    def action_cancel(self):
        """Stop it; what was computed so far goes."""
        self.check_access("write")
        for one in self:
            if one.state not in ("waiting", "running"):
                raise UserError(self.env._("“%s” is not being replayed.", one.name))
            one._forget_result()
            one.sudo().write({"state": "cancelled", "ended_at": fields.Datetime.now()})

    def action_draft(self):
        """Make it a draft again, so that it can be changed; its result goes."""
        self.check_access("write")
        for one in self:
            if one.state in ("waiting", "running"):
                raise UserError(self.env._("Cancel it first."))
            if one.is_applied:
                raise UserError(self.env._("Undo it first: its result is what was applied."))
            one._forget_result()
            one.sudo().write({"state": "draft", "error": False})

    def _check_size(self):
        if not self._reads_texts():
            return
        usages = self.env["ai.token.usage"].with_company(self.company_id)
        domain = [*self._domain(), *self._days()]
        if usages.search_count(domain, limit=MOST_TEXT_CALLS + 1) > MOST_TEXT_CALLS:
            raise UserError(
                self.env._(
                    "“%(name)s” reads the text of each call, of %(most)s at most. Choose fewer "
                    "days or a narrower filter.",
                    name=self.name,
                    most=reader(self.env).number(MOST_TEXT_CALLS),
                )
            )

    def _forget_result(self):
        for table in ("ai_what_if_line", "ai_what_if_call"):
            self.env.cr.execute(
                SQL("DELETE FROM %s WHERE what_if_id = %s", SQL.identifier(table), self.id)
            )
        amounts = ("now_usd", "then_usd", "now_company", "then_company")
        self.sudo().write({"calls": 0, "assessed_calls": 0, **dict.fromkeys(amounts, 0)})
        self.invalidate_recordset()
        self.env["ai.what.if.line"].invalidate_model()

    # ------------------------------------------------------------------
    # The scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_run(self):
        """Replay what waits, slice by slice. Two schedulers never work on the same one at once.

        In a neutralised copy it does so, too: a what-if asks nobody and sends nothing.
        """
        deadline = time.monotonic() + self._run_s()
        replayer = None  # reads each price once a run
        while time.monotonic() < deadline:
            taken = self._take_next()
            if not taken:
                return
            replayer = taken._slice_safely(replayer)
            if not under_test():
                self.env.cr.commit()  # pylint: disable=invalid-commit
        self.env.ref("ai_brain.ir_cron_what_if")._trigger()

    @api.model
    def _run_s(self):
        limit = config["limit_time_real_cron"]
        limit = config["limit_time_real"] if limit < 0 else limit
        return min(RUN_S, limit / 2) if limit else RUN_S

    @api.model
    def _take_next(self):
        """Return the next one to work on, locked; none where others have them all in hand."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT id FROM ai_what_if WHERE state IN ('waiting', 'running')"
            " ORDER BY started_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"
        )
        found = self.env.cr.fetchone()
        self.env.invalidate_all()
        return self.sudo().browse(found[0] if found else [])

    def _slice_safely(self, replayer=None):
        """Do some slices; what fails says so on the record and does not come again by itself.

        :param replayer: of the transaction before, which may have been about another what-if
        :return: the one that was used, None after a failure
        """
        deadline = time.monotonic() + SLICES_S
        try:
            with self.env.cr.savepoint():
                # PostgreSQL would compile each statement for longer than it runs
                self.env.cr.execute("SET LOCAL jit = off")
                if not replayer or replayer.what_if != self:
                    replayer = Replayer(self)
                while self.state in ("waiting", "running") and time.monotonic() < deadline:
                    self._slice(replayer)
        except psycopg2.OperationalError:
            raise  # somebody wrote it at the same time: the next run goes on
        except Exception as error:
            _logger.exception("AI what-if %s could not be replayed", self.id)
            self.env.invalidate_all()
            self.write(
                {
                    "state": "failed",
                    "error": str(error)[:500] or type(error).__name__,
                    "ended_at": fields.Datetime.now(),
                }
            )
            self.env.flush_all()
            return None
        return replayer

    def _slice(self, replayer=None):
        """Work on one slice of what comes next, and say how far it is."""
        self.ensure_one()
        replayer, texts = replayer or Replayer(self), self._reads_texts()
        if self.state == "waiting":
            self.write({"state": "running"})
        if self.phase == "reuse":
            self._serve_kept()
            self.write({"phase": "sums", "next_day": self.date_from})
        elif texts and self.phase == "days":
            self._slice_texts(replayer)
        else:
            sums = self._sum_texts(replayer) if texts else self._sum_groups(replayer)
            self._add_lines(sums)
            self._to_next_day()
        self.env.flush_all()

    def _to_next_day(self):
        day = self.next_day + timedelta(days=1)
        if day <= self.date_to:
            self.write({"next_day": day, "last_usage_id": 0})
        elif self._reads_texts() and self.phase == "days":
            self.write({"phase": "reuse", "next_day": day})
        else:
            self.write({"state": "done", "next_day": day, "ended_at": fields.Datetime.now()})

    # ------------------------------------------------------------------
    # One day by groups
    # ------------------------------------------------------------------

    def _rows(self, day=None, more=()):
        """FROM and WHERE of the ledger's rows, as far as who ran it may see them."""
        usages = (
            self.env["ai.token.usage"]
            .with_user(self.runner_id)
            .with_context(allowed_company_ids=self.company_id.ids, active_test=False)
        )
        usages.flush_model()
        days = [("local_date", "=", day)] if day else self._days()
        query = usages._search([*self._domain(), *days, *more])
        if query.from_clause.code != '"ai_token_usage"':
            return SQL("ai_token_usage WHERE ai_token_usage.id IN %s", query.subselect())
        return SQL("ai_token_usage WHERE %s", query.where_clause or SQL("TRUE"))

    def _prices_of(self, rows, replayer):
        self.env.cr.execute(
            SQL(
                "SELECT COALESCE(provider_id, 0), COALESCE(price_id, 0), create_date::date FROM %s"
                " GROUP BY 1, 2, 3",
                rows,
            )
        )
        return Cuts(*replayer.prepare(self.env.cr.fetchall()), self.currency_id.id)

    def _sum_groups(self, replayer):
        """Return the sums of the day that comes next."""
        day, sums = self.next_day, defaultdict(Sum)
        rows = self._rows(day)
        cuts, last_rate = self._prices_of(rows, replayer), Decimal(repr(self.last_rate))
        closer, stays = [], Counter()
        for row, group in group_rows(self.env.cr, rows, cuts):
            found = replayer.then(row, group)
            if found is None:
                closer.append(row)
            else:
                _add(sums, day, row, group, found, last_rate)
        for start in range(0, len(closer), MOST_GROUPS):
            wanted = closer[start : start + MOST_GROUPS]
            for row, group in single_rows(self.env.cr, rows, cuts, wanted, MORE):
                found = replayer.then(row, group)
                _add(sums, day, row, group, found, last_rate)
                if row["complexity"] is not None:
                    key = (*_of_quality(row), row["complexity"])
                    stays[key] += group.calls if found[2] else 0
        counts, answerers = [], {}
        for row in quality_rows(self.env.cr, rows, cuts):
            line = (row["agent_type"], row["model_name"], row["provider_id"])
            key = _of_quality(row)
            if key not in answerers:
                answerers[key] = replayer.answerer_of(row, cuts.steps)
            then, stay = answerers[key], stays[(*key, row["complexity"])]
            # those that keep their cost would have been answered by whom they were
            for who, calls in ((then, row["calls"] - stay), (row["provider_id"], stay)):
                if calls:
                    counts.append((*line, who, row["complexity"], calls))
        self._add_quality(sums, counts, replayer.ability_of)
        return sums

    def _add_quality(self, sums, counts, ability_of):
        """Add what quality is expected now and then.

        :param counts: (agent's code, model, provider's id, id of who would have answered,
            complexity, calls)
        :param ability_of: function of a provider's id
        """
        lines = defaultdict(lambda: defaultdict(int))
        for agent, model, provider, then, complexity, calls in counts:
            for key in (("total", ""), ("agent", agent), ("model", model)):
                lines[key][provider, then, complexity] += calls
        for key, groups in lines.items():
            now = [(one, score, calls) for (one, _then, score), calls in groups.items()]
            then = [(one, score, calls) for (_now, one, score), calls in groups.items()]
            calls, *chances = engine.expected(now, ability_of)
            others, *chances_then = engine.expected(then, ability_of)
            if calls and calls == others:
                line = sums[key]
                line.quality_calls += calls
                line.chances = [a + b for a, b in zip(line.chances, chances + chances_then)]

    def _abilities(self):
        """Return a function of a provider's id: its ability by all that is known today."""
        providers = self.env["ai.service.provider"].with_context(active_test=False)
        evidence = self.env["ai.provider.stats"]._evidence(self.company_id.id, "chat")
        known = {}

        def ability_of(provider_id):
            if provider_id not in known:
                provider = providers.browse(provider_id).exists()
                _calls, ratings = evidence.get(provider_id, (None, ()))
                prior = provider._ability_before_ratings() if provider else None
                known[provider_id] = prior and ranking.ability_of(prior, ratings)
            return known[provider_id]

        return ability_of

    # ------------------------------------------------------------------
    # The result
    # ------------------------------------------------------------------

    def _add_lines(self, sums):
        """Add a slice's sums to the result, and to the figures of the what-if."""
        if not sums:
            return
        names = (
            "what_if_id", "company_id", "dimension", "key", "day", "provider_id", "answerer_id",
            "calls", "now_usd", "then_usd", "now_company", "then_company", "quality_calls",
            *CHANCES,
        )  # fmt: skip
        added = names[7:]
        values = []
        for (dimension, key), line in sorted(sums.items()):
            provider, _arrow, answerer = key.partition(">")
            is_answerer = dimension == "answerer"
            values.append(
                SQL(
                    "%s",
                    (
                        self.id,
                        self.company_id.id,
                        dimension,
                        key,
                        key if dimension == "day" else None,
                        (int(provider) or None) if is_answerer else None,
                        (int(answerer) or None) if is_answerer else None,
                        line.calls,
                        line.now,
                        line.then,
                        line.now_own,
                        line.then_own,
                        line.quality_calls,
                        *line.chances,
                    ),
                )
            )
        columns = SQL(", ").join(map(SQL.identifier, names))
        for start in range(0, len(values), 1000):
            self.env.cr.execute(
                SQL(
                    "INSERT INTO ai_what_if_line (%s) VALUES %s"
                    " ON CONFLICT (what_if_id, dimension, key) DO UPDATE SET %s",
                    columns,
                    SQL(", ").join(values[start : start + 1000]),
                    SQL(", ".join(f"{n} = ai_what_if_line.{n} + EXCLUDED.{n}" for n in added)),
                )
            )
        self.env["ai.what.if.line"].invalidate_model()
        self.env.cr.execute(
            """
            UPDATE ai_what_if w SET calls = t.calls, now_usd = t.now_usd, then_usd = t.then_usd,
                   now_company = t.now_company, then_company = t.then_company,
                   assessed_calls = t.calls - COALESCE((
                       SELECT SUM(calls) FROM ai_what_if_line
                        WHERE what_if_id = w.id AND dimension = 'reason'), 0)
              FROM ai_what_if_line t
             WHERE w.id = %s AND t.what_if_id = w.id AND t.dimension = 'total'
            """,
            (self.id,),
        )
        self.invalidate_recordset()


def in_company(now, own, then, rate, last_rate):
    """Return (now, then) in the company's currency of calls at one exchange rate.

    :param own: what the ledger counted in it, where ``rate`` is not 0
    """
    if not rate:
        return now * last_rate, then * last_rate
    return own, own + (then - now) * rate


def _add(sums, day, row, group, found, last_rate):
    """Add calls to each line that they belong to."""
    then, answerer, reason = found
    own = in_company(group.cost, Decimal(row["own"] or 0), then, Decimal(row["rate"]), last_rate)
    keys = [
        ("total", ""),
        ("day", str(day)),
        ("agent", row["agent_type"]),
        ("model", row["model_name"]),
        ("answerer", f"{row['provider_id']}>{answerer}"),
    ]
    if reason:
        keys.append(("reason", reason))
    for key in keys:
        sums[key].add(group.calls, group.cost, then, *own)
