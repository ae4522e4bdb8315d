"""What reaches a vendor was allowed by name, and all of it is counted or bounded by its size."""

import base64
import copy
import json
import zlib

import pytest

FORMATS = ("openai", "anthropic", "gemini")
MODEL = {"openai": "loop-o-small", "anthropic": "loop-a-small", "gemini": "loop-g-small"}
# 300 kB of short words: some 150,000 tokens
FLOOD = "ab cd " * 50_000
PDF = base64.b64encode(b"%PDF-1.7\n1 0 obj <</Type /Page>> endobj").decode()
TOOL = {
    "type": "function",
    "function": {
        "name": "lookup",
        "description": "Look it up",
        "parameters": {"type": "object", "properties": {"value": {"type": "integer"}}},
    },
}
EXTRA = {
    "openai": {"top_p": 0.5, "response_format": {"type": "json_object"}, "user": "u"},
    "anthropic": {"top_p": 0.5, "metadata": {"user_id": "u"}, "stop_sequences": ["END"]},
    "gemini": {"generationConfig": {"topP": 0.5, "stopSequences": ["END"]}, "labels": {"a": "b"}},
    "sandbox": {"top_p": 0.5},
}


def _fields(api_format):
    """The fields of a request that uses everything which all formats know."""
    return {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "name": "ann",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PDF}"}},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                ],
            },
            {
                "role": "assistant",
                "content": "",
                "reasoning_content": "hm",
                "tool_calls": [
                    {
                        "id": "t1",
                        "type": "function",
                        "function": {"name": "lookup", "arguments": '{"value": 1}'},
                    },
                    {"id": "t2", "name": "lookup", "arguments": "{}", "thought_signature": "s"},
                ],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "42"},
            {"role": "tool", "tool_call_id": "t2", "content": "43"},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "function": {"name": "lookup"}},
        "stop": ["END"] if api_format == "openai" else None,
        "extra": EXTRA[api_format],
    }


def _request(api_format, fields):
    from ai_brain.providers import ChatRequest

    return ChatRequest(model=MODEL.get(api_format, "sandbox"), max_tokens=50, **fields)


def _body(api_format, request):
    from ai_brain.providers import Endpoint, get_wire

    wire = get_wire(api_format)
    if api_format == "openai":
        return wire.payload(Endpoint("openai", "http://127.0.0.1/v1"), request)
    return wire.payload(request)


def _places(value, path=()):
    """The path of every value inside a JSON value, itself included."""
    yield path, value
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))


def _with(fields, path, value):
    changed = copy.deepcopy(fields)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def _refused(api_format, fields):
    """The InvalidRequest that a check raises, None for none."""
    from ai_brain.providers import errors, get_wire

    try:
        get_wire(api_format).check(_request(api_format, fields))
    except errors.InvalidRequest as error:
        return error
    return None


def _sent(api_format, fields):
    """The JSON text that is sent, '' where something is refused."""
    from ai_brain.providers import errors

    try:
        return json.dumps(_body(api_format, _request(api_format, fields)))
    except errors.InvalidRequest:
        return ""


def _held(api_format, fields):
    """Input tokens that are held for a request."""
    from ai_brain.engine.prompt.tokens import count_tokens
    from ai_brain.providers import get_wire

    request = _request(api_format, fields)
    count = count_tokens(request.messages, request.model, api_format, request.tools)
    return count.upper_bound + get_wire(api_format).uncounted_bytes(request)


def _tokens(text):
    from ai_brain.engine.prompt.tokens import count_text

    return count_text(text, "gpt-4o").tokens


@pytest.mark.parametrize("api_format", [*FORMATS, "sandbox"])
def test_a_request_that_uses_everything_is_allowed(api_format):
    assert _refused(api_format, _fields(api_format)) is None


@pytest.mark.parametrize("api_format", FORMATS)
def test_no_place_in_a_request_takes_text_that_nobody_counts(api_format):
    """A flood in the place of every text is refused, or not sent, or held for."""
    fields, flood = _fields(api_format), _tokens(FLOOD)
    sent = 0
    for path, value in _places(fields):
        if not isinstance(value, str):
            continue
        words = FLOOD
        if value.startswith("data:"):  # a picture is counted by its kind, whatever its size
            if "image" in value:
                continue
            words = f"data:application/pdf;base64,{PDF}{'A' * len(FLOOD)}"
        elif path[-1] == "arguments":
            words = json.dumps({"value": FLOOD})
        changed = _with(fields, path, words)
        if len(_sent(api_format, changed)) < len(FLOOD):
            continue
        sent += 1
        assert _held(api_format, changed) >= flood, path
    assert sent > 5


