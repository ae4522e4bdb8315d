"""The parameters of a message in Anthropic's format: what is done with each, and its schema.

Shapes: ``anthropic-sdk-python`` 2.14 (November 2026), ``resources/messages`` and ``types``.
"""

from .asked import metadata_of
from .openai_params import MODEL
from .shapes import (
    ANYTHING,
    COMPONENTS,
    FLAG,
    OBJECT,
    SAYS,
    body_of,
    closed,
    maybe,
    number,
    one_of,
    ref,
    some,
    text,
    whole,
)

CHOICES = {"auto": "auto", "any": "required", "none": "none"}
THOUGHTS = ("thinking", "redacted_thinking")
_CACHE = maybe(closed({"type": {"const": "ephemeral"}, "ttl": maybe(one_of("5m", "1h"))}, ["type"]))


def _block(kind, properties, required=()):
    return closed(
        {"type": {"const": kind}, "cache_control": _CACHE, **properties}, ["type", *required]
    )


_MEDIA = r"^[\w.+-]+/[\w.+-]+$"
_DATA = {"type": {"const": "base64"}, "data": text()}
_PICTURE = text(pattern=r"^[iI][mM][aA][gG][eE]/[\w.+-]+$")
_FILE = text(pattern=r"^(application|text)/[\w.+-]+$")
_TEXT = _block("text", {"text": text(), "citations": maybe(some(ANYTHING))}, ["text"])
_IMAGE = _block(
    "image",
    {
        "source": {
            "anyOf": [
                closed({**_DATA, "media_type": _PICTURE}, ["type", "media_type", "data"]),
                closed(
                    {"type": {"const": "url"}, "url": text(pattern="^[hH][tT][tT][pP][sS]?://")},
                    ["type", "url"],
                ),
            ]
        }
    },
    ["source"],
)
_DOCUMENT = _block(
    "document",
    {
        "source": {
            "anyOf": [
                closed({**_DATA, "media_type": _FILE}, ["type", "media_type", "data"]),
                closed(
                    {
                        "type": {"const": "text"},
                        "data": text(),
                        "media_type": maybe({"const": "text/plain"}),
                    },
                    ["type", "data"],
                ),
            ]
        },
        "title": maybe(text()),
        "context": maybe(text()),
        "citations": maybe(closed({"enabled": {"const": False}})),
    },
    ["source"],
)
_SHOWN = {"anyOf": [_TEXT, _IMAGE, _DOCUMENT]}
_RESULT = _block(
    "tool_result",
    {
        "tool_use_id": text(),
        "content": maybe({"anyOf": [text(), some(ref("MessageShown"))]}),
        "is_error": maybe(FLAG),
    },
    ["tool_use_id"],
)
_USE = _block(
    "tool_use",
    {"id": text(), "name": text(None, 256), "input": OBJECT, "caller": maybe(OBJECT)},
    ["id", "name", "input"],
)
_THOUGHT = closed(
    {"type": {"const": "thinking"}, "thinking": text(), "signature": text()},
    ["type", "thinking", "signature"],
)
_REDACTED = closed({"type": {"const": "redacted_thinking"}, "data": text()}, ["type", "data"])
_SAID = some({"anyOf": [ref("MessageShown"), _USE, _THOUGHT, _REDACTED]})
_MESSAGE = {
    "anyOf": [
        closed(
            {
                "role": {"const": "user"},
                "content": {"anyOf": [text(), some({"anyOf": [ref("MessageShown"), _RESULT]}, 1)]},
            },
            ["role", "content"],
        ),
        closed(
            {"role": {"const": "assistant"}, "content": {"anyOf": [text(), _SAID]}},
            ["role", "content"],
        ),
        closed(
            {"role": {"const": "system"}, "content": {"anyOf": [text(), some(_TEXT, 1)]}},
            ["role", "content"],
        ),
    ]
}
_SOMETHING = {
    "type": "object",
    "required": ["type"],
    "anyOf": [
        {
            "properties": {
                "type": one_of("image", "document"),
                "source": {"properties": {"type": one_of("base64", "url")}, "required": ["type"]},
            },
            "required": ["source"],
        },
        {
            "properties": {
                "type": {"const": "document"},
                "source": {"properties": {"data": text(pattern=SAYS)}, "required": ["data"]},
            },
            "required": ["source"],
        },
        {
            "properties": {"type": {"const": "text"}, "text": text(pattern=SAYS)},
            "required": ["text"],
        },
        {
            "properties": {
                "type": {"const": "tool_result"},
                "content": text(pattern=SAYS),
            },
            "required": ["content"],
        },
    ],
}
#: A message that says something; at least one of a request does.
_SAYS = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": one_of("user", "assistant"),
        "content": {
            "anyOf": [text(pattern=SAYS), {"type": "array", "contains": _SOMETHING}],
        },
    },
}
_TOOL = closed(
    {
        "name": text(),
        "description": maybe(text()),
        "input_schema": OBJECT,
        "cache_control": _CACHE,
        "strict": maybe(FLAG),
        "type": maybe({"const": "custom"}),
        # these change how its call is streamed or who may make it, and nothing of the answer
        "eager_input_streaming": maybe(FLAG),
    },
    ["name", "input_schema"],
)
TOOL_KEYS = tuple(_TOOL["properties"])
_PARALLEL = {"disable_parallel_tool_use": maybe(FLAG)}
_CHOICE = {
    "anyOf": [
        closed({"type": one_of(*CHOICES), **_PARALLEL}, ["type"]),
        closed({"type": {"const": "tool"}, "name": text(), **_PARALLEL}, ["type", "name"]),
    ]
}
_FORM = closed(
    {"type": {"const": "json_schema"}, "schema": ref("AnswerSchema")}, ["type", "schema"]
)
_DISPLAY = {"display": maybe(text())}
_THINKING = {
    "anyOf": [
        closed(
            {"type": {"const": "enabled"}, "budget_tokens": whole(1024), **_DISPLAY},
            ["type", "budget_tokens"],
        ),
        closed({"type": one_of("disabled", "adaptive"), **_DISPLAY}, ["type"]),
    ]
}


