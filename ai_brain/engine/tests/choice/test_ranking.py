"""Ranking: cost per quality point, on evidence."""

from datetime import date
from decimal import Decimal

import pytest
from engine.choice.ranking import (
    BARS,
    Candidate,
    Evidence,
    Need,
    expected_output,
    posterior,
    rank,
)
from engine.price.pricing import Price, Rates


def price(sent, answered):
    return Price(Rates(input=Decimal(sent), output=Decimal(answered)))


def rated(n, mean, spread=10.0, **more):
    return Evidence(n, 0, n, 400.0 * n, 900.0 * n, n, n * mean, n * (mean**2 + spread**2), **more)


CHEAP = Candidate(1, "Cheap", price("0.1", "0.4"), prior=80)
DEAR = Candidate(2, "Dear", price("3", "15"), prior=90, tier="premium")


def choose(candidates, **need):
    return rank(candidates, Need(1000, **need))


def test_without_evidence_the_priors_mean_decides():
    assert choose([CHEAP, DEAR]).choice.candidate is CHEAP
    assert choose([CHEAP, DEAR], bar=BARS["high"]).choice.candidate is DEAR


def test_a_cheaper_provider_with_the_better_record_is_chosen_and_the_reason_says_so():
    proven = Candidate(
        1, "Cheap", CHEAP.price, 70, evidence=rated(412, 92, since=date(2026, 10, 1))
    )
    poor = Candidate(2, "Dear", DEAR.price, 95, evidence=rated(300, 70))
    ranking = rank([proven, poor], Need(1000), configured=2, today=date(2026, 11, 22))
    assert ranking.choice.candidate is proven
    assert "based on 412 rated calls since 1 October" in str(ranking.reasoning)
    assert "Dear would cost" in str(ranking.reasoning)
    assert "reaches only" in str(ranking.reasoning)


def test_price_never_counts_as_quality():
    poor = Candidate(2, "Dear", DEAR.price, 95, evidence=rated(300, 50))
    good = Candidate(1, "Cheap", CHEAP.price, 60, evidence=rated(300, 85))
    for sign in ("0.01", "100"):
        repriced = Candidate(2, "Dear", price(sign, sign), 95, evidence=poor.evidence)
        assert choose([good, repriced]).choice.candidate is good


def test_one_lucky_call_changes_little():
    before, after = posterior(60, Evidence()), posterior(60, rated(1, 100, 0))
    assert after.mean - before.mean < 5
    assert (
        choose(
            [Candidate(1, "Lucky", CHEAP.price, 60, evidence=rated(1, 100, 0)), DEAR]
        ).choice.candidate
        is DEAR
    )


def test_one_good_rating_disqualifies_nobody():
    assert posterior(80, rated(1, 100, 0)).lower >= 75


def test_ten_thousand_calls_make_the_prior_irrelevant():
    low, high = posterior(10, rated(10_000, 83)), posterior(99, rated(10_000, 83))
    assert low.mean == pytest.approx(high.mean, abs=0.1)
    assert low.lower == pytest.approx(83, abs=0.5)


def test_with_evidence_the_lower_end_decides():
    narrow = Candidate(1, "Few", CHEAP.price, 76, evidence=rated(6, 76, 25))
    assert posterior(76, narrow.evidence).mean > 75 > posterior(76, narrow.evidence).lower
    assert choose([narrow, DEAR]).choice.candidate is DEAR


def test_errors_make_dearer_but_never_worse():
    flaky = Candidate(1, "Flaky", CHEAP.price, 80, evidence=Evidence(100, 60, 40, 16000, 9000))
    steady = Candidate(2, "Steady", CHEAP.price, 80, evidence=Evidence(100, 0, 100, 40000, 9000))
    assert posterior(80, flaky.evidence) == posterior(80, Evidence())
    assert choose([flaky, steady]).choice.candidate is steady


def test_complexity_raises_the_needed_quality():
    assert choose([CHEAP, DEAR], complexity=0.1).choice.candidate is CHEAP
    hard = choose([CHEAP, DEAR], complexity=0.95)
    assert hard.choice.candidate is DEAR
    assert "raised from 75" in str(hard.reasoning)


def test_a_price_of_zero_ranks_by_quality():
    free = [Candidate(i, f"Free {i}", price(0, 0), 70 + i) for i in range(5, 10)]
    assert choose(free).choice.candidate.prior == 79
    assert choose([*free, CHEAP]).choice.candidate.prior == 79


def test_equal_ratios_rank_by_quality():
    one = Candidate(1, "One", price("0.8", "0.8"), 80)
    two = Candidate(2, "Two", price("0.9", "0.9"), 90)
    assert choose([one, two]).choice.candidate is two


def test_an_unknown_price_is_not_a_price_of_zero():
    ranking = choose([Candidate(3, "Unknown", None, 99), DEAR])
    assert ranking.choice.candidate is DEAR
    assert str(ranking.alternatives[0].why_not) == "has no known price"


def test_the_sandbox_stands_back_for_a_real_provider():
    sandbox = Candidate(9, "Sandbox", price(0, 0), 100, sandbox=True)
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
        ({"evidence": rated(10, 80)}, {"max_latency_ms": 800}, "900 ms"),
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
    others = [CHEAP, DEAR, Candidate(3, "U", None), Candidate(4, "W", CHEAP.price, 10)]
    assert all(str(option.why_not) for option in choose(others).alternatives)


def test_the_expected_answer_comes_from_history_once_there_is_some():
    assert expected_output(Evidence()) == 400
    assert expected_output(Evidence(answered=5, output_sum=1000)) == 200
    assert 200 < expected_output(Evidence(answered=1, output_sum=200)) < 400
    assert expected_output(Evidence(), max_tokens=50) == 50
