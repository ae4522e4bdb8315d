"""What a caller gives, checked and brought into one shape: messages, tags, options.

Everything here raises ``checks.RequestError``; ``ai.service`` words it for a person.

>>> check_messages("Hello")
[{'role': 'user', 'content': 'Hello'}]
>>> check_environment({"lead_id": 7})
({'res_model': 'crm.lead', 'res_id': 7}, {})
"""

import math
import re

from ..base.text import text_of
from ..ledger.tasks import TASK_TYPES
from .checks import Anything, Number, OfType, OneOf, RequestError, Texts, Tools, check_text
from .schema import Schema

ROLES = ("system", "user", "assistant", "tool")
ALIASES = {"developer": "system", "function": "tool"}
MAX_REQUEST_BYTES = 4_000_000
MAX_TOKENS = 1_000_000
MAX_TAG = 128
TAGS = ("module", "context_model", "agent_type", "agent_mode", "session_id", "res_model")
#: What an environment may hold besides the tags.
MORE_KEYS = ("context_type", "context_blocks", "lead_id", "res_id", "variables")
#: What a caller may say of the situation, for conditions.
MOST_VARIABLES = 50
MOST_VARIABLE = 500
_VARIABLE = re.compile(r"[A-Za-z_]\w{0,63}\Z", re.ASCII)
CONTEXT_TYPES = ("full", "selective", "minimal")

#: Options of every call; steps add theirs.
OPTIONS = {
    "task_type": OneOf(tuple(code for code, _label in TASK_TYPES)),
    "max_tokens": Number(1, MAX_TOKENS, whole=True),
    "temperature": Number(0, 2),
    "tools": Tools(),
    "tool_choice": Anything(),
    "stop": Texts(16, 256),
    "response_schema": Schema(),
    "max_budget_usd": Number(0, 1_000_000),
    "max_latency_ms": Number(1, 3_600_000),
    "idempotency_key": OfType(str, 255),
    "extra": OfType(dict),
}


# ----------------------------------------------------------------------
# Messages
# ----------------------------------------------------------------------


def check_messages(messages):
    """Return messages as a list of dicts with ``role`` and ``content``."""
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, list | tuple) or not messages:
        raise RequestError("nothing")
    clean = [_check_message(message) for message in messages]
    if not any(_says_something(message) for message in clean if message["role"] != "system"):
        raise RequestError("empty")
    size = sum(len(repr(message["content"])) for message in clean)
    if size > MAX_REQUEST_BYTES:
        raise RequestError("size", size=size, limit=MAX_REQUEST_BYTES)
    return clean


def _check_message(message):
    if not isinstance(message, dict):
        raise RequestError("message")
    role = message.get("role")
    role = ALIASES.get(role, role) if isinstance(role, str) else None
    if role not in ROLES:
        raise RequestError("role", role=repr(message.get("role"))[:60])
    content = message.get("content")
    if content is None and message.get("tool_calls"):
        content = ""
    if not isinstance(content, str | list):
        raise RequestError("content")
    if isinstance(content, list):
        _check_parts(content)
    _check_tool_turn(role, message)
    clean = {**message, "role": role, "content": content}
    check_text(clean)
    return clean


def _check_parts(parts):
    for part in parts:
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise RequestError("part")
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise RequestError("text_part")
        if part["type"] == "image_url" and not isinstance(url, str):
            raise RequestError("image_part")


def _check_tool_turn(role, message):
    """Refuse a tool's result or an assistant's tool calls that no vendor could match."""
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        raise RequestError("tool_result")
    calls = message.get("tool_calls")
    if calls is None:
        return
    for call in calls if isinstance(calls, list) else [None]:
        function = call.get("function", call) if isinstance(call, dict) else None
        if not isinstance(function, dict) or not all(
            isinstance(function.get(key), str) for key in ("name", "arguments")
        ):
            raise RequestError("tool_calls")


def _says_something(message):
    content = message["content"]
    parts = content if isinstance(content, list) else ()
    return text_of(message).strip() or any(part["type"] != "text" for part in parts)


# ----------------------------------------------------------------------
# Options and tags
# ----------------------------------------------------------------------


def check_options(options, known):
    """Return the options that were given, checked.

    :param dict options: name to value; None means not given
    :param dict known: name to check
    """
    unknown = set(options) - set(known)
    if unknown:
        raise RequestError(
            "options", unknown=", ".join(sorted(unknown)), known=", ".join(sorted(known))
        )
    clean = {key: known[key](key, value) for key, value in options.items() if value is not None}
    check_text(clean.get("idempotency_key"))
    return clean


def check_environment(environment):
    """Return ``(ledger tags, context blocks)``; a tag that cannot be kept is refused."""
    if not isinstance(environment, dict):
        raise RequestError("environment")
    unknown = {str(key)[:60] for key in environment} - {*TAGS, *MORE_KEYS}
    if unknown:
        known = sorted((*TAGS, *MORE_KEYS))
        raise RequestError(
            "environment_keys", unknown=", ".join(sorted(unknown)), known=", ".join(known)
        )
    tags = {}
    for key in TAGS:
        value = environment.get(key)
        if value in (None, False, ""):
            continue
        if not isinstance(value, str) or len(value) > MAX_TAG:
            raise RequestError("tag", key=key, most=MAX_TAG)
        if key == "agent_type":
            value = value.strip()  # as an agent's code is kept: budgets and names go by it too
        if value:
            tags[key] = value
    if environment.get("context_type"):
        tags["context_type"] = OneOf(CONTEXT_TYPES)("context_type", environment["context_type"])
    record_id = environment.get("res_id")
    if environment.get("lead_id"):
        tags["res_model"], record_id = "crm.lead", environment["lead_id"]
    if record_id:
        whole = isinstance(record_id, int) and not isinstance(record_id, bool)
        if not whole or not 0 < record_id < 2**31:
            raise RequestError("record_id")
        if "res_model" not in tags:
            raise RequestError("record_model")
        tags["res_id"] = record_id
    blocks = environment.get("context_blocks") or {}
    if not isinstance(blocks, dict) or not all(
        isinstance(name, str) and isinstance(text, str) for name, text in blocks.items()
    ):
        raise RequestError("blocks")
    check_text([list(tags.values()), blocks])
    return tags, blocks


def check_variables(environment):
    """Return the variables of an environment: names to texts, numbers or truth values.

    >>> check_variables({"variables": {"streak": 5, "tier": "gold"}})
    {'streak': 5, 'tier': 'gold'}
    >>> check_variables({"variables": {"a b": 1}})
    Traceback (most recent call last):
    ...
    engine.call.checks.RequestError: variables: {'most': 50, 'length': 500}
    """
    variables = environment.get("variables")
    if variables is None:
        return {}
    good = isinstance(variables, dict) and len(variables) <= MOST_VARIABLES
    if not good or not all(_is_variable(*item) for item in variables.items()):
        raise RequestError("variables", most=MOST_VARIABLES, length=MOST_VARIABLE)
    check_text(list(variables.values()))
    return dict(variables)


def _is_variable(name, value):
    if not isinstance(name, str) or not _VARIABLE.match(name):
        return False
    if isinstance(value, str):
        return len(value) <= MOST_VARIABLE
    if isinstance(value, int):  # True and False too
        return abs(value) < 10**18
    return isinstance(value, float) and math.isfinite(value)
