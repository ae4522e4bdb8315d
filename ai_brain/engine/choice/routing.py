"""How much is a stronger model expected to help on this request? A score between 0 and 1.

Not the same question as how hard the request is: on the hardest ones the stronger model fails as
well, on easy ones the weaker one is right already. So it is fitted on (strong right) minus (weak
right) and stands beside the complexity score, which keeps everyday prompts in the order that
people expect. ``tools/fit_routing.py`` fits it and says on which data.

Two steps. A linear model of the request's shape and of its hashed words foresees whether the weak
and whether the strong model is right; small trees over these two and the shape foresee the
difference. A word problem gains with its length besides. Everything that is read lies in
``data/routing_weights.json``.

>>> routing_gain("Hi there!") < 0.1
True
>>> hard = "Prove that every group of order 15 is cyclic and derive its automorphism group."
>>> routing_gain(hard) > routing_gain("What is the capital of Peru?")
True
"""

import base64
import json
import math
from array import array
from bisect import bisect_left
from functools import lru_cache
from operator import getitem, mul
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from .routing_features import BUCKETS, MIDDLE, describe, text_of

_SOFT = 40.0
# Where the everyday prompts of tools/complexity_everyday.tsv turn from simple to demanding: the
# gain alone tells them apart best (.95) between .19 and .23.
PAYS = 0.21
# What the shipped weights may move the complexity by: they break what is on the border. A
# company's own ratings know its traffic, and may move more.
BORDER, OWN = 0.03, 0.25


class Model(NamedTuple):
    """The fitted weights, unpacked: see ``tools/fit_routing.py`` for how they were made."""

    names: tuple
    bias: tuple
    dense: tuple
    words: tuple
    scales: tuple
    problem_slope: float
    version: int
    base: float
    trees: "Trees"


@lru_cache(maxsize=1)
def load_model():
    """The ``Model`` of data/routing_weights.json, read once a process (a few milliseconds)."""
    path = Path(__file__).with_name("data") / "routing_weights.json"
    packed = path.read_bytes()
    raw = json.loads(packed)
    words = array("b", base64.b64decode(raw["words"]))
    return Model(
        names=tuple(raw["names"]),
        bias=tuple(raw["bias"]),
        dense=tuple(map(tuple, raw["dense"])),
        words=(words[:BUCKETS], words[BUCKETS:]),
        scales=tuple(raw["scales"]),
        problem_slope=raw["problem_slope"],
        version=crc32(packed),
        base=raw["base"],
        trees=Trees([_tree(raw["trees"], root) for root in raw["trees"]["roots"]]),
    )


def _tree(packed, node):
    feature, value = packed["feature"][node], packed["value"][node]
    if feature < 0:
        return value
    return feature, value, *(_tree(packed, packed[side][node]) for side in ("left", "right"))


class Trees:
    """Small trees that are read all at once: each a leaf's value, or (feature, bound, the tree up
    to it, the tree above it).

    A bit stands for each leaf, a byte for each tree. What a feature's value says is one number: the
    leaves that it leaves possible, over all trees. Of those that all features leave, a tree's first
    is its leaf: C. Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive
    ensembles of regression trees", SIGIR 2015, 73-82.

    >>> trees = Trees([(0, 0.5, 1.0, (1, 2.0, 10.0, 100.0)), (0, 0.7, 2.0, 4.0)])
    >>> trees.total([0.5, 9.0], 0.0), trees.total([0.6, 2.0], 0.0), trees.total([0.8, 2.1], 0.5)
    (3.0, 12.0, 104.5)
    """

    MOST_LEAVES = 8
    #: a byte -> the number of its lowest bit
    _FIRST = bytes((byte & -byte).bit_length() - 1 if byte else 0 for byte in range(256))

    def __init__(self, trees):
        self._leaves, self._size, cut = [], len(trees), {}
        for number, tree in enumerate(trees):
            leaves = []
            self._number(tree, leaves, 8 * number, cut)
            if len(leaves) > self.MOST_LEAVES:
                raise ValueError("a tree has too many leaves")
            self._leaves.append(tuple(leaves))
        self._all = (1 << 8 * self._size) - 1
        # of each feature: its bounds, and what is possible above so many of them
        self._of = [self._possible(feature, gone) for feature, gone in sorted(cut.items())]

    def _number(self, node, leaves, shift, cut):
        """Number the leaves from left to right; note which of them each bound rules out."""
        if type(node) is not tuple:
            leaves.append(node)
            return
        feature, bound, low, high = node
        first = len(leaves)
        self._number(low, leaves, shift, cut)
        gone = ((1 << len(leaves)) - (1 << first)) << shift
        bounds = cut.setdefault(feature, {})
        bounds[bound] = bounds.get(bound, 0) | gone
        self._number(high, leaves, shift, cut)

    def _possible(self, feature, gone):
        bounds, left = sorted(gone), [self._all]
        for bound in bounds:
            left.append(left[-1] & ~gone[bound])
        return feature, bounds, left

    def total(self, row, base):
        """Return ``base`` and the values of the leaves that a row of features comes to."""
        possible = self._all
        for feature, bounds, left in self._of:
            possible &= left[bisect_left(bounds, row[feature])]
        places = possible.to_bytes(self._size, "little").translate(self._FIRST)
        return sum(map(getitem, self._leaves, places), base)


