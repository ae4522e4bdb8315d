"""A/B tests that may be looked at every day: stable assignment and an anytime-valid test.

The test is the mixture sequential probability ratio test with a normal mixing distribution
(H. Robbins, Ann. Math. Statist. 41 (1970) 1397-1409; for two streams and estimated variances:
R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference", Operations Research 70
(2022) 1806-1821). Its p-value holds at whatever moment one looks and stops, so that daily peeking
does not raise the rate of false alarms above alpha; `tests/test_experiments.py` simulates it.

A verdict (:func:`weigh`) weighs quality, errors, cost and time, and tokens where they are counted.
Each of the four (five) is tested at a quarter (fifth) of alpha, so that all of them together raise
a false alarm in 5 of 100 experiments at most. Better answers win; where those of the cheaper arm
are as good, or good enough for the company, it wins; where cost is no different, the one that sends
fewer tokens does, then the faster one.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

from ..base.sentence import Sentence, _lt, declare

ALPHA = 0.05
MIN_ARM = 30  # before that the normal approximation is not trusted and no verdict is given
TAU = 6.0  # quality points: the size of difference that the test is keenest on
SHARE = 0.2  # of the mean of cost or time: the same for those
MEASURES = 4
TOLERANCE = 5.0  # points of quality; an arm that surely loses no more is as good
BAR = 75.0  # quality of 100 that is good enough, unless the company says otherwise

declare(
    {
        "trial.few": _lt(
            "No difference shown yet: %(least)s ratings an arm are needed, %(a)s and %(b)s are in."
        ),
        "trial.none": _lt("No difference shown yet (%(a)s against %(b)s, %(ratings)s ratings)."),
        "trial.quality": _lt(
            "%(arm)s is better by %(points)s points (between %(low)s and %(high)s; %(a)s against "
            "%(b)s, %(ratings)s ratings)."
        ),
        "trial.errors": _lt(
            "%(arm)s fails less often: %(less)s%% of its calls, against %(more)s%%."
        ),
        "trial.cost": _lt(
            "%(arm)s costs %(percent)s%% less: %(less_usd)s a call, against %(more_usd)s."
        ),
        "trial.tokens": _lt(
            "%(arm)s sends %(percent)s%% fewer tokens: %(less)s a call, against %(more)s."
        ),
        "trial.time": _lt(
            "%(arm)s takes %(percent)s%% less time: %(less_ms)s, against %(more_ms)s."
        ),
        "trial.wins": _lt("%(arm)s wins."),
        "trial.wins_enough": _lt(
            "%(arm)s wins: it is good enough, and costs less for its quality."
        ),
        "trial.wins_as_good": _lt("%(arm)s wins: its answers are as good."),
        "trial.mixed": _lt("Neither wins: one is rated better, the other fails less often."),
    }
)


class Arm(NamedTuple):
    """Ratings of one arm, 0..100, as sums, so that they come from one query."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self):
        """Mean rating; 0.0 without ratings."""
        return self.total / self.n if self.n else 0.0

    @property
    def variance(self):
        """Sample variance with one rating of 0 and one of 100 added.

        A run of equal ratings would otherwise pass for certainty (the idea of A. Agresti and
        B. Coull, The American Statistician 52 (1998) 119-126, for proportions).
        """
        n, total, squares = self.n + 2, self.total + 100.0, self.squares + 10_000.0
        return max(0.0, squares - total * total / n) / (n - 1)


class Outcome(NamedTuple):
    """What one arm did: ratings, calls that were asked and that failed, and sums of the cost
    (USD), of the time (ms) and, where they are told apart, of the input tokens of answered calls;
    each from one query."""

    quality: Arm = Arm()
    calls: int = 0
    errors: int = 0
    cost: Arm = Arm()
    time: Arm = Arm()
    tokens: Arm = Arm()


class Verdict(NamedTuple):
    """``difference`` is b less a, within ``lower`` and ``upper`` at every look (1 - alpha).

    ``winner`` is 'a' or 'b' once ``decided``, else None; ``said`` is a tuple of sentences.
    """

    difference: float
    lower: float
    upper: float
    p_value: float
    decided: bool
    winner: str | None
    said: tuple

    @property
    def text(self):
        """It in English."""
        return " ".join(map(str, self.said))


