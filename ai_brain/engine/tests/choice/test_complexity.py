"""The complexity score: order of everyday work, robustness, and speed."""

import statistics
import time

import pytest
from engine.choice.complexity import level_of, score_complexity


def score(prompt):
    return score_complexity(prompt).score


@pytest.mark.parametrize(
    "ladder",
    [
        (
            "Hi there!",
            "What is the capital of Peru?",
            "Compare leasing and buying a van over 4 years; maintenance must be included and the "
            "first year may not exceed 9,000. Justify your recommendation.",
            "Prove that every bounded monotone sequence converges and derive its limit.",
        ),
        (
            "Guten Tag!",
            "Wie heißt die Hauptstadt von Peru?",
            "Vergleiche drei Angebote; der Preis darf 5.000 Euro nicht überschreiten und die "
            "Garantie muss mindestens 2 Jahre gelten. Begründe die Wahl.",
        ),
        ("谢谢", "秘鲁的首都是哪里?", "证明质数有无穷多个,并分析证明中的每一步。"),
        ("Merci !", "Démontre que racine de 3 est irrationnelle et justifie chaque étape."),
    ],
    ids=["English", "German", "Chinese", "French"],
)
def test_work_is_ordered_by_what_it_demands(ladder):
    scores = [score(prompt) for prompt in ladder]
    assert scores == sorted(scores)
    assert scores[0] < 0.3
    assert scores[-1] > scores[0] + 0.25


def test_a_longer_text_to_translate_is_not_harder_than_a_proof():
    letter = (
        "We met on Tuesday and spoke about the fair. The stand will be smaller this year. " * 80
    )
    assert score("Translate to German:\n" + letter) < score(
        "Prove that the square root of 2 is irrational."
    )


def test_a_fact_looked_up_in_a_long_document_is_no_hard_question():
    contract = "The lessee pays 1,200 euros on or before the third working day; repairs are his. "
    question = "When is the rent due?\n\n" + contract
    assert score(question + contract * 100) < score(question) + 0.15
    assert score(question + contract * 100) < 0.5


def test_options_of_a_multiple_choice_question_change_little():
    question = "Which of these animals lives longest?"
    options = "\nA. mouse\nB. tortoise\nC. dog\nD. horse\nAnswer:"
    assert score(question + options) == pytest.approx(score(question), abs=0.05)


def test_the_last_turn_counts_and_a_short_follow_up_inherits():
    hard = "Derive the closed form of the sum of the first n cubes and prove it by induction."
    talk = [
        {"role": "user", "content": hard},
        {"role": "assistant", "content": "It is the square of n(n+1)/2."},
    ]
    follow_up = [*talk, {"role": "user", "content": "And for fourth powers?"}]
    thanks = [*talk, {"role": "user", "content": "Thanks, bye"}]
    assert score_complexity(follow_up).score > 0.5
    assert score_complexity(thanks).score < 0.3


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "\x00\ud800",
        "a" * 5_000_000,
        "中" * 5_000_000,
        "(" * 1_000_000,
        "1," * 2_000_000,
        "\n" * 3_000_000,
        "```" * 1_000_000,
        "A. \n" * 1_000_000,
        "x_" * 2_000_000,
        '{"a": ' * 500_000,
        [],
        None,
        [{"role": "user", "content": None}],
        [{"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "hi"}]}],
        ["not a message"],
    ],
    ids=range(16),
)
def test_anything_has_a_score_and_soon(prompt):
    started = time.perf_counter()
    result = score_complexity(prompt)
    assert time.perf_counter() - started < 0.25
    assert 0.0 <= result.score <= 1.0
    assert result.level == level_of(result.score)


def test_a_long_prompt_takes_a_few_milliseconds():
    prompt = "Compare the offers of 2024 and explain, step by step, why costs rose by 12 %. " * 500
    score(prompt)
    times = []
    for _ in range(20):
        started = time.thread_time()
        score(prompt)
        times.append(time.thread_time() - started)
    assert statistics.median(times) < 0.010  # 5 ms on a quiet machine


def test_reasons_are_plain_words():
    result = score_complexity("Design an algorithm for the schedule and prove that it is optimal.")
    assert "asks for a proof or derivation" in result.reasons
