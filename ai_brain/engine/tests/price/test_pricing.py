"""What a call costs, to the last digit."""

import copy
import pickle
import random
from datetime import datetime, timedelta, timezone
from decimal import Context, Decimal, localcontext
from fractions import Fraction

import pytest
from engine.price.pricing import (
    UNPRICED,
    DatedPrice,
    Price,
    PriceError,
    Rates,
    Tier,
    cost,
    price_at,
    worst_case,
)
from engine.price.usage import TokenUsage, UsageError

D = Decimal
GPT = Price(Rates(input=D("2.50"), output=D(10), cache_read=D("1.25")), batch_factor=D("0.5"))
CLAUDE = Price(
    Rates(input=D(3), output=D(15), cache_read=D("0.30"), cache_write=D("3.75")),
    batch_factor=D("0.5"),
)
GEMINI = Price(
    Rates(input=D("1.25"), output=D(10), cache_read=D("0.125")),
    tiers=(Tier(200_000, Rates(input=D("2.50"), output=D(15), cache_read=D("0.25"))),),
)


def test_cached_input_in_the_style_of_openai_is_not_counted_twice():
    usage = TokenUsage.from_openai(
        {
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "prompt_tokens_details": {"cached_tokens": 1920},
        }
    )
    # (86 x 2.50 + 1920 x 1.25 + 300 x 10) / 1e6
    assert str(cost(usage, GPT)) == "0.00561500"


def test_cached_input_and_writes_in_the_style_of_anthropic():
    usage = TokenUsage.from_anthropic(
        {
            "input_tokens": 50,
            "output_tokens": 503,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 248,
        }
    )
    # (50 x 3 + 503 x 15 + 1800 x 0.30 + 248 x 3.75) / 1e6
    assert cost(usage, CLAUDE) == D("0.009165")


def test_writes_kept_for_an_hour_cost_twice_the_input():
    usage = TokenUsage(cache_write=1_000_000, cache_write_1h=400_000)
    assert cost(usage, CLAUDE) == D("0.6") * D("3.75") + D("0.4") * 6


def test_reasoning_is_billed_as_output_unless_it_has_its_own_rate():
    usage = TokenUsage(output=44, reasoning=256)
    assert cost(usage, GPT) == D("0.003")
    own = Price(Rates(output=D(10), reasoning=D(30)))
    assert cost(usage, own) == D("0.00812")


def test_cache_kinds_fall_back_to_input():
    plain = Price(Rates(input=D(3), output=D(15)))
    usage = TokenUsage(input=1, cache_read=1, cache_write=3, cache_write_1h=1)
    assert cost(usage, plain) == D("0.000015")


def test_free_is_not_the_same_as_not_priced():
    free_reads = Price(Rates(input=D(3), cache_read=D(0)))
    assert cost(TokenUsage(cache_read=1000), free_reads) == 0
    assert cost(TokenUsage(cache_read=1000), Price(Rates(input=D(3)))) == D("0.003")


def test_batch_takes_the_factor():
    usage = TokenUsage(input=1000, output=1000)
    assert cost(usage, GPT, batch=True) == D("0.00625")


def test_batch_without_a_known_factor_is_unpriced():
    assert cost(TokenUsage(input=1), GEMINI, batch=True) is UNPRICED
    assert worst_case(1, 0, GEMINI, batch=True) is UNPRICED


def test_one_token_above_the_tier_moves_the_whole_request():
    below = TokenUsage(input=150_000, cache_read=50_000, output=1000)
    above = TokenUsage(input=150_001, cache_read=50_000, output=1000)
    assert cost(below, GEMINI) == D("0.20375")
    assert cost(above, GEMINI) == D("0.4025025")


def test_a_tier_keeps_the_base_rate_of_a_kind_it_does_not_price():
    price = Price(Rates(input=D(1), output=D(5)), tiers=(Tier(10, Rates(input=D(2))),))
    assert cost(TokenUsage(input=11, output=1), price) == D("0.000027")


