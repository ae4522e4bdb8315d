"""The description, its schemas, and that what is written fits them."""

import json
import re

import pytest
from engine.call.fits import problems_of
from engine.gateway import (
    anthropic_messages,
    anthropic_params,
    openai_chat,
    openai_params,
    openapi,
    shapes,
)
from engine.gateway.errors import BadRequest
from engine.gateway.operations import ALWAYS, OPERATIONS, SCHEMAS, TAG_HEADERS
from test_gateway_formats import ANSWER, TOOLS_ANSWER, anthropic, openai

#: Objects whose content is the caller's or a vendor's: JSON Schemas, what a tool is given, what is
#: passed on; parts of this document; and conditions on a closed one.
OPEN = (
    *(".parameters", ".input_schema", ".input", ".caller"),
    *(".chat_template_kwargs", ".reasoning", ".thinking", ".additionalProperties", ".contains"),
)
ROOT = {"components": {"schemas": SCHEMAS}}


def problems(value, name):
    return [str(one) for one in problems_of(value, {**shapes.ref(name), **ROOT})]


def walk(value, path="$"):
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, one in inner:
        if isinstance(one, dict | list):
            yield from walk(one, f"{path}.{name}")


def test_it_is_json_and_every_reference_leads_somewhere():
    found = json.loads(json.dumps(openapi.document()))
    names = re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(found))
    assert set(names) == set(SCHEMAS), "none is missing, none is idle"
    ids = [one["operationId"] for path in found["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) == len(OPERATIONS)


def test_every_object_with_properties_is_closed():
    for path, schema in walk(SCHEMAS):
        if not isinstance(schema, dict) or "properties" not in schema:
            continue
        if ".contains" in path or path.endswith(".properties"):
            continue  # a condition on a part; a parameter of that name
        others = schema.get("additionalProperties")
        # metadata take texts of any name
        assert others is False or path.endswith(".metadata"), path


def test_it_fits_its_own_description():
    assert not problems(json.loads(json.dumps(openapi.document())), "Description")
    assert problems({**openapi.document(), "webhooks": {}}, "Description")


def test_every_answer_and_body_has_a_schema_that_closes():
    """An object without properties of its own says of what kind those are that it may have."""
    for path, schema in walk(SCHEMAS):
        if isinstance(schema, dict) and schema.get("type") in ("object", ["object", "null"]):
            said = {"properties", "additionalProperties"} & set(schema)
            assert said or path.endswith(OPEN), path
    for operation in OPERATIONS.values():
        for kind, schema in operation.answers.items():
            assert schema.get("type") == "string" or "$ref" in json.dumps(schema), kind


def test_every_operation_names_its_refusals_and_its_key():
    found = openapi.document()
    assert found["security"] == [{"bearer": []}, {"apiKey": []}]
    for (path, method), operation in OPERATIONS.items():
        told = found["paths"][path][method.lower()]
        assert {*map(str, (*ALWAYS, *operation.statuses)), "200"} == set(told["responses"])
        assert "security" not in told, "all need a key"
    headers = {
        one["name"]
        for one in found["paths"]["/ai/v1/chat/completions"]["post"]["parameters"]
        if one["in"] == "header"
    }
    assert set(TAG_HEADERS) <= headers


@pytest.mark.parametrize(
    ("module", "request_", "kinds"),
    [
        (openai_params, "REQUEST", ("HONOURED", "PASSED", "PASSED_MORE", "REFUSED")),
        (anthropic_params, "REQUEST", ("HONOURED", "PASSED", "REFUSED")),
        (anthropic_params, "COUNT_REQUEST", ("COUNT_HONOURED", "COUNT_PASSED", "COUNT_REFUSED")),
    ],
)
def test_a_request_has_the_parameters_of_the_reader_s_tables(module, request_, kinds):
    tables = [getattr(module, kind) for kind in kinds]
    properties = getattr(module, request_)["properties"]
    assert sorted(properties) == sorted(name for table in tables for name in table)
    for name, why in tables[-1].items():
        assert properties[name]["enum"] == [None, *module.PLAIN.get(name, ())]
        assert why in properties[name]["description"]


@pytest.mark.parametrize("answer", [ANSWER, TOOLS_ANSWER])
def test_what_is_written_fits(answer):
    assert not problems(openai_chat.write(answer, openai(), "c", 1), "ChatCompletion")
    thoughts = [{"type": "thinking", "thinking": "because", "signature": "s"}]
    for more in ({}, {"thoughts": thoughts}, {"stop_sequence": "END"}):
        message = anthropic_messages.write({**answer, **more}, anthropic(), "m", 1)
        assert not problems(message, "MessageAnswer")


def test_what_is_refused_fits():
    extra = {
        "budget": "Sales",
        "spent_usd": 3.5,
        "limit_usd": 3,
        "currency": "EUR",
        "resets_at": "2026-12-01T00:00:00+00:00",
    }
    for status in (400, 401, 402, 403, 404, 405, 409, 413, 415, 429, 500, 502, 503, 504):
        for more in ({}, {"param": "n", "code": "x"}, {"extra": extra}):
            body = openai_chat.error(status, None, "No.", **more)
            assert not problems(body, "OpenAIError"), body
            body = anthropic_messages.error(status, None, "No.", **more)
            assert not problems(body, "AnthropicError"), body


def test_models_fit():
    found = [{"id": "auto"}, {"id": "gpt", "created": 86400, "owned_by": "openai"}]
    assert not problems(openai_chat.models(found), "OpenAIModels")
    assert not problems(anthropic_messages.models(found), "AnthropicModels")
    assert not problems(anthropic_messages.models([]), "AnthropicModels")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"top_p": 2}, "top_p"),
        ({"seed": "x"}, "seed"),
        ({"logit_bias": {"5": "much"}}, "logit_bias.5"),
        ({"metadata": {"module": {}}}, "metadata.module"),
        ({"metadata": {"res_id": -1, "res_model": "m"}}, "metadata.res_id"),
        ({"colour": "red"}, "colour"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"max_tokens": 2_000_000}, "max_tokens"),
        ({"messages": [{"role": "user", "content": "a", "mood": 1}]}, "messages[0].mood"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"messages": [{"role": "tool", "content": "18"}]}, "messages[0].tool_call_id"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused_by_name(body, param):
    with pytest.raises(BadRequest) as refused:
        openai(**body)
    assert refused.value.param == param


