"""What a request for a message asks for, in Anthropic's format.

Shapes: ``anthropic-sdk-python`` 2.14 (November 2026), ``resources/messages`` and ``types``.

>>> asked = read({"model": "auto", "max_tokens": 9, "system": "Be brief.",
...               "messages": [{"role": "user", "content": "Hello"}]})
>>> asked.messages
[{'role': 'system', 'content': 'Be brief.'}, {'role': 'user', 'content': 'Hello'}]
>>> read({"model": "auto", "messages": [{"role": "user", "content": "Hello"}]})
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: 'max_tokens' must be a whole number of 1 or more.
"""

import json

from . import asked as given
from . import shapes
from .anthropic_params import (
    CHOICES,
    COUNT_REFUSED,
    COUNT_REQUEST,
    HONOURED,
    PARTS,
    PASSED,
    PLAIN,
    REFUSED,
    REQUEST,
    RUN,
    THOUGHTS,
    TOOL_KEYS,
)
from .asked import Asked
from .errors import BadRequest, invalid, not_served

__all__ = ["HONOURED", "PASSED", "REFUSED", "read", "read_count"]


def read(body):
    """Return a request as :class:`~.asked.Asked`.

    :param dict body: the decoded JSON
    :raise BadRequest: what cannot be served, by name
    """
    asked = _read(body, REFUSED)
    if asked.max_tokens is None:
        raise invalid("max_tokens", "a whole number of 1 or more")
    shapes.check(body, REQUEST, PARTS)
    return asked


def read_count(body):
    """Return what a request's tokens are counted of, as :class:`~.asked.Asked`.

    >>> asked = read_count({"model": "auto", "messages": [{"role": "user", "content": "Hello"}]})
    >>> asked.max_tokens, asked.messages
    (None, [{'role': 'user', 'content': 'Hello'}])
    """
    asked = _read(body, COUNT_REFUSED)
    shapes.check(body, COUNT_REQUEST, PARTS)
    return asked


def _read(body, refused):
    if not isinstance(body, dict):
        raise BadRequest("The body must be a JSON object.", None, "invalid_json")
    body = {
        name: value
        for name, value in body.items()
        if value is not None and value not in PLAIN.get(name, ())
    }
    for name, why in refused.items():
        if name in body:
            raise not_served(name, why)
    tags, metadata = given.take_tags(body.get("metadata"))
    options = {name: value for name, value in body.items() if name not in HONOURED}
    user = metadata.get("user_id")
    if user and (not isinstance(user, str) or user.strip()):
        options["user"] = given.text(metadata, "user_id")
    tools = _tools(body)
    choice = _tool_choice(body, options) if tools else None
    return Asked(
        messages=[*_system(body), *_messages(body)],
        model=given.text(body, "model"),
        stream=given.flag(body, "stream"),
        max_tokens=given.whole(body, "max_tokens"),
        temperature=given.number(body, "temperature", 0, 1),
        tools=tools,
        tool_choice=choice,
        response_schema=_output_config(body, options),
        stop=given.stops(body, "stop_sequences"),
        options=options,
        tags=tags,
        include_usage=True,
    )


def _output_config(body, options):
    """The schema that is asked for, or None; the effort goes to the provider."""
    config = body.get("output_config") or {}
    if not isinstance(config, dict):
        raise invalid("output_config", "an object")
    for name in config:
        if name not in ("effort", "format"):
            raise not_served(f"output_config.{name}", "it is not known")
    if config.get("effort"):
        options["reasoning_effort"] = given.text(config, "effort")
    name = "output_format" if body.get("output_format") else "output_config.format"
    form = body.get("output_format") or config.get("format")
    if form is None:
        return None
    schema = form.get("schema") if isinstance(form, dict) else None
    if not isinstance(schema, dict) or form.get("type") != "json_schema":
        raise invalid(name, "{'type': 'json_schema', 'schema': {…}}")
    return schema


# ----------------------------------------------------------------------
# Tools
# ----------------------------------------------------------------------


def _tools(body):
    return [
        _tool(tool, f"tools[{place}]")
        for place, tool in enumerate(given.items(body, "tools") or ())
    ] or None


def _tool(tool, path):
    """A tool of the client as a function."""
    tool = {name: value for name, value in tool.items() if value is not None}
    if tool.get("type", "custom") != "custom":
        raise not_served(f"{path}.type", RUN)
    for name in tool:
        if name not in TOOL_KEYS:
            raise not_served(f"{path}.{name}", "only a tool's name, description and schema are")
    if not isinstance(tool.get("name"), str):
        raise invalid(f"{path}.name", "a text")
    if not isinstance(tool.get("input_schema"), dict):
        raise invalid(f"{path}.input_schema", "an object")
    function = {"name": tool["name"], "parameters": tool["input_schema"]}
    if tool.get("description"):
        function["description"] = tool["description"]
    if tool.get("strict"):
        function["strict"] = True
    return {"type": "function", "function": function, **_marked(tool)}


def _tool_choice(body, options):
    choice = body.get("tool_choice")
    if choice is None:
        return None
    kind = choice.get("type") if isinstance(choice, dict) else None
    if kind == "tool" and isinstance(choice.get("name"), str):
        found = {"type": "function", "function": {"name": choice["name"]}}
    elif isinstance(kind, str) and kind in CHOICES:
        found = CHOICES[kind]
    else:
        raise invalid("tool_choice", "{'type': 'auto'}, any, none, or tool with its name")
    if given.flag(choice, "disable_parallel_tool_use"):
        options["parallel_tool_calls"] = False
    return found


