"""Daily spend with known structure, for the forecast and the alarm; and series from a folder.

A regime is a way in which companies spend: each draw of it has a level, a length and parameters
of its own. ``ORDINARY`` regimes are steady around a pattern, ``BURSTY`` ones depart from it by
factors, ``RARE`` ones have little to go by. None was measured on a company; the ranges are wide
on purpose, and the public series that ``--data`` reads are the check on them.
"""

import csv
import random
from datetime import date, timedelta
from math import exp
from pathlib import Path

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


ORDINARY = {"quiet": quiet, "weekly": weekly, "trending": trending, "drifting": drifting}
BURSTY = {
    "bursty": bursty,
    "heavy-tailed": heavy,
    "unsettled": unsettled,
    "shifting": shifting,
}
RARE = {"intermittent": intermittent, "new start": starting}
REGIMES = {**ORDINARY, **BURSTY, **RARE}


def draw(regime, rng, size, first=MONDAY):
    """``size`` days of ``regime`` from ``first`` on: {date: USD}."""
    level = 10 ** rng.uniform(-1, 2)
    start = first.weekday()
    values = REGIMES[regime](rng, size + start)[start:]
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