def test_a_tier_without_cache_rate_bills_reads_at_its_own_input():
    price = Price(
        Rates(input=D(1), cache_read=D("0.1"), output=D(5)), tiers=(Tier(10, Rates(input=D(2))),)
    )
    assert cost(TokenUsage(cache_read=11), price) == D("0.000022")


def test_tiers_are_taken_in_order_however_they_were_given():
    price = Price(
        Rates(input=D(1)),
        tiers=(Tier(1000, Rates(input=D(4))), Tier(100, Rates(input=D(2)))),
    )
    paid = [cost(TokenUsage(input=n), price) for n in (100, 101, 1000, 1001)]
    assert paid == [D("0.0001"), D("0.000202"), D("0.002"), D("0.004004")]


def test_zero_tokens_cost_zero_where_there_is_a_price():
    assert cost(TokenUsage(), GPT) == 0
    assert cost(TokenUsage(), None) is UNPRICED


def test_the_vendors_own_figure_wins():
    assert cost(TokenUsage(input=5), GPT, returned_usd=D("0.95")) == D("0.95")
    assert cost(TokenUsage(input=5), None, returned_usd=D(0)) == 0
    for wrong in (0.95, True, "0.95", D("NaN"), D(-1), D("Infinity")):
        with pytest.raises(PriceError):
            cost(TokenUsage(), GPT, returned_usd=wrong)


def test_a_used_kind_without_any_rate_is_unpriced():
    assert cost(TokenUsage(input=1), Price(Rates(output=D(1)))) is UNPRICED
    assert cost(TokenUsage(output=1), Price(Rates(input=D(1)))) is UNPRICED
    assert cost(TokenUsage(output=1), Price(Rates(output=D(1)))) == D("0.000001")


def test_sums_are_exact_whatever_the_callers_decimal_context():
    rate = D("0.123456789012345678901234567890123")
    with localcontext(Context(prec=5)):
        paid = cost(TokenUsage(input=987654321), Price(Rates(input=rate)))
    digits = 123456789012345678901234567890123 * 987654321
    assert paid.as_integer_ratio() == Fraction(digits, 10**39).as_integer_ratio()


def test_unpriced_never_passes_for_zero():
    assert UNPRICED != 0
    assert UNPRICED is not None
    for use in (
        lambda: UNPRICED + 1,
        lambda: 1 + UNPRICED,
        lambda: D(1) * UNPRICED,
        lambda: UNPRICED < 1,
        lambda: D(1) > UNPRICED,
        lambda: bool(UNPRICED),
        lambda: float(UNPRICED),
        lambda: sum([D(1), UNPRICED]),
    ):
        with pytest.raises(TypeError):
            use()


def test_unpriced_stays_one_value():
    assert copy.deepcopy(UNPRICED) is UNPRICED
    assert pickle.loads(pickle.dumps(UNPRICED)) is UNPRICED
    assert type(UNPRICED)() is UNPRICED


@pytest.mark.parametrize("wrong", [2.5, True, "2.5", D(-1), D("NaN"), D("Infinity")], ids=repr)
def test_a_wrong_rate_is_refused(wrong):
    with pytest.raises(PriceError):
        Rates(input=wrong)
    with pytest.raises(PriceError):
        Price(Rates(), batch_factor=wrong)


def test_wrong_tiers_are_refused():
    with pytest.raises(PriceError):
        Tier(-1, Rates())
    with pytest.raises(PriceError):
        Price(Rates(), tiers=(Tier(5, Rates()), Tier(5, Rates(input=D(1)))))


def random_rate(rng):
    return rng.choice([None, D(0), D(rng.randint(0, 10**6)).scaleb(-rng.randint(0, 5))])


def random_price(rng):
    def rates():
        return Rates(*(random_rate(rng) for _ in range(6)))

    starts = rng.sample(range(400), rng.randint(0, 3))
    return Price(rates(), tiers=tuple(Tier(start, rates()) for start in starts))