def assign(subject, experiment, shares):
    """The arm of a subject: stable for ever, independent between experiments.

    :param subject: who or what is assigned, e.g. a user's id
    :param experiment: name or id of the experiment
    :param shares: sequence of (arm, weight >= 0); weights need not sum to 1

    >>> assign(7, "mail", [("a", 1), ("b", 0)])
    'a'
    >>> sum(assign(i, "mail", [("a", 9), ("b", 1)]) == "b" for i in range(10_000)) // 100
    9

    :raise ValueError: no weight above 0, or one below
    """
    weights = [float(weight) for _arm, weight in shares]
    total = math.fsum(weights)
    if any(not w >= 0 for w in weights) or not 0 < total < math.inf:
        raise ValueError("the shares of an experiment are 0 or more, and one is above 0")
    digest = hashlib.blake2b(f"{experiment}\x1f{subject}".encode(), digest_size=8).digest()
    point = int.from_bytes(digest, "big") / 2**64 * total
    for arm, weight in zip([arm for arm, _w in shares], weights):
        point -= weight
        if point < 0:
            return arm
    return next(arm for arm, weight in reversed(list(shares)) if weight)


def compare(a, b, alpha=ALPHA, tau=TAU):
    """Is arm ``b`` different from arm ``a`` in mean rating? Returns a :class:`Verdict`.

    >>> compare(Arm(40, 3200, 262_000), Arm(40, 3240, 268_000)).text
    'No difference shown yet (80.0 against 81.0, 80 ratings).'
    """
    if min(a.n, b.n) < MIN_ARM:
        said = (Sentence("trial.few", least=MIN_ARM, a=a.n, b=b.n),)
        return Verdict(b.mean - a.mean, -100.0, 100.0, 1.0, False, None, said)
    difference, lower, upper, p_value = _difference(
        b.mean - a.mean, a.variance / a.n + b.variance / b.n, alpha, tau
    )
    lower, upper = max(-100.0, lower), min(100.0, upper)
    figures = {"a": round(a.mean, 1), "b": round(b.mean, 1), "ratings": a.n + b.n}
    if p_value > alpha:
        said = (Sentence("trial.none", **figures),)
        return Verdict(difference, lower, upper, p_value, False, None, said)
    winner = "b" if difference > 0 else "a"
    ends = sorted((abs(lower), abs(upper)))
    said = Sentence(
        "trial.quality",
        arm=winner.upper(),
        points=round(abs(difference), 1),
        low=round(ends[0], 1),
        high=round(ends[1], 1),
        **figures,
    )
    return Verdict(difference, lower, upper, p_value, True, winner, (said,))


def _difference(difference, variance, alpha, tau):
    """(difference, lower, upper, p value) that hold at every look."""
    if not variance:
        variance = 1e-12 * tau * tau
    mixed = variance + tau * tau
    log_ratio = 0.5 * math.log(variance / mixed) + (tau * difference) ** 2 / (2 * variance * mixed)
    p_value = min(1.0, math.exp(-min(log_ratio, 700.0)))
    margin = math.sqrt(
        variance * mixed / tau**2 * (2 * math.log(1 / alpha) + math.log(mixed / variance))
    )
    return difference, difference - margin, difference + margin, p_value


def weigh(a, b, bar=BAR, alpha=ALPHA):
    """Which arm is the better choice? Takes two :class:`Outcome`, returns a :class:`Verdict` whose
    figures are those of the quality, and whose winner weighs errors, cost and time besides.

    :param float bar: quality that is good enough: above it cost decides, as in a recommendation

    >>> good = Arm(400, 32_000, 2_600_000)
    >>> dear, cheap = (Arm(400, 400 * usd, 420 * usd * usd) for usd in (0.02, 0.01))
    >>> weigh(Outcome(good, 400, 0, dear), Outcome(good, 400, 0, cheap)).winner
    'b'
    """
    each = alpha / (MEASURES + bool(a.tokens.n or b.tokens.n))
    quality = compare(a.quality, b.quality, each)
    errors, said_errors = _fewer_errors(a, b, each)
    cheaper, said_cost = _less(a.cost, b.cost, each, "cost")
    fewer, said_tokens = _less(a.tokens, b.tokens, each, "tokens")
    faster, said_time = _less(a.time, b.time, each, "time")
    said = [*quality.said, *said_errors, *said_cost, *said_tokens, *said_time]
    if min(a.quality.n, b.quality.n) < MIN_ARM:
        return quality._replace(said=tuple(said))  # said, but nobody wins by it
    winner, why = _winner(a, b, quality, errors, (cheaper, fewer, faster), bar, each)
    if why:
        said.append(Sentence(why, arm=winner.upper()) if winner else Sentence(why))
    return quality._replace(decided=winner is not None, winner=winner, said=tuple(said))


