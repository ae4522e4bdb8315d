"""A value that fits a schema, made of nothing but the schema: what a sandbox answers."""

from .fits import problems_of
from .schema import resolve

_TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "somebody@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_MOST_DEPTH = 30


def sample(schema, text="sandbox"):
    """Return a value for a checked schema; where limits contradict each other, it may not fit.

    >>> item = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
    >>> sample({"type": "object", "properties": {"of": {"type": "array", "items": item}}})
    {'of': [{'n': 3}]}
    """
    return _sample(schema, schema, text, 0)


def _sample(root, schema, text, depth):
    if isinstance(schema, bool) or depth > _MOST_DEPTH:
        return None
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return next((one for one in schema["enum"] if not problems_of(one, schema)), None)
    if "$ref" in schema:
        return _sample(root, resolve(root, schema["$ref"]), text, depth + 1)
    for key in ("anyOf", "oneOf"):
        if schema.get(key) and "properties" not in schema:
            flat = [one for one in schema[key] if not _may_be_null(one)]
            return _sample(root, (flat or schema[key])[0], text, depth + 1)
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    return _MAKERS[kind](root, schema, text, depth)


def _may_be_null(schema):
    return isinstance(schema, dict) and schema.get("type") == "null"


def _object(root, schema, text, depth):
    # below some levels only what must be there: a schema may contain itself
    wanted = schema.get("required", ()) if depth > 6 else schema.get("properties", {})
    known = schema.get("properties", {})
    return {name: _sample(root, known.get(name, {}), text, depth + 1) for name in wanted}


def _array(root, schema, text, depth):
    first = [_sample(root, one, text, depth + 1) for one in schema.get("prefixItems", ())]
    size = min(max(schema.get("minItems", 0), len(first) or (0 if depth > 6 else 1)), 100)
    size = min(size, schema.get("maxItems", size))
    others = schema.get("items", True)
    made = [_sample(root, others, f"{text} {n}" if n else text, depth + 1) for n in range(size)]
    return (first + made[len(first) :])[:size]


def _string(_root, schema, text, _depth):
    if schema.get("format"):
        return _TEXTS[schema["format"]]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    return (text + "." * min(least - len(text), 10_000) if len(text) < least else text)[:most]


def _number(_root, schema, _text, _depth):
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf", 1)
    value = least if least is not None else (min(most, 0) if most is not None else 0)
    if value % step:
        value = (value // step + 1) * step
    if value == schema.get("exclusiveMinimum"):
        value += step
    if value == schema.get("exclusiveMaximum"):
        value -= step
    return value


_MAKERS = {
    "object": _object,
    "array": _array,
    "string": _string,
    "number": _number,
    "integer": _number,
    "boolean": lambda *_: True,
    "null": lambda *_: None,
}
