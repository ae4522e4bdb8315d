"""What is sent and what is understood, in each format, whole and streamed."""

import json
from decimal import Decimal

import pytest

TOOL = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Look a thing up.",
        "parameters": {
            "type": "object",
            "properties": {"value": {"type": "integer"}},
            "additionalProperties": False,
        },
    },
}


def test_answer_carries_text_model_usage_and_reason(client, vendor, streamed):
    response = client.call(streamed, "Hello {{vendor output=30}}")
    (row,) = vendor.log()
    assert len(response.content.split()) == 30
    assert response.model == row["model"]
    assert response.finish_reason == "stop"
    assert response.request_id
    assert response.tool_calls == []
    assert response.usage.as_dict()["total_tokens"] == sum(row["counts"].values())
    assert row["stream"] is streamed
    assert row["told"] is True


def test_counts_of_every_kind_arrive_apart(make_client, vendor, streamed):
    for api_format, model in (("openai", "loop-o-think"), ("gemini", "loop-g-think")):
        client = make_client(api_format)
        text = "{{vendor cached=7 reasoning=50}} long enough a prompt to have seven cached tokens"
        response = client.call(streamed, text, model=model)
        counts = vendor.log(model=model)[-1]["counts"]
        assert counts["cache_read"] == 7
        assert counts["reasoning"] == 50
        assert {kind: getattr(response.usage, kind) for kind in counts} == counts


def test_anthropic_cache_reads_and_writes_are_apart_from_input(make_client, vendor, streamed):
    response = make_client("anthropic").call(
        streamed, "{{vendor cached=6 written=9}} a prompt that has at least fifteen tokens in all"
    )
    counts = vendor.log()[0]["counts"]
    assert (response.usage.cache_read, response.usage.cache_write) == (6, 9)
    assert response.usage.input == counts["input"]


def test_max_tokens_ends_the_answer(client, streamed):
    response = client.call(streamed, "{{vendor output=400}} tell me", max_tokens=25)
    assert response.finish_reason == "length"
    assert response.usage.output_total <= 25


def test_tool_call_comes_back_as_name_and_json(client, streamed):
    response = client.call(streamed, "{{vendor tool=lookup}} look", tools=[TOOL])
    (call,) = response.tool_calls
    assert call["name"] == "lookup"
    assert json.loads(call["arguments"]) == {"value": 1}
    assert call["id"]
    assert response.finish_reason == "tool_calls"


def test_tool_result_goes_back_to_the_vendor(client, streamed):
    first = client.call(streamed, "{{vendor tool=lookup}} look", tools=[TOOL])
    messages = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": "", "tool_calls": first.tool_calls},
        {"role": "tool", "tool_call_id": first.tool_calls[0]["id"], "content": "It is 42."},
    ]
    answer = client.call(streamed, "", messages=messages, tools=[TOOL])
    assert answer.content


def test_text_beyond_ascii_survives_the_stream(client, vendor, streamed):
    response = client.call(streamed, "Größe 中文 😀 {{vendor output=12 id=unicode}}")
    assert response.content
    assert vendor.log(id="unicode")


def test_returned_cost_keeps_every_digit(make_client, streamed):
    response = make_client().call(
        streamed, "{{vendor cost=0.00012345678901}}", model="loop-o-router"
    )
    assert response.returned_cost_usd == Decimal("0.00012345678901")


def test_models_are_listed_and_the_connection_tested(client):
    assert "loop-o-small" in client.wire.list_models(client.endpoint)
    assert client.wire.test(client.endpoint) >= 3


def test_closing_a_stream_leaves_what_had_come(client, vendor):
    stream = client.stream("{{vendor output=300}} a long answer")
    first = next(stream)
    stream.close()
    assert stream.response is None
    assert stream.partial.content.startswith(first)
    assert stream.partial.usage is None


@pytest.mark.parametrize(
    ("model", "key"),
    [
        ("gpt-4o", "max_tokens"),
        ("o3-mini", "max_completion_tokens"),
        ("o1", "max_completion_tokens"),
        ("gpt-5.1-mini", "max_completion_tokens"),
        ("mistral-large", "max_tokens"),
        ("gpt-oss-120b", "max_tokens"),
    ],
)
def test_openai_reasoning_models_get_their_own_limit_and_no_temperature(make_client, model, key):
    client = make_client()
    body = client.wire.payload(client.endpoint, client.request("x", model=model, temperature=0.3))
    assert body[key] == 500
    assert len({"max_tokens", "max_completion_tokens"} & set(body)) == 1
    assert ("temperature" in body) is (key == "max_tokens")


@pytest.mark.parametrize(
    "extra", [{"n": 5}, {"max_tokens": 9}, {"model": "dearer"}, {"service_tier": "priority"}]
)
def test_extra_keys_cannot_make_a_call_dearer_than_what_was_held(client, vendor, extra):
    from ai_brain.providers.errors import InvalidRequest

    with pytest.raises(InvalidRequest, match="cost"):
        client.ask("x", extra=extra)
    assert vendor.log() == []


def test_extra_keys_reach_the_vendor(make_client):
    client = make_client("gemini")
    body = client.wire.payload(
        client.request("x", extra={"generationConfig": {"topP": 0.5}, "safetySettings": []})
    )
    assert body["generationConfig"] == {"maxOutputTokens": 500, "topP": 0.5}
    assert body["safetySettings"] == []


