"""Figures out of the air: those of an answer that what was given does not bear out.

A figure is borne out where it stands in what was given, in whatever way of writing it, rounded or
in another unit; or where it follows from figures given: sums and differences, shares and changes in
per cent, products, averages, numbers of lines, days between two dates, a date so many days on. What
can follow is narrower the fewer digits a figure has, since few digits are hit by chance.
"""

import datetime
import time
from bisect import bisect_left
from itertools import accumulate, combinations
from typing import NamedTuple

from ..base.lazy import regex
from .figures_orders import order_amounts, spans
from .figures_read import months_named, read_figures, squashed, words_as_numbers

MOST_GIVEN = 400
MOST_TOLD = 80
MOST_CHARS = 200_000
#: Seconds; an answer that takes longer to judge is not judged.
MOST_SECONDS = 0.5
_MOST_IN_ROW = 60
_EPSILON = 1e-9
_DAY = datetime.timedelta(days=1)
_DIGITS = regex(r"\d+")
_PER_HUNDRED = regex(r"(?i)(?:/|per|pro|par|por|je)\s?100\b")


class Unsupported(NamedTuple):
    """``checked``: how many figures the answer has; ``figures``: those that nothing bears out, as
    they are written."""

    checked: int
    figures: tuple


def unsupported_figures(answer, given):
    """Return the ``Unsupported`` of an answer, or None where nothing was given.

    :param str answer: what the model wrote
    :param given: list of str: the context, what tools returned, and last the question
    :return: None as well where too much was given to be compared: 400 figures, 200,000
        characters, half a second

    >>> given = ["S00421, 2026-05-02, 1280.00"]
    >>> unsupported_figures("Order S00421 is due on May 3: $1,280.", given)
    Unsupported(checked=3, figures=('May 3',))
    """
    given = [text for text in given if text and text.strip()]
    if not given or sum(map(len, given)) > MOST_CHARS:
        return None
    until = time.monotonic() + MOST_SECONDS
    supply = [figure for text in given for figure in read_figures(text)]
    if len(supply) > MOST_GIVEN:
        return None
    told = read_figures(answer)[:MOST_TOLD]
    judge = _Judge(supply, given)
    open_ones, borne_out = list(told), []
    for derive in (False, True, True):
        left = []
        for figure in open_ones:
            if time.monotonic() > until:
                return None
            sound = judge.follows(figure, borne_out, told) if derive else judge.stands(figure, told)
            (borne_out if sound else left).append(figure)
        open_ones = left
    open_ones.sort(key=lambda figure: figure.start)
    return Unsupported(len(told), tuple(figure.text for figure in open_ones))


class _Number(NamedTuple):
    """A number as it takes part in sums: its unit's family, and whether it only counts things."""

    value: float
    family: str | None
    counts: bool


def _numbers(figures):
    return [
        _Number(
            value,
            one.unit[0] if one.unit else None,
            not one.unit and step == 1 and value < 20,
        )
        for one in figures
        for value, step in one.values[:1]
    ]


class _Pool:
    """Numbers that can be asked whether one of them lies within a tolerance."""

    def __init__(self, numbers):
        self.sorted = sorted(set(numbers))

    def has(self, value, tolerance):
        place = bisect_left(self.sorted, value - tolerance - _EPSILON * max(1.0, abs(value)))
        limit = value + tolerance + _EPSILON * max(1.0, abs(value))
        return place < len(self.sorted) and self.sorted[place] <= limit


