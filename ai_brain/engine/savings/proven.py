"""What an agent saves, with an interval that holds at every look.

A share of the sessions is held out: its calls go to the configured provider with every optimising
step off. What a session costs there, less what one costs under the agent, is the saving; nothing
but chance tells the two arms apart.

The interval is an asymptotic confidence sequence: with 95 % it holds the true saving at all looks
together, so that looking every day, and stopping when it is proven, raises no false proof
(I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory
and asymptotic confidence sequences", Annals of Statistics 52 (2024) 2613-2640, theorem 2.2 and
section 3; its boundary is the normal mixture of H. Robbins, Ann. Math. Statist. 41 (1970)
1397-1409). What the paper leaves open, and how it is done here:

- *Clusters*: the sum of a session is one observation, so calls of one session may hang together.
- *Control variate*: what the ledger expected the session's first call to cost before anything was
  done about it. It is known before the arms differ, so adjusting by it (the paper's augmented
  estimator; CUPED: A. Deng, Y. Xu, R. Kohavi, T. Walker, WSDM 2013) biases nothing however wrong
  it is. Its slope comes from the arm that has many sessions, scaled to the other.
- *A ratio*: the saving is one of what it would have cost. The interval holds the values q of
  cost / cost without that the data do not contradict (E. C. Fieller, J. R. Statist. Soc. B 16
  (1954) 175-185): those with (q·without - with)² within the boundary.
- *Heavy tails*: a few held-out sessions may hold none of the dear ones, and seem both cheap and
  alike. So a value q is only contradicted if it is so with the spread that the held-out sessions
  would have under q, judged by the many treated ones, as well as with their own. (Judging by the
  spread under the hypothesis is what tells a score interval from Wald's.)
- *Few sessions*: below ``LEAST`` of either arm nothing is said.

``benchmarks/bench_savings_proof.py`` shows how often it is right.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from ..base.sentence import Sentence, _lt, declare
from .holdout import HELD_OUT, TREATED

ALPHA = 0.05
#: Sessions of either arm before which nothing is said.
LEAST = 20
#: Held-out sessions at which the interval is as tight as it can be; fixed, not fitted to data.
KEENEST = 150
#: The boundary's parameter that is tightest there: -2 log(alpha) + log(-2 log(alpha) + 1).
_RHO = KEENEST / (-2 * math.log(ALPHA) + math.log(-2 * math.log(ALPHA) + 1))
#: A proof that is so many times the calls away is not announced.
MOST_TIMES = 1_000

declare(
    {
        "savings.none": _lt("No call has been held out yet, so nothing can be shown."),
        "savings.few": _lt("Not proven yet, about %(calls)s more calls."),
        "savings.far": _lt("Not proven, and at this rate it will not be: little or nothing saved."),
        "savings.proven": _lt(
            "Proven: %(percent)s%% saved, between %(low)s%% and %(high)s%%, with 95%% certainty."
        ),
        "savings.ever_all": _lt(
            "Proven since %(since_date)s: %(percent)s%% saved, between %(low)s%% and %(high)s%%."
        ),
        "savings.ever_some": _lt(
            "Proven since %(since_date)s for %(count)s of %(agents)s agents: %(percent)s%% saved, "
            "between %(low)s%% and %(high)s%%. The rest is estimated."
        ),
        "savings.ever_agent": _lt(
            "Proven since %(since_date)s for %(count)s of %(agents)s agents; “%(name)s” saves "
            "%(percent)s%%, between %(low)s%% and %(high)s%%. The rest is estimated."
        ),
        "savings.ever_loss": _lt(
            "Proven since %(since_date)s: it costs more than it saves, %(percent)s%% more, between "
            "%(low)s%% and %(high)s%%."
        ),
        "savings.loss": _lt(
            "It costs more than it saves: %(percent)s%% more, between %(low)s%% and %(high)s%%."
        ),
    }
)


class Sums(NamedTuple):
    """Sessions of one arm as sums over them: of what a session cost (USD), of what its first call
    was expected to cost, and of squares and products of the two."""

    sessions: int = 0
    calls: int = 0
    cost: float = 0.0
    expected: float = 0.0
    cost_squares: float = 0.0
    products: float = 0.0
    expected_squares: float = 0.0

    @classmethod
    def of(cls, sessions):
        """Return the sums of ``(calls, cost, expected)`` of sessions, read once.

        >>> Sums.of([(2, 3.0, 1.0), (1, 1.0, 2.0)])[:6]
        (2, 3, 4.0, 3.0, 10.0, 5.0)
        """
        found = [0, 0, 0.0, 0.0, 0.0, 0.0, 0.0]
        for calls, cost, expected in sessions:
            more = (1, calls, cost, expected, cost * cost, cost * expected, expected * expected)
            found = [a + b for a, b in zip(found, more, strict=True)]
        return cls(*found)


class Saving(NamedTuple):
    """What was saved. Ratios are of what it would have cost, 0.4 for 40 %; None where too little
    is known. Amounts are USD of all sessions that were not held out, what was made for it (variants
    of prompts) paid.

    ``state``: none (nothing held out), open (neither proven), proven, or loss. ``more_calls``: so
    many until it is proven, None where that is not to be seen. ``held_out_usd``: what holding out
    has cost so far.
    """

    state: str = "none"
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    usd: float | None = None
    low_usd: float | None = None
    high_usd: float | None = None
    held_out_usd: float | None = None
    more_calls: int | None = None
    sessions: int = 0
    held_out_sessions: int = 0
    calls: int = 0
    held_out_calls: int = 0

    @property
    def said(self):
        """It in a sentence.

        >>> str(Saving("open", more_calls=1200).said)
        'Not proven yet, about 1,200 more calls.'
        """
        if self.state in ("proven", "loss"):
            sign = 1 if self.state == "proven" else -1
            ends = sorted(sign * 100 * end for end in (self.low, self.high))
            return Sentence(
                f"savings.{self.state}",
                percent=round(sign * 100 * self.ratio, 1),
                low=round(ends[0], 1),
                high=round(ends[1], 1),
            )
        if self.state == "none":
            return Sentence("savings.none")
        if self.more_calls is None:
            return Sentence("savings.far")
        return Sentence("savings.few", calls=self.more_calls)


class _Part(NamedTuple):
    """One stratum's means and variances, for :func:`saving` to add up."""

    sessions: float
    without: float
    treated: float
    own: float
    borrowed: float
    rest: float
    spread: float
    slope: float
    slope_treated: float


