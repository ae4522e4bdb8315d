"""Ranking: cost per quality point, on evidence."""

import random
from datetime import date
from decimal import Decimal

import pytest
from engine.choice.priors import prior
from engine.choice.quality import BARS, Ability, Ratings, given
from engine.choice.ranking import (
    Candidate,
    Evidence,
    Need,
    best,
    expected_output,
    rank,
)
from engine.price.pricing import Price, Rates


def price(sent, answered):
    return Price(Rates(input=Decimal(sent), output=Decimal(answered)))


def rated(n, mean, spread=10.0, level="medium"):
    return ((level, Ratings(n, n * mean, n * (mean**2 + spread**2))),)


def calls(n, since=None):
    return Evidence(n, 0, n, 400.0 * n, 900.0 * n, since)


CHEAP = Candidate(1, "Cheap", price("0.1", "0.4"), given(80))
DEAR = Candidate(2, "Dear", price("3", "15"), given(90), tier="premium")
MINI = Candidate(3, "Mini", price("0.15", "0.6"), prior("gpt-4o-mini"))
LARGE = Candidate(4, "Large", price("2.5", "10"), prior("gpt-4o"))


def choose(candidates, configured=None, **need):
    return rank(candidates, Need(1000, **need), configured)


def test_without_ratings_the_prior_s_mean_decides():
    assert choose([CHEAP, DEAR]).choice.candidate is CHEAP
    assert choose([CHEAP, DEAR], bar=BARS["high"]).choice.candidate is DEAR


def test_what_lies_in_a_vendor_s_cache_is_paid_as_a_read():
    warm = Price(Rates(input=Decimal(2), output=Decimal(2), cache_read=Decimal("0.2")))
    kept = Candidate(5, "Kept", warm, given(85))
    cheap = Candidate(6, "Cheap", price("1", "2"), given(85))
    need = Need(5000, max_tokens=50)
    assert rank([kept, cheap], need).choice.candidate is cheap
    chosen = rank([kept, cheap], need._replace(cached={5: 4800})).choice
    assert chosen.candidate is kept
    # 200 x 2 + 4,800 x .2 + 50 x 2 a million
    assert chosen.cost == Decimal("0.00146")
    # more than the whole is the whole; a price without a rate for reads gains nothing
    assert rank([kept], need._replace(cached={5: 9000})).choice.cost == Decimal("0.0011")
    assert rank([cheap], need._replace(cached={6: 5000})).choice.cost == Decimal("0.0051")


def test_the_best_alone_is_the_choice_of_the_ranking():
    draw, seen = random.Random(5), set()
    for _ in range(300):
        candidates = draw.sample([CHEAP, DEAR, MINI, LARGE], draw.randrange(5))
        need = Need(
            draw.randrange(200_000),
            complexity=draw.choice((None, draw.random())),
            max_budget_usd=draw.choice((None, Decimal("0.01"))),
            nothing_suits=draw.choice(("best", "cheapest")),
        )
        configured, of_pair = draw.choice((None, 1, 2)), draw.random() < 0.3
        found = best(candidates, need, configured, of_pair)
        assert found == rank(candidates, need, configured, of_pair=of_pair).choice
        seen.add(found and found.candidate.key)
    assert seen == {None, 1, 2, 3, 4}


def test_where_nobody_stated_a_need_it_follows_the_complexity():
    chosen = [choose([MINI, LARGE], complexity=c).choice for c in (0.05, 0.3, 0.45, 0.5, 0.9)]
    assert [option.candidate.name for option in chosen] == ["Mini"] * 3 + ["Large"] * 2
    assert all(option.meets_quality for option in chosen)


def test_a_stated_need_is_the_companys_threshold_whatever_the_complexity():
    assert Need(0, bar=90.0, complexity=0.9).needed == 90.0
    hard = choose([MINI, LARGE], bar=BARS["high"], complexity=0.9)
    assert hard.choice.candidate is LARGE
    assert not hard.choice.meets_quality
    assert choose([MINI, LARGE], bar=BARS["low"], complexity=0.6).choice.candidate is MINI


def test_what_the_gain_adds_breaks_the_border_and_no_more():
    near = {"complexity": 0.44}
    assert choose([MINI, LARGE], **near, shift=0.03).choice.candidate is LARGE
    assert choose([MINI, LARGE], complexity=0.47, shift=-0.03).choice.candidate is MINI
    assert choose([MINI, LARGE], complexity=0.1, shift=0.28).choice.candidate is MINI


