"""When a mark for the vendor's prompt cache pays, by the gaps between calls of one prefix.

A write costs ``write`` times the plain input, a read ``read`` times. What is written serves until a
gap is longer than it lives, and each use renews it. So a write buys a run of reads; its length is
what the gaps so far say of the next ones: those after a short gap and those after a long one apart,
since calls come in bursts. Of no mark, five minutes and an hour the one is taken whose cost a call
of such a run is expected to be the lowest.

>>> minutes = [60.0] * 20
>>> best_mark(minutes, since_last=3600.0, marks=ANTHROPIC_MARKS)
'5m'
>>> best_mark([600.0] * 20, since_last=600.0, marks=ANTHROPIC_MARKS)
'1h'
>>> best_mark([86400.0] * 20, since_last=86400.0, marks=ANTHROPIC_MARKS) is None
True
>>> best_mark([], since_last=None, marks=ANTHROPIC_MARKS) is None
True
"""

import re
from typing import NamedTuple


class Mark(NamedTuple):
    """One kind of mark: how long it lives, in seconds, and what a write costs, of the input."""

    name: str
    lives_s: float
    write: float


#: Anthropic's documents on prompt caching, as of October 2026.
ANTHROPIC_MARKS = (Mark("5m", 300.0, 1.25), Mark("1h", 3600.0, 2.0))
READ = 0.1
#: The least tokens of a prefix that Anthropic keeps, by model, as of October 2026; a mark on less
#: is passed over, so what is not known is taken to need the most.
_LEAST = (
    (re.compile(r"haiku-4|opus-4-[5-9]|claude-[5-9]"), 4_096),
    (re.compile(r"haiku"), 2_048),
    (re.compile(r"sonnet|opus"), 1_024),
)

#: Only gaps of so many calls back count, each less the older it is.
MOST_GAPS = 120
_KEPT = 0.98
#: How many gaps what is known of other prefixes is worth.
_PRIOR = 1.0


class Habit(NamedTuple):
    """What is known of other prefixes: the share of gaps shorter than each mark lives, after a
    first call or a long gap (``begins``), and after a short one (``goes_on``)."""

    begins: dict
    goes_on: dict


NOTHING_KNOWN = Habit({"5m": 0.1, "1h": 0.1}, {"5m": 0.5, "1h": 0.5})


def least_tokens(model_name):
    """Return how many tokens a prefix needs for Anthropic to keep it.

    >>> least_tokens("claude-sonnet-4-5"), least_tokens("claude-haiku-4-5"), least_tokens("x")
    (1024, 4096, 4096)
    """
    name = model_name.lower()
    return next((least for shape, least in _LEAST if shape.search(name)), 4_096)


def best_mark(gaps, since_last, marks, habit=NOTHING_KNOWN, cached=None, read=READ):
    """Return the name of the mark to set on a prefix now, or None.

    :param gaps: seconds between its earlier calls, oldest first
    :param since_last: seconds since the last of them, None for a prefix never sent before
    :param cached: name of the mark under which it lies in the cache now, None where it does not
    :param marks: the vendor's ``Mark``s
    :param habit: what is known of other prefixes
    """
    if cached:
        return cached  # reading takes the mark, too, and renews it
    series = [*gaps, since_last][-MOST_GAPS:] if since_last is not None else []
    best, lowest = None, 1.0
    for mark in marks:
        begins, goes_on = _chances(series, mark, habit)
        reads = begins / max(1 - goes_on, 0.02)
        cost = (mark.write + reads * read) / (1 + reads)
        if cost < lowest:
            best, lowest = mark.name, cost
    return best


def _chances(series, mark, habit):
    """Chance that the next gap is short, now, and after a gap that was short."""
    hits = {True: 0.0, False: 0.0}
    seen = {True: 0.0, False: 0.0}
    weight = 1.0
    shorts = [gap < mark.lives_s for gap in series]
    for place in range(len(shorts) - 1, -1, -1):
        after_short = place > 0 and shorts[place - 1]
        seen[after_short] += weight
        hits[after_short] += weight * shorts[place]
        weight *= _KEPT
    now = bool(shorts) and shorts[-1]
    prior = {False: habit.begins[mark.name], True: habit.goes_on[mark.name]}

    def chance(after_short):
        return (hits[after_short] + _PRIOR * prior[after_short]) / (seen[after_short] + _PRIOR)

    return chance(now), chance(True)