def _metadata():
    found = metadata_of()
    return {**found, "properties": {**found["properties"], "user_id": maybe(text())}}


#: What is done with each parameter of ``messages.create``; a test walks its signature.
HONOURED = {
    "max_tokens": whole(1, 1_000_000),
    "messages": {**some(ref("Message"), 1), "contains": _SAYS},
    "metadata": _metadata(),
    "model": MODEL,
    "output_config": closed({"effort": maybe(text()), "format": maybe(_FORM)}),
    "output_format": _FORM,
    "stop_sequences": some(text(1, 256), None, 16),
    "stream": FLAG,
    "system": {"anyOf": [text(), some(_TEXT)]},
    "temperature": number(0, 1),
    "tool_choice": _CHOICE,
    "tools": some(ref("MessageTool")),
}
#: To the provider, in its own words; where it has none, it is refused by name.
PASSED = {
    "cache_control": _CACHE,
    "thinking": _THINKING,
    "top_k": whole(0),
    "top_p": number(0, 1),
}
RUN = "what the vendor runs for it is billed on top"
_RATE = "it changes the rate at which a call is billed"
_WHOSE = "the provider's own key decides for whom it is called"
REFUSED = {
    "container": RUN,
    "context_management": RUN,
    "mcp_servers": RUN,
    "diagnostics": "what the vendor finds would not reach you",
    "inference_geo": _RATE,
    "service_tier": _RATE,
    "speed": _RATE,
    "user_profile_id": _WHOSE,
    "workspace_id": _WHOSE,
}
#: Values that ask for what happens anyhow.
PLAIN = {"service_tier": ("auto",), "speed": ("standard",), "inference_geo": ("not_available",)}

#: What is done with each parameter of ``messages.count_tokens``.
COUNT_HONOURED = {
    name: HONOURED[name]
    for name in (
        "messages",
        "model",
        "output_config",
        "output_format",
        "system",
        "tool_choice",
        "tools",
    )
}
COUNT_PASSED = {name: PASSED[name] for name in ("cache_control", "thinking")}
COUNT_REFUSED = {
    name: REFUSED[name]
    for name in ("context_management", "mcp_servers", "speed", "user_profile_id", "workspace_id")
}

PARTS = {
    **COMPONENTS,
    "Message": _MESSAGE,
    "MessageShown": _SHOWN,
    "MessageTool": _TOOL,
}
REQUEST = body_of(HONOURED, PASSED, REFUSED, PLAIN, required=("max_tokens", "messages", "model"))
COUNT_REQUEST = body_of(
    COUNT_HONOURED, COUNT_PASSED, COUNT_REFUSED, PLAIN, required=("messages", "model")
)
