"""Figures of answers against what was given.

``data/figures.jsonl``: 42 contexts in four languages with 46 answers whose figures are all right,
written before what checks them. Wrong figures are made of right ones by changing one digit, which
is the hardest kind to tell: as often as not it is one digit alone.
"""

import json
import random
import re
from pathlib import Path

import pytest
from engine.prompt.figures import MOST_GIVEN, unsupported_figures
from engine.prompt.figures_read import read_figures

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "figures.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
CASES = [(row, answer) for row in ROWS for answer in row["answers"]]
LIST_MARK = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)


def wrong_ones(answer, rng):
    """Yield the answer with one digit of each of its figures changed; marks of lists stay."""
    marks = {place for match in LIST_MARK.finditer(answer) for place in range(*match.span())}
    for match in re.finditer(r"\d+", answer):
        if match.start() in marks:
            continue
        place = rng.randrange(*match.span())
        digit = rng.choice([one for one in "123456789" if one != answer[place]])
        yield answer[:place] + digit + answer[place + 1 :]


def test_right_figures_are_rarely_called_wrong():
    checked = wrong = 0
    for row, answer in CASES:
        found = unsupported_figures(answer, [row["context"], row["question"]])
        checked += found.checked
        wrong += len(found.figures)
    assert checked > 250
    assert wrong / checked <= 0.05


def test_nine_of_ten_wrong_figures_are_found():
    rng = random.Random(20261126)
    planted = found = 0
    for row, answer in CASES:
        given = [row["context"], row["question"]]
        for changed in wrong_ones(answer, rng):
            planted += 1
            found += bool(unsupported_figures(changed, given).figures)
    assert planted >= 200
    assert found / planted >= 0.9


def test_a_figure_of_nowhere_is_found():
    rng = random.Random(3)
    planted = found = 0
    for row, answer in CASES:
        sentence = f" {rng.randrange(1000, 99999) / 100:.2f}".replace(".", rng.choice(".,"))
        planted += 1
        told = unsupported_figures(answer + sentence + " EUR", [row["context"], row["question"]])
        found += sentence.strip() in told.figures
    assert found / planted >= 0.95


def test_nothing_is_said_where_nothing_was_given():
    assert unsupported_figures("It costs 12 EUR.", []) is None
    assert unsupported_figures("It costs 12 EUR.", ["", "  "]) is None


def test_too_much_to_compare_is_not_judged():
    assert unsupported_figures("1", ["; ".join(map(str, range(100, 101 + MOST_GIVEN)))]) is None


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-03-05", "5 March 2026, March 5th, 05.03.2026, 5 mars, 5 de marzo de 2026, 3/5/2026"),
        ("1,234.50 USD", "1.234,50 1 234,50 1'234.50 1234.5 $1,234.50 about 1,230"),
        ("2500 g", "2.5 kg"),
        ("90 minutes", "1.5 h"),
        ("0.75 litres", "75 cl, 750 ml"),
        ("14:30", "2:30 pm, 14h30"),
        ("1250000 EUR", "1.25 million, 1,25 Mio. €"),
        ("40 of 160", "25 %"),
        ("100.00 and 21 %", "121.00, 21.00"),
        ("INV/2026/00042", "invoice 42, INV/2026/00042, INV-2026-00042"),
        ("DE00 1234 5678 9012 3456 78", "DE00123456789012345678"),
        ("due 2026-01-31, in 14 days", "14 February 2026"),
    ],
)
def test_ways_of_writing_one_thing(given, told):
    assert unsupported_figures(told, [given]).figures == ()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-03-05", "6 March 2026"),
        ("1,234.50 USD", "1,243.50"),
        ("2500 g", "25 kg"),
        ("14:30", "15:30"),
        ("INV/2026/00042", "INV/2026/00043"),
        ("40 of 160", "35 %"),
        ("S00421", "S00412"),
    ],
)
def test_what_is_another_thing(given, told):
    assert unsupported_figures(told, [given]).figures


def test_marks_of_a_list_are_no_figures():
    assert [one.text for one in read_figures("1. first\n2) second\n10. tenth")] == []


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100_000,
        "1.2" * 50_000,
        "1 " * 50_000,
        "\x00\ud800½²" * 10_000,
        "A1-" * 30_000,
        "1 h" + " " * 50_000 + "2 min",
        "8:00" + " " * 50_000 + "to",
    ],
)
def test_hostile_text_ends(text):
    unsupported_figures(text, [text[:1000]])
    unsupported_figures(text[:1000], [text])
