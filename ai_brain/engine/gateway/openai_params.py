"""The parameters of a chat completion in OpenAI's format: what is done with each, and its schema.

Shapes: ``openai-python`` 3.57 (November 2026), ``resources/chat/completions`` and ``types/chat``.
"""

from .asked import metadata_of
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

ROLES = ("system", "developer", "user", "assistant", "tool")
CHOICES = ("auto", "none", "required")
#: Keys of an earlier answer that clients give back with it, for the vendor whose they are.
ECHOED = ("annotations", "prefix", "reasoning", "reasoning_content", "reasoning_details")
#: Keys that clients write of every message, without a value.
_EMPTY = ("audio", "function_call", "parsed", "provider_specific_fields", "thinking_blocks")

MODEL = {
    "anyOf": [
        {"const": "auto", "description": "The router chooses."},
        text(1, pattern=SAYS, description="A provider, a model, or agent:CODE."),
    ],
    "description": "One of /ai/v1/models.",
}
_CACHE = maybe(closed({"type": {"const": "ephemeral"}, "ttl": maybe(one_of("5m", "1h"))}, ["type"]))
_PICTURE = text(pattern=r"^([hH][tT][tT][pP][sS]?://|data:[iI][mM][aA][gG][eE]/[\w.+-]+;base64,)")
_FILE = text(pattern=r"^data:(application|text)/[\w.+-]+;base64,")
_IMAGE_URL = {
    "anyOf": [
        closed({"url": _PICTURE, "detail": maybe(one_of("auto", "low", "high"))}, ["url"]),
        _PICTURE,
    ]
}
_TEXT_PART = closed(
    {"type": {"const": "text"}, "text": text(), "cache_control": _CACHE}, ["type", "text"]
)
_PARTS = {
    "anyOf": [
        _TEXT_PART,
        closed(
            {"type": {"const": "image_url"}, "image_url": _IMAGE_URL, "cache_control": _CACHE},
            ["type", "image_url"],
        ),
        closed(
            {
                "type": {"const": "file"},
                "file": closed({"file_data": _FILE, "filename": maybe(text())}, ["file_data"]),
                "cache_control": _CACHE,
            },
            ["type", "file"],
        ),
        closed({"type": {"const": "refusal"}, "refusal": text()}, ["type", "refusal"]),
    ]
}
_SIMPLE_CONTENT = {"anyOf": [text(), some(_TEXT_PART, 1)]}
_CONTENT = {"anyOf": [text(), some(ref("ChatContentPart"), 1)]}
_CALL = closed(
    {
        "id": maybe(text()),
        "type": maybe({"const": "function"}),
        "index": maybe(whole(0)),
        "function": closed(
            {"name": text(None, 256), "arguments": text(description="JSON.")},
            ["name", "arguments"],
        ),
        "extra_content": maybe(
            closed({"google": maybe(closed({"thought_signature": maybe(text())}))})
        ),
    },
    ["function"],
)
_ECHOED = dict.fromkeys(ECHOED, ANYTHING)
_ECHOED["refusal"] = maybe(text())
_ALL = {
    "name": maybe(text()),
    "cache_control": _CACHE,
    "is_error": maybe(FLAG),
    "tool_call_id": maybe(text()),
    **{key: {"type": "null"} for key in (*_EMPTY, *ECHOED, "refusal", "tool_calls")},
}
_ANSWERED = {
    "role": {"const": "assistant"},
    **_ALL,
    **_ECHOED,
    "content": maybe(_CONTENT),
    "tool_calls": maybe(some(ref("ChatToolCall"))),
}
_MESSAGE = {
    "anyOf": [
        closed(
            {"role": one_of("system", "developer"), "content": _SIMPLE_CONTENT, **_ALL},
            ["role", "content"],
        ),
        closed({"role": {"const": "user"}, "content": _CONTENT, **_ALL}, ["role", "content"]),
        closed({**_ANSWERED, "content": _CONTENT}, ["role", "content"]),
        closed({**_ANSWERED, "tool_calls": some(ref("ChatToolCall"), 1)}, ["role", "tool_calls"]),
        closed({**_ANSWERED, "refusal": text()}, ["role", "refusal"]),
        closed(
            {
                "role": {"const": "tool"},
                **_ALL,
                "content": _CONTENT,
                "tool_call_id": text(),
            },
            ["role", "content", "tool_call_id"],
        ),
    ]
}
#: A message that says something; at least one of a request does.
_SAYS = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": one_of("user", "assistant", "tool"),
        "content": {
            "anyOf": [
                text(pattern=SAYS),
                some(ANYTHING)
                | {
                    "contains": {
                        "type": "object",
                        "required": ["type"],
                        "anyOf": [
                            {"properties": {"type": one_of("image_url", "file")}},
                            {"properties": {"text": text(pattern=SAYS)}, "required": ["text"]},
                        ],
                    }
                },
            ]
        },
    },
}
_TOOL = closed(
    {
        "type": maybe({"const": "function"}),
        "function": closed(
            {
                "name": text(),
                "description": maybe(text()),
                "parameters": maybe(OBJECT),
                "strict": maybe(FLAG),
            },
            ["name"],
        ),
        "cache_control": _CACHE,
    },
    ["function"],
)
_CHOICE = {
    "anyOf": [
        one_of(*CHOICES),
        closed(
            {"type": {"const": "function"}, "function": closed({"name": text()}, ["name"])},
            ["type", "function"],
        ),
    ]
}
_FORM = {
    "anyOf": [
        closed({"type": one_of("text", "json_object")}, ["type"]),
        closed(
            {
                "type": {"const": "json_schema"},
                "json_schema": closed(
                    {
                        "name": maybe(text()),
                        "description": maybe(text()),
                        "strict": maybe(FLAG),
                        "schema": ref("AnswerSchema"),
                    },
                    ["schema"],
                ),
            },
            ["type", "json_schema"],
        ),
    ]
}
STOPS = {"anyOf": [text(1, 256), some(text(1, 256), None, 16)]}

