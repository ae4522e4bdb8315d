"""The routing gain: what it says of everyday work, of anything sent to it, and how soon."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine.choice import routing_gain
from engine.choice.routing import Trees, bounded, load_model
from engine.choice.routing_features import BUCKETS, describe, text_of

ENGINE = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("easy", "hard"),
    [
        ("Hi there!", "Prove that there are infinitely many primes and analyse each step."),
        ("Danke, das passt so.", "Entwirf einen Algorithmus und beweise seine Korrektheit."),
        (
            "Merci beaucoup !",
            "Démontre que racine de 3 est irrationnelle ; justifie chaque étape.",
        ),
        ("Hola, ¿qué tal?", "Demuestra que n^2 - 1 es divisible por 8 si n es impar."),
        ("你好", "证明质数有无穷多个,并分析证明中的每一步。"),
    ],
    ids=["English", "German", "French", "Spanish", "Chinese"],
)
def test_a_greeting_gains_less_from_a_stronger_model_than_a_proof(easy, hard):
    assert routing_gain(easy) < 0.12
    assert routing_gain(hard) > routing_gain(easy) + 0.1


def test_trees_read_at_once_say_what_walking_down_each_says():
    draw = random.Random(7)
    features, bounds = 5, [0.0, 0.25, 0.5, 0.5, 0.75]

    def grown(leaves):
        if leaves == 1:
            return draw.uniform(-1, 1)
        low = draw.randint(1, leaves - 1)
        bound = draw.choice(bounds)
        return draw.randrange(features), bound, grown(low), grown(leaves - low)

    def walked(node, row):
        while isinstance(node, tuple):
            feature, bound, low, high = node
            node = low if row[feature] <= bound else high
        return node

    trees = [grown(draw.randint(1, 8)) for _tree in range(60)]
    at_once = Trees(trees)
    for _row in range(300):
        row = [draw.choice([*bounds, draw.uniform(-1, 2)]) for _feature in range(features)]
        expected = 0.3 + sum(walked(tree, row) for tree in trees)
        assert at_once.total(row, 0.3) == pytest.approx(expected, abs=1e-12)
    with pytest.raises(ValueError, match="too many leaves"):
        Trees([grown(9)])


def test_a_longer_word_problem_gains_more():
    short = "Tom has 12 apples and eats half of them. How many apples are left?"
    long = (
        "Tom has 12 boxes with 24 apples each. He sells a quarter of the boxes at 9 dollars a box, "
        "gives 3 boxes to each of his two sisters and eats 5 apples of the rest every day. Each of "
        "the sisters sells half of her apples for 20 cents each. How many days do his apples last, "
        "and how much more money in total has he made than both of his sisters together?"
    )
    assert routing_gain(long) > routing_gain(short) + 0.02


def test_the_last_turn_of_the_user_counts_and_a_short_one_keeps_the_turn_before():
    hard = "Prove that every group of order 15 is cyclic and derive its automorphism group."
    talk = [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": hard},
        {"role": "assistant", "content": "By Sylow's theorems …"},
    ]
    assert routing_gain(talk) == routing_gain(hard)
    assert text_of([*talk, {"role": "user", "content": "And of order 21?"}]).startswith(hard)
    letter = "Please translate the following letter into German, and keep it as short as it is: Hi."
    assert routing_gain([*talk, {"role": "user", "content": letter}]) == routing_gain(letter)


def test_text_parts_count_and_pictures_do_not():
    parts = [
        {"type": "image_url", "image_url": {}},
        {"type": "text", "text": "Hi there!"},
    ]
    assert routing_gain([{"role": "user", "content": parts}]) == routing_gain("Hi there!")


@pytest.mark.parametrize(
    "nothing",
    ["", " \n\t", "\x00", [], None, 7, b"bytes", {}, ["no message"], [{"role": "user"}]],
    ids=repr,
)
def test_what_has_no_text_has_no_gain(nothing):
    assert routing_gain(nothing) == 0.0


@pytest.mark.parametrize(
    "prompt",
    [
        "\ud800\udfff",
        "a" * 1_000_000,
        "中" * 1_000_000,
        "(" * 1_000_000,
        "1," * 500_000,
        "A. \n" * 300_000,
        "word " * 200_000,
        "$\\frac" * 200_000,
        [{"role": "user", "content": [None, 3, {"text": None}, {"text": ["x"]}, "hi"]}],
        [{"role": "user", "content": {"text": "hi"}}],
        [{"role": None, "content": "hi"}, 5, None],
        ({"role": "user", "content": "a tuple"},),
    ],
    ids=range(12),
)
def test_anything_has_a_gain_between_0_and_1_and_soon(prompt):
    started = time.perf_counter()
    gain = routing_gain(prompt)
    assert time.perf_counter() - started < 0.25
    assert isinstance(gain, float)
    assert 0.0 <= gain <= 1.0


def test_the_same_request_has_the_same_gain():
    assert len({routing_gain("Compare leasing and buying a van.") for _ in range(3)}) == 1


def test_a_difference_is_bounded_without_losing_the_order():
    differences = [-3.0, -0.4, -0.1, 0.0, 0.05, 0.3, 0.9]
    gains = [bounded(d) for d in differences]
    assert gains == sorted(gains)
    assert len(set(gains)) == len(gains)
    assert bounded(0.3) == pytest.approx(0.3, abs=0.001)
    assert bounded(50.0) == 1.0


def test_words_are_counted_in_buckets_alone():
    shape, found = describe("Compare leasing and buying a van over 4 years.")
    assert list(shape)[: len(load_model().names)] == list(load_model().names)
    assert all(0 <= bucket < BUCKETS for bucket in found)


def test_the_weights_hold_numbers_and_no_text_of_what_they_were_fitted_on():
    path = ENGINE / "choice" / "data" / "routing_weights.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_size < 300_000
    assert set(raw["fitted_on"]) == {"MMLU", "GSM8K", "AlpacaEval", "MT-bench", "levels"}
    assert all(isinstance(v, (int, float)) for column in raw["trees"].values() for v in column)


def test_importing_the_package_reads_no_weights():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import engine.choice as c;"
        "print('engine.choice.routing' in sys.modules, c.routing_gain('') == 0.0,"
        "'engine.choice.routing' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(ENGINE.parent)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "True"]
