#!/usr/bin/env python3
"""Backtest of the month-end forecast on synthetic series, against two plain forecasts.

    python3 benchmarks/bench_forecast.py [--series N]

Series: 60 to 150 days of history, then one month, seen after 3, 10 and 20 of its days; also
with no history but those days. Kinds: weekly rhythm, trend, bursts, idle weekends, all four.
Printed for each: mean absolute error in percent of the month's true sum for the run rate
(naive), the same weekdays of the last four weeks (seasonal) and ours; the share of months
whose true sum lay inside our 80 % interval. Exit 1 if ours is beaten over all kinds, or the
interval holds less than 72 % or more than 90 % over all.
"""

import argparse
import random
import sys
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ai_brain"))

from engine.budget.forecast import forecast

KINDS = ("weekly rhythm", "trend", "bursts", "idle weekends", "all of them")
CUTS = (3, 10, 20)


def series(kind, days, first, generator):
    """Return {date: sum}: gamma noise (spread 30 %) around the kind's pattern."""
    level = 10 ** generator.uniform(-1, 2)
    slope = generator.uniform(-0.008, 0.02) if kind in ("trend", "all of them") else 0
    rhythm = [1.15, 1.2, 1.1, 1.0, 0.85, 0.35, 0.3]
    out = {}
    for n in range(days):
        day = first + timedelta(n)
        mean = level * max(0.1, 1 + slope * (n - days / 2))
        if kind in ("weekly rhythm", "all of them"):
            mean *= rhythm[day.weekday()]
        if kind in ("idle weekends", "all of them") and day.weekday() > 4:
            mean = 0.0
        amount = mean * generator.gammavariate(11, 1 / 11)
        if kind in ("bursts", "all of them") and generator.random() < 0.06:
            amount += level * generator.uniform(2, 8)
        out[day] = amount
    return out


def naive(history, today, first, last):
    spent = sum(amount for day, amount in history.items() if day >= first)
    return spent / ((today - first).days + 1) * ((last - first).days + 1)


def seasonal(history, today, first, last):
    spent = sum(amount for day, amount in history.items() if day >= first)
    start = min(history)
    for n in range((last - today).days):
        day = today + timedelta(n + 1)
        same = [day - timedelta(7 * weeks) for weeks in range(1, 10)]
        same = [history[d] for d in same if start <= d <= today][:4]
        mean = sum(history.values()) / len(history)
        spent += sum(same) / len(same) if same else mean
    return spent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=60, help="series of each kind (default 60)")
    count = parser.parse_args().series
    generator = random.Random(20261122)
    print(
        f"{'series':16}{'history':>9}{'seen':>6}{'naive':>8}{'seasonal':>10}"
        f"{'ours':>7}{'in 80 %':>9}"
    )
    errors, inside, total = {"naive": 0.0, "seasonal": 0.0, "ours": 0.0}, 0, 0
    for kind in KINDS:
        for with_history in (True, False):
            for cut in CUTS:
                sums, held = {"naive": 0.0, "seasonal": 0.0, "ours": 0.0}, 0
                for _ in range(count):
                    first = date(2026, generator.randint(4, 12), 1)
                    last = (first + timedelta(32)).replace(day=1) - timedelta(1)
                    before = generator.randint(60, 150)
                    whole = series(
                        kind, before + (last - first).days + 1, first - timedelta(before), generator
                    )
                    truth = sum(amount for day, amount in whole.items() if day >= first)
                    today = first + timedelta(cut - 1)
                    begin = min(whole) if with_history else first
                    seen = {d: amount for d, amount in whole.items() if begin <= d <= today}
                    if not sum(seen.values()):
                        truth = truth or 1.0
                    ours = forecast(seen, today, first, last)
                    for name, value in (
                        ("naive", naive(seen, today, first, last)),
                        ("seasonal", seasonal(seen, today, first, last)),
                        ("ours", ours.expected),
                    ):
                        sums[name] += abs(value - truth) / truth * 100 / count
                    held += ours.low <= truth <= ours.high
                for name, value in sums.items():
                    errors[name] += value
                inside, total = inside + held, total + count
                label = "months" if with_history else "none"
                print(
                    f"{kind:16}{label:>9}{cut:>5}d{sums['naive']:>7.1f}%{sums['seasonal']:>9.1f}%"
                    f"{sums['ours']:>6.1f}%{held / count * 100:>8.0f}%"
                )
    cells = len(KINDS) * 2 * len(CUTS)
    mean = {name: value / cells for name, value in errors.items()}
    share = inside / total * 100
    print(
        f"over all: naive {mean['naive']:.1f} %, seasonal {mean['seasonal']:.1f} %, ours "
        f"{mean['ours']:.1f} %; ratio to the better of the two "
        f"{mean['ours'] / min(mean['naive'], mean['seasonal']):.2f} (limit 1.00); "
        f"interval holds {share:.0f} % (limit 72-90 %)"
    )
    good = mean["ours"] <= min(mean["naive"], mean["seasonal"]) and 72 <= share <= 90
    print("PASS" if good else "FAIL")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
