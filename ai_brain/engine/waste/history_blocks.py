"""Do neighbouring exchanges of a conversation belong to what the rest of it is about?

Turns of another subject come as blocks: what they say hangs together, and what stands around them
goes on without it. Each block of neighbours is judged by what it shares with the others, most of
all with the last ones, by how what stands before and after it hangs on it, and by its size. Trees
of few branches weigh this; whatever a block shares more with the rest can only keep it.
"""

import math
from functools import cache

from .history_pairs import weights
from .related import DIMENSIONS, cosine, surprise, unit

LONGEST = 12  # exchanges of a block, but of one at the beginning
_NONE = -3.0  # score of a neighbour that is not there
_UNLIKE = -0.25  # score of a pair that has nothing in common
MOST_ROUNDS = 2
HOLDS = 2.2  # of those with such a score one in a thousand was in a block that is named
SURE = 0.7  # above its limit; weaker signs that a turn goes on with the talk do not hold against it

FEATURES = (
    "most", "most_three", "most_last", "mean_last", "after", "bridge", "least_inside",
    "mean_inside", "length", "others", "weight", "least_weight", "first_leans", "next_leans",
    "asks_at_end", "farewell_at_end", "question_weight", "mean_outside", "lean_inside", "needed",
    "first_replies", "next_replies", "holds_together", "near_rest", "near_last_ones",
    "near_before", "near_behind", "near_around", "shares", "shares_last", "shares_last_most",
    "stems", "rest_stems", "near_question", "share", "first_opens", "next_opens", "opens_inside",
    "next_accepts", "kinds", "same_kinds", "same_kinds_last",
)  # fmt: skip


class Talk:
    """A conversation, its last question and answer at the end.

    ``said``: what each exchange says; ``scores``: of each pair, a symmetric matrix; ``read``: the
    exchanges with their flags, ``leans``, ``asks``, ``asks_back``, ``farewell``, ``opens``,
    ``accepts``, and the kinds of ``things`` that they speak of; ``replies``: flags of each;
    ``needed``: places that the rule's links lead to.
    """

    def __init__(self, said, scores, read, needed):
        self.said, self.scores = said, scores
        self.leans = [e.leans for e in read]
        self.replies = [bool(i and e.leans and read[i - 1].asks_back) for i, e in enumerate(read)]
        self.asks = [e.asks for e in read]
        self.farewell = [e.farewell for e in read]
        self.opens = [e.opens for e in read]
        self.accepts = [e.accepts for e in read]
        self.things = [e.things for e in read]
        self.asks_back = [e.asks_back for e in read]
        self.needed = needed


