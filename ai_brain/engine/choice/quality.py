"""How likely does this model answer a question of this complexity well? 0..100, with its ends.

The log-odds of a good answer are those of a reference (gpt-4o-mini, ability 0) at that complexity
plus what the model is able to do beyond it:

    logit P = ease(c) + slope(c) * ability         ease(c) = logit .75 - ln(c / .45)

a logistic of ability less difficulty (two-parameter item response model: A. Birnbaum in Lord &
Novick, "Statistical theories of mental test scores", 1968, part 5). The odds of a poor answer grow
in proportion to the complexity (exponents measured on RouterArena and MMLU lie between 0.8 and
1.8: benchmarks/bench_quality.py), and the reference is right three times in four where the
everyday prompts of tools/complexity_everyday.tsv turn from simple to demanding, at .45. How
sharply abilities tell depends on how easy the question is: :data:`SLOPE` and :data:`TILT` are the
regression of the slopes of 120 published tables on what the reference scores in them
(tools/abilities).

Abilities come from published results (``priors``), never from a price, and are moved by ratings:
each counts with the difficulty of the questions it was given on.

>>> small, large = Ability(0.0, 0.5), Ability(0.36, 0.5)
>>> [round(quality(small, c).mean) for c in (0.1, 0.45, 0.9)]
[93, 75, 60]
>>> [meets(small, c, bar_for(c)) for c in (0.1, 0.3, 0.7)], meets(large, 0.7, bar_for(0.7))
([True, True, False], True)
"""

import math
from typing import NamedTuple

LOWER_Z = 1.2816  # 90 %, one-sided
BARS = {"low": 60.0, "medium": 75.0, "high": 90.0}
TURN = 0.45  # where ordinary questions end
EASED = 0.8  # of the way from medium to low, the bar of the hardest question
LEAST_COMPLEXITY = 0.02
SLOPE, TILT, LEAST_SLOPE = 1.2, 0.25, 0.4
# Complexity of a rating that is known by its level only; unknown: that of the median call.
LEVELS = {"low": 0.2, "medium": 0.5, "high": 0.8, "unknown": 0.35}
DISPERSION_RATINGS = 4  # what the assumption that ratings scatter like yes and no counts
_NEWTON_STEPS = 25
_TURN_EASE = math.log(3)  # logit of .75


class Ability(NamedTuple):
    """``mean`` and ``sd`` in logits above the reference.

    ``basis`` says where it comes from: 'published' (tables), 'given' (somebody set it), 'kin' (in
    no table; taken from its predecessor ``like``) or 'unknown' (in no table). ``tables`` and
    ``origins`` are how many tables of how many publishers; ``rated`` ratings moved it, ``share``
    (0..1) is their part in what is known.
    """

    mean: float
    sd: float
    basis: str = "published"
    tables: int = 0
    origins: int = 0
    like: str = ""
    rated: float = 0.0
    share: float = 0.0

    @property
    def is_known(self):
        """Published or set by somebody, or rated here: more than an assumption."""
        return self.basis in ("published", "given") or self.rated > 0


class Chance(NamedTuple):
    """Chance of a good answer, ``mean`` with the ends of its interval (90 % each side), and
    ``decides``, the figure that is held against a bar; all 0..100."""

    mean: float
    lower: float
    upper: float
    decides: float


class Ratings(NamedTuple):
    """Ratings 0..100 of one level: how many (weighted or not), their sum, the sum of squares."""

    n: float = 0.0
    sum: float = 0.0
    squares: float = 0.0


def sigmoid(x):
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, x))))


def ease(complexity):
    """Log-odds that the reference answers well. None: those of an ordinary question at its end.

    >>> [round(ease(c), 2) for c in (0, 0.2, 0.45, None, 1, 7)]
    [4.21, 1.91, 1.1, 1.1, 0.3, 0.3]
    """
    if complexity is None:
        return _TURN_EASE
    complexity = min(1.0, max(LEAST_COMPLEXITY, float(complexity)))
    return _TURN_EASE - math.log(complexity / TURN)


def slope(at_ease):
    """Logits that one unit of ability is worth: on hard questions more than on easy ones.

    >>> round(slope(3.0), 2), round(slope(0.0), 2)
    (0.45, 1.2)
    """
    return max(LEAST_SLOPE, SLOPE - TILT * at_ease)


def bar_for(complexity, bars=None):
    """The bar where nobody stated a need: medium as far as ordinary questions go, easing from
    there towards low, as no model answers every hard question well. The *ability* that it asks
    for rises all the way (:func:`ability_needed`). ``bars`` are the company's, by default
    :data:`BARS`; a complexity of None is an ordinary one.

    >>> bar_for(0.1), bar_for(0.45), round(bar_for(0.725), 1), bar_for(1), bar_for(None)
    (75.0, 75.0, 69.0, 63.0, 75.0)
    """
    bars = bars or BARS
    if complexity is None:
        return bars["medium"]
    above = max(0.0, min(1.0, float(complexity)) - TURN) / (1 - TURN)
    return bars["medium"] - above * EASED * (bars["medium"] - bars["low"])


