"""Checks of single values, each with what a refusal needs to be worded.

A check is called with the name and the value of an option and returns the value to use, or raises
:class:`RequestError`. Options that a step of a call brings are declared with these.

>>> Number(0, 2)("temperature", 0.7)
0.7
>>> OneOf(("low", "high"))("quality", "best")
Traceback (most recent call last):
...
engine.call.checks.RequestError: choice: {'key': 'quality', 'allowed': 'low, high'}
"""

import math
import numbers
from decimal import Decimal, InvalidOperation
from typing import NamedTuple


class RequestError(ValueError):
    """Something that cannot be sent: a ``code`` and the ``figures`` of its sentence."""

    def __init__(self, code, **figures):
        super().__init__(code, figures)
        self.code, self.figures = code, figures

    def __str__(self):
        return f"{self.code}: {self.figures}" if self.figures else self.code


class OneOf(NamedTuple):
    """One of some texts."""

    allowed: tuple

    def __call__(self, key, value):
        if not isinstance(value, str) or value not in self.allowed:
            raise RequestError("choice", key=key, allowed=", ".join(self.allowed))
        return value


class Number(NamedTuple):
    """A finite number within bounds, both included; ``whole`` for counts."""

    least: float
    most: float
    whole: bool = False

    def __call__(self, key, value):
        kinds = int if self.whole else (numbers.Real, Decimal)
        good = isinstance(value, kinds) and not isinstance(value, bool)
        if not good or not self._holds(value):
            raise RequestError(
                "number",
                key=key,
                least=format(self.least, ","),
                most=format(self.most, ","),
                value=repr(value)[:60],
            )
        return value

    def _holds(self, value):
        try:
            return self.least <= value <= self.most  # NaN compares false
        except InvalidOperation:  # but for Decimal's, which refuses
            return False


class OfType(NamedTuple):
    """A value of one type, no longer than ``most`` where that is given."""

    kind: type
    most: int | None = None

    def __call__(self, key, value):
        if not isinstance(value, self.kind):
            raise RequestError("type", key=key, kind=self.kind.__name__)
        if self.most is not None and len(value) > self.most:
            raise RequestError("key_length", key=key, most=self.most)
        return value


class Anything(NamedTuple):
    """A value that is passed on as it is."""

    def __call__(self, key, value):
        return value


class Texts(NamedTuple):
    """One text, or a list of at most ``most`` of them, none of them empty; gives the list.

    >>> Texts(2, 5)("stop", "END")
    ['END']
    """

    most: int
    length: int

    def __call__(self, key, value):
        texts = [value] if isinstance(value, str) else value
        good = isinstance(texts, list) and 0 < len(texts) <= self.most
        if not good or not all(isinstance(t, str) and 0 < len(t) <= self.length for t in texts):
            raise RequestError("texts", key=key, most=self.most, length=self.length)
        check_text(texts)
        return texts


class Tools(NamedTuple):
    """Tools in OpenAI's shape."""

    def __call__(self, key, value):
        OfType(list)(key, value)
        for tool in value:
            function = tool.get("function") if isinstance(tool, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise RequestError("tool")
        check_text(value)
        return value


def check_text(value):
    """Refuse what neither a vendor nor PostgreSQL can take, in any text or number of ``value``.

    >>> check_text({"a": ["fine", "b\\0"]})
    Traceback (most recent call last):
    ...
    engine.call.checks.RequestError: character
    >>> check_text({"a": float("inf")})
    Traceback (most recent call last):
    ...
    engine.call.checks.RequestError: number: {'key': 'float', 'least': '-1.8e308', \
'most': '1.8e308', 'value': 'inf'}
    """
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if "\0" in item or not _encodes(item):
                raise RequestError("character")
        elif isinstance(item, float) and not math.isfinite(item):
            most = "1.8e308"
            raise RequestError("number", key="float", least=f"-{most}", most=most, value=repr(item))
        elif isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)


def _encodes(text):
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