#: What is done with each parameter of ``chat.completions.create``; a test walks its signature.
HONOURED = {
    "messages": {**some(ref("ChatMessage"), 1), "contains": _SAYS},
    "model": MODEL,
    "stream": FLAG,
    "stream_options": closed({"include_usage": maybe(FLAG), "include_obfuscation": maybe(FLAG)}),
    "max_tokens": whole(1, 1_000_000),
    "max_completion_tokens": whole(1, 1_000_000),
    "temperature": number(0, 2),
    "tools": some(ref("ChatTool")),
    "tool_choice": _CHOICE,
    "response_format": _FORM,
    "stop": STOPS,
    "metadata": metadata_of(),
}
#: To the provider, in its own words; where it has none, it is refused by name.
PASSED = {
    "frequency_penalty": number(-2, 2),
    "logit_bias": {"type": "object", "additionalProperties": number(-100, 100)},
    "parallel_tool_calls": FLAG,
    "presence_penalty": number(-2, 2),
    "prompt_cache_key": text(),
    "prompt_cache_retention": text(),
    "reasoning_effort": text(),
    "safety_identifier": text(),
    "seed": whole(),
    "store": FLAG,
    "top_p": number(0, 1),
    "user": text(),
    "verbosity": text(),
}
#: The same, of Anthropic's, Mistral's, DeepSeek's, OpenRouter's and vLLM's ways of this format.
PASSED_MORE = {
    "cache_control": _CACHE,
    "chat_template_kwargs": OBJECT,
    "ignore_eos": FLAG,
    "include_reasoning": FLAG,
    "length_penalty": number(),
    "min_p": number(0, 1),
    "min_tokens": whole(0),
    "prompt_mode": text(),
    "random_seed": whole(),
    "reasoning": OBJECT,
    "reasoning_format": text(),
    "repetition_penalty": number(),
    "safe_prompt": FLAG,
    "skip_special_tokens": FLAG,
    "thinking": OBJECT,
    "thinking_token_budget": whole(0),
    "top_a": number(0, 1),
    "top_k": whole(),
}
_MEDIA = "sound and pictures in an answer are billed at rates of their own"
_UNSEEN = "answers are passed on as text, without it"
REFUSED = {
    "audio": _MEDIA,
    "modalities": _MEDIA,
    "function_call": "it has been replaced by 'tool_choice'",
    "functions": "they have been replaced by 'tools'",
    "logprobs": _UNSEEN,
    "top_logprobs": _UNSEEN,
    "moderation": "what the vendor finds would not reach you",
    "n": "it asks for several answers, and each is billed; ask again instead",
    "prediction": "what is predicted wrongly is billed as well",
    "prompt_cache_options": "its lifetimes change the rate at which a call is billed",
    "service_tier": "it changes the rate at which a call is billed",
    "web_search_options": "what is searched and read for it is billed on top",
}
#: Values that ask for nothing: what a vendor does anyhow. Clients send them all the time.
PLAIN = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "n": (1,),
    "parallel_tool_calls": (True,),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "top_p": (1,),
    "functions": ([],),
}

PARTS = {
    **COMPONENTS,
    "ChatContentPart": _PARTS,
    "ChatMessage": _MESSAGE,
    "ChatTool": _TOOL,
    "ChatToolCall": _CALL,
}
REQUEST = body_of(
    HONOURED, {**PASSED, **PASSED_MORE}, REFUSED, PLAIN, required=("messages", "model")
)
