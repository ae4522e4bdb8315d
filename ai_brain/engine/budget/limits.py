"""Periods in a time zone, thresholds, limits, and what still fits.

Nothing here knows a database. A period is given by its local dates, first and
last day included, because a call counts on the local date that is frozen on it;
the instants say when the period begins and when it resets.
"""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from ..base.clock import FIRST_DAY, LAST_DAY, aware, calendar_period, day_start, local_date
from ..base.money import AmountError, as_decimal
from ..base.sentence import Sentence, _lt, declare

PERIOD_TYPES = ("daily", "weekly", "monthly", "custom", "total")
LONGEST_DAYS = 3660
_UNITS = {"daily": "day", "weekly": "week", "monthly": "month"}


declare(
    {
        "budget.threshold": _lt("A threshold is a number from 0 to 100, not %(value)s."),
        "budget.alert_threshold": _lt(
            "An alert threshold is a number above 0 and up to 100, not %(value)s."
        ),
        "budget.thresholds": _lt("Alert thresholds are a list of percentages, as 50, 80, 100."),
        "budget.threshold_twice": _lt("The alert threshold %(mark)s is there twice."),
        "budget.thresholds_rise": _lt(
            "Alert thresholds must rise: %(mark)s comes after %(before)s."
        ),
        "budget.no_days": _lt("A period that is given by dates needs a first and a last day."),
        "budget.days_order": _lt("The last day of a period cannot be before its first."),
        "budget.days_bounds": _lt(
            "A period lies between %(first_date)s and %(last_date)s and takes ten years at most."
        ),
        "budget.period": _lt("There is no period “%(period)s”. There are: %(known)s."),
    }
)


class BudgetValueError(AmountError):
    """A budget's setting that cannot be used; ``said`` is a ``Sentence`` for a person."""

    def __init__(self, code, **figures):
        self.said = Sentence(f"budget.{code}", **figures)
        super().__init__(self.said)

    def __str__(self):
        return str(self.said)


class Period(NamedTuple):
    """Half-open in time, ``start_utc <= moment < end_utc``; inclusive in local dates."""

    start_utc: datetime
    end_utc: datetime
    local_start: date
    local_end: date


def period_days(period_type, day, start=None, end=None):
    """Return the first and the last local date of the period that ``day`` lies in.

    A custom period is its own two dates, whether ``day`` lies in it or not. A total one is all
    days that there are: it never resets.

    >>> period_days("weekly", date(2026, 1, 1))
    (datetime.date(2025, 12, 29), datetime.date(2026, 1, 4))
    >>> period_days("monthly", date(2028, 2, 29))[1]
    datetime.date(2028, 2, 29)
    >>> period_days("total", date(2028, 2, 29)) == (FIRST_DAY, LAST_DAY)
    True
    """
    if period_type in _UNITS:
        return calendar_period(_UNITS[period_type], day)
    if period_type == "total":
        return FIRST_DAY, LAST_DAY
    if period_type == "custom":
        if not start or not end:
            raise BudgetValueError("no_days")
        if end < start:
            raise BudgetValueError("days_order")
        if start < FIRST_DAY or end > LAST_DAY or (end - start).days > LONGEST_DAYS:
            raise BudgetValueError(
                "days_bounds", first_date=FIRST_DAY.isoformat(), last_date=LAST_DAY.isoformat()
            )
        return start, end
    raise BudgetValueError("period", period=str(period_type), known=", ".join(PERIOD_TYPES))


def period_bounds(period_type, moment_utc, tz, start=None, end=None):
    """Return the ``Period`` of ``moment_utc`` in the time zone ``tz``.

    Naive datetimes are UTC, and give naive instants back.

    >>> p = period_bounds("daily", datetime(2026, 3, 29, 12), "Europe/Brussels")
    >>> p.end_utc - p.start_utc  # the clock goes forward on that day
    datetime.timedelta(seconds=82800)
    """
    first, last = period_days(period_type, local_date(moment_utc, tz), start, end)
    bounds = day_start(first, tz), day_start(last + timedelta(days=1), tz)
    if moment_utc.tzinfo is None:
        bounds = tuple(instant.replace(tzinfo=None) for instant in bounds)
    return Period(*bounds, first, last)