@pytest.mark.parametrize("api_format", FORMATS)
def test_no_dictionary_of_a_request_takes_a_key_that_nobody_counts(api_format):
    fields, flood = _fields(api_format), _tokens(FLOOD)
    arguments = json.dumps({"value": FLOOD})
    keys = {"note": FLOOD, "arguments": arguments, "text": FLOOD, "content": FLOOD, "type": FLOOD}
    refused = 0
    for path, value in _places(fields):
        if not path or not isinstance(value, dict):
            continue
        for key, words in keys.items():
            if key in value:
                continue
            changed = _with(fields, (*path, key), words)
            sent = FLOOD in _sent(api_format, changed)
            refused += not sent
            assert not sent or _held(api_format, changed) >= flood, (path, key)
    assert refused > 30


@pytest.mark.parametrize("api_format", FORMATS)
def test_a_tool_call_without_its_function_is_counted_all_the_same(api_format):
    fields = _fields(api_format)
    call = {"id": "t1", "name": "lookup", "arguments": json.dumps({"v": FLOOD}), "function": None}
    fields["messages"][2]["tool_calls"][0] = call
    assert FLOOD in _sent(api_format, fields)
    assert _held(api_format, fields) >= _tokens(FLOOD)


def test_a_name_that_is_sent_with_every_result_is_short():
    """Gemini wants the function's name again in each of its results."""
    fields = _fields("gemini")
    fields["messages"][2]["tool_calls"][0]["function"]["name"] = "x" * 257
    assert "name" in str(_refused("gemini", fields))


@pytest.mark.parametrize("api_format", FORMATS)
def test_the_key_that_is_refused_is_named(api_format):
    fields = _fields(api_format)
    for path in (("messages", 0), ("messages", 2, "tool_calls", 0), ("tool_choice",), ("extra",)):
        error = _refused(api_format, _with(fields, (*path, "side_channel"), "x"))
        assert "'side_channel'" in str(error)
        assert error.blames_provider is False
        assert error.billing == "none"


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("n", "several answers"),
        ("best_of", "several answers"),
        ("service_tier", "rate"),
        ("web_search_options", "on top"),
        ("logprobs", "without it"),
        ("prediction", "billed"),
        ("tools", "option of its own"),
        ("provider", "dearer"),
        ("temperature", "option of its own"),
    ],
)
@pytest.mark.parametrize("api_format", [*FORMATS, "sandbox"])
def test_keys_that_change_the_bill_are_refused_with_the_reason(api_format, key, why):
    error = _refused(api_format, {"messages": [], "extra": {key: 1}})
    assert why in str(error)


def test_gemini_s_configuration_has_a_list_of_its_own():
    for key in ("candidateCount", "maxOutputTokens", "mediaResolution", "speechConfig", "x"):
        config = {"generationConfig": {key: 2}}
        assert f"'{key}'" in str(_refused("gemini", {"messages": [], "extra": config}))


@pytest.mark.parametrize("api_format", FORMATS)
@pytest.mark.parametrize(
    "part",
    [
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "file", "file": {"file_data": "data:audio/wav;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "data:application/pdf;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "data:video/mp4;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "gs://bucket/film"}},
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png", "note": "x"}},
        {"type": "image_url"},
        {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}},
        {"type": "document", "source": {"type": "file", "file_id": "f"}},
        {"type": "tool_result", "content": [{"type": "input_audio"}]},
        {"type": "web_search_tool_result"},
        {"type": ["text"]},
        {"inlineData": {}},
        7,
    ],
)
def test_content_without_a_bound_is_refused(api_format, part):
    messages = [{"role": "user", "content": [part]}]
    assert _refused(api_format, {"messages": messages}) is not None


def test_pictures_by_address_go_where_nothing_but_a_picture_is_fetched():
    part = {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}
    messages = [{"role": "user", "content": [part]}]
    told = {name: _refused(name, {"messages": messages}) is None for name in FORMATS}
    assert told == {"openai": True, "anthropic": True, "gemini": False}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_20250305", "name": "web_search"},
        {"google_search": {}},
        {"type": "code_execution_20250825", "name": "code_execution"},
        "lookup",
    ],
)
@pytest.mark.parametrize("api_format", FORMATS)
def test_vendors_own_tools_are_refused(api_format, tool):
    assert "on top" in str(_refused(api_format, {"messages": [], "tools": [tool]}))


def test_an_hour_of_prompt_cache_is_held_only_where_its_price_is():
    part = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    fields = {"messages": [{"role": "user", "content": [part]}]}
    assert _refused("anthropic", fields) is None
    assert "rate" in str(_refused("openai", fields))


def test_files_become_what_each_vendor_calls_them():
    fields = _fields("openai")
    file = fields["messages"][1]["content"][1]
    bodies = {name: _body(name, _request(name, _fields(name))) for name in FORMATS}
    assert bodies["openai"]["messages"][1]["content"][1] == file
    assert bodies["anthropic"]["messages"][0]["content"][1] == {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
    }
    assert bodies["gemini"]["contents"][0]["parts"][1] == {
        "inlineData": {"mimeType": "application/pdf", "data": PDF}
    }


