"""The schema that an answer has to fit: which JSON Schema can be asked for.

A subset of draft 2020-12, the one that is checked to the letter by ``fits``: a keyword that nobody
would check is refused by name. So are regular expressions (one can run for ever on a short text),
references to somewhere else, and formats beyond :data:`FORMATS`. The root is an object, as OpenAI's
and Anthropic's formats want it.

>>> check = Schema()
>>> schema = {"type": "object", "properties": {"total": {"type": "number", "minimum": 0}}}
>>> check("response_schema", schema) is schema
True
>>> check("response_schema", {"type": "object", "patternProperties": {}})
Traceback (most recent call last):
...
engine.call.checks.RequestError: schema_pattern: {'path': '$', 'key': 'patternProperties'}
"""

import json
import math
from typing import NamedTuple

from .checks import OfType, RequestError, check_text

MOST_BYTES = 64_000
MOST_DEPTH = 20
MOST_SCHEMAS = 2_000

TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
FORMATS = ("date", "date-time", "time", "email", "uuid", "uri", "ipv4", "ipv6")
MAPS = ("properties", "$defs", "definitions")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = ("items", "additionalProperties")
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
ANNOTATIONS = ("$schema", "$comment", "title", "description", "default", "examples", "deprecated")
REGULAR = ("pattern", "patternProperties")
_OTHERS = ("type", "enum", "const", "required", "multipleOf", "uniqueItems", "format", "$ref")
KNOWN = frozenset((*_OTHERS, *MAPS, *LISTS, *SINGLE, *COUNTS, *LIMITS, *ANNOTATIONS))


class Schema(NamedTuple):
    """The check of a response_schema."""

    def __call__(self, key, value):
        OfType(dict)(key, value)
        _check_size(value)
        check_text(value)
        if value.get("type") != "object":
            raise RequestError("schema_root")
        for count, (path, schema, depth) in enumerate(walk(value), 1):
            if depth > MOST_DEPTH or count > MOST_SCHEMAS:
                raise RequestError("schema_depth", depth=MOST_DEPTH, most=MOST_SCHEMAS)
            if not isinstance(schema, bool):
                _check_one(value, path, schema)
        return value


def children(schema):
    """Yield ``(steps of the path, subschema)`` of what stands directly in a schema.

    >>> [steps for steps, _one in children({"items": {}, "anyOf": [{}, True]})]
    [('anyOf', 0), ('anyOf', 1), ('items',)]
    """
    if not isinstance(schema, dict):
        return
    for key in MAPS:
        held = schema.get(key)
        for name, one in held.items() if isinstance(held, dict) else ():
            yield (key, name), one
    for key in LISTS:
        held = schema.get(key)
        for place, one in enumerate(held) if isinstance(held, list) else ():
            yield (key, place), one
    for key in SINGLE:
        if key in schema:
            yield (key,), schema[key]


def walk(schema):
    """Yield ``(path, schema, depth)`` of a schema and all that stand in it, whatever they are."""
    stack = [("$", schema, 0)]
    while stack:
        path, one, depth = stack.pop()
        yield path, one, depth
        if depth <= MOST_DEPTH:
            found = [
                (path + "".join(f".{s}" for s in steps), c, depth + 1) for steps, c in children(one)
            ]
            stack.extend(reversed(found))


def resolve(root, reference):
    """Return the schema that a ``$ref`` within ``root`` names, or None.

    >>> resolve({"$defs": {"a/b": {"type": "null"}}}, "#/$defs/a~1b")
    {'type': 'null'}
    """
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    found = root
    for step in reference.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and step.isascii() and step.isdigit() and len(step) < 5:
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict | bool) else None


def _check_size(schema):
    try:
        text = json.dumps(schema, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise RequestError("schema_depth", depth=MOST_DEPTH, most=MOST_SCHEMAS) from None
    except (TypeError, ValueError):
        raise RequestError("schema_json") from None
    size = len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        raise RequestError("schema_size", size=size, limit=MOST_BYTES)


def _check_one(root, path, schema):
    if not isinstance(schema, dict) or not all(isinstance(key, str) for key in schema):
        raise _wrong(path, "", "object")
    for key, value in schema.items():
        if key in REGULAR:
            raise RequestError("schema_pattern", path=path, key=key)
        if key not in KNOWN:
            known = ", ".join(sorted(KNOWN - {*ANNOTATIONS}))
            raise RequestError("schema_key", path=path, key=key[:60], known=known)
        kind = _wanted(key, value)
        if kind:
            raise _wrong(path, key, kind)
    if "format" in schema and schema["format"] not in FORMATS:
        raise RequestError("schema_format", path=path, known=", ".join(FORMATS))
    if "$ref" in schema:
        _check_reference(root, path, schema)


def _wrong(path, key, kind):
    return RequestError("schema_value", path=path, key=key or "—", kind=kind)


def _wanted(key, value):
    """Return what the value of a keyword should have been, or '' where it is right."""
    if key == "type":
        named = value if isinstance(value, list) and value else [value]
        good = all(isinstance(name, str) and name in TYPES for name in named)
        return "" if good else ", ".join(TYPES)
    if key in MAPS:
        return "" if isinstance(value, dict) else "object"
    if key in LISTS:
        return "" if isinstance(value, list) and value else "array"
    if key in SINGLE:
        return "" if isinstance(value, dict | bool) else "object"
    if key == "enum":
        return "" if isinstance(value, list) and value else "array"
    if key == "required":
        texts = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return "" if texts else "array"
    if key in COUNTS:
        return "" if _is_number(value, int) and value >= 0 else "integer"
    if key in LIMITS or key == "multipleOf":
        good = _is_number(value) and (key != "multipleOf" or value > 0)
        return "" if good else "number"
    if key == "uniqueItems":
        return "" if isinstance(value, bool) else "boolean"
    return ""


def _is_number(value, kinds=(int, float)):
    return isinstance(value, kinds) and not isinstance(value, bool) and math.isfinite(value)


def _check_reference(root, path, schema):
    """Refuse a reference that leads nowhere, elsewhere, or only to itself."""
    seen = []
    while isinstance(schema, dict) and "$ref" in schema:
        if schema in seen:
            raise RequestError("schema_ref", path=path, ref=repr(seen[0]["$ref"])[:80])
        seen.append(schema)
        schema = resolve(root, schema["$ref"])
    if schema is None:
        raise RequestError("schema_ref", path=path, ref=repr(seen[-1]["$ref"])[:80])
