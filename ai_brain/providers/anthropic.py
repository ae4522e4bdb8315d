"""Anthropic's messages API. Source of the shapes: Anthropic's API reference, "Messages"."""

import re
import urllib.parse
from types import MappingProxyType

from ..engine.price.usage import TokenUsage
from . import http, schemas
from .address import check_url, join_url
from .answer import Answer, expect
from .anthropic_blocks import cached, convert_messages
from .base import CallPiece, ChatStream, ThoughtPiece, WireFormat, clean_text, with_extra
from .batch_anthropic import AnthropicBatches
from .errors import BadAnswer, InvalidRequest
from .spoken import THOUGHTS
from .streaming import run_stream

API_VERSION = "2023-06-01"
_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_THOUGHT_DELTAS = {"thinking_delta": "thinking", "signature_delta": "signature"}


class AnthropicWire(WireFormat):
    api_format = "anthropic"
    default_base_url = "https://api.anthropic.com"
    extra_keys = frozenset(
        (
            "cache_control",
            "metadata",
            "output_config",
            "stop_sequences",
            "thinking",
            "top_k",
            "top_p",
        )
    )
    part_types = {
        "text": ("text", "cache_control", "citations"),
        "image_url": ("image_url", "cache_control"),
        "file": ("file", "cache_control"),
        "image": ("source", "cache_control"),
        "document": ("source", "cache_control", "title", "context", "citations"),
        "tool_use": ("id", "name", "input", "cache_control"),
        "tool_result": ("tool_use_id", "content", "is_error", "cache_control"),
        "thinking": ("thinking", "signature"),
        "redacted_thinking": ("data",),
    }
    native_tools = True
    takes_schema = True
    cache_ttls = ("5m", "1h")

    def __init__(self):
        self.batch = AnthropicBatches(self)

    def check_schema(self, request):
        WireFormat.check_schema(self, request)
        if "format" in _config(request):
            raise InvalidRequest(
                "'extra' may not set 'output_config.format' beside response_schema, which sets it."
            )
        thinks = (request.extra.get("thinking") or {}).get("type", "disabled") != "disabled"
        if thinks and _answers_by_tool(request):
            raise InvalidRequest(
                f"'{request.model}' cannot think and be held to this schema at once. Leave one "
                "of them out, or use a model since Claude 4.5 and a schema of closed objects "
                "(additionalProperties: false) that does not contain itself."
            )

    def url(self, endpoint, path):
        """The address of an API path."""
        base = (endpoint.base_url or self.default_base_url).strip()
        parts = check_url(base, endpoint.allow_private)
        bare = re.sub(r"/(?:messages|models)/*$", "", parts.path).rstrip("/")
        if not re.search(r"/v\d+\w*$", bare):
            bare += "/v1"
        return join_url(urllib.parse.urlunsplit(parts._replace(path=bare)), path)

    def headers(self, endpoint):
        """The headers that carry the key and the version."""
        headers = {"anthropic-version": API_VERSION}
        if endpoint.api_key:
            headers["x-api-key"] = endpoint.read__key()
        return headers

    def payload(self, request, stream=False):
        """The JSON of a call; a temperature above 1, Anthropic's highest, becomes 1."""
        self.check(request)
        system, messages = convert_messages(request.messages)
        body = {"model": request.model, "max_tokens": request.max_tokens, "messages": messages}
        if system:
            body["system"] = system
        if request.temperature is not None:
            body["temperature"] = min(request.temperature, 1)
        if request.tools:
            body["tools"] = [_tool(tool, request.model) for tool in request.tools]
            choice = _tool_choice(request.tool_choice)
            if choice:
                body["tool_choice"] = choice
        extra = dict(request.extra)
        if request.response_schema is not None:
            _ask_for_schema(body, request, extra)
        if request.stop:
            stop = request.stop
            body["stop_sequences"] = [stop] if isinstance(stop, str) else list(stop)
        if stream:
            body["stream"] = True
        _set_marks(body, request)
        return with_extra(body, extra)

    def _send(self, endpoint, request, stream):
        body = http.encode(self.payload(request, stream))
        url = self.url(endpoint, "/messages")
        return http.request(endpoint, "POST", url, self.headers(endpoint), body, stream)

    def complete(self, endpoint, request):
        response = self._send(endpoint, request, False)
        return self.read_answer(http.read_json(response, endpoint), request, response.headers)

    def read_answer(self, data, request=None, headers=MappingProxyType({})):
        """The :class:`ChatResponse` in the decoded JSON of an answer, of a batch's too.

        ``request`` is what it answers; without it an answer given by our own tool is known by the
        tool's name.
        """
        answer = Answer(TokenUsage.from_anthropic)
        answer.note(data.get("model"), data.get("id") or headers.get("request-id"))
        answer.merge_usage(data.get("usage"))
        blocks = expect(answer, data.get("content"), list, "there is no list of content")
        for place, block in enumerate(blocks):
            expect(answer, block, dict, "a content block is not an object")
            if block.get("type") == "text":
                answer.add_text(expect(answer, block.get("text"), str, "a block has no text"))
            elif block.get("type") == "tool_use":
                _add_call(answer, place, block)
            elif block.get("type") in THOUGHTS:
                answer.thoughts[place] = _thought(block)
        answer.finish_reason = _finish_reason(data.get("stop_reason"))
        answer.stop_sequence = clean_text(data.get("stop_sequence"))
        return _untooled(answer, request).response()

    def stream(self, endpoint, request):
        response = self._send(endpoint, request, True)
        answer = Answer(TokenUsage.from_anthropic)
        answer.note(request_id=response.headers.get("request-id"))

        hidden = _answers_by_tool(request)

        def on_event(answer, name, data, state):
            for piece in self._event(answer, name, data, state):
                # what our own tool is given is the answer's text, told when it is whole
                ours = hidden and isinstance(piece, CallPiece) and _is_ours(answer, piece)
                if not ours:
                    yield piece
            if state.done and answer.calls:
                said = list(answer.text)
                if _untooled(answer, request).text != said:
                    yield from answer.text

        pieces = run_stream(response, endpoint, answer, on_event)
        return ChatStream(pieces, answer.partial, response.close)

    def _event(self, answer, name, data, state):
        event = http.decode(data, answer.partial())
        kind = event.get("type") or name
        if kind == "message_start":
            message = expect(answer, event.get("message"), dict, "message_start has no message")
            answer.note(message.get("model"), message.get("id"))
            answer.merge_usage(message.get("usage"))
        elif kind == "content_block_start":
            block = expect(answer, event.get("content_block"), dict, "a block is not an object")
            if block.get("type") == "text":
                yield from _texts(answer, block.get("text"))
            elif block.get("type") == "tool_use":
                index = _index(answer, event)
                call = _add_call(answer, index, {**block, "input": None})
                yield answer.piece(index, call["id"], call["name"])
            elif block.get("type") in THOUGHTS:
                index = _index(answer, event)
                answer.thoughts[index] = _thought(block)
                yield ThoughtPiece(index, dict(answer.thoughts[index]))
        elif kind == "content_block_delta":
            delta = expect(answer, event.get("delta"), dict, "a delta is not an object")
            if delta.get("type") == "text_delta":
                yield from _texts(answer, delta.get("text"))
            elif delta.get("type") == "input_json_delta":
                piece = expect(answer, delta.get("partial_json"), str, "a tool's input", True)
                index = _index(answer, event)
                if index in answer.calls:  # else a server tool's input, which is not ours
                    answer.calls[index]["arguments"] += clean_text(piece)
                    yield answer.piece(index, arguments=clean_text(piece))
            else:
                yield from _think_on(answer, event, delta)
        elif kind == "message_delta":
            delta = expect(answer, event.get("delta"), dict, "a delta is not an object")
            answer.merge_usage(event.get("usage"))
            if delta.get("stop_reason"):
                answer.finish_reason = _finish_reason(delta["stop_reason"])
                answer.stop_sequence = clean_text(delta.get("stop_sequence"))
                state.ended = True
        elif kind == "message_stop":
            state.ended = state.done = True
            for call in answer.calls.values():
                call["arguments"] = call["arguments"] or "{}"
        elif kind == "error":
            error = event.get("error")
            words = error.get("message") if isinstance(error, dict) else None
            words = http.redact(words)[:500] if isinstance(words, str) else "no reason given"
            raise BadAnswer(f"The vendor broke off its answer: {words}", partial=answer.partial())

    def list_models(self, endpoint):
        url = self.url(endpoint, "/models") + "?limit=1000"
        response = http.request(endpoint, "GET", url, self.headers(endpoint))
        data = http.read_json(response, endpoint).get("data")
        if not isinstance(data, list):
            raise BadAnswer("The vendor's list of models does not have the promised form.")
        names = {clean_text(row.get("id")) for row in data if isinstance(row, dict)}
        return sorted(names - {""})


