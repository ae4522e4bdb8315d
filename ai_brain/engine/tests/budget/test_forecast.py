"""Forecast of a period's end, and days that depart from their history."""

import random
from datetime import date, timedelta

import pytest
from engine.budget.anomaly import spend_anomaly
from engine.budget.forecast import forecast, weekday_factors

MONDAY = date(2026, 6, 1)
JULY = date(2026, 7, 1), date(2026, 7, 31)


def days(amounts, first=MONDAY):
    return {first + timedelta(n): amount for n, amount in enumerate(amounts)}


def test_a_weekly_rhythm_is_carried_on():
    history = days([20 if n % 7 < 5 else 2 for n in range(37)])  # until July 7
    f = forecast(history, date(2026, 7, 7), *JULY)
    truth = sum(20 if d.weekday() < 5 else 2 for d in (JULY[0] + timedelta(n) for n in range(31)))
    assert f.expected == pytest.approx(truth, rel=0.03)
    assert f.low <= truth <= f.high
    assert f.confidence == "high"


def test_idle_weekends_stay_idle():
    history = days([30 if n % 7 < 5 else 0 for n in range(33)])  # until Friday, July 3
    f = forecast(history, date(2026, 7, 3), *JULY)
    weekend = [amount for day, amount in f.per_day if day.weekday() > 4]
    assert max(weekend) < 3
    assert f.expected == pytest.approx(23 * 30, rel=0.05)


def test_a_trend_is_followed_but_not_for_ever():
    history = days([10 + n for n in range(40)])
    f = forecast(history, date(2026, 7, 10), *JULY)
    truth = sum(10 + n for n in range(30, 61))
    assert f.expected == pytest.approx(truth, rel=0.08)
    assert f.low < truth < f.high


def test_three_days_give_a_wide_interval_and_say_so():
    f = forecast(days([10, 11, 9], JULY[0]), date(2026, 7, 3), *JULY)
    assert f.confidence == "low"
    assert f.high - f.low > 0.5 * f.expected
    long = forecast(days([10, 11, 9] * 20, MONDAY), date(2026, 7, 30), *JULY)
    assert long.high - long.low < 0.1 * long.expected


def test_what_is_spent_is_never_forecast_away():
    for history in ([500], [0, 0, 500, 0, 0], [1e-9] * 5, [0] * 9 + [3]):
        today = JULY[0] + timedelta(len(history) - 1)
        f = forecast(days(history, JULY[0]), today, *JULY)
        assert sum(history) <= f.low <= f.high
        assert f.low <= f.expected


def test_nothing_to_go_by():
    f = forecast({}, JULY[0], *JULY)
    assert (f.expected, f.low, f.high, f.confidence) == (0, 0, 0, "none")


def test_a_period_that_is_over_is_no_forecast():
    f = forecast(days([10] * 70), date(2026, 8, 2), *JULY)
    assert (f.expected, f.low, f.high) == (310, 310, 310)


def test_today_counts_as_far_as_it_has_gone():
    history = days([10] * 31)  # until July 1, complete
    whole = forecast(history, JULY[0], *JULY)
    half = forecast({**history, JULY[0]: 5}, JULY[0], *JULY, day_fraction=0.5)
    assert whole.expected == pytest.approx(310, rel=0.01)
    assert half.expected == pytest.approx(310, rel=0.01)


def test_the_same_question_has_one_answer():
    history = days([random.Random(4).random() for _ in range(33)])
    assert forecast(history, date(2026, 7, 3), *JULY) == forecast(history, date(2026, 7, 3), *JULY)


def test_weekday_factors_of_nothing_are_neutral():
    assert weekday_factors([(MONDAY, 0.0)]) == [1.0] * 7


def test_the_interval_holds_about_80_percent():
    generator = random.Random(7)
    inside = 0
    for _ in range(150):
        amounts = [generator.gammavariate(4, 0.25) * (1, 0.3)[n % 7 > 4] for n in range(61)]
        f = forecast(days(amounts[:40]), date(2026, 7, 10), *JULY)
        inside += f.low <= sum(amounts[30:]) <= f.high
    assert 0.70 <= inside / 150 <= 0.93


def test_the_interval_holds_where_idle_days_come_by_chance():
    generator = random.Random(8)
    inside = 0
    for _ in range(100):
        amounts = [generator.choice((0, 1, 1)) * generator.gammavariate(6, 1) for _ in range(41)]
        amounts[0] = 6
        f = forecast(days(amounts[:20], JULY[0]), date(2026, 7, 20), *JULY)
        inside += f.low <= sum(amounts[:31]) <= f.high
    assert 70 <= inside <= 90


def ordinary(generator, size, weekend=1.0):
    return days(
        [generator.gammavariate(6, 1 / 6) * (1, weekend)[n % 7 > 4] * 12 for n in range(size)]
    )


@pytest.mark.parametrize("weekend", [1.0, 0.3, 0.0])
@pytest.mark.parametrize("series", [1, 20])
def test_at_most_about_one_false_alert_in_40_ordinary_days(weekend, series):
    generator = random.Random(11)
    alerts = tested = 0
    for _ in range(16 if series == 1 else 3):
        all_series = [ordinary(generator, 90, weekend) for _ in range(series)]
        for n in range(30, 90):
            day = MONDAY + timedelta(n)
            tested += 1
            alerts += any(spend_anomaly(s, day, s[day], series=series) for s in all_series)
    assert alerts <= tested / 40


def test_a_day_of_six_times_the_usual_is_found():
    generator = random.Random(12)
    found = 0
    for _ in range(60):
        history = ordinary(generator, 36)
        found += bool(spend_anomaly(history, MONDAY + timedelta(36), 72))
    assert found >= 57


def test_too_little_history_or_money_claims_nothing():
    few = days([10] * 9)
    assert spend_anomaly(few, MONDAY + timedelta(9), 1000) is None
    many = days([10] * 30)
    assert spend_anomaly(many, MONDAY + timedelta(30), 100)
    assert spend_anomaly(many, MONDAY + timedelta(30), 100, least_amount=200) is None
    assert spend_anomaly(many, MONDAY + timedelta(30), 19) is None, "not twice the usual"


def test_a_record_by_a_little_is_ordinary():
    history = days([10, 80] * 15)
    assert spend_anomaly(history, MONDAY + timedelta(30), 90) is None


def test_spend_of_long_ago_is_counted_and_says_nothing_of_the_days_ahead():
    old = {date(2026, 3, 25): 5.0}
    year = date(2026, 1, 1), date(2026, 12, 31)
    found = forecast(old, date(2026, 11, 23), *year)
    assert (found.expected, found.low, found.high, found.confidence) == (5.0, 5.0, 5.0, "none")
    again = forecast({**old, date(2026, 11, 23): 1.0}, date(2026, 11, 23), *year, day_fraction=0.5)
    assert again.expected > 6.0