def saving(strata, making_usd=0.0):
    """Return the ``Saving`` of strata: agents, and shares of one agent, which are independent.

    :param strata: pairs ``(held out, treated)`` of :class:`Sums`; one with fewer than ``LEAST``
        sessions in an arm counts where there is no other
    :param float making_usd: what was spent so that the treated calls could be made cheaper, beside
        their own cost

    >>> held, treated = Sums.of([(1, 1.0, 1.0), (1, 1.2, 1.0)] * 40), Sums.of(
    ...     [(1, 0.5, 1.0), (1, 0.7, 1.0)] * 400)
    >>> found = saving([(held, treated)])
    >>> found.state, round(found.ratio, 3), round(found.low, 2), round(found.high, 2)
    ('proven', 0.455, 0.42, 0.49)
    >>> saving([(held, Sums())]).state
    'open'
    """
    strata = [pair for pair in strata if pair[0].sessions or pair[1].sessions]
    counts = _counts(strata)
    if not counts["held_out_sessions"]:
        return Saving(**counts)
    enough = [pair for pair in strata if min(pair[0].sessions, pair[1].sessions) >= LEAST]
    if not enough:
        return Saving("open", more_calls=_calls_until_least(strata), **counts)
    treated = sum(pair[1].sessions for pair in enough)
    parts = [_part(*pair, making_usd / treated) for pair in enough]
    held = sum(pair[0].sessions for pair in enough)
    total = _Total(parts)
    if total.without <= 0:
        return Saving("open", more_calls=None, **counts)
    low, high = total.interval(boundary(held))
    state = "proven" if low > 0 else "loss" if high < 0 else "open"
    usd = math.fsum(
        pair[1].sessions * (part.without - part.treated)
        for pair, part in zip(enough, parts, strict=True)
    )
    paid = math.fsum(
        pair[0].sessions * (part.without - part.treated + making_usd / treated)
        for pair, part in zip(enough, parts, strict=True)
    )
    of_all = treated / sum(part.sessions for part in parts)
    width = of_all * math.sqrt(boundary(held) * total.variance(1.0))
    return Saving(
        state=state,
        ratio=1 - total.treated / total.without,
        low=low,
        high=high,
        usd=usd,
        low_usd=usd - width,
        high_usd=usd + width,
        held_out_usd=paid,
        more_calls=_more_calls(total, held, counts["calls"]) if state == "open" else None,
        **counts,
    )


def boundary(held_out):
    """Return the square of how many standard errors the interval is wide to each side.

    >>> round(math.sqrt(boundary(KEENEST)), 2), round(math.sqrt(boundary(20)), 2)
    (3.04, 3.61)
    """
    return (1 + _RHO / held_out) * math.log((held_out + _RHO) / (_RHO * ALPHA * ALPHA))


