"""Texts cut where a sentence or a word ends."""

import random
import time

import pytest
from engine.prompt.tokens import count_text
from engine.tasks.pieces import cut
from engine.tasks.vectors import float32, mean, pack, read_float32, unpack


def tokens(text):
    return count_text(text, "text-embedding-3-small").tokens


def test_pieces_hold_every_word_and_none_is_too_long():
    draw = random.Random(7)
    words = "order invoice München 3,50 € and the 東京 delivery\n\n was. late! Why? ok".split(" ")
    for most in (5, 20, 300):
        for _each in range(20):
            text = " ".join(draw.choice(words) for _word in range(draw.randint(1, 600)))
            found = cut(text, most, tokens)
            assert all(0 < tokens(piece) <= most for piece in found)
            assert "".join("".join(found).split()) == "".join(text.split())


def test_a_sentence_stays_whole_where_it_can():
    text = "The first sentence is here. The second one follows it. A third one ends."
    assert cut(text, 7, tokens) == [
        "The first sentence is here.",
        "The second one follows it.",
        "A third one ends.",
    ]


def test_a_text_without_any_break_is_cut_all_the_same():
    found = cut("x" * 5000, 50, tokens)
    assert "".join(found) == "x" * 5000
    assert max(map(tokens, found)) <= 50


def test_blank_texts_have_no_pieces():
    assert cut("  \n ", 5, tokens) == []


def test_a_character_of_more_tokens_than_that():
    with pytest.raises(ValueError, match="a character"):
        cut("abc", 0, tokens)


def test_a_long_text_is_cut_in_time_that_grows_with_it():
    text = "A word or two, and some more of them. " * 50_000
    begun = time.monotonic()
    found = cut(text, 8000, tokens)
    assert len(found) > 50
    assert time.monotonic() - begun < 20


def test_vectors_are_packed_exactly():
    draw = random.Random(3)
    values = [draw.uniform(-1, 1) for _each in range(100)]
    assert unpack(pack(values)) == values
    short = [draw.randint(-(2**20), 2**20) / 2**21 for _each in range(100)]
    for exact in (short, [1e300, 0.5], [2.0**-149, 1.5], [-0.0, 3.0]):
        assert unpack(pack(exact)) == exact
    assert (len(pack(short)), len(pack(values))) == (537, 1068)
    assert read_float32(float32(values)) == pytest.approx(values, abs=1e-7)
    with pytest.raises(ValueError, match="base64"):
        read_float32("not base64!")
    with pytest.raises(ValueError, match="multiple"):
        read_float32("AAA=")


def test_the_mean_goes_by_length_and_is_of_length_1():
    found = mean([([1.0, 0.0], 1), ([0.0, 1.0], 3)])
    assert found[1] == pytest.approx(3 * found[0])
    assert sum(value * value for value in found) == pytest.approx(1)
    assert mean([([0.0, 0.0], 1), ([0.0, 0.0], 2)]) == [0.0, 0.0]