def test_nothing_dearer_is_recommended_where_the_configured_one_fits():
    better = Candidate(5, "Better", price("0.16", "0.61"), prior("o3"))
    assert choose([MINI, better], complexity=0.45).choice.candidate is better
    kept = choose([MINI, better], configured=3, complexity=0.45)
    assert kept.choice.candidate is MINI
    assert str(kept.alternatives[0].why_not).startswith("meets the need too, but costs")


def test_a_switch_up_says_that_the_configured_one_fails_the_need():
    up = choose([MINI, LARGE], configured=3, complexity=0.9)
    assert up.choice.candidate is LARGE
    assert "Mini would cost about" in str(up.reasoning)
    assert "reaches only 60" in str(up.reasoning)
    assert "on a demanding request" in str(up.reasoning)
    barred = choose([MINI._replace(tools=False), LARGE], configured=3, tools=True)
    assert "Mini, which was asked for, cannot take the call (cannot call tools)" in str(
        barred.reasoning
    )


def test_if_nothing_suits_the_company_may_choose_the_cheapest():
    cheapest = choose([MINI, LARGE], bar=99.0, nothing_suits="cheapest")
    assert cheapest.choice.candidate is MINI
    assert not cheapest.choice.meets_quality
    assert "Mini costs least" in str(cheapest.reasoning)
    assert choose([MINI, LARGE], bar=99.0).choice.candidate is LARGE


def test_a_model_in_no_table_is_judged_by_its_lower_end_and_says_so():
    unknown = Candidate(6, "Ours", price("0.01", "0.01"))
    assert choose([unknown, MINI], complexity=0.4).choice.candidate is MINI
    greeting = choose([unknown, MINI], complexity=0.05)
    assert greeting.choice.candidate is unknown
    assert "an assumption, as it is in no published table" in str(greeting.reasoning)
    assert not greeting.choice.is_known


def test_the_reason_names_quality_difficulty_and_published_tables():
    said = str(choose([MINI, LARGE], complexity=0.2).reasoning)
    assert "on an easy request" in said
    tables, origins = MINI.ability.tables, MINI.ability.origins
    assert f"based on {tables} published tables of {origins} publishers" in said


def test_a_cheaper_provider_with_the_better_record_is_chosen_and_the_reason_says_so():
    proven = Candidate(
        1,
        "Cheap",
        CHEAP.price,
        given(70),
        evidence=calls(412, date(2026, 10, 1)),
        ratings=rated(412, 92),
    )
    poor = Candidate(2, "Dear", DEAR.price, given(95), ratings=rated(300, 70))
    ranking = rank([proven, poor], Need(1000), configured=2, today=date(2026, 11, 22))
    assert ranking.choice.candidate is proven
    assert "based on 412 rated calls since 1 October" in str(ranking.reasoning)
    assert "Dear would cost" in str(ranking.reasoning)
    other = ranking.alternatives[0].quality
    interval = f"({round(other.lower)} to {round(other.upper)})"
    assert "reaches only" in str(ranking.reasoning)
    assert f"{interval}, based on 300 rated calls and on" in str(ranking.reasoning)


def test_of_a_pair_the_ratings_of_both_are_named_with_their_intervals():
    small = MINI._replace(ratings=rated(80, 45, level="high"))
    found = rank([small, LARGE], Need(1000, complexity=0.9), of_pair=True)
    assert found.choice.candidate is LARGE
    other = found.alternatives[0].quality
    interval = f"({round(other.lower)} to {round(other.upper)})"
    assert f"of 100 {interval}, based on 80 rated calls and on" in str(found.reasoning)


def test_ratings_of_another_level_move_the_ability_by_their_difficulty():
    easy = MINI._replace(ratings=rated(60, 88, level="low"))
    hard = MINI._replace(ratings=rated(60, 88, level="high"))
    assert choose([hard, LARGE], complexity=0.9).choice.candidate is hard
    assert choose([easy, LARGE], complexity=0.9).choice.candidate is LARGE


def test_ratings_of_300_candidates_are_worked_out_once(monkeypatch):
    from engine.choice import ranking

    counted = []
    plain = ranking.posterior
    monkeypatch.setattr(ranking, "posterior", lambda *args: counted.append(args) or plain(*args))
    ranking.ability_of.cache_clear()
    many = [
        Candidate(i, f"C{i}", CHEAP.price, Ability(i / 300, 0.5), ratings=rated(5, 80))
        for i in range(300)
    ]
    for complexity in (0.1, 0.5, 0.9):
        choose(many, complexity=complexity)
    assert len(counted) == 300


