"""Tools are dropped only where the vendor's cache does not make it dearer."""

from decimal import Decimal

import pytest
from engine.base.money import UNPRICED
from engine.price.rates import Price, Rates, Tier
from engine.prompt import pays
from engine.prompt.needed_tools_cost import (
    ANTHROPIC,
    ANTHROPIC_HOUR,
    GEMINI_FLASH,
    GEMINI_PRO,
    OPENAI,
    OPENAI_5_6,
    Seen,
    rules_for,
    share_found,
)

RATES = Rates(input=Decimal(3), output=Decimal(15), cache_read=Decimal("0.3"))
PRICE = Price(RATES)


def test_without_a_cache_less_is_cheaper():
    assert pays(PRICE, 3_000, 1_000, hits=0) == (True, Decimal("0.009"), Decimal("0.003"))


def test_a_prefix_that_is_nearly_always_cached_is_left_alone():
    # 4,096 tokens at .3, against 1,000 that no cache holds
    choice = pays(PRICE, 4_096, 1_000, hits=1, rules=OPENAI)
    assert choice == (False, Decimal("0.0012288"), Decimal("0.003"))


def test_below_the_least_size_nothing_is_cached():
    assert pays(PRICE, 1_023, 100, hits=1, rules=OPENAI).all_usd == Decimal("0.003069")
    assert pays(PRICE, 4_095, 100, hits=1, rules=GEMINI_PRO).all_usd == Decimal("0.012285")


def test_openai_caches_in_steps_of_128():
    # 1,100: 1,024 are read, 76 are new
    expected = (1024 * Decimal("0.3") + 76 * Decimal(3)) / 1_000_000
    assert pays(PRICE, 1_100, 0, hits=1, rules=OPENAI).all_usd == expected


def test_a_write_costs_a_quarter_more_for_five_minutes_and_twice_for_an_hour():
    assert pays(PRICE, 2_000, 0, hits=0, rules=ANTHROPIC).all_usd == Decimal("0.0075")
    assert pays(PRICE, 2_000, 0, hits=0, rules=ANTHROPIC_HOUR).all_usd == Decimal("0.012")
    own = Price(Rates(input=Decimal(3), cache_write=Decimal(4)))
    assert pays(own, 2_000, 0, hits=0, rules=ANTHROPIC).all_usd == Decimal("0.008")


def test_without_a_rate_of_its_own_a_read_costs_the_vendors_share():
    bare = Price(Rates(input=Decimal(3), output=Decimal(15)))
    assert pays(bare, 2_048, 0, hits=1, rules=OPENAI).all_usd == Decimal("0.0006144")


def test_a_cached_conversation_behind_the_tools_is_lost_with_them():
    assert pays(PRICE, 3_072, 1_024, hits=Decimal("0.2"), rules=OPENAI).drop is True
    assert pays(PRICE, 3_072, 1_024, hits=Decimal("0.2"), rules=OPENAI, behind=20_480).drop is False


def test_needed_tools_that_are_asked_for_again_are_cached_too():
    assert pays(PRICE, 4_096, 2_048, hits=1, rules=OPENAI).drop is False
    assert pays(PRICE, 4_096, 2_048, hits=1, rules=OPENAI, hits_needed=1).drop is True


def test_the_tier_of_the_whole_input_counts():
    price = Price(RATES, tiers=(Tier(200_000, Rates(input=Decimal(6), output=Decimal(30))),))
    choice = pays(price, 10_000, 5_000, hits=0, rest=192_000)
    assert choice == (True, Decimal("0.06"), Decimal("0.015"))


@pytest.mark.parametrize("price", [None, Price(Rates()), Price(RATES, input_limit=2_000)])
def test_without_a_price_nothing_is_dropped(price):
    choice = pays(price, 3_000, 1_000, hits=0)
    assert choice.drop is False
    assert choice.all_usd is UNPRICED


def test_where_it_costs_nothing_nothing_is_dropped():
    free = Price(Rates(input=Decimal(0), output=Decimal(0)))
    assert pays(free, 3_000, 1_000, hits=0) == (False, 0, 0)


@pytest.mark.parametrize("hits", [-0.1, 1.1])
def test_a_share_lies_between_0_and_1(hits):
    with pytest.raises(ValueError, match="share"):
        pays(PRICE, 3_000, 1_000, hits=hits)


@pytest.mark.parametrize(
    ("api_format", "model", "rules"),
    [
        ("openai", "gpt-4o", OPENAI),
        ("openai", "gpt-5.5", OPENAI),
        ("openai", "openai/gpt-5.6-mini", OPENAI_5_6),
        ("openai", "gpt-6", OPENAI_5_6),
        ("openai", "gpt-10", OPENAI_5_6),
        ("anthropic", "claude-sonnet-4-5", ANTHROPIC),
        ("gemini", "gemini-3-flash", GEMINI_FLASH),
        ("gemini", "gemini-3-pro", GEMINI_PRO),
        ("sandbox", "any", None),
    ],
)
def test_each_vendor_has_its_rules(api_format, model, rules):
    assert rules_for(api_format, model, PRICE) is rules
    assert rules_for(api_format, model, None) is None
    assert rules_for(api_format, model, Price(Rates(input=Decimal(3)))) is None


def test_what_was_seen_says_how_often_a_prefix_is_found_where_it_was_seen_enough():
    assert share_found(Seen(5, 0), close=1) == 0
    assert share_found(Seen(8, 6), close=0) == Decimal("0.75")
    assert share_found(Seen(4, 4), close=0) == 0
    assert share_found(Seen(), close=Decimal("0.9")) == Decimal("0.9")
