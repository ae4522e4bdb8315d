"""Periods, thresholds and limits of budgets."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from engine.base.clock import local_date
from engine.budget.limits import (
    BudgetValueError,
    elapsed_fraction,
    largest_fitting,
    limit,
    parse_thresholds,
    percent,
    period_bounds,
    period_days,
    thresholds_crossed,
    used_percent,
)

UTC = timezone.utc
PLACES = (
    "UTC",
    "Europe/Brussels",
    "America/New_York",
    "America/Havana",  # falls back from 01:00 to midnight
    "Africa/Cairo",  # springs forward at midnight
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "US/Pacific",
)


@pytest.mark.parametrize("tz", PLACES)
@pytest.mark.parametrize("kind", ["daily", "weekly", "monthly"])
def test_a_moment_lies_in_the_period_of_its_local_date(tz, kind):
    moment = datetime(2026, 1, 1, 0, 7, tzinfo=UTC)
    before = None
    while moment.year == 2026:
        period = period_bounds(kind, moment, tz)
        assert period.start_utc <= moment < period.end_utc
        assert period.local_start <= local_date(moment, tz) <= period.local_end
        if before and before != period:
            assert before.end_utc == period.start_utc, "no gap and no overlap"
            assert before.local_end + timedelta(1) == period.local_start
        before = period
        moment += timedelta(hours=5, minutes=30)


def test_days_of_23_and_25_hours():
    spring = period_bounds("daily", datetime(2026, 3, 29, 12), "Europe/Brussels")
    autumn = period_bounds("daily", datetime(2026, 10, 25, 12), "Europe/Brussels")
    assert spring.end_utc - spring.start_utc == timedelta(hours=23)
    assert autumn.end_utc - autumn.start_utc == timedelta(hours=25)


def test_weeks_begin_on_monday_also_over_the_year():
    assert period_days("weekly", date(2027, 1, 3)) == (date(2026, 12, 28), date(2027, 1, 3))
    assert period_days("weekly", date(2027, 1, 4))[0] == date(2027, 1, 4)


def test_custom_periods_hold_their_dates():
    days = date(2026, 2, 3), date(2026, 2, 9)
    period = period_bounds("custom", datetime(2026, 2, 9, 22, 59), "Europe/Brussels", *days)
    assert period.end_utc == datetime(2026, 2, 9, 23)
    for start, end in ((None, date(2026, 1, 1)), (date(2026, 1, 2), date(2026, 1, 1))):
        with pytest.raises(BudgetValueError):
            period_days("custom", date(2026, 1, 1), start, end)
    with pytest.raises(BudgetValueError):
        period_days("yearly", date(2026, 1, 1))


def test_elapsed_fraction_stays_within_0_and_1():
    period = period_bounds("daily", datetime(2026, 6, 1, 12), "UTC")
    assert elapsed_fraction(period, datetime(2026, 6, 1, 12)) == 0.5
    assert elapsed_fraction(period, datetime(2026, 6, 3)) == 1
    assert elapsed_fraction(period, datetime(2026, 5, 3)) == 0


@pytest.mark.parametrize(
    "bad",
    [
        ["fifty"],
        [50, None],
        [True],
        [50, 101],
        [0],
        [-5],
        [80, 50],
        [50, 50],
        ["50", "50.0"],
        [float("nan")],
        ["inf"],
        [[50]],
        {"a": 1},
        42,
        "[50, 80",
        "50;80",
        "50,,80",
    ],
)
def test_bad_thresholds_are_refused_with_a_reason(bad):
    with pytest.raises(BudgetValueError) as caught:
        parse_thresholds(bad)
    assert "hreshold" in str(caught.value)


def test_good_thresholds():
    assert parse_thresholds([50, "80", 99.5]) == (50, 80, Decimal("99.5"))
    assert parse_thresholds("[50, 100]") == (50, 100)
    assert parse_thresholds([]) == parse_thresholds(False) == ()
    assert percent("12,5".replace(",", ".")) == Decimal("12.5")
    with pytest.raises(BudgetValueError):
        percent(0, zero=False)


def test_every_threshold_is_crossed_once_however_the_sum_is_cut():
    marks = (10, 33, 50, 80, 100)
    for step in (1, 7, 30, 77, 150):
        spent, seen = Decimal(0), []
        while spent < 150:
            seen += thresholds_crossed(spent, spent + step, 100, marks)
            spent += step
        assert tuple(seen) == marks
    assert thresholds_crossed(0, 100, 100, marks) == marks
    assert thresholds_crossed(100, 120, 100, marks) == ()


def test_limits():
    assert limit(100, 100) == 100
    assert limit("0.3", 50) == Decimal("0.15")
    assert limit(100, 0) is None, "a threshold of 0 means never"
    assert limit(0, 100) == 0, "a budget of nothing allows nothing"
    assert used_percent(Decimal("0.1") + Decimal("0.2"), Decimal("0.3")) == 100


def test_largest_fitting_agrees_with_trying_them_all():
    for available in range(40):
        tried = [n for n in range(3, 20) if 5 + 2 * n <= available]
        expected = max(tried, default=None)
        assert largest_fitting(available, lambda n: 5 + 2 * n, 19, 3) == expected
    assert largest_fitting(10, lambda n: 0, 2, 3) is None