class Left:
    """What is left of a conversation while blocks are taken out of it."""

    def __init__(self, talk, places):
        self.talk, self.places = talk, places
        said = [talk.said[i] for i in places]
        self.count, self.rarity = {}, {}
        for one in said:
            self.rarity.update(one.rarity)
            for stem in one.stems:
                self.count[stem] = self.count.get(stem, 0) + 1
        self.sums = [[0.0] * DIMENSIONS]
        for one in said:
            self.sums.append(list(map(float.__add__, self.sums[-1], one.total)))
        self.row = {i: sum(talk.scores[i][j] for j in places if j != i) for i in places}
        self.all_pairs = sum(self.row.values()) / 2
        self.last_ones = places[-3:]
        self.last_stems = frozenset().union(*(one.stems for one in said[-3:]))
        self.near_last_ones = self._unit(len(places) - 3, len(places))

    def _unit(self, start, end):
        return unit([b - a for a, b in zip(self.sums[start], self.sums[end], strict=True)])

    def blocks(self, close=HOLDS):
        """(first, last) positions of the blocks that are judged; the last three always stay, and so
        does an exchange with a score above ``close`` with one of them."""
        scores, start = self.talk.scores, 0
        for last, place in enumerate(self.places[:-3]):
            if max(scores[place][j] for j in self.last_ones) > close:
                start = last + 1
            for first in range(max(start, last - LONGEST + 1), last + 1):
                yield first, last
            if not start and last >= LONGEST:
                yield 0, last

    def features(self, first, last):
        """Values of ``FEATURES`` of a block."""
        talk, places = self.talk, self.places
        inside, outside = places[first : last + 1], places[:first] + places[last + 1 :]
        scores, said = talk.scores, talk.said
        across = [scores[i][j] for i in inside for j in outside]
        total = sum(across)
        top = sorted(across)[-3:]
        ending = [scores[i][j] for i in inside for j in self.last_ones]
        within = [scores[i][j] for n, i in enumerate(inside) for j in inside[n + 1 :]]
        pairs = len(outside) * (len(outside) - 1) / 2
        rest = self.all_pairs - total - sum(within)
        mean, mean_inside = total / len(across), sum(within) / len(within) if within else 0.0
        begin, end, after = inside[0], inside[-1], places[last + 1]
        before = places[first - 1] if first else None
        return (
            top[-1],
            sum(top) / len(top),
            max(ending),
            sum(ending) / len(ending),
            scores[end][after],
            scores[before][after] if first else _NONE,
            min(within) if within else 0.0,
            mean_inside,
            float(len(inside)),
            float(len(outside)),
            math.log1p(sum(said[i].weight for i in inside)),
            math.log1p(min(said[i].weight for i in inside)),
            float(first > 0 and talk.leans[begin]),
            float(talk.leans[after]),
            float(talk.asks[end]),
            float(talk.farewell[end]),
            math.log1p(min(said[i].asked_weight for i in inside)),
            rest / pairs if pairs else 0.0,
            sum(talk.leans[i] for i in inside[1:]) / len(inside),
            sum(i in talk.needed for i in inside) / len(inside),
            float(first > 0 and talk.replies[begin]),
            float(talk.replies[after]),
            mean_inside - mean if within else 0.0,
            *self._words(inside, first, last),
            float(talk.opens[begin]),
            float(talk.opens[after]),
            sum(talk.opens[i] for i in inside[1:]) / len(inside),
            *self._kinds(inside, outside, after),
        )

    def _kinds(self, inside, outside, after):
        """The features of what a block accepts and which kinds of things it speaks of."""
        talk = self.talk
        own = frozenset().union(*(talk.things[i] for i in inside))
        rest = frozenset().union(*(talk.things[i] for i in outside))
        last = frozenset().union(*(talk.things[i] for i in self.last_ones))
        return (
            float(talk.accepts[after]),
            float(len(own)),
            float(len(own & rest)),
            float(len(own & last)),
        )

    def _words(self, inside, first, last):
        """The features that a block's words have as a whole."""
        own = {}
        for i in inside:
            for stem in self.talk.said[i].stems:
                own[stem] = own.get(stem, 0) + 1
        shared = [stem for stem, times in own.items() if self.count[stem] > times]
        rest = len(self.count) - len(own) + len(shared)
        with_last = [stem for stem in shared if stem in self.last_stems]
        total = surprise(shared, self.rarity, max(len(own), rest))[0]
        size = max(len(own), len(self.last_stems))
        last_total, last_largest = surprise(with_last, self.rarity, size)
        block = self._unit(first, last + 1)
        ahead, behind = self._unit(0, first), self._unit(last + 1, len(self.places))
        whole, inner = self.sums[-1], zip(self.sums[first], self.sums[last + 1], strict=True)
        around = unit([w - (b - a) for w, (a, b) in zip(whole, inner, strict=True)])
        weight = sum(self.rarity[stem] for stem in own)
        return (
            cosine(block, around),
            cosine(block, self.near_last_ones),
            cosine(block, ahead),
            cosine(block, behind),
            cosine(ahead, behind),
            math.sqrt(total),
            math.sqrt(last_total),
            last_largest,
            math.log1p(len(own)),
            math.log1p(rest),
            cosine(block, self.talk.said[self.places[-1]].unit),
            sum(self.rarity[stem] for stem in shared) / (1 + weight),
        )


@cache
def _trees():
    """[(tree, the most that those after it can add)]"""
    trees, most = [], 0.0
    for tree in reversed(weights()["block"]["trees"]):
        trees.append((tree, most))
        most += _highest(tree)
    return trees[::-1]


def _highest(tree):
    return max(map(_highest, tree[2:])) if isinstance(tree, list) else tree


def block_score(features, least=-math.inf):
    """Log odds that a block belongs to another dialogue; -inf as soon as ``least`` is out of
    reach."""
    score = weights()["block"]["base"]
    for tree, most in _trees():
        while tree.__class__ is list:
            feature, limit, low, high = tree
            tree = low if features[feature] <= limit else high
        score += tree
        if score + most < least:
            return -math.inf
    return score


_AT = {name: at for at, name in enumerate(FEATURES)}
_HANGS_TOGETHER = [_AT[name] for name in ("needed", "first_leans", "next_leans", "asks_at_end")]


def _stands_alone(features):
    """Is it one turn that nothing hangs on, that hangs on nothing, and is like no other?"""
    return (
        features[_AT["length"]] == 1
        and features[_AT["most"]] < _UNLIKE
        and not any(features[at] for at in _HANGS_TOGETHER)
    )


def _is_begun(features):
    """Is it the beginning that the exchange after it leans on, or whose question it answers?"""
    if features[_AT["bridge"]] != _NONE or not features[_AT["next_leans"]]:
        return False
    answers = features[_AT["next_replies"]] > 0 and not features[_AT["next_opens"]]
    return answers or features[_AT["after"]] > 0


def unrelated(talk, tick):
    """{place: by how much a block that it is in is above its limit} of the exchanges that belong to
    no block that the rest goes on from."""
    left, found = list(range(len(talk.said))), {}
    fitted = weights()["block"]
    for _round in range(MOST_ROUNDS):
        if len(left) < 4:
            break
        rest, apart = Left(talk, left), {}
        for first, last in rest.blocks():
            tick()
            features = rest.features(first, last)
            least = fitted["least_alone"] if _stands_alone(features) else fitted["least"]
            if first == last == 0 and talk.asks_back[left[0]]:
                least = fitted["least"] + SURE  # what follows may answer it in other words
            score = -math.inf if _is_begun(features) else block_score(features, least)
            if score > least:
                for place in left[first : last + 1]:
                    apart[place] = max(apart.get(place, 0.0), score - least)
        if not apart:
            break
        found |= apart
        left = [place for place in left if place not in apart]
    return found
