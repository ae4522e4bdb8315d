from odoo import api, fields, models
from odoo.tools import SQL

from ..base.wording import reader
from .list_totals import COMPANY, RATE_DAY

#: Longer than any time that is entered: a day.
MOST_S = 86_400


class AiShownFigures(models.AbstractModel):
    """Figures as a person reads them, of a model that keeps USD and milliseconds: money in the
    currency of the company that is switched on, times in seconds.

    A model names its fields in :attr:`_shown_money` and :attr:`_shown_seconds` and computes them by
    :meth:`_compute_shown`; they can then be added up, averaged and sorted by, as if stored. Where
    times are entered in seconds, :meth:`_inverse_shown_seconds` keeps them.
    """

    _name = "ai.shown.figures"
    _description = "AI Figures as They Are Shown"

    #: Amount in the company's currency -> the field in USD that it is of.
    _shown_money = {}
    #: The same of amounts that the model itself adds up from the ledger.
    _shown_sums = {}
    #: Time in seconds -> the field in milliseconds that it is of.
    _shown_seconds = {}
    #: Column with the id of the ledger's row at whose rate amounts were counted, if there is one.
    _shown_call = None
    #: SQL of the ledger's rows ``u`` whose sum a record's amounts are (``%s``: its id), and the
    #: amount by which their rates are weighed, if they are such sums.
    _shown_rows = None

    rate_note = fields.Char(
        "Rate Missing",
        compute="_compute_rate_note",
        help="Says so where amounts stay in USD, as no rate is known.",
    )

    @api.depends_context("company", "lang")
    def _compute_rate_note(self):
        self.rate_note = self.env.company._ai_rate_note()

    @api.depends(
        lambda self: (
            *self._shown_money.values(),
            *self._shown_seconds.values(),
            *filter(None, [self._shown_call]),
        )
    )
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_shown(self):
        worth = self._shown_worth() if self._shown_money else {}
        for record in self:
            for name, usd in self._shown_money.items():
                record[name] = record[usd] * worth[record]
            for name, ms in self._shown_seconds.items():
                record[name] = record[ms] / 1000

    def _inverse_shown_seconds(self):
        for record in self:
            for name, ms in self._shown_seconds.items():
                if self._fields[name].inverse and record[name] != record[ms] / 1000:
                    record[ms] = _in_ms(record[name])

    def _shown_worth(self):
        """Return ``{record: what 1 USD of it is in the currency that is shown}`` (floats): the rate
        of its call or calls where they were counted in this currency, else that of the list's
        day."""
        money = self.env["ai.token.usage"]._listed_money()
        worth = dict.fromkeys(self, float(money.rate))
        if self._shown_rows and self._origin:
            rates = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT id, %s FROM %s WHERE id IN %s",
                        self._rows_worth_sql(),
                        SQL.identifier(self._table),
                        tuple(self._origin.ids),
                    )
                )
            )
            return {one: float(rates.get(one._origin.id, money.rate)) for one in self}
        calls = {record[self._shown_call] or 0: [] for record in self} if self._shown_call else {}
        if calls:
            rates = dict(
                self.env.execute_query(
                    SQL(
                        "SELECT id, COALESCE(NULLIF(currency_rate, 0), 1) FROM ai_token_usage"
                        " WHERE id IN %s AND COALESCE(currency_id, %s) = %s",
                        tuple(calls),
                        money.currency.id,
                        money.currency.id,
                    )
                )
            )
            for record in self:
                worth[record] = float(rates.get(record[self._shown_call], worth[record]))
        return worth

    @api.model
    def _shown_worth_sql(self, query):
        """Return the SQL of what :meth:`_shown_worth` says, for the rows of a query."""
        money = self.env["ai.token.usage"]._listed_money()
        if self._shown_rows:
            return self._rows_worth_sql()
        if not self._shown_call:
            return SQL("%s", money.rate)
        call = query.left_join(self._table, self._shown_call, "ai_token_usage", "id", "call")
        return SQL(
            "CASE WHEN %s IS NOT NULL AND COALESCE(%s, %s) = %s"
            " THEN COALESCE(NULLIF(%s, 0), 1) ELSE %s END",
            SQL.identifier(call, "id"),
            SQL.identifier(call, "currency_id"),
            money.currency.id,
            money.currency.id,
            SQL.identifier(call, "currency_rate"),
            money.rate,
        )

    @api.model
    def _rows_worth_sql(self):
        """Return the SQL of what 1 USD of a record is: the mean of the rates of its rows."""
        money = self.env["ai.token.usage"]._listed_money()
        which, amount = self._shown_rows
        return SQL(
            "COALESCE((SELECT COALESCE(SUM(u.%(by)s * r.rate) / NULLIF(SUM(u.%(by)s), 0),"
            " AVG(r.rate)) FROM ai_token_usage u CROSS JOIN LATERAL (SELECT CASE"
            " WHEN COALESCE(u.currency_id, %(own)s) = %(own)s"
            " THEN COALESCE(NULLIF(u.currency_rate, 0), 1) ELSE %(rate)s END AS rate) r"
            " WHERE %(which)s), %(rate)s)",
            by=SQL.identifier(amount),
            own=money.currency.id,
            rate=money.rate,
            which=SQL(which, SQL.identifier(self._table, "id")),
        )

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        name, _, function = aggregate_spec.partition(":")
        if name in self._shown_money and function == "sum":
            usd = self._field_to_sql(self._table, self._shown_money[name], query)
            return SQL("SUM(%s * %s)", usd, self._shown_worth_sql(query))
        if name in self._shown_seconds and function == "avg":
            ms = self._field_to_sql(self._table, self._shown_seconds[name], query)
            return SQL("AVG(%s) / 1000.0", ms)
        return super()._read_group_select(aggregate_spec, query)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Sort by what is stored: amounts of a list are in one currency."""
        stored = {**self._shown_money, **self._shown_seconds}.get(field_name, field_name)
        return super()._order_field_to_sql(alias, stored, direction, nulls, query)

    @api.model
    def _seconds_text(self, ms):
        """Return a time in seconds in the reader's language: 7.4 s, and 0.85 s below one."""
        return reader(self.env).seconds(ms)


def _in_ms(seconds):
    """A time that was entered in seconds; -1, which no check of a model lets pass, for one that no
    call can take."""
    if not 0 <= seconds <= MOST_S:
        return -1
    return max(round(seconds * 1000), int(seconds > 0))


class AiTokenUsage(models.Model):
    _name = "ai.token.usage"
    _inherit = ["ai.token.usage", "ai.shown.figures"]
    _shown_seconds = {"latency_s": "latency_ms"}

    latency_s = fields.Float(
        "Latency (s)",
        digits=0,
        compute="_compute_shown",
        aggregator="avg",
        help="Seconds until the answer was complete.",
    )
