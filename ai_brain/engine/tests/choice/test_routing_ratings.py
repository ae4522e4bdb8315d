"""A company's own ratings move the routing gain: as far as they show something, and no further."""

import json
import random
import time

import pytest
from engine.choice import CompanyRatings, rating_features, routing_gain

LETTERS = "Draft a letter to {} about the late delivery of {} and offer a discount."
CLAUSES = "Review the warranty clause of the contract with {} on {} and name the risks for us."
NAMES = ("Becker", "Rossi", "Dubois", "Novak", "Silva", "Olsen", "Kaya", "Mori")
GOODS = ("chairs", "pumps", "lamps", "valves", "tents", "cables", "doors", "tiles")


def requests(template):
    return [template.format(name, goods) for name in NAMES for goods in GOODS]


def rated(letters_gain, clauses_gain, rounds=4, seed=3):
    """Ratings of a company whose strong model wins so much on its two kinds of requests."""
    chance, ratings = random.Random(seed), CompanyRatings()
    for _ in range(rounds):
        for template, gain in ((LETTERS, letters_gain), (CLAUSES, clauses_gain)):
            for prompt in requests(template):
                strong = chance.random() < 0.5
                right = chance.random() < (0.5 + gain if strong else 0.5)
                ratings.add(rating_features(prompt), strong, float(right))
    return ratings


LETTER, CLAUSE = LETTERS.format("Meyer", "boots"), CLAUSES.format("Meyer", "boots")


def test_no_rating_changes_nothing():
    nothing = CompanyRatings()
    assert nothing.count == 0
    for prompt in (LETTER, CLAUSE, "", "Hi there!"):
        assert routing_gain(prompt, nothing) == routing_gain(prompt)


def test_the_gain_follows_what_a_company_found():
    on_clauses = rated(letters_gain=0.0, clauses_gain=0.45)
    on_letters = rated(letters_gain=0.45, clauses_gain=0.0)
    apart = routing_gain(CLAUSE, on_clauses) - routing_gain(LETTER, on_clauses)
    assert apart > routing_gain(CLAUSE) - routing_gain(LETTER) + 0.05
    assert routing_gain(LETTER, on_letters) > routing_gain(CLAUSE, on_letters)


def test_a_handful_of_ratings_moves_little():
    few = CompanyRatings()
    for strong in (True, False, True):
        few.add(rating_features(CLAUSE), strong, float(strong))
    assert routing_gain(CLAUSE, few) == pytest.approx(routing_gain(CLAUSE), abs=0.03)


def test_ratings_as_foreseen_change_little():
    ratings = CompanyRatings()
    for prompt in requests(LETTERS) + requests(CLAUSES):
        features = rating_features(prompt)
        for strong in (False, True):
            ratings.add(features, strong, min(1.0, max(0.0, features[strong])))
    for prompt in (LETTER, CLAUSE):
        assert routing_gain(prompt, ratings) == pytest.approx(routing_gain(prompt), abs=0.01)


def test_the_state_is_a_few_hundred_numbers_however_many_the_ratings():
    ratings = rated(0.1, 0.4, rounds=1)
    state = json.loads(json.dumps(ratings.state()))
    assert len(state["weak"]) + len(state["strong"]) == 554
    again = CompanyRatings(state)
    assert again.count == ratings.count == 128
    assert routing_gain(CLAUSE, again) == routing_gain(CLAUSE, ratings)


def test_sums_made_with_other_weights_count_as_none():
    state = rated(0.1, 0.4, rounds=1).state() | {"version": 1}
    assert CompanyRatings(state).count == 0
    assert CompanyRatings(None).count == CompanyRatings({}).count == 0


def test_a_state_of_another_size_is_refused():
    state = CompanyRatings().state() | {"weak": [0.0]}
    with pytest.raises(ValueError, match="1 sums instead of 277"):
        CompanyRatings(state)


def test_faded_ratings_move_less():
    fresh, faded = rated(0.0, 0.45), rated(0.0, 0.45)
    faded.fade(0.1)
    plain = routing_gain(CLAUSE)
    assert faded.count == pytest.approx(fresh.count / 10)
    assert abs(routing_gain(CLAUSE, faded) - plain) < abs(routing_gain(CLAUSE, fresh) - plain)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_lies_between_0_and_1(score):
    with pytest.raises(ValueError, match="between 0 and 1"):
        CompanyRatings().add(rating_features("Hi"), True, score)


def test_a_gain_moved_by_ratings_stays_between_0_and_1():
    for ratings in (rated(0.5, 0.5), rated(-0.5, -0.5)):
        for prompt in (LETTER, CLAUSE, "", "x" * 100_000, "中文" * 1000):
            assert 0.0 <= routing_gain(prompt, ratings) <= 1.0


def test_a_rating_costs_little_and_the_correction_is_solved_once():
    ratings = rated(0.1, 0.4, rounds=1)
    routing_gain(CLAUSE, ratings)
    started = time.thread_time()
    for _ in range(20):
        routing_gain(CLAUSE, ratings)
    assert (time.thread_time() - started) / 20 < 0.003
