"""A company's own ratings move the routing gain.

Each rated call shows one model's score, weak or strong, never both. A Bayesian linear model (an
"R-learner") explains what the scores leave over once the shipped weights have had their say: a
part common to both models, and the part of the gain, on 22 features of the request (the foreseen
gain and difficulty, the length, ten topics of its words, and a sketch of the words themselves:
eight random sums that the same words always give, in whatever language). Its prior holds the
correction at zero; how firmly is decided by the evidence of the ratings themselves, the marginal
likelihood of a few strengths averaged, with most of the prior odds on "no correction". So few or
uninformative ratings change little, and none change nothing at all.

Everything needed is sums, so that a database can keep them (554 numbers a company, for any
number of ratings), add them up and let them fade.

>>> ratings = CompanyRatings()
>>> ratings.add(rating_features("Sum up this contract"), strong=False, score=0.2)
>>> ratings.count, len(ratings.state()["weak"])
(1.0, 277)
"""

import base64
import json
import math
from array import array
from functools import lru_cache
from pathlib import Path

from .routing import foresee, load_model
from .routing_features import text_of

TOPICS, SKETCH = 10, 8
SIZE = 4 + TOPICS + SKETCH
_SUMS = 2 + SIZE + SIZE * (SIZE + 1) // 2
# Precision of the prior, in ratings: of what both models share, and of the gain's correction.
_SHARED, _LEVEL = 30.0, 1.0
_STRENGTHS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
_SKETCH_FIRMER = 3.0
_NO_CORRECTION_ODDS = 2.0
_LEAST_NOISE = 0.02


@lru_cache(maxsize=1)
def _topics():
    """(rarity of each bucket, [array of whole numbers a topic], scales)."""
    path = Path(__file__).with_name("data") / "routing_topics.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    packed = array("b", base64.b64decode(raw["topics"]))
    rarity = array("b", base64.b64decode(raw["rarity"]))
    size = len(rarity)
    return rarity, [packed[i * size : (i + 1) * size] for i in range(TOPICS)], raw["scales"]


def _bound(value):
    return max(-3.0, min(3.0, value))


def features_of(foreseen):
    """As ``rating_features``, of a ``routing.Foreseen``."""
    rarity, topics, scales = _topics()
    size = len(rarity)
    items = [(b % size, w * rarity[b % size]) for b, w in foreseen.words.items()]
    norm = math.sqrt(sum(w * w for _b, w in items)) or 1.0
    items = [(b, w / norm) for b, w in items]
    # Knuth's multiplicative hash: its upper bits are the signs of the sketch.
    signs = [(b * 2654435761 >> 16, w) for b, w in items]
    middle = (foreseen.weak + foreseen.strong) / 2
    return [
        middle - foreseen.gain / 2,
        middle + foreseen.gain / 2,
        1.0,
        _bound((foreseen.gain - 0.2) / 0.12),
        _bound((foreseen.weak + foreseen.strong - 1.4) / 0.25),
        _bound((foreseen.chars - 5.3) / 0.9),
        *(
            _bound(scale * sum(topic[b] * w for b, w in items))
            for topic, scale in zip(topics, scales)
        ),
        *(
            _bound(sum(w if mixed >> bit & 1 else -w for mixed, w in signs))
            for bit in range(SKETCH)
        ),
    ]


def rating_features(messages):
    """24 numbers of a request that a rating needs later, when its text may be gone: the foreseen
    chance of the weak and of the strong model, and 22 features. Keep them with the call."""
    return features_of(foresee(text_of(messages)))


