"""Agreement of reviewers: the textbook's figures, and an interval that holds what it says."""

import random

import pytest
from engine.review.agreement import agreement


@pytest.mark.parametrize(
    ("table", "raw", "kappa"),
    [
        ((45, 15, 25, 15), 0.6, 0.1304),
        ((25, 35, 5, 35), 0.6, 0.2593),
        ((0, 10, 10, 0), 0.0, -1.0),
        ((50, 0, 0, 50), 1.0, 1.0),
    ],
)
def test_known_tables(table, raw, kappa):
    found = agreement(*table)
    assert found.raw == pytest.approx(raw)
    assert found.kappa == pytest.approx(kappa, abs=1e-4)
    assert -1 <= found.low <= found.kappa <= found.high <= 1


def test_who_comes_first_changes_nothing_but_the_draw():
    one, other = agreement(30, 8, 3, 9), agreement(30, 3, 8, 9)
    assert one.kappa == other.kappa
    assert one.low == pytest.approx(other.low, abs=0.03)


def test_the_interval_narrows_with_pairs():
    few, many = agreement(6, 1, 1, 2), agreement(600, 100, 100, 200)
    assert few.high - few.low > 4 * (many.high - many.low)


@pytest.mark.parametrize(("right", "slips", "pairs"), [(0.8, 0.1, 20), (0.6, 0.2, 60)])
def test_the_interval_holds_the_true_kappa(right, slips, pairs):
    """Two reviewers each slip on their own; the true kappa follows from the shares."""
    both = right * (1 - slips) ** 2 + (1 - right) * slips**2
    neither = right * slips**2 + (1 - right) * (1 - slips) ** 2
    one = (1 - both - neither) / 2
    says_right = both + one
    chance = says_right**2 + (1 - says_right) ** 2
    true = (both + neither - chance) / (1 - chance)
    draw, held, runs = random.Random(20), 0, 200
    for _run in range(runs):
        counts = [0, 0, 0, 0]
        for kind in draw.choices(range(4), [both, one, one, neither], k=pairs):
            counts[kind] += 1
        found = agreement(*counts)
        held += found.kappa is None or found.low <= true <= found.high
    assert held / runs >= 0.92
