"""Were two exchanges said of one subject? A score from words that they share or that are near."""

import json
import math
from functools import cache
from pathlib import Path

from .related import cosine, direction, rarity, surprise


@cache
def weights():
    """``data/history_weights.json``: fitted on public dialogues, which it names."""
    path = Path(__file__).with_name("data") / "history_weights.json"
    return json.loads(path.read_text(encoding="utf-8"))


class Said:
    """What an exchange says: ``asked`` and ``stems`` sets, ``rarity`` of each stem, their sums
    ``asked_weight`` and ``weight``, and where it lies among related words."""

    __slots__ = (
        "asked", "asked_unit", "asked_weight", "names", "rarity", "stems", "total", "unit",
        "weight",
    )  # fmt: skip

    def __init__(self, asked, stems, names):
        self.asked, self.stems, self.names = asked, stems, names
        self.rarity = {stem: rarity(stem) for stem in stems}
        self.weight = sum(self.rarity.values())
        self.asked_weight = sum(self.rarity[stem] for stem in asked)
        self.asked_unit = direction(asked)[1]
        self.total, self.unit = direction(stems)


def pair_features(one, other, linked):
    """What tells whether two :class:`Said`, the earlier one first, are of one subject; ``linked``
    if they share their subject by the count of their words."""
    shared, rare = one.stems & other.stems, one.rarity
    total, largest = surprise(shared, rare, max(len(one.stems), len(other.stems)))
    asked = surprise(one.asked & other.asked, rare, max(len(one.asked), len(other.asked)))[0]
    taken_up = surprise(one.stems & other.asked, rare, len(one.stems))[0]
    told = surprise(one.asked & other.stems, rare, len(other.stems))[0]
    less, more = sorted((one.weight, other.weight))
    near = cosine(one.unit, other.unit)
    return (
        total,
        largest,
        asked,
        taken_up,
        told,
        sum(rare[stem] for stem in shared) / (less + 1),
        near,
        cosine(one.asked_unit, other.asked_unit),
        cosine(one.unit, other.asked_unit),
        cosine(one.asked_unit, other.unit),
        math.log1p(less),
        math.log1p(more),
        math.log1p(one.asked_weight),
        math.log1p(other.asked_weight),
        float(linked),
        float(any(not stem.isalpha() for stem in shared & one.names & other.names)),
        math.sqrt(total),
        near * math.log1p(less),
    )


def pair_score(features):
    """Log odds that two exchanges are of one dialogue."""
    fitted = weights()["pair"]
    return fitted["base"] + sum(map(float.__mul__, fitted["weights"], features))
