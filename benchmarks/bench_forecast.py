#!/usr/bin/env python3
"""Backtest of the month-end forecast, and of the day ahead, against plain forecasts.

    python3 benchmarks/bench_forecast.py [--series N] [--data DIR]

Series: those of _spend_series.py, with no history or up to 100 days of it, then a month, seen
after 3, 10 and 20 of its days; with --data, each window of 30 days in every .csv of DIR (date,
value), up to 84 days before it as history (public ones: see bench_alarm.py).

Printed for each: mean absolute error in percent of the month's true sum for the run rate of the
month (rate), the mean of all days since the first use (level), the same weekdays of the last
four weeks (seasonal) and ours; the share of months whose true sum lay inside our 80 % interval,
and below it; and the absolute error of the day ahead in percent of all spend on such days, for
the day itself repeated (yesterday), the same weekday of the week before (week) and ours.

Exit 1 if over ordinary, over bursty or over unseen regimes (which had no part in choosing
anything) ours is beaten by one of the plain forecasts, or
the interval holds less than 75 % or more than 85 %, or the day ahead is worse than yesterday's.
"""

import argparse
import sys
from datetime import date, timedelta
from math import sqrt
from pathlib import Path
from statistics import pstdev

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ai_brain"))

import _spend_series
from engine.budget.forecast import HISTORY_DAYS, forecast

CUTS, HISTORIES, MONTH, STEP_OF_FILE = (3, 10, 20), (0, 14, 25, 60, 100), 31, 7
PLAIN = ("rate", "level", "seasonal")


def rate(seen, today, first, last):
    spent = sum(amount for day, amount in seen.items() if day >= first)
    return spent / ((today - first).days + 1) * ((last - first).days + 1)


def level(seen, today, first, last):
    spent = sum(amount for day, amount in seen.items() if day >= first)
    begin = min(day for day, amount in seen.items() if amount)
    return spent + sum(seen.values()) / ((today - begin).days + 1) * (last - today).days


def seasonal(seen, today, first, last):
    spent = sum(amount for day, amount in seen.items() if day >= first)
    mean = sum(seen.values()) / len(seen)
    for n in range((last - today).days):
        day = today + timedelta(n + 1)
        same = [day - timedelta(7 * weeks) for weeks in range(1, 10)]
        same = [seen[d] for d in same if d <= today and d in seen][:4]
        spent += sum(same) / len(same) if same else mean
    return spent


def plain_interval(seen, today, last):
    begin = min(day for day, amount in seen.items() if amount)
    return 1.28 * pstdev([a for d, a in seen.items() if d >= begin]) * sqrt((last - today).days)


