"""The numbers that were given, in groups of what belongs together, and what each group makes."""

from functools import cached_property
from itertools import pairwise

from ..base.lazy import regex
from .figures_follow import (
    MOST_IN_PAIRS,
    MOST_IN_THREES,
    MOST_IN_TRIPLES,
    Made,
    Term,
    accrued,
    pairs,
    parts_of,
    rests,
    runs,
    scaled,
    side_by_side,
    threes,
    totals,
    triples,
    weighted,
    with_runs,
)
from .figures_groups import groups, places
from .figures_orders import order_amounts
from .figures_read import words_as_numbers
from .figures_times import is_year

#: How much of the figures of a size may be covered before agreeing with one is called chance.
PLAINLY, RARELY = 0.1, 0.2
SURE, LIKELY, SUMS, POSSIBLE, FAR = 0.6, 0.5, 0.4, 0.6, 0.04
_MOST_CITED = 16
_PER_HUNDRED = regex(r"(?i)(?:/|per|pro|par|por|je|a los|aux|auf)\s?100\b")
_EACH = regex(r"(?i)(?:\b(?:at|of|à|zu|je|de|a|by|per|pour)\s|[x×*@]\s?)(?:je\s)?[€$£]?\Z")
_TO = regex(r"\s*(?:[-–—]|to|until|bis|à|a|hasta|jusqu'à)\s*")
_CLAUSE = regex(r"[;\n}\[\]]|\.\s|\.\Z")


def terms_of(figures):
    """Return the ``Term`` of each number among figures, years left out."""
    found = []
    for one in figures:
        if one.kind == "number" and not is_year(one):
            value, step = one.values[0]
            family, factor = one.unit or (None, 1)
            found.append(Term(value, family, factor, step))
        elif one.span and ("h" in one.text or one.text.count(":") == 2):
            found.append(Term(one.span, "time", 60, 1))
    return found


def _ranges(text, figures):
    """Return {each time of "8:00-16:30": the minutes between, at the second of them}."""
    found = {}
    for one, after in pairwise(figures):
        if one.kind == after.kind == "time" and _TO.fullmatch(text, one.end, after.start):
            found[one] = found.get(one)
            found[after] = (after.values[0] - one.values[0]) % 1440
    return found


