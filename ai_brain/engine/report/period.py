"""The days of a period and of the one it is compared with, in a company's own calendar."""

from dataclasses import dataclass
from datetime import date, timedelta

from ..base.clock import FIRST_DAY, LAST_DAY, calendar_period

PERIOD_TYPES = ("day", "week", "month", "quarter", "year", "custom")


class PeriodError(ValueError):
    """A period that cannot be used; ``reason`` is 'type', 'dates', 'order' or 'length'."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Period:
    """First and last local day, both included, and the same of the comparison period.

    A period that still runs is compared with as many days of the one before, so that the 10th of
    a month is not measured against a whole month.
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
    >>> resolve("custom", date(2026, 5, 1), date(2026, 4, 1), date(2026, 4, 10)).previous_first
    datetime.date(2026, 3, 22)
    """
    if period_type not in PERIOD_TYPES:
        raise PeriodError("type")
    if period_type == "custom":
        if not (date_from and date_to):
            raise PeriodError("dates")
        if date_to < date_from:
            raise PeriodError("order")
        length = (date_to - date_from).days + 1
        if length > 3660 or date_from < FIRST_DAY or date_to > LAST_DAY:
            raise PeriodError("length")
        before = date_from - timedelta(days=length)
        return Period("custom", date_from, date_to, before, date_from - timedelta(days=1))
    anchor = date_from or today
    if not FIRST_DAY <= anchor <= LAST_DAY:
        raise PeriodError("length")
    first, last = calendar_period(period_type, anchor)
    before_first, before_last = calendar_period(period_type, first - timedelta(days=1))
    if first <= today < last:
        before_last = min(before_last, before_first + (today - first))
    return Period(period_type, first, last, before_first, before_last)