def ability_needed(complexity, bar=None):
    """The ability whose chance is just the bar (0..100, exclusive).

    >>> round(ability_needed(0.45), 2), round(ability_needed(0.9), 2), ability_needed(0.2) < -0.5
    (0.0, 0.2, True)
    """
    bar = (bar_for(complexity) if bar is None else bar) / 100
    bar = min(0.999, max(0.001, bar))
    at = ease(complexity)
    return (math.log(bar / (1 - bar)) - at) / slope(at)


def given(percent, sd=0.6):
    """The ability of a model of which somebody said: so many of 100 ordinary questions.

    >>> round(given(75).mean, 2), round(quality(given(90), 0.45).mean)
    (0.0, 90)
    """
    percent = min(99.5, max(0.5, float(percent)))
    return Ability(ability_needed(TURN, percent), sd, "given")


def quality(ability, complexity):
    """:class:`Chance` that a model of this :class:`Ability` answers well; a complexity of None is
    that of the hardest ordinary question.

    What decides: the mean, for a published or given ability that nobody rated yet; the lower end
    for one in no table, whose uncertainty counts; and as ratings come in, a published one's figure
    moves from the mean to the lower end with the share that ratings have in what is known. So a
    single good rating does not fail a model by making its uncertainty count at once.

    >>> [round(x, 1) for x in quality(Ability(0.36, 0.4), 0.9)]
    [69.0, 55.9, 79.6, 69.0]
    >>> [round(x, 1) for x in quality(Ability(0.36, 0.4, "kin"), 0.9)]
    [69.0, 55.9, 79.6, 55.9]
    """
    at = ease(complexity)
    steep = slope(at)
    middle, half = at + steep * ability.mean, steep * LOWER_Z * ability.sd
    mean = 100 * sigmoid(middle)
    lower, upper = 100 * sigmoid(middle - half), 100 * sigmoid(middle + half)
    part = ability.share if ability.basis in ("published", "given") else 1.0
    return Chance(mean, lower, upper, mean - part * (mean - lower))


def meets(ability, complexity, bar):
    """Does it reach ``bar`` (0..100)?"""
    return quality(ability, complexity).decides >= bar - 1e-9


def posterior(prior, evidence_by_level):
    """The prior moved by ratings: a normal approximation at the posterior's mode.

    ``evidence_by_level`` maps a level of :data:`LEVELS`, or a complexity 0..1, to
    :class:`Ratings` (or a tuple of its three). A rating of r counts as r/100 of a good answer, by
    the quasi-likelihood of fractions (L. Papke & J. Wooldridge, J. Applied Econometrics 11 (1996),
    619-632) with a dispersion from the ratings' own scatter within a level (P. McCullagh &
    J. Nelder, "Generalized linear models", 1989, section 4.5), so that steady ratings say more
    than wild ones. Unknown levels and sums that are no ratings raise ValueError.

    >>> posterior(Ability(0.0, 0.5), {}) == Ability(0.0, 0.5)
    True
    >>> easy = posterior(Ability(0.0, 0.5), {"low": (20, 1800, 163000)})
    >>> hard = posterior(Ability(0.0, 0.5), {"high": (20, 1800, 163000)})
    >>> 0 < easy.mean < hard.mean
    True
    """
    groups = [_group(level, sums) for level, sums in evidence_by_level.items()]
    groups = [g for g in groups if g[0] > 0]
    if not groups:
        return prior
    dispersion = _dispersion(groups)
    at_prior = 1 / prior.sd**2
    mean = prior.mean
    for _step in range(_NEWTON_STEPS):
        pull, gain = at_prior * (prior.mean - mean), 0.0
        for n, share, _scatter, at, steep in groups:
            chance = sigmoid(at + steep * mean)
            pull += n / dispersion * steep * (share - chance)
            gain += n / dispersion * steep * steep * chance * (1 - chance)
        step = max(-1.0, min(1.0, pull / (at_prior + gain)))
        mean += step
        if abs(step) < 1e-7:
            break
    rated = sum(g[0] for g in groups)
    return prior._replace(
        mean=mean,
        sd=1 / math.sqrt(at_prior + gain),
        rated=prior.rated + rated,
        share=gain / (at_prior + gain),
    )


def _group(level, sums):
    """(n, mean share, scatter of the shares, ease, slope) of the ratings of one level."""
    n, total, squares = (float(x) for x in sums)
    if level in LEVELS:
        complexity = LEVELS[level]
    elif isinstance(level, (int, float)) and 0 <= level <= 1:
        complexity = level
    else:
        raise ValueError(f"no level of complexity: {level!r}")
    if not (0 <= n < math.inf) or not (-1e-6 <= total <= 100 * n + 1e-6):
        raise ValueError(f"no sums of ratings 0..100: {sums!r}")
    share = min(1.0, max(0.0, total / n / 100)) if n else 0.0
    scatter = max(0.0, squares / 1e4 - n * share * share)
    at = ease(complexity)
    return n, share, scatter, at, slope(at)


def _dispersion(groups):
    """How the ratings scatter, as part of what yes and no would (1): mean over the levels, with
    the assumption of 1 counting :data:`DISPERSION_RATINGS` ratings; never below .15."""
    top = bottom = float(DISPERSION_RATINGS)
    for n, share, scatter, _at, _steep in groups:
        share = min(0.95, max(0.05, share))
        top += scatter / (share * (1 - share))
        bottom += n
    return min(1.5, max(0.15, top / bottom))
