"""Conditions on what a caller says of the situation: ``streak >= 3 and tier = "gold"``.

A name, a comparison, a number or a text, joined by *and*. Nothing is evaluated: a text that is no
such list is refused with a :class:`ConditionError` when it is written.

>>> holds(parse("streak >= 3 and tier = 'gold'"), {"streak": 5, "tier": "Gold"})
True
>>> holds(parse("streak >= 3"), {})
False
>>> parse("streak >= three + 1")
Traceback (most recent call last):
...
engine.reuse.conditions.ConditionError: streak >= three + 1
"""

import operator
import re
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

MOST_CHARS = 500
MOST_CONDITIONS = 10

_OPERATORS = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
# each part excludes what begins the next: nothing to go back for, so no text takes long
_ONE = re.compile(
    r"\s*([A-Za-z_]\w{0,63})\s*(>=|<=|!=|==|=|>|<)\s*"
    r"(?:\"([^\"]{0,200})\"|'([^']{0,200})'|([\w.-]{1,64}))\s*"
)
_AND = re.compile(r"(?:and\b|,)", re.IGNORECASE)


class ConditionError(ValueError):
    """What is written is no condition; the text of the error is where it goes wrong."""


class Condition(NamedTuple):
    """``value`` is a Decimal or a text in lower case; texts are compared for equality alone."""

    name: str
    sign: str
    value: object

    def __str__(self):
        return f"{self.name} {self.sign} {self.value}"


def parse(text):
    """Return the conditions of a text, a tuple.

    :raise ConditionError: it is none
    """
    text = (text or "").strip()
    if not text:
        return ()
    if len(text) > MOST_CHARS:
        raise ConditionError(text[:60])
    found, place = [], 0
    while True:
        match = _ONE.match(text, place)
        if not match or len(found) == MOST_CONDITIONS:
            raise ConditionError(text[place : place + 60].strip() or text[-60:])
        found.append(_condition(match))
        place = match.end()
        if place == len(text):
            return tuple(found)
        joint = _AND.match(text, place)
        if not joint:
            raise ConditionError(text[match.start() : match.start() + 60].strip())
        place = joint.end()


def _condition(match):
    name, sign, *values = match.groups()
    sign = "=" if sign == "==" else sign
    quoted, bare = next((v for v in values[:2] if v is not None), None), values[2]
    value = comparable(quoted) if quoted is not None else _number(bare)
    if value is None:
        value = bare.lower()
    if isinstance(value, str) and sign not in ("=", "!="):
        raise ConditionError(match.group().strip())
    return Condition(name, sign, value)


def _number(text):
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def comparable(value):
    """Return a variable's value as conditions compare it, None where it cannot be.

    >>> comparable(True), comparable(" Gold "), comparable(2.5), comparable([])
    ('true', 'gold', Decimal('2.5'), None)
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value.strip().lower()
    if isinstance(value, int | float | Decimal):
        return Decimal(str(value))
    return None


def fails(conditions, variables):
    """Return the first condition that does not hold, or None.

    A variable that was not given meets no condition, ``!=`` neither. A number given as a text is
    compared as a number where the condition names one.
    """
    for one in conditions:
        value = comparable(variables.get(one.name))
        if isinstance(one.value, Decimal) and isinstance(value, str):
            value = _number(value)
        elif isinstance(one.value, str) and isinstance(value, Decimal):
            value = str(value)
        if value is None or not _OPERATORS[one.sign](value, one.value):
            return one
    return None


def holds(conditions, variables):
    """Do all conditions hold?"""
    return fails(conditions, variables) is None
