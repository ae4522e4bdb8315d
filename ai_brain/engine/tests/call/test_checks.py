"""Checks of single values: what passes, what is refused, and what a refusal names."""

from decimal import Decimal

import pytest
from engine.call.checks import Anything, Number, OfType, OneOf, RequestError, Tools, check_text


def refused(check, *args):
    with pytest.raises(RequestError) as caught:
        check(*args)
    return caught.value


@pytest.mark.parametrize("value", [0, 2, 0.7])
def test_bounds_belong_to_a_range(value):
    assert Number(0, 2)("temperature", value) is value


@pytest.mark.parametrize(
    "value", [True, False, -0.1, 2.1, float("nan"), float("-inf"), "1", None, [], 10**400, 1j]
)
def test_what_is_no_number_within_bounds_is_refused(value):
    assert refused(Number(0, 2), "temperature", value).code == "number"


@pytest.mark.parametrize("value", [1.0, 1.5, True, Decimal(1), "1"])
def test_a_count_is_a_whole_number(value):
    assert refused(Number(1, 5, whole=True), "n", value).code == "number"


def test_a_refusal_names_option_bounds_and_value_in_few_words():
    error = refused(Number(1, 10000, whole=True), "max_tokens", "9" * 5000)
    assert error.figures["key"] == "max_tokens"
    assert (error.figures["least"], error.figures["most"]) == ("1", "10,000")
    assert len(error.figures["value"]) == 60


@pytest.mark.parametrize("value", ["best", "", None, 7, ["low"], {"low": 1}, True])
def test_a_choice_is_one_of_some_texts(value):
    error = refused(OneOf(("low", "high")), "quality", value)
    assert (error.code, error.figures["allowed"]) == ("choice", "low, high")


def test_a_text_has_a_greatest_length():
    assert OfType(str, 3)("key", "abc") == "abc"
    assert refused(OfType(str, 3), "key", "abcd").code == "key_length"
    error = refused(OfType(dict), "extra", [])
    assert (error.code, error.figures["kind"]) == ("type", "dict")


@pytest.mark.parametrize(
    "tools", [["find"], [None], [{}], [{"function": "find"}], [{"function": {"name": 7}}]]
)
def test_a_tool_is_a_function_with_a_name(tools):
    assert refused(Tools(), "tools", tools).code == "tool"


def test_no_tools_are_tools():
    assert Tools()("tools", []) == []


@pytest.mark.parametrize(
    "value",
    ["a\0", {"a\0": 1}, {"a": {"b": ["c", ("d", "\ud83d")]}}, ["fine", [["\udfff"]]]],
)
def test_text_that_nobody_can_take_is_found_however_deep(value):
    assert refused(check_text, value).code == "character"


def test_other_characters_and_types_are_fine():
    assert check_text(["\U0001f600 é 漢", 7, None, 1.5, b"\0", {"a": True}]) is None


def test_anything_is_passed_on_as_it_is():
    thing = object()
    assert Anything()("tool_choice", thing) is thing