class Given:
    """What was given, made into what a figure may agree with.

    :param texts: [(text, its figures)], the question last
    :param told: figures of the answer, whose units are in use as well
    """

    def __init__(self, texts, told=()):
        self.all, self.rows, self.clauses = [], [], []
        self.lines = []
        self.shifts = []  # [[minutes by the clock, minutes of pauses]]
        self.shared = []  # records of one name or month
        for text, figures in texts:
            self._read(text, figures)
            self.shared += groups(text, figures, terms_of)
        text = "\n".join(text for text, _figures in texts)
        self.hundred = bool(_PER_HUNDRED.search(text))
        self.words = [Term(float(n)) for n in dict.fromkeys(words_as_numbers(text))]
        asked = terms_of(texts[-1][1])
        self.asked = asked if len(asked) < 4 and len(texts) > 1 else []
        self.units = {}
        self._use_units([*told, *(one for _text, figures in texts for one in figures)])
        self.columns = self._columns()

    def _read(self, text, figures):
        rows, clauses, end, row, clause, before = {}, {}, 0, 0, 0, []
        in_range = _ranges(text, figures)
        for one in figures:
            between = text[end : one.start]
            row += between.count("\n")
            clause += bool(_CLAUSE.search(between))
            end = one.end
            terms = [] if one in in_range else terms_of([one])
            self._read_shift(one, in_range.get(one), terms)
            if in_range.get(one):
                terms = [Term(in_range[one], "time", 60)]
            self._read_line(before, between, terms)
            before = terms
            rows.setdefault(row, []).extend(terms)
            clauses.setdefault(clause, []).extend(terms)
            self.all += terms
        self.rows += [terms for terms in rows.values() if terms]
        self.clauses += [terms for terms in clauses.values() if terms]

    def _read_line(self, before, between, terms):
        """Take up a line of an order: "48 cartons of 12", "6 x 42.5 kg"."""
        if before and terms and len(between) < 30 and _EACH.search(between):
            number, each = before[0], terms[0]
            if number.family != each.family or not each.family:
                family = each.family or number.family
                if "percent" not in (number.family, each.family):
                    value = number.value * each.base
                    self.lines.append(Term(value, family, 1, min(number.step, each.step)))

    def _read_shift(self, figure, minutes, terms):
        """Take up a span of the clock, or the pause that follows one."""
        if minutes:
            self.shifts.append([minutes, 0])
        elif self.shifts and terms and terms[0].family == "time":
            pause = terms[0].base / 60
            if figure.kind == "number" and pause < self.shifts[-1][0] / 2:
                self.shifts[-1][1] += pause

    def _use_units(self, figures):
        for one in figures:
            if one.span:
                self.units.setdefault("time", set())
            if one.unit:
                self.units.setdefault(one.unit[0], set()).add(one.unit[1])
        for factors in self.units.values():
            factors.add(1)
        self.units.get("time", set()).update((60, 3600))

    def _columns(self):
        """Numbers that are alike: of one unit and way of writing, or of one place in their row."""
        columns = {}
        for lines in (self.rows, self.clauses):
            for row in lines:
                for place, one in enumerate(row):
                    columns.setdefault((id(lines), place, len(row)), []).append(one)
        for one in self.all:
            columns.setdefault((one.family, one.step), []).append(one)
            columns.setdefault(one.family, []).append(one)
        unique = {tuple(column): column for column in columns.values() if len(column) > 1}
        return list(unique.values())

    def counts(self):
        """How many there are of what is listed: rows, and numbers that are alike."""
        alike = (*self.columns, *self.shared)
        return {len(self.rows), *(len(column) for column in alike)}

    def _made(self):
        return Made(self.units)

    @property
    def rules(self):
        """What ``pairs`` has to know of what was given."""
        return {"units": self.units, "hundred": self.hundred}

    @cached_property
    def sure(self):
        made = self._made()
        for group in (*self.columns, *self.rows, *self.clauses, self.all):
            totals(made, group)
            rests(made, group)
        shifts = [Term(whole - pause, "time", 60) for whole, pause in self.shifts]
        for group in (shifts, [Term(pause, "time", 60) for _whole, pause in self.shifts]):
            totals(made, group)
            for one in group:
                made.add("time", one.base)
        for records in self.shared:
            for column in places(records):
                totals(made, column)
            weighted(made, records)
        weighted(made, self.clauses)
        weighted(made, self.rows)
        side_by_side(made, self.clauses)
        for clause in self.clauses:
            if len(clause) == 3 and "percent" not in {one.family for one in clause}:
                families = {one.family for one in clause} - {None}
                if len(families) < 2:
                    product = clause[0].base * clause[1].base * clause[2].base
                    made.add(next(iter(families), None), product)
        for one in self.lines:
            made.add(one.family, one.base)
        totals(made, self.lines)
        runs(made, self.lines)
        percents = [one.value for one in self.all if one.family == "percent"]
        made.add("percent", 100 - sum(percents))
        rows = [[(one.value, one.family) for one in row] for row in self.rows]
        for amount in order_amounts(rows, percents, [one.value for one in self.words]):
            made.add("money", amount)
        for row in (*self.clauses, *self.rows):
            for a, b in pairwise(row):
                if a.family is None and b.family != "percent":
                    made.add(b.family, a.value * b.base)
        return made

    @cached_property
    def near(self):
        made = self._made()
        for group in self.clauses:
            if len(group) <= MOST_IN_THREES:
                pairs(made, [*group, *self.asked], **self.rules)
        pairs(made, self.asked, self.all, **self.rules)
        return made

    @cached_property
    def with_lines(self):
        made = self._made()
        for line in self.lines[:MOST_IN_THREES]:
            for one in self.all[:MOST_IN_PAIRS]:
                if one.family == line.family:
                    made.add(line.family, line.base + one.base)
                    made.add(line.family, line.base - one.base)
        return made

    @cached_property
    def near_sums(self):
        made = self._made()
        for group in self.clauses:
            if len(group) <= MOST_IN_THREES:
                _add_by_unit(made, group)
        return made

    @cached_property
    def by_unit(self):
        made = self._made()
        for group in self._groups:
            _add_by_unit(made, group)
        for column in (*self.columns, self.all):
            runs(made, column)
        return made

    @cached_property
    def sums(self):
        made = self._made()
        for group in self._groups:
            pairs(made, group, kinds="+")
        for column in (*self.columns, self.all):
            runs(made, column)
        return made

    @cached_property
    def products(self):
        made = self._made()
        for group in self._groups:
            pairs(made, group, kinds="*", **self.rules)
        return made

    @cached_property
    def far(self):
        made = self._made()
        everything = [*self.all, *self.words]
        for group in [everything] if len(everything) <= MOST_IN_THREES else self.rows:
            if len(group) <= MOST_IN_THREES:
                threes(made, group, self.units)
        return made

    @cached_property
    def yearly(self):
        made = self._made()
        scaled(made, self.all[:MOST_IN_PAIRS])
        return made

    @cached_property
    def triples(self):
        made = self._made()
        everything = [*self.all, *self.words]
        for group in [everything] if len(everything) <= MOST_IN_TRIPLES else self.clauses:
            if len(group) <= MOST_IN_TRIPLES:
                triples(made, group, self.units)
        for clause in self.clauses:
            if len(clause) + len(self.asked) <= MOST_IN_TRIPLES:
                triples(made, [*clause, *self.asked], self.units)
        return made

    @cached_property
    def _groups(self):
        everything = [*self.all, *self.words]
        groups = [everything] if len(everything) <= MOST_IN_PAIRS else [*self.rows, *self.columns]
        return [group for group in groups if len(group) <= MOST_IN_PAIRS]


