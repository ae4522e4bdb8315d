"""A/B tests that may be looked at every day: stable assignment and an anytime-valid test.

The test is the mixture sequential probability ratio test with a normal mixing distribution
(H. Robbins, Ann. Math. Statist. 41 (1970) 1397-1409; for two streams and estimated variances:
R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference", Operations Research 70
(2022) 1806-1821). Its p-value holds at whatever moment one looks and stops, so that daily peeking
does not raise the rate of false alarms above alpha; `tests/test_experiments.py` simulates it.
"""

from __future__ import annotations

import hashlib
import math
from typing import NamedTuple

ALPHA = 0.05
MIN_ARM = 30  # before that the normal approximation is not trusted and no verdict is given
TAU = 6.0  # quality points: the size of difference that the test is keenest on


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


class Verdict(NamedTuple):
    """``difference`` is b less a, within ``lower`` and ``upper`` at every look (1 - alpha).

    ``winner`` is 'a' or 'b' once ``decided``, else None; ``text`` says it in a sentence.
    """

    difference: float
    lower: float
    upper: float
    p_value: float
    decided: bool
    winner: str | None
    text: str


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
    difference = b.mean - a.mean
    n = a.n + b.n
    if min(a.n, b.n) < MIN_ARM:
        text = (
            f"No difference shown yet: {MIN_ARM} ratings an arm are needed, {a.n} and {b.n} are in."
        )
        return Verdict(difference, -100.0, 100.0, 1.0, False, None, text)
    variance = a.variance / a.n + b.variance / b.n
    mixed = variance + tau * tau
    log_ratio = 0.5 * math.log(variance / mixed) + (tau * difference) ** 2 / (2 * variance * mixed)
    p_value = min(1.0, math.exp(-log_ratio)) if log_ratio > -700 else 1.0
    margin = math.sqrt(
        variance * mixed / tau**2 * (2 * math.log(1 / alpha) + math.log(mixed / variance))
    )
    lower, upper = max(-100.0, difference - margin), min(100.0, difference + margin)
    decided = p_value <= alpha
    figures = f"{a.mean:.1f} against {b.mean:.1f}, {n:,} ratings"
    if not decided:
        text = f"No difference shown yet ({figures})."
        return Verdict(difference, lower, upper, p_value, False, None, text)
    winner = "b" if difference > 0 else "a"
    text = (
        f"{winner.upper()} is better by {abs(difference):.1f} points "
        f"(between {min(abs(lower), abs(upper)):.1f} and "
        f"{max(abs(lower), abs(upper)):.1f}; {figures})."
    )
    return Verdict(difference, lower, upper, p_value, True, winner, text)


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
