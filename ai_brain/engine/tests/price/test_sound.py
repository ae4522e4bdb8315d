"""Speech: billed by time or by token, and the most that it can be."""

from decimal import Decimal
from fractions import Fraction

import pytest
from engine.price.arithmetic import bill_of
from engine.price.pricing import UNPRICED, Price, PriceError, Rates, cost, worst_case
from engine.price.reported import UsageError
from engine.price.sound import billed_seconds, bound_of, most_tokens, usage_of
from engine.price.usage import TokenUsage

MINUTE = Price(Rates(minute=Decimal("0.006")))
TOKENS = Price(Rates(input=Decimal("2.5"), output=Decimal(10), input_audio=Decimal(6)))


@pytest.mark.parametrize(
    ("said", "billed"),
    [(0, 0), (0.49, 0), (0.5, 1), (1, 1), (2.5, 3), (Decimal("59.4999"), 59), (3600.5, 3601)],
)
def test_seconds_are_rounded_to_the_nearest_half_up(said, billed):
    assert billed_seconds(said) == billed
    assert TokenUsage.from_speech({"type": "duration", "seconds": said}).audio_seconds == billed


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "duration"},
        {"type": "duration", "seconds": "3"},
        {"type": "duration", "seconds": -1},
        {"type": "duration", "seconds": float("nan")},
        {"type": "duration", "seconds": float("inf")},
        {"type": "duration", "seconds": True},
        {"type": "duration", "seconds": 10**7},
        {"type": "tokens"},
        {"type": "tokens", "input_tokens": 3, "output_tokens": "2"},
        {
            "type": "tokens",
            "input_tokens": 3,
            "output_tokens": 2,
            "input_token_details": {"audio_tokens": 4},
        },
        "many",
    ],
)
def test_a_usage_of_another_form_is_none(raw):
    with pytest.raises(UsageError):
        TokenUsage.from_speech(raw)


def test_tokens_of_sound_and_text_are_apart():
    usage = TokenUsage.from_speech(
        {
            "type": "tokens",
            "input_tokens": 14,
            "input_token_details": {"text_tokens": 10, "audio_tokens": 4},
            "output_tokens": 101,
            "total_tokens": 115,
        }
    )
    assert usage == TokenUsage(input=14, input_audio=4, output=101)
    # 10 at 2.5, 4 at 6 and 101 at 10
    assert cost(usage, TOKENS) == Decimal("0.001059")


def test_seconds_beside_tokens_are_what_a_price_by_the_minute_is_for():
    usage = TokenUsage.from_speech(
        {
            "prompt_audio_seconds": 203,
            "prompt_tokens": 4,
            "completion_tokens": 635,
            "total_tokens": 639,
        }
    )
    assert usage == TokenUsage(input=4, output=635, audio_seconds=203)
    assert cost(usage, MINUTE) == Decimal("0.0203")
    assert cost(usage, Price(Rates(input=Decimal(1), output=Decimal(1)))) == Decimal("0.000639")


def test_every_number_of_seconds_costs_a_sixtieth_of_the_minute_to_the_twelfth_digit():
    for minute in ("0.006", "0.0037", "0.017", "0.00185", "1"):
        price = Price(Rates(minute=Decimal(minute)))
        for seconds in (1, 7, 59, 60, 61, 3599, 86_399):
            found = cost(TokenUsage(audio_seconds=seconds), price)
            exact = Fraction(minute) * seconds / 60
            assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**12)


def test_an_hour_is_billed_by_the_second_with_a_least():
    price = Price(Rates(hour=Decimal("0.04")), least_seconds=10)
    for seconds in (0, 1, 9, 10, 11, 59, 3600, 3601):
        exact = Fraction("0.04") * max(seconds, 10) / 3600
        found = cost(TokenUsage(audio_seconds=seconds), price)
        assert abs(Fraction(found) - exact) <= Fraction(1, 2 * 10**12)
        assert worst_case(0, 0, price, audio_seconds=seconds) == found
        (term,) = bill_of(TokenUsage(audio_seconds=seconds), price).terms
        assert (term.kind, term.count) == (
            ("seconds", seconds) if seconds >= 10 else ("least_seconds", 10)
        )
        assert (term.per, term.usd) == (3600, found)
    assert bill_of(TokenUsage(input=10), price) is None
    assert cost(TokenUsage(input=10), price) is UNPRICED


def test_a_price_of_sound_has_one_unit_and_a_sound_least():
    with pytest.raises(PriceError, match="not by both"):
        Rates(minute=Decimal(1), hour=Decimal(1))
    for least in (-1, 1.5, None):
        with pytest.raises(PriceError):
            Price(Rates(hour=Decimal(1)), least_seconds=least)


def test_what_the_price_is_not_for_is_unpriced():
    assert cost(TokenUsage(input=10, input_audio=10), MINUTE) is UNPRICED
    assert cost(TokenUsage(audio_seconds=10), TOKENS) is UNPRICED
    assert cost(TokenUsage(audio_seconds=10), None) is UNPRICED
    assert cost(TokenUsage(audio_seconds=10, unknown=("x",)), MINUTE) is UNPRICED
    text = Price(Rates(input=Decimal(1), output=Decimal(1)))
    assert cost(TokenUsage(input=10, input_audio=10), text) is UNPRICED
    assert cost(TokenUsage(audio_seconds=10, region="eu"), MINUTE) is UNPRICED
    assert cost(TokenUsage(audio_seconds=0), MINUTE) == 0


def test_what_the_vendor_returns_wins():
    assert cost(TokenUsage(audio_seconds=9), MINUTE, returned_usd=Decimal("0.5")) == Decimal("0.5")


def test_the_worst_case_is_never_below_the_cost():
    for seconds in (0.2, 1, 59.5, 600):
        bound = bound_of(seconds, 0)
        billed = billed_seconds(seconds)
        assert bound > billed - 1
        assert worst_case(0, 0, MINUTE, audio_seconds=bound) >= cost(
            TokenUsage(audio_seconds=billed), MINUTE
        )
        heard, written = most_tokens(bound)
        worst = worst_case(heard, written, TOKENS, media=True)
        assert worst >= cost(usage_of(billed, TOKENS.rates), TOKENS)
    assert worst_case(10, 10, None, audio_seconds=5) is UNPRICED
    regions = Price(Rates(minute=Decimal(1)), regions=(("eu", Decimal("1.1")),))
    assert worst_case(0, 0, regions, audio_seconds=60) == Decimal("1.1")


def test_an_unknown_length_is_bounded_by_the_lowest_bit_rate():
    # 25 MB at 6,000 bits a second are nine hours and a quarter
    assert bound_of(None, 25 * 1024 * 1024) == 34954
    assert bound_of(None, 0) == 1


def test_a_row_of_the_ledger_gives_the_usage_back():
    usage = TokenUsage(audio_seconds=95)
    assert usage.details() == {"audio_seconds": 95}
    assert TokenUsage.from_row({}, usage.details()) == usage
