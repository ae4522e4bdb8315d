#!/usr/bin/env python3
"""Marks for a vendor's prompt cache: what they cost beside no mark and a mark on every call.

    python3 benchmarks/bench_vendor_cache.py [--series N]

Streams of calls with known gaps over 14 days, each of many beginnings of one size: steady ones
from every half minute to every 80 minutes, bursts with hours between them, office hours, a
scheduled action every hour, rare ones, and beginnings that are sent once. The cost of a call is
that of its beginning in units of its plain input, by Anthropic's rules (write 1.25 for five
minutes, 2 for an hour; read .1, which renews it). `always` is five minutes on every call, `hour`
an hour on every call. Seeds: those of the design are 7; printed are others.

Exit 1 if over all days of a mix ours costs more than none or always, or on a day of it more than
2 % above the better of the two.
"""

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ai_brain"))

from engine.prompt.vendor_caches import ANTHROPIC_MARKS, MOST_GAPS, READ, best_mark

DAY, DAYS = 86_400, 14
MARKS = {mark.name: mark for mark in ANTHROPIC_MARKS}


def steady(gap):
    def times(rng):
        at = rng.random() * gap
        while at < DAYS * DAY:
            yield at
            at += gap * rng.lognormvariate(0, 0.5)

    return times


def bursty(rng):
    at = 0.0
    while at < DAYS * DAY:
        at += rng.expovariate(1 / 14_400)
        for _call in range(rng.randint(1, 12)):
            yield at
            at += rng.expovariate(1 / 40)


def office(rng):
    for day in range(DAYS):
        at = day * DAY + 8 * 3600
        while at < day * DAY + 17 * 3600:
            at += rng.expovariate(1 / 240)
            yield at


def hourly(rng):
    for hour in range(DAYS * 24):
        for call in range(rng.choice((1, 1, 3))):
            yield hour * 3600 + rng.random() * 20 + call * 5


def rare(rng):
    at = 0.0
    while at < DAYS * DAY:
        at += rng.expovariate(1 / 20_000)
        yield at


def once(rng):
    yield rng.random() * DAYS * DAY


MIX = {
    "steady, 30 s": (steady(30), 1),
    "steady, 200 s": (steady(200), 2),
    "steady, 10 min": (steady(600), 3),
    "steady, 50 min": (steady(3000), 3),
    "steady, 80 min": (steady(4800), 3),
    "bursty": (bursty, 8),
    "office hours": (office, 3),
    "every hour": (hourly, 3),
    "rare": (rare, 10),
    "sent once": (once, 300),
}
RULES = {
    "ours": lambda gaps, since, cached: best_mark(
        gaps[-MOST_GAPS:], since, ANTHROPIC_MARKS, cached=cached
    ),
    "none": lambda gaps, since, cached: None,
    "always": lambda gaps, since, cached: "5m",
    "hour": lambda gaps, since, cached: "1h",
}


def costs(times, rule):
    """Yield (time, cost) of the calls of one beginning."""
    gaps, last, lies, until = [], None, None, 0.0
    for at in times:
        cached = lies if at < until else None
        since = None if last is None else at - last
        mark = rule(gaps, since, cached)
        yield at, 1.0 if mark is None else READ if mark == cached else MARKS[mark].write
        if mark:
            lies, until = mark, at + MARKS[mark].lives_s
        if since is not None:
            gaps.append(since)
        last = at


def run(seed):
    """{regime: {rule: [cost by day]}}"""
    found = {}
    for name, (times, count) in MIX.items():
        rng = random.Random(f"{seed} {name}")
        streams = [list(times(rng)) for _ in range(count)]
        found[name] = {
            rule: _by_day(cost for stream in streams for cost in costs(stream, choose))
            for rule, choose in RULES.items()
        }
    return found


def _by_day(calls):
    days = [0.0] * (DAYS + 2)
    for at, cost in calls:
        days[int(at // DAY)] += cost
    return days[:DAYS]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=5, help="how many seeds")
    args = parser.parse_args()
    failed = False
    total = {rule: [0.0] * DAYS * args.series for rule in RULES}
    sums = {name: dict.fromkeys(RULES, 0.0) for name in MIX}
    for n in range(args.series):
        for name, by_rule in run(100 + n).items():
            for rule, days in by_rule.items():
                sums[name][rule] += sum(days)
                for day, cost in enumerate(days):
                    total[rule][n * DAYS + day] += cost
    print(f"{'':16}" + "".join(f"{rule:>10}" for rule in RULES) + "   ours / better")
    for name, row in {**sums, "the mix": {r: sum(days) for r, days in total.items()}}.items():
        better = min(row["none"], row["always"])
        print(
            f"{name:16}"
            + "".join(f"{row[rule]:10.0f}" for rule in RULES)
            + f"{row['ours'] / better:12.3f}"
        )
        failed |= name == "the mix" and row["ours"] > better
    worst = max(
        ours / min(none, always)
        for ours, none, always in zip(total["ours"], total["none"], total["always"], strict=True)
    )
    print(f"worst day of the mix: {worst:.3f} of the better of none and always (limit 1.02)")
    return 1 if failed or worst > 1.02 else 0


if __name__ == "__main__":
    sys.exit(main())
