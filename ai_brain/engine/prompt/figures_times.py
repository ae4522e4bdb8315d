"""Spans between dates and times of the day, and dates and times so much after or before others."""

import datetime
from itertools import combinations

from ..base.lazy import regex

_EPSILON = 1e-9
_DAY = datetime.timedelta(days=1)
_MOST_DATES, _MOST_TIMES, _MOST_YEARS = 30, 20, 12
_OLDEST = 120
_MOST_AGES = 4
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag mo lundi lun lunes",
            "tuesday tue tues dienstag di mardi mar martes",
            "wednesday wed mittwoch mi mercredi mer miércoles mié",
            "thursday thu thur thurs donnerstag do jeudi jeu jueves jue",
            "friday fri freitag fr vendredi ven viernes vie",
            "saturday sat samstag sonnabend sa samedi sam sábado sáb",
            "sunday sun sonntag so dimanche dim domingo dom",
        )
    )
    for name in names.split()
}
_NAME = regex(r"[^\W\d_]{2,12}")
_WORKING = regex(
    r"(?i)\b(?:werktag|arbeitstag|working|business|(?:jours?\s|h\s)ouvr|ouvr[ée]|h[áa]bil|laborabl)"
)
_BEFORE = regex(r"(?i)\b(?:before|earlier|vor|vorher|früher|avant|plus tôt|antes)\b")
#: What everybody knows: (number, (family, factor)).
_KNOWN = {
    *((n, ("time", 1)) for n in (60, 3600)),
    *((n, ("time", 60)) for n in (60, 1440)),
    *((24, ("time", 3600)),),
    *((n, ("time", 86400)) for n in (7, 28, 29, 30, 31, 360, 365, 366)),
    *((n, ("time", 604800)) for n in (4, 52)),
    *((n, ("months", 1)) for n in (12,)),
    *((n, ("percent", 1)) for n in (100,)),
    *((n, ("length", 1e6)) for n in (100,)),
    (1, None),
}


def is_known(figure):
    """Is it what everybody knows, as the 24 hours of a day?"""
    return figure.kind == "number" and (figure.values[0][0], figure.unit) in _KNOWN


def same_date(mine, given):
    """Do they agree in whatever both say, the month among it?"""
    return mine[1] == given[1] and all(
        a is None or b is None or a == b for a, b in zip(mine, given, strict=True)
    )


def is_near_date(one, other):
    """Do two dates differ in the day, the month or the year alone?"""
    both = zip(one, other, strict=True)
    return sum(a != b and a is not None and b is not None for a, b in both) == 1


