"""The schema of an answer in each vendor's words, and what each of them can hold an answer to.

What a vendor cannot hold is still checked when the answer is there (``engine.call.fits``). Read in
November 2026: OpenAI, "Structured outputs", supported schemas; Anthropic, "Structured outputs",
JSON schema limitations; Google, "Structured outputs", JSON schema support.
"""

import json
import re

from ..engine.call.schema import KNOWN, LISTS, MAPS, SINGLE, children, resolve, walk

NAME = "answer"
#: Models of OpenAI's format that take JSON, but no schema for it; and DeepSeek's own address.
_JSON_ONLY = re.compile(r"(?:^|/)(?:gpt-3\.5-turbo|gpt-4-turbo|gpt-4-\d{4}-preview)")
_JSON_ONLY_HOST = re.compile(r"(?:^|\.)deepseek\.com$")
#: Claude before 4.5 has no structured output.
_OLD_CLAUDE = re.compile(
    r"claude-(?:v?[12]|instant|3|(?:opus|sonnet|haiku)-4(?:$|@|-0$|-1$|-1-|-20\d{6}))"
)
#: Before Gemini 3 a schema and functions exclude each other.
_OLD_GEMINI = re.compile(r"gemini-(?:[12]\b|[12][.-]|pro$|flash$)")

_STRICT = KNOWN - {
    "allOf",
    "oneOf",
    "prefixItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
    "uniqueItems",
    "default",
    "examples",
    "deprecated",
    "$comment",
    "$schema",
}
_STRICT_FORMATS = ("date", "date-time", "time", "email", "uuid", "ipv4", "ipv6")
_STRICT_DEPTH, _STRICT_ENUMS = 10, 1000
_COMMON = (
    "type properties required additionalProperties items enum anyOf $ref $defs title description "
    "format"
)
_CLAUDE = frozenset(f"{_COMMON} const allOf definitions default".split())
_GEMINI = frozenset(f"{_COMMON} prefixItems oneOf minimum maximum minItems maxItems".split())


def takes_json_only(model, host):
    """Does the model write JSON, but to no schema?"""
    return bool(_JSON_ONLY.search(model) or _JSON_ONLY_HOST.search(host or ""))


def is_old_claude(model):
    """Has this Claude no structured output?

    >>> [is_old_claude(f"claude-{name}") for name in ("3-5-haiku-latest", "sonnet-4-20250514")]
    [True, True]
    >>> [is_old_claude(f"claude-{name}") for name in ("sonnet-4-5", "opus-4-8", "sonnet-5")]
    [False, False, False]
    """
    return bool(_OLD_CLAUDE.search(model))


def is_old_gemini(model):
    """Does this Gemini refuse functions beside a schema?

    >>> is_old_gemini("gemini-2.5-flash"), is_old_gemini("models/gemini-3-pro")
    (True, False)
    """
    return bool(_OLD_GEMINI.search(model))


def is_strict(schema):
    """Can OpenAI hold an answer to every part of a schema (``strict``)?

    >>> closed = {"additionalProperties": False, "required": ["a"]}
    >>> is_strict({"type": "object", "properties": {"a": {"type": "string"}}, **closed})
    True
    >>> is_strict({"type": "object", "properties": {"a": {"type": "string"}}})
    False
    """
    choices = 0
    for _path, one, depth in walk(schema):
        if isinstance(one, bool):
            continue
        choices += len(one.get("enum", ()))
        if not _STRICT.issuperset(one) or choices > _STRICT_ENUMS or depth > _STRICT_DEPTH:
            return False
        if one.get("format", "date") not in _STRICT_FORMATS:
            return False
        if not ({"type", "anyOf", "enum", "const", "$ref"} & set(one)) or not _is_closed(one):
            return False
    return True


def openai_format(schema):
    """``response_format`` of chat completions."""
    named = {"name": NAME, "strict": is_strict(schema), "schema": schema}
    return {"type": "json_schema", "json_schema": named}


def claude_schema(schema):
    """What ``output_config.format`` of Anthropic takes of a schema, or None where it does not fit.

    It wants closed objects and no schema within itself; limits of numbers, texts and lists, which
    it refuses, are told in the description instead.
    """
    if _is_recursive(schema) or not all(
        isinstance(one, dict)
        and _CLAUDE.issuperset(set(one) - set(_LIMITS))
        and _is_closed(one, ())
        for _path, one, _depth in walk(schema)
        if one is not False
    ):
        return None
    return _narrowed(schema, _CLAUDE)


def gemini_schema(schema):
    """``responseJsonSchema`` of Gemini: without what it does not know.

    >>> gemini_schema({"$ref": "#/definitions/a", "definitions": {"a": {"minLength": 2}}})
    {'$ref': '#/$defs/a', '$defs': {'a': {'description': '(minLength: 2)'}}}
    """
    return _narrowed(schema, _GEMINI)


def instruction(schema):
    """The words that ask a model for JSON which knows no other way."""
    text = json.dumps(schema, ensure_ascii=False)
    return f"Answer with one JSON object and nothing else. It must fit this JSON schema:\n{text}"


_LIMITS = KNOWN - _CLAUDE - {"oneOf", "prefixItems"}


def _is_closed(schema, optional=None):
    """Are the keys of an object those that are named, and (unless ``optional``) all required?"""
    kind = schema.get("type")
    if kind != "object" and "object" not in (kind if isinstance(kind, list) else ()):
        return "properties" not in schema
    named = set(schema.get("properties", ()))
    if schema.get("additionalProperties") is not False:
        return False
    required = set(schema.get("required", ()))
    return required <= named if optional is not None else required == named


def _is_recursive(root):
    """Does a schema refer to one that contains it?"""
    above, done = set(), set()

    def leads_back(schema):
        if not isinstance(schema, dict) or id(schema) in done:
            return False
        if id(schema) in above:
            return True
        above.add(id(schema))
        below = [one for steps, one in children(schema) if steps[0] not in ("$defs", "definitions")]
        if "$ref" in schema:
            below.append(resolve(root, schema["$ref"]))
        found = any(map(leads_back, below))
        above.remove(id(schema))
        done.add(id(schema))
        return found

    return leads_back(root)


def _narrowed(schema, known):
    """A schema of the ``known`` keywords alone; what is left out is told in the description."""
    if isinstance(schema, bool):
        return schema
    kept, told = {}, []
    for key, value in schema.items():
        if key == "definitions" and key not in known:  # the older name of $defs
            kept["$defs"] = {name: _narrowed(one, known) for name, one in value.items()}
        elif key == "$ref" and "definitions" not in known:
            kept[key] = value.replace("#/definitions/", "#/$defs/", 1)
        elif key in MAPS and key in known:
            kept[key] = {name: _narrowed(one, known) for name, one in value.items()}
        elif key in LISTS and key in known:
            kept[key] = [_narrowed(one, known) for one in value]
        elif key in SINGLE and key in known:
            kept[key] = _narrowed(value, known)
        elif key in known:
            kept[key] = value
        elif key == "const":
            kept["enum"] = [value]
        elif key in _TOLD:
            told.append(f"{key}: {json.dumps(value)}")
    if told:
        limits = f"({', '.join(told)})"
        kept["description"] = f"{kept.get('description') or ''} {limits}".strip()
    return kept


_TOLD = frozenset(_LIMITS) - {"$schema", "$comment", "examples", "deprecated", "default"}