class _Judge:
    def __init__(self, supply, given):
        self.numbers = [one for one in supply if one.kind == "number"]
        self.dates = [value for one in supply if one.kind == "date" for value in one.values]
        self.times = [one.values[0] for one in supply if one.kind == "time"]
        self.ids = {one.values[0] for one in supply if one.kind == "id"}
        self.squashed = squashed(" ".join(given))
        values = {value for one in self.numbers for value, _step in one.values}
        words = {float(n) for text in given for n in words_as_numbers(text)}
        self.values = sorted(values)
        self.pool = _Pool(
            [*values, *words, 0.0, 1.0, 100.0, *self._of_ids(supply), *self._of_dates(supply)]
        )
        self.percents = _Pool(v for one in self.numbers if _is_percent(one) for v, _s in one.values)
        self.offsets = {(value, one.unit) for one in self.numbers for value, _step in one.values}
        self.offsets |= {
            (word, unit)
            for word in words
            for unit in (("months", 1), ("time", 86400), ("time", 3600))
        }
        self.per_hundred = bool(_PER_HUNDRED.search(" ".join(given)))
        self.asked = _numbers(one for one in read_figures(given[-1]) if one.kind == "number")
        self.months = {month for text in given for month in months_named(text)}
        self.rows = self._rows()
        self.amounts = _Pool(
            order_amounts(
                [[(one.value, one.family) for one in row] for row in self.rows],
                self.percents.sorted,
                sorted(words),
            )
        )
        self.spans = spans(self.times)
        self.columns = self._columns()
        self.counts = self._counts(given)

    # ------------------------------------------------------------------
    # What was given, in groups of what belongs together
    # ------------------------------------------------------------------

    def _of_ids(self, supply):
        """Numbers within identifiers, and those that a space may part ("12 450")."""
        for one in supply:
            if one.kind == "id" or (one.kind == "number" and not one.text.strip().isdigit()):
                for digits in _DIGITS.findall(one.text):
                    if one.kind == "id" or " " in one.text:
                        yield float(digits[-15:])

    def _of_dates(self, supply):
        for year, _month, _day in self.dates:
            if year:
                yield float(year)
        for one in supply:  # "room 2.11." looks like a date
            if one.kind == "date" and one.text[-1:] in ".-/":
                part = one.text[:-1]
                if part.replace(".", "", 1).isdigit():
                    yield float(part)

    def _rows(self):
        rows = {}
        for one in self.numbers:
            if not _is_year(one):
                rows.setdefault(one.line, []).append(one)
        return [_numbers(row) for row in rows.values()]

    def _columns(self):
        """Numbers that are alike: of one unit and way of writing, or of one place in their row."""
        columns = {}
        for row in self.rows:
            for place, one in enumerate(row):
                columns.setdefault(("place", place, len(row)), []).append(one)
        for one in self.numbers:
            if not _is_year(one):
                alike = "unit", one.unit and one.unit[0], one.values[0][1]
                columns.setdefault(alike, []).extend(_numbers([one]))
        return [column for column in columns.values() if len(column) > 1]

    def _counts(self, given):
        """How many there are of what is listed: lines with figures, dates, identifiers."""
        counts = {float(len(self.ids)), float(len(set(self.dates))), float(len(self.rows))}
        for text in given:
            counts |= {float(line.count(";") + 1) for line in text.splitlines() if ";" in line}
        return counts | {float(len(column)) for column in self.columns}

    # ------------------------------------------------------------------
    # Stands there
    # ------------------------------------------------------------------

    def stands(self, figure, told):
        """Does the figure stand in what was given, in some way of writing it?"""
        if figure.kind == "id":
            name = figure.values[0]
            return name in self.ids or (len(name) > 3 and name in self.squashed)
        if figure.kind == "date":
            return any(
                any(_same_date(mine, date) for date in self.dates)
                or (not mine[2] and mine[1] in self.months and self.pool.has(mine[0], 0))
                for mine in figure.values
            )
        if figure.kind == "time":
            return any((figure.values[0] - time) % 720 == 0 for time in self.times)
        if any(self._is_given(value, step, figure) for value, step in figure.values):
            return True
        return self._is_day_of_range(figure, told)

    def _is_given(self, value, step, figure):
        tolerance = _tolerance(value, step, figure.approx)
        if self.pool.has(value, tolerance):
            return True
        if not figure.unit:
            return False
        family, factor = figure.unit
        for one in self.numbers:
            if one.unit and one.unit[0] == family and one.unit[1] != factor:
                for other, _step in one.values:
                    if abs(other * one.unit[1] / factor - value) <= tolerance + _EPSILON:
                        return True
        # "14 days" where two weeks were given, "0.15" as 15 %
        return family == "percent" and self.pool.has(value / 100, tolerance / 100)

    def _is_day_of_range(self, figure, told):
        """ "3 to 7 August": the 3 is the day of a date."""
        follows = [one for one in told if one.kind == "date" and 0 < one.start - figure.end < 12]
        days = {date[2] for date in self.dates}
        return bool(follows) and figure.values[0][0] in days

    # ------------------------------------------------------------------
    # Follows
    # ------------------------------------------------------------------

    def follows(self, figure, borne_out, told):
        """Does the figure follow from what was given, or from others of the answer that do?"""
        if figure.kind == "date":
            return any(self._is_date_on(value) for value in figure.values)
        if figure.kind == "time":
            return self._is_time_on(figure.values[0])
        if figure.kind != "number":
            return False
        cited = _numbers(one for one in borne_out if one.kind == "number" and not _is_year(one))
        return any(
            self._derives(value, step, figure, cited, borne_out) for value, step in figure.values
        )

    def _derives(self, value, step, figure, cited, borne_out):
        tolerance = _tolerance(value, step, figure.approx)
        if step >= 1 and value in self.counts and not figure.unit:
            return True
        if figure.approx and _Pool(one.value for one in cited).has(value, tolerance):
            return True
        if self._is_between(value, tolerance, figure, borne_out):
            return True
        family, factor = figure.unit or (None, 1)
        if family == "money" and self.amounts.has(value, min(tolerance, step / 2)):
            return True
        if family == "time" and value in self.spans.get(factor, ()):
            return True  # "7 hours and 25 minutes"
        if _is_percent(figure):
            return self._is_share(value, tolerance, _digits(value, step), step, cited)
        sizes = [(value, tolerance)]
        if figure.unit:
            family, factor = figure.unit
            others = {u[1] for one in self.numbers if (u := one.unit) and u[0] == family}
            sizes += [(value * factor / f, tolerance * factor / f) for f in others - {factor}]
        digits = _digits(value, step)
        family = figure.unit and figure.unit[0]
        groups = self._groups(digits, cited)
        for size, spare in sizes:
            if any(_adds_up(size, spare, family, step, digits, group) for group in groups):
                return True
            products = [g for g in groups if digits >= 2 and len(g) < 60]
            if any(self._multiplies(size, spare, group) for group in products):
                return True
        enough = 2 if family == "money" else 3
        return digits >= enough and self._is_scaled(value, tolerance, figure, cited)

    def _groups(self, digits, cited):
        """Numbers of which a figure may be made: the fewer its digits, the closer together."""
        asked = self.asked if len(self.asked) < 4 else []
        groups = [cited[:14], *([*row, *asked] for row in self.rows if len(row) < 6 or digits >= 3)]
        if digits >= 2:
            groups += self.columns
        if digits >= 4:
            groups.append([*_numbers(self.numbers), *cited])
        return [group for group in groups if len(group) > 1]

    def _multiplies(self, value, tolerance, group):
        """Is it a product, a quotient, or a number with, without or by a per cent?"""
        plain = [one for one in group if one.family != "percent" and one.value]
        pool = _Pool(one.value for one in plain)
        for one in plain:
            others = [other for other in plain if not (one.family and other.family == one.family)]
            by_others = _Pool(other.value for other in others)
            if by_others.has(value / one.value, tolerance / one.value):
                return True
            if (
                len(group) < 15
                and one.value > 1
                and pool.has(value * one.value, tolerance * one.value)
            ):
                return True
        for percent in self.percents.sorted:
            for share in (percent / 100, 1 + percent / 100, 1 - percent / 100):
                if share > 0 and (
                    pool.has(value / share, tolerance / share)
                    or pool.has(value * share, tolerance * share)
                ):
                    return True
        if len(group) > 14:
            return False
        near = tolerance + _EPSILON * max(1.0, abs(value))
        by = (1, 100) if self.per_hundred else (1,)
        products = [a.value * b.value * c.value for a, b, c in combinations(plain, 3)]
        if self.per_hundred:
            products += [a.value * b.value for a, b in combinations(plain, 2)]
        return any(abs(product / n - value) <= near for product in products for n in by)

    def _is_scaled(self, value, tolerance, figure, cited):
        """An amount a year from one a month, or a converted unit of a figure that follows."""
        pool = _Pool([*self.values, *(one.value for one in cited)])
        factors = [12, 52, 1 / 12, 1000, 1 / 1000]
        if figure.unit and figure.unit[0] == "time":
            factors = [60, 1 / 60, 24, 1 / 24, 7, 1 / 7]
        return any(pool.has(value / factor, tolerance / factor) for factor in factors)

    def _is_share(self, value, tolerance, digits, step, cited):
        """A share or a change, in per cent: of figures of the answer, or, where it has digits
        enough not to be hit by chance, of any that belong together."""
        near = tolerance + _EPSILON
        many = digits >= 3 or step < 1
        groups = [[one.value for one in cited[:16]]]
        named = set(groups[0])
        for group in [*self.rows, *self.columns]:
            values = [one.value for one in group]
            if len(values) < 60 and (many or len(values) < 9 or named & set(values)):
                groups.append(values)
        for group in groups:
            loose = many or group is groups[0] or len(group) < 4
            pairs = [(a, b) for a in group for b in group if b and (loose or {a, b} & named)]
            if group is not groups[0]:
                pairs += [(a, sum(group)) for a in group if sum(group)]
            for a, b in pairs:
                if abs(a / b * 100 - value) <= near or abs(abs(a / b - 1) * 100 - value) <= near:
                    return True
        percents = self.percents.sorted
        return any(abs(100 - p - value) <= near for p in percents) or any(
            abs(b - a - value) <= near or abs(a + b - value) <= near
            for a, b in combinations(percents[:20], 2)
        )

    def _is_between(self, value, tolerance, figure, borne_out):
        """The time between two dates, or between two times of the day."""
        family, factor = figure.unit or ("time", 86400)
        if family not in ("time", "months"):
            return False
        own = [v for one in borne_out if one.kind == "date" for v in one.values]
        days = [_date(*d) for d in [*self.dates[:30], *own] if d[2]]
        clock = [*self.times[:20]]
        gaps = {abs((a - b).days) * 86400.0 for a, b in combinations(days, 2)}
        minutes = {abs(a - b) * 60.0 for a, b in combinations(clock, 2)}
        if family == "months":
            return any(abs(gap / 86400 / 30.44 - value * factor) < 0.1 for gap in gaps)
        if figure.unit and factor <= 3600:
            gaps |= {g + m for g in gaps for m in minutes} | {g - m for g in gaps for m in minutes}
        if figure.unit:
            gaps |= minutes
        spare = tolerance * factor
        if figure.approx:
            spare = max(spare, 0.5 * factor)
        return any(abs(gap - value * factor) <= spare + _EPSILON for gap in gaps if gap)

    def _is_date_on(self, mine):
        """A date so many days, weeks, months or years after or before one that was given."""
        spans = {(n, unit) for n, unit in self.offsets if unit and unit[0] in ("time", "months")}
        spans |= {(12, ("months", 1))}
        for given in self.dates[:40]:
            start = _date(*given)
            for n, (family, factor) in spans:
                if n != int(n) or n > 4000:
                    continue
                for sign in (1, -1):
                    on = _moved(start, sign * int(n), family, factor)
                    ends = [on, on - _DAY] if on and family == "months" else [on] if on else []
                    if any(_same_date(mine, (d.year, d.month, d.day)) for d in ends):
                        return True
        return False

    def _is_time_on(self, mine):
        spans = [n * u[1] / 60 for n, u in self.offsets if u and u[0] == "time" and u[1] < 86400]
        return any(
            abs(time + sign * span - mine) % 720 < _EPSILON
            for time in self.times
            for span in spans
            for sign in (1, -1)
        )


