"""Messages of OpenAI's shape as Anthropic's blocks."""

import re

from ..engine.base.text import content_text
from .answer import arguments_of
from .errors import InvalidRequest

DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)


def convert_messages(messages):
    """(system, messages) in Anthropic's shape.

    System messages move to the top; tool results become blocks of a user turn; neighbours of one
    role are joined, because the roles must alternate.
    """
    system, turns = [], []
    for message in messages:
        role = message.get("role")
        if role in ("system", "developer"):
            system += _blocks(message.get("content"))
            continue
        if role == "tool":
            role, blocks = "user", [_tool_result(message)]
        else:
            blocks = _blocks(message.get("content"))
            for call in message.get("tool_calls") or []:
                blocks.append(_tool_use(call))
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return _simple(system, "\n\n"), [
        {"role": turn["role"], "content": _simple(turn["content"])} for turn in turns
    ]


def _tool_result(message):
    """The result of a tool, with what it shows."""
    content = message.get("content")
    shows = isinstance(content, list) and any(part.get("type") != "text" for part in content)
    result = {
        "type": "tool_result",
        "tool_use_id": message.get("tool_call_id") or "",
        "content": _blocks(content) if shows else content_text(content),
    }
    if message.get("is_error"):
        result["is_error"] = True
    return cached(result, message)


def _simple(blocks, joiner=None):
    """Plain text where the blocks are nothing more than that."""
    if not all(block.keys() == {"type", "text"} for block in blocks):
        return blocks
    if joiner is not None or len(blocks) == 1:
        return (joiner or "").join(block["text"] for block in blocks)
    return blocks


def _blocks(content):
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    blocks = []
    for part in content or []:
        if isinstance(part, str):
            part = {"type": "text", "text": part}
        if part.get("type") == "image_url":
            part = cached(_image(part), part)
        elif part.get("type") == "file":
            part = cached({"type": "document", "source": _file(part)}, part)
        if part.get("type") != "text" or part.get("text"):  # empty text blocks are refused
            blocks.append(part)
    return blocks


def _image(part):
    url = part.get("image_url")
    url = url.get("url") if isinstance(url, dict) else url
    match = DATA_URL.fullmatch(url or "")
    if match:
        source = {"type": "base64", "media_type": match[1], "data": match[2]}
    else:
        source = {"type": "url", "url": url}
    return {"type": "image", "source": source}


def _file(part):
    """The source of a document from a file in OpenAI's shape."""
    match = DATA_URL.fullmatch(part["file"]["file_data"])
    return {"type": "base64", "media_type": match[1], "data": match[2]}


def cached(block, part):
    cache = part.get("cache_control")
    return {**block, "cache_control": cache} if cache else block


def call_parts(call):
    """(id, name, arguments as an object) of a tool call in OpenAI's shape or in ours."""
    function = call.get("function") or call

    def refuse():
        return InvalidRequest(
            f"The arguments of the tool call '{function.get('name')}' are not a JSON object. "
            "Pass the assistant's message on as it was received."
        )

    arguments = function.get("arguments")
    if not isinstance(arguments, dict):
        arguments = arguments_of(arguments, refuse)
    return call.get("id") or "", function.get("name") or "", arguments


def _tool_use(call):
    identifier, name, arguments = call_parts(call)
    return cached({"type": "tool_use", "id": identifier, "name": name, "input": arguments}, call)