class Times:
    """The dates and times of the day that were given, and what lies between and around them.

    :param texts: [(text, its figures)]
    :param offsets: {(number, unit)} that were given
    """

    def __init__(self, texts, offsets):
        figures = [one for _text, those in texts for one in those]
        self.dates = [value for one in figures if one.kind == "date" for value in one.values]
        self.times = [one.values[0] for one in figures if one.kind == "time"]
        self.years = {date[0] for date in self.dates if date[0]}
        self.years |= {int(one.values[0][0]) for one in figures if is_year(one)}
        named = [date[0] for date in self.dates if date[0]]
        #: Of dates that say none.
        self.year = max(named, key=named.count) if named else 2024
        self.offsets = offsets
        text = "\n".join(text for text, _figures in texts)
        self.working = bool(_WORKING.search(text))
        self.before = bool(_BEFORE.search(text))
        named = {_WEEKDAYS.get(name.casefold()) for name in _NAME.findall(text)} - {None}
        self.days_apart = {(b - a) % 7 for a in named for b in named} - {0}

    # ------------------------------------------------------------------
    # Spans
    # ------------------------------------------------------------------

    def is_between(self, value, tolerance, figure, own_dates=(), own_times=()):
        """Is it the time between two dates, or between two times of the day?

        :param own_dates: dates of the answer that are borne out, ``own_times`` likewise
        """
        family, factor = figure.unit or ("time", 86400)
        if family == "months":
            return self._is_months_between(value * factor, factor, figure.approx, own_dates)
        if family != "time":
            return False
        days = [self._date(*d) for d in [*self.dates[:_MOST_DATES], *own_dates] if d[2]]
        gaps = {abs((a - b).days) * 86400.0 for a, b in combinations(days, 2)}
        clock = [*self.times[:_MOST_TIMES], *own_times]
        minutes = {abs(a - b) * 60.0 for a, b in combinations(clock, 2)}
        minutes |= {86400 - gap for gap in minutes}  # over midnight
        if figure.unit and factor <= 3600:
            gaps |= {g + m for g in gaps for m in minutes} | {g - m for g in gaps for m in minutes}
            apart = {days * 86400 for days in self.days_apart}
            gaps |= {m + d for m in minutes for d in apart} | {
                d - m for m in minutes for d in apart
            }
        if figure.unit:
            gaps |= minutes
        spare = tolerance * factor
        if figure.approx:
            spare = max(spare, 0.5 * factor)
        if any(abs(gap - value * factor) <= spare + _EPSILON for gap in gaps if gap):
            return True
        return not figure.unit and self._is_age(value, figure)

    def _date(self, year, month, day):
        try:
            return datetime.date(year or self.year, month, day or 1)
        except ValueError:  # 29 February
            return datetime.date(2024, month, day or 1)

    def _is_months_between(self, months, factor, approx, own_dates):
        dates = [*self.dates[:_MOST_DATES], *own_dates]
        years = sorted(self.years)[:_MOST_YEARS]
        if factor == 12 and any(abs(a - b) * 12 == months for a, b in combinations(years, 2)):
            return True
        ends = [datetime.date(year, 12, 31) for year in years]
        days = [(self._date(*date), bool(date[2])) for date in dates]
        pairs = [(*sorted((a, b)), c and d) for (a, c), (b, d) in combinations(days, 2)]
        pairs += [(day, end, False) for day, _exact in days for end in ends if day < end]
        for start, end, exact in pairs:
            if abs(((end - start).days + 1) / 30.44 - months) < 0.1:
                return True
            if abs((end - start).days / 30.44 - months) < 0.1:
                return True
            full = (end.year - start.year) * 12 + end.month - start.month
            full -= exact and end.day < start.day
            whole = full // factor * factor
            if months in (whole, whole + factor if approx or not exact else whole):
                return True
        return False

    def _is_age(self, value, figure):
        """Is it how many years old someone is whose date of birth was given?"""
        births = [self._date(*date) for date in self.dates[:_MOST_DATES] if date[0] and date[2]]
        if value != int(value) or not 1 < value <= _OLDEST or len(births) < 2:
            return False
        ages = set()
        for day in [max(births)] if len(births) > _MOST_AGES else births:
            for birth in births:
                years = day.year - birth.year
                years -= (day.month, day.day) < (birth.month, birth.day)
                ages |= {years, years + 1}  # the next birthday's
        return value in ages

    # ------------------------------------------------------------------
    # Dates and times on
    # ------------------------------------------------------------------

    def is_date_on(self, mine, slip, spans, own_dates=()):
        """Is it a date so many days, weeks, months or years after or before another?

        :param spans: {(number, unit)} of the answer that are borne out
        """
        every = self.offsets | spans
        on = {(n, unit) for n, unit in every if unit and unit[0] in ("time", "months")}
        on |= {(n * u[1] - 1, ("months", 1)) for n, u in on if u[0] == "months"}
        if not slip:
            on |= {(n - 1, ("months", 1)) for n, unit in every if not unit and n < 500}
            on |= {(12, ("months", 1)), (1, ("months", 1))}
        next_year = max(self.years, default=0) + 1
        if not mine[2] and mine[0] == next_year and mine[1] in {date[1] for date in self.dates}:
            return True  # an anniversary
        on = [(n, u) for n, u in on if n == int(n) and 0 < n <= 4000]
        on = [(n, u) for n, u in on if u[0] == "months" or not n * u[1] % 86400]
        starts = [*self.dates[:40], *(date for date in own_dates if date[0] or not mine[0])]
        return any(
            self._is_on(mine, self._date(*start), slip, on) for start in dict.fromkeys(starts)
        )

    def _is_on(self, mine, start, slip, spans):
        for n, (family, factor) in spans:
            for sign in (1, -1) if self.before or not slip else (1,):
                found = [_moved(start, sign * int(n), family, factor)]
                if found[0] and not slip:
                    found.append(found[0] - _DAY)  # the first day may be counted
                if self.working and family == "time" and n * factor <= 60 * 86400:
                    found.append(_working_day(start, sign * int(n * factor // 86400)))
                if any(same_date(mine, (d.year, d.month, d.day)) for d in found if d):
                    return True
        return False

    def is_time_on(self, mine, slip, spans, own_times=()):
        """Is it a time of the day so long after or before another?

        :param spans: minutes that figures of the answer say
        """
        every = {n * u[1] / 60 for n, u in self.offsets if u and u[0] == "time" and u[1] < 86400}
        if not slip:
            every |= spans
        both = {a + b for a, b in combinations(sorted(every)[:10], 2)}
        return any(
            abs((time + span - mine + 1) % day - 1) <= 0.5
            for time in (*self.times, *own_times)
            for span in (
                *every,
                *(() if slip else both),
                *(-span for span in every if self.before or not slip),
            )
            for day in ((720, 1440) if mine < 780 else (1440,))
        )

    def is_year_on(self, figure, text, years):
        """Is it a year between two that are named, or the one before "from January 2025"?

        :param text: of the answer; ``years``: those of it that are borne out
        """
        year, every = int(figure.values[0][0]), self.years | years
        if {year - 1, year + 1} <= every:
            return True
        return year + 1 in every and bool(
            _END.search(text, max(0, figure.start - 12), figure.start)
        )


_END = regex(r"(?i)\b(?:end of|end|ende|fin|fin de|finales de)\s\Z")


def is_year(figure):
    """Is it the number of a year, rather than of things?"""
    if figure.kind != "number" or len(figure.text) != 4 or figure.unit:
        return False
    return figure.text.isdigit() and 1990 <= figure.values[0][0] <= 2100


def _moved(start, n, family, factor):
    try:
        if family == "time":
            return start + datetime.timedelta(days=n * factor / 86400)
        months = start.year * 12 + start.month - 1 + n * factor
        year, month = divmod(months, 12)
        last = [31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]
        return datetime.date(year, month + 1, min(start.day, last))
    except (OverflowError, ValueError):
        return None


def _working_day(start, n):
    """The date so many days from Monday to Friday after (or before) one."""
    try:
        while n:
            start += _DAY if n > 0 else -_DAY
            if start.weekday() < 5:
                n -= 1 if n > 0 else -1
    except OverflowError:
        return None
    return start
