"""What can be sent: each refusal by its code, and what hostile input does."""

import pytest
from engine.call.checks import Number, OfType, OneOf, RequestError, Tools, check_text
from engine.call.request import OPTIONS, check_environment, check_messages, check_options

NESTED = "deep"
for _level in range(2000):
    NESTED = [NESTED]


def code(check, *args):
    """The code of the refusal, '' where there is none."""
    try:
        check(*args)
    except RequestError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("messages", "refusal"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ([], "nothing"),
        (None, "nothing"),
        (7, "nothing"),
        ({"role": "user"}, "nothing"),
        (["Hello"], "message"),
        ([{"role": "user"}], "content"),
        ([{"role": "user", "content": 7}], "content"),
        ([{"role": "robot", "content": "Hello"}], "role"),
        ([{"role": ["user"], "content": "Hello"}], "role"),
        ([{"role": None, "content": "Hello"}], "role"),
        ([{"role": "system", "content": "Be kind."}], "empty"),
        ([{"role": "user", "content": ["text"]}], "part"),
        ([{"role": "user", "content": [{"text": "no type"}]}], "part"),
        ([{"role": "user", "content": [{"type": "text", "text": 7}]}], "text_part"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": 7}]}], "image_part"),
        ([{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}], "image_part"),
        ([{"role": "tool", "content": "done"}], "tool_result"),
        ([{"role": "assistant", "content": "", "tool_calls": "all"}], "tool_calls"),
        ([{"role": "assistant", "content": "", "tool_calls": [{"name": "a"}]}], "tool_calls"),
        ("x" * 4_000_001, "size"),
        ("a\0b", "character"),
        ("half \ud83d", "character"),
        ([{"role": "user", "content": "Hello", "name": "a\0"}], "character"),
    ],
)
def test_messages_that_cannot_be_sent(messages, refusal):
    assert code(check_messages, messages) == refusal


def test_messages_are_brought_into_one_shape():
    assert check_messages("Hello") == [{"role": "user", "content": "Hello"}]
    (turn,) = check_messages(
        ({"role": "developer", "content": "x"}, {"role": "user", "content": "y"})
    )[1:]
    assert turn["role"] == "user"
    call = {"id": "1", "function": {"name": "a", "arguments": "{}"}}
    asked = check_messages(
        [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "function", "tool_call_id": "1", "content": "done"},
        ]
    )
    assert [message["role"] for message in asked] == ["user", "assistant", "tool"]
    assert asked[1]["content"] == ""


def test_what_the_caller_gave_is_left_alone():
    given = [{"role": "developer", "content": "x"}, {"role": "user", "content": "y"}]
    check_messages(given)
    assert given[0]["role"] == "developer"


def test_a_picture_alone_says_something():
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    assert len(check_messages([{"role": "user", "content": [picture]}])) == 1


def test_deep_nesting_is_no_stack_overflow():
    assert code(check_text, NESTED) == ""


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"max_tokens": 0}, "number"),
        ({"max_tokens": True}, "number"),
        ({"max_tokens": 1.5}, "number"),
        ({"max_tokens": 10**12}, "number"),
        ({"temperature": float("nan")}, "number"),
        ({"temperature": float("inf")}, "number"),
        ({"temperature": "hot"}, "number"),
        ({"max_budget_usd": -1}, "number"),
        ({"max_budget_usd": float("inf")}, "number"),
        ({"task_type": "dance"}, "choice"),
        ({"task_type": ["chat"]}, "choice"),
        ({"tools": "find"}, "type"),
        ({"tools": [{"name": "find"}]}, "tool"),
        ({"tools": [{"function": {"name": "a\0"}}]}, "character"),
        ({"extra": []}, "type"),
        ({"idempotency_key": 7}, "type"),
        ({"idempotency_key": "k" * 256}, "key_length"),
        ({"idempotency_key": "a\0"}, "character"),
        ({"maxtokens": 5}, "options"),
    ],
)
def test_options_that_cannot_be(options, refusal):
    assert code(check_options, options, OPTIONS) == refusal


def test_options_of_none_are_not_given():
    assert check_options({"max_tokens": None, "temperature": 0}, OPTIONS) == {"temperature": 0}


def test_an_option_that_a_step_brings_is_checked_like_the_others():
    known = {**OPTIONS, "tone": OneOf(("warm", "cold"))}
    assert check_options({"tone": "warm"}, known) == {"tone": "warm"}
    assert code(check_options, {"tone": "rude"}, known) == "choice"
    assert code(check_options, {"tone": "warm"}, OPTIONS) == "options"


@pytest.mark.parametrize(
    ("environment", "refusal"),
    [
        ("sale", "environment"),
        ({"modul": "sale"}, "environment_keys"),
        ({7: "sale"}, "environment_keys"),
        ({"module": 7}, "tag"),
        ({"module": "m" * 129}, "tag"),
        ({"module": "a\0b"}, "character"),
        ({"context_type": "huge"}, "choice"),
        ({"context_type": 7}, "choice"),
        ({"res_id": 3}, "record_model"),
        ({"res_id": True, "res_model": "sale.order"}, "record_id"),
        ({"res_id": 2**31, "res_model": "sale.order"}, "record_id"),
        ({"lead_id": "three"}, "record_id"),
        ({"context_blocks": ["text"]}, "blocks"),
        ({"context_blocks": {"a": 7}}, "blocks"),
        ({"context_blocks": {"a": "\0"}}, "character"),
    ],
)
def test_environments_that_cannot_be_kept(environment, refusal):
    assert code(check_environment, environment) == refusal


def test_tags_are_kept_and_empty_ones_are_none():
    tags, blocks = check_environment(
        {"module": "sale", "agent_type": "", "lead_id": 7, "context_blocks": {"a": "b"}}
    )
    assert tags == {"module": "sale", "res_model": "crm.lead", "res_id": 7}
    assert blocks == {"a": "b"}


def test_an_agent_is_named_without_the_blanks_around_its_code():
    for given, kept in (
        (" Desk\t", {"agent_type": "Desk"}),
        ("  ", {}),
        ("a b", {"agent_type": "a b"}),
    ):
        assert check_environment({"agent_type": given})[0] == kept


def test_checks_return_what_is_to_be_used():
    assert Number(1, 5, whole=True)("n", 5) == 5
    assert OfType(str, 3)("s", "abc") == "abc"
    assert Tools()("tools", [{"function": {"name": "a"}}]) == [{"function": {"name": "a"}}]
