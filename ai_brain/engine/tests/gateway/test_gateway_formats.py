"""What the two formats take, and how they write an answer."""

import json

import pytest
from engine.gateway import anthropic_messages, openai_chat
from engine.gateway.asked import Asked
from engine.gateway.errors import BadRequest

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "c1", "name": "look", "arguments": '{"at": 1}'}
ANSWER = {
    "content": "Fine.",
    "tool_calls": [],
    "finish_reason": "stop",
    "model": "m-1",
    "usage": {"input_tokens": 5, "cache_read_tokens": 3, "output_tokens": 2, "reasoning_tokens": 4},
    "cost_usd": 0.25,
    "provider_name": "P",
    "kind": "api",
    "saved_usd": 0.0,
}
TOOLS_ANSWER = {
    **ANSWER,
    "content": "",
    "finish_reason": "tool_calls",
    "tool_calls": [CALL, {"id": "c2", "name": "book", "arguments": ""}],
}


def openai(**body):
    return openai_chat.read({"model": "auto", "messages": [USER], **body})


def anthropic(**body):
    return anthropic_messages.read({"model": "auto", "max_tokens": 9, "messages": [USER], **body})


def events(data):
    """The decoded events of a stream's bytes."""
    rows = [row for row in data.decode().split("\n") if row.startswith("data: {")]
    return [json.loads(row.removeprefix("data: ")) for row in rows]


def test_tool_calls_whose_pieces_come_by_turns():
    def piece(index, arguments, **more):
        begins = {"id": "", "name": "", **more}
        return {"type": "delta", "tool_call": {"index": index, **begins, "arguments": arguments}}

    writer = anthropic_messages.StreamWriter(anthropic(), "msg_1", 0)
    data = b"".join(
        writer.event(one)
        for one in (
            piece(0, '{"a": {}', id="c0", name="look"),
            piece(1, '{"b"', id="c1", name="book"),
            {"type": "delta", "text": "Done."},
            piece(0, ', "c": 1}'),
            piece(1, ': {"d": 2}}'),
            piece(2, "{}", id="c2", name="sell"),
            piece(0, " "),
        )
    )
    data += writer.end({"content": "Done.", "usage": {}})
    blocks, found = [], {}
    for event in events(data):
        if event["type"] == "content_block_start":
            block = event["content_block"]
            blocks.append(block.get("name") or block["type"])
            assert event["index"] not in found
            found[event["index"]] = ""
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            found[event["index"]] += delta.get("partial_json") or delta.get("text")
    assert blocks == ["look", "book", "text", "sell"]
    assert [*found.values()] == ['{"a": {}, "c": 1}', '{"b": {"d": 2}}', "Done.", "{}"]


# -- OpenAI --------------------------------------------------------------------------------------


def test_openai_request():
    asked = openai(
        stream=True,
        stream_options={"include_usage": True},
        max_completion_tokens=7,
        temperature=0.5,
        stop="END",
        top_p=0.9,
        metadata={"module": "sale", "res_model": "sale.order", "res_id": "4", "trace": "x"},
    )
    assert asked == Asked(
        messages=[USER],
        model="auto",
        stream=True,
        max_tokens=7,
        temperature=0.5,
        stop=["END"],
        options={"top_p": 0.9, "metadata": {"trace": "x"}},
        tags={"module": "sale", "res_model": "sale.order", "res_id": 4},
        include_usage=True,
    )


