from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.wording import reader
from ..report.list_totals import RATE_DAY


class AiWhatIf(models.Model):
    """What came of it: figures and sentences, and what-ifs side by side."""

    _inherit = "ai.what.if"

    @api.depends("state", "phase", "next_day", "date_from", "date_to")
    def _compute_progress(self):
        for one in self:
            days = (one.date_to - one.date_from).days + 1 if one.date_from and one.date_to else 1
            done = (one.next_day - one.date_from).days if one.next_day and one.date_from else 0
            share = min(1.0, max(0.0, done / max(1, days)))
            if one._reads_texts():
                parts = {"days": 0.9 * share, "reuse": 0.9, "sums": 0.9 + 0.1 * share}
                share = parts.get(one.phase, 0.0)
            one.progress = 100.0 if one.state == "done" else 100.0 * share

    @api.depends("now_usd", "then_usd")
    def _compute_figures(self):
        for one in self:
            one.change_pct = 100 * one.change_usd / one.now_usd if one.now_usd else 0.0

    def _shown_worth(self):
        """Return ``{what-if: what 1 USD of it is}``: at the rate of its last day."""
        worth = self._worth_on(self.mapped("date_to"))
        return {one: float(worth.get(one.date_to, worth[False])) for one in self}

    @api.model
    def _shown_worth_sql(self, query):
        return self._worth_on_sql(SQL.identifier(self._table, "date_to"))

    @api.model
    def _worth_on_sql(self, day):
        """Return the SQL of what 1 USD is in the currency that is shown, at the rate of ``day``."""
        self.env["ai.what.if"].flush_model(["date_to"])
        days = self.env.execute_query(
            SQL("SELECT DISTINCT date_to FROM ai_what_if WHERE date_to IS NOT NULL")
        )
        worth = self._worth_on([row[0] for row in days])
        today = worth.pop(False)
        if not worth:
            return SQL("%s", today)
        cases = (SQL("WHEN %s THEN %s", one, rate) for one, rate in worth.items())
        return SQL("CASE %s %s ELSE %s END", day, SQL(" ").join(cases), today)

    @api.model
    def _worth_on(self, days):
        """Return ``{day: what 1 USD was on it}`` in the currency that lists show, today's under
        False; today's as well for days before which no rate is known."""
        usages = self.env["ai.token.usage"]
        today, worth = usages._listed_money(), {}
        for day in {one for one in days if one}:
            money = usages.with_context(**{RATE_DAY: str(day)})._listed_money()
            worth[day] = money.rate if money.currency == today.currency else today.rate
        return {**worth, False: today.rate}

    @api.depends("state", "line_ids.quality_calls")
    def _compute_quality(self):
        for one in self:
            total = one._line("total", "")
            one.quality_now = total.quality_now or False
            one.quality_then = total.quality_then or False

    @api.depends("state", "now_usd", "then_usd", "line_ids")
    @api.depends_context("lang")
    def _compute_summary(self):
        for one in self:
            one.summary = "\n".join(one._sentences()) if one.state == "done" else False

    def _line(self, dimension, key):
        return self.line_ids.filtered(lambda x: x.dimension == dimension and x.key == key)[:1]

    def _sentences(self):
        """Return what came of it, in sentences."""
        if not self.calls:
            return [self.env._("There is no call in this period that the filter lets through.")]
        number = reader(self.env).number
        kept = self.calls - self.assessed_calls
        said = [
            self.env._(
                "%(assessed)s of %(calls)s calls could be replayed.",
                assessed=number(self.assessed_calls),
                calls=number(self.calls),
            )
        ]
        if kept:
            said.append(
                self.env._(
                    "The other %s keep their cost; the last tab says why.",
                    number(kept),
                )
            )
        if self.batches:
            said.append(self.env._("Batches answer within a day, and not at once."))
        if self.reuse in ("exact", "same_question") or self.keep_messages:
            said.append(
                self.env._("What kept answers or summaries do to the quality is not counted.")
            )
        return said

    def action_compare(self):
        """Show these what-ifs side by side, by agent."""
        self.check_access("read")
        done = self.filtered(lambda one: one.state == "done")
        if len(done) < 2:
            raise UserError(self.env._("Choose two or more what-ifs that are done."))
        own = self.env["ai.token.usage"]._listed_money().currency.name != "USD"
        now, then = ("now_listed", "then_listed") if own else ("now_usd", "then_usd")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What-Ifs Side by Side"),
            "res_model": "ai.what.if.line",
            "view_mode": "pivot,graph,list",
            "domain": [("what_if_id", "in", done.ids)],
            "context": {
                "search_default_agents": 1,
                "pivot_row_groupby": ["key"],
                "pivot_column_groupby": ["what_if_id"],
                "pivot_measures": [now, then],
                "graph_groupbys": ["key", "what_if_id"],
                "graph_measure": then,
            },
        }

    @api.model
    def get_comparison(self, ids):
        """Return what-ifs side by side, for exports and programs.

        :param ids: of what-ifs that are done and may be read
        :return: list of dicts with ``id``, ``name``, ``date_from``, ``date_to``, ``calls``,
            ``assessed_calls``, ``now_usd``, ``then_usd``, ``change_usd`` (floats),
            ``now_usd_exact``, ``then_usd_exact`` (str, all digits), ``change_pct``,
            ``quality_now``, ``quality_then`` (texts or False) and ``lines``: a list of dicts
            with ``dimension``, ``label``, ``calls``, ``now_usd``, ``then_usd``,
            ``quality_now``, ``quality_then``
        :raise UserError: no ids, or one that is not done
        """
        if not isinstance(ids, list | tuple) or not all(type(one) is int for one in ids):
            raise UserError(self.env._("Choose what-ifs by their ids."))
        records = self.search([("id", "in", list(ids))])
        if not records or any(one.state != "done" for one in records):
            raise UserError(self.env._("Choose what-ifs that are done."))
        return [one._as_dict() for one in records]

    def _as_dict(self):
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL("SELECT now_usd::text, then_usd::text FROM ai_what_if WHERE id = %s", self.id)
        )
        now, then = rows[0]
        return {
            "id": self.id,
            "name": self.name,
            "date_from": str(self.date_from),
            "date_to": str(self.date_to),
            "calls": self.calls,
            "assessed_calls": self.assessed_calls,
            "now_usd": self.now_usd,
            "then_usd": self.then_usd,
            "change_usd": self.change_usd,
            "now_usd_exact": now or "0",
            "then_usd_exact": then or "0",
            "change_pct": self.change_pct,
            "quality_now": self.quality_now,
            "quality_then": self.quality_then,
            "lines": [
                {
                    "dimension": line.dimension,
                    "label": line.label,
                    "calls": line.calls,
                    "now_usd": line.now_usd,
                    "then_usd": line.then_usd,
                    "quality_now": line.quality_now,
                    "quality_then": line.quality_then,
                }
                for line in self.line_ids
                if line.dimension != "total"
            ],
        }
