"""An answer that has to fit a schema, asked for in each vendor's own way."""

import json

import pytest

CLOSED = {
    "type": "object",
    "properties": {
        "value": {"type": "integer", "minimum": 1},
        "kind": {"const": "a"},
        "text": {"type": "string", "maxLength": 9},
    },
    "required": ["value", "kind", "text"],
    "additionalProperties": False,
}
STRICT = {
    "type": "object",
    "properties": {"value": {"type": ["integer", "null"], "minimum": 1}},
    "required": ["value"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"value": {"type": "integer"}}}
INSIDE = {
    **STRICT,
    "properties": {"value": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
}
TOOL = {"type": "function", "function": {"name": "lookup", "parameters": {"type": "object"}}}


def payload(client, schema, **fields):
    request = client.request("Hello", response_schema=schema, **fields)
    if client.api_format == "openai":
        return client.wire.payload(client.endpoint, request)
    return client.wire.payload(request)


@pytest.fixture
def openai(make_client):
    return make_client("openai")


@pytest.fixture
def claude(make_client):
    return make_client("anthropic")


@pytest.fixture
def gemini(make_client):
    return make_client("gemini")


@pytest.mark.parametrize(
    ("schema", "strict"), [(STRICT, True), (INSIDE, True), (CLOSED, False), (OPEN, False)]
)
def test_openai_is_strict_where_the_schema_allows_it(openai, schema, strict):
    sent = payload(openai, schema)["response_format"]
    assert sent == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": strict, "schema": schema},
    }


def test_a_model_that_takes_no_schema_is_told_it(openai):
    body = payload(openai, OPEN, model="gpt-4-turbo")
    assert body["response_format"] == {"type": "json_object"}
    assert json.dumps(OPEN) in body["messages"][0]["content"]


def test_claude_is_held_to_a_closed_schema_and_told_its_limits(claude):
    body = payload(claude, CLOSED, extra={"output_config": {"effort": "low"}})
    sent = body["output_config"]
    assert sent["effort"] == "low"
    assert sent["format"]["type"] == "json_schema"
    assert sent["format"]["schema"]["properties"] == {
        "value": {"type": "integer", "description": "(minimum: 1)"},
        "kind": {"const": "a"},
        "text": {"type": "string", "description": "(maxLength: 9)"},
    }
    assert "tools" not in body


@pytest.mark.parametrize(
    ("schema", "model"),
    [(OPEN, "loop-a-small"), (INSIDE, "loop-a-small"), (STRICT, "claude-3-5-haiku-latest")],
)
def test_claude_answers_by_a_tool_where_it_cannot_be_held(claude, schema, model):
    body = payload(claude, schema, model=model)
    assert [tool["name"] for tool in body["tools"]] == ["answer"]
    assert body["tools"][0]["input_schema"] == schema
    assert body["tool_choice"] == {"type": "tool", "name": "answer"}
    assert "output_config" not in body


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, {"type": "any"}),
        ("auto", {"type": "any"}),
        ("none", {"type": "tool", "name": "answer"}),
        ("required", {"type": "any"}),
    ],
)
def test_beside_other_tools_claude_may_take_one_of_them(claude, choice, sent):
    body = payload(claude, OPEN, tools=[TOOL], tool_choice=choice)
    assert [tool["name"] for tool in body["tools"]] == ["lookup", "answer"]
    assert body["tool_choice"] == sent


def test_the_input_of_that_tool_is_the_answer(claude, streamed):
    response = claude.call(streamed, "{{vendor tool=answer}}", response_schema=OPEN)
    assert json.loads(response.content) == {"value": 1}
    assert (response.tool_calls, response.finish_reason) == ([], "stop")


def test_another_tool_stays_a_tool_call(claude, streamed):
    response = claude.call(streamed, "{{vendor tool=lookup}}", response_schema=OPEN, tools=[TOOL])
    assert [call["name"] for call in response.tool_calls] == ["lookup"]
    assert (response.content, response.finish_reason) == ("", "tool_calls")


def test_gemini_gets_json_schema_without_what_it_does_not_know(gemini):
    config = payload(gemini, CLOSED)["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"]["properties"] == {
        "value": {"type": "integer", "minimum": 1},
        "kind": {"enum": ["a"]},
        "text": {"type": "string", "description": "(maxLength: 9)"},
    }


@pytest.mark.parametrize(
    ("api_format", "fields", "words"),
    [
        ("openai", {"extra": {"response_format": {}}}, "response_format"),
        ("openai", {"extra": {"guided_json": {}}}, "guided_json"),
        ("anthropic", {"extra": {"output_config": {"format": {}}}}, "output_config.format"),
        (
            "anthropic",
            {"model": "claude-3-7-sonnet-latest", "extra": {"thinking": {"type": "enabled"}}},
            "cannot think",
        ),
        ("gemini", {"extra": {"generationConfig": {"responseSchema": {}}}}, "responseSchema"),
        ("gemini", {"model": "gemini-2.5-pro", "tools": [TOOL]}, "either tools"),
    ],
)
def test_what_contradicts_a_schema_is_refused_before_it_is_sent(
    make_client, api_format, fields, words
):
    from ai_brain.providers.errors import InvalidRequest

    client = make_client(api_format)
    with pytest.raises(InvalidRequest, match=words):
        client.wire.check(client.request("Hello", response_schema=STRICT, **fields))


def test_gemini_3_takes_both(gemini):
    body = payload(gemini, STRICT, model="gemini-3-pro", tools=[TOOL])
    assert {"tools", "generationConfig"} <= set(body)


def test_a_format_that_takes_none_says_so():
    from ai_brain.providers import ChatRequest, WireFormat
    from ai_brain.providers.errors import InvalidRequest

    request = ChatRequest([{"role": "user", "content": "Hi"}], "m", 9, response_schema=STRICT)
    with pytest.raises(InvalidRequest, match="no way to ask"):
        WireFormat().check(request)


@pytest.mark.parametrize("schema", [CLOSED, STRICT, OPEN, INSIDE])
def test_all_that_a_schema_adds_is_bounded(client, schema):
    def size(request):
        wire = client.wire
        args = (client.endpoint, request) if client.api_format == "openai" else (request,)
        return len(json.dumps(wire.payload(*args)).encode())

    plain = client.request("Hello")
    asked = client.request("Hello", response_schema=schema)
    bound = client.wire.uncounted_bytes
    assert size(asked) - size(plain) <= bound(asked) - bound(plain)


def test_a_refusal_is_a_reason_to_finish(openai):
    wire = openai.wire
    message = {"role": "assistant", "content": None, "refusal": "No."}
    data = {"choices": [{"message": message, "finish_reason": "stop"}]}
    response = wire.read_answer(openai.endpoint, data)
    assert (response.content, response.finish_reason) == ("No.", "content_filter")
