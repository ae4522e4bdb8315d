"""JSON Schemas of what the endpoint takes and gives: those it serves are those it checks by.

A description that is written beside a program says what the program did once. So each parameter has
its schema in the table that its reader goes by, a body is checked by that very schema, and the
document of ``openapi`` is put together from the same tables.

>>> greeting = closed({"name": text(), "age": maybe(whole(0))}, ["name"])
>>> check({"name": "Ann", "age": None}, greeting)
>>> check({"name": "Ann", "colour": "red"}, greeting)
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: 'colour' is not served here: it is not known.
>>> check({"age": -1}, greeting)
Traceback (most recent call last):
...
engine.gateway.errors.BadRequest: name is missing.
"""

from ..call import schema as answers
from ..call.fits import problems_of
from .errors import BadRequest, not_served

#: Values that are compared for one body; a second or two.
MOST_EFFORT = 1_000_000
ANYTHING = {}
OBJECT = {"type": "object"}
FLAG = {"type": "boolean"}
#: A text that says something.
SAYS = r"\S"


def text(least=None, most=None, **more):
    """A text."""
    found = {"type": "string", "minLength": least, "maxLength": most, **more}
    return {name: value for name, value in found.items() if value is not None}


def whole(least=None, most=None):
    """A whole number."""
    found = {"type": "integer", "minimum": least, "maximum": most}
    return {name: value for name, value in found.items() if value is not None}


def number(least=None, most=None):
    """A number."""
    return {**whole(least, most), "type": "number"}


def one_of(*values):
    """One of some texts."""
    return {"type": "string", "enum": [*values]}


def some(items, least=None, most=None):
    """A list."""
    found = {"type": "array", "items": items, "minItems": least, "maxItems": most}
    return {name: value for name, value in found.items() if value is not None}


def closed(properties, required=()):
    """An object of these properties and no others."""
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": [*required]} if required else found


def ref(name):
    """A schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema):
    """The same, or null, which is as good as absent.

    >>> maybe(whole(1))
    {'type': ['integer', 'null'], 'minimum': 1}
    >>> maybe(one_of("a"))
    {'type': ['string', 'null'], 'enum': ['a', None]}
    """
    kind = schema.get("type")
    if "anyOf" in schema and kind is None:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if not isinstance(kind, str) or "const" in schema:
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    found = {**schema, "type": [kind, "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def body_of(honoured, passed, refused, plain, required):
    """The schema of a request's body, from the tables of its reader.

    :param dict honoured: parameter to schema; ``passed`` likewise: to the provider
    :param dict refused: parameter to why; what asks for nothing (``plain``) is taken all the same
    :param required: parameters that must be there, and not null

    >>> found = body_of({"a": FLAG}, {"b": FLAG}, {"n": "it is billed"}, {"n": (1,)}, ["a"])
    >>> found["properties"]["n"]
    {'enum': [None, 1], 'description': 'Not served: it is billed.'}
    >>> found["properties"]["b"]["description"]
    'Passed on to the provider, in its own words; refused where it has none.'
    """
    properties = {
        name: shape if name in required else maybe(shape) for name, shape in honoured.items()
    }
    for name, shape in passed.items():
        said = "Passed on to the provider, in its own words; refused where it has none."
        properties[name] = {**maybe(shape), "description": said}
    for name, why in refused.items():
        values = [None, *plain.get(name, ())]
        properties[name] = {"enum": values, "description": f"Not served: {why}."}
    return closed(properties, required)


def check(body, schema, components=None):
    """Refuse a body that its schema does not allow, naming the field.

    :param dict components: schemas that ``schema`` refers to
    :raise BadRequest:
    """
    root = {**schema, "components": {"schemas": components or {}}}
    for problem in problems_of(body, root, MOST_EFFORT)[:1]:
        path = problem.args.get("path", "$").removeprefix("$").removeprefix(".") or None
        if problem.code == "fit.unknown":
            raise not_served(path, "it is not known")
        said = str(problem).replace("$.", "", 1).replace("The answer", "The body")
        raise BadRequest(said, path, "invalid_value")


# ----------------------------------------------------------------------
# The schema of an answer, which is a part of a request
# ----------------------------------------------------------------------


#: A schema within a schema is of the same keywords; what it may be is checked with the call.
_PART = {"type": ["object", "boolean"]}
_PARTS = {
    **{key: {"type": "object", "additionalProperties": _PART} for key in answers.MAPS},
    **dict.fromkeys(answers.LISTS, some(_PART, 1)),
    **dict.fromkeys(answers.SINGLE, _PART),
    **dict.fromkeys(answers.COUNTS, whole(0)),
    **dict.fromkeys(answers.LIMITS, number()),
    "enum": some(ANYTHING, 1),
    "required": some(text()),
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    "uniqueItems": FLAG,
    "format": one_of(*answers.FORMATS),
    "$ref": text(pattern="^#(/|$)"),
    "type": {"const": "object"},
}
COMPONENTS = {
    "AnswerSchema": {
        **closed({name: _PARTS.get(name, ANYTHING) for name in sorted(answers.KNOWN)}, ["type"]),
        "description": "The schema that an answer has to fit: JSON Schema 2020-12 without regular "
        f"expressions, at most {answers.MOST_DEPTH} deep, {answers.MOST_BYTES:,} bytes.",
    }
}