def _winner(a, b, quality, errors, less, bar, alpha):
    """(arm or None, code of the sentence that says why, '' where there is nothing to say).

    :param less: the arms of less cost, tokens and time, None where there is no difference
    """
    cheaper = less[0]
    if quality.winner and errors and quality.winner != errors:
        return None, "trial.mixed"
    better = quality.winner or errors
    if better:
        if cheaper and cheaper != better and errors != better:
            arms = {"a": a, "b": b}
            small, large = arms[cheaper], arms[better]
            if _at_least(small.quality, alpha) >= bar and _per_point(small) < _per_point(large):
                return cheaper, "trial.wins_enough"
        return better, "trial.wins"
    for arm in filter(None, less):
        loss = -quality.lower if arm == "b" else quality.upper
        if loss <= TOLERANCE:
            return arm, "trial.wins_as_good"
    return None, ""


def _per_point(outcome):
    """Cost of a point of quality, failed calls repeated: what a ranking goes by."""
    answered = 1 - outcome.errors / outcome.calls if outcome.calls else 1.0
    return outcome.cost.mean / max(outcome.quality.mean, 1e-9) / max(answered, 0.01)


def _at_least(arm, alpha):
    """The least that an arm's mean rating is, at every look."""
    return _difference(arm.mean, arm.variance / arm.n, alpha, TAU)[1]


def _fewer_errors(a, b, alpha):
    """(arm that really fails less often or None, what there is to say)."""
    if min(a.calls, b.calls) < MIN_ARM:
        return None, ()
    x, y = (Arm(one.calls, 100.0 * one.errors, 10_000.0 * one.errors) for one in (a, b))
    variance = x.variance / x.n + y.variance / y.n
    if _difference(y.mean - x.mean, variance, alpha, TAU)[3] > alpha:
        return None, ()
    arm, less, more = ("a", x, y) if x.mean < y.mean else ("b", y, x)
    said = Sentence(
        "trial.errors", arm=arm.upper(), less=round(less.mean, 1), more=round(more.mean, 1)
    )
    return arm, (said,)


def _less(a, b, alpha, what):
    """(arm whose mean of cost, tokens or time is really less or None, what there is to say)."""
    if min(a.n, b.n) < MIN_ARM:
        return None, ()
    pooled = (a.total + b.total) / (a.n + b.n)
    if pooled <= 0:
        return None, ()
    variance = _spread(a) / a.n + _spread(b) / b.n
    if _difference(b.mean - a.mean, variance, alpha, SHARE * pooled)[3] > alpha:
        return None, ()
    arm, less, more = ("a", a, b) if a.mean < b.mean else ("b", b, a)
    percent = round(100 * (1 - less.mean / more.mean))
    if not percent:
        return None, ()
    if what == "cost":
        figures = {"less_usd": less.mean, "more_usd": more.mean}
    else:
        unit = "_ms" if what == "time" else ""
        figures = {f"less{unit}": round(less.mean), f"more{unit}": round(more.mean)}
    return arm, (Sentence(f"trial.{what}", arm=arm.upper(), percent=percent, **figures),)


def _spread(arm):
    """Sample variance of amounts."""
    return max(0.0, arm.squares - arm.total * arm.total / arm.n) / (arm.n - 1)


def mean_interval(n, total, squares, z=1.96):
    """(mean, lower, upper) of a mean by the normal approximation; None bounds below 2 values.

    >>> [round(x, 2) for x in mean_interval(4, 40, 408)]
    [10.0, 8.4, 11.6]
    """
    if not n:
        return None, None, None
    mean = total / n
    if n < 2:
        return mean, None, None
    half = z * math.sqrt(max(0.0, squares - n * mean * mean) / (n - 1) / n)
    return mean, mean - half, mean + half