def test_values_that_ask_for_nothing_are_taken():
    asked = openai(
        n=1,
        frequency_penalty=0.0,
        presence_penalty=0,
        logprobs=False,
        logit_bias={},
        service_tier="auto",
        modalities=["text"],
        store=False,
        top_p=1.0,
        tools=None,
        response_format={"type": "text"},
        parallel_tool_calls=True,
    )
    assert asked == openai()


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"audio": {}}, "audio"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"functions": [{}]}, "functions"),
        ({"model": ""}, "model"),
        ({"model": None}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": ["Hello"]}, "messages[0]"),
        ({"messages": [USER, {"role": "oracle", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": 1}]}]}, "messages[0].content[0].type"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"colour": 1}}, "stream_options.colour"),
        ({"stop": [""]}, "stop"),
        ({"tools": [{"type": "custom", "custom": {}}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema"),
        ({"metadata": "x"}, "metadata"),
    ],
)
def test_openai_refuses_by_name(body, param):
    with pytest.raises(BadRequest) as refused:
        openai(**body)
    assert refused.value.param == param
    assert param.split(".")[-1].split("[")[0] in refused.value.message


def test_openai_tool_turns_go_through():
    function = {"name": "look", "arguments": "{}"}
    said = {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": function,
                "extra_content": {"google": {"thought_signature": "s"}},
            }
        ],
    }
    told = {"role": "tool", "tool_call_id": "c1", "content": "18 degrees"}
    asked = openai(messages=[{"role": "developer", "content": "Be brief."}, USER, said, told])
    assert asked.messages[2] == {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": function, "thought_signature": "s"}
        ],
    }
    assert asked.messages[3] == told


def test_schema_and_tools():
    schema = {"type": "object", "properties": {}}
    tool = {"type": "function", "function": {"name": "look", "parameters": schema}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    asked = openai(tools=[tool], tool_choice="required", response_format=form)
    assert asked.call_options() == {
        "tools": [tool],
        "tool_choice": "required",
        "response_schema": schema,
    }
    assert openai(tools=[], tool_choice="auto").call_options() == {}


def test_openai_answer():
    whole = openai_chat.write(ANSWER, openai(), "chatcmpl-1", 12)
    (choice,) = whole["choices"]
    assert choice["message"]["content"] == "Fine."
    assert choice["finish_reason"] == "stop"
    assert (whole["id"], whole["created"], whole["model"]) == ("chatcmpl-1", 12, "m-1")
    usage = whole["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (8, 6, 14)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 3
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 4
    message = openai_chat.write(TOOLS_ANSWER, openai(), "c", 1)["choices"][0]["message"]
    assert message["content"] is None
    assert [call["function"] for call in message["tool_calls"]] == [
        {"name": "look", "arguments": '{"at": 1}'},
        {"name": "book", "arguments": "{}"},
    ]


@pytest.mark.parametrize("include_usage", [True, False])
def test_openai_stream(include_usage):
    writer = openai_chat.StreamWriter(
        openai(stream_options={"include_usage": include_usage}), "c", 1
    )
    data = writer.event({"type": "delta", "text": "Fi"}) + writer.heartbeat()
    data += writer.event({"type": "delta", "text": "", "thought": {"index": 0, "piece": {}}})
    data += writer.end(ANSWER)
    found = events(data)
    texts = [c["delta"].get("content") or "" for event in found for c in event["choices"]]
    assert "".join(texts) == "Fine."
    assert found[0]["choices"][0]["delta"]["role"] == "assistant"
    reasons = [c["finish_reason"] for event in found for c in event["choices"]]
    assert reasons == [None, None, "stop"]
    last = found[-1]
    assert last["x_sam"] == {"cost_usd": 0.25, "provider": "P", "kind": "api", "saved_usd": 0.0}
    assert (last["choices"] == []) is include_usage
    if include_usage:
        assert last["usage"]["total_tokens"] == 14
        assert last["usage"]["cost"] == 0.25
    assert data.endswith(b"data: [DONE]\n\n")


PIECES = [
    {"index": 0, "id": "c1", "name": "look", "arguments": ""},
    {"index": 0, "id": "", "name": "", "arguments": '{"at"'},
    {"index": 0, "id": "", "name": "", "arguments": ": 1}"},
]


@pytest.mark.parametrize("seen", [0, 1, 2, 3])
def test_openai_stream_of_calls_is_completed(seen):
    """Whatever a stream has told of the calls, its end tells the rest."""
    writer = openai_chat.StreamWriter(openai(), "c", 1)
    data = b"".join(writer.event({"text": "", "tool_call": piece}) for piece in PIECES[:seen])
    put = {}
    for event in events(data + writer.end(TOOLS_ANSWER)):
        for call in event["choices"][0]["delta"].get("tool_calls", ()):
            known = put.setdefault(call["index"], ["", "", ""])
            known[0] += call.get("id", "")
            known[1] += call["function"].get("name", "")
            known[2] += call["function"]["arguments"]
    assert put == {0: ["c1", "look", '{"at": 1}'], 1: ["c2", "book", ""]}


def test_errors_and_models():
    extra = {"budget": "Sales", "reset": "2026-12-01"}
    body = openai_chat.error(402, "budget", "Spent.", code="budget_exceeded", extra=extra)
    assert body["error"]["type"] == "insufficient_quota"
    assert body["error"]["budget"] == "Sales"
    body = anthropic_messages.error(402, "budget", "Spent.", code="budget_exceeded", extra=extra)
    assert (body["type"], body["error"]["type"]) == ("error", "billing_error")
    assert body["error"]["reset"] == "2026-12-01"
    assert anthropic_messages.error(503, None, "Busy.")["error"]["type"] == "api_error"
    assert openai_chat.error(400, None, "No.", "n")["error"]["param"] == "n"
    found = [{"id": "auto"}, {"id": "gpt", "created": 86400, "owned_by": "openai"}]
    assert [row["id"] for row in openai_chat.models(found)["data"]] == ["auto", "gpt"]
    listed = anthropic_messages.models(found)
    assert (listed["first_id"], listed["last_id"]) == ("auto", "gpt")
    assert listed["data"][1]["created_at"] == "1970-01-02T00:00:00Z"
    assert anthropic_messages.models([])["first_id"] is None


# -- Anthropic -----------------------------------------------------------------------------------


def test_anthropic_request():
    mark = {"type": "ephemeral"}
    schema = {"type": "object", "properties": {}}
    asked = anthropic(
        system=[{"type": "text", "text": "Be brief.", "cache_control": mark}],
        stop_sequences=["END"],
        metadata={"user_id": "u1", "module": "sale"},
        temperature=0.5,
        top_k=5,
        thinking={"type": "enabled", "budget_tokens": 1024},
        output_config={"effort": "low", "format": {"type": "json_schema", "schema": schema}},
        tools=[{"name": "look", "description": "d", "input_schema": schema, "cache_control": mark}],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        service_tier="auto",
    )
    assert asked == Asked(
        messages=[
            {
                "role": "system",
                "content": [{"type": "text", "text": "Be brief.", "cache_control": mark}],
            },
            USER,
        ],
        model="auto",
        max_tokens=9,
        temperature=0.5,
        tools=[
            {
                "type": "function",
                "function": {"name": "look", "parameters": schema, "description": "d"},
                "cache_control": mark,
            }
        ],
        tool_choice="required",
        response_schema=schema,
        stop=["END"],
        options={
            "user": "u1",
            "top_k": 5,
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "reasoning_effort": "low",
            "parallel_tool_calls": False,
        },
        tags={"module": "sale"},
        include_usage=True,
    )


def test_anthropic_turns_with_tools_pictures_and_thoughts():
    mark = {"type": "ephemeral"}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    picture = {"type": "base64", "media_type": "image/png", "data": "AAAA"}
    asked = anthropic(
        messages=[
            {"role": "user", "content": [{"type": "image", "source": picture}]},
            {
                "role": "assistant",
                "content": [
                    thought,
                    {"type": "text", "text": "I look.", "citations": None},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": 1}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "18"}],
                        "is_error": True,
                        "cache_control": mark,
                    },
                    {"type": "text", "text": "And now?"},
                ],
            },
        ]
    )
    look = {"name": "look", "arguments": '{"at": 1}'}
    assert asked.messages == [
        {
            "role": "user",
            "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
        },
        {
            "role": "assistant",
            "content": [thought, {"type": "text", "text": "I look."}],
            "tool_calls": [{"id": "t1", "type": "function", "function": look}],
        },
        {
            "role": "tool",
            "tool_call_id": "t1",
            "content": "18",
            "is_error": True,
            "cache_control": mark,
        },
        {"role": "user", "content": "And now?"},
    ]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"container": "c"}, "container"),
        ({"service_tier": "standard_only"}, "service_tier"),
        ({"speed": "fast"}, "speed"),
        ({"temperature": 1.5}, "temperature"),
        ({"system": [{"type": "text"}]}, "system[0].text"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "search_result"}]}]},
            "messages[0].content[0].type",
        ),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"name": "x"}]}, "tools[0].input_schema"),
        (
            {"tools": [{"name": "x", "input_schema": {}, "defer_loading": True}]},
            "tools[0].defer_loading",
        ),
        ({"tools": [{"name": "x", "input_schema": {}}], "tool_choice": "any"}, "tool_choice"),
        ({"output_config": {"colour": 1}}, "output_config.colour"),
    ],
)
def test_anthropic_refuses_by_name(body, param):
    with pytest.raises(BadRequest) as refused:
        anthropic(**body)
    assert refused.value.param == param