def random_usage(rng, sent, generated):
    cuts = sorted(rng.randint(0, sent) for _ in range(2))
    written = sent - cuts[1]
    thought = rng.randint(0, generated)
    return TokenUsage(
        input=cuts[0],
        cache_read=cuts[1] - cuts[0],
        cache_write=written,
        cache_write_1h=rng.randint(0, written),
        output=generated - thought,
        reasoning=thought,
    )


def test_no_usage_within_the_bounds_costs_more_than_the_worst_case():
    rng = random.Random(20260701)
    priced = 0
    for _ in range(3000):
        price = random_price(rng)
        sent, generated = rng.choice([0, rng.randint(0, 500)]), rng.choice([0, rng.randint(0, 500)])
        bound = worst_case(sent, generated, price)
        if bound is UNPRICED:
            continue
        priced += 1
        for _ in range(8):
            usage = random_usage(rng, rng.randint(0, sent), rng.randint(0, generated))
            assert cost(usage, price) <= bound, (price, usage)
        assert cost(random_usage(rng, sent, generated), price) <= bound
    assert priced > 300


def test_the_worst_case_is_reached_by_some_usage():
    assert worst_case(1000, 500, GPT) == cost(TokenUsage(input=1000, output=500), GPT)
    assert worst_case(200_001, 10, GEMINI) == cost(TokenUsage(input=200_001, output=10), GEMINI)
    assert worst_case(1000, 0, CLAUDE) == cost(
        TokenUsage(cache_write=1000, cache_write_1h=1000), CLAUDE
    )
    assert worst_case(1000, 0, CLAUDE, long_cache=False) == cost(
        TokenUsage(cache_write=1000), CLAUDE
    )


def test_a_cheaper_tier_above_does_not_lower_the_worst_case():
    price = Price(Rates(input=D(10)), tiers=(Tier(100, Rates(input=D(1))),))
    assert worst_case(101, 0, price) == cost(TokenUsage(input=100), price) == D("0.001")


@pytest.mark.parametrize("wrong", [True, -1, 1.5, None, "5"], ids=repr)
def test_wrong_bounds_are_refused(wrong):
    with pytest.raises(UsageError):
        worst_case(wrong, 0, GPT)
    with pytest.raises(UsageError):
        worst_case(0, wrong, GPT)


def test_no_price_has_no_worst_case():
    assert worst_case(10, 10, None) is UNPRICED
    assert worst_case(10, 10, Price(Rates(input=D(1)))) is UNPRICED
    assert worst_case(10, 0, Price(Rates(input=D(1)))) == D("0.00001")


MAY = DatedPrice(Price(Rates(input=D(3))), datetime(2026, 5, 1), datetime(2026, 6, 1))
JUNE = DatedPrice(Price(Rates(input=D(2))), datetime(2026, 6, 1))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (datetime(2026, 4, 30, 23, 59, 59, 999999), None),
        (datetime(2026, 5, 1), MAY),
        (datetime(2026, 5, 31, 23, 59, 59, 999999), MAY),
        (datetime(2026, 6, 1), JUNE),
        # 01:30 in Brussels on 1 June is still May in UTC, whose midnight decides.
        (datetime(2026, 6, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))), MAY),
        (datetime(2026, 5, 31, 20, 0, tzinfo=timezone(timedelta(hours=-5))), JUNE),
    ],
)
def test_a_price_changes_at_midnight_utc(when, expected):
    assert price_at([JUNE, MAY], when) is expected


def test_a_price_that_ended_is_no_price():
    assert price_at([MAY], datetime(2026, 6, 1)) is None
    assert price_at([], datetime(2026, 6, 1)) is None
    always = DatedPrice(Price(Rates(input=D(1))))
    assert price_at([always, MAY], datetime(2026, 5, 2)) is MAY
    assert price_at([always, MAY], datetime(2020, 1, 1)) is always
