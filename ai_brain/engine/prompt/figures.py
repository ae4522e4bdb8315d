"""Figures out of the air: those of an answer that what was given does not bear out.

A figure is borne out where it stands in what was given, in whatever way of writing it, rounded or
in another unit; or where it follows from figures given or from others of the answer that do: see
``figures_follow`` for sums, ``figures_times`` for what dates and times make. Where it is a digit
off one that was given and that the answer does not quote, it is that one written wrong, unless it
follows plainly; see ``figures_slips``.
"""

import time
from bisect import bisect_left
from typing import NamedTuple

from ..base.lazy import regex
from .figures_follow import Term, agrees
from .figures_given import Cited, Given, terms_of
from .figures_read import (
    months_named,
    periods_named,
    read_figures,
    squashed,
    words_as_numbers,
)
from .figures_slips import MAYBE, PLAIN, Slips, is_time_slip, variants
from .figures_times import Times, is_known, is_near_date, is_year, same_date
from .figures_words import word_figures

MOST_GIVEN = 400
MOST_TOLD = 80
MOST_CHARS = 200_000
#: Seconds of the processor; an answer that takes longer to judge is not judged.
MOST_SECONDS = 0.5
#: How many figures of an answer may follow one from the other.
MOST_ROUNDS = 5
_EPSILON = 1e-9
#: Beginnings of "points", which may be of a percentage.
_POINTS = ("point", "punkt", "punto")
_DIGITS = regex(r"\d+")
_DECIMAL = regex(r"\d{1,2}\.\d{1,2}\.")
_NEXT = regex(r"\s*(?:\Z|[^\sa-zà-ÿ])")
_SENTENCE = regex(r"[.!?]\s|\n")


class Unsupported(NamedTuple):
    """``checked``: how many figures the answer has; ``figures``: those that nothing bears out, as
    they are written; of a sum that rests on one of them that one alone."""

    checked: int
    figures: tuple


def unsupported_figures(answer, given):
    """Return the ``Unsupported`` of an answer, or None where nothing was given.

    :param str answer: what the model wrote
    :param given: list of str: the context, what tools returned, and last the question
    :return: None as well where too much was given to be compared: 400 figures, 200,000
        characters, half a second of the processor

    >>> given = ["S00421, 2026-05-02, 1280.00"]
    >>> unsupported_figures("Order S00421 is due on May 3: $1,280.", given)
    Unsupported(checked=3, figures=('May 3',))
    """
    given = [text for text in given if text and text.strip()]
    if not given or sum(map(len, given)) > MOST_CHARS:
        return None
    until = time.thread_time() + MOST_SECONDS
    texts = [(text, _read(text)) for text in given]
    if sum(len(figures) for _text, figures in texts) > MOST_GIVEN:
        return None
    told = read_figures(answer)[:MOST_TOLD]
    judge = _Judge(texts, answer, told)
    borne_out = judge.standing()
    open_ones = [figure for figure in told if figure not in borne_out]
    for _round in range(MOST_ROUNDS):
        judge.cite(borne_out)
        left = []
        for figure in open_ones:
            if time.thread_time() > until:
                return None
            (borne_out if judge.follows(figure) else left).append(figure)
        if len(left) == len(open_ones):
            break
        open_ones = left
    open_ones.sort(key=lambda figure: figure.start)
    roots = _roots(judge, borne_out, open_ones)
    return Unsupported(len(told), tuple(figure.text for figure in roots))


def _roots(judge, borne_out, open_ones):
    """Return the figures that do not follow from one just told: who corrects that has the rest."""
    roots = []
    for figure in open_ones:
        just_told = [one for one in open_ones if _leads_to(one, figure, judge.sentences)]
        if just_told and figure.kind == "number":
            judge.cite([*borne_out, *just_told])
            if judge.follows(figure):
                continue
        roots.append(figure)
    return roots


def _leads_to(one, figure, sentences):
    """May a figure rest on one that is out of the air? One of the sentence before, or before it in
    its own: there a smaller one of the same unit is a part of the total, and wrong by itself."""
    apart = sentences[figure.start] - sentences[one.start]
    if apart or one.start >= figure.start:
        return apart == 1
    return one.unit != figure.unit or one.values[0] < figure.values[0]


