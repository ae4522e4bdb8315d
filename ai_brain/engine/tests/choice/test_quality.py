"""Quality by difficulty: a small model does for a greeting and not for a strategy."""

import itertools
import math
from pathlib import Path

import pytest
from engine.choice.complexity import score_complexity
from engine.choice.priors import prior
from engine.choice.quality import (
    BARS,
    Ability,
    Ratings,
    ability_needed,
    bar_for,
    given,
    meets,
    posterior,
    quality,
)

PLAN = Path(__file__).with_name("plan_prompts.tsv")
SECOND = Path(__file__).with_name("plan_prompts_second.tsv")
CHEAP = [  # and of recent make
    *("gpt-4o-mini", "gpt-4.1-mini", "gpt-5-mini", "gpt-5-nano", "gpt-5.4-nano", "gpt-6-luna"),
    *("gemini-2.0-flash-lite", "gemini-2.5-flash-lite", "gemini-3.5-flash-lite"),
    *("gemini-3.8-flash", "claude-3-5-haiku-latest", "claude-haiku-4-5", "claude-haiku-5-5"),
    *("deepseek-v4-flash", "deepseek-chat", "mistral-small-latest", "llama-3.3-70b-versatile"),
]
COMPLEXITIES = [i / 50 for i in range(51)]


def ratings(n, mean, spread=10.0):
    return Ratings(n, n * mean, n * (mean**2 + spread**2))


def plan_prompts(path=PLAN):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


# -- the curve ----------------------------------------------------------------


def test_a_chance_falls_with_complexity_and_rises_with_ability():
    for low, high in ((-2.0, -1.0), (-1.0, 0.0), (0.0, 0.5), (0.5, 3.0)):
        for easy, hard in itertools.pairwise(COMPLEXITIES):
            weak = quality(Ability(low, 0.5), hard).mean
            assert quality(Ability(low, 0.5), easy).mean >= weak
            assert quality(Ability(high, 0.5), hard).mean > weak


def test_an_interval_holds_its_mean_and_stays_within_0_and_100():
    for ability in (Ability(-9.0, 3.0), Ability(0.0, 0.5), Ability(9.0, 3.0)):
        for complexity in (-1, 0, 0.3, 1, 5):
            mean, lower, upper, decides = quality(ability, complexity)
            assert 0 <= lower <= mean <= upper <= 100
            assert lower <= decides <= mean


def test_the_reference_answers_three_in_four_well_where_ordinary_questions_end():
    assert quality(prior("gpt-4o-mini"), 0.45).mean == pytest.approx(75.0)


def test_the_bar_asks_for_more_ability_the_harder_a_question_is():
    needed = [ability_needed(c) for c in COMPLEXITIES]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(needed))
    assert BARS["low"] <= bar_for(1.0) < bar_for(0.3) == BARS["medium"]


def test_a_companys_own_bars_are_eased_alike():
    assert bar_for(0.2, {"low": 50, "medium": 80}) == 80
    assert bar_for(1.0, {"low": 50, "medium": 80}) == pytest.approx(56)
    assert bar_for(1.0, {"low": 80, "medium": 80}) == 80


def test_a_question_of_unknown_complexity_counts_as_an_ordinary_one():
    assert bar_for(None) == BARS["medium"]
    assert quality(Ability(0.4, 0.5), None) == quality(Ability(0.4, 0.5), 0.45)
    assert posterior(Ability(0.0, 0.5), {"unknown": ratings(9, 95)}).mean > 0


def test_the_ability_that_a_bar_asks_for_just_meets_it():
    for complexity in (0.1, 0.5, 0.95):
        for bar in (60, 75, 90):
            needed = ability_needed(complexity, bar)
            assert quality(Ability(needed, 0.5), complexity).mean == pytest.approx(bar)


# -- what the plans ask of gpt-4o-mini and gpt-4o, unrated --------------------


def routed(complexity):
    for name in ("gpt-4o-mini", "gpt-4o"):
        if meets(prior(name), complexity, bar_for(complexity)):
            return name.removeprefix("gpt-").removeprefix("4o-")
    return "none"


@pytest.mark.parametrize("path", [PLAN, SECOND], ids=["first", "second"])
def test_nine_in_ten_of_the_plans_prompts_go_where_the_plans_say(path):
    prompts = plan_prompts(path)
    right = [routed(score_complexity(text).score) == goes for _k, _l, goes, text in prompts]
    assert len(prompts) == 60
    assert sum(right) >= 54


def test_a_greeting_never_goes_up():
    prompts = plan_prompts() + plan_prompts(SECOND)
    greetings = [text for kind, _l, _g, text in prompts if kind == "greeting"]
    assert {routed(score_complexity(text).score) for text in greetings} == {"mini"}


def test_the_large_one_meets_the_bar_of_every_question_that_the_small_one_fails():
    assert {routed(c) for c in COMPLEXITIES if c <= 0.45} == {"mini"}
    assert {routed(c) for c in COMPLEXITIES if c > 0.45} == {"4o"}


