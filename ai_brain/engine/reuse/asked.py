"""What a call asks, apart from everything that its answer depends on besides.

The question is the last message, one of the user in plain text. All else goes into one digest, the
scope: only a call whose scope is equal to the last bit may have the answer.

>>> question_of([{"role": "system", "content": "Short."}, {"role": "user", "content": "Hi"}]).text
'Hi'
>>> question_of([{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]) is None
True
"""

import hashlib
import json
import math
from typing import NamedTuple

from ..base.text import text_of
from .same_question import canonical_key, detect

#: Longer questions hardly come again, and each would be read to its end.
MOST_CHARS = 20_000
#: Whoever asks for variety above this does not want the same answer again.
MOST_TEMPERATURE = 0.7


class Question(NamedTuple):
    """``text``: what is asked; ``before``: the messages before it; ``rest``: what else the last
    message carries, such as a name."""

    text: str
    before: list
    rest: dict


def question_of(messages):
    """Return the ``Question`` of a call, or None where there is none that could come again, or
    PostgreSQL could not keep.

    >>> question_of([{"role": "user", "content": "Hi\\0"}]) is None
    True
    """
    last = messages[-1]
    content = last["content"]
    if last["role"] != "user":
        return None
    if isinstance(content, list) and any(part.get("type") != "text" for part in content):
        return None
    text = text_of(last)
    if not text.strip() or len(text) > MOST_CHARS or "\0" in text:
        return None
    rest = {key: value for key, value in last.items() if key not in ("role", "content")}
    return Question(text, messages[:-1], rest)


def varies(temperature):
    """Is an answer wanted that differs each time? A temperature that is not given is not high.

    >>> varies(None), varies(0.7), varies(0.71)
    (False, False, True)
    """
    return temperature is not None and not temperature <= MOST_TEMPERATURE


def key_of(text):
    """Return ``(language, key)`` of a question: what it has in common with those that the same
    answer may serve. Where the language is not sure the words are the key, and the language None.

    >>> key_of("Could you please list the three largest customers?")
    ('en', 'list 3 largest customer')
    >>> key_of("Status 4711")
    (None, 'Status 4711')
    """
    language = detect(text)
    return language, canonical_key(text, language) if language else text


def digest(parts):
    """Return 16 bytes that stand for ``parts``, JSON-able values, as two signed 64-bit integers.

    >>> digest(["a", {"x": 1, "y": 2}]) == digest(["a", {"y": 2, "x": 1}])
    True
    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    made = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
    return _signed(made[:8]), _signed(made[8:])


def text_hash(text):
    """Return a signed 64-bit integer that stands for a text.

    >>> -(2**63) <= text_hash("Hello") < 2**63
    True
    """
    return _signed(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def _signed(octets):
    return int.from_bytes(octets, "big", signed=True)


def at_most(wrong, judged, sure=0.95):
    """Return the highest error rate that ``wrong`` of ``judged`` leave possible, 0 to 1.

    The exact one-sided bound: C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial
    limits illustrated in the case of the binomial", Biometrika 26 (1934), 404-413.

    >>> [round(at_most(wrong, n), 4) for wrong, n in ((0, 59), (1, 100), (5, 100), (3, 3), (0, 0))]
    [0.0495, 0.0466, 0.1023, 1.0, 1.0]
    """
    if not judged or wrong >= judged:
        return 1.0
    low, high = wrong / judged, 1.0
    for _halving in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _up_to(wrong, judged, middle) > 1 - sure else (low, middle)
    return high


def _up_to(wrong, judged, rate):
    """The chance of ``wrong`` or fewer errors of ``judged`` at an error rate between 0 and 1."""
    if rate >= 1:
        return 0.0
    each, other = math.log(rate) if rate else -math.inf, math.log1p(-rate)
    total = 0.0
    for k in range(wrong + 1):
        ways = math.lgamma(judged + 1) - math.lgamma(k + 1) - math.lgamma(judged - k + 1)
        total += math.exp(ways + (k * each if k else 0.0) + (judged - k) * other)
    return total
