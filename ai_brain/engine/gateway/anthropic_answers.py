"""What the endpoint answers in Anthropic's format, as JSON Schemas; ``anthropic_messages`` writes
it."""

from .openai_answers import MORE_OF_ERRORS
from .shapes import OBJECT, closed, maybe, one_of, some, text, whole

_BLOCKS = {
    "anyOf": [
        closed(
            {"type": {"const": "text"}, "text": text(1), "citations": {"type": "null"}},
            ["type", "text", "citations"],
        ),
        closed(
            {"type": {"const": "tool_use"}, "id": text(), "name": text(), "input": OBJECT},
            ["type", "id", "name", "input"],
        ),
        closed(
            {"type": {"const": "thinking"}, "thinking": text(), "signature": text()},
            ["type", "thinking"],
        ),
        closed({"type": {"const": "redacted_thinking"}, "data": text()}, ["type", "data"]),
    ]
}
USAGE = closed(
    {
        "input_tokens": whole(0),
        "cache_creation_input_tokens": whole(0),
        "cache_read_input_tokens": whole(0),
        "output_tokens": whole(0),
        "output_tokens_details": closed({"thinking_tokens": whole(1)}, ["thinking_tokens"]),
    },
    [
        "input_tokens",
        "cache_creation_input_tokens",
        "cache_read_input_tokens",
        "output_tokens",
    ],
)
MESSAGE = closed(
    {
        "id": text(1),
        "type": {"const": "message"},
        "role": {"const": "assistant"},
        "model": text(),
        "content": some(_BLOCKS),
        "stop_reason": one_of("end_turn", "max_tokens", "tool_use", "refusal", "stop_sequence"),
        "stop_sequence": maybe(text()),
        "usage": USAGE,
    },
    ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"],
)
COUNTED = closed({"input_tokens": whole(0)}, ["input_tokens"])
ERROR = closed(
    {
        "type": {"const": "error"},
        "error": closed(
            {
                "type": one_of(
                    "invalid_request_error",
                    "authentication_error",
                    "billing_error",
                    "permission_error",
                    "not_found_error",
                    "request_too_large",
                    "rate_limit_error",
                    "timeout_error",
                    "overloaded_error",
                    "api_error",
                ),
                "message": text(),
                "param": text(),
                "code": text(),
                **MORE_OF_ERRORS,
            },
            ["type", "message"],
        ),
    },
    ["type", "error"],
)
MODEL = closed(
    {
        "type": {"const": "model"},
        "id": text(1),
        "display_name": text(1),
        "created_at": text(format="date-time"),
        "lifecycle": {"const": "active"},
    },
    ["type", "id", "display_name", "created_at", "lifecycle"],
)
MODELS = closed(
    {
        "data": some(MODEL),
        "has_more": {"const": False},
        "first_id": maybe(text()),
        "last_id": maybe(text()),
    },
    ["data", "has_more", "first_id", "last_id"],
)