def test_an_easy_question_meets_the_medium_bar_on_a_small_model_and_a_hard_one_does_not():
    small = prior("gpt-4o-mini")
    assert meets(small, 0.3, BARS["medium"])
    assert not meets(small, 0.8, BARS["medium"])
    assert not meets(small, 0.3, BARS["high"])
    assert meets(prior("o3"), 0.8, BARS["high"])


@pytest.mark.parametrize(
    "name",
    CHEAP,
)
def test_a_cheap_model_of_recent_make_may_answer_ordinary_questions(name):
    assert all(meets(prior(name), c, bar_for(c)) for c in COMPLEXITIES if c <= 0.45)


# -- ratings ------------------------------------------------------------------


def test_without_ratings_a_published_mean_decides_and_an_unknown_models_lower_end():
    published, unknown = Ability(0.0, 0.5), Ability(0.0, 1.0, "unknown")
    assert quality(published, 0.4).decides == quality(published, 0.4).mean
    assert quality(unknown, 0.4).decides == quality(unknown, 0.4).lower
    assert not meets(unknown, 0.4, 60)
    assert published.is_known
    assert not unknown.is_known


def test_many_ratings_make_the_prior_irrelevant():
    low, high = (
        posterior(Ability(start, 0.5), {"medium": ratings(2000, 80)}) for start in (-2.0, 2.0)
    )
    assert quality(low, 0.5).mean == pytest.approx(80, abs=1.5)
    assert quality(high, 0.5).mean == pytest.approx(80, abs=1.5)
    assert quality(low, 0.5).upper - quality(low, 0.5).lower < 4
    assert low.share > 0.95


def test_the_lower_end_decides_once_there_is_evidence():
    rated = posterior(Ability(0.0, 0.5), {"medium": ratings(200, 76)})
    chance = quality(rated, 0.5)
    assert chance.lower < 75 < chance.mean
    assert chance.decides == pytest.approx(chance.lower, abs=0.4)
    assert not meets(rated, 0.5, 75)


def test_the_same_rating_says_more_of_ability_on_a_hard_question():
    start = Ability(0.0, 0.5)
    easy = posterior(start, {"low": ratings(10, 85)})
    hard = posterior(start, {"high": ratings(10, 85)})
    assert hard.mean > easy.mean + 0.3
    assert abs(easy.mean) < 0.2  # 85 is what was to be expected there


def test_poor_ratings_on_easy_questions_count_more_than_on_hard_ones():
    start = Ability(0.5, 0.5)
    assert posterior(start, {"low": ratings(10, 40)}).mean < 0.2
    on_easy = quality(posterior(start, {"low": ratings(10, 40)}), 0.5).mean
    on_hard = quality(posterior(start, {"high": ratings(10, 40)}), 0.5).mean
    assert on_easy < quality(start, 0.5).mean
    assert on_hard < quality(start, 0.5).mean


def test_one_good_rating_does_not_fail_a_model_that_met_the_bar():
    start = prior("gpt-4o-mini")
    assert meets(start, 0.4, 75)
    assert meets(posterior(start, {"medium": ratings(1, 95, 0)}), 0.4, 75)


def test_steady_ratings_say_more_than_wild_ones():
    start = Ability(0.0, 0.5)
    steady = posterior(start, {"medium": ratings(30, 85, 3)})
    wild = posterior(start, {"medium": ratings(30, 85, 30)})
    assert steady.sd < wild.sd < start.sd
    assert steady.mean > wild.mean > 0


def test_ratings_at_two_levels_count_together():
    both = posterior(Ability(0.0, 0.5), {"low": ratings(5, 90), "high": ratings(5, 90)})
    assert both.rated == 10
    assert both.mean > posterior(Ability(0.0, 0.5), {"low": ratings(5, 90)}).mean


def test_no_ratings_leave_the_prior_as_it_was():
    start = prior("gpt-4o")
    assert posterior(start, {}) == start
    assert posterior(start, {"low": Ratings(), "medium": (0, 0, 0)}) == start


@pytest.mark.parametrize("n", [1, 1000, 10**7])
@pytest.mark.parametrize("mean", [0, 50, 100])
def test_extreme_ratings_stay_finite(n, mean):
    for start in (Ability(-4.0, 0.5), Ability(4.0, 1.0, "unknown")):
        moved = posterior(start, {"high": ratings(n, mean, 0)})
        assert math.isfinite(moved.mean)
        assert 0 < moved.sd <= start.sd
        assert all(0 <= x <= 100 for x in quality(moved, 0.8))


@pytest.mark.parametrize(
    "evidence",
    [{"extreme": (1, 80, 6400)}, {1.5: (1, 80, 6400)}, {"low": (1, 180, 0)}, {"low": (-1, 0, 0)}],
)
def test_what_are_no_ratings_is_refused(evidence):
    with pytest.raises(ValueError, match=r"no level of complexity|no sums of ratings"):
        posterior(Ability(0.0, 0.5), evidence)


def test_a_given_prior_is_of_ordinary_questions_and_its_mean_decides():
    for percent in (10, 75, 95):
        assert quality(given(percent), 0.45).decides == pytest.approx(percent)
    assert quality(given(0), 0.45).mean < 2
    assert quality(given(100), 0.45).mean > 98
