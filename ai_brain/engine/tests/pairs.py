"""Pairs of short texts that every rule comparing texts is tested with.

The table ``data/unsafe_pairs.tsv`` grows: a pair that some rule took for the same and should not
have goes in, whoever found it. ``same`` is 1 where the answer to one text may serve the other,
and 0 where it may not; ``why`` says what they differ by. The last sixty unsafe ones were written
before any rule was run on them: at first sight none took any of them for the same.
"""

import csv
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parent / "data"
TABLE = DATA / "unsafe_pairs.tsv"
REUSE = DATA / "reuse_pairs.tsv"  # written before the key of questions, and left as it was


class Pair(NamedTuple):
    """Two texts ``a`` and ``b`` in ``lang`` (en, de, fr, es); ``same``: may one answer serve
    both?"""

    a: str
    b: str
    lang: str
    same: bool
    why: str


def read_reuse_pairs():
    """160 pairs, 40 a language, half of them unsafe, as a list of :class:`Pair`."""
    return read_pairs(REUSE)


def read_pairs(table=TABLE):
    """All pairs of the table, as a list of :class:`Pair`."""
    with table.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Pair(r["a"], r["b"], r["lang"], r["same"] == "1", r["why"]) for r in rows]


def unsafe_pairs():
    """Pairs that no rule may take for the same."""
    return [pair for pair in read_pairs() if not pair.same]


def safe_pairs():
    """Pairs that differ by politeness, case, white space or punctuation alone."""
    return [pair for pair in read_pairs() if pair.same]
