"""The beginning of a request that a vendor's cache can keep: its system messages and tools.

A cache serves what is the same from the first character on. A date, a number or a name near the
front that differs from call to call makes all that stands behind it new.
"""

import hashlib
import json
from typing import NamedTuple

from ..base.lazy import regex
from ..base.text import text_of

#: Shorter ones no vendor caches: 512 tokens and more, at four characters a token.
LEAST_CHARS = 2_000
MOST_CHARS = 200_000
#: What is the same behind the place must be this share of the whole for it to be a break.
_SAME = 0.5
_KINDS = (
    (
        "date",
        regex(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|\d{1,2}:\d{2}|\b\d{1,2}\.? [^\W\d_]{3,9} \d{4}"),
    ),
    ("id", regex(r"\b(?=\w*\d)(?=\w*[^\W\d_])[\w/-]{4,}")),
    ("number", regex(r"\d")),
)


class Prefix(NamedTuple):
    """``key``: 31 bits that tell it apart from others; ``text``: tools and system messages;
    ``characters``: how many of them."""

    key: int
    text: str
    characters: int


class Break(NamedTuple):
    """``place``: characters before the first that differs; ``kind``: date, id, number or text, what
    differs there; ``words``: what stands there, with a little of what is before;
    ``behind``: characters behind it, which were the same."""

    place: int
    kind: str
    words: str
    behind: int


def read_prefix(messages, tools):
    """Return the ``Prefix`` of a request, None where it is too short for any vendor's cache.

    >>> read_prefix([{"role": "user", "content": "Hello"}], None) is None
    True
    """
    said = []
    for message in messages:
        if message["role"] not in ("system", "developer"):
            break
        said.append(text_of(message))
    text = "\n".join(said)
    drawn = json.dumps(tools, ensure_ascii=False, default=str) if tools else ""
    if len(text) + len(drawn) < LEAST_CHARS:
        return None
    whole = (drawn + text)[:MOST_CHARS]
    digest = hashlib.blake2b(whole.encode("utf-8", "replace"), digest_size=4).digest()
    return Prefix(int.from_bytes(digest, "big") >> 1, whole, len(whole))


def find_break(earlier, now):
    """Return the ``Break`` between two texts of prefixes, None where they are the same, or two
    different things.

    >>> long = "You answer for the shop. " * 40
    >>> find_break("On 2026-03-05, " + long, "On 2026-03-06, " + long)[:2]
    (12, 'date')
    >>> find_break(long, long) is None
    True
    """
    if earlier == now:
        return None
    place = _same(earlier, now)
    rest = min(len(earlier), len(now)) - place
    behind = _same(earlier[::-1][:rest], now[::-1][:rest])
    if behind < _SAME * len(now) or behind < LEAST_CHARS // 4:
        return None
    start = max(now.rfind(" ", 0, place), now.rfind("\n", 0, place)) + 1
    end = max(len(now) - behind, place + 1)
    changed = now[start : end + 12].split("\n")[0]
    kind = next((name for name, shape in _KINDS if shape.search(changed[:40])), "text")
    words = " ".join(now[max(0, start - 30) : start + 24].split())
    return Break(place, kind, words[:60], behind)


def _same(one, other):
    """How many characters two texts begin alike with."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def in_stable_order(tools):
    """Return tools by their names, so that the same ones make the same prefix; the very list where
    they are in order already, or one has no name.

    >>> in_stable_order([{"function": {"name": "b"}}, {"function": {"name": "a"}}])[0]
    {'function': {'name': 'a'}}
    """
    names = [(tool.get("function") or tool).get("name") for tool in tools]
    if not all(isinstance(name, str) for name in names) or names == sorted(names):
        return tools
    return [
        tool for _name, _place, tool in sorted(zip(names, range(len(names)), tools, strict=True))
    ]
