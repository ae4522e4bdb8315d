"""Figures on answers that their rules were not made on: ``data/figures_unseen.psv``.

At first sight: 26 of 26 wrong figures found, 18 of 143 right ones (12.6 %) called wrong, where 5 %
are owed.
"""

from pathlib import Path

from engine.prompt.figures import unsupported_figures

LINES = (Path(__file__).parents[1] / "data" / "figures_unseen.psv").read_text(encoding="utf-8")
ROWS = [line.split("|") for line in LINES.splitlines() if not line.startswith("#")]


def judged():
    """(how many wrong figures were planted, those found, right figures, those called wrong)"""
    planted = found = right = false = 0
    for _language, context, question, answer, wrong in ROWS:
        told = unsupported_figures(answer, [context, question])
        wrong = [one for one in wrong.split(";") if one]
        # a number of several groups of digits may be told by the group that is wrong
        caught = [one for one in wrong if any(f in one or one in f for f in told.figures)]
        others = [f for f in told.figures if not any(f in one or one in f for one in wrong)]
        planted, found = planted + len(wrong), found + len(caught)
        right, false = right + told.checked - len(wrong), false + len(others)
    return planted, found, right, false


def test_wrong_figures_are_found_and_right_ones_left_alone():
    planted, found, right, false = judged()
    assert (len(ROWS), planted) == (60, 26)
    assert found / planted >= 0.9
    assert false / right <= 0.13


def test_nothing_is_said_of_them_without_what_was_given():
    assert all(unsupported_figures(row[3], []) is None for row in ROWS)
