from odoo import api, fields, models
from odoo.tools import format_date

from ...engine.base.money import as_decimal
from ...engine.budget import forecast as forecasting
from ...engine.budget import limits as engine
from . import sql as budget_sql


class AiCostBudget(models.Model):
    """What the period will have cost at its end."""

    _inherit = "ai.cost.budget"

    forecast_monthly = fields.Float(
        digits=0,
        compute="_compute_forecast_monthly",
        help="Expected cost of these calls in the calendar month, in the budget's currency.",
    )

    @api.depends_context("company")
    def _compute_forecast_monthly(self):
        for budget in self:
            first, last = engine.period_days("monthly", budget._today())
            budget.forecast_monthly = budget._forecast(first, last)[0].expected

    def _history(self, first, last):
        """Return ``{local date: float}`` of what counted in this budget's scope."""
        self.flush_recordset()
        query = budget_sql.by_day(self._scope(self._today(), to_read=True), first, last)
        return {day: float(amount) for day, amount in self.env.execute_query(query)}

    def _forecast(self, first, last):
        """Return (engine Forecast, history) of a period of local dates."""
        self.ensure_one()
        today = self._today()
        since = fields.Date.subtract(today, days=forecasting.HISTORY_DAYS)
        history = self._history(min(first, since), today) if self._origin else {}
        tz = self._company()._ai_tz()
        day = engine.period_bounds("daily", fields.Datetime.now(), tz)
        fraction = engine.elapsed_fraction(day, fields.Datetime.now())
        found = forecasting.forecast(history, today, first, last, day_fraction=fraction)
        return found, history

    def forecast(self):
        """Forecast the end of the current period, with an interval that holds 80 %.

        :return: dict with ``expected``, ``low``, ``high``, ``spent``, ``amount``, ``limit`` (None:
            never blocks), ``currency``, ``confidence`` (none, low, medium, high), ``days_of_data``,
            ``period_start``, ``period_end``, ``exhausted_on`` (local date on which the expected
            spend reaches the limit, or None), ``message`` (a sentence), and ``burn_down``: for
            each day of the period ``{'date', 'spent', 'expected', 'ideal'}``, cumulated sums,
            ``spent`` None for days to come
        """
        self.ensure_one()
        self.check_access("read")
        first, last = self._period_days()
        found, history = self.sudo()._forecast(first, last)
        amount = self._amount_on()
        limit = engine.limit(amount, self.block_at_threshold)
        line, exhausted = self._burn_down(found, history, first, last, amount, limit)
        return {
            "expected": found.expected,
            "low": found.low,
            "high": found.high,
            "spent": found.spent,
            "amount": float(amount),
            "limit": None if limit is None else float(limit),
            "currency": self.currency_id.name,
            "confidence": found.confidence,
            "days_of_data": found.days_of_data,
            "period_start": first,
            "period_end": last,
            "exhausted_on": exhausted,
            "message": self._forecast_message(found, last, exhausted),
            "burn_down": line,
        }

    def _burn_down(self, found, history, first, last, amount, limit):
        today = self._today()
        to_come = dict(found.per_day)
        days = (last - first).days + 1
        spent = expected = 0.0
        exhausted, line = None, []
        for n in range(days):
            day = fields.Date.add(first, days=n)
            spent += history.get(day, 0.0) if day <= today else 0.0
            expected += history.get(day, 0.0) + to_come.get(day, 0.0)
            if limit is not None and exhausted is None and expected >= float(limit) > 0:
                exhausted = day
            line.append(
                {
                    "date": day,
                    "spent": spent if day <= today else None,
                    "expected": expected,
                    "ideal": float(amount) * (n + 1) / days,
                }
            )
        return line, exhausted

    def _forecast_message(self, found, last, exhausted):
        if found.confidence == "none":
            return self.env._("Nothing was spent yet, so there is nothing to go by.")
        values = {
            "expected": self._money(as_decimal(round(found.expected, 6))),
            "low": self._money(as_decimal(round(found.low, 6))),
            "high": self._money(as_decimal(round(found.high, 6))),
            "last": format_date(self.env, last),
            "days": found.days_of_data,
            "exhausted": format_date(self.env, exhausted),
        }
        text = self.env._(
            "About %(expected)s by %(last)s; with 80%% certainty between %(low)s and %(high)s.",
            **values,
        )
        if found.confidence == "low":
            text += " " + self.env._("Only %(days)s days of data: a rough figure.", **values)
        if exhausted:
            text += " " + self.env._("The limit would be reached on %(exhausted)s.", **values)
        return text
