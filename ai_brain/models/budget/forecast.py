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

    @api.depends_context("company", "uid", "ai_own_budget")
    def _compute_forecast_monthly(self):
        for budget in self:
            first, last = engine.period_days("monthly", budget._today())
            subject = budget._standing().subject
            budget.forecast_monthly = budget._forecast(first, last, subject)[0].expected

    def _history(self, first, last, subject=None):
        """Return ``{local date: float}`` of what counted in this budget's scope.

        :param subject: of a budget for each: of whom; None: of all together
        """
        self.flush_recordset()
        query = budget_sql.by_day(self._scope(self._today(), subject, to_read=True), first, last)
        return {day: float(amount) for day, amount in self.env.execute_query(query)}

    def _forecast(self, first, last, subject=""):
        """Return (engine Forecast, history, last day) of local dates, for one subject.

        :param last: None: as far ahead as the history says something of
        """
        self.ensure_one()
        today = self._today()
        since = fields.Date.subtract(today, days=forecasting.HISTORY_DAYS)
        known = self._origin and (subject or not self.each)
        history = self._history(min(first, since), today, subject) if known else {}
        last = last or forecasting.open_end(history, today)
        tz = self._company()._ai_tz()
        day = engine.period_bounds("daily", fields.Datetime.now(), tz)
        # in hundredths, as on the dashboard: one moment to the next must not change what is said
        fraction = round(engine.elapsed_fraction(day, fields.Datetime.now()), 2)
        found = forecasting.forecast(history, today, first, last, day_fraction=fraction)
        return found, history, last

    def forecast(self):
        """Forecast the end of the current period, with an interval that holds 80 %.

        Of a budget for each: of the part that its reader is shown (his own, or that of who has
        used most). Of a budget in total, which has no end: of the days ahead that its history
        says something of, 90 at most.

        :return: dict with ``expected``, ``low``, ``high``, ``spent``, ``amount``, ``limit`` (None:
            never blocks), ``currency``, ``confidence`` (none, low, medium, high), ``days_of_data``,
            ``subject_name`` ('' where all calls share the budget), ``period_start``,
            ``period_end`` (both None in total), ``until`` (the day forecast), ``exhausted_on``
            (local date on which the expected spend reaches the limit, or None), ``message`` (a
            sentence), and ``burn_down``: for each day of the period, in total of the 90 days before
            today and those forecast, ``{'date', 'spent', 'expected', 'ideal'}``, cumulated sums,
            ``spent`` None for days to come and ``ideal`` None in total
        """
        self.ensure_one()
        self.check_access("read")
        return self.sudo()._outlook(self._standing().subject)

    def _outlook(self, subject=""):
        """Return the dict of :meth:`forecast` for one subject; ``message`` is what every screen
        and mail says of the budget's end."""
        first, last = self._period_days()
        total = self.period_type == "total"
        found, history, last = self._forecast(first, None if total else last, subject)
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
            "subject_name": self._subject_names([subject])[subject],
            "period_start": None if total else first,
            "period_end": None if total else last,
            "until": last,
            "exhausted_on": exhausted,
            "message": self._forecast_message(found, last, exhausted, limit),
            "burn_down": line,
        }

    def _burn_down(self, found, history, first, last, amount, limit):
        today = self._today()
        to_come = dict(found.per_day)
        spent = expected = 0.0
        total = self.period_type == "total"
        if total:
            first = max(
                min(history, default=today),
                fields.Date.subtract(today, days=forecasting.HORIZON_DAYS - 1),
            )
            spent = expected = sum(cost for day, cost in history.items() if day < first)
        days = (last - first).days + 1
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
                    "ideal": None if total else float(amount) * (n + 1) / days,
                }
            )
        return line, exhausted

    @api.model
    def _few_days_text(self, days):
        if days == 1:
            return self.env._("Only one day of data: a rough figure.")
        return self.env._("Only %s days of data: a rough figure.", days)

    def _forecast_message(self, found, last, exhausted, limit=None):
        today = self._today()
        values = {
            "expected": self._money(as_decimal(round(found.expected, 6))),
            "low": self._money(as_decimal(round(found.low, 6))),
            "high": self._money(as_decimal(round(found.high, 6))),
            "spent": self._money(as_decimal(round(found.spent, 6))),
            "last": format_date(self.env, last),
            "exhausted": format_date(self.env, exhausted),
        }
        over = last < today
        if over:
            text = self.env._("It ended on %(last)s; %(spent)s was spent.", **values)
        elif found.confidence == "none":
            return self.env._("Nothing was spent yet, so there is nothing to go by.")
        else:
            text = self.env._(
                "About %(expected)s by %(last)s; with 80%% certainty between %(low)s and %(high)s.",
                **values,
            )
            if found.confidence == "low":
                text += " " + self._few_days_text(found.days_of_data)
        if exhausted and (exhausted < today or found.spent >= float(limit)):
            text += " " + self.env._("The limit was reached on %(exhausted)s.", **values)
        elif exhausted:
            text += " " + self.env._("The limit would be reached on %(exhausted)s.", **values)
        return text
