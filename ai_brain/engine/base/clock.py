"""Local dates: which day it is somewhere, and when a day begins there."""

import contextlib
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = timezone.utc
#: Days before and after these are typing errors: of budgets, periods and figures.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


class ZoneError(ValueError):
    """A time zone that nobody knows."""


def zone(tz):
    """Return a ``ZoneInfo`` for a name (or a tzinfo as it is).

    The operating system's list may lack old names ("US/Pacific"), which people
    carry in their preferences; pytz ships them, and Odoo ships pytz.

    >>> zone("Europe/Brussels").key
    'Europe/Brussels'
    >>> zone("Mars/Olympus")
    Traceback (most recent call last):
    ...
    engine.base.clock.ZoneError: Unknown time zone: Mars/Olympus
    """
    if not isinstance(tz, str):
        return tz or UTC
    with contextlib.suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(tz)
    try:
        import pytz

        with pytz.open_resource(tz) as resource:
            return ZoneInfo.from_file(resource, key=tz)
    except (ImportError, OSError, ValueError):
        raise ZoneError(f"Unknown time zone: {tz}") from None


def aware(moment):
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def local_date(moment_utc, tz):
    """Return the calendar date at ``moment_utc`` (naive means UTC) in ``tz``.

    >>> local_date(datetime(2026, 3, 31, 23, 30), "Europe/Brussels")
    datetime.date(2026, 4, 1)
    """
    return aware(moment_utc).astimezone(zone(tz)).date()


def day_start(day, tz):
    """Return the first instant (aware, UTC) at which the local date is ``day`` or later.

    Where the clock jumps over midnight the day begins at the jump.

    >>> day_start(date(2026, 4, 24), "Africa/Cairo").isoformat()
    '2026-04-23T22:00:00+00:00'
    """
    where = zone(tz)
    instant = datetime.combine(day, time(), tzinfo=where).astimezone(UTC)
    step = timedelta(seconds=1)
    if (instant - step).astimezone(where).date() < day <= instant.astimezone(where).date():
        return instant
    low, high = instant - timedelta(days=1), instant + timedelta(days=1)
    while high - low > step:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if middle in (low, high):
            break
        low, high = (low, middle) if middle.astimezone(where).date() >= day else (middle, high)
    return high


def calendar_period(unit, day):
    """Return the first and the last day of the calendar ``unit`` that ``day`` lies in.

    :param str unit: day, week (from Monday), month, quarter or year
    :raise KeyError: another one

    >>> calendar_period("week", date(2026, 1, 1))
    (datetime.date(2025, 12, 29), datetime.date(2026, 1, 4))
    >>> calendar_period("quarter", date(2026, 11, 22))
    (datetime.date(2026, 10, 1), datetime.date(2026, 12, 31))
    """
    if unit == "day":
        return day, day
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    index = first.year * 12 + first.month - 1 + months
    return first, date(index // 12, index % 12 + 1, 1) - timedelta(days=1)
