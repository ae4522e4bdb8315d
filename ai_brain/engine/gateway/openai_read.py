"""What a request for a chat completion asks for, in OpenAI's format.

Shapes: ``openai-python`` 3.57 (November 2026), ``resources/chat/completions`` and ``types/chat``.

>>> asked = read({"model": "auto", "messages": [{"role": "user", "content": "Hello"}], "n": 1})
>>> asked.model, asked.messages
('auto', [{'role': 'user', 'content': 'Hello'}])
>>> read({"model": "auto", "messages": [{"role": "user", "content": "Hello"}], "n": 2})
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: 'n' is not served here: it asks for several answers, and each is \
billed; ask again instead.
"""

from . import asked as given
from . import shapes
from .asked import Asked
from .errors import BadRequest, invalid, not_served
from .openai_params import (
    CHOICES,
    HONOURED,
    PARTS,
    PASSED,
    PLAIN,
    REFUSED,
    REQUEST,
    ROLES,
)

__all__ = ["HONOURED", "PASSED", "REFUSED", "read"]

_STREAM_OPTIONS = {"include_usage", "include_obfuscation"}


def read(body):
    """Return a request as :class:`~.asked.Asked`.

    :param dict body: the decoded JSON
    :raise BadRequest: what cannot be served, by name
    """
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", None, "invalid_json")
    whole = body
    body = {name: value for name, value in body.items() if not _says_nothing(name, value)}
    for name, why in REFUSED.items():
        if name in body:
            raise not_served(name, why)
    tags, metadata = given.take_tags(body.get("metadata"))
    options = {name: value for name, value in body.items() if name not in HONOURED}
    if metadata:
        options["metadata"] = metadata
    stream_options = _stream_options(body)
    schema = _response_format(body, options)
    tools = _tools(body)
    if not tools:
        options.pop("parallel_tool_calls", None)
    asked = Asked(
        messages=_messages(body),
        model=given.text(body, "model"),
        stream=given.flag(body, "stream"),
        max_tokens=given.whole(body, "max_completion_tokens") or given.whole(body, "max_tokens"),
        temperature=given.number(body, "temperature", 0, 2),
        tools=tools,
        tool_choice=_tool_choice(body) if tools else None,
        response_schema=schema,
        stop=given.stops(body, "stop"),
        options=options,
        tags=tags,
        include_usage=given.flag(stream_options, "include_usage"),
    )
    shapes.check(whole, REQUEST, PARTS)
    return asked


def _says_nothing(name, value):
    if value is None:
        return True
    plain = PLAIN.get(name, ())
    return any((value == one and type(value) is not bool) or value is one for one in plain)


def _stream_options(body):
    options = body.get("stream_options") or {}
    if not isinstance(options, dict):
        raise invalid("stream_options", "an object")
    for name in options:
        if name not in _STREAM_OPTIONS:
            raise not_served(f"stream_options.{name}", "it is not known")
    return options


def _response_format(body, options):
    """The schema that is asked for, or None; JSON without one goes to the provider."""
    form = body.get("response_format")
    if form is None:
        return None
    kind = form.get("type") if isinstance(form, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        options["response_format"] = {"type": kind}
        return None
    if kind != "json_schema":
        raise invalid("response_format.type", "text, json_object or json_schema")
    held = form.get("json_schema")
    schema = held.get("schema") if isinstance(held, dict) else None
    if not isinstance(schema, dict):
        raise invalid("response_format.json_schema.schema", "an object")
    return schema


def _tools(body):
    tools = given.items(body, "tools")
    for place, tool in enumerate(tools or ()):
        function = tool.get("function")
        if (tool.get("type") or "function") != "function":
            raise not_served(f"tools[{place}].type", "only function tools are")
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            raise invalid(f"tools[{place}].function", "an object with a name")
    return tools or None


def _tool_choice(body):
    choice = body.get("tool_choice")
    if choice is None or (isinstance(choice, str) and choice in CHOICES):
        return choice
    function = choice.get("function") if isinstance(choice, dict) else None
    if isinstance(choice, dict) and choice.get("type") in ("allowed_tools", "custom"):
        raise not_served("tool_choice.type", "send the tools that may be used, and no others")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise invalid("tool_choice", f"one of {', '.join(CHOICES)}, or name a function")
    return {"type": "function", "function": {"name": function["name"]}}


def _messages(body):
    found = []
    for place, message in enumerate(given.items(body, "messages", needed=True)):
        path = f"messages[{place}]"
        clean = {name: value for name, value in message.items() if value is not None}
        role = clean.get("role")
        if role == "function" or "function_call" in clean:
            raise not_served(f"{path}.function_call", "functions have been replaced by tools")
        if not isinstance(role, str) or role not in ROLES:
            raise invalid(f"{path}.role", f"one of {', '.join(ROLES)}")
        calls = given.items(clean, "tool_calls", f"{path}.tool_calls")
        if calls:
            clean["tool_calls"] = [
                _call(call, f"{path}.tool_calls[{n}]") for n, call in enumerate(calls)
            ]
        elif calls is not None:
            del clean["tool_calls"]
        if "content" not in clean and (calls or "refusal" in clean):
            clean["content"] = clean.pop("refusal", "")
        content = clean.get("content")
        if not isinstance(content, str):
            _check_parts(given.items(clean, "content", f"{path}.content", needed=True), path)
        found.append(clean)
    return found


def _check_parts(parts, path):
    for place, part in enumerate(parts):
        kind, where = part.get("type"), f"{path}.content[{place}]"
        if not isinstance(kind, str):
            raise invalid(f"{where}.type", "a text")
        if kind == "text" and not isinstance(part.get("text"), str):
            raise invalid(f"{where}.text", "a text")
        if kind == "image_url":
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            if not isinstance(url, str):
                raise invalid(f"{where}.image_url.url", "a text")


def _call(call, path):
    """A tool call that an earlier answer made, given back with what its vendor wants back."""
    function = call.get("function")
    good = isinstance(function, dict) and isinstance(function.get("name"), str)
    if (call.get("type") or "function") != "function" or not good:
        raise invalid(path, "a call of a function with a name")
    if not isinstance(function.get("arguments"), str):
        raise invalid(f"{path}.function.arguments", "a text of JSON")
    found = {"id": call.get("id") or "", "type": "function", "function": function}
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, dict) else None
    signature = google.get("thought_signature") if isinstance(google, dict) else None
    if isinstance(signature, str):
        found["thought_signature"] = signature
    return found
