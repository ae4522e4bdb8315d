"""What is served: every route with what it takes and gives, one entry each.

The controllers ask here which methods a path has, and ``openapi`` describes what stands here.
"""

from typing import NamedTuple

from . import (
    anthropic_answers,
    anthropic_params,
    openai_answers,
    openai_embeddings,
    openai_params,
    openai_transcriptions,
)
from .asked import ALIASES, HEADER, IDS, MOST_ID, TAGS, tag_shape
from .shapes import OBJECT, closed, one_of, ref, some, text, whole

JSON, STREAM, PLAIN_TEXT = "application/json", "text/event-stream", "text/plain"
FORM = "multipart/form-data"
#: Statuses of what is refused, which any route may give.
ALWAYS = (401, 403, 404, 405, 429, 500, 503)
_CALLED = (400, 402, 409, 413, 415, 502, 504)
OPENAI, ANTHROPIC = "OpenAIError", "AnthropicError"


class Operation(NamedTuple):
    """One method of one path.

    ``scope``: the field of ``models.gateway.key_secret.KeyFacts`` that a key needs, None: any key;
    ``answers``: kind of content to schema; ``body``: the schema of the request's, of ``body_kind``;
    ``parameters``: of path, query and header; ``errors``: the schemas that a refusal may have;
    ``statuses``: of refusals beside :data:`ALWAYS`; ``tells_cost``: in headers; ``tells``: name of
    another header of the answer to (what it says, its schema).
    """

    id: str
    summary: str
    scope: str | None
    answers: dict
    errors: tuple = (OPENAI,)
    body: dict | None = None
    body_kind: str = JSON
    parameters: tuple = ()
    statuses: tuple = ()
    tells_cost: bool = False
    tells: tuple = ()


def parameter(name, where, schema, description, **more):
    """One parameter of a path, a query or a header."""
    found = {"name": name, "in": where, "schema": schema, "description": description, **more}
    return {**found, "required": True} if where == "path" else found


def _header_of(tag):
    return HEADER + tag.replace("_", "-")


#: Header to the tag that it gives.
TAG_HEADERS = {
    **{_header_of(name): tag for name, tag in ALIASES.items()},
    **{_header_of(name): name for name in (*TAGS, *IDS)},
}
_NEEDS = {"res_id": " Comes with x-sam-res-model."}
_TAGGED = tuple(
    parameter(name, "header", tag_shape(tag), f"Tag of the ledger: {tag}.{_NEEDS.get(tag, '')}")
    for name, tag in TAG_HEADERS.items()
)
_ONCE = parameter(
    "Idempotency-Key",
    "header",
    text(1),
    "The request is paid once, however often it is sent in 24 hours; each request has its own.",
)
_TOO_LONG = parameter(
    openai_embeddings.TOO_LONG,
    "header",
    openai_embeddings.TOO_LONG_SHAPE,
    "Of a text that is longer than the model reads: refuse it, which is the default, or split it "
    "and give the mean of its pieces' vectors.",
)
_SPLIT = (
    openai_embeddings.SPLIT,
    ("How many of the texts were split, where any was.", whole(1)),
)
_VERSION = parameter(
    "anthropic-version", "header", text(), "With it answers and errors are in Anthropic's shape."
)
_FILTERS = (
    parameter("agent_type", "query", text(), "Only this agent; empty: calls without one."),
    parameter(
        "start_date",
        "query",
        text(format="date", pattern="^20[0-9]{2}-"),
        "First day, in the company's time zone; without it the first of the month of end_date.",
    ),
    parameter(
        "end_date",
        "query",
        text(format="date", pattern="^20[0-9]{2}-"),
        "Last day, included, at most ten years after start_date; without it today.",
    ),
    parameter("user", "query", text(1), "Only this person: an id or a login."),
    parameter("provider", "query", text(1), "Only this provider: an id or a name."),
    parameter("lead_id", "query", whole(1, MOST_ID), "Only this lead."),
)
_SSE = {
    "type": "string",
    "description": "Server-sent events in the vendor's shape; the last but the end holds x_sam.",
}
_COSTS = Operation(
    "get_costs",
    "The costs of a period, of what the key's user may see",
    "may_read_figures",
    {JSON: ref("Costs")},
    parameters=_FILTERS,
    statuses=(400,),
)