def _add_by_unit(made, group):
    """Add sums and differences of two of one unit: 36 rents and 415 € make nothing."""
    for family in {one.family for one in group}:
        pairs(made, [one for one in group if one.family == family], kinds="+")


class Cited:
    """What figures of the answer that are borne out make, by themselves and with what was given.

    :param cited: their terms
    :param words: numbers that the answer has in words
    """

    def __init__(self, given, cited, words):
        self.given = given
        self.cited = list(dict.fromkeys(cited))[:_MOST_CITED]
        self.said = [Term(float(n)) for n in dict.fromkeys(words)]
        self.words = list(dict.fromkeys([*given.words, *self.said]))
        self.others = [one for one in given.all[:MOST_IN_PAIRS] if one not in self.cited]
        self._sentences = {}

    @cached_property
    def shares(self):
        made = Made(self.given.units)
        told = {one.base for one in (*self.cited, *self.given.all)}
        parts_of(made, [*self.given.columns, self.given.all, self.cited], told)
        return made

    @cached_property
    def own(self):
        made = Made(self.given.units)
        totals(made, self.cited)
        pairs(made, self.cited, **self.given.rules)
        return made

    @cached_property
    def with_runs(self):
        made = Made(self.given.units)
        with_runs(made, self.cited, self.others)
        return made

    @cached_property
    def both(self):
        made = Made(self.given.units)
        pairs(made, self.cited, [*self.others, *self.words], **self.given.rules)
        terms = [*self.cited, *self.others]
        accrued(made, terms, [one for one in terms if one.family in ("time", "months")])
        return made

    @cached_property
    def far(self):
        made = Made(self.given.units)
        threes(made, self.cited[:MOST_IN_THREES], self.given.units)
        return made

    @cached_property
    def yearly(self):
        made = Made(self.given.units)
        percents = [one for one in self.given.all if one.family == "percent"]
        scaled(made, [*self.cited, *percents[:3]])
        return made

    def steps(self, sentence, slip=0):
        """Return what a figure may agree with, the likely first: [(function, share covered)].

        :param sentence: terms of the figure's sentence that are borne out
        :param slip: how plainly the figure is one that was given, and that the answer does not
            quote, written wrong rather than what happens to follow; see ``figures_slips``
        """
        given = self.given
        beside = self._sentences.setdefault(tuple(sentence), _Sentence(self, sentence))
        likely = [
            (lambda: given.sure, SURE),
            (lambda: beside.own, LIKELY),
            (lambda: self.shares, LIKELY),
            (lambda: given.near, LIKELY),
        ]
        if slip > 1:
            return [
                (lambda: given.sure, PLAINLY),
                (lambda: beside.sums, PLAINLY),
                (lambda: self.shares, PLAINLY),
                (lambda: given.near_sums, PLAINLY),
                (lambda: given.by_unit, FAR),
                (lambda: beside.sums_with_given, FAR),
            ]
        if slip:
            return [
                *likely,
                (lambda: given.sums, PLAINLY),
                (lambda: beside.sums_with_given, FAR),
            ]
        return [
            *likely,
            (lambda: given.sums, SUMS),
            (lambda: beside.with_given, POSSIBLE),
            (lambda: self.own, POSSIBLE),
            (lambda: given.products, POSSIBLE),
            (lambda: self.both, POSSIBLE),
            (lambda: given.yearly, RARELY),
            (lambda: self.yearly, RARELY),
            (lambda: given.triples, SUMS),
            (lambda: given.with_lines, PLAINLY),
            (lambda: self.with_runs, PLAINLY),
            (lambda: given.far, FAR),
            (lambda: self.far, FAR),
            (lambda: beside.mixed, FAR),
        ]