def _is_percent(figure):
    return bool(figure.unit) and figure.unit[0] == "percent"


def _is_year(figure):
    return len(figure.text) == 4 and 1990 <= figure.values[0][0] <= 2100 and not figure.unit


def _tolerance(value, step, approx):
    """How far the figure meant may lie from the one that is written."""
    if value == int(value) and step >= 1 and value:
        zeros = len(str(int(value))) - len(str(int(value)).rstrip("0"))
        if approx and zeros:
            step = max(step, 10.0**zeros)
        elif zeros >= 2:
            step = max(step, value * 0.01)
    return step * (approx or 0.5)


def _digits(value, step):
    """How many digits of a figure say something.

    >>> _digits(2850.0, 1.0), _digits(43137.5, 0.1)
    (3, 6)
    """
    text = str(round(abs(value) / step)) if step < 1 else str(int(abs(value)))
    return max(1, len(text.rstrip("0") or "0"))


def _adds_up(value, tolerance, family, step, digits, group):
    """Is it a sum, a difference or a mean of numbers of one kind?"""
    families = {family} if family else {one.family for one in group} - {"percent"}
    for kind in families or {None}:
        some = [one for one in group if one.family in (None, kind)]
        if digits >= 2 and _totals(value, tolerance, [one.value for one in some]):
            return True
        plain = [one.value for one in some if not (one.counts and step < 1)]
        if len(plain) > 1 and _sums(value, tolerance, digits, step, plain):
            return True
    return False