def _set_marks(body, request):
    """Have the vendor keep the beginning, or the whole, where the caller set no mark himself."""
    if not (request.cache_mark or request.cache_tail) or has_marks(request):
        return
    if request.cache_mark:
        mark = {"type": "ephemeral"}
        if request.cache_mark != "5m":
            mark["ttl"] = request.cache_mark
        if body.get("system"):
            body["system"] = _marked(body["system"], mark)
        elif body.get("tools"):
            body["tools"] = [*body["tools"][:-1], {**body["tools"][-1], "cache_control": mark}]
    if request.cache_tail and body["messages"]:
        *before, last = body["messages"]
        content = _marked(last["content"], {"type": "ephemeral"})
        body["messages"] = [*before, {**last, "content": content}]


def _marked(content, mark):
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not blocks or blocks[-1].get("type") in ("thinking", "redacted_thinking"):
        return content
    return [*blocks[:-1], {**blocks[-1], "cache_control": mark}]


def has_marks(request):
    """Did the caller set a mark for the vendor's cache himself?"""
    if request.extra.get("cache_control"):
        return True
    parts = [
        part
        for message in request.messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
    ]
    return any(
        isinstance(one, dict) and one.get("cache_control")
        for one in [*parts, *(request.tools or ())]
    )


def _tool(tool, model=""):
    function = tool.get("function")
    if not function:
        return tool  # already in Anthropic's shape, or one of its server tools
    found = {
        "name": function.get("name"),
        "description": function.get("description") or "",
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
    }
    if function.get("strict") is True and not schemas.is_old_claude(model):
        found["strict"] = True
    return cached(found, tool)