def _with_last_unit(terms):
    """Terms without a unit take it from the one before: "84 hours, Excel 54"."""
    found, last = [], None
    for one in terms:
        if one.family and one.family != "percent":
            last = one
        elif last and not one.family:
            one = one._replace(family=last.family, factor=last.factor)
        found.append(one)
    return found


class _Sentence:
    """What the figures of one sentence make, that are borne out."""

    def __init__(self, cited, terms):
        self.cited, self.given, self.terms = cited, cited.given, terms

    @cached_property
    def own(self):
        made = Made(self.given.units)
        self._add_sums(made)
        pairs(made, self.terms, **self.given.rules)
        return made

    @cached_property
    def sums(self):
        made = Made(self.given.units)
        self._add_sums(made)
        pairs(made, self.terms, kinds="+")
        return made

    def _add_sums(self, made):
        for one in self.terms:  # said once more, rounded or in another unit
            made.add(one.family, one.base)
        runs(made, self.terms)
        runs(made, _with_last_unit(self.terms))
        totals(made, self.terms)

    @cached_property
    def with_given(self):
        made, cited, given = Made(self.given.units), self.cited, self.given
        pairs(made, self.terms, [*cited.others, *cited.words], **given.rules)
        pairs(made, cited.said[:3], given.all[:MOST_IN_PAIRS], units=given.units, kinds="*")
        with_runs(made, [*cited.others, *cited.cited], self.terms)
        return made

    @cached_property
    def sums_with_given(self):
        made = Made(self.given.units)
        pairs(made, self.terms, self.cited.others, kinds="+")
        return made

    @cached_property
    def mixed(self):
        made = Made(self.given.units)
        terms = list(dict.fromkeys([*self.terms, *self.cited.others, *self.cited.cited]))
        threes(made, terms[:MOST_IN_THREES], self.given.units)
        return made
