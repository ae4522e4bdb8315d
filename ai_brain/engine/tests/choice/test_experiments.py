"""Experiments: honest assignment, and a test that may be looked at every day."""

import random

import pytest
from engine.choice.experiments import (
    ALPHA,
    Arm,
    Outcome,
    assign,
    compare,
    weigh,
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


# what a verdict weighs besides quality


def same(n, value):
    """n values whose spread is a tenth of their mean."""
    return Arm(n, n * value, n * value * value * 1.01)


GOOD = Arm(400, 32_000, 2_600_000)  # 80 of 100
LESS = Arm(400, 30_400, 2_350_000)  # 76 of 100


def test_as_good_and_cheaper_wins():
    dear, cheap = (Outcome(GOOD, 400, 0, same(400, usd), same(400, 900)) for usd in (0.02, 0.012))
    verdict = weigh(dear, cheap)
    assert (verdict.decided, verdict.winner) == (True, "b")
    assert verdict.text == (
        "No difference shown yet (80.0 against 80.0, 800 ratings). B costs 40% less: $0.012 a "
        "call, against $0.02. B wins: its answers are as good."
    )
    assert weigh(cheap, dear).winner == "a"


def test_as_good_at_the_same_cost_the_faster_wins():
    slow, fast = (Outcome(GOOD, 400, 0, same(400, 0.01), same(400, ms)) for ms in (1800, 900))
    verdict = weigh(slow, fast)
    assert verdict.winner == "b"
    assert "B takes 50% less time: 0.90 s, against 1.8 s." in verdict.text


def test_cheaper_is_no_merit_while_it_may_be_worse():
    few = Arm(40, 3200, 262_000)
    verdict = weigh(Outcome(few, 40, 0, same(40, 0.02)), Outcome(few, 40, 0, same(40, 0.01)))
    assert not verdict.decided
    assert "B costs 50% less" in verdict.text


def test_worse_but_good_enough_for_less_money_wins_where_the_bar_says_so():
    best = Arm(4000, 340_000, 29_000_000)  # 85
    enough = Arm(4000, 316_000, 25_100_000)  # 79
    a = Outcome(best, 4000, 0, same(4000, 0.02))
    b = Outcome(enough, 4000, 0, same(4000, 0.002))
    verdict = weigh(a, b, bar=75)
    assert verdict.winner == "b"
    assert verdict.text.endswith("B wins: it is good enough, and costs less for its quality.")
    assert weigh(a, b, bar=79).winner == "a"


def test_the_better_arm_wins_though_it_is_dearer():
    good, poor = Arm(400, 36_000, 3_300_000), Arm(400, 24_000, 1_600_000)
    a = Outcome(poor, 400, 0, same(400, 0.001))
    b = Outcome(good, 400, 0, same(400, 0.01))
    verdict = weigh(a, b)
    assert verdict.winner == "b"
    assert "A costs 90% less" in verdict.text


def test_an_arm_that_fails_more_often_loses():
    a, b = Outcome(GOOD, 500, 100, same(400, 0.01)), Outcome(GOOD, 400, 2, same(398, 0.01))
    verdict = weigh(a, b)
    assert verdict.winner == "b"
    assert "B fails less often: 0.5% of its calls, against 20%." in verdict.text.replace(".0%", "%")


def test_better_answers_and_more_errors_name_no_winner():
    good, poor = Arm(400, 36_000, 3_300_000), Arm(400, 24_000, 1_600_000)
    verdict = weigh(Outcome(good, 500, 100), Outcome(poor, 400, 0))
    assert not verdict.decided
    assert verdict.winner is None
    assert verdict.text.endswith("Neither wins: one is rated better, the other fails less often.")


def test_costs_alone_decide_nothing():
    verdict = weigh(Outcome(cost=same(900, 0.02)), Outcome(cost=same(900, 0.01)))
    assert not verdict.decided
    assert verdict.text.startswith("No difference shown yet: 30 ratings an arm are needed")


def test_four_measures_looked_at_daily_raise_no_more_false_alarms():
    rng = random.Random(20261126)
    runs, alarms = 150, 0
    for _run in range(runs):
        arms = {arm: Outcome() for arm in "ab"}
        for _day in range(40):
            for arm, one in arms.items():
                for _call in range(8):
                    one = Outcome(
                        add(one.quality, 100.0 * (rng.random() < 0.8)),
                        one.calls + 1,
                        one.errors + (rng.random() < 0.05),
                        add(one.cost, rng.lognormvariate(-5, 1)),
                        add(one.time, rng.lognormvariate(7, 0.6)),
                    )
                arms[arm] = one
            if weigh(arms["a"], arms["b"]).decided:
                alarms += 1
                break
    assert alarms / runs <= ALPHA


def test_tokens_are_weighed_where_they_are_counted():
    long, short = (
        Outcome(GOOD, 400, 0, same(400, 0.01), same(400, 900), same(400, tokens))
        for tokens in (1000, 820)
    )
    verdict = weigh(long, short)
    assert verdict.winner == "b"
    assert "B sends 18% fewer tokens: 820 a call, against 1,000." in verdict.text


def test_five_measures_looked_at_daily_raise_no_more_false_alarms():
    rng = random.Random(20261127)
    runs, alarms = 150, 0
    for _run in range(runs):
        arms = {arm: Outcome() for arm in "ab"}
        for _day in range(40):
            for arm, one in arms.items():
                for _call in range(8):
                    one = Outcome(
                        add(one.quality, 100.0 * (rng.random() < 0.8)),
                        one.calls + 1,
                        one.errors + (rng.random() < 0.05),
                        add(one.cost, rng.lognormvariate(-5, 1)),
                        add(one.time, rng.lognormvariate(7, 0.6)),
                        add(one.tokens, rng.lognormvariate(6, 0.5)),
                    )
                arms[arm] = one
            if weigh(arms["a"], arms["b"]).decided:
                alarms += 1
                break
    assert alarms / runs <= ALPHA