def test_price_never_counts_as_quality():
    poor = Candidate(2, "Dear", DEAR.price, given(95), ratings=rated(300, 50))
    good = Candidate(1, "Cheap", CHEAP.price, given(60), ratings=rated(300, 85))
    for sign in ("0.01", "100"):
        repriced = poor._replace(price=price(sign, sign))
        assert choose([good, repriced]).choice.candidate is good


def test_one_lucky_call_changes_little():
    lucky = Candidate(1, "Lucky", CHEAP.price, given(60), ratings=rated(1, 100, 0))
    assert choose([lucky, DEAR]).choice.candidate is DEAR


def test_errors_make_dearer_but_never_worse():
    flaky = Candidate(1, "Flaky", CHEAP.price, given(80), evidence=Evidence(100, 60, 40, 16000, 9))
    steady = Candidate(
        2, "Steady", CHEAP.price, given(80), evidence=Evidence(100, 0, 100, 40000, 9)
    )
    ranking = choose([flaky, steady])
    assert ranking.choice.candidate is steady
    assert ranking.choice.quality == ranking.alternatives[0].quality


def test_a_price_of_zero_ranks_by_quality():
    free = [Candidate(i, f"Free {i}", price(0, 0), given(70 + i)) for i in range(5, 10)]
    assert choose(free).choice.candidate.key == 9
    assert choose([*free, CHEAP]).choice.candidate.key == 9


def test_equal_ratios_rank_by_quality():
    one = Candidate(1, "One", price("0.8", "0.8"), given(80))
    two = Candidate(2, "Two", price("0.9", "0.9"), given(90))
    assert choose([one, two]).choice.candidate is two


def test_an_unknown_price_is_not_a_price_of_zero():
    ranking = choose([Candidate(3, "Unknown", None, given(99)), DEAR])
    assert ranking.choice.candidate is DEAR
    assert str(ranking.alternatives[0].why_not) == "has no known price"


def test_the_sandbox_stands_back_for_a_real_provider():
    sandbox = Candidate(9, "Sandbox", price(0, 0), given(99), sandbox=True)
    ranking = choose([sandbox, DEAR])
    assert ranking.choice.candidate is DEAR
    assert ranking.alternatives == ()
    assert choose([sandbox]).choice.candidate is sandbox


@pytest.mark.parametrize(
    ("change", "need", "words"),
    [
        ({"context_window": 500}, {}, "takes at most 500 tokens"),
        ({"context_window": 8000}, {"min_context_window": 9000}, "below 9,000"),
        ({"tools": False}, {"tools": True}, "cannot call tools"),
        ({"tier": "premium"}, {"user_tier": "standard"}, "tier premium"),
        ({"tier": "standard"}, {"tier": "efficient"}, "tier standard"),
        ({"evidence": calls(10)}, {"max_latency_ms": 800}, "0.90 s"),
    ],
)
def test_what_cannot_take_the_call_is_dropped_and_says_why(change, need, words):
    candidate = CHEAP._replace(**change)
    ranking = choose([candidate], **need)
    assert ranking.choice is None
    assert words in str(ranking.reasoning)
    assert words in str(ranking.alternatives[0].why_not)


def test_a_budget_that_nothing_fits_gives_an_empty_answer_with_the_figures():
    ranking = choose([CHEAP, DEAR], max_budget_usd=Decimal(0))
    assert ranking.choice is None
    assert "budget of $0.00" in str(ranking.reasoning)
    assert "Cheap" in str(ranking.reasoning)


def test_if_none_is_good_enough_the_best_is_named_as_not_enough():
    ranking = choose([CHEAP, DEAR], bar=97)
    assert ranking.choice.candidate is DEAR
    assert not ranking.choice.meets_quality
    assert str(ranking.reasoning).startswith("No provider reaches the quality of 97")


def test_no_provider_at_all():
    assert choose([]).choice is None
    assert str(choose([]).reasoning) == "There is no active provider for this task."


def test_every_alternative_says_why_not():
    others = [CHEAP, DEAR, Candidate(3, "U", None), Candidate(4, "W", CHEAP.price, given(10))]
    assert all(str(option.why_not) for option in choose(others).alternatives)


def test_the_expected_answer_comes_from_history_once_there_is_some():
    assert expected_output(Evidence()) == 400
    assert expected_output(Evidence(answered=5, output_sum=1000)) == 200
    assert 200 < expected_output(Evidence(answered=1, output_sum=200)) < 400
    assert expected_output(Evidence(), max_tokens=50) == 50
