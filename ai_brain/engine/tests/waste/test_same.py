"""What a repeat tells of a colleague's call, and how long the rules may take."""

import time
from decimal import Decimal

import pytest
from engine.waste import Earlier, Exchange, History, analyze


def call(messages, answer="Lima.", blocks=None):
    cost = Decimal("0.01")
    return Exchange(cost, cost, 100_000, 50, messages, answer, blocks or {})


def test_a_colleagues_call_is_told_without_its_row_and_its_age():
    again = call([{"role": "user", "content": "What is the capital of Peru?"}])
    (finding,) = analyze(again, History(earlier=(Earlier(7, 60, True, own=False),))).findings
    assert "duplicate_of" not in finding.target
    assert "second" not in str(finding.description)


@pytest.mark.parametrize("turns", [1, 3000])
def test_two_thousand_blocks_by_a_long_question_end_with_the_time(turns):
    question = "Where does the pump of hall Nordhafen leak and who greased the valve? " * 6000
    blocks = {f"b{i}": f"Hall {i} holds pump {i} of maker Ost{i}. " * 8 for i in range(2000)}
    old = [
        {"role": "user", "content": f"Valve {i} of line {i * 7} drips. " * 9} for i in range(turns)
    ]
    hostile = call(
        [{"role": "system", "content": "\n".join(blocks.values())}, *old,
         {"role": "user", "content": question}],
        question[:50_000],
        blocks,
    )  # fmt: skip
    begun = time.monotonic()
    analyze(hostile, History(sizes=[400] * 30), deadline_s=0.5)
    assert time.monotonic() - begun < 0.55
