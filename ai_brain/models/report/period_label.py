"""What a period is called in a language."""

from babel.dates import format_date, format_skeleton

from ...engine.base.clock import calendar_period
from ...engine.report.period import unit_of


def label(period, locale):
    """Return the name of an ``engine.report.period.Period``."""
    named = period.type
    if named == "custom":
        named = unit_of(period.first, period.last) or "custom"
    return _label(named, period.first, period.last, locale)


def previous_label(period, locale):
    """Return the name of the days that it is compared with: of a whole month, the month."""
    days = period.previous_first, period.previous_last
    named = period.type
    if named == "custom":
        named = unit_of(period.first, period.last) or "custom"
    whole = named != "custom" and calendar_period(named, days[0]) == days
    return _label(named if whole else "custom", *days, locale)


def _label(period_type, first, last, locale):
    if period_type == "month":
        return format_skeleton("yMMMM", first, locale=locale)
    if period_type == "quarter":
        return format_skeleton("yQQQ", first, locale=locale)
    if period_type == "year":
        return str(first.year)
    if first == last:
        return format_date(first, "medium", locale=locale)
    begin, end = (format_date(day, "medium", locale=locale) for day in (first, last))
    return f"{begin} – {end}"
