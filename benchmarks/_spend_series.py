"""Daily spend with known structure, for the forecast and the alarm; and series from a folder.

A regime is a way in which companies spend: each draw of it has a level, a length and parameters
of its own. ``ORDINARY`` regimes are steady around a pattern, ``BURSTY`` ones depart from it by
factors, ``RARE`` ones have little to go by. On these the methods' constants were chosen, so they
prove little. ``UNSEEN_QUIET`` and ``UNSEEN_BURSTY`` are made in other ways (calls that are counted
and priced one by one, spells, projects that come and go) and were looked at when all was chosen;
``SECOND_QUIET`` and ``SECOND_BURSTY`` are another hand's, and judge nothing (their figures at first
sight stand in _spend_series_second.py).
None was measured on a company; the ranges are wide on purpose, and the public series that
``--data`` reads are the check on them.
"""

import csv
import random
from datetime import date, timedelta
from math import exp, log1p, sqrt
from pathlib import Path

import _spend_series_second

RHYTHM = [1.15, 1.2, 1.1, 1.0, 0.85, 0.35, 0.3]
MONDAY = date(2025, 1, 6)


def _gamma(rng, spread):
    """A factor around 1 with the relative spread ``spread``."""
    shape = 1 / spread**2
    return rng.gammavariate(shape, 1 / shape)


def _weekdays(rng, strength=None, idle=False):
    """Seven factors between flat (0) and a working week (1)."""
    strength = rng.uniform(0, 1) if strength is None else strength
    factors = [1 + strength * (f - 1) * rng.uniform(0.8, 1.2) for f in RHYTHM]
    return [*factors[:5], 0.0, 0.0] if idle else factors


def quiet(rng, size):
    """Steady, hardly a rhythm: crons, and many users."""
    factors, spread = _weekdays(rng, rng.uniform(0, 0.3)), rng.uniform(0.05, 0.35)
    return [factors[n % 7] * _gamma(rng, spread) for n in range(size)]


def weekly(rng, size):
    """Office hours; in a third of the draws nothing runs at the weekend."""
    factors = _weekdays(rng, rng.uniform(0.6, 1.1), rng.random() < 0.33)
    spread = rng.uniform(0.15, 0.45)
    return [factors[n % 7] * _gamma(rng, spread) for n in range(size)]


def trending(rng, size):
    """Grows or shrinks by up to 2.5 % a day, and levels off somewhere."""
    rate, end = rng.uniform(-0.015, 0.025), rng.uniform(0.4, 1.0) * size
    factors, spread = _weekdays(rng), rng.uniform(0.1, 0.4)
    return [exp(rate * min(n, end)) * factors[n % 7] * _gamma(rng, spread) for n in range(size)]


def drifting(rng, size):
    """The level walks by a few percent a day."""
    step, level, out = rng.uniform(0.01, 0.06), 0.0, []
    factors, spread = _weekdays(rng), rng.uniform(0.1, 0.4)
    for n in range(size):
        level += rng.gauss(0, step)
        out.append(exp(level) * factors[n % 7] * _gamma(rng, spread))
    return out


def bursty(rng, size):
    """Busy and idle spells (a mean-reverting walk of the logarithm), and bursts of days."""
    memory, spell, noise = rng.uniform(0.4, 0.85), rng.uniform(0.4, 1.1), rng.uniform(0.2, 0.6)
    factors, chance = _weekdays(rng, rng.uniform(0, 0.6)), rng.uniform(0, 0.05)
    state, burst, out = rng.gauss(0, spell), 0.0, []
    for n in range(size):
        state = memory * state + rng.gauss(0, spell * (1 - memory**2) ** 0.5)
        burst = burst * rng.uniform(0, 0.7) if burst > 0.5 else 0.0
        if rng.random() < chance:
            burst = rng.uniform(1, 3) * rng.paretovariate(1.5)
        out.append(factors[n % 7] * (exp(state + rng.gauss(0, noise)) + min(burst, 60)))
    return out


def heavy(rng, size):
    """Each day by itself, with a heavy tail: few large jobs make the sum."""
    sigma, factors = rng.uniform(0.6, 1.1), _weekdays(rng, rng.uniform(0, 0.8))
    return [factors[n % 7] * rng.lognormvariate(0, sigma) for n in range(size)]