class _Total:
    """Strata added up: each counts with its sessions."""

    def __init__(self, parts):
        self.without = math.fsum(p.sessions * p.without for p in parts)
        self.treated = math.fsum(p.sessions * p.treated for p in parts)
        self.own = math.fsum(p.sessions**2 * p.own for p in parts)
        self.borrowed = math.fsum(p.sessions**2 * p.borrowed for p in parts)
        self.rest = math.fsum(p.sessions**2 * p.rest for p in parts)
        squares = [p.sessions**2 * p.spread for p in parts]
        self.slopes = tuple(
            math.fsum(s * a * b for s, (a, b) in zip(squares, pairs, strict=True))
            for pairs in (
                [(p.slope, p.slope) for p in parts],
                [(p.slope, p.slope_treated) for p in parts],
                [(p.slope_treated, p.slope_treated) for p in parts],
            )
        )

    def variance(self, q):
        """That of q·without - treated: with the spread seen, or the one to be expected under q."""
        first, cross, second = self.slopes
        spread = q * q * first - 2 * q * cross + second
        return max(q * q * self.own, self.borrowed) + self.rest + spread

    def interval(self, times):
        """Return the least and the most saving that is not contradicted; 1 is everything, and
        minus infinity where nothing bounds it."""
        found = [
            self._solve(times, self.own, self.rest),
            self._solve(times, 0.0, self.rest + self.borrowed),
        ]
        return min(low for low, _high in found), min(1.0, max(high for _low, high in found))

    def _solve(self, times, quadratic, constant):
        """Solve (q·without - treated)² = times · variance(q) for q; return 1 - q, in order."""
        first, cross, second = self.slopes
        a = self.without**2 - times * (quadratic + first)
        b = -2 * (self.without * self.treated - times * cross)
        c = self.treated**2 - times * (constant + second)
        if a <= 0:
            return -math.inf, 1.0
        root = math.sqrt(max(0.0, b * b - 4 * a * c))
        return 1 - (root - b) / (2 * a), 1 + (root + b) / (2 * a)


def _part(held, treated, making):
    """Return the ``_Part`` of a stratum; ``making`` in USD on each treated session."""
    own, other = _moments(held), _moments(treated)
    n = held.sessions + treated.sessions
    expected = (held.expected + treated.expected) / n
    spread = max(0.0, (held.expected_squares + treated.expected_squares) / n - expected**2)
    slope_treated = other.cross / other.spread if other.spread > 0 else 0.0
    scale = own.cost / other.cost if other.cost > 0 else 0.0
    slope = slope_treated * scale
    residual = _residual(other, slope_treated, treated.sessions)
    return _Part(
        sessions=n,
        without=own.cost + slope * (expected - own.expected),
        treated=other.cost + slope_treated * (expected - other.expected) + making,
        own=_residual(own, slope, held.sessions) / held.sessions,
        borrowed=residual / held.sessions,
        rest=residual / treated.sessions,
        spread=spread / n,
        slope=slope,
        slope_treated=slope_treated,
    )


class _Moments(NamedTuple):
    cost: float
    expected: float
    variance: float
    cross: float
    spread: float


def _moments(sums):
    n = sums.sessions
    cost, expected = sums.cost / n, sums.expected / n
    return _Moments(
        cost,
        expected,
        max(0.0, sums.cost_squares / n - cost * cost),
        sums.products / n - cost * expected,
        max(0.0, sums.expected_squares / n - expected * expected),
    )


def _residual(moments, slope, n):
    """Variance of what the control variate leaves, with two degrees of freedom gone."""
    left = moments.variance - 2 * slope * moments.cross + slope * slope * moments.spread
    return max(0.0, left) * n / (n - 2)


def _counts(strata):
    arms = ((HELD_OUT, 0), (TREATED, 1))
    sessions = {arm: sum(pair[at].sessions for pair in strata) for arm, at in arms}
    calls = {arm: sum(pair[at].calls for pair in strata) for arm, at in arms}
    return {
        "sessions": sum(sessions.values()),
        "held_out_sessions": sessions[HELD_OUT],
        "calls": sum(calls.values()),
        "held_out_calls": calls[HELD_OUT],
    }


def _calls_until_least(strata):
    """Return about how many more calls bring one stratum to ``LEAST`` sessions an arm."""
    found = []
    for held, treated in strata:
        sessions = held.sessions + treated.sessions
        fewest = max(1, min(held.sessions, treated.sessions))
        calls = (held.calls + treated.calls) / sessions
        found.append(max(1, LEAST - fewest) * sessions / fewest * calls)
    return _rounded(min(found))


def _more_calls(total, held, calls):
    """Return about how many more calls prove the saving, if it is what it seems; None: none do."""
    difference = total.without - total.treated
    if difference <= 0:
        return None
    times = 1.0
    for _round in range(20):  # the boundary grows slowly with the calls
        times = max(1.0, boundary(held * times) * total.variance(1.0) / difference**2)
        if times > MOST_TIMES:
            return None
    return _rounded(max(1.0, (times - 1) * calls))


def _rounded(calls):
    """Up to two digits: it is a guess.

    >>> _rounded(1234.5), _rounded(7.2), _rounded(99.5)
    (1300, 8, 100)
    """
    calls = math.ceil(calls)
    step = 10 ** max(0, len(str(calls)) - 2)
    return math.ceil(calls / step) * step