def test_function_tool_cannot_disguise_a_vendor_s_paid_tool(make_client):
    client = make_client()
    tool = {**TOOL, "type": "web_search", "search_context_size": "high"}
    body = client.wire.payload(client.endpoint, client.request("x", tools=[tool]))
    assert body["tools"] == [TOOL]


def test_tool_calls_are_counted_in_either_shape():
    from ai_brain.engine.prompt.tokens import count_tokens

    flat = {"id": "t", "name": "lookup", "arguments": '{"value": "some words here"}'}
    nested = {
        "id": "t",
        "type": "function",
        "function": {"name": flat["name"], "arguments": flat["arguments"]},
    }
    counts = [
        count_tokens([{"role": "assistant", "content": "", "tool_calls": [call]}])
        for call in (flat, nested)
    ]
    assert counts[0] == counts[1]


def test_openrouter_is_asked_for_its_cost(make_client):
    client = make_client(base_url="https://openrouter.ai/api/v1")
    assert client.wire.payload(client.endpoint, client.request("x"))["usage"] == {"include": True}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.mistral.ai/v1", "https://api.mistral.ai/v1/chat/completions"),
        ("https://api.deepseek.com/", "https://api.deepseek.com/v1/chat/completions"),
        ("http://localhost:11434", "http://localhost:11434/v1/chat/completions"),
        (
            "https://api.groq.com/openai/v1/chat/completions",
            "https://api.groq.com/openai/v1/chat/completions",
        ),
        (
            "https://r.openai.azure.com/openai/deployments/d?api-version=2024-10-21",
            "https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
        ("", "https://api.openai.com/v1/chat/completions"),
    ],
)
def test_openai_urls(make_client, base, url):
    client = make_client(base_url=base)
    assert client.wire.url(client.endpoint, "/chat/completions") == url


def test_azure_lists_models_beside_the_deployment(make_client, vendor):
    client = make_client(base_url=f"{vendor.url}/openai/deployments/d?api-version=1")
    assert "loop-o-small" in client.wire.list_models(client.endpoint)


def test_vendor_without_a_list_of_models_is_told_apart(make_client, vendor, monkeypatch):
    from ai_brain.providers.errors import InvalidRequest

    client = make_client(base_url=f"{vendor.url}/v1")
    monkeypatch.setattr(client.wire, "url", lambda endpoint, path: f"{vendor.url}/v1/none")
    with pytest.raises(InvalidRequest, match="no list of models"):
        client.wire.test(client.endpoint)


def test_azure_takes_the_key_in_its_own_header(make_client):
    client = make_client(base_url="https://r.openai.azure.com/openai/deployments/d?api-version=1")
    assert client.wire.headers(client.endpoint) == {"api-key": client.endpoint.read__key()}


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
        ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/messages"),
    ],
)
def test_anthropic_urls(make_client, base, url):
    client = make_client("anthropic", base_url=base)
    assert client.wire.url(client.endpoint, "/messages") == url


@pytest.mark.parametrize(
    ("base", "model", "url"),
    [
        (
            "",
            "gemini-2.5-pro",
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-pro:generateContent",
        ),
        (
            "https://example.com",
            "tunedModels/x",
            "https://example.com/v1beta/tunedModels/x:generateContent",
        ),
    ],
)
def test_gemini_urls(make_client, base, model, url):
    client = make_client("gemini", base_url=base)
    assert client.wire.url(client.endpoint, model, "generateContent") == url


def test_anthropic_conversation_alternates_and_system_is_apart():
    from ai_brain.providers.anthropic_blocks import convert_messages

    system, messages = convert_messages(
        [
            {"role": "system", "content": "A"},
            {"role": "user", "content": "one"},
            {"role": "user", "content": [{"type": "text", "text": "two"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "t1",
                        "type": "function",
                        "function": {"name": "f", "arguments": '{"a": 1}'},
                    },
                    {"id": "t2", "name": "g", "arguments": ""},
                ],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "r1"},
            {"role": "tool", "tool_call_id": "t2", "content": "r2"},
            {"role": "system", "content": "B"},
        ]
    )
    assert system == "A\n\nB"
    assert [turn["role"] for turn in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"][0] == {
        "type": "tool_use",
        "id": "t1",
        "name": "f",
        "input": {"a": 1},
    }
    assert messages[1]["content"][1]["input"] == {}
    assert [block["tool_use_id"] for block in messages[2]["content"]] == ["t1", "t2"]


def test_gemini_tool_results_name_the_function_and_schemas_are_its_own():
    from ai_brain.providers.gemini import _tools, convert_messages

    _system, contents = convert_messages(
        [
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {"id": "t1", "name": "f", "arguments": "{}", "thought_signature": "sig"}
                ],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "r1"},
        ]
    )
    assert contents[0]["parts"] == [{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]
    assert contents[1]["parts"][0]["thoughtSignature"] == "sig"
    assert contents[2]["parts"] == [
        {"functionResponse": {"name": "f", "response": {"result": "r1"}}}
    ]
    (declared,) = _tools([TOOL])[0]["functionDeclarations"]
    assert "additionalProperties" not in declared["parameters"]


def test_an_unknown_format_says_which_there_are():
    from ai_brain.providers import errors, get_wire

    with pytest.raises(errors.ConfigurationError, match="anthropic, gemini, openai, sandbox"):
        get_wire("telepathy")