def unsettled(rng, size):
    """Wild weeks and calm weeks: the spread itself walks, as while a pilot finds its feet."""
    wild, memory, state, out = rng.uniform(-1.2, 0.3), rng.uniform(0.2, 0.8), 0.0, []
    for _ in range(size):
        wild += rng.gauss(0, 0.08) - 0.02 * (wild + 0.5)
        spread = min(exp(wild), 1.6)
        state = memory * state + rng.gauss(0, spread * (1 - memory**2) ** 0.5)
        out.append(exp(state))
    return out


def shifting(rng, size):
    """Campaigns begin and end: the level jumps by factors, every month or so."""
    level, out = 1.0, []
    factors, spread = _weekdays(rng), rng.uniform(0.15, 0.5)
    for n in range(size):
        if rng.random() < 1 / 30:
            level *= exp(rng.uniform(-1.3, 1.3))
        out.append(level * factors[n % 7] * _gamma(rng, spread))
    return out


def intermittent(rng, size):
    """Nothing on most days; days of use come in clumps."""
    share, stay = rng.uniform(0.15, 0.6), rng.uniform(0.1, 0.6)
    sigma, busy, out = rng.uniform(0.3, 0.9), False, []
    for _ in range(size):
        busy = rng.random() < (share + stay * (1 - share) if busy else share * (1 - stay))
        out.append(rng.lognormvariate(0, sigma) if busy else 0.0)
    return out


def starting(rng, size):
    """First use some weeks before the end, then more from day to day until it levels off."""
    begin = size - rng.randint(35, 60)
    ramp, spread, factors = rng.randint(3, 30), rng.uniform(0.2, 0.6), _weekdays(rng)
    return [
        min(1.0, (n - begin + 1) / ramp) * factors[n % 7] * _gamma(rng, spread)
        if n >= begin
        else 0.0
        for n in range(size)
    ]


def _count(rng, mean):
    """A Poisson number; normal above 50."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, sqrt(mean))))
    count, left = 0, rng.expovariate(1)
    while left < mean:
        count += 1
        left += rng.expovariate(1)
    return count


def _cost(rng, calls, sigma):
    """The cost of so many calls, each lognormal; from 200 on normal, with the sum's moments."""
    if calls <= 200:
        return sum(rng.lognormvariate(0, sigma) for _ in range(calls))
    mean, variance = exp(sigma**2 / 2), (exp(sigma**2) - 1) * exp(sigma**2)
    return max(0.0, rng.gauss(calls * mean, sqrt(calls * variance)))


def counted(rng, size):
    """A handful of calls a day, each with a size of its own: quiet where many, wild where few."""
    calls, sigma, factors = 10 ** rng.uniform(0.3, 2), rng.uniform(0.3, 1.3), _weekdays(rng)
    return [_cost(rng, _count(rng, calls * factors[n % 7]), sigma) for n in range(size)]


def with_gaps(rng, size):
    """Steady, yet on some days nothing runs at all."""
    gaps, spread = rng.uniform(0.03, 0.3), rng.uniform(0.1, 0.7)
    factors = _weekdays(rng, rng.uniform(0, 0.6))
    return [
        factors[n % 7] * _gamma(rng, spread) if rng.random() > gaps else 0.0 for n in range(size)
    ]


def staffed(rng, size):
    """Many people, each with calls on some of his days, holidays and newcomers besides."""
    people, share = rng.randint(15, 120), rng.uniform(0.3, 0.9)
    each, factors = rng.uniform(3, 15), _weekdays(rng)
    joins, sigma, out = rng.uniform(0, 0.05), rng.uniform(0.3, 0.9), []
    for n in range(size):
        people += rng.random() < joins
        away = 0.75 if n % 45 > 42 else 1.0
        there = sum(rng.random() < share * away for _ in range(people))
        out.append(_cost(rng, _count(rng, there * each * factors[n % 7]), sigma))
    return out


def crons(rng, size):
    """Nightly jobs over a stock of records that is nearly the same; one of them weekly."""
    jobs, spread = rng.randint(1, 4), rng.uniform(0.02, 0.2)
    extra, on = rng.choice((0.0, rng.uniform(0.3, 2))), rng.randrange(7)
    return [
        (jobs + extra * (n % 7 == on)) * _gamma(rng, spread) * (1 + 0.002 * n) for n in range(size)
    ]


