"""What follows from figures given, and whether a figure that agrees with it may be chance.

Few figures have few sums, differences, products and shares, many have very many: a figure of two
digits then agrees with one of them by chance. So what can follow is made in steps, the likely ones
first, and with each step a figure is believed only while what was made so far covers few of the
figures of its size and fineness.
"""

import math
from bisect import bisect_left, bisect_right
from itertools import combinations
from typing import NamedTuple

_EPSILON = 1e-9
#: A price with so fine a last digit is a rate of exchange.
_FINE = 0.0011
#: Where so few figures of a size may be covered, agreeing with one says nothing.
FEWEST = 1
#: A step that covers more says nothing of what a figure was meant to be.
MEANT = 0.2
#: So many figures may be covered by a likely step, however small the figure.
FLOOR = 4
#: So many steps are likely enough to be believed all the same, where they cover no more than this.
LIKELIER, BELIEVED = 6, 0.2
#: More terms than these make no pairs, and no threes.
MOST_IN_PAIRS = 40
MOST_IN_THREES = 12
MOST_IN_ROW = 60
MOST_IN_TRIPLES = 8
MOST_IN_WEIGHTED = 5
MOST_YEARS = 6


#: What lengths, areas and power make: square metres of millimetres, millilitres of square metres
#: by them, watt hours of seconds.
_SPACE = {
    ("length", "length"): ("area", 1e-6),
    ("area", "length"): ("volume", 1000),
    ("power", "time"): ("energy", 1 / 3600),
}


class Term(NamedTuple):
    """A number that may be part of a sum: ``value`` in its own unit, of which ``factor`` are one
    of the family's smallest; ``step`` is what its last digit is worth."""

    value: float
    family: str | None = None
    factor: float = 1
    step: float = 1

    @property
    def base(self):
        return self.value * self.factor

    @property
    def counts(self):
        """Does it say how many there are, rather than how much?"""
        return self.family is None and self.step >= 1 and self.value < 1000

    @property
    def is_few(self):
        return self.counts and self.value < 100

    @property
    def is_price(self):
        return self.family in (None, "money") and _FINE < self.step < 0.02


class Made:
    """Values that were made of terms, by family; ``percent`` holds shares and changes."""

    def __init__(self, units=()):
        self._by_family = {}
        self._sorted = {}
        self.units = units

    def add(self, family, value):
        if value and math.isfinite(value):
            self._by_family.setdefault(family, []).append(abs(value))

    def families(self):
        return list(self._by_family)

    def of(self, family):
        if family not in self._sorted:
            self._sorted[family] = sorted(set(self._by_family.get(family, ())))
        return self._sorted[family]

    def views(self, family, factor, counts=False):
        """Yield (values, how many of theirs one of the figure is) that a figure may be among."""
        if family == "percent":
            yield self.of("percent"), 1
            return
        yield self.of(None), 1
        if family:
            yield self.of(family), factor
            if family == "time":  # so many kilometres by kilometres an hour are hours
                yield from ((self.of(None), factor / f) for f in (60, 3600) if f != factor)
            return
        for other in self._by_family:
            if other and not (counts and other in ("money", "percent")):
                for one in self.units.get(other, (1,)):
                    yield self.of(other), one


def agrees(steps, value, tolerance, cell, family, factor, variants=()):
    """Is the value among what was made, and likely not by chance?

    It is not where a value that it may be written wrong for was made in a likelier step.

    :param steps: [(function that returns a Made, the greatest share of figures of this size that
        may be covered)]
    :param cell: how far figures of this fineness lie apart
    :param variants: values that the figure would have with a digit written otherwise
    """
    if not value:
        return False
    meant = False
    value, covered, waiting = abs(value), set(), []
    cells = 1.5 * value / cell
    counts = family is None and cell >= 1 and value < 1000
    for place, (make, limit) in enumerate(steps):
        if limit * cells < FEWEST:
            break
        hit = False
        for values, scale in make().views(family, factor, counts):
            size = value * scale
            hit = hit or _among(values, size, tolerance * scale)
            waiting.append((values, scale))
        if not hit:
            if (
                variants
                and not meant
                and any(
                    _among(values, other * scale, tolerance * scale)
                    for values, scale in waiting
                    for other in variants
                )
            ):
                covered.update(_cells(waiting, value, cell))
                waiting = []
                meant = len(covered) <= MEANT * cells
            continue
        covered.update(_cells(waiting, value, cell))
        waiting = []
        if meant and (place >= LIKELIER or len(covered) > BELIEVED * cells):
            return False
        if len(covered) <= max(FLOOR if place < LIKELIER else 1.0, limit * cells):
            return True
    return False


