"""Which types are asked further, and the sum of all that is told of them.

Words come first. Cues and examples take the longest: of the types of a shipped set only those are
asked that are likeliest by what came before.
"""

import math
from operator import mul
from typing import NamedTuple

OF_CUES = ("cues", "hints", "against", "odd")


class Stage(NamedTuple):
    """Which types are asked further: of a shipped set so many at ``most``, no further than ``far``
    below the likeliest of it and above the ``least`` score; and so many ``others``."""

    most: int
    far: float
    least: float
    others: int


# Of 2,500 messages that were told when all types of a set were asked, the type was the third at
# most, and less than 2 below in all but one; with its cues the second, and .6 below or less in all
# but two.
HEARD = Stage(3, 2.2, -math.inf, 10_000)  # whose cues are looked for
LOOKED_AT = Stage(2, 0.6, -1.0, 3)  # whose examples are compared


class Sets(NamedTuple):
    """``numbers``: {shipped set whose messages are known, None of all other types: its numbers};
    ``nones``: of a set's own type for what is none of the others."""

    numbers: dict
    nones: frozenset

    @classmethod
    def of(cls, names, nones):
        numbers = {}
        for number, name in enumerate(names):
            numbers.setdefault(name, []).append(number)
        return cls(numbers, frozenset(n for n, none in enumerate(nones) if none))

    def worth_asking(self, scores, stage):
        """The numbers of the types that are asked further."""
        found = []
        for name, numbers in self.numbers.items():
            best = sorted(numbers, key=scores.__getitem__, reverse=True)
            if name is None:
                found += best[: stage.others]
                continue
            least = max(scores[best[0]] - stage.far, stage.least)
            near = [number for number in best[: stage.most] if scores[number] > least]
            # what is none of a set's types needs no further look
            if not self.nones.issuperset(near):
                found += near
        return found


def score(parts, weights, sets, hear=None, look=None):
    """A number a type: its parts, weighed; the cues of the types that are worth it, and then their
    examples.

    :param dict parts: {part: a number a type}
    :param dict weights: the same
    :param hear: called with the numbers of the types whose cues are looked for
    :param look: called with each number of a type whose examples are compared
    """
    rows = [map(mul, weights[part], parts[part]) for part in ("bayes", "about", "trained")]
    scores = list(map(sum, zip(*rows, strict=True)))
    heard = sets.worth_asking(scores, HEARD)
    if hear:
        hear(heard)
    for number in heard:
        scores[number] += sum([weights[part][number] * parts[part][number] for part in OF_CUES])
    for number in sets.worth_asking(scores, LOOKED_AT):
        if look:
            look(number)
        scores[number] += weights["near"][number] * parts["near"][number]
    return scores
