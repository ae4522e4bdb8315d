#!/usr/bin/env python3
"""Days of five times the usual spend: how many are told, at how many false alarms.

    python3 benchmarks/bench_alarm.py [--series N] [--data DIR]

On each tested day of each series three questions are put to a rule that sees the days before:
the day as it was (what is told is a false alarm, though some bursts of the bursty regimes deserve
one), a day of five times the median of the last four weeks, and the day itself times five.
Series: those of _spend_series.py, 110 days each, tested from the 30th on; with --data, every
.csv of DIR (date, value) from its 22nd day on as well. Public daily series that were used so:
page views of two Wikipedia articles (github facebook/prophet, commit 181f447, MIT, examples/
example_wp_log_R.csv and example_wp_log_peyton_manning.csv, exp() of y) and tweets a day that name
one of ten companies (github numenta/NAB, commit ea702d7, MIT, data/realTweets, summed by day).

The rule's form and constants were chosen on REGIMES with other seeds, on nine bursty regimes made
for it (among them GARCH, Student's t, monthly runs, sprints, jobs of days, teams of a few) and on
those public series, with commits and changed lines a day of four repositories (github
simonw/datasette, simonw/llm, pydantic/pydantic, huggingface/trl). Those of UNSEEN and SECOND were
run with it only when it was chosen; known before were their code, what the rule before had made
of them (unseen bursty: 1.1 false alarms, 61 % and 62 % told, 200 series a regime; now 0.9, 61 %
and 55 %), and what a limit can reach that knows each series' law and its past: of REGIMES' bursty
days 98 % and 76 % at one false alarm in 40 days, of the unseen 87 % and 72 %. Commits and lines a
day of three more (encode/httpx, psf/black, pallets/flask), where one day in eight is five times
the usual or more, were read after that: 4.1 false alarms became 1.9, 44 % told became 32 %.

Ours stands beside three plain rules: above mean and three standard deviations of four weeks
(naive), above twice the highest of the same weekday in four weeks (seasonal), above 1.3 times the
highest of two weeks (record). Exit 1 if ours raises, over ordinary and bursty regimes, over the
bursty alone or over bursty ones that had no part in choosing it, more than one false alarm in 40
days, or tells less than half.
"""

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from statistics import fmean, median, stdev

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ai_brain"))

import _spend_series
from engine.budget import anomaly

FACTOR, DAYS, FROM, FROM_OF_FILE, STEP = 5, 110, 29, 21, 4


def _before(history, day, count):
    return [history.get(day - timedelta(days=n), 0.0) for n in range(1, count + 1)]


def ours(history, day, amount):
    return anomaly.spend_anomaly(history, day, amount) is not None


def naive(history, day, amount):
    past = _before(history, day, 28)
    return amount > fmean(past) + 3 * stdev(past)


def seasonal(history, day, amount):
    return amount > 2 * max(_before(history, day, 28)[6::7])


def record(history, day, amount):
    return amount > 1.3 * max(_before(history, day, 14))


RULES = {"ours": ours, "naive": naive, "seasonal": seasonal, "record": record}


def test(all_series, start, step):
    """{rule: [days, false alarms, told of five times the usual, told of five times itself]}"""
    found = {name: [0, 0, 0, 0] for name in RULES}
    for series in all_series:
        days = sorted(series)
        for n in range(start, len(days), step):
            day = days[n]
            history = {d: series[d] for d in days[max(0, n - anomaly.HISTORY_DAYS) : n]}
            active = [a for d, a in history.items() if a and (day - d).days <= 28]
            if len(active) < 5 or not series[day]:
                continue
            usual = median(active)
            for name, rule in RULES.items():
                asked = (series[day], FACTOR * usual, FACTOR * series[day])
                told = [rule(history, day, amount) for amount in asked]
                found[name] = [a + b for a, b in zip(found[name], [1, *told])]
    return found


def line(label, found):
    cells = []
    for days, false, usual, own in found.values():
        days = days or 1
        cells.append(f"{40 * false / days:7.2f}{100 * usual / days:5.0f}%{100 * own / days:5.0f}%")
    return f"{label:28.28}" + " ".join(cells)


def add(results):
    """The sum of several results."""
    total = {name: [0, 0, 0, 0] for name in RULES}
    for found in results:
        for name, counts in found.items():
            total[name] = [a + b for a, b in zip(total[name], counts)]
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=40, help="series a regime (default 40)")
    parser.add_argument("--data", metavar="DIR", help="a folder of .csv files: date, value")
    options = parser.parse_args()
    print("of each rule: false alarms in 40 days, told of 5 x usual, told of 5 x the day itself")
    print(f"{'':28}" + " ".join(f"{name:>19}" for name in RULES))
    results = {}
    every = (*_spend_series.REGIMES, *_spend_series.UNSEEN, *_spend_series.SECOND)
    for number, regime in enumerate(every):
        rng = _spend_series.generator(20261126 + number)
        drawn = (_spend_series.draw(regime, rng, DAYS) for _ in range(options.series))
        results[regime] = test(drawn, FROM, STEP)
        print(line(regime, results[regime]), flush=True)
    bursty = add(results[regime] for regime in _spend_series.BURSTY)
    both = add([bursty, *(results[regime] for regime in _spend_series.ORDINARY)])
    unseen = add(results[regime] for regime in _spend_series.UNSEEN_BURSTY)
    quiet = add(results[regime] for regime in _spend_series.UNSEEN_QUIET)
    print(line("all bursty regimes", bursty))
    print(line("bursty and ordinary", both))
    print(line("unseen bursty", unseen))
    print(line("unseen quiet", quiet))
    for name in ("SECOND_BURSTY", "SECOND_QUIET"):
        found = add(results[regime] for regime in getattr(_spend_series, name))
        print(line(name.lower().replace("_", " "), found))
    if options.data:
        files = _spend_series.read(options.data)
        found = {name: test([series], FROM_OF_FILE, 1) for name, series in files.items()}
        for name, result in found.items():
            print(line(name, result), flush=True)
        print(line("all files", add(found.values())))
    good = True
    for result in (bursty, both, unseen):
        days, false, usual, own = result["ours"]
        good &= 40 * false <= days and min(usual, own) >= days / 2
    print(
        "PASS" if good else "FAIL", "(at most 1 false alarm in 40 days, at least half of them told)"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
