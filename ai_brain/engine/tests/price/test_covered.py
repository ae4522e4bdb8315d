"""What a price does not cover in full is unpriced; what has a rate is priced by it."""

from datetime import datetime, time
from decimal import Decimal

import pytest
from engine.price.pricing import (
    UNPRICED,
    Hours,
    Price,
    PriceError,
    Rates,
    Service,
    Tier,
    cost,
    worst_case,
)
from engine.price.usage import TokenUsage, UsageError

D = Decimal
BASE = Rates(input=D(2), output=D(8), cache_read=D("0.5"), cache_write=D("2.5"))
PLAIN = Price(BASE)


def of(**counts):
    return TokenUsage(**counts)


@pytest.mark.parametrize(
    "usage",
    [
        of(input=10, service="flex"),
        of(input=10, service="priority"),
        of(input=10, service="batch"),
        of(input=10, service="a word to come"),
        of(input=10, region="us"),
        of(input=10, input_audio=1),
        of(input=10, input_image=1),
        of(input=10, input_video=1),
        of(cache_read=10, cache_read_audio=1),
        of(output=10, output_audio=1),
        of(output=10, output_image=1),
        of(input=10, web_searches=1),
        of(input=10, unknown=("hologram_tokens",)),
    ],
)
def test_what_the_price_does_not_name_is_unpriced(usage):
    assert cost(of(input=10), PLAIN) == D("0.00002")
    assert cost(usage, PLAIN) is UNPRICED
    assert cost(usage, PLAIN, returned_usd=D("0.5")) == D("0.5")


def test_each_medium_has_its_rate_and_the_rest_is_text():
    rates = Rates(
        input=D(2), output=D(8), cache_read=D(1), input_audio=D(32), output_audio=D(64),
        cache_read_audio=D(4), input_image=D(3), output_image=D(40), input_video=D(5),
    )  # fmt: skip
    usage = of(
        input=100, input_audio=10, input_image=20, input_video=30,
        cache_read=50, cache_read_audio=5,
        output=60, output_audio=6, output_image=7,
    )  # fmt: skip
    expected = 40 * 2 + 10 * 32 + 20 * 3 + 30 * 5 + 45 * 1 + 5 * 4 + 47 * 8 + 6 * 64 + 7 * 40
    assert cost(usage, Price(rates)) == D(expected) / 1_000_000


def test_pictures_that_are_billed_as_text_are_so_in_the_cache_too():
    as_text = Price(Rates(input=D(2), cache_read=D("0.5"), input_image=D(2)))
    assert cost(of(cache_read=10, cache_read_image=10), as_text) == D("0.000005")
    dearer = Price(Rates(input=D(2), cache_read=D("0.5"), input_image=D(3)))
    assert cost(of(cache_read=10, cache_read_image=10), dearer) is UNPRICED


def test_a_tier_does_not_inherit_a_medium():
    price = Price(
        Rates(input=D(2), input_audio=D(9), web_search=D(10)), tiers=(Tier(100, Rates(input=D(4))),)
    )
    assert cost(of(input=100, input_audio=100), price) == D("0.0009")
    assert cost(of(input=101, input_audio=1), price) is UNPRICED
    assert cost(of(input=101, web_searches=1), price) == D("0.010404")


def test_searches_cost_by_the_thousand_and_neither_batch_nor_region_changes_them():
    price = Price(
        Rates(input=D(2), web_search=D(10)), batch_factor=D("0.5"), regions=(("us", D("1.1")),)
    )
    assert cost(of(input=1000, web_searches=3, region="us"), price) == D("0.0322")
    assert cost(of(input=1000, web_searches=3), price, batch=True) == D("0.031")


def test_a_service_stands_for_itself():
    flex = Service(
        "flex", Rates(input=D(1), output=D(4)), (Tier(100, Rates(input=D(3))),), input_limit=200
    )
    price = Price(BASE, services=(flex,))
    assert cost(of(input=100, output=10, service="flex"), price) == D("0.00014")
    # 101 at the tier's rate; the output keeps the service's own
    assert cost(of(input=101, output=10, service="flex"), price) == D("0.000343")
    assert cost(of(input=201, service="flex"), price) is UNPRICED
    assert cost(of(input=201), price) == D("0.000402")


