"""How much of a request no token count covers: the bound of what it can cost includes it."""

import json

from ..engine.prompt.tokens import prompt_around, upper_bound_of
from .documents import least_tokens
from .errors import InvalidRequest

# What count_tokens counts of a message, of a function and of parts; see engine.prompt.tokens.
_MESSAGE = {"role", "name", "tool_call_id", "content", "tool_calls"}
_FUNCTION = {"name", "arguments"}
_PARTS = {"tool_result", "tool_use"}


def uncounted_bytes(request, api_format="openai"):
    """Size of what is sent beyond what ``engine.prompt.tokens.count_tokens`` counts, in bytes.

    Encoded as UTF-8 JSON, as it is sent: no vocabulary has more tokens than bytes. Pictures are
    counted by their kind; a file is worth its bytes, or its pages where those are more. The
    request has passed :meth:`~.base.WireFormat.check`.

    >>> from .base import ChatRequest
    >>> uncounted_bytes(ChatRequest([{"role": "user", "content": "Hello"}], "m", 10))
    0
    >>> uncounted_bytes(ChatRequest([], "m", 10, extra={"top_p": 0.5}))
    14
    """
    apart = (request.extra, request.stop, request.tool_choice, request.response_schema)
    # a template may write what is apart from the messages in ways of its own
    total = sum(max(_size(value), upper_bound_of(value)) for value in apart)
    schema = request.response_schema is not None
    total += prompt_around(request.extra, request.model, api_format, schema)
    for message in request.messages:
        total += _rest(message, _MESSAGE)
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            total += _part(part)
        for call in message.get("tool_calls") or ():
            total += _tool_call(call)
    return total


def _tool_call(call):
    """Where there is a ``function``, be it None, nothing beside it is counted."""
    if "function" not in call:
        return _rest(call, _FUNCTION)
    return _rest(call, {"function"}) + _rest(call["function"] or {}, _FUNCTION)


def _part(part):
    if isinstance(part, str) or part.get("type") in _PARTS:
        return _files(part["content"]) if isinstance(part, dict) and "content" in part else 0
    kind = part.get("type")
    if kind == "text":
        return _rest(part, {"type", "text"})
    if kind in ("image_url", "image"):
        return _rest(part, {"type", "image_url", "source"})
    return max(_size(part), least_tokens(_data_of(part)))


def _files(content):
    """What documents inside a tool's result have beyond their bytes, which are counted as text."""
    parts = content if isinstance(content, list) else ()
    return sum(least_tokens(_data_of(part)) for part in parts if isinstance(part, dict))


def _data_of(part):
    """The base64 text of a file or document, '' where it has none."""
    holder = part.get("file") or part.get("source")
    holder = holder if isinstance(holder, dict) else {}
    data = holder.get("file_data") or holder.get("data")
    return data if isinstance(data, str) else ""


def _rest(holder, counted):
    return _size({k: v for k, v in holder.items() if k not in counted and v is not None})


def _size(value):
    if value is None or value in ({}, [], ""):
        return 0
    try:
        return len(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace"))
    except RecursionError:
        raise InvalidRequest("The request is nested too deeply. Use flatter data.") from None
