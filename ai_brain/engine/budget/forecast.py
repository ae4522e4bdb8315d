"""What a period will have cost at its end, with an interval that means what it says.

The method, from daily sums: weekday factors shrunk towards their group (Monday to Friday,
weekend) and the group towards 1, the more so the more the days scatter; days without spend as a
chain that stays or changes; and for the days with spend several ways in which a level is held,
weighed by the data (see level.py). Simulated periods from all of it give the median, which is
what is expected (as likely more as less), and the interval. Where the level neither walks nor
rises, the median is moved half way to the plain mean of recent days, which bursts move more than
their logarithms do. The day ahead follows yesterday as far as days of the series resemble their
neighbours. Seeded by the data: the same question has one answer.

Chosen on the regimes of ``benchmarks/_spend_series.py``; ``benchmarks/bench_forecast.py`` prints,
also for series that had no part in it, the errors and how often the interval holds: too seldom
where a level grows or drifts by percents a day and few weeks are known, for such a month looks like
a steady one until it is over.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log, sqrt

from .level import candidates

HISTORY_DAYS = 84  # older days are not looked at
HORIZON_DAYS, LEAST_HORIZON_DAYS = 90, 7  # how far to look where a period has no end
HALF_LIFE = 28.0  # days after which a day counts half, in plain means and in the chain of days
# What remains of a trend from day to day (E. S. Gardner, Journal of Forecasting 4 (1985), 1-28).
DAMPED = 0.92
WALK_HORIZON = 30  # days ahead after which a level that walks stands still
GROUP_SPREAD, DAY_SPREAD = 0.5, 0.15  # of weekday factors between and within their groups
IDLE = 0.08  # of the highest factor: days on which nothing was spent say nothing
CHAIN_PRIOR = 1.0  # pseudo-days in the chance that a day has spend
TO_PLAIN_MEAN = 0.5
# Of the spread (of logarithms) that the simulation gives; set where the interval of steady and of
# bursty series held about 80 %. How well past intervals of the series itself held says nothing of
# the next one (correlation 0.0 over 1,320 of them), so it has no part in this.
WIDER, NARROWER_IF_INDEPENDENT, WIDER_IF_SHORT = 1.25, 0.6, 1.0
SIMULATIONS, LONG, SIMULATIONS_IF_LONG = 400, 62, 200


@dataclass(frozen=True)
class Forecast:
    """Sums of money of the whole period, spent so far included; ``low``/``high`` bound 80 %.

    ``per_day`` says by how much the median of the sum grows on each day to come.
    """

    expected: float
    low: float
    high: float
    spent: float
    days_of_data: int
    confidence: str  # 'none' (nothing to go by), 'low' (under 7 days), 'medium', 'high' (28+)
    per_day: tuple[tuple[date, float], ...] = ()  # expected sums of the days still to come


def open_end(history, today):
    """Return the day until which to look where a period has no end: three times as far ahead as
    spend reaches back, a week at least and ``HORIZON_DAYS`` at most.

    >>> today = date(2026, 6, 14)
    >>> open_end({date(2026, 6, 5): 1.0}, today), open_end({}, today)
    (datetime.date(2026, 7, 14), datetime.date(2026, 6, 21))
    """
    known = (today - min((day for day, amount in history.items() if amount), default=today)).days
    days = min(max(3 * (known + 1), LEAST_HORIZON_DAYS), HORIZON_DAYS)
    return today + timedelta(days)


def weekday_factors(days):
    """Return seven factors (Monday first, mean near 1) from ``[(date, amount), …]``.

    >>> monday = date(2026, 6, 1)
    >>> week = [(monday + timedelta(n), 0 if n % 7 > 4 else 10) for n in range(56)]
    >>> [round(factor, 1) for factor in weekday_factors(week)]
    [1.4, 1.4, 1.4, 1.4, 1.4, 0.0, 0.0]
    """
    mean = sum(amount for _day, amount in days) / len(days)
    if mean <= 0:
        return [1.0] * 7
    ratios = [(day.weekday(), amount / mean) for day, amount in days]
    first = _shrunk(ratios, 0.5, 5.0)
    left = sum((ratio - first[n]) ** 2 for n, ratio in ratios)
    scatter = left / max(len(ratios) - 3, 1) + 0.3 / len(ratios)
    # The best linear predictor's weights: pseudo-days are variance within over that between.
    return _shrunk(ratios, max(scatter / GROUP_SPREAD**2, 0.02), max(scatter / DAY_SPREAD**2, 0.3))


def _shrunk(ratios, group_prior, day_prior):
    """Weekday means of ``[(weekday, ratio)]`` with pseudo-days of the group and of 1."""
    mass, amount_of, factors = [0] * 7, [0.0] * 7, [1.0] * 7
    for n, ratio in ratios:
        mass[n] += 1
        amount_of[n] += ratio
    for group in (range(5), range(5, 7)):
        seen = sum(mass[n] for n in group)
        level = (sum(amount_of[n] for n in group) + group_prior) / (seen + group_prior)
        for n in group:
            factors[n] = (amount_of[n] + day_prior * level) / (mass[n] + day_prior)
    return factors


def _chain(active):
    """Days without spend (0), with it (1) and those that say nothing (None), as a chain.

    Returns (after a day without, after a day with, the last day); each of the first two is a pair
    of how often a day without and a day with spend followed, with a prior; None: no day was
    without.
    """
    moves, before = [[0.0, 0.0], [0.0, 0.0]], None
    for n, now in enumerate(active):
        if now is None:
            continue
        if before is not None:
            moves[before][now] += 0.5 ** ((len(active) - 1 - n) / HALF_LIFE)
        before = now
    if 0 not in active:
        return None, None, 1
    idle, busy = moves[0][0] + moves[1][0], moves[0][1] + moves[1][1]
    share = (busy + 1) / (idle + busy + 1)
    off, on = CHAIN_PRIOR * (1 - share), CHAIN_PRIOR * share
    after_idle, after_busy = ((a + off, b + on) for a, b in moves)
    return after_idle, after_busy, before


class _Outlook:
    """Daily sums understood: what the days after the last one may cost."""

    def __init__(self, days):
        self.days = days
        self.factors = weekday_factors(days)
        idle = IDLE * max(self.factors)
        logs, active = [], []
        for day, amount in days:
            factor = self.factors[day.weekday()]
            logs.append(log(amount / max(factor, idle)) if amount > 0 else None)
            active.append(1 if amount > 0 else None if factor < idle else 0)
        self.idle, self.chain = idle, _chain(active)
        self.highest = max(x for x in logs if x is not None)
        self.ways = candidates(logs)

    def simulate(self, ahead):
        """Cumulated sums of ``[(days from the last, weekday, share)]``: a column a day."""
        last = self.days[-1]
        generator = random.Random(f"{last[0]}{last[1]:.6g}{len(self.days)}")
        count = SIMULATIONS if len(ahead) <= LONG else SIMULATIONS_IF_LONG
        columns = [[] for _ in ahead]
        way, reached = 0, self.ways[0].weight
        for n in range(count):
            while (n + 0.5) / count > reached and way < len(self.ways) - 1:
                way += 1
                reached += self.ways[way].weight
            self._path(self.ways[way], ahead, columns, generator)
        return columns

    def _path(self, way, ahead, columns, generator):
        mean, slope, state, scale = way.draw(generator)
        step, noise = scale * sqrt(way.step), scale * sqrt(way.noise)
        after_idle, after_busy, busy = self.chain
        # How often days follow each other is known from few of them: a chance of its own a path.
        after_idle, after_busy = (
            1.0 if seen is None else generator.betavariate(seen[1], seen[0])
            for seen in (after_idle, after_busy)
        )
        gauss, total, most = generator.gauss, 0.0, self.highest + 7  # no path grows for ever
        for (n, weekday, share), column in zip(ahead, columns):
            state *= way.memory
            if step and (n <= WALK_HORIZON or not way.walks):
                state += gauss(0, step)
            rise = slope * DAMPED * (1 - DAMPED**n) / (1 - DAMPED)
            level, factor = mean + rise + state, self.factors[weekday]
            if factor < self.idle:
                total += share * factor * exp(min(level, most))
            else:
                chance = after_busy if busy else after_idle
                busy = chance >= 1 or generator.random() < chance
                if busy:
                    total += share * factor * exp(min(level + gauss(0, noise), most))
            column.append(total)

    def plain_mean(self):
        """Weighted sum of amounts over that of factors: not thrown by a factor near 0."""
        size = len(self.days)
        weights = [0.5 ** ((size - 1 - n) / HALF_LIFE) for n in range(size)]
        amounts = sum(w * amount for w, (_day, amount) in zip(weights, self.days))
        return amounts / sum(
            w * self.factors[day.weekday()] for w, (day, _amount) in zip(weights, self.days)
        )


def _median(ordered):
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _summary(outlook, ahead, level):
    """Return (medians of the cumulated sums, low, high) of the days ahead."""
    columns = [sorted(column) for column in outlook.simulate(ahead)]
    middle, final = _median(columns[-1]), columns[-1]
    scale = 1.0
    if middle > 0:
        plain = outlook.plain_mean() * sum(
            share * outlook.factors[weekday] for _n, weekday, share in ahead
        )
        steady = sum(way.weight for way in outlook.ways if way.steady)
        scale = (plain / middle) ** (TO_PLAIN_MEAN * steady)
    tail = int((1 - level) / 2 * len(final))
    low, high = final[tail], final[-tail - 1]
    if middle > 0:
        independent = sum(way.weight for way in outlook.ways if way.independent)
        width = WIDER - NARROWER_IF_INDEPENDENT * independent + WIDER_IF_SHORT / len(outlook.days)
        low, high = (middle * (bound / middle) ** width for bound in (low, high))
    return [scale * _median(column) for column in columns], scale * low, scale * high


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
    confidence = "low" if size < 7 else "medium" if size < 28 else "high"
    days = [(start + timedelta(n), amounts.get(start + timedelta(n), 0.0)) for n in range(size)]

    ahead, dates = [], []  # (days after the last complete one, weekday, share that counts)
    rest_of_today = max(0.0, 1.0 - day_fraction)
    for n in range(0 if rest_of_today else 1, (last - today).days + 1):
        day = today + timedelta(n)
        share = 0.0 if day < first else rest_of_today if n == 0 else 1.0
        ahead.append(((day - complete).days, day.weekday(), share))
        dates.append(day)
    if not ahead:
        return Forecast(spent, spent, spent, spent, size, confidence)
    medians, low, high = _summary(_Outlook(days), ahead, level)
    per_day = tuple(
        (day, now - before)
        for day, now, before in zip(dates, medians, [0.0, *medians])
        if day >= first
    )
    return Forecast(
        spent + medians[-1], spent + low, spent + high, spent, size, confidence, per_day
    )