class CompanyRatings:
    """Sums over a company's rated calls, and the correction of the gain that follows from them."""

    def __init__(self, state=None):
        """``state``: what ``state()`` gave. Sums made with other weights are not comparable
        and count as none."""
        self._weak, self._strong = [0.0] * _SUMS, [0.0] * _SUMS
        self._solution = None
        if state and state.get("version") == load_model().version:
            for mine, kept in ((self._weak, state["weak"]), (self._strong, state["strong"])):
                if len(kept) != _SUMS:
                    raise ValueError(f"{len(kept)} sums instead of {_SUMS}")
                mine[:] = map(float, kept)

    @property
    def count(self):
        """Number of ratings (less than whole where old ones have faded)."""
        return self._weak[0] + self._strong[0]

    def state(self):
        """All there is to keep: ``{'version', 'weak': [277 sums], 'strong': [277 sums]}``."""
        return {
            "version": load_model().version,
            "weak": list(self._weak),
            "strong": list(self._strong),
        }

    def add(self, features, strong, score):
        """One rating: ``features`` of ``rating_features``, which model answered, and its score
        from 0 to 1. ValueError for a score outside."""
        if not 0.0 <= score <= 1.0:
            raise ValueError(f"a score lies between 0 and 1, not {score}")
        sums = self._strong if strong else self._weak
        left, x = score - features[1 if strong else 0], features[2:]
        sums[0] += 1.0
        sums[1] += left * left
        for i, value in enumerate(x):
            sums[2 + i] += left * value
        place = 2 + SIZE
        for i in range(SIZE):
            for j in range(i + 1):
                sums[place] += x[i] * x[j]
                place += 1
        self._solution = None

    def fade(self, factor):
        """Let all ratings so far count ``factor`` times as much: 0.5 halves their weight."""
        for sums in (self._weak, self._strong):
            sums[:] = [factor * value for value in sums]
        self._solution = None

    features = staticmethod(features_of)

    def correction(self, features):
        """What is added to the gain of a request with these ``rating_features``; 0 without
        ratings."""
        if not self.count:
            return 0.0
        if self._solution is None:
            self._solution = _solve(self._weak, self._strong)
        return sum(w * x for w, x in zip(self._solution, features[2:]))


def _solve(weak, strong):
    """The mean correction (22 weights), averaged over the strengths of the prior."""
    n = 2 * SIZE
    noise = max(_LEAST_NOISE, (weak[1] + strong[1]) / (weak[0] + strong[0]))
    gram = [[0.0] * n for _ in range(n)]
    moment = [0.0] * n
    # The design of a rating is (x, x/2) of the strong model and (x, -x/2) of the weak one.
    for sums, sign in ((weak, -0.5), (strong, 0.5)):
        place = 2 + SIZE
        for i in range(SIZE):
            moment[i] += sums[2 + i]
            moment[SIZE + i] += sign * sums[2 + i]
            for j in range(i + 1):
                value = sums[place]
                place += 1
                for a, b in {(i, j), (j, i)}:
                    gram[a][b] += value
                    gram[SIZE + a][SIZE + b] += value / 4
                    gram[SIZE + a][b] += sign * value
                    gram[b][SIZE + a] += sign * value
    tried = []
    for strength in (*_STRENGTHS, 1e9):
        firmer = [strength] * (SIZE - SKETCH) + [_SKETCH_FIRMER * strength] * SKETCH
        prior = [_LEVEL] + [_SHARED] * (SIZE - 1) + firmer
        solution, log_det = _cholesky_solve(gram, prior, moment)
        explained = sum(s * m for s, m in zip(solution, moment)) / noise
        evidence = 0.5 * (explained - log_det + sum(map(math.log, prior)))
        tried.append((evidence, solution[SIZE:]))
    odds = [1.0] * len(_STRENGTHS) + [_NO_CORRECTION_ODDS * len(_STRENGTHS)]
    best = max(evidence for evidence, _s in tried)
    weights = [o * math.exp(evidence - best) for o, (evidence, _s) in zip(odds, tried)]
    total = sum(weights)
    return [sum(w * s[i] for w, (_e, s) in zip(weights, tried)) / total for i in range(SIZE)]


def _cholesky_solve(gram, prior, moment):
    """(x, log of the determinant) of (gram + diagonal prior) x = moment."""
    n = len(moment)
    lower = [[0.0] * n for _ in range(n)]
    log_det = 0.0
    for i in range(n):
        row = lower[i]
        for j in range(i + 1):
            other = lower[j]
            value = gram[i][j] - sum(row[k] * other[k] for k in range(j))
            if i == j:
                pivot = max(value + prior[i], 1e-9)
                row[i] = math.sqrt(pivot)
                log_det += math.log(pivot)
            else:
                row[j] = value / other[j]
    half = []
    for i in range(n):
        half.append((moment[i] - sum(lower[i][k] * half[k] for k in range(i))) / lower[i][i])
    x = [0.0] * n
    for i in reversed(range(n)):
        rest = sum(lower[k][i] * x[k] for k in range(i + 1, n))
        x[i] = (half[i] - rest) / lower[i][i]
    return x, log_det