def test_a_batch_by_kinds_of_tokens_comes_before_a_factor():
    batch = Service("batch", Rates(input=D(1), output=D(4), cache_read=D("0.5")))
    price = Price(BASE, services=(batch,), batch_factor=D("0.9"))
    usage = of(input=600, cache_read=400, output=100)
    assert cost(usage, price, batch=True) == D("0.0012")
    assert cost(of(input=600, cache_read=400, output=100, service="batch"), price) == D("0.0012")
    assert cost(of(input=1, service="flex"), price, batch=True) is UNPRICED


def test_a_region_multiplies_what_the_service_costs():
    fast = Service("fast", Rates(input=D(8)))
    price = Price(Rates(input=D(4)), services=(fast,), regions=(("us", D("1.1")),))
    assert cost(of(input=1_000_000, service="fast", region="us"), price) == D("8.8")
    assert cost(of(input=1_000_000, region="us"), price) == D("4.4")
    assert cost(of(input=1_000_000, region="eu"), price) is UNPRICED


def test_beyond_its_limit_a_price_says_nothing():
    price = Price(BASE, input_limit=200)
    assert cost(of(input=150, cache_read=50), price) == D("0.000325")
    assert cost(of(input=150, cache_read=51), price) is UNPRICED
    assert worst_case(201, 10, price) is UNPRICED


PEAK = Hours(time(1), time(4), Rates(input=D(6), output=D(24)), days=(0, 1, 2, 3, 4))
BY_HOUR = Price(BASE, hours=(PEAK,))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (datetime(2026, 11, 26, 0, 59, 59), D("0.00002")),
        (datetime(2026, 11, 26, 1), D("0.00006")),
        (datetime(2026, 11, 26, 3, 59, 59), D("0.00006")),
        (datetime(2026, 11, 26, 4), D("0.00002")),
        (datetime(2026, 11, 28, 2), D("0.00002")),  # a Saturday
    ],
)
def test_the_hour_of_the_answer_decides(when, expected):
    assert cost(of(input=10), BY_HOUR, when=when) == expected
    assert cost(of(input=10), BY_HOUR.at(when)) == expected


def test_without_the_hour_a_price_by_hours_is_none():
    assert cost(of(input=10), BY_HOUR) is UNPRICED
    assert BY_HOUR.at(datetime(2026, 11, 26, 2)).hours == ()


def test_the_worst_case_reaches_every_hour_and_region():
    assert worst_case(10, 0, BY_HOUR) == D("0.00006")
    abroad = Price(BASE, regions=(("us", D("1.1")), ("low", D("0.5"))))
    assert worst_case(10, 0, abroad, long_cache=False) == D("0.0000275")


def test_the_worst_case_of_sound_is_that_of_its_rate():
    price = Price(Rates(input=D(2), output=D(8), input_audio=D(32)))
    assert worst_case(10, 0, price) == D("0.00002")
    assert worst_case(10, 0, price, media=True) == D("0.00032")


def test_two_prices_of_one_service_are_refused():
    with pytest.raises(PriceError):
        Price(BASE, services=(Service("flex", BASE), Service("flex", BASE)))
    with pytest.raises(PriceError):
        Price(BASE, regions=(("us", D(-1)),))


@pytest.mark.parametrize(
    "wrong",
    [
        {"input": 1, "input_audio": 2},
        {"input": 3, "input_audio": 2, "input_image": 2},
        {"output": 1, "output_audio": 2},
        {"cache_read": 0, "cache_read_audio": 1},
        {"input_audio": -1},
        {"web_searches": 1.0},
    ],
)
def test_a_part_is_no_more_than_its_whole(wrong):
    with pytest.raises(UsageError):
        TokenUsage(**wrong)


def test_a_row_of_the_ledger_gives_back_the_usage():
    usage = of(
        input=10, output=5, cache_write=4, cache_write_1h=2, input_audio=3, web_searches=1,
        service="flex", region="eu", unknown=("a", "b"),
    )  # fmt: skip
    assert TokenUsage.from_row(usage.as_dict(), usage.details()) == usage
    assert of(input=10, output=5, cache_read=3, reasoning=2).details() is None