# ----------------------------------------------------------------------
# Messages
# ----------------------------------------------------------------------


def _system(body):
    system = body.get("system")
    if not system:
        return []
    if isinstance(system, str):
        return [{"role": "system", "content": system}]
    blocks = given.items(body, "system")
    content = _simple([_part(b, f"system[{n}]") for n, b in enumerate(blocks)])
    return [{"role": "system", "content": content}] if content else []


def _messages(body):
    found = []
    for place, message in enumerate(given.items(body, "messages", needed=True)):
        path = f"messages[{place}]"
        role, content = message.get("role"), message.get("content")
        if role not in ("user", "assistant", "system"):
            raise invalid(f"{path}.role", "user, assistant or system")
        if isinstance(content, str):
            found.append({"role": role, "content": content})
            continue
        blocks = given.items(message, "content", f"{path}.content", needed=role != "assistant")
        take = _said if role == "assistant" else _told
        found += take(role, blocks or [], f"{path}.content")
    return found


def _told(role, blocks, path):
    """Messages of a turn of the user: the results of tools are messages of their own."""
    results, parts = [], []
    for place, block in enumerate(blocks):
        where = f"{path}[{place}]"
        if block.get("type") == "tool_result":
            results.append(_result(block, where))
        else:
            parts.append(_part(block, where))
    content = _simple(parts)
    return [*results, *([{"role": role, "content": content}] if content else [])]


def _said(role, blocks, path):
    """The message of a turn of the assistant, its uses of tools as calls."""
    parts, calls = [], []
    for place, block in enumerate(blocks):
        where = f"{path}[{place}]"
        if block.get("type") == "tool_use":
            calls.append(_call(block, where))
        elif block.get("type") in THOUGHTS:
            parts.append(block)
        else:
            parts.append(_part(block, where))
    found = {"role": role, "content": _simple(parts)}
    if calls:
        found["tool_calls"] = calls
    return [found] if calls or found["content"] else []


def _simple(parts):
    """The text alone where there is nothing else; texts that say nothing are left out."""
    parts = [part for part in parts if part.get("type") != "text" or part["text"]]
    if len(parts) == 1 and parts[0].keys() == {"type", "text"}:
        return parts[0]["text"]
    return parts or ""


def _call(block, path):
    if not isinstance(block.get("name"), str) or not isinstance(block.get("id"), str):
        raise invalid(path, "a use of a tool with its id and name")
    if not isinstance(block.get("input"), dict):
        raise invalid(f"{path}.input", "an object")
    function = {"name": block["name"], "arguments": json.dumps(block["input"], ensure_ascii=False)}
    return {"id": block["id"], "type": "function", "function": function, **_marked(block)}


def _result(block, path):
    if not isinstance(block.get("tool_use_id"), str):
        raise invalid(f"{path}.tool_use_id", "a text")
    content = block.get("content") or ""
    if not isinstance(content, str):
        parts = given.items(block, "content", f"{path}.content")
        content = _simple([_part(part, f"{path}.content[{n}]") for n, part in enumerate(parts)])
    found = {"role": "tool", "tool_call_id": block["tool_use_id"], "content": content}
    if given.flag(block, "is_error"):
        found["is_error"] = True
    return {**found, **_marked(block)}


def _part(block, path):
    """A block of content as a part of OpenAI's."""
    kind = block.get("type")
    if kind == "text":
        if not isinstance(block.get("text"), str):
            raise invalid(f"{path}.text", "a text")
        return {"type": "text", "text": block["text"], **_marked(block)}
    if kind == "image":
        return {"type": "image_url", "image_url": _image(block, path), **_marked(block)}
    if kind == "document":
        return {**_document(block, path), **_marked(block)}
    raise not_served(f"{path}.type", f"content of the type {str(kind)[:60]} is not passed on")


def _image(block, path):
    source = block.get("source")
    source = source if isinstance(source, dict) else {}
    if source.get("type") == "url" and isinstance(source.get("url"), str):
        return {"url": source["url"]}
    if source.get("type") == "base64" and isinstance(source.get("data"), str):
        return {"url": f"data:{source.get('media_type')};base64,{source['data']}"}
    raise not_served(f"{path}.source", "send a picture's data or its address")


def _document(block, path):
    citations = block.get("citations")
    if isinstance(citations, dict) and citations.get("enabled"):
        raise not_served(f"{path}.citations", "answers are passed on as text, without them")
    source = block.get("source")
    source = source if isinstance(source, dict) else {}
    title = block.get("title") if isinstance(block.get("title"), str) else None
    if source.get("type") == "base64" and isinstance(source.get("data"), str):
        data = f"data:{source.get('media_type')};base64,{source['data']}"
        return {"type": "file", "file": {"file_data": data, "filename": title or "document"}}
    if source.get("type") == "text" and isinstance(source.get("data"), str):
        heads = [text for text in (title, block.get("context")) if isinstance(text, str)]
        return {"type": "text", "text": "\n".join([*heads, source["data"]])}
    raise not_served(f"{path}.source", "send the document's data")


def _marked(block):
    """Its mark for the vendor's cache, where it has one."""
    mark = block.get("cache_control")
    return {"cache_control": mark} if mark else {}