def spiked(rng, size):
    """Quiet, with a large job now and then (one in 15 to 60 days) of any size above the usual."""
    chance, tail = 1 / rng.uniform(15, 60), rng.uniform(0.9, 2)
    base = quiet(rng, size)
    return [x + (rng.paretovariate(tail) if rng.random() < chance else 0.0) for x in base]


def spells(rng, size):
    """Two ways of working, busy and not, that last some days each."""
    ratio, stay_busy, stay_idle = rng.uniform(3, 12), rng.uniform(0.4, 0.85), rng.uniform(0.7, 0.95)
    spread, busy, out = rng.uniform(0.2, 0.6), rng.random() < 0.3, []
    for _ in range(size):
        busy = rng.random() < (stay_busy if busy else 1 - stay_idle)
        out.append((ratio if busy else 1.0) * _gamma(rng, spread))
    return out


def clustered(rng, size):
    """Calls that call for more calls (self-exciting counts), each with a size of its own."""
    base, again = 10 ** rng.uniform(0.3, 1.5), rng.uniform(0.5, 0.9)
    sigma, factors, calls, out = rng.uniform(0.5, 1.4), _weekdays(rng), base, []
    for n in range(size):
        mean = base * (1 - again) * factors[n % 7] + again * calls * rng.gammavariate(2, 0.5)
        calls = min(_count(rng, mean), 50 * base)
        out.append(_cost(rng, int(calls), sigma))
    return out


def projects(rng, size):
    """Projects begin by chance, run some days to weeks at a rate of their own, and end."""
    length, at_once = 10 ** rng.uniform(0.3, 1.3), rng.uniform(1, 4)
    floor, running, out = rng.uniform(0.02, 0.3), [], []
    for n in range(-40, size):
        for _ in range(_count(rng, at_once / length)):
            end = n - length * log1p(-rng.random())
            running.append((end, rng.lognormvariate(0, 1)))
        running = [(end, rate) for end, rate in running if end > n]
        if n >= 0:
            rate = floor + sum(rate for _end, rate in running)
            out.append(rate * _gamma(rng, 0.4) * (0.3 if n % 7 > 4 else 1))
    return out


ORDINARY = {"quiet": quiet, "weekly": weekly, "trending": trending, "drifting": drifting}
BURSTY = {
    "bursty": bursty,
    "heavy-tailed": heavy,
    "unsettled": unsettled,
    "shifting": shifting,
}
RARE = {
    "intermittent": intermittent,
    "new start": starting,
    "counted": counted,
    "with gaps": with_gaps,
}
REGIMES = {**ORDINARY, **BURSTY, **RARE}
UNSEEN_QUIET = {"staffed": staffed, "crons": crons}
UNSEEN_BURSTY = {"spiked": spiked, "spells": spells, "clustered": clustered, "projects": projects}
UNSEEN = {**UNSEEN_QUIET, **UNSEEN_BURSTY}
SECOND_QUIET, SECOND_BURSTY = _spend_series_second.QUIET, _spend_series_second.BURSTY
SECOND = {**SECOND_QUIET, **SECOND_BURSTY}


def draw(regime, rng, size, first=MONDAY):
    """``size`` days of ``regime`` from ``first`` on: {date: USD}."""
    level = 10 ** rng.uniform(-1, 2)
    start = first.weekday()
    make = {**REGIMES, **UNSEEN, **SECOND}[regime]
    values = make(rng, size + start)[start:]
    return {first + timedelta(n): level * value for n, value in enumerate(values)}


def read(folder):
    """{file name: {date: value}} of the folder's .csv files.

    A file has a heading and two columns: a date (or a day's number) and a value.
    """
    found = {}
    for path in sorted(Path(folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in list(csv.reader(file))[1:] if len(row) > 1 and row[1]]
        series = {}
        for row in rows:
            known = "-" in row[0]
            day = date.fromisoformat(row[0][:10]) if known else MONDAY + timedelta(int(row[0]))
            series[day] = float(row[1])
        found[path.stem] = series
    return found


def generator(seed):
    return random.Random(seed)