def _config(request):
    config = request.extra.get("output_config")
    return config if isinstance(config, dict) else {}


def _answers_by_tool(request):
    """Is the answer the input of a tool? The model, or the schema, allows nothing better."""
    schema = request.response_schema
    if schema is None:
        return False
    return schemas.is_old_claude(request.model) or schemas.claude_schema(schema) is None


def _ask_for_schema(body, request, extra):
    if not _answers_by_tool(request):
        form = {"type": "json_schema", "schema": schemas.claude_schema(request.response_schema)}
        body["output_config"] = {**_config(request), "format": form}
        extra.pop("output_config", None)
        return
    tool = {
        "name": schemas.NAME,
        "description": "Gives the final answer.",
        "input_schema": request.response_schema,
    }
    body["tools"] = [*body.get("tools", ()), tool]
    chosen = body.get("tool_choice") or {"type": "auto"}
    if not request.tools or chosen["type"] == "none":
        body["tool_choice"] = {"type": "tool", "name": schemas.NAME}
    elif chosen["type"] == "auto":
        body["tool_choice"] = {**chosen, "type": "any"}


def _untooled(answer, request):
    """The answer that came as the input of our own tool, as the text that was asked for."""
    ours = [n for n, call in answer.calls.items() if call["name"] == schemas.NAME]
    if not ours or not (request is None or _answers_by_tool(request)):
        return answer
    for index in ours:
        call = answer.calls.pop(index)
    if not answer.calls:
        answer.text.clear()  # what it said before it answered is no part of the answer
        answer.text.append(call["arguments"])
        if answer.finish_reason == "tool_calls":
            answer.finish_reason = "stop"
    return answer


def _tool_choice(choice):
    if isinstance(choice, dict):
        if choice.get("type") == "function":
            return {"type": "tool", "name": (choice.get("function") or {}).get("name")}
        return choice
    return {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}.get(
        choice
    )


def _texts(answer, text):
    text = answer.add_text(text)
    return [text] if text else []


def _is_ours(answer, piece):
    return [*answer.calls.values()][piece.call["index"]]["name"] == schemas.NAME


def _think_on(answer, event, delta):
    """Take a piece of a thought, or whatever else it is; the list of its pieces."""
    kind = clean_text(delta.get("type"))
    key = _THOUGHT_DELTAS.get(kind)
    piece = clean_text(delta.get(key)) if key else ""
    thought = answer.thoughts.get(_index(answer, event)) if piece else None
    if thought is None:
        return []
    thought[key] = thought.get(key, "") + piece
    return [ThoughtPiece(event["index"], {"type": kind, key: piece})]


def _thought(block):
    """A block of thinking as it is wanted back."""
    keys = ("data",) if block["type"] == "redacted_thinking" else ("thinking", "signature")
    return {"type": block["type"], **{key: clean_text(block.get(key)) for key in keys}}


def _index(answer, event):
    return expect(answer, event.get("index"), int, "a block has no index")


def _add_call(answer, index, block):
    call = answer.call(index)
    call["id"] = clean_text(block.get("id"))
    call["name"] = clean_text(block.get("name"))
    if block.get("input") is not None:
        value = expect(answer, block["input"], dict, "a tool's input is not an object")
        call["arguments"] = clean_text(http.dump(value))
    return call


def _finish_reason(reason):
    reason = clean_text(reason)
    return _FINISH.get(reason, reason or "stop")
