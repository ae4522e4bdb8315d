"""Does a sum of money depart from its own history, and by whose doing?

Days are compared on a logarithmic scale, for spend grows and bursts by factors, and with the
median of four weeks; weekends are levelled with the other days. How far the days of eight weeks
lie apart says how far one may depart, though of a series that is watched alone what comes to nearly
five times the median of its last 28 days, weekends among them, is told however wild it is, unless
it is nothing new: what departs must exceed the highest of the last nine days of spend and of the
same day of the month before (its last day, on the last of a month), by the more the further that
departed itself. For bursts come together, and the days after one are when a false alert is
likeliest.

``false_alert_days`` is how many ordinary days one false alert may take over all series tested
together, so the more users and modules are watched, the more each must depart. Below a least sum
and twice the usual, also of the same weekday, nothing is told. The first burst of a series that
never had one is a departure, and is told as such.

Chosen on the series of ``benchmarks/_spend_series.py``; ``benchmarks/bench_alarm.py`` prints how
many days it tells, and how many of them falsely.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, log
from statistics import median, pstdev

HISTORY_DAYS = 56
LEAST_DAYS = 10  # days of history with spend, below which nothing is claimed
USUAL_DAYS = 28  # whose median is the usual spend
LEAST_RATIO = 2.0
SPREADS, MARGIN = 1.75, 0.3  # standard deviations above the usual, and so much more (logarithm)
TOLD_RATIO = 4.8  # times the median of four weeks, told whatever the spread of a series alone
RECORD_DAYS, STEEPER = 9, 1.25  # a departure exceeds the highest of so many by this power
TARGET_DAYS = 40.0  # false_alert_days that the limits above are made for
TAIL, TAIL_SPREADS = 0.2, 0.2  # mean excess above them: so much, and this share of the spread
NEAR = 0.9  # causes that explain this share of the best one's excess are as good


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

    @property
    def excess(self):
        """What the day cost above the usual."""
        return self.amount - self.expected


@dataclass(frozen=True)
class Cause:
    """``key`` of ``dimension`` spent ``amount`` where ``expected`` was usual for it.

    ``share`` (0 to 1) is the part of the whole excess of the day that it explains.
    """

    dimension: str
    key: object
    amount: float
    expected: float
    share: float

    @property
    def excess(self):
        """What it cost above the usual."""
        return self.amount - self.expected


def _weekend(day):
    return day.weekday() > 4


def _levelled(spent, day):
    """Logarithms of ``[(date, amount)]``, weekends and other days brought to ``day``'s level.

    The difference of their medians is shrunk by its own error: noise makes no rhythm.
    """
    groups = ([log(a) for d, a in spent if _weekend(d) is kind] for kind in (False, True))
    week, weekend = groups
    if len(week) < 4 or len(weekend) < 3:  # idle or new weekends: measured by all days there are
        return [log(a) for _d, a in spent]
    centre = median(week)
    step = median(weekend) - centre
    spread = median([abs(x - centre) for x in week]) * 1.4826
    error = 1.57 * spread**2 * (1 / len(week) + 1 / len(weekend))  # variance of two medians
    step *= max(0.0, 1 - error / step**2) if step else 0.0
    shift = step * (1 if _weekend(day) else -1)
    return [log(a) + (shift if _weekend(d) is not _weekend(day) else 0.0) for d, a in spent]


def _on_the_day_of(one, other):
    """Is it the same day of the month, or the last of both? A monthly run is no news."""
    after = timedelta(days=1)
    return one.day == other.day or (one + after).day == (other + after).day == 1


def spend_anomaly(
    history: Mapping[date, float],
    day: date,
    amount: float,
    *,
    series: int = 1,
    false_alert_days: float = TARGET_DAYS,
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
    amount, since = float(amount), day - timedelta(days=HISTORY_DAYS)
    spent = sorted((d, float(a)) for d, a in history.items() if since <= d < day and a > 0)
    if len(spent) < LEAST_DAYS or amount <= 0 or amount < least_amount:
        return None
    logs = _levelled(spent, day)
    usual, spread = median(logs[-USUAL_DAYS:]), pstdev(logs)
    same_weekday = [log(a) for d, a in spent if d.weekday() == day.weekday()]
    ordinary = max(usual, median(same_weekday)) if len(same_weekday) > 2 else usual
    month = [a for d, a in spent if (day - d).days <= USUAL_DAYS]
    told = log(TOLD_RATIO) + (log(median(month)) if month else usual)
    alike = [x for (d, _a), x in zip(spent, logs) if _on_the_day_of(d, day)]
    record = usual + STEEPER * (max(logs[-RECORD_DAYS:] + alike) - usual)
    high = max(min(usual + SPREADS * spread + MARGIN, told), record)
    days = false_alert_days * max(series, 1)
    high += (TAIL + TAIL_SPREADS * spread) * log(days / TARGET_DAYS)
    expected, high = exp(usual), exp(high)
    if amount <= high or amount < LEAST_RATIO * exp(ordinary):
        return None
    return Anomaly(day, amount, expected, high)


def usual_amount(history: Mapping[date, float], day: date) -> float:
    """Mean of the days like ``day`` (weekend or not) in the four weeks before it.

    Days without spend count as zero; the highest tenth is left out, so that an earlier burst
    is not the rule. Sums of parts add up nearly to that of the whole, as medians would not.

    >>> usual_amount({date(2026, 6, 1) + timedelta(n): 10 for n in range(28)}, date(2026, 6, 29))
    10.0
    """
    days = (day - timedelta(days=n) for n in range(1, USUAL_DAYS + 1))
    amounts = sorted(float(history.get(d, 0.0)) for d in days if _weekend(d) is _weekend(day))
    kept = amounts[: len(amounts) - len(amounts) // 10] if len(amounts) >= 10 else amounts
    return sum(kept) / len(kept)


def causes(
    series_by_dimension: Mapping[str, Mapping[object, Mapping[date, float]]],
    day: date,
    total: Mapping[date, float] | None = None,
) -> list[Cause]:
    """Return for each dimension the key that explains most of the day's excess, best first.

    ``series_by_dimension`` maps a dimension ('agent', 'user', 'module', 'record') to its keys
    and their daily sums; ``total`` is the series that the alarm was about (left out: the
    dimension with the highest sum on ``day`` stands for it). Only what spent more than usual
    is a cause. Of those that explain about as much, the one that is the smallest part of usual
    spend is the most telling: a module that always pays nearly everything explains everything.
    """
    if total is None:
        wholes = []
        for parts in series_by_dimension.values():
            whole = {}
            for amounts in parts.values():
                for d, a in amounts.items():
                    whole[d] = whole.get(d, 0.0) + float(a)
            wholes.append(whole)
        total = max(wholes, key=lambda whole: whole.get(day, 0.0), default={})
    usual_total = usual_amount(total, day)
    excess = float(total.get(day, 0.0)) - usual_total
    if excess <= 0:
        return []
    found = []
    for dimension, parts in series_by_dimension.items():
        best = None
        for key, amounts in parts.items():
            amount, usual = float(amounts.get(day, 0.0)), usual_amount(amounts, day)
            share = min(1.0, (amount - usual) / excess)
            if share > 0 and (best is None or amount - usual > best.excess):
                best = Cause(dimension, key, amount, usual, share)
        if best:
            found.append(best)
    most = NEAR * max((c.share for c in found), default=0.0)
    near = sorted((c for c in found if c.share >= most), key=lambda c: c.expected)
    return near + sorted((c for c in found if c.share < most), key=lambda c: -c.share)


def cause(series_by_dimension, day, total=None) -> Cause | None:
    """Return the one ``Cause`` that explains most of what ``day`` cost above the usual, or None.

    Arguments as in ``causes``.

    >>> week = [date(2026, 6, 1) + timedelta(n) for n in range(28)]
    >>> steady, burst = {d: 10 for d in week}, {d: 1 for d in week}
    >>> day = date(2026, 6, 29)
    >>> users = {"anna": {**steady, day: 11}, "bert": {**burst, day: 60}}
    >>> modules = {"crm": {d: 11 for d in week} | {day: 71}}
    >>> found = cause({"module": modules, "user": users}, day)
    >>> found.dimension, found.key, found.excess, round(found.share, 2)
    ('user', 'bert', 59.0, 0.98)
    """
    return next(iter(causes(series_by_dimension, day, total)), None)
