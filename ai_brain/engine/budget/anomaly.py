"""Does a sum of money depart from its own history?

A day is compared with the days before it, weekdays with weekdays, on a logarithmic scale (spend
grows and bursts by factors): robust centre and spread (median, MAD), Student's t with few degrees
of freedom, and the tail of its own highest days, whichever allows more. ``false_alert_days`` is
how many ordinary days one false alert may take over all series tested together, so the more users
and modules are watched, the more each must depart. Three more conditions guard money of no
importance: well above every comparable day before, at least twice what is usual, and a least sum.
The first burst of a series that never had one is a departure, and is told as such.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from statistics import NormalDist, median

HISTORY_DAYS = 56
LEAST_DAYS = 10  # days of history with spend, below which nothing is claimed
LEAST_RATIO = 2.0
OVER_RECORD = 1.3  # times the highest comparable day; a record by a little is ordinary
SPREAD_FLOOR = 0.20  # relative; no series is steadier than this in the eyes of the test
DEGREES = 6  # of freedom, at most: daily spend has heavier tails than the normal


def _tail_point(logs, tail):
    """Return the logarithm that a share ``tail`` of days exceeds, were the tail Pareto's.

    Hill's estimator over the highest tenth (at least 3); bursts that are usual for a series
    are part of its history. Source: B. M. Hill, Annals of Statistics 3 (1975), 1163-1174.
    """
    ordered = sorted(logs, reverse=True)
    top = max(3, len(logs) // 10)
    anchor = ordered[top]
    excess = sum(x - anchor for x in ordered[:top]) / top
    return anchor + excess * max(0.0, log(top / len(logs) / tail))


@dataclass(frozen=True)
class Anomaly:
    """``amount`` was spent where about ``expected`` was usual and ``high`` the most expected."""

    day: date
    amount: float
    expected: float
    high: float

    @property
    def ratio(self):
        return self.amount / self.expected if self.expected else float("inf")


def t_quantile(probability, degrees):
    """Return Student's t quantile by the Cornish-Fisher expansion.

    Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.5.

    >>> round(t_quantile(0.975, 10), 2)
    2.23
    """
    z = NormalDist().inv_cdf(probability)
    n = degrees
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def spend_anomaly(
    history: Mapping[date, float],
    day: date,
    amount: float,
    *,
    series: int = 1,
    false_alert_days: float = 40.0,
    least_amount: float = 0.0,
) -> Anomaly | None:
    """Return an ``Anomaly`` if ``amount`` on ``day`` departs upward from ``history``, or None.

    ``history`` maps local dates before ``day`` to sums (missing: nothing was spent);
    ``series`` is the number of series tested for the same day. None as well when the
    history is too short to tell.

    >>> usual = {date(2026, 6, 1) + timedelta(n): 10 + n % 3 for n in range(28)}
    >>> spend_anomaly(usual, date(2026, 6, 29), 13)
    >>> round(spend_anomaly(usual, date(2026, 6, 29), 60).expected)
    11
    """
    amount = float(amount)
    past = {d: float(a) for d, a in history.items() if d < day and a > 0}
    begin = max(day - timedelta(days=HISTORY_DAYS), min(past, default=day))
    days = [(begin + timedelta(n)) for n in range((day - begin).days)]
    days = [(d, past.get(d, 0.0)) for d in days]
    comparable = [(d, a) for d, a in days if (d.weekday() > 4) == (day.weekday() > 4)]
    same_kind = [a for _d, a in comparable if a > 0]
    if len(same_kind) < LEAST_DAYS:  # idle or new weekends: measured by all the days there are
        comparable = days
        same_kind = [a for _d, a in comparable if a > 0]
    if (
        len(same_kind) < LEAST_DAYS
        or amount < least_amount
        or amount <= OVER_RECORD * max(same_kind)
    ):
        return None
    logs = [log(a) for a in same_kind]
    centre = median(logs)
    mad = median([abs(x - centre) for x in logs]) * 1.4826
    spread = max(mad, SPREAD_FLOOR)
    tail = min(0.25, 1 / (false_alert_days * max(series, 1)))
    size = len(same_kind)
    score = t_quantile(1 - tail, min(size - 1, DEGREES)) * (1 + 1 / size) ** 0.5
    expected, high = exp(centre), exp(max(centre + score * spread, _tail_point(logs, tail)))
    if amount <= high or amount < LEAST_RATIO * expected:
        return None
    return Anomaly(day, amount, expected, high)
