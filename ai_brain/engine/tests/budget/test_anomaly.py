"""Days that depart from bursty histories, and who caused them."""

import random
from datetime import date, timedelta
from math import exp

import pytest
from engine.budget.anomaly import Anomaly, cause, causes, spend_anomaly, usual_amount

MONDAY = date(2026, 6, 1)


def days(amounts, first=MONDAY):
    return {first + timedelta(n): amount for n, amount in enumerate(amounts)}


def bursty(rng, size, sigma=0.75, memory=0.6):
    state, out = 0.0, []
    for _ in range(size):
        state = memory * state + rng.gauss(0, sigma * (1 - memory**2) ** 0.5)
        out.append(10 * exp(state))
    return out


def test_half_of_the_days_of_five_times_the_usual_are_told_on_a_bursty_series():
    rng = random.Random(5)
    told = false = tested = 0
    for _ in range(40):
        series = days(bursty(rng, 80))
        for n in range(30, 80, 5):
            day = MONDAY + timedelta(n)
            history = {d: a for d, a in series.items() if d < day}
            tested += 1
            false += bool(spend_anomaly(history, day, series[day]))
            told += bool(spend_anomaly(history, day, 50))
    assert told > 0.5 * tested
    assert false <= tested / 40


def test_a_burst_of_two_months_ago_hides_no_burst_of_today():
    calm = [10 + n % 4 for n in range(50)]
    history = days([10, 12, 11, 400, 300, 9, *calm])
    assert spend_anomaly(history, MONDAY + timedelta(56), 60)


def test_the_weekly_job_is_no_news():
    history = days([80 if n % 7 == 0 else 10 + n % 3 for n in range(56)])
    assert spend_anomaly(history, MONDAY + timedelta(56), 85) is None
    assert spend_anomaly(history, MONDAY + timedelta(57), 400)


def test_the_monthly_run_is_news_once():
    first, second = date(2026, 6, 30), date(2026, 7, 30)
    history = days([10 + n % 3 for n in range((second - MONDAY).days)])
    assert spend_anomaly(history, second, 90)
    history[first] = 85
    assert spend_anomaly(history, second, 90) is None
    assert spend_anomaly(history, second, 400)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (date(2026, 4, 30), date(2026, 5, 31)),
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 5, 31), date(2026, 6, 30)),
    ],
)
def test_the_run_of_a_month_s_last_day_is_news_once(first, second):
    history = {second - timedelta(n): 10 + n % 3 for n in range(1, 57)}
    assert spend_anomaly(history, second, 90)
    assert spend_anomaly({**history, first: 85}, second, 90) is None


def test_nearly_five_times_the_usual_is_told_unless_it_is_nothing_new():
    rng = random.Random(3)
    wild = days([10 * exp(rng.gauss(0, 0.9)) for _ in range(56)])
    day, usual = MONDAY + timedelta(56), sorted(list(wild.values())[-28:])[13]
    calm_week = {d: min(a, 2 * usual) if (day - d).days < 10 else a for d, a in wild.items()}
    assert spend_anomaly(calm_week, day, 5.2 * usual)
    assert spend_anomaly({**calm_week, day - timedelta(2): 5 * usual}, day, 5.2 * usual) is None
    assert spend_anomaly({**calm_week, day - timedelta(12): 5 * usual}, day, 5.2 * usual)


def test_a_busy_spell_is_told_when_it_begins_and_not_on_each_of_its_days():
    rng = random.Random(9)
    usual = bursty(rng, 50, sigma=0.4)
    history = days([*usual, 90, 80])
    first = {d: a for d, a in history.items() if d < MONDAY + timedelta(50)}
    assert spend_anomaly(first, MONDAY + timedelta(50), 90)
    assert spend_anomaly(history, MONDAY + timedelta(52), 85) is None


def test_an_anomaly_says_what_it_cost_above_the_usual():
    found = spend_anomaly(days([10] * 30), MONDAY + timedelta(30), 100)
    assert found.expected == pytest.approx(10)
    assert found.excess == pytest.approx(90)
    assert found.ratio == pytest.approx(10)
    assert Anomaly(MONDAY, 3, 0, 1).ratio == float("inf")


def test_more_series_watched_must_depart_more():
    history = days([10 + n % 5 for n in range(40)])
    day = MONDAY + timedelta(40)
    alone = spend_anomaly(history, day, 1000).high
    crowd = spend_anomaly(history, day, 1000, series=50).high
    assert alone < crowd < 30 * alone


STEADY = days([10.0] * 28)
DAY = MONDAY + timedelta(28)


def test_the_cause_is_who_explains_most_of_the_excess():
    series = {
        "agent": {"sales": {**STEADY, DAY: 40}, "support": {**STEADY, DAY: 40}},
        "user": {"anna": {**STEADY, DAY: 10}, "bert": {**STEADY, DAY: 70}},
    }
    found = cause(series, DAY)
    assert (found.dimension, found.key) == ("user", "bert")
    assert (found.amount, found.expected, found.excess) == (70, 10, 60)
    assert found.share == 1
    assert [c.dimension for c in causes(series, DAY)] == ["user", "agent"]


def test_of_equal_causes_the_smallest_part_of_usual_spend_is_named():
    series = {
        "module": {"crm": {**days([30.0] * 28), DAY: 100}},
        "record": {"lead 7": {DAY: 69.0}, "lead 8": {**days([30.0] * 28), DAY: 31}},
    }
    found = cause(series, DAY)
    assert (found.dimension, found.key, found.expected) == ("record", "lead 7", 0)
    assert found.share == pytest.approx(69 / 70)


def test_a_total_that_no_part_explains_has_a_small_share():
    series = {"agent": {"sales": {**STEADY, DAY: 20}}}
    total = {**STEADY, DAY: 110}
    assert cause(series, DAY, total).share == pytest.approx(0.1)


@pytest.mark.parametrize("series", [{}, {"user": {}}, {"user": {"anna": {**STEADY, DAY: 9}}}])
def test_without_an_excess_there_is_no_cause(series):
    assert cause(series, DAY) is None


def test_weekends_are_compared_with_weekends():
    history = days([20 if n % 7 < 5 else 0 for n in range(28)])
    saturday = MONDAY + timedelta(33)
    assert usual_amount(history, MONDAY + timedelta(28)) == 20
    assert usual_amount(history, saturday) == 0