def _among(values, size, spare):
    spare += _EPSILON * max(1.0, size)
    return bisect_left(values, size - spare) < bisect_right(values, size + spare)


def _cells(those, value, cell):
    """Yield which figures of the value's size and fineness are covered."""
    for values, scale in those:
        size = value * scale
        for i in range(bisect_left(values, size / 2), bisect_right(values, size * 2)):
            yield round(values[i] / (cell * scale))


def pairs(made, terms, others=None, *, units=None, hundred=False, kinds="+*"):
    """Add what any two terms make, or any of the terms with any of the others.

    :param kinds: "+" for sums, differences and shares, "*" for products, quotients and changes
    """
    if others is None:
        two = combinations(terms, 2)
    else:
        two = ((a, b) for a in terms for b in others if a is not b)
    units = units or {}
    for a, b in two:
        if "percent" in (a.family, b.family):
            if "*" in kinds:
                _with_percent(made, a, b)
            continue
        if "+" in kinds:
            _plus_minus(made, a, b)
        if "*" in kinds:
            for one, other in ((a, b), (b, a)):
                _changed(made, one, other)
                _times(made, one, other, units)
                if hundred and one.family and other.family and one.family != other.family:
                    _times(made, one._replace(value=one.value / 100), other, units)
                _divided(made, one, other, units, hundred)


def _alike(a, b):
    """Return (family, the two values in its smallest unit), or None where kinds differ."""
    if a.family and b.family and a.family != b.family:
        return None
    if (a.is_few and b.is_price) or (b.is_few and a.is_price):
        return None
    one = a.value * (a.factor if a.family else b.factor)
    return a.family or b.family, one, b.value * (b.factor if b.family else a.factor)


def _plus_minus(made, a, b):
    alike = _alike(a, b)
    if alike:
        family, one, other = alike
        made.add(family, one + other)
        made.add(family, one - other)
        if family == "length":  # once around
            made.add(family, 2 * (one + other))
        if one and other:
            made.add("percent", 100 * min(one / other, other / one))


def _changed(made, a, b):
    alike = _alike(a, b)
    if alike and alike[2]:
        ratio = alike[1] / alike[2]
        made.add("percent", 100 * (ratio - 1))
        if ratio > 1:
            made.add("percent", 100 * ratio)


def _with_percent(made, a, b):
    if a.family == b.family:
        made.add("percent", a.value + b.value)
        made.add("percent", a.value - b.value)
        made.add("percent", 100 * (1 - (1 - a.value / 100) * (1 - b.value / 100)))
        made.add("percent", a.value * b.value / 100)
        return
    amount, share = (b, a.value / 100) if a.family == "percent" else (a, b.value / 100)
    if not 0 < share < 10:
        return
    base, family = amount.base, amount.family
    made.add(family, base * share)
    made.add(family, base * (1 + share))
    made.add(family, base / (1 + share))
    made.add(family, base / share)
    made.add(family, base - base / (1 + share))
    if share < 1:
        made.add(family, base * (1 - share))
        made.add(family, base / (1 - share))


def _sizes(term, units):
    """The term's value in its own unit and in others of its family that are in use."""
    yield term.value
    for factor in units.get(term.family, ()):
        if factor != term.factor:
            yield term.base / factor


def _times(made, a, b, units):
    if a.family is None and b.family is None:
        made.add(None, a.value * b.value)
    elif a.family is None:
        made.add(b.family, a.value * b.base)
        for size in _sizes(b, units):
            made.add(None, a.value * size)
    elif (a.family, b.family) in _SPACE:
        family, by = _SPACE[a.family, b.family]
        made.add(family, a.base * b.base * by)
    elif b.family and a.family != b.family:  # so much a kilo, an hour, …
        for size in _sizes(b, units):
            made.add(a.family, a.base * size)
    elif a.family == b.family and a.step < _FINE:  # a rate of exchange
        made.add(a.family, a.base * b.base)


