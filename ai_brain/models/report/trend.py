from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models

from ...engine.budget import anomaly
from ...engine.report.period import units, weekday_shift
from . import rollup_schema as schema
from .rollup_read import Bucket

#: The dimensions that a cause of unusual spend is looked for in.
CAUSE_DIMENSIONS = ("agent", "user", "module")
#: Unusual days that are marked, the dearest; below so much (USD) none is.
MOST_MARKS, LEAST_USD = 3, 1.0


class Days(NamedTuple):
    """Sums a day: ``usd`` and ``company`` (the company's currency) map 'total', 'before' and the
    ids of providers to {day: Decimal}; ``waste`` are ``Sums`` of the period, ``money`` what they
    were converted with."""

    usd: dict
    company: dict
    waste: list
    money: object


class AiTokenAnalytics(models.Model):
    """The spend over time: bars of days, weeks or months, what they compare with, and marks."""

    _inherit = "ai.token.analytics"

    @api.model
    def _daily(self, reader, company, period, money):
        """Return the ``Days``: 'total' is the period and the days before it that the forecast and
        the marks want, 'before' the days that the trend compares with."""
        today = company._ai_local_date()
        since = min(
            self._forecast_since(today),
            fields.Date.subtract(period.first, days=anomaly.HISTORY_DAYS),
        )
        span = Bucket("total", since, max(min(period.last, today), since))
        before = Bucket("before", *self._compared_days(period, today))
        usd, own, waste = {}, {}, []
        measures = ["cost_usd", "cost_company"]
        sums = reader.sums(["total"], [span, before], measures, by_day=True)
        now = [Bucket("now", period.first, period.last)]
        wanted = ["provider", schema.WASTE]
        sums += reader.sums(wanted, now, [*measures, *schema.WASTE_MEASURES], by_day=True)
        for found in sums:
            if found.dimension == schema.WASTE:
                waste.append(found)
                continue
            key = found.key if found.dimension == "provider" else found.bucket
            for days, amount in ((usd, found.values["cost_usd"]), (own, money(found))):
                line = days.setdefault(key, {})
                line[found.day] = line.get(found.day, 0) + amount
        usd.setdefault("total", {})
        own.setdefault("total", {})
        return Days(usd, own, waste, money)

    @api.model
    def _trend_units(self, period):
        """Return (unit, [(first, last)], days to go back for the same weekday)."""
        unit, parts = units(period.first, period.last)
        return unit, parts, weekday_shift((period.first - period.previous_first).days)

    @api.model
    def _compared_days(self, period, today):
        unit, _parts, shift = self._trend_units(period)
        if unit != "day":
            return period.previous_first, period.previous_last
        last = min(period.last, max(today, period.first))
        return tuple(fields.Date.subtract(day, days=shift) for day in (period.first, last))

    @api.model
    def _trend(self, reader, company, period, days, previous):
        """Return the bars of the trend, dearest provider first, and what each compares with.

        Days are compared with the same weekday of some weeks before, weeks and months with those
        of the period before, in order; a bar that has none yet has None there.

        :param str previous: what the period before is called
        :return: dict with ``unit`` (day, week, month), ``dates`` and ``ends`` (first and last day
            of each bar), ``series`` (``provider_id``, ``name``, ``color`` (a number that the
            provider keeps for good), ``values`` (USD) and ``company_values``, ``total`` and
            ``company_total``), ``totals`` and ``company_totals`` of the bars, ``total`` and
            ``company_total`` of them all, ``previous_sum``, ``previous_company_sum`` of what they
            are compared with, ``previous_dates``, ``previous_total``, ``previous_company``,
            ``previous_label``, and ``marks``: see :meth:`_marked_days`
        """
        today = company._ai_local_date()
        unit, parts, shift = self._trend_units(period)
        providers = [key for key in days.usd if key not in ("total", "before")]
        order = sorted(providers, key=lambda key: (-sum(days.usd[key].values()), key))
        labels, colors = self._labels("provider", order), self._provider_colors(order)
        label = previous
        if unit != "day":
            before = units(period.previous_first, period.previous_last, unit)[1][: len(parts)]
            before = [*before, *[None] * (len(parts) - len(before))]
        else:
            before = [
                (fields.Date.subtract(first, days=shift),) * 2
                if first <= today and fields.Date.subtract(first, days=shift) < period.first
                else None
                for first, _last in parts
            ]
            if shift != (period.first - period.previous_first).days:
                label = self.env._("same weekday, %s weeks before", shift // 7)

        def values(line):
            return [_sum(line, part) for part in parts]

        def compared(line):
            return [None if part is None else _sum(line, part) for part in before]

        return {
            "unit": unit,
            "dates": [str(first) for first, _last in parts],
            "ends": [str(last) for _first, last in parts],
            "series": [
                {
                    "provider_id": key or False,
                    "name": labels[key],
                    "color": colors.get(key, -1),
                    "values": values(days.usd[key]),
                    "company_values": values(days.company[key]),
                    "total": float(sum(days.usd[key].values())),
                    "company_total": float(sum(days.company[key].values())),
                }
                for key in order
            ],
            "totals": values(_together(days.usd, order)),
            "company_totals": values(_together(days.company, order)),
            "total": float(sum(_together(days.usd, order).values())),
            "company_total": float(sum(_together(days.company, order).values())),
            "previous_sum": _total(compared(days.usd.get("before", {}))),
            "previous_company_sum": _total(compared(days.company.get("before", {}))),
            "previous_dates": [part and str(part[0]) for part in before],
            "previous_total": compared(days.usd.get("before", {})),
            "previous_company": compared(days.company.get("before", {})),
            "previous_label": label,
            "marks": self._marked_days(reader, period, today, days),
        }

    @api.model
    def _provider_colors(self, ids):
        """Return ``{id: number}``: the place of each among all providers in the order in which
        they were made, so that no filter and no period changes it."""
        self.env.cr.execute("SELECT id FROM ai_service_provider ORDER BY id")
        places = {row[0]: place for place, row in enumerate(self.env.cr.fetchall())}
        return {key: places[key] for key in ids if key in places}

    # ------------------------------------------------------------------
    # Unusual days
    # ------------------------------------------------------------------

    @api.model
    def _marked_days(self, reader, period, today, days):
        """Return the days of the period that depart from their own history, with their cause.

        The judgement is that of the alerts on the whole company's spend
        (``engine/budget/anomaly.py``), on the calls that the page is filtered to; the day that
        still runs is not judged.

        :param days: ``Days`` of :meth:`_daily`
        :return: list of dicts ``date``, ``amount_usd``, ``amount_company``, ``expected_usd``,
            ``text`` (a sentence, in the company's currency) and ``domain`` (of the calls of its
            cause, empty without one), in the order of the days
        """
        history = {day: float(amount) for day, amount in days.usd["total"].items()}
        found = [
            anomaly.spend_anomaly(history, day, history[day], least_amount=LEAST_USD)
            for day in history
            if period.first <= day <= period.last and day < today
        ]
        found = sorted(filter(None, found), key=lambda one: -one.excess)[:MOST_MARKS]
        if not found:
            return []
        found.sort(key=lambda one: one.day)
        first = fields.Date.subtract(found[0].day, days=anomaly.HISTORY_DAYS)
        series = {}
        for one in reader.sums(
            CAUSE_DIMENSIONS, [Bucket("now", first, found[-1].day)], ["cost_usd"], by_day=True
        ):
            if one.key:
                parts = series.setdefault(one.dimension, {}).setdefault((one.key,), {})
                parts[one.day] = parts.get(one.day, 0.0) + float(one.values["cost_usd"])
        return [self._mark(one, series, history, days) for one in found]

    @api.model
    def _mark(self, found, series, history, days):
        cause = anomaly.cause(series, found.day, history)
        amount = days.company["total"][found.day]
        worth = amount / days.usd["total"][found.day]

        def text(usd):
            own = (Decimal(repr(usd)) * worth).quantize(Decimal("1e-6"))
            return days.money.currency._ai_text(own)

        said = self.env._(
            "%(amount)s, where about %(expected)s is usual.",
            amount=days.money.currency._ai_text(amount),
            expected=text(found.expected),
        )
        columns = {"agent": "agent_type", "user": "user_id", "module": "module"}
        return {
            "date": str(found.day),
            "amount_usd": found.amount,
            "amount_company": float(amount),
            "expected_usd": found.expected,
            "text": f"{said} {self.env['ai.cost.budget']._cause_words(found, cause, text)}",
            "domain": [[columns[cause.dimension], "=", cause.key[0]]] if cause else [],
        }


def _sum(line, part):
    first, last = part
    return float(sum((amount for day, amount in line.items() if first <= day <= last), Decimal(0)))


def _total(amounts):
    return float(sum((Decimal(repr(amount)) for amount in amounts if amount), Decimal(0)))


def _together(days, keys):
    total = {}
    for key in keys:
        for day, amount in days[key].items():
            total[day] = total.get(day, 0) + amount
    return total
