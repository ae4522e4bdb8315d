"""Experiments: honest assignment, and a test that may be looked at every day."""

import random

import pytest
from engine.choice.experiments import (
    ALPHA,
    Arm,
    assign,
    compare,
)


def add(arm, rating):
    return Arm(arm.n + 1, arm.total + rating, arm.squares + rating * rating)


def decided_under_daily_peeking(draw_a, draw_b, days=60, per_day=8):
    a = b = Arm()
    for _day in range(days):
        for _call in range(per_day):
            a, b = add(a, draw_a()), add(b, draw_b())
        if compare(a, b).decided:
            return True
    return False


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: 100.0 * (rng.random() < 0.9),
        lambda rng: 100.0 * (rng.random() < 0.5),
        lambda rng: min(100.0, max(0.0, rng.gauss(80, 15))),
        lambda rng: rng.choice((0.0, 50.0, 75.0, 100.0, 100.0, 100.0)),
    ],
    ids=["nine thumbs of ten up", "even thumbs", "marks", "stars"],
)
def test_daily_peeking_does_not_raise_false_alarms_above_alpha(draw):
    rng = random.Random(20261001)
    runs = 400
    alarms = sum(
        decided_under_daily_peeking(lambda: draw(rng), lambda: draw(rng)) for _ in range(runs)
    )
    assert alarms / runs <= ALPHA


def test_a_fixed_horizon_test_would_be_fooled_by_the_same_peeking():
    """The reason for the sequential test: |z| > 1.96 looked at daily cries wolf."""
    rng = random.Random(20261001)

    def fooled():
        a = b = Arm()
        for _day in range(60):
            for _call in range(8):
                a = add(a, 100.0 * (rng.random() < 0.5))
                b = add(b, 100.0 * (rng.random() < 0.5))
            error = (a.variance / a.n + b.variance / b.n) ** 0.5
            if a.n >= 30 and abs(b.mean - a.mean) > 1.96 * error:
                return True
        return False

    assert sum(fooled() for _ in range(200)) / 200 > 2 * ALPHA


def test_a_real_difference_is_found():
    rng = random.Random(7)
    found = sum(
        decided_under_daily_peeking(
            lambda: 100.0 * (rng.random() < 0.7), lambda: 100.0 * (rng.random() < 0.9)
        )
        for _ in range(100)
    )
    assert found >= 95


def test_few_ratings_give_no_verdict_however_clear_they_look():
    verdict = compare(Arm(29, 0.0, 0.0), Arm(29, 2900.0, 290_000.0))
    assert not verdict.decided
    assert verdict.text.startswith("No difference shown yet")


def test_the_winner_is_the_better_arm():
    worse, better = Arm(200, 12_000, 900_000), Arm(200, 18_000, 1_700_000)
    assert compare(worse, better).winner == "b"
    assert compare(better, worse).winner == "a"
    assert compare(worse, better).lower > 0


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_the_split_keeps_its_proportion(share):
    shares = [("a", 1 - share), ("b", share)]
    n = 20_000
    got = sum(assign(user, "greeting", shares) == "b" for user in range(n)) / n
    assert got == pytest.approx(share, abs=4 * (share * (1 - share) / n) ** 0.5)


def test_a_subject_stays_in_its_arm_and_experiments_are_independent():
    shares = [("a", 1), ("b", 1)]
    first = [assign(user, "one", shares) for user in range(4000)]
    assert first == [assign(user, "one", shares) for user in range(4000)]
    second = [assign(user, "two", shares) for user in range(4000)]
    both = sum(x == y for x, y in zip(first, second)) / 4000
    assert both == pytest.approx(0.5, abs=0.04)


def test_widening_an_arm_moves_nobody_out_of_it():
    before = {u for u in range(5000) if assign(u, "x", [("b", 1), ("a", 9)]) == "b"}
    after = {u for u in range(5000) if assign(u, "x", [("b", 3), ("a", 7)]) == "b"}
    assert before < after


@pytest.mark.parametrize("shares", [[], [("a", 0)], [("a", -1), ("b", 2)]])
def test_shares_that_split_nothing_are_refused(shares):
    with pytest.raises(ValueError, match="shares"):
        assign(1, "x", shares)