def test_a_plain_call_has_nothing_uncounted():
    for name in FORMATS:
        fields = {"messages": [{"role": "user", "content": "Hello"}], "tools": [TOOL]}
        from ai_brain.providers import get_wire

        assert get_wire(name).uncounted_bytes(_request(name, fields)) == 0


def test_what_is_uncounted_is_its_size_as_a_template_may_write_it():
    from ai_brain.providers import get_wire

    wire = get_wire("openai")
    schema = {"type": "json_schema", "json_schema": {"name": "größe", "schema": {}}}
    for extra, around in (({"metadata": {"ort": "Köln"}}, 0), ({"response_format": schema}, 600)):
        request = _request("openai", {"messages": [], "extra": extra})
        body = json.dumps(request.extra)
        assert "\\u00f6" in body
        assert wire.uncounted_bytes(request) == len(body) + around


@pytest.mark.parametrize("api_format", FORMATS)
def test_a_schema_is_held_for_as_the_function_that_a_vendor_makes_of_it(api_format):
    """Billed by a host of Claude that speaks OpenAI's format: 668 tokens for this one."""
    from ai_brain.providers import ChatRequest, get_wire

    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "country": {"type": "string"}},
        "required": ["city", "country"],
        "additionalProperties": False,
    }
    asked = {
        "openai": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "CityInfo", "schema": schema},
            }
        },
        "anthropic": {
            "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": schema}}
        },
        "gemini": {
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseJsonSchema": schema,
            }
        },
    }[api_format]
    messages = [{"role": "user", "content": "The capital of Mexico"}]
    wire = get_wire(api_format)

    def uncounted(**more):
        return wire.uncounted_bytes(ChatRequest(messages, "claude-sonnet-4-6", 50, **more))

    for bound in (uncounted(extra=asked), uncounted(response_schema=schema)):
        assert bound >= 668
    assert uncounted(extra={"top_p": 0.5}) < 20


def _pdf_fields(data):
    url = f"data:application/pdf;base64,{base64.b64encode(data).decode()}"
    part = {"type": "file", "file": {"file_data": url}}
    return {"messages": [{"role": "user", "content": [part]}]}


def test_a_pdf_is_worth_its_bytes_or_its_pages():
    from ai_brain.providers import get_wire

    def worth(data):
        return get_wire("anthropic").uncounted_bytes(_request("anthropic", _pdf_fields(data)))

    scan = b"%PDF-1.7\n<</Type /Page>>\n" + bytes(900_000)
    assert worth(scan) >= 1_200_000  # as base64
    page = b"<< /Type /Page /Parent 1 0 R >>\n"
    assert worth(b"%PDF-1.7\n" + page * 30) == 30 * 8_000
    packed = zlib.compress(page * 600)
    assert len(packed) < 1_000
    stream = b"%PDF-1.7\n5 0 obj <</Type /ObjStm /N 600>>\nstream\n" + packed + b"\nendstream"
    assert worth(stream) == 600 * 8_000
    assert worth(b"%PDF-1.7\n<</Type /Pages /Count 40>>") == 40 * 8_000
    assert worth(b"%PDF-1.7\n" + b"<</Type /ObjStm>> stream\nx" * 100_000) >= 8_000


@pytest.mark.parametrize(
    "model",
    ["", "a\nb", "x" * 256, "tab\there", "end\u2028here", None, 5],
)
@pytest.mark.parametrize("api_format", [*FORMATS, "sandbox"])
def test_a_model_s_name_is_one_line(api_format, model):
    from ai_brain.providers import ChatRequest, errors, get_wire

    with pytest.raises(errors.InvalidRequest, match="name of the model"):
        get_wire(api_format).check(ChatRequest([], model, 5))


@pytest.mark.parametrize(
    "model",
    [
        "../../v1/files",
        "x/../y",
        "..",
        "./x",
        "/x",
        "x//y",
        "x?key=1",
        "x#y",
        "x:batchGenerateContent",
        "%2e%2e%2fx",
        "..%2Fx",
        "x\\..\\y",
        "x y",
        "ｘ．．／",
        "http://elsewhere",
        "@elsewhere/x",
    ],
)
def test_a_model_s_name_never_steers_the_address(make_client, vendor, model):
    from ai_brain.providers import errors

    client = make_client("gemini")
    with pytest.raises(errors.InvalidRequest, match="address"):
        client.wire.url(client.endpoint, model, "generateContent")
    for streamed in (False, True):
        with pytest.raises(errors.InvalidRequest, match="address"):
            client.call(streamed, "x", model=model)
    for name in ("openai", "anthropic"):
        with pytest.raises(errors.InvalidRequest):  # 404: the vendor knows no such model
            make_client(name).ask("x", model=model)
    paths = {row["path"] for row in vendor.log()}
    assert paths == {"/v1/chat/completions", "/v1/messages"}
