"""What a period will have cost at its end, with an interval that means what it says.

The method, from daily sums: weekday factors shrunk towards their group (Monday to Friday,
weekend) and the group towards 1, so that three days of data claim no rhythm; a level and a
slope by weighted least squares on those days, the slope shrunk by its own t-value
(positive-part James-Stein); the interval from simulated periods, which draw whole-day ratios
(bootstrap, bursts included) and an uncertain level (gamma, from the effective number of days,
with a prior spread while days are few). Seeded by the data: the same question has one answer.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

HISTORY_DAYS = 84  # older days are not looked at
HALF_LIFE = 28.0  # days after which a day counts half
SLOPE_FROM = 14  # days of data below which no trend is claimed
SLOPE_HORIZON = 21  # days ahead after which a trend stops growing
GROUP_PRIOR, DAY_PRIOR = 0.5, 5.0  # pseudo-days in the two steps of weekday shrinkage
SPREAD_PRIOR, SPREAD_PRIOR_DAYS = 1.3, 1.5  # relative spread of a day assumed before data
DRIFT = 0.02  # relative change of the level a day, as a random walk
SIMULATIONS = 600


@dataclass(frozen=True)
class Forecast:
    """Sums of money of the whole period, spent so far included; ``low``/``high`` bound 80 %."""

    expected: float
    low: float
    high: float
    spent: float
    days_of_data: int
    confidence: str  # 'none' (nothing to go by), 'low' (under 7 days), 'medium', 'high' (28+)
    per_day: tuple[tuple[date, float], ...] = ()  # expected sums of the days still to come


def _weights(count):
    return [0.5 ** ((count - 1 - index) / HALF_LIFE) for index in range(count)]


def weekday_factors(days, weights=None):
    """Return seven factors (Monday first, mean near 1) from ``[(date, amount), …]``.

    >>> monday = date(2026, 6, 1)
    >>> week = [(monday + timedelta(n), 0 if n % 7 > 4 else 10) for n in range(56)]
    >>> [round(factor, 2) for factor in weekday_factors(week)]
    [1.4, 1.4, 1.4, 1.4, 1.4, 0.01, 0.01]
    """
    weights = weights or [1.0] * len(days)
    total_weight = sum(weights)
    mean = sum(w * amount for w, (_day, amount) in zip(weights, days)) / total_weight
    if mean <= 0:
        return [1.0] * 7
    mass, amount_of = [0.0] * 7, [0.0] * 7
    for w, (day, amount) in zip(weights, days):
        mass[day.weekday()] += w
        amount_of[day.weekday()] += w * amount / mean
    factors = [1.0] * 7
    for group in (range(5), range(5, 7)):
        seen = sum(mass[n] for n in group)
        level = (sum(amount_of[n] for n in group) + GROUP_PRIOR) / (seen + GROUP_PRIOR)
        for n in group:
            factors[n] = (amount_of[n] + DAY_PRIOR * level) / (mass[n] + DAY_PRIOR)
    return factors


def _line(days, factors, weights):
    """Return ``level`` (at the last day) and ``slope`` a day of the deseasonalised series."""
    size = len(days)
    # The ratio estimator, sum of amounts over sum of factors, is not thrown by a factor near 0.
    base = sum(w * f for w, f in zip(weights, factors))
    level = sum(w * amount for w, (_day, amount) in zip(weights, days)) / base
    if size < SLOPE_FROM or level <= 0:
        return max(level, 0.0), 0.0
    ages = [index - (size - 1) for index in range(size)]
    mass = [w * f for w, f in zip(weights, factors)]
    center = sum(m * x for m, x in zip(mass, ages)) / base
    spread = sum(m * (x - center) ** 2 for m, x in zip(mass, ages))
    slope = (
        sum(w * (x - center) * amount for w, x, (_day, amount) in zip(weights, ages, days)) / spread
    )
    error = (
        sum(
            (w * (x - center) * (amount - f * (level + slope * (x - center)))) ** 2
            for w, x, f, (_day, amount) in zip(weights, ages, factors, days)
        )
        / spread**2
    )
    slope *= max(0.0, 1.0 - 2.0 * error / slope**2) if slope else 0.0
    return max(level - slope * center, 0.25 * level), slope


def forecast(
    history: Mapping[date, float],
    today: date,
    first: date,
    last: date,
    *,
    day_fraction: float = 1.0,
    level: float = 0.8,
) -> Forecast:
    """Forecast the spend of the period ``first..last`` as seen on ``today``.

    ``history`` maps local dates to sums; a date that is not there cost nothing. It may (and
    should) reach back before the period. Its last date, ``today``, is only as complete as
    ``day_fraction`` (0 to 1) says. ``level`` is the share of outcomes the interval holds.

    >>> start = date(2026, 6, 1)
    >>> steady = {start + timedelta(n): 10.0 for n in range(14)}
    >>> f = forecast(steady, date(2026, 6, 14), start, date(2026, 6, 30))
    >>> round(f.expected), f.low < 300 < f.high
    (300, True)
    >>> forecast({}, start, start, date(2026, 6, 30)).confidence
    'none'
    """
    amounts = {day: float(amount) for day, amount in history.items() if day <= today}
    spent = sum(amount for day, amount in amounts.items() if first <= day <= last)
    since = today - timedelta(days=HISTORY_DAYS - 1)
    spending = [day for day, amount in amounts.items() if amount > 0 and day >= since]
    if not spending or today > last:
        known = today > last and any(amounts.values())
        return Forecast(spent, spent, spent, spent, 0, "high" if known else "none")
    complete = today if day_fraction >= 1 else today - timedelta(days=1)
    start = min(spending)
    size = (complete - start).days + 1
    if size < 1:  # the first day is still running: all there is, scaled up with care
        start = complete = today
        size = 1
        amounts[today] = amounts[today] / max(day_fraction, 0.25)
    days = [(start + timedelta(n), amounts.get(start + timedelta(n), 0.0)) for n in range(size)]
    weights = _weights(size)
    by_weekday = weekday_factors(days, weights)
    factors = [by_weekday[day.weekday()] for day, _amount in days]
    base, slope = _line(days, factors, weights)

    ahead = []  # (date, expected sum still to come)
    rest_of_today = max(0.0, 1.0 - day_fraction)
    for n in range(0 if rest_of_today else 1, (last - today).days + 1):
        day = today + timedelta(n)
        if day < first:
            continue
        share = rest_of_today if n == 0 else 1.0
        expected = base + slope * min((day - complete).days, SLOPE_HORIZON)
        ahead.append((day, share * by_weekday[day.weekday()] * max(expected, 0.2 * base)))
    expected = spent + sum(amount for _day, amount in ahead)
    low, high = _interval(days, factors, weights, base, slope, ahead, level)
    confidence = "low" if size < 7 else "medium" if size < 28 else "high"
    return Forecast(expected, spent + low, spent + high, spent, size, confidence, tuple(ahead))


def _interval(days, factors, weights, base, slope, ahead, level):
    """Return the quantiles of the sum of the days ahead."""
    if not ahead:
        return 0.0, 0.0
    size = len(days)
    fitted = [f * max(base + slope * (n - size + 1), 0.2 * base) for n, f in enumerate(factors)]
    ratios, chances = [], []
    for w, (_day, amount), fit in zip(weights, days, fitted):
        if fit > 0.05 * base:  # an idle weekend says nothing about the spread of a working day
            ratios.append(amount / fit)
            chances.append(w)
    mass = sum(chances)
    mean = sum(c * r for c, r in zip(chances, ratios)) / mass or 1.0
    ratios = [r / mean for r in ratios]
    effective = mass**2 / sum(c * c for c in chances)
    variance = (
        SPREAD_PRIOR_DAYS * SPREAD_PRIOR**2
        + max(effective - 1, 0) * sum(c * (r - 1) ** 2 for c, r in zip(chances, ratios)) / mass
    ) / (SPREAD_PRIOR_DAYS + max(effective - 1, 0))
    level_shape = (effective + 0.5) / variance
    prior_share = SPREAD_PRIOR_DAYS / (SPREAD_PRIOR_DAYS + effective)
    day_shape = 1 / SPREAD_PRIOR**2
    generator = random.Random(f"{days[-1][0]}{days[-1][1]:.6g}{size}")
    cumulated, so_far = [], 0.0
    for chance in chances:
        so_far += chance
        cumulated.append(so_far)
    sums = []
    for _ in range(SIMULATIONS):
        drift = generator.gammavariate(level_shape, 1 / level_shape)
        total = 0.0
        drawn = generator.choices(ratios, cum_weights=cumulated, k=len(ahead))
        for (_day, amount), ratio in zip(ahead, drawn):
            drift *= max(0.0, 1 + generator.gauss(0, DRIFT))
            if generator.random() < prior_share:
                ratio = generator.gammavariate(day_shape, 1 / day_shape)
            total += amount * ratio * drift
        sums.append(total)
    sums.sort()
    tail = (1 - level) / 2
    return sums[int(tail * SIMULATIONS)], sums[ceil((1 - tail) * SIMULATIONS) - 1]
