"""The days of a period and of the one it is compared with, in a company's own calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

from ..base.clock import FIRST_DAY, LAST_DAY, calendar_period

PERIOD_TYPES = (
    *("day", "week", "month", "quarter", "year"),
    *("last_month", "last_30_days", "custom"),
)
#: Dates that are just one of these are that one, however they were chosen.
_UNITS = ("week", "month", "quarter", "year")
_ONE_DAY = timedelta(days=1)


class PeriodError(ValueError):
    """A period that cannot be used; ``reason`` is 'type', 'dates', 'order' or 'length'."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Period:
    """First and last local day, both included, and the same of the comparison period.

    Like is compared with like: a period that still runs with as many days of the one before, so
    that the 10th of a month is not measured against a whole month; dates that are a month, or its
    first days, with those of the month before; other dates with as many days before them.
    """

    type: str
    first: date
    last: date
    previous_first: date
    previous_last: date


def resolve(period_type, today, date_from=None, date_to=None):
    """Return the ``Period`` of a type as seen on ``today``; ``date_from`` picks another one.

    >>> p = resolve("month", date(2026, 3, 31))
    >>> p.last.day, p.previous_first.isoformat(), p.previous_last.isoformat()
    (31, '2026-02-01', '2026-02-28')
    >>> resolve("month", date(2026, 11, 22)).previous_last.isoformat()  # it still runs
    '2026-10-22'
    >>> resolve("last_month", date(2026, 11, 22)).previous_last.isoformat()
    '2026-09-30'
    >>> resolve("last_30_days", date(2026, 11, 22)).first.isoformat()
    '2026-10-24'
    >>> resolve("custom", date(2026, 5, 1), date(2026, 4, 3), date(2026, 4, 12)).previous_first
    datetime.date(2026, 3, 24)
    >>> resolve("custom", date(2026, 5, 1), date(2026, 4, 1), date(2026, 4, 10)).previous_last
    datetime.date(2026, 3, 10)
    """
    if period_type not in PERIOD_TYPES:
        raise PeriodError("type")
    if period_type == "custom":
        if not (date_from and date_to):
            raise PeriodError("dates")
        return _dates(today, date_from, date_to)
    if period_type == "last_30_days":
        last = date_from or today
        if not FIRST_DAY + timedelta(days=29) <= last <= LAST_DAY:
            raise PeriodError("length")
        return _dates(today, last - timedelta(days=29), last)
    if period_type == "last_month":
        first = (date_from or today).replace(day=1)
        period_type, date_from = "month", first - _ONE_DAY if first > FIRST_DAY else first
    anchor = date_from or today
    if not FIRST_DAY <= anchor <= LAST_DAY:
        raise PeriodError("length")
    first, last = calendar_period(period_type, anchor)
    return _calendar(period_type, period_type, first, last, today)


def _calendar(period_type, unit, first, last, today):
    before_first, before_last = calendar_period(unit, first - _ONE_DAY)
    if first <= today < last:
        before_last = min(before_last, before_first + (today - first))
    return Period(period_type, first, last, before_first, before_last)


def _dates(today, first, last):
    if last < first:
        raise PeriodError("order")
    length = (last - first).days + 1
    if length > 3660 or first < FIRST_DAY or last > LAST_DAY:
        raise PeriodError("length")
    unit = unit_of(first, last)
    if unit:
        return _calendar("custom", unit, first, last, today)
    seen = min(last, today) if first <= today else last
    month_first, month_last = calendar_period("month", first)
    if first == month_first and length > 1 and last <= month_last:
        before_first, before_last = calendar_period("month", first - _ONE_DAY)
        return Period(
            "custom", first, last, before_first, min(before_last, before_first + (seen - first))
        )
    before = first - timedelta(days=length)
    return Period("custom", first, last, before, before + (seen - first))


def unit_of(first, last):
    """Return the unit of the calendar that two days are the first and the last of, or None.

    >>> unit_of(date(2026, 1, 1), date(2026, 12, 31)), unit_of(date(2026, 1, 1), date(2026, 1, 2))
    ('year', None)
    """
    return next((unit for unit in _UNITS if calendar_period(unit, first) == (first, last)), None)


def units(first, last, unit=None):
    """Return (unit, [(first, last)]): the days of a period, or weeks or months where days would be
    too many to tell apart on a chart, or those of the ``unit`` that is asked for.

    >>> [units(date(2026, 1, 1), date(2026, *end))[0] for end in ((3, 31), (6, 30), (12, 31))]
    ['day', 'week', 'month']
    >>> units(date(2026, 1, 15), date(2026, 12, 31))[1][0]
    (datetime.date(2026, 1, 15), datetime.date(2026, 1, 31))
    """
    days = (last - first).days + 1
    unit = unit or ("day" if days <= 100 else "week" if days <= 200 else "month")
    found, begin = [], first
    while begin <= last:
        end = min(calendar_period(unit, begin)[1], last)
        found.append((begin, end))
        begin = end + _ONE_DAY
    return unit, found


def weekday_shift(days):
    """Return by how many days to go back so that a comparison ``days`` ago meets the same weekday.

    >>> [weekday_shift(days) for days in (1, 7, 30, 31, 365)]
    [1, 7, 28, 28, 364]
    """
    return round(days / 7) * 7 if days > 3 else days