def elapsed_fraction(period, moment_utc):
    """Return the share of the period that has passed, 0 to 1."""
    start, end = aware(period.start_utc), aware(period.end_utc)
    return min(1.0, max(0.0, (aware(moment_utc) - start) / (end - start)))


def percent(value, zero=True):
    """Return ``value`` as a Decimal from 0 to 100, or raise ``BudgetValueError``.

    :param bool zero: may it be 0? An alert's threshold may not
    """
    refusal = BudgetValueError("threshold" if zero else "alert_threshold", value=str(value)[:40])
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise refusal
    try:
        number = as_decimal(value.strip().rstrip("%") if isinstance(value, str) else value)
    except AmountError:
        raise refusal from None
    if not number.is_finite() or not 0 <= number <= 100 or (not zero and number == 0):
        raise refusal
    return number


def parse_thresholds(value):
    """Return alert thresholds (percent of the budget) as a tuple of Decimals.

    Takes a list, or text: JSON or numbers between commas. Each must be above 0
    and at most 100, in rising order, none twice. Nothing at all means no alerts.

    >>> parse_thresholds("50, 80%, 100")
    (Decimal('50'), Decimal('80'), Decimal('100'))
    >>> parse_thresholds([80, 50])
    Traceback (most recent call last):
    ...
    engine.budget.limits.BudgetValueError: Alert thresholds must rise: 50 comes after 80.
    """
    if value in (None, False, ""):
        return ()
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip().startswith("[") else value.split(",")
        except ValueError:
            raise BudgetValueError("thresholds") from None
    if not isinstance(value, (list, tuple)):
        raise BudgetValueError("thresholds")
    found = tuple(percent(item, zero=False) for item in value)
    for before, after in pairwise(found):
        if after == before:
            raise BudgetValueError("threshold_twice", mark=f"{after:f}")
        if after < before:
            raise BudgetValueError("thresholds_rise", mark=f"{after:f}", before=f"{before:f}")
    return found


def thresholds_crossed(before, after, amount, thresholds):
    """Return the thresholds reached by going from ``before`` to ``after``, all of them.

    ``before``, ``after`` and ``amount`` are sums of one currency.

    >>> thresholds_crossed(Decimal(10), Decimal(95), Decimal(100), (50, 80, 100))
    (50, 80)
    >>> thresholds_crossed(Decimal(50), Decimal(79), Decimal(100), (50, 80, 100))
    ()
    """
    before, after, amount = as_decimal(before), as_decimal(after), as_decimal(amount)
    points = ((mark, amount * as_decimal(mark) / 100) for mark in thresholds)
    return tuple(mark for mark, point in points if before < point <= after)


def used_percent(spent, amount):
    """Return spent as percent of the amount; of a budget of nothing, 0 or 100.

    >>> used_percent(Decimal("2.5"), 10), used_percent(1, 0), used_percent(0, 0)
    (Decimal('25.0'), Decimal('100'), Decimal('0'))
    """
    spent, amount = as_decimal(spent), as_decimal(amount)
    if not amount:
        return Decimal(100) if spent > 0 else Decimal(0)
    return spent * 100 / amount


def limit(amount, block_threshold):
    """Return the sum at which calls are refused, or None for never (a threshold of 0).

    >>> limit(200, 90), limit(200, 0)
    (Decimal('180'), None)
    """
    mark = as_decimal(block_threshold)
    return as_decimal(amount) * mark / 100 if mark else None


def largest_fitting(available, cost_of, most, least=1):
    """Return the largest whole number n in ``least..most`` with ``cost_of(n) <= available``.

    ``cost_of`` must not fall as n grows. None if not even ``least`` fits.

    >>> largest_fitting(Decimal("0.5"), lambda n: Decimal(n) / 1000, 1000)
    500
    """
    if least > most or cost_of(least) > available:
        return None
    while least < most:
        middle = (least + most + 1) // 2
        least, most = (middle, most) if cost_of(middle) <= available else (least, middle - 1)
    return least