def _totals(value, tolerance, group):
    """Is it the sum or the mean of all, or of some that stand one after the other?"""
    near = tolerance + _EPSILON * max(1.0, abs(value))
    n = len(group)
    sums = [0.0, *accumulate(group)]
    if n > 2 and abs(sums[n] / n - value) <= near:
        return True
    if n > _MOST_IN_ROW:
        return abs(sums[n] - value) <= near
    return any(
        abs(sums[j] - sums[i] - value) <= near for i in range(n) for j in range(i + 3, n + 1)
    )


def _sums(value, tolerance, digits, step, group):
    near = tolerance + _EPSILON * max(1.0, abs(value))
    pool = _Pool(group)
    if any(pool.has(value - a, tolerance) or pool.has(value + a, tolerance) for a in pool.sorted):
        return True
    if digits < 3 and step >= 1:
        return False
    if len(group) > 14:
        return False
    for a, b, c in combinations(group, 3):
        if any(abs(abs(s) - value) <= near for s in (a + b + c, a + b - c, a - b + c, b + c - a)):
            return True
    return digits > 3 and any(abs(sum(some) - value) <= near for some in combinations(group, 4))


def _same_date(mine, given):
    """Do they agree in whatever both say, the month among it?"""
    return mine[1] == given[1] and all(
        a is None or b is None or a == b for a, b in zip(mine, given, strict=True)
    )


def _date(year, month, day):
    return datetime.date(year or 2024, month, day or 1)


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
