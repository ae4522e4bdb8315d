"""Does an answer fit the schema that it was asked for?

>>> schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
>>> read_answer('{"n": 3}', schema)
({'n': 3}, [])
>>> data, problems = read_answer('{"n": "3"}', schema)
>>> [str(problem) for problem in problems]
['$.n is a string and must be integer.']
>>> data, problems = read_answer('{"n": 3, "x": "a\\\\u0000"}', schema)
>>> data, [str(problem) for problem in problems]
(None, ['The answer holds a character that cannot be kept.'])
"""

import ipaddress
import json
import math
import re
from datetime import date, time
from fractions import Fraction
from urllib.parse import urlsplit

from ..base.sentence import Sentence, _lt, declare
from .checks import RequestError, check_text
from .schema import resolve

MOST_PROBLEMS = 10
MOST_DEPTH = 60
#: Pairs of a value and a schema that are compared for one answer; half a second or so.
MOST_EFFORT = 200_000

declare(
    {
        "fit.nothing": _lt("The answer is empty."),
        "fit.json": _lt("The answer is not JSON."),
        "fit.character": _lt("The answer holds a character that cannot be kept."),
        "fit.effort": _lt("The answer is too large to be compared with the schema."),
        "fit.type": _lt("%(path)s is a %(found)s and must be %(wanted)s."),
        "fit.missing": _lt("%(path)s is missing."),
        "fit.unknown": _lt("%(path)s is not part of the schema."),
        "fit.choice": _lt("%(path)s must be one of: %(allowed)s."),
        "fit.number": _lt("%(path)s is %(found)s and must be %(rule)s."),
        "fit.size": _lt("%(path)s has a length of %(found)s, which must be %(rule)s."),
        "fit.twice": _lt("%(path)s holds the same value twice."),
        "fit.format": _lt("%(path)s is not a valid %(format)s."),
        "fit.pattern": _lt("%(path)s must fit the pattern %(pattern)s."),
        "fit.contains": _lt("%(path)s lacks an element that must be there."),
        "fit.none": _lt("%(path)s fits none of the alternatives of the schema."),
        "fit.several": _lt("%(path)s fits several alternatives of which only one may hold."),
    }
)
_FENCE = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*)\n[ \t]*```\s*\Z", re.DOTALL | re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,10}")
# a time of day without an offset is a time, too: models and people leave it out
_TIME = re.compile(
    r"(\d\d:\d\d:\d\d)(\.\d{1,15})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[!#-$&-;=?-Z_a-z~\[\]]|%[0-9A-Fa-f]{2})*")
_NAMES = {bool: "boolean", str: "string", dict: "object", list: "array", type(None): "null"}


class _TooMuch(Exception):
    pass


class _Misfit(Exception):
    """The first problem of a value that is only asked whether it fits."""


def read_answer(text, schema):
    """Return ``(data, problems)``: what the answer holds, and sentences on what does not fit.

    :param str text: JSON; a fence of Markdown around it is taken off
    :param dict schema: one that ``schema.Schema`` let pass
    """
    if not text.strip():
        return None, [Sentence("fit.nothing")]
    fenced = _FENCE.match(text)
    try:
        data = json.loads(
            fenced[1] if fenced else text, parse_constant=_refuse, parse_float=_finite
        )
        check_text(data)
    except RequestError:  # jsonb takes no such data, nor does an ordinary column
        return None, [Sentence("fit.character")]
    except (ValueError, RecursionError):
        return None, [Sentence("fit.json")]
    return data, problems_of(data, schema)


def problems_of(data, schema, most_effort=MOST_EFFORT):
    """Return at most :data:`MOST_PROBLEMS` sentences on what of a value does not fit a schema.

    A schema of our own may hold ``pattern`` and ``contains``, too, which ``schema.Schema`` refuses.
    """
    fitting = _Fitting(schema, most_effort)
    try:
        check_text(data)
        fitting.check(data, schema, "$", 0)
    except RequestError:
        return [Sentence("fit.character")]
    except (_TooMuch, RecursionError):
        return [Sentence("fit.effort")]
    return fitting.problems[:MOST_PROBLEMS]


class _Fitting:
    """One value on its way through one schema."""

    def __init__(self, root, most_effort=MOST_EFFORT):
        self.root, self.most_effort = root, most_effort
        self.problems = []
        self.effort = 0
        self.quiet = 0

    def say(self, code, path, **figures):
        if self.quiet:
            raise _Misfit
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Sentence(f"fit.{code}", path=path, **figures))

    def holds(self, value, schema, path, depth):
        """Does the value fit? Nothing is said."""
        self.quiet += 1
        try:
            self.check(value, schema, path, depth)
        except _Misfit:
            return False
        finally:
            self.quiet -= 1
        return True

    def check(self, value, schema, path, depth):
        self.effort += 1
        if self.effort > self.most_effort or depth > MOST_DEPTH:
            raise _TooMuch
        if schema is True or schema == {}:
            return
        if schema is False:
            self.say("unknown", path)
            return
        if "$ref" in schema:
            self.check(value, resolve(self.root, schema["$ref"]), path, depth + 1)
        if not self._type(value, schema, path):
            return
        self._choice(value, schema, path)
        if isinstance(value, str):
            self._text(value, schema, path)
        elif isinstance(value, dict):
            self._object(value, schema, path, depth)
        elif isinstance(value, list):
            self._array(value, schema, path, depth)
        elif _is_number(value):
            self._number(value, schema, path)
        self._combined(value, schema, path, depth)

    def _type(self, value, schema, path):
        wanted = schema.get("type")
        if wanted is None:
            return True
        wanted = wanted if isinstance(wanted, list) else [wanted]
        if any(_is_a(value, name) for name in wanted):
            return True
        found = "number" if _is_number(value) else _NAMES[type(value)]
        self.say("type", path, found=found, wanted=" | ".join(wanted))
        return False

    def _choice(self, value, schema, path):
        allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if allowed is None:
            return
        self.effort += len(allowed)
        for one in (allowed, [schema["const"]] if "const" in schema else allowed):
            if not any(_key(value) == _key(other) for other in one):
                shown = ", ".join(json.dumps(v, ensure_ascii=False) for v in one[:20])
                self.say("choice", path, allowed=shown[:300])
                return

    def _text(self, value, schema, path):
        self._size(len(value), schema, "minLength", "maxLength", path)
        kind = schema.get("format")
        if kind and not _FORMATS[kind](value):
            self.say("format", path, format=kind)
        if "pattern" in schema and not re.search(schema["pattern"], value):
            self.say("pattern", path, pattern=schema["pattern"])

    def _number(self, value, schema, path):
        for key, sign, good in _RULES:
            limit = schema.get(key)
            if limit is not None and not good(value, limit):
                self.say("number", path, found=_shown(value), rule=f"{sign} {_shown(limit)}")
        step = schema.get("multipleOf")
        if step is not None and Fraction(str(value)) % Fraction(str(step)):
            self.say("number", path, found=_shown(value), rule=f"n × {_shown(step)}")

    def _object(self, value, schema, path, depth):
        self._size(len(value), schema, "minProperties", "maxProperties", path)
        for name in schema.get("required", ()):
            if name not in value:
                self.say("missing", f"{path}.{name}")
        known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        names = list(value)
        if self.quiet:  # what tells alternatives apart ends most comparisons at once
            names.sort(key=lambda name: not _tells_apart(known.get(name)))
        for name in names:
            own = known.get(name, others)
            self.check(value[name], own, f"{path}.{name[:60]}", depth + 1)

    def _array(self, value, schema, path, depth):
        self._size(len(value), schema, "minItems", "maxItems", path)
        first, others = schema.get("prefixItems", ()), schema.get("items", True)
        for place, one in enumerate(value):
            own = first[place] if place < len(first) else others
            self.check(one, own, f"{path}[{place}]", depth + 1)
        if "contains" in schema and not any(
            self.holds(one, schema["contains"], path, depth + 1) for one in value
        ):
            self.say("contains", path)
        if schema.get("uniqueItems"):
            self.effort += len(value)
            if len({_key(one) for one in value}) < len(value):
                self.say("twice", path)

    def _size(self, size, schema, least, most, path):
        if schema.get(least) is not None and size < schema[least]:
            self.say("size", path, found=str(size), rule=f"≥ {schema[least]}")
        if schema.get(most) is not None and size > schema[most]:
            self.say("size", path, found=str(size), rule=f"≤ {schema[most]}")

    def _combined(self, value, schema, path, depth):
        for one in schema.get("allOf", ()):
            self.check(value, one, path, depth + 1)
        if "anyOf" in schema and not any(
            self.holds(value, one, path, depth + 1) for one in schema["anyOf"]
        ):
            meant = None if self.quiet else self._meant(value, schema["anyOf"])
            if meant is None:
                self.say("none", path)
            else:
                self.check(value, meant, path, depth + 1)
        if "oneOf" in schema:
            held = sum(self.holds(value, one, path, depth + 1) for one in schema["oneOf"])
            if held != 1:
                self.say("several" if held else "none", path)

    def _meant(self, value, alternatives):
        """The alternative that a value is one of by its type and by the properties that tell them
        apart, or None: what of it does not fit says more than that none fits."""
        found = []
        for one in alternatives:
            if isinstance(one, dict) and "$ref" in one:
                one = resolve(self.root, one["$ref"])
            if isinstance(one, dict) and self._may_be(value, one):
                found.append(one)
        return found[0] if len(found) == 1 else None

    def _may_be(self, value, shape):
        wanted = shape.get("type", ())
        wanted = [wanted] if isinstance(wanted, str) else wanted
        if not any(_is_a(value, name) for name in wanted):
            return False
        return not isinstance(value, dict) or all(
            name in value and self.holds(value[name], own, "$", 0)
            for name, own in shape.get("properties", {}).items()
            if _tells_apart(own)
        )


_RULES = (
    ("minimum", "≥", lambda value, limit: value >= limit),
    ("maximum", "≤", lambda value, limit: value <= limit),
    ("exclusiveMinimum", ">", lambda value, limit: value > limit),
    ("exclusiveMaximum", "<", lambda value, limit: value < limit),
)


def _tells_apart(schema):
    return isinstance(schema, dict) and ("const" in schema or "enum" in schema)


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_a(value, name):
    if name == "number":
        return _is_number(value)
    if name == "integer":
        return _is_number(value) and value == value // 1
    return _NAMES.get(type(value)) == name


def _key(value):
    """What is equal for JSON and nothing else: 1 is 1.0 and is not true."""
    if isinstance(value, list):
        return "array", tuple(map(_key, value))
    if isinstance(value, dict):
        return "object", frozenset((name, _key(one)) for name, one in value.items())
    return ("number" if _is_number(value) else _NAMES[type(value)]), value


def _shown(number):
    return json.dumps(number)[:40]


def _refuse(name):
    raise ValueError(name)


def _finite(text):
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _is_time(text):
    match = _TIME.fullmatch(text)
    return bool(match) and _parses(time.fromisoformat, match[1])


def _is_moment(text):
    day, clock = text[:10], text[11:]
    return text[10:11] in ("T", "t", " ") and _is_day(day) and _is_time(clock)


def _is_day(text):
    return bool(_DAY.fullmatch(text)) and _parses(date.fromisoformat, text)


def _is_uri(text):
    return bool(_URI.fullmatch(text)) and _parses(lambda uri: urlsplit(uri).port, text)


def _parses(read, text):
    try:
        read(text)
    except ValueError:
        return False
    return True


_FORMATS = {
    "date": _is_day,
    "date-time": _is_moment,
    "time": _is_time,
    "email": lambda text: bool(_EMAIL.fullmatch(text)),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "uri": _is_uri,
    "ipv4": lambda text: _parses(ipaddress.IPv4Address, text),
    "ipv6": lambda text: "%" not in text and _parses(ipaddress.IPv6Address, text),
}