def _divided(made, a, b, units, hundred):
    if not b.value:
        return
    if a.family == b.family:
        ratio = a.base / b.base
        if a.family:
            made.add(None, ratio)
        else:
            made.add(None, a.value / b.value)
        if ratio > 1 and ratio != int(ratio):
            made.add(None, float(math.ceil(ratio)))  # how many are needed, how many fit
            if a.family and ratio > 2:
                made.add(None, float(math.floor(ratio)))
        if a.family and (a.step < _FINE or b.step < _FINE):
            made.add(a.family, ratio)
        return
    if b.family is None:
        made.add(a.family, a.base / b.value)
        return
    for size in _sizes(b, units):
        made.add(a.family, a.base / size)
        if hundred:
            made.add(a.family, 100 * a.base / size)


def threes(made, terms, units):
    """Add sums of three and four terms, and products with one more."""
    amounts = [one for one in terms if one.family != "percent" and one.value]
    for family, price in {(one.family, one.is_price) for one in amounts}:
        alike = [
            one.base
            for one in amounts
            if one.family in (family, None)
            and not (price and one.is_few)
            and not (one.is_price and not price)
        ]
        for a, b, c in combinations(alike, 3):
            for value in (a + b + c, a + b - c, a - b + c, b + c - a):
                made.add(family, value)
        for some in combinations(alike, 4):
            made.add(family, sum(some))
            for one in some:
                made.add(family, sum(some) - 2 * one)
    for a, b in combinations(terms, 2):
        two = Made()
        pairs(two, [a], [b], units=units)
        for family in {None, a.family, b.family} - {"percent"}:
            for value in two.of(family):
                for c in terms:
                    if c is a or c is b or c.family == "percent":
                        continue
                    if c.family in (family, None):
                        made.add(family, value + c.base)
                        made.add(family, value - c.base)
                    if c.family != family or c.family is None:
                        made.add(family, value * c.value)
                        made.add(family, value / c.value if c.value else 0)
    for amount in amounts:
        percents = [one.value / 100 for one in terms if one.family == "percent"]
        for p, q in combinations(percents, 2):
            for value in ((1 - p) * (1 - q), (1 + p) * (1 - q), (1 - p) * (1 + q), 1 + p - q):
                made.add(amount.family, amount.base * value)
            made.add(amount.family, amount.base * p * (1 - q))
            made.add(amount.family, amount.base * q * (1 - p))


def triples(made, terms, units):
    """Add products of three terms, and of two by a third: a recipe for four made for ten."""
    terms = [one for one in terms if one.family != "percent" and one.value]
    for a, b in combinations(terms, 2):
        two = Made(units)
        _times(two, a, b, units)
        _times(two, b, a, units)
        for family in two.families():
            for value in two.of(family):
                for c in terms:
                    if c is not a and c is not b:
                        product = Term(value, family)
                        _times(made, product, c, units)
                        _times(made, c, product, units)
                        if c.value != 1:
                            _divided(made, product, c, units, hundred=False)


def totals(made, group):
    """Add the sum and the mean of all that are of one kind, and shares of that sum."""
    for family, price in {(one.family, one.is_price) for one in group}:
        alike = [one.base for one in group if (one.family, one.is_price) == (family, price)]
        if len(alike) < 2:
            continue
        total = sum(alike)
        made.add(family, total)
        made.add(family, total / len(alike))
        for one in alike[:MOST_IN_ROW]:
            if total and family != "percent":
                made.add("percent", 100 * one / total)


def weighted(made, rows):
    """Add the sums of a number by another of each row, and the means weighted by either."""
    by_length = {}
    for row in rows:
        if 1 < len(row) <= MOST_IN_WEIGHTED:
            by_length.setdefault(len(row), []).append(row)
    for length, those in by_length.items():
        for i, j in combinations(range(length), 2):
            _weighted(made, [(row[i], row[j]) for row in those])


def _weighted(made, rows):
    rows = [row for row in rows if "percent" not in (row[0].family, row[1].family)]
    for kind in {(a.family, b.family) for a, b in rows}:
        those = [(a, b) for a, b in rows if (a.family, b.family) == kind]
        if len(those) < 2:
            continue
        total = sum(a.base * b.base for a, b in those)
        made.add(kind[0] or kind[1], total)
        for place in (0, 1):
            weight = sum(pair[place].base for pair in those)
            if weight:
                made.add(kind[1 - place], total / weight)


