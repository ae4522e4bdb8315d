"""Vectors: kept small, and put together where a text was sent in pieces.

>>> packed = pack([0.5, -1.0])
>>> unpack(packed)
[0.5, -1.0]
>>> mean([([1.0, 0.0], 3), ([0.0, 1.0], 4)])
[0.6, 0.8]
"""

from __future__ import annotations

import base64
import math
import sys
from array import array

#: Before the text of floats of 32 bits; no character of base64.
_SHORT = ":"


def pack(values):
    """Floats as text, a third of what a list of them takes; exact.

    A sixth where each has no more digits than 32 bits hold, as those of OpenAI have:

    >>> len(pack([0.5] * 300)), len(pack([0.1] * 300))
    (1601, 3200)
    """
    whole = array("d", values)
    short = _narrowed(whole)
    if short is None:
        return _text(whole)
    return _SHORT + _text(short)


def _narrowed(values):
    try:
        short = array("f", values)
    except OverflowError:
        return None
    return short if array("d", short) == values else None


def _text(found):
    if sys.byteorder == "big":
        found.byteswap()
    return base64.b64encode(found.tobytes()).decode()


def unpack(text):
    """The list of floats that :func:`pack` has packed."""
    kind = "f" if text.startswith(_SHORT) else "d"
    found = array(kind, base64.b64decode(text.removeprefix(_SHORT)))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tolist()


def float32(values):
    """Floats as OpenAI's ``encoding_format`` base64 has them: 32 bits each, little-endian.

    >>> float32([1.0])
    'AACAPw=='
    """
    return _text(array("f", values))


def read_float32(text):
    """The list of floats of such a text.

    Raises ValueError where it is none.

    >>> read_float32("AACAPw==")
    [1.0]
    """
    found = array("f")
    found.frombytes(base64.b64decode(text, validate=True))
    if sys.byteorder == "big":
        found.byteswap()
    return found.tolist()


def mean(pieces):
    """The vector of a text that was sent in pieces: the mean of theirs by length, at length 1.

    As OpenAI's cookbook has it, "Embedding texts that are longer than the model's maximum context
    length".

    :param pieces: pairs of a vector and its number of tokens
    """
    total = [0.0] * len(pieces[0][0])
    for vector, tokens in pieces:
        for place, value in enumerate(vector):
            total[place] += value * tokens
    length = math.sqrt(sum(value * value for value in total))
    return [value / length for value in total] if length else total
