"""The steps of a bridge sum exactly, whatever the two periods hold."""

import random
from decimal import Decimal

import pytest
from engine.price.rates import Rates
from engine.report import bridge

ZERO = Decimal(0)


def amount(draw, least=0):
    """An amount of up to thirty digits, some of them below zero where ``least`` is."""
    return Decimal(draw.randrange(least, 10**18)).scaleb(-draw.choice((2, 9, 12, 17)))


def rates(draw):
    return draw.choice(
        (
            None,
            Rates(),
            Rates(input=amount(draw)),
            Rates(input=ZERO, output=ZERO),
            Rates(input=amount(draw), output=amount(draw), cache_read=amount(draw)),
        )
    )


def place(draw, least=-3):
    calls = draw.choice((0, 1, draw.randrange(10**6)))
    days = [
        bridge.Tokens(
            {kind: draw.choice((0, least, draw.randrange(10**9))) for kind in bridge.KINDS},
            rates(draw),
        )
        for _day in range(draw.randrange(4))
    ]
    # corrections may take more away than there was
    return bridge.Place(calls, draw.choice((ZERO, amount(draw), amount(draw, -(10**18)))), days)


def side(draw, least=-3):
    """Anything that a period may hold: nothing, only kept answers, training alone, …

    :param least: tokens of a day, below zero where more was corrected than used
    """
    places = {key: place(draw, least) for key in draw.sample((0, 1, 2, 3), draw.randrange(5))}
    asked = sum(one.calls for one in places.values())
    reused, training = draw.choice((0, draw.randrange(1000))), draw.choice((ZERO, amount(draw)))
    return bridge.Side(
        cost=sum((one.cost for one in places.values()), training),
        calls=asked + reused,
        reused=reused,
        routing_saved=draw.choice((ZERO, amount(draw, -(10**18)))),
        batch_saved=draw.choice((ZERO, amount(draw))),
        places=places,
        training=training,
    )


@pytest.mark.parametrize("seed", range(300))
def test_the_steps_of_any_two_periods_sum_to_the_last_digit(seed):
    draw = random.Random(seed)
    before, now = side(draw), side(draw)
    for old, new in ((before, now), (now, before), (before, before), (bridge.Side(), now),
                     (now, bridge.Side()), (bridge.Side(), bridge.Side())):  # fmt: skip
        found = bridge.steps(old, new)
        assert tuple(found) == bridge.STEPS
        with bridge.localcontext(bridge._PRECISION):
            assert old.cost + sum(found.values(), ZERO) == new.cost
        assert all(usd.is_finite() for usd in found.values())


def test_a_period_against_itself_has_no_step():
    draw = random.Random(4)
    for _time in range(50):
        one = side(draw, least=0)
        if one.calls:
            found = bridge.steps(one, one)
            assert max(map(abs, found.values())) <= Decimal("1e-11"), found


def test_the_other_way_round_volume_goes_back():
    old = bridge.Side(cost=Decimal(10), calls=10, places={1: bridge.Place(10, Decimal(10))})
    new = bridge.Side(cost=Decimal(25), calls=25, places={1: bridge.Place(25, Decimal(25))})
    assert bridge.steps(old, new)["volume"] == -bridge.steps(new, old)["volume"] == Decimal(15)


@pytest.mark.parametrize("seed", range(50))
def test_the_two_parts_of_a_line_sum_to_the_last_digit(seed):
    draw = random.Random(seed)
    one, other = (
        (draw.choice((0, draw.randrange(10**6))), amount(draw), draw.choice((ZERO, amount(draw))))
        for _side in range(2)
    )
    volume, per_call = bridge.line(one, other)
    with bridge.localcontext(bridge._PRECISION):
        assert one[1] + volume + per_call == other[1]
