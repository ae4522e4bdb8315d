"""What the endpoint answers in OpenAI's format, as JSON Schemas; ``openai_chat`` writes it."""

from .shapes import closed, maybe, number, one_of, some, text, whole

CALL = closed(
    {
        "id": text(),
        "type": {"const": "function"},
        "function": closed({"name": text(), "arguments": text()}, ["name", "arguments"]),
        "extra_content": closed(
            {"google": closed({"thought_signature": text()}, ["thought_signature"])}, ["google"]
        ),
    },
    ["id", "type", "function"],
)
_MESSAGE = closed(
    {
        "role": {"const": "assistant"},
        "content": maybe(text()),
        "refusal": {"type": "null"},
        "tool_calls": some(CALL, 1),
    },
    ["role", "content", "refusal"],
)
USAGE = closed(
    {
        "prompt_tokens": whole(0),
        "completion_tokens": whole(0),
        "total_tokens": whole(0),
        "prompt_tokens_details": closed(
            {"cached_tokens": whole(0), "audio_tokens": whole(0), "cache_write_tokens": whole(1)},
            ["cached_tokens", "audio_tokens"],
        ),
        "completion_tokens_details": closed(
            {"reasoning_tokens": whole(0), "audio_tokens": whole(0)},
            ["reasoning_tokens", "audio_tokens"],
        ),
    },
    [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "prompt_tokens_details",
        "completion_tokens_details",
    ],
)
COMPLETION = closed(
    {
        "id": text(1),
        "object": {"const": "chat.completion"},
        "created": whole(0),
        "model": text(),
        "choices": some(
            closed(
                {
                    "index": {"const": 0},
                    "message": _MESSAGE,
                    "logprobs": {"type": "null"},
                    "finish_reason": one_of("stop", "length", "tool_calls", "content_filter"),
                },
                ["index", "message", "logprobs", "finish_reason"],
            ),
            1,
            1,
        ),
        "usage": USAGE,
    },
    ["id", "object", "created", "model", "choices", "usage"],
)
#: What an error says beyond the vendor's own words: of a budget, and of a call that may be billed.
MORE_OF_ERRORS = {
    "budget": maybe(text()),
    "spent_usd": maybe(number()),
    "limit_usd": maybe(number()),
    "requested": maybe(number()),
    "currency": maybe(text()),
    "resets_at": maybe(text(format="date-time")),
    "token_usage_id": maybe(whole(1)),
}
ERROR = closed(
    {
        "error": closed(
            {
                "message": text(),
                "type": one_of(
                    "authentication_error",
                    "insufficient_quota",
                    "permission_error",
                    "not_found_error",
                    "rate_limit_error",
                    "invalid_request_error",
                    "server_error",
                ),
                "param": maybe(text()),
                "code": maybe(text()),
                **MORE_OF_ERRORS,
            },
            ["message", "type", "param", "code"],
        )
    },
    ["error"],
)
MODEL = closed(
    {"id": text(1), "object": {"const": "model"}, "created": whole(0), "owned_by": text(1)},
    ["id", "object", "created", "owned_by"],
)
MODELS = closed({"object": {"const": "list"}, "data": some(MODEL)}, ["object", "data"])

_RATE = maybe(number(0, 1))
_MONEY = number()
COSTS = closed(
    {
        "total_cost_usd": _MONEY,
        "total_requests": whole(0),
        "by_agent": {
            **some(
                closed(
                    {
                        "agent_type": maybe(text()),
                        "total_cost_usd": _MONEY,
                        "total_requests": whole(0),
                        "avg_cost_per_request": maybe(_MONEY),
                        "avg_latency_ms": maybe(number(0)),
                        "cache_hit_rate": _RATE,
                    },
                    [
                        "agent_type",
                        "total_cost_usd",
                        "total_requests",
                        "avg_cost_per_request",
                        "avg_latency_ms",
                        "cache_hit_rate",
                    ],
                )
            ),
            "description": "Every agent, dearest first; null: calls without one. The lines add up "
            "to the totals.",
        },
        "by_lead": {
            **some(
                closed(
                    {
                        "lead_id": whole(1),
                        "total_cost_usd": _MONEY,
                        "ai_calls": whole(0),
                        "agents_used": some(text()),
                    },
                    ["lead_id", "total_cost_usd", "ai_calls", "agents_used"],
                ),
                None,
                10,
            ),
            "description": "The ten dearest leads.",
        },
        "by_key": {
            **some(
                closed(
                    {
                        "key_id": maybe(whole(1)),
                        "name": maybe(text(1)),
                        "total_cost_usd": _MONEY,
                        "total_requests": whole(0),
                    },
                    ["key_id", "name", "total_cost_usd", "total_requests"],
                )
            ),
            "description": "By the key of this endpoint that calls came with, dearest first; null: "
            "calls that came with none. The lines add up to the totals.",
        },
        "cache_stats": closed(
            {
                "cache_hit_rate": _RATE,
                "cache_hits": whole(0),
                "cache_misses": whole(0),
                "saved_usd": _MONEY,
            },
            ["cache_hit_rate", "cache_hits", "cache_misses", "saved_usd"],
        ),
    },
    ["total_cost_usd", "total_requests", "by_agent", "by_lead", "by_key", "cache_stats"],
)
