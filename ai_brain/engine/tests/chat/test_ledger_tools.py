"""What a model may look up, however it asks."""

import json

import pytest
from engine.chat.ledger_tools import (
    MOST_CHARS,
    MOST_CHARS_IN_ALL,
    MOST_LOOKUPS,
    NAMES,
    TOOLS,
    Looked,
    ToolError,
    read_call,
)


def test_the_tools_only_read_and_take_nothing_but_a_choice():
    assert NAMES == ("ledger_costs", "ledger_budgets", "ledger_savings", "ledger_calls")
    for tool in TOOLS:
        parameters = tool["function"]["parameters"]
        assert parameters["additionalProperties"] is False
        assert all(
            one["type"] == "string" and one["enum"] for one in parameters["properties"].values()
        )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ledger_costs", '{"period": "1=1; DROP TABLE"}'),
        ("ledger_costs", '{"period": {"$ne": 1}}'),
        ("ledger_costs", "[]"),
        ("ledger_costs", "{" * 3000),
        ("ledger_costs", '{"period": "' + "x" * 5000 + '"}'),
        ("ledger_calls", '{"order": ["newest"]}'),
        ("write", "{}"),
        ("", "{}"),
    ],
)
def test_what_is_not_offered_is_refused(name, arguments):
    with pytest.raises(ToolError):
        read_call(name, arguments)


def test_what_is_not_known_is_left_out():
    assert read_call("ledger_savings", '{"sudo": true, "ids": [1]}') == {}
    assert read_call("ledger_calls", json.dumps({"order": "newest", "uid": 1})) == {
        "period": "this_month",
        "order": "newest",
    }


def test_results_are_bounded_one_by_one_and_in_all():
    looked, sent = Looked(), 0
    line = "x" * 99 + "\n"
    while not looked.is_full:
        text = looked.take(line * 1000)
        sent += len(text)
        assert len(text) <= MOST_CHARS + 30
    assert looked.lookups <= MOST_LOOKUPS
    assert sent <= MOST_CHARS_IN_ALL + 100
    small = Looked()
    for _ in range(MOST_LOOKUPS):
        assert not small.is_full
        assert small.take("little") == "little"
    assert small.is_full


def test_an_answer_that_cites_nothing_has_all_sources():
    looked = Looked()
    looked.cite("Ann", 1.5, [["user_id", "=", 1]])
    looked.cite("Budget", record=("ai.cost.budget", 4))
    assert [one["ref"] for one in looked.cited("It rose.")] == ["R1", "R2"]
    assert looked.cited("See [R2].")[0]["record"] == ["ai.cost.budget", 4]
