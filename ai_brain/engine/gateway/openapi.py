"""The description of what is served, as OpenAPI 3.1: put together from ``operations``."""

from http import HTTPStatus

from .operations import ALWAYS, OPERATIONS, SCHEMAS
from .shapes import number, ref, text

ABOUT = """Calls of language models within a company's budgets, in the formats of OpenAI and of
Anthropic; what they cost; metrics. Bodies are JSON in UTF-8 of at most 6 MB and 64 levels; no text
holds the character U+0000. What a parameter is passed on to the provider for, the provider may
refuse (400)."""
_TOLD = {
    400: "What cannot be sent; 'param' names it.",
    401: "The key is missing, wrong, expired or revoked.",
    402: "A budget does not allow it: which, spent, limit, and when it opens again.",
    403: "The key, or its user, may not do that.",
    404: "There is nothing of that name for this key; or nothing is served here at all.",
    405: "Allow names the methods that there are.",
    409: "The same Idempotency-Key is under way, or was used for another request.",
    413: "The body is larger than 6 MB.",
    415: "The body is said to be of another kind than it has to be.",
    429: "Too many requests, calls or wrong keys; Retry-After says when to ask again.",
    500: "Nobody foresaw this.",
    502: "The vendor failed; x-should-retry is false where it may have billed the call.",
    503: "The server is busy; nothing was sent.",
    504: "The vendor did not answer in time and may have billed the call.",
}
_COST = {
    "x-sam-cost-usd": ("What the call cost, in US dollars; not with a stream.", number()),
    "x-sam-saved-usd": ("What the configured model would have cost more.", number()),
    "x-sam-kind": ("Who answered: api, cache, pattern, …", text()),
    "x-sam-provider": ("The provider's name, percent-encoded beyond Latin letters.", text()),
}


def document():
    """Return the description as a dict for JSON.

    >>> found = document()
    >>> found["openapi"], "post" in found["paths"]["/ai/v1/messages"]
    ('3.1.0', True)
    """
    paths = {}
    for (path, method), operation in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "SAM AI", "version": "1", "description": " ".join(ABOUT.split())},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An endpoint key, as OpenAI's clients send it.",
                },
                "apiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "x-api-key",
                    "description": "The same, as Anthropic's clients send it.",
                },
            },
        },
    }


def _operation(operation):
    scope = operation.scope
    found = {
        "operationId": operation.id,
        "summary": operation.summary,
        "description": f"Needs a key with the scope {scope}." if scope else "Any key may read it.",
    }
    if operation.parameters:
        found["parameters"] = [*operation.parameters]
    if operation.body:
        content = {operation.body_kind: {"schema": operation.body}}
        found["requestBody"] = {"required": True, "content": content}
    answer = {
        "description": "The answer.",
        "content": {kind: {"schema": schema} for kind, schema in operation.answers.items()},
    }
    told = {**(_COST if operation.tells_cost else {}), **dict(operation.tells)}
    if told:
        answer["headers"] = {
            name: {"description": said, "schema": schema} for name, (said, schema) in told.items()
        }
    refusals = {
        str(status): _refusal(operation, status)
        for status in sorted({*ALWAYS, *operation.statuses})
    }
    return {**found, "responses": {"200": answer, **refusals}}


def _refusal(operation, status):
    schemas = [ref(name) for name in operation.errors]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    found = {
        "description": f"{HTTPStatus(status).phrase}. {_TOLD[status]}",
        "content": {"application/json": {"schema": schema}},
    }
    if status == 405:
        found["headers"] = {"Allow": {"required": True, "schema": text(1)}}
    if status == 429:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
    return found
