"""Local dates: where a day begins, and calendar periods."""

from datetime import date, datetime, timedelta

import pytest
from engine.base.clock import ZoneError, calendar_period, day_start, local_date, zone

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
def test_the_first_second_of_a_day_is_its_and_the_one_before_is_not(tz):
    for n in range(366):
        day = date(2018, 1, 1) + timedelta(n)  # Brazil still changed its clocks at midnight
        start = day_start(day, tz)
        assert local_date(start, tz) == day
        assert local_date(start - timedelta(seconds=1), tz) == day - timedelta(1)


def test_a_day_that_a_country_skipped_has_no_length():
    assert day_start(date(2011, 12, 30), "Pacific/Apia") == day_start(
        date(2011, 12, 31), "Pacific/Apia"
    )


def test_unknown_zones_are_refused_and_old_names_known():
    assert local_date(datetime(2026, 1, 1, 7), zone("US/Pacific")) == date(2025, 12, 31)
    with pytest.raises(ZoneError):
        zone("Mars/Olympus")


@pytest.mark.parametrize("unit", ["day", "week", "month", "quarter", "year"])
def test_calendar_periods_meet_without_gap_or_overlap(unit):
    day = date(2027, 1, 1)
    first, last = calendar_period(unit, day)
    for _time in range(40):
        assert first <= day <= last
        assert calendar_period(unit, last) == (first, last)
        day = last + timedelta(1)
        following = calendar_period(unit, day)
        assert following[0] == day
        first, last = following


def test_leap_years_have_their_day():
    assert calendar_period("month", date(2028, 2, 1))[1] == date(2028, 2, 29)
    assert calendar_period("month", date(2100, 2, 1))[1] == date(2100, 2, 28)


def test_another_unit_is_an_error():
    with pytest.raises(KeyError):
        calendar_period("decade", date(2027, 1, 1))