def side_by_side(made, clauses):
    """Add the sums of one list times another: seats sold by the prices of a sentence before."""
    lists = []
    for clause in clauses:
        for family in {one.family for one in clause} - {"percent"}:
            alike = [one for one in clause if one.family == family]
            for stride in (1, 2, 3):
                if len(alike) % stride == 0 and len(alike) // stride > 1:
                    lists += [alike[start::stride] for start in range(stride)]
    for one, other in combinations(lists[:MOST_IN_ROW], 2):
        family = one[0].family or other[0].family
        if len(one) == len(other) and (one[0].family != other[0].family or not family):
            made.add(family, sum(a.base * b.base for a, b in zip(one, other, strict=True)))


def accrued(made, terms, spans):
    """Add interest: amounts at so much per cent a year for so many days or months."""
    rates = [one.value / 100 for one in terms if one.family == "percent" and one.value < 100]
    years = [
        one.base / 86400 / days for one in spans for days in (365, 360) if one.family == "time"
    ]
    years += [one.base / 12 for one in spans if one.family == "months"]
    amounts = [one for one in terms if one.family in (None, "money") and one.value >= 10]
    for amount in amounts[:MOST_IN_THREES]:
        for rate in rates[:MOST_IN_THREES]:
            for part in years[:MOST_IN_THREES]:
                made.add(amount.family, amount.base * rate * part)
                made.add(amount.family, amount.base * (1 + rate * part))


def stretches(group):
    """Yield (family, the values of two and more that stand one after the other)."""
    group = group[:MOST_IN_ROW]
    for family, price in {(one.family, one.is_price) for one in group}:
        if family == "percent":
            continue
        values = [one.base for one in group if (one.family, one.is_price) == (family, price)]
        for i in range(len(values)):
            for j in range(i + 2, min(len(values), i + 13) + 1):
                yield family, values[i:j]


def runs(made, group):
    """Add the sums of two and more that stand one after the other."""
    for family, values in stretches(group):
        made.add(family, sum(values))


def rests(made, group):
    """Add what of the greatest is left without all others, and of the first."""
    if not 2 < len(group) <= MOST_IN_THREES:
        return
    for family in {one.family for one in group} - {"percent"}:
        values = [one.base for one in group if one.family == family]
        for whole in {values[0], max(values)}:
            made.add(family, 2 * whole - sum(values))


def with_runs(made, cited, group):
    """Add each subtotal that is told with what of the given stands beside each other."""
    for family, values in stretches(group):
        for one in cited:
            if one.family in (family, None) or family is None:
                made.add(family or one.family, one.base + sum(values))


def parts_of(made, groups, totals_told):
    """Add the shares and the mean of what adds up to a total that is told.

    :param totals_told: {values in their family's smallest unit}
    """
    told = sorted(totals_told)
    for group in groups:
        two = ((one.family, [one.base, other.base]) for one, other in combinations(group[:20], 2)
               if one.family == other.family)  # fmt: skip
        for family, values in (*stretches(group), *two):
            total = sum(values)
            place = bisect_left(told, total * (1 - 1e-6) - _EPSILON)
            if not total or place == len(told) or told[place] > total * (1 + 1e-6) + _EPSILON:
                continue
            made.add(family, total / len(values))
            for one in values:
                made.add("percent", 100 * one / total)


def scaled(made, terms):
    """Add amounts a year from ones a month, yearly rates by month, and the like."""
    percents = [one.value / 100 for one in terms if one.family == "percent"]
    for one in terms:
        if one.family in ("percent", "months"):
            continue
        for n in (12, 4, 52, 365, 1000, 1 / 12, 1 / 3, 1 / 30, 1 / 31, 1 / 365):
            made.add(one.family, one.base * n)
        if one.family == "time" and one.base < 86400:  # how often in an hour, in a day
            made.add(None, 3600 / one.base)
            made.add(None, 86400 / one.base)
        if one.family in (None, "money"):
            for share in percents:
                made.add(one.family, one.base * share / 12)
                for n in range(2, MOST_YEARS):  # so much more each year
                    made.add(one.family, one.base * (1 + share) ** n)
                    made.add(one.family, one.base * (1 - share) ** n)