def expected_right(values, found, model):
    """(weak, strong): the linear model's chance of a right answer of each, not yet bounded."""
    result = []
    for bias, dense, words, scale in zip(model.bias, model.dense, model.words, model.scales):
        total = sum(map(mul, dense, values))
        worded = sum(map(mul, map(words.__getitem__, found), found.values()))
        result.append(bias + total + scale * worded)
    return tuple(result)


class Foreseen(NamedTuple):
    """``gain`` not yet bounded (may lie a little below 0); ``weak`` and ``strong``, the chances of
    a right answer; ``chars`` log of the length; ``words`` in buckets."""

    gain: float
    weak: float
    strong: float
    chars: float
    words: dict


def foresee(text, model=None):
    """What is expected of a request: a ``Foreseen``."""
    model = model or load_model()
    shape, words = describe(text)
    values = [shape[name] for name in model.names]
    weak, strong = expected_right(values, words, model)
    gain = model.trees.total([*values, weak, strong], model.base)
    gain += model.problem_slope * shape["problem"] * (shape["chars"] - MIDDLE)
    return Foreseen(gain, weak, strong, shape["chars"], words)


def bounded(gain):
    """A difference as a gain between 0 and 1; the order is kept also below 0.

    >>> bounded(-0.5) < bounded(-0.4) < 0.01, round(bounded(0.3), 4), bounded(2.0)
    (True, 0.3, 1.0)
    """
    return min(1.0, math.log1p(math.exp(min(_SOFT * gain, 700.0))) / _SOFT)


def routing_gain(messages, ratings=None):
    """How much a stronger model is expected to help on this request, 0 (not at all) to 1.

    ``messages``: a string, or a list of ``{'role', 'content'}`` (OpenAI's shape). The unit is the
    share of right answers won: 0.2 means that of a hundred such requests twenty more get a right
    answer. ``ratings``: a ``CompanyRatings``, which moves it to what a company's own rated calls
    showed. Never raises on content; a request without text has no gain.
    """
    text = text_of(messages)
    if not text.strip():
        return 0.0
    foreseen = foresee(text)
    gain = foreseen.gain
    if ratings is not None:
        gain += ratings.correction(ratings.features(foreseen))
    return round(bounded(gain), 4)


def difficulty_shift(messages, ratings=None):
    """What the routing gain adds to a request's complexity before quality is judged, -.28 to .28.

    Above :data:`PAYS` a stronger model is expected to pay, so the request counts as harder than
    it looks, below as easier. ``ratings`` as for :func:`routing_gain`.

    >>> difficulty_shift("Hi there!"), difficulty_shift("")
    (-0.03, 0.0)
    """
    text = text_of(messages)
    if not text.strip():
        return 0.0
    foreseen = foresee(text)
    shift = max(-BORDER, min(BORDER, bounded(foreseen.gain) - PAYS))
    if ratings is not None:
        shift += max(-OWN, min(OWN, ratings.correction(ratings.features(foreseen))))
    return round(shift, 4)