def test_anthropic_answer():
    whole = anthropic_messages.write(
        {**ANSWER, "thoughts": [{"type": "thinking"}]}, anthropic(), "m", 1
    )
    assert [block["type"] for block in whole["content"]] == ["thinking", "text"]
    assert whole["stop_reason"] == "end_turn"
    assert whole["usage"]["input_tokens"] == 5
    assert whole["usage"]["output_tokens"] == 6
    whole = anthropic_messages.write(TOOLS_ANSWER, anthropic(), "m", 1)
    assert [block["input"] for block in whole["content"]] == [{"at": 1}, {}]
    assert whole["stop_reason"] == "tool_use"
    cut = {**TOOLS_ANSWER, "tool_calls": [{**CALL, "arguments": '{"at'}]}
    assert anthropic_messages.write(cut, anthropic(), "m", 1)["content"][0]["input"] == {
        "arguments": '{"at'
    }
    ended = anthropic_messages.write({**ANSWER, "stop_sequence": "END"}, anthropic(), "m", 1)
    assert (ended["stop_reason"], ended["stop_sequence"]) == ("stop_sequence", "END")


def test_anthropic_stream_opens_and_closes_its_blocks_in_order():
    writer = anthropic_messages.StreamWriter(anthropic(), "msg_1", 1)
    assert writer.heartbeat() == b": heartbeat\n\n"
    thoughts = [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Hm."},
        {"type": "signature_delta", "signature": "s"},
    ]
    data = b"".join(
        writer.event({"text": "", "thought": {"index": 0, "piece": piece}}) for piece in thoughts
    )
    data += writer.event({"text": "I look."}) + writer.heartbeat()
    data += b"".join(writer.event({"text": "", "tool_call": piece}) for piece in PIECES)
    data += writer.end({**TOOLS_ANSWER, "content": "I look."})
    found = events(data)
    assert [event["type"] for event in found] == [
        "message_start",
        *(
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
        ),
        *("content_block_start", "content_block_delta", "ping", "content_block_stop"),
        *(
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
        ),
        *("content_block_start", "content_block_stop"),
        "message_delta",
        "message_stop",
    ]
    begun = [e["content_block"] for e in found if e["type"] == "content_block_start"]
    assert [block["type"] for block in begun] == ["thinking", "text", "tool_use", "tool_use"]
    places = [event["index"] for event in found if event["type"] == "content_block_start"]
    assert places == [0, 1, 2, 3]
    assert found[-2]["delta"]["stop_reason"] == "tool_use"
    assert found[-2]["usage"]["input_tokens"] == 5
    assert found[-2]["x_sam"]["cost_usd"] == 0.25


def test_an_answer_that_was_there_at_once_is_a_stream_too():
    for form, make in ((openai_chat, openai), (anthropic_messages, anthropic)):
        data = form.StreamWriter(make(), "c", 1).end(ANSWER)
        assert b"Fine." in data
    assert events(anthropic_messages.StreamWriter(anthropic(), "c", 1).error(500, None, "No."))[0][
        "error"
    ] == {"type": "api_error", "message": "No."}
