"""A cost shown term by term is the cost."""

import random
from datetime import datetime, time
from decimal import Decimal

from engine.price.arithmetic import bill_of
from engine.price.pricing import UNPRICED, cost
from engine.price.rates import Hours, Price, Rates, Service, Tier
from engine.price.usage import TokenUsage

D = Decimal

RATES = Rates(
    input=D("1.25"),
    output=D(10),
    cache_read=D("0.125"),
    input_audio=D("3.3"),
    web_search=D(14),
)
PRICE = Price(
    RATES,
    tiers=(Tier(5_000, Rates(input=D("2.5"), output=D(15), input_audio=D(7))),),
    batch_factor=D("0.5"),
    services=(Service("flex", Rates(input=D("0.7"), output=D("4.4"))),),
    regions=(("eu", D("1.1")),),
)


def _draw(random_):
    audio = random_.choice((0, 0, random_.randrange(500)))
    return TokenUsage(
        input=audio + random_.randrange(9_000),
        output=random_.randrange(900),
        cache_read=random_.choice((0, 300)),
        cache_write=random_.choice((0, 70)),
        reasoning=random_.choice((0, 111)),
        input_audio=audio,
        web_searches=random_.choice((0, 0, 3)),
        service=random_.choice(("", "", "batch", "flex", "priority")),
        region=random_.choice(("", "eu", "mars")),
    )


def test_the_terms_sum_exactly_to_the_cost_or_there_are_none():
    random_, shown = random.Random(4), 0
    for _ in range(600):
        usage, batch = _draw(random_), random_.random() < 0.2
        paid, bill = cost(usage, PRICE, batch=batch), bill_of(usage, PRICE, batch=batch)
        if paid is UNPRICED:
            assert bill is None
            continue
        shown += 1
        assert bill.total_usd == paid
        assert all(t.usd == t.rate_usd * t.count / t.per for t in bill.terms)
        tokens = sum(term.count for term in bill.terms if term.kind != "web_search")
        assert tokens == usage.total
    assert shown > 100


def test_what_the_rates_depended_on_is_said():
    bill = bill_of(TokenUsage(input=5_001, output=1, service="batch", region="eu"), PRICE)
    assert (bill.above_tokens, bill.service, bill.service_factor) == (5_000, "batch", D("0.5"))
    assert (bill.region, bill.region_factor) == ("eu", D("1.1"))
    assert [str(term.rate_usd) for term in bill.terms] == ["1.375", "8.25"]
    flex = bill_of(TokenUsage(input=10, service="flex"), PRICE)
    assert (flex.above_tokens, flex.service, flex.service_factor) == (0, "flex", None)
    assert str(flex.terms[0].rate_usd) == "0.7"


def test_rates_of_an_hour_need_the_hour():
    night = Price(Rates(input=D(2)), hours=(Hours(time(22), time(6), Rates(input=D(1))),))
    usage = TokenUsage(input=1_000_000)
    assert bill_of(usage, night) is None
    assert bill_of(usage, night, when=datetime(2026, 11, 1, 23)).total_usd == 1
    assert bill_of(usage, night, when=datetime(2026, 11, 1, 12)).total_usd == 2
