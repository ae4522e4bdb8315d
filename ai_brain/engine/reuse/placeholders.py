"""Fields in an answer: ``Well done, {user.name}!``

``{user.FIELD}`` is of the person who asks, ``{record.FIELD}`` of the record that the call is
about, ``{var.NAME}`` what the caller said of the situation. There is nothing to evaluate.

>>> parse("Hello, {user.name}!")
('Hello, ', Placeholder(source='user', name='name'), '!')
>>> parse("{user.company_id.name}")
Traceback (most recent call last):
...
engine.reuse.placeholders.PlaceholderError: {user.company_id.name}
"""

import re
from typing import NamedTuple

SOURCES = ("user", "record", "var")
MOST = 10

_ONE = re.compile(r"\{([^{}]{0,100})\}?")
_NAME = re.compile(r"\s*(user|record|var)\.([A-Za-z_]\w{0,63})\s*\Z")


class Placeholder(NamedTuple):
    """A field of the user or record, or a variable."""

    source: str
    name: str


class PlaceholderError(ValueError):
    """What stands in braces is no placeholder; the text of the error is what does."""


def parse(text):
    """Return the parts of an answer: texts and :class:`Placeholder` s.

    :raise PlaceholderError: braces that hold something else, or more than ``MOST`` of them
    """
    parts, place = [], 0
    for match in _ONE.finditer(text):
        named = _NAME.match(match.group(1))
        if not named or not match.group().endswith("}") or len(parts) > 2 * MOST:
            raise PlaceholderError(match.group()[:60])
        parts += [text[place : match.start()], Placeholder(*named.groups())]
        place = match.end()
    parts.append(text[place:])
    if "}" in text[place:] or any(isinstance(one, str) and "}" in one for one in parts):
        raise PlaceholderError("}")
    return tuple(part for part in parts if part)


def fill(text, values):
    """Return an answer with ``values``, ``{placeholder: text}``; None where one is missing or
    empty: an answer with a hole in it is none.

    >>> fill("Well done, {user.name}!", {("user", "name"): "Mia"})
    'Well done, Mia!'
    >>> fill("Well done, {user.name}!", {}) is None
    True
    """
    parts = [values.get(part) if isinstance(part, Placeholder) else part for part in parse(text)]
    return "".join(parts) if all(parts) else None