class Tally:
    """Errors of months and of days ahead, and how often the interval held."""

    def __init__(self):
        self.months = self.inside = self.below = self.plain = self.days = 0
        self.errors = dict.fromkeys((*PLAIN, "ours"), 0.0)
        self.ahead = dict.fromkeys(("yesterday", "week", "ours"), 0.0)

    def add(self, window, first, last, today):
        seen = {day: amount for day, amount in window.items() if day <= today}
        truth = sum(amount for day, amount in window.items() if first <= day <= last)
        if not truth or not any(seen.values()):
            return
        found = forecast(seen, today, first, last)
        values = {name: globals()[name](seen, today, first, last) for name in PLAIN}
        for name, value in (*values.items(), ("ours", found.expected)):
            self.errors[name] += abs(value - truth) / truth * 100
        self.months += 1
        self.inside += found.low <= truth <= found.high
        self.below += truth < found.low
        self.plain += abs(values["level"] - truth) <= plain_interval(seen, today, last)
        tomorrow = today + timedelta(1)
        amount, scale = window[tomorrow], sum(seen.values()) / len(seen)
        ahead = {"yesterday": seen[today], "week": seen.get(today - timedelta(6), seen[today])}
        ahead["ours"] = found.per_day[0][1]
        self.days += amount / scale
        for name, value in ahead.items():
            self.ahead[name] += abs(value - amount) / scale * 100

    def merge(self, other):
        for name in ("months", "inside", "below", "plain", "days"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for mine, its in ((self.errors, other.errors), (self.ahead, other.ahead)):
            for name, value in its.items():
                mine[name] += value

    def error(self, name):
        return self.errors[name] / max(self.months, 1)

    @property
    def held(self):
        return 100 * self.inside / max(self.months, 1)

    def __str__(self):
        errors = "".join(f"{self.error(name):9.1f}" for name in self.errors)
        ahead = "".join(f"{value / max(self.days, 1e-9):10.0f}" for value in self.ahead.values())
        below = 100 * self.below / max(self.months, 1)
        plain = 100 * self.plain / max(self.months, 1)
        return f"{self.months:7}{errors}{self.held:8.0f}%{below:6.0f}%{plain:6.0f}%{ahead}"

    def good(self):
        best = min(self.error(name) for name in PLAIN)
        plain = min(self.ahead["yesterday"], self.ahead["week"])
        return self.error("ours") <= best and 75 <= self.held <= 85 and self.ahead["ours"] <= plain


def of_regime(regime, count, rng):
    """{cut: Tally} of ``count`` made-up months."""
    found = {cut: Tally() for cut in CUTS}
    for _ in range(count):
        first = date(2025, rng.randint(4, 12), 1)
        before = rng.choice(HISTORIES[:3] if regime == "new start" else HISTORIES)
        window = _spend_series.draw(regime, rng, before + MONTH, first - timedelta(before))
        for cut, tally in found.items():
            tally.add(window, first, first + timedelta(MONTH - 1), first + timedelta(cut - 1))
    return found


def of_file(series):
    found = {cut: Tally() for cut in CUTS}
    begin, end = min(series), max(series)
    for n in range(0, (end - begin).days - 29, STEP_OF_FILE):
        first = begin + timedelta(n)
        start = max(begin, first - timedelta(HISTORY_DAYS))
        days = ((first - start).days + 30) if n else 30
        window = {start + timedelta(k): series.get(start + timedelta(k), 0.0) for k in range(days)}
        for cut, tally in found.items():
            tally.add(window, first, first + timedelta(29), first + timedelta(cut - 1))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=80, help="months a regime (default 80)")
    parser.add_argument("--data", metavar="DIR", help="a folder of .csv files: date, value")
    options = parser.parse_args()
    print(f"{'':24}{'error of the month, percent':>43}{'80 % interval':>23}{'day ahead':>24}")
    names = f"{'rate':>9}{'level':>9}{'seasonal':>9}{'ours':>9}{'holds':>9}{'below':>7}{'plain':>7}"
    print(f"{'series':18}{'seen':>6}{'months':>7}{names}{'yesterday':>10}{'week':>10}{'ours':>10}")
    groups = {
        "ordinary": (_spend_series.ORDINARY, Tally()),
        "bursty": (_spend_series.BURSTY, Tally()),
        "unseen quiet": (_spend_series.UNSEEN_QUIET, Tally()),
        "unseen bursty": (_spend_series.UNSEEN_BURSTY, Tally()),
    }
    second = {
        "second quiet": (_spend_series.SECOND_QUIET, Tally()),
        "second bursty": (_spend_series.SECOND_BURSTY, Tally()),
    }
    regimes_of_all = (*_spend_series.REGIMES, *_spend_series.UNSEEN, *_spend_series.SECOND)
    bursty_at_10 = Tally()
    for number, regime in enumerate(regimes_of_all):
        found = of_regime(regime, options.series, _spend_series.generator(20261126 + number))
        for cut, tally in found.items():
            print(f"{regime:18}{cut:5}d{tally}", flush=True)
            for regimes, total in (*groups.values(), *second.values()):
                if regime in regimes:
                    total.merge(tally)
            if regime in _spend_series.BURSTY and cut == 10:
                bursty_at_10.merge(tally)
    for name, (_regimes, total) in {**groups, **second}.items():
        print(f"{'all ' + name:24}{total}")
    print(f"{'all bursty at day 10':24}{bursty_at_10}")
    if options.data:
        for name, series in _spend_series.read(options.data).items():
            for cut, tally in of_file(series).items():
                print(f"{name:18.18}{cut:5}d{tally}", flush=True)
    good = all(total.good() for _regimes, total in groups.values())
    good &= bursty_at_10.error("ours") <= bursty_at_10.error("level")
    print("PASS" if good else "FAIL", "(not beaten by a plain forecast; interval holds 75-85 %)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
