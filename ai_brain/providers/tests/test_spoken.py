"""What was asked for in one format's words, in those of another."""

import json

import pytest

from ai_brain.providers import CallPiece, ChatRequest, Endpoint, ThoughtPiece, get_wire
from ai_brain.providers.errors import InvalidRequest

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("look", "book")
]
ASK = [{"role": "user", "content": "Hello"}]


def body_of(client, **fields):
    """The JSON that a format sends of a request in whatever words."""
    wire, model = client.wire, fields.pop("model", client.request("x").model)
    request = wire.spoken(ChatRequest(fields.pop("messages", ASK), model, 500, **fields))
    if client.api_format == "openai":
        return wire.payload(client.endpoint, request)
    return wire.payload(request)


def test_stop_is_said_in_every_format(client, streamed):
    body = body_of(client, stop=["END", "FIN"])
    said = {
        "openai": lambda: body["stop"],
        "anthropic": lambda: body["stop_sequences"],
        "gemini": lambda: body["generationConfig"]["stopSequences"],
    }[client.api_format]()
    assert said == ["END", "FIN"]
    assert client.call(streamed, "Hello", stop=["END"]).content


def test_one_tool_at_a_time(make_client):
    asked = {"tools": TOOLS, "extra": {"parallel_tool_calls": False}}
    body = body_of(make_client("anthropic"), tool_choice="required", **asked)
    assert body["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert "parallel_tool_calls" not in body
    one = {"type": "function", "function": {"name": "look"}}
    body = body_of(make_client("anthropic"), tool_choice=one, **asked)
    assert body["tool_choice"]["name"] == "look"
    assert body_of(make_client("openai"), **asked)["parallel_tool_calls"] is False
    with pytest.raises(InvalidRequest, match="parallel_tool_calls"):
        body_of(make_client("gemini"), **asked)


@pytest.mark.parametrize("effort", ["minimal", "low", "high", "none"])
def test_effort(make_client, effort):
    extra = {"reasoning_effort": effort}
    assert body_of(make_client("openai"), extra=extra)["reasoning_effort"] == effort
    body = body_of(make_client("anthropic"), extra=extra)
    if effort == "none":
        assert body["thinking"] == {"type": "disabled"}
    else:
        assert body["output_config"] == {"effort": "low" if effort == "minimal" else effort}
    new = body_of(make_client("gemini"), extra=extra, model="gemini-3-pro")
    level = "minimal" if effort == "none" else effort
    assert new["generationConfig"]["thinkingConfig"] == {"thinkingLevel": level}
    old = body_of(make_client("gemini"), extra=extra, model="gemini-2.5-flash")
    assert isinstance(old["generationConfig"]["thinkingConfig"]["thinkingBudget"], int)


def test_claude_s_thinking_is_an_effort_elsewhere(make_client):
    extra = {"thinking": {"type": "enabled", "budget_tokens": 4000}}
    body = body_of(make_client("openai"), extra=extra)
    assert body["reasoning_effort"] == "medium"
    assert "thinking" not in body
    assert body_of(make_client("anthropic"), extra=extra)["thinking"] == extra["thinking"]
    config = body_of(make_client("gemini"), extra=extra)["generationConfig"]
    assert config["thinkingConfig"] == {"thinkingBudget": 4000}
    own = {"thinking": {"type": "enabled"}}  # DeepSeek's, GLM's
    assert body_of(make_client("openai"), extra=own)["thinking"] == {"type": "enabled"}


def test_json_without_a_schema(make_client):
    extra = {"response_format": {"type": "json_object"}}
    assert body_of(make_client("openai"), extra=extra)["response_format"] == {"type": "json_object"}
    body = body_of(make_client("anthropic"), extra=extra)
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    config = body_of(make_client("gemini"), extra=extra)["generationConfig"]
    assert config["responseMimeType"] == "application/json"


def test_json_of_claude_is_the_text_of_the_answer(make_client, streamed):
    client = make_client("anthropic")
    request = client.wire.spoken(
        client.request("{{vendor tool=answer}}", extra={"response_format": {"type": "json_object"}})
    )
    if not streamed:
        answer = client.wire.complete(client.endpoint, request)
    else:
        stream = client.wire.stream(client.endpoint, request)
        pieces = list(stream)
        assert not any(isinstance(piece, CallPiece) for piece in pieces)
        assert json.loads("".join(pieces)) == {"value": 1}
        answer = stream.response
    assert json.loads(answer.content) == {"value": 1}
    assert answer.finish_reason == "stop"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("https://api.openai.com/v1", "sam-1"),
        ("https://eu.api.openai.com/v1", "sam-1"),
        ("https://api.openai.com.example.org/v1", None),
        ("http://127.0.0.1/v1", None),
    ],
)
def test_the_key_of_a_prompts_beginning_goes_to_openai_alone(address, key):
    request = ChatRequest(ASK, "gpt-5", 500, cache_key="sam-1")
    body = get_wire("openai").payload(Endpoint("openai", address), request)
    assert body.get("prompt_cache_key") == key


