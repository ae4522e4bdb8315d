"""How rare English words are, and which of them are spoken of together.

``data/related_words.txt`` holds for 10,000 stems how rare each is and where it lies in a space of
32 dimensions, in which stems that occur in the same texts lie near each other. Its head names the
texts that were counted.

>>> cosine(direction(["hotel"])[1], direction(["room"])[1]) > 0.5
True
>>> cosine(direction(["hotel"])[1], direction(["triang"])[1]) < 0.2
True
"""

import base64
import math
from functools import cache, lru_cache
from pathlib import Path

DIMENSIONS = 32
_STEP = 16  # a number of a direction is kept in sixteenths
_PER_NAT = 20  # rarity is kept in twentieths
MOST_RARE = 10.15  # of a stem that the table does not have: ln of the texts counted
USUAL_SIZE = 30  # stems of a text that was counted


@cache
def _table():
    """{stem: (rarity as kept, direction as kept)}"""
    path = Path(__file__).with_name("data") / "related_words.txt"
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        stem: (int(rarity) / _PER_NAT, kept)
        for stem, rarity, kept in (line.split(" ") for line in lines if line[:1] != "#")
    }


def rarity(stem):
    """-ln of the share of texts that have the stem."""
    found = _table().get(stem)
    return found[0] if found else MOST_RARE


@lru_cache(maxsize=4096)
def _place(stem):
    """Where a stem of the table lies: its rarity times its direction."""
    rare, kept = _table()[stem]
    packed = base64.b64decode(kept + "==")
    return [rare * ((half & 15) - 8) / _STEP for byte in packed for half in (byte >> 4, byte)]


def direction(stems):
    """(sum, unit) of where the stems lie, rare ones count more; zeros where none is known."""
    table = _table()
    places = [_place(stem) for stem in stems if stem in table]
    total = [sum(column) for column in zip(*places, strict=True)] or [0.0] * DIMENSIONS
    return total, unit(total)


def unit(total):
    """The vector at length 1; zeros stay."""
    size = math.sqrt(sum(x * x for x in total))
    return [x / size for x in total] if size else total


def cosine(one, other):
    """Cosine of two units."""
    return sum(map(float.__mul__, one, other))


def surprise(shared, rarities, size):
    """(sum, largest) of -ln of the chance that a text of ``size`` stems has a shared one: what long
    texts share by chance surprises little."""
    total = largest = 0.0
    for stem in shared:
        chance = 1 - math.exp(-math.exp(-rarities[stem]) * max(size, 4) / USUAL_SIZE)
        part = -math.log(max(1e-6, chance))
        total += part
        largest = max(largest, part)
    return total, largest