def _read(text):
    """Return the figures of what was given, those in words with a unit among them."""
    return sorted([*read_figures(text), *word_figures(text)], key=lambda one: one.start)


class _Pool:
    """Numbers that can be asked whether one of them lies within a tolerance."""

    def __init__(self, numbers):
        self.sorted = sorted(set(numbers))

    def has(self, value, tolerance):
        place = bisect_left(self.sorted, value - tolerance - _EPSILON * max(1.0, abs(value)))
        limit = value + tolerance + _EPSILON * max(1.0, abs(value))
        return place < len(self.sorted) and self.sorted[place] <= limit


class _Judge:
    def __init__(self, texts, answer, told):
        self.supply = supply = [figure for _text, figures in texts for figure in figures]
        self.told, self.sentences = told, _sentences(answer, told)
        self.answer, self.answer_words = answer, words_as_numbers(answer)
        self.to_the_second = any(one.kind == "time" and one.text.count(":") == 2 for one in supply)
        self.given = Given(texts, told)
        self.slips = Slips(texts, answer, told)
        self.borne_out, self.unquoted, self.cited = [], [], None
        self.numbers = [one for one in supply if one.kind == "number"]
        self.dates = [value for one in supply if one.kind == "date" for value in one.values]
        self.times = [one.values[0] for one in supply if one.kind == "time"]
        self.ids = {one.values[0] for one in supply if one.kind == "id"}
        self.periods = {one.values[0] for one in supply if one.kind == "period"}
        self.periods |= {n for text, _figures in texts for n in periods_named(text)}
        self.squashed = squashed(" ".join(text for text, _figures in texts))
        words = {one.value for one in self.given.words}
        by_unit = {None: [*words, 0.0, 100.0, *self._of_ids(supply), *self._of_dates(supply)]}
        for one in self.numbers:
            by_unit.setdefault(one.unit, []).extend(value for value, _step in one.values)
        spans = [one.span for one in supply if one.span]
        if spans:
            by_unit.setdefault(("time", 60), []).extend(spans)
        self.pools = {unit: _Pool(values) for unit, values in by_unit.items()}
        self.pool = _Pool(value for values in by_unit.values() for value in values)
        self.offsets = {(value, one.unit) for one in self.numbers for value, _step in one.values}
        self.offsets |= {(one.span, ("time", 60)) for one in supply if one.span}
        self.offsets |= {
            (word, unit)
            for word in words
            for unit in (("months", 1), ("time", 86400), ("time", 3600))
        }
        self.months = {month for text, _figures in texts for month in months_named(text)}
        self.counts = {float(n) for n in self.given.counts()}
        self.counts |= {float(len(self.ids)), float(len(set(self.dates)))}
        self.counts -= {0.0, 1.0}
        self.calendar = Times(texts, self.offsets)
        self.own_dates, self.own_times = [], []

    def cite(self, borne_out):
        """Take up the figures of the answer that are borne out so far."""
        self.borne_out = list(borne_out)
        self.quoted = quoted = {value for one in borne_out for value in one.values}
        days = [value for one in borne_out if one.kind == "date" for value in one.values]
        self.unquoted = [
            one
            for one in self.supply
            if not quoted.intersection(one.values)
            and not (one.kind == "date" and any(same_date(d, v) for d in days for v in one.values))
        ]
        terms = terms_of(borne_out)
        if self.to_the_second:
            times = [one for one in borne_out if one.kind == "time"]
            terms += [Term(n, "time", 60, s) for one in times for n, s in self._spans(one)]
        self.cited = Cited(self.given, terms, self.answer_words)
        self.own_dates = [v for one in borne_out if one.kind == "date" for v in one.values]
        self.own_times = [one.values[0] for one in borne_out if one.kind == "time"]

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

    def _as_decimal(self, figure):
        """Return the number that a date at a sentence's end may be: "The average is 7.5." """
        if figure.kind != "date" or not _DECIMAL.fullmatch(figure.text):
            return None
        if not _NEXT.match(self.answer, figure.end):
            return None
        written = figure.text[:-1]
        step = 10.0 ** -len(written.partition(".")[2])
        return figure._replace(kind="number", values=((float(written), step),))

    # ------------------------------------------------------------------
    # Stands there
    # ------------------------------------------------------------------

    def standing(self):
        """Return the figures that stand in what was given.

        One does not that is plainly another written wrong, where what is like it was given without
        the unit or of something else.
        """
        found = [figure for figure in self.told if self.stands(figure)]
        quoted = {value for one in found for value in one.values}
        return [
            one
            for one in found
            if one.kind != "number"
            or (self._has_unit(one) and self.slips.is_said(one))
            or self.slips.of(one, quoted) < PLAIN
        ]

    def _has_unit(self, one):
        pool = self.pools.get(one.unit)
        return bool(pool) and any(pool.has(value, 0) for value, _step in one.values)

    def stands(self, figure):
        """Does the figure stand in what was given, in some way of writing it?"""
        other = self._as_decimal(figure)
        if other and self.stands(other):
            return True
        if figure.kind == "id":
            name = figure.values[0]
            if name.isdigit() and len(name) < 12 and self.pool.has(float(name), 0):
                return True
            return name in self.ids or (len(name) > 3 and name in self.squashed)
        if figure.kind == "period":
            return self._is_period(figure)
        if figure.kind == "date":
            part = figure.text[:-1]  # "room 2.07." ends a sentence
            is_part = figure.text.endswith(".") and part.replace(".", "", 1).isdigit()
            if is_part and self.pool.has(float(part), 0):
                return True
            return any(
                any(same_date(mine, date) for date in self.dates)
                or (not mine[2] and mine[1] in self.months and self.pool.has(mine[0], 0))
                for mine in figure.values
            )
        if figure.kind == "time":
            clock = figure.values[0]
            hours = self.pools.get(("time", 3600))
            if hours and clock % 60 == 0 and hours.has(clock // 60, 0):
                return True
            if figure.span and self._is_given(figure.span, 1, figure._replace(unit=("time", 60))):
                return True
            return clock <= 1440 and any((clock - time) % 720 == 0 for time in self.times)
        if any(self._is_given(value, step, figure) for value, step in figure.values):
            return True
        if figure.unit == ("time", 3600) and figure.values[0][0] * 60 in self.times:
            return True  # "at 12 h"
        return self._is_day_of_range(figure)

    def _is_given(self, value, step, figure):
        tolerance = _tolerance(value, step, figure.approx)
        if not figure.unit:
            return self.pool.has(value, tolerance)
        if any(pool.has(value, tolerance) for pool in self._pools_of(figure.unit)):
            return True
        family, factor = figure.unit
        for one in self.numbers:
            if one.unit and one.unit[0] == family and one.unit[1] != factor:
                for other, _step in one.values:
                    if abs(other * one.unit[1] / factor - value) <= tolerance + _EPSILON:
                        return True
        # "14 days" where two weeks were given, "0.15" as 15 %
        return family == "percent" and self.pool.has(value / 100, tolerance / 100)

    def _pools_of(self, unit):
        """What was given in a unit, or in none: "8 minutes" are not the 8 hours that were."""
        return [self.pools[one] for one in (unit, None) if one in self.pools]

    def _is_period(self, figure):
        """A quarter or half that is named, or of which a month is; any where none is."""
        if figure.values[0] in self.periods:
            return True
        length = 6 if figure.text.strip("1234") in ("H", "S") else 3
        months = self.months | {date[1] for date in self.dates}
        of_months = {(month - 1) // length + 1 for month in months}
        return figure.values[0] in of_months or not (of_months or self.periods)

    def _is_day_of_range(self, figure):
        """ "3 to 7 August": the 3 is the day of a date."""
        follows = [
            one for one in self.told if one.kind == "date" and 0 < one.start - figure.end < 12
        ]
        days = {date[2] for date in self.dates}
        return bool(follows) and figure.values[0][0] in days

    # ------------------------------------------------------------------
    # Follows
    # ------------------------------------------------------------------

    def follows(self, figure):
        """Does the figure follow from what was given, or from others of the answer that do?"""
        other = self._as_decimal(figure)
        if other and self.follows(other):
            return True
        if figure.kind == "date":
            return self._is_date_on(figure)
        for span, step in () if self._slips_in_time(figure) else self._spans(figure):
            as_span = figure._replace(unit=("time", 60))
            if self._is_between(span, 0.5 * step, as_span):
                return True
            if self._adds_up(span, step, as_span, as_span.unit):
                return True
        if figure.kind == "time":
            return self._is_time_on(figure)
        if figure.kind != "number":
            return False
        if any(self._derives(value, step, figure) for value, step in figure.values):
            return True
        return self._is_two(figure)

    def _slips_in_time(self, figure):
        return figure.kind == "time" and self._is_time_slip(figure)

    def _spans(self, figure):
        """Yield (minutes, step) that a time of the day may mean as a duration."""
        if figure.span:
            yield figure.span, 1 if figure.span == int(figure.span) else 1 / 60
        if figure.kind == "time" and self.to_the_second and figure.text[-1:].isdigit():
            yield figure.values[0] / 60, 1 / 60  # 49:15 are minutes and seconds there

    def _is_between(self, value, tolerance, figure):
        return self.calendar.is_between(value, tolerance, figure, self.own_dates, self.own_times)

    def _is_date_on(self, figure):
        slip = any(is_near_date(a, b) for one in self.unquoted if one.kind == "date"
                   for a in one.values for b in figure.values)  # fmt: skip
        spans = {(one.value, (one.family, one.factor) if one.family else None)
                 for one in self.cited.cited}  # fmt: skip
        return any(
            self.calendar.is_date_on(value, slip, spans, self.own_dates) for value in figure.values
        )

    def _is_time_slip(self, figure):
        mine = figure.values[0]
        return any(
            one.kind == "time" and is_time_slip(mine, one.values[0]) for one in self.unquoted
        )

    def _is_time_on(self, figure):
        slip = self._is_time_slip(figure)
        own = (one for one in self.cited.cited if one.family == "time" and one.factor < 86400)
        spans = {one.base / 60 for one in own}
        return self.calendar.is_time_on(figure.values[0], slip, spans, self.own_times)

    def _is_two(self, figure):
        """ "truck 2 540 kg": two numbers, where the first was given."""
        head, _, tail = figure.text.partition(" ")
        if not (tail.isdigit() and len(tail) == 3 and head.isdigit()):
            return False
        value = float(tail)
        return self.pool.has(float(head), 0) and (
            self._is_given(value, 1, figure) or self._derives(value, 1, figure)
        )

    def _derives(self, value, step, figure):
        if step >= 1 and value in self.counts and not figure.unit:
            return True
        if is_year(figure) and self.calendar.is_year_on(figure, self.answer, self._own_years()):
            return True
        if is_known(figure) and not self.slips.of(figure, self.quoted):
            return True
        if self._is_between(value, _tolerance(value, step, figure.approx), figure):
            return True
        if self._adds_up(value, step, figure, figure.unit):
            return True
        points = not figure.unit and self.slips.noun(figure) in _POINTS
        return points and self._adds_up(value, step, figure, ("percent", 1))

    def _own_years(self):
        return {int(one.values[0][0]) for one in self.borne_out if is_year(one)}

    def _adds_up(self, value, step, figure, unit):
        family, factor = unit or (None, 1)
        mine = self.sentences[figure.start]
        beside = [one for one in self.borne_out if self.sentences[one.start] == mine]
        if figure.kind == "time":
            slip = MAYBE * self._is_time_slip(figure)
        else:
            slip = self.slips.of(figure, self.quoted)
        steps = self.cited.steps(terms_of(sorted(beside, key=lambda one: one.start)), slip)
        exact, loose = step * (figure.approx or 0.5), _tolerance(value, step, figure.approx)
        others = ()
        if figure.kind == "number" and value and not figure.approx:
            said = {
                abs(v) for one in self.borne_out if one.kind == "number" for v, _s in one.values
            }
            others = [v for v in variants(figure.text, abs(value)) if v not in said]
        return any(
            agrees(steps, value, spare, max(2 * spare, step), family, factor, others)
            for spare in sorted({exact, loose})
        )


def _sentences(answer, told):
    """Return {start of a figure: the number of its sentence}."""
    ends = [match.start() for match in _SENTENCE.finditer(answer)]
    return {one.start: bisect_left(ends, one.end) for one in told}


def _tolerance(value, step, approx):
    """How far the figure meant may lie from the one that is written."""
    if value == int(value) and step >= 1 and value:
        zeros = len(str(int(value))) - len(str(int(value)).rstrip("0"))
        if approx and zeros:
            step = max(step, 10.0**zeros)
        elif zeros >= 2:
            step = max(step, value * 0.01)
    return step * (approx or 0.5)
