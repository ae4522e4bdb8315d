import math
import random

import pytest
from engine.savings import holdout
from engine.savings.proven import LEAST, Saving, Sums, boundary, saving


def arm(rng, sessions, factor, sigma=1.0):
    """Sums of sessions with lognormal costs, and an estimate of each that is off and noisy."""
    made = []
    for _ in range(sessions):
        cost = rng.lognormvariate(0, sigma)
        made.append((1, factor * cost, 0.5 * cost * rng.lognormvariate(0, 0.5)))
    return Sums.of(made)


def test_the_share_is_kept_and_nobody_s_key_draws_the_same():
    mine = [holdout.assign(b"mine", 1, 1, str(n), 5).arm for n in range(20_000)]
    other = [holdout.assign(b"other", 1, 1, str(n), 5).arm for n in range(20_000)]
    assert 0.045 < mine.count("held_out") / 20_000 < 0.055
    both = sum(a == b == "held_out" for a, b in zip(mine, other, strict=True))
    assert both / 20_000 < 0.005


def test_a_session_keeps_its_number_and_agents_and_companies_draw_apart():
    part = holdout.assign(b"k", 1, 1, "talk", 20)
    assert holdout.assign(b"k", 1, 1, "talk", 30)[1:] == (part.unit, 30)
    units = {holdout.assign(b"k", a, c, "talk", 20).unit for a in (1, 2) for c in (1, 2)}
    assert len(units) == 4
    assert all(0 <= unit < 2**31 for unit in units)


@pytest.mark.parametrize("percent", [-1, 51])
def test_a_share_beyond_the_half_is_refused(percent):
    with pytest.raises(ValueError, match="percent"):
        holdout.assign(b"k", 1, 1, "talk", percent)


def test_nothing_held_out_shows_nothing():
    found = saving([(Sums(), arm(random.Random(1), 100, 1))])
    assert (found.state, found.low, str(found.said)) == (
        "none",
        None,
        "No call has been held out yet, so nothing can be shown.",
    )


def test_few_sessions_say_how_many_calls_are_left():
    rng = random.Random(2)
    found = saving([(arm(rng, LEAST - 10, 1), arm(rng, 190, 0.5))])
    assert (found.state, found.ratio, found.more_calls) == ("open", None, 200)
    assert str(found.said) == "Not proven yet, about 200 more calls."


def test_a_saving_is_proven_with_its_interval_and_amounts():
    rng = random.Random(3)
    found = saving([(arm(rng, 400, 1), arm(rng, 7_600, 0.6))])
    assert found.state == "proven"
    assert found.low < 0.4 < found.high
    assert found.low_usd < found.usd < found.high_usd
    mean = math.exp(0.5)
    assert found.usd == pytest.approx(7_600 * 0.4 * mean, rel=0.15)
    assert found.held_out_usd == pytest.approx(found.usd * 400 / 7_600, rel=1e-9)
    assert str(found.said).startswith("Proven: ")


def test_a_loss_is_called_one():
    rng = random.Random(4)
    found = saving([(arm(rng, 2_000, 1), arm(rng, 2_000, 2.0))])
    assert (found.state, found.more_calls) == ("loss", None)
    assert found.high < 0
    assert "costs more than it saves" in str(found.said)


def test_after_so_many_calls_more_of_the_same_it_is_proven():
    rng = random.Random(5)
    pair = arm(rng, 40, 1), arm(rng, 760, 0.7)
    found = saving([pair])
    assert found.state == "open"

    def after(calls):
        times = 1 + calls / 800
        return saving([[Sums(*(times * value for value in part)) for part in pair]]).state

    assert after(found.more_calls) == "proven"
    assert after(0.8 * found.more_calls) == "open"


def test_what_was_made_for_it_is_paid_by_the_saving():
    rng = random.Random(6)
    pair = arm(rng, 400, 1), arm(rng, 7_600, 0.6)
    plain, paid = saving([pair]), saving([pair], making_usd=1_000.0)
    assert paid.usd == pytest.approx(plain.usd - 1_000)
    assert paid.ratio < plain.ratio
    assert paid.held_out_usd == pytest.approx(plain.held_out_usd)


def test_strata_are_compared_each_within_itself():
    # the dear agent holds out half, the cheap one a twentieth: pooled, holding out looks dear
    rng = random.Random(7)
    dear = [arm(rng, 1_000, 10, 0.3), arm(rng, 1_000, 10, 0.3)]
    cheap = [arm(rng, 100, 1, 0.3), arm(rng, 1_900, 1, 0.3)]
    found = saving([dear, cheap])
    assert found.state == "open"
    assert abs(found.ratio) < 0.05
    pooled = [Sums(*map(sum, zip(dear[at], cheap[at], strict=True))) for at in (0, 1)]
    assert saving([pooled]).state == "proven"  # what must not be told


def test_an_estimate_that_is_far_off_leaves_the_saving_where_it_is():
    rng = random.Random(8)
    costs = [rng.lognormvariate(0, 1) for _ in range(8_000)]
    ratios = []
    for wrong in (0.0, 1.0, 1_000.0):
        held = Sums.of((1, c, wrong * c) for c in costs[:400])
        treated = Sums.of((1, 0.6 * c, wrong * c) for c in costs[400:])
        found = saving([(held, treated)])
        ratios.append(found.ratio)
        assert found.low < 0.4 < found.high
    assert ratios[1] == pytest.approx(0.4, abs=1e-4)  # explains all: no chance is left
    assert ratios[2] == pytest.approx(ratios[1], abs=1e-9)  # in whatever unit


def test_free_answers_alone_are_a_saving_of_everything():
    held = Sums.of([(1, 1.0, 1.0), (1, 2.0, 1.0)] * 100)
    found = saving([(held, Sums.of([(1, 0.0, 1.0)] * 1_000))])
    assert (found.ratio, found.high) == (1.0, 1.0)
    assert found.state == "proven"


def test_costs_of_nothing_at_all_are_left_open():
    nothing = Sums.of([(1, 0.0, 0.0)] * 100)
    found = saving([(nothing, nothing)])
    assert (found.state, found.ratio, found.more_calls) == ("open", None, None)


def test_the_boundary_is_wider_than_that_of_a_single_look():
    assert all(boundary(n) > 2.9**2 for n in (20, 100, 1_000, 100_000))


def test_a_proof_that_is_out_of_sight_is_not_announced():
    rng = random.Random(9)
    found = saving([(arm(rng, 100, 1), arm(rng, 1_900, 1.3))])
    assert found.more_calls is None
    assert str(Saving("open").said).startswith("Not proven, and at this rate")