OPERATIONS = {
    ("/ai/v1/chat/completions", "POST"): Operation(
        "create_chat_completion",
        "OpenAI's chat completions, whole or as a stream",
        "may_call",
        {JSON: ref("ChatCompletion"), STREAM: _SSE},
        body=ref("ChatRequest"),
        parameters=(*_TAGGED, _ONCE),
        statuses=_CALLED,
        tells_cost=True,
    ),
    ("/ai/v1/embeddings", "POST"): Operation(
        "create_embedding",
        "OpenAI's embeddings of texts",
        "may_call",
        {JSON: ref("Embeddings")},
        body=ref("EmbeddingRequest"),
        parameters=(*_TAGGED, _ONCE, _TOO_LONG),
        statuses=_CALLED,
        tells_cost=True,
        tells=(_SPLIT,),
    ),
    ("/ai/v1/audio/transcriptions", "POST"): Operation(
        "create_transcription",
        "OpenAI's transcriptions of a recording",
        "may_call",
        {JSON: ref("Transcription"), PLAIN_TEXT: text()},
        body=ref("TranscriptionForm"),
        body_kind=FORM,
        parameters=(*_TAGGED, _ONCE),
        statuses=_CALLED,
        tells_cost=True,
    ),
    ("/ai/v1/messages", "POST"): Operation(
        "create_message",
        "Anthropic's messages, whole or as a stream",
        "may_call",
        {JSON: ref("MessageAnswer"), STREAM: _SSE},
        errors=(ANTHROPIC,),
        body=ref("MessageRequest"),
        parameters=(*_TAGGED, _ONCE, _VERSION),
        statuses=_CALLED,
        tells_cost=True,
    ),
    ("/ai/v1/messages/count_tokens", "POST"): Operation(
        "count_tokens",
        "How many tokens Anthropic's messages have, an estimate; nothing is sent to a vendor",
        "may_call",
        {JSON: ref("CountedTokens")},
        errors=(ANTHROPIC,),
        body=ref("CountRequest"),
        parameters=(_VERSION,),
        statuses=(400, 413, 415),
    ),
    ("/ai/v1/models", "GET"): Operation(
        "list_models",
        "What a request may name as its model, for this key",
        "may_call",
        {JSON: {"anyOf": [ref("OpenAIModels"), ref("AnthropicModels")]}},
        errors=(OPENAI, ANTHROPIC),
        parameters=(_VERSION,),
    ),
    ("/ai/v1/models/{name}", "GET"): Operation(
        "get_model",
        "One of them",
        "may_call",
        {JSON: {"anyOf": [ref("OpenAIModel"), ref("AnthropicModel")]}},
        errors=(OPENAI, ANTHROPIC),
        parameters=(
            parameter("name", "path", text(1), "As the list has it.", example="auto"),
            _VERSION,
        ),
    ),
    ("/ai/v1/analytics/costs", "GET"): _COSTS,
    ("/api/analytics/ai-costs", "GET"): _COSTS._replace(id="get_costs_at_the_old_path"),
    ("/ai/metrics", "GET"): Operation(
        "get_metrics",
        "The metrics of the key's company, in Prometheus' text format",
        "may_read_metrics",
        {PLAIN_TEXT: {"type": "string"}},
    ),
    ("/ai/v1/openapi.json", "GET"): Operation(
        "get_openapi", "This document", None, {JSON: ref("Description")}
    ),
}

_PARTS = {"type": "object", "minProperties": 1, "additionalProperties": OBJECT}
_DESCRIPTION = closed(
    {
        "openapi": one_of("3.1.0"),
        "info": closed(
            {"title": text(1), "version": text(1), "description": text(1)},
            ["title", "version", "description"],
        ),
        "servers": some(closed({"url": text(1)}, ["url"]), 1),
        "security": some({"type": "object", "additionalProperties": some(text())}, 1),
        "paths": _PARTS,
        "components": closed(
            {"schemas": _PARTS, "securitySchemes": _PARTS}, ["schemas", "securitySchemes"]
        ),
    },
    ["openapi", "info", "servers", "security", "paths", "components"],
)

#: Schemas by the name that ``shapes.ref`` calls them by.
SCHEMAS = {
    **openai_params.PARTS,
    **anthropic_params.PARTS,
    "ChatRequest": openai_params.REQUEST,
    "ChatCompletion": openai_answers.COMPLETION,
    "EmbeddingRequest": openai_embeddings.REQUEST,
    "Embeddings": openai_embeddings.ANSWER,
    "TranscriptionForm": openai_transcriptions.REQUEST,
    "Transcription": openai_transcriptions.ANSWER,
    "MessageRequest": anthropic_params.REQUEST,
    "MessageAnswer": anthropic_answers.MESSAGE,
    "CountRequest": anthropic_params.COUNT_REQUEST,
    "CountedTokens": anthropic_answers.COUNTED,
    "OpenAIModel": openai_answers.MODEL,
    "OpenAIModels": openai_answers.MODELS,
    "AnthropicModel": anthropic_answers.MODEL,
    "AnthropicModels": anthropic_answers.MODELS,
    "Costs": openai_answers.COSTS,
    "Description": _DESCRIPTION,
    OPENAI: openai_answers.ERROR,
    ANTHROPIC: anthropic_answers.ERROR,
}


def methods(path):
    """The methods that a path has; none: it is not served.

    >>> methods("/ai/v1/messages"), methods("/ai/v1/nothing")
    (['POST'], [])
    """
    return [method for known, method in OPERATIONS if known == path]
