"""Savings of one list never come to more than was paid, nor the same money twice."""

import random
from decimal import Decimal

from engine.report.first_actions import Saving, count_once

D = Decimal


def test_together_they_never_exceed_the_cost_and_none_exceeds_itself():
    draw = random.Random(2)
    for _ in range(300):
        cost = D(draw.randrange(0, 5000)) / 100
        savings = [
            Saving(
                draw.choice((None, D(draw.randrange(0, 6000)) / 100)),
                draw.choice(("", "model", "wait")),
                draw.random() < 0.3,
            )
            for _ in range(draw.randrange(6))
        ]
        counted = count_once(savings, cost)
        assert len(counted) == len(savings)
        assert sum(counted, D(0)) <= cost
        assert all(0 <= part <= (one.usd or 0) for part, one in zip(counted, savings))


def test_one_saving_counts_in_full_and_an_unknown_one_not_at_all():
    assert count_once([Saving(D("0.30")), Saving(None)], D(2)) == [D("0.30"), D(0)]


def test_a_rest_counts_with_what_it_has_beyond_its_group():
    whole = [Saving(D(3), "wait"), Saving(D(2), "wait"), Saving(D(5), "wait", True)]
    assert count_once(whole, D(10**6))[2] == 0
    more = [Saving(D(3), "wait"), Saving(D(9), "wait", True), Saving(D(9), "other", True)]
    counted = count_once(more, D(10**9))
    assert round(counted[1], 6) == 6
    assert round(counted[2], 6) == 9