def test_hints_are_left_out_where_there_is_no_place_for_them(make_client):
    extra = {"user": "u1", "prompt_cache_key": "k", "metadata": {"trace": "7"}}
    body = body_of(make_client("anthropic"), extra=extra)
    assert body["metadata"] == {"user_id": "u1"}
    assert "prompt_cache_key" not in body
    body = body_of(make_client("gemini"), extra={**extra, "top_p": 0.5, "seed": 3})
    assert body["generationConfig"] == {"maxOutputTokens": 500, "topP": 0.5, "seed": 3}
    assert extra.items() <= body_of(make_client("openai"), extra=extra).items()


@pytest.mark.parametrize("name", ["seed", "logit_bias", "verbosity", "frequency_penalty"])
def test_what_claude_has_no_word_for_is_refused_by_its_name(make_client, name):
    with pytest.raises(InvalidRequest, match=f"'{name}'"):
        body_of(make_client("anthropic"), extra={name: 1})


def test_results_of_tools_keep_marks_errors_and_pictures(make_client):
    mark = {"type": "ephemeral"}
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    result = {"role": "tool", "tool_call_id": "c1", "content": [picture], "is_error": True}
    messages = [
        *ASK,
        {"role": "assistant", "content": "", "tool_calls": [{**call, "cache_control": mark}]},
        {**result, "cache_control": mark},
    ]
    body = body_of(make_client("anthropic"), messages=messages, tools=TOOLS)
    used, told = body["messages"][1]["content"][0], body["messages"][2]["content"][0]
    assert used["cache_control"] == told["cache_control"] == mark
    assert told["is_error"] is True
    assert told["content"][0]["source"]["data"] == "AAAA"
    (_user, said, told) = body_of(make_client("openai"), messages=messages, tools=TOOLS)["messages"]
    assert set(told) == {"role", "tool_call_id", "content"}
    assert said["tool_calls"] == [call]
    parts = body_of(make_client("gemini"), messages=messages)["contents"][2]["parts"]
    assert "error" in parts[0]["functionResponse"]["response"]


def test_marks_of_a_cache_reach_claude_alone(make_client):
    mark = {"cache_control": {"type": "ephemeral"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Hello", **mark}]}]
    tools = [{**TOOLS[0], **mark}]
    body = body_of(make_client("anthropic"), messages=messages, tools=tools)
    assert body["messages"][0]["content"] == messages[0]["content"]
    assert body["tools"][0]["cache_control"] == mark["cache_control"]
    official = make_client("openai", base_url="https://api.openai.com/v1")
    body = body_of(official, messages=messages, tools=tools, extra=mark)
    assert "cache_control" not in json.dumps(body)
    assert "cache_control" not in json.dumps(
        body_of(make_client("gemini"), messages=messages, tools=tools, extra=mark)
    )
    late = {"cache_control": {"type": "ephemeral", "ttl": "9h"}}
    with pytest.raises(InvalidRequest, match="ttl"):
        body_of(make_client("anthropic"), tools=[{**TOOLS[0], **late}])


def test_thoughts_go_back_to_claude_and_to_no_other(make_client):
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    text = {"type": "text", "text": "Yes."}
    messages = [*ASK, {"role": "assistant", "content": [thought, text]}, *ASK]
    assert body_of(make_client("anthropic"), messages=messages)["messages"][1]["content"] == [
        thought,
        text,
    ]
    for other in ("openai", "gemini"):
        assert "Hm." not in json.dumps(body_of(make_client(other), messages=messages))


def test_claude_s_thoughts_are_told_and_where_it_ended(make_client, streamed):
    client = make_client("anthropic")
    text = "{{vendor thought=because tool=look stop=END}}"
    response = client.call(streamed, text, tools=TOOLS, stop=["END"])
    (thought,) = response.thoughts
    assert thought["thinking"] == "because"
    assert thought["signature"].startswith("signed-")
    assert response.stop_sequence == "END"
    assert [call["name"] for call in response.tool_calls] == ["look"]


def test_several_calls_come_piece_by_piece(client):
    stream = client.stream("{{vendor tool=look,book}} both", tools=TOOLS)
    pieces = [piece.call for piece in stream if isinstance(piece, CallPiece)]
    put = {}
    for piece in pieces:
        known = put.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
        for key in known:
            known[key] += piece[key]
    assert [put[index] for index in sorted(put)] == stream.response.tool_calls
    assert [call["name"] for call in stream.response.tool_calls] == ["look", "book"]
    assert [json.loads(c["arguments"])["value"] for c in stream.response.tool_calls] == [1, 2]
    if client.api_format != "gemini":
        assert len(pieces) > 2


def test_pieces_of_thoughts_are_no_text(make_client):
    stream = make_client("anthropic").stream("{{vendor thought=because output=5}}")
    pieces = list(stream)
    thoughts = [piece.thought for piece in pieces if isinstance(piece, ThoughtPiece)]
    assert [thought["piece"]["type"] for thought in thoughts] == [
        "thinking",
        "thinking_delta",
        "signature_delta",
    ]
    assert "".join(pieces) == stream.response.content


def test_a_format_of_another_addon_is_asked_as_it_was():
    request = ChatRequest(ASK, "m", 9, extra={"user": "u"})
    assert get_wire("sandbox").spoken(request) is request
