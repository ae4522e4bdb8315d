"""A prompt with named variables: ``{customer}`` stands for what a call says of the customer.

Nothing is evaluated: a name in braces is replaced by a text or a number, once, and what stands in
a value stays as it is. Braces that hold no name, as in JSON, are left alone; ``{{name}}`` is how
``{name}`` itself is written.

>>> fill("Serve {customer} in {{braces}}.", {"customer": "{vip}"})
'Serve {vip} in {braces}.'
"""

from __future__ import annotations

import re

MOST_TEXT = 30_000
MOST_VARIABLES = 50
_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_PLACE = re.compile(rf"\{{(\{{{_NAME}\}})\}}|\{{({_NAME})\}}")


def variables(text):
    """Return the names of a text's variables, in the order in which they come, each once.

    >>> variables('Greet {name} of {company}, {name}. {"json": {"a": 1}}')
    ('name', 'company')
    """
    return tuple(dict.fromkeys(match[2] for match in _PLACE.finditer(text) if match[2]))


def mismatch(text, values):
    """Return ``(missing, unknown)``: names that the text needs, and names that it has no place for.

    >>> mismatch("For {a} and {b}", {"b": 1, "c": 2})
    (['a'], ['c'])
    """
    wanted = variables(text)
    return [name for name in wanted if name not in values], [n for n in values if n not in wanted]


def is_value(value):
    """May it stand in a prompt? Texts and numbers may; a truth value is no wording.

    >>> [is_value(value) for value in ("x", 3, 2.5, True, None)]
    [True, True, True, False, False]
    """
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def fill(text, values):
    """Return the text with its variables filled in; braces within a value stay as they are.

    :raise KeyError: a variable without a value
    """
    return _PLACE.sub(lambda match: match[1] or str(values[match[2]]), text)


def read_back(text, filled):
    """Return the values that a prompt was filled with, by what was sent; None where that is not
    sure.

    >>> read_back("Serve {customer} kindly.", "Serve Ms Weber kindly.")
    {'customer': 'Ms Weber'}
    >>> read_back("{a}{b}", "xyz") is None
    True
    """
    names, fixed, end = [], [], 0
    for place in _PLACE.finditer(text):
        before = text[end : place.start()]
        end = place.end()
        fixed.append(before + (place[1] or ""))
        names.append(place[2])
    fixed.append(text[end:])
    # what was written as {{name}} is fixed text like the rest: join it to what comes after
    parts, slots = [fixed[0]], []
    for name, after in zip(names, fixed[1:], strict=True):
        if name:
            slots.append(name)
            parts.append(after)
        else:
            parts[-1] += after
    first, last = _leftmost(parts, filled), _rightmost(parts, filled)
    if first is None or first != last:
        return None  # there are two ways to read it, or none
    values = dict(zip(slots, first, strict=True))
    return values if fill(text, values) == filled else None


def _leftmost(parts, filled):
    """Return what lies between the parts, each of them as far to the left as can be."""
    if not filled.startswith(parts[0]):
        return None
    found, at = [], len(parts[0])
    for part in parts[1:-1]:
        there = filled.find(part, at)
        if there < 0:
            return None
        found.append(filled[at:there])
        at = there + len(part)
    if len(parts) == 1:
        return found if at == len(filled) else None
    there = len(filled) - len(parts[-1])
    if there < at or not filled.endswith(parts[-1]):
        return None
    return [*found, filled[at:there]]


def _rightmost(parts, filled):
    turned = _leftmost([part[::-1] for part in reversed(parts)], filled[::-1])
    return None if turned is None else [one[::-1] for one in reversed(turned)]