def test_what_clients_write_without_a_value_is_taken():
    null = dict.fromkeys(("audio", "function_call", "refusal", "tool_calls", "annotations"))
    messages = [
        {"role": "user", "content": "Hello", "name": None, **null},
        {"role": "assistant", "content": "Hi.", "reasoning_content": "because", **null},
        {"role": "assistant", "content": None, **null, "refusal": "No."},
        {"role": "user", "content": [{"type": "text", "text": "Why?", "cache_control": None}]},
    ]
    tools = [{"type": None, "function": {"name": "f", "parameters": None, "strict": None}}]
    asked = openai(messages=messages, tools=tools, temperature=None, stop=None)
    assert [one["role"] for one in asked.messages] == ["user", "assistant", "assistant", "user"]


def test_ten_thousand_messages_are_read():
    turn = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}]
    assert len(openai(messages=turn * 5_000).messages) == 10_000
    assert len(anthropic(messages=turn * 5_000).messages) == 10_000


def test_a_message_of_many_parts_is_compared():
    part = {"type": "text", "text": "Hello"}
    message = {"role": "user", "content": [part] * 30_000}
    assert len(openai(messages=[message]).messages) == 1
    message["content"] = [part] * 9_999 + [{**part, "mood": 1}]
    with pytest.raises(BadRequest) as refused:
        openai(messages=[message])
    assert refused.value.param == "messages[0].content[9999].mood"
