"""Reading counts out of a vendor's usage: present or not, a count or not, in agreement or not."""

from __future__ import annotations

from collections.abc import Mapping

_ABSENT = object()


class UsageError(ValueError):
    """The vendor's usage is missing, of a wrong type, negative or contradicts itself.

    The call may have been billed, so whoever catches this records an uncertain cost.
    """


def token_count(value, name="count"):
    """``value`` if it is a count of tokens (an int of 0 or more), else raise UsageError.

    >>> token_count(True)
    Traceback (most recent call last):
    ...
    engine.price.reported.UsageError: count: expected a whole number of tokens, got True
    """
    if type(value) is not int:
        raise UsageError(f"{name}: expected a whole number of tokens, got {value!r:.80}")
    if value < 0:
        raise UsageError(f"{name}: expected 0 tokens or more, got {value}")
    return value


def mapping(value, name):
    """``value`` if it is an object, else raise UsageError."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{name}: expected an object, got {value!r:.80}")
    return value


def details(raw, *names):
    """The first of the named objects that is present and not null, else an empty one."""
    for name in names:
        value = raw.get(name)
        if value is not None:
            return mapping(value, name)
    return {}


def first(raw, *names):
    """The first of the named counts that is present and not null, checked, else None."""
    for name in names:
        value = raw.get(name, _ABSENT)
        if value is not _ABSENT and value is not None:
            return token_count(value, name)
    return None


def agreed(name, *counts):
    """The one count that several fields repeat; a 0 yields to a figure, two figures clash."""
    known = {count for count in counts if count}
    if len(known) > 1:
        raise UsageError(f"{name}: fields contradict each other ({sorted(known)})")
    return known.pop() if known else 0


def word(raw, name):
    """The text of ``name`` in lower case, '' where it is absent.

    Raises UsageError where it is something else than text.
    """
    value = raw.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{name}: expected a word, got {value!r:.80}")
    return value.strip().lower()[:64]


def used(raw, known):
    """Names of the counts above 0 in ``raw`` that are not among ``known``, sorted.

    What a vendor counts and we do not know may be billed at a rate of its own.

    >>> used({"text_tokens": 5, "hologram_tokens": 7, "rank": 0}, {"text_tokens"})
    ['hologram_tokens']
    """
    return sorted(
        str(name)[:64]
        for name, value in raw.items()
        if name not in known and isinstance(value, int | float) and value > 0
    )


# What vendors bill by the piece is counted under such names.
_PIECES = (
    "calls",
    "calls_count",
    "images",
    "invocations",
    "pages",
    "queries",
    "requests",
    "searches",
    "sources",
    "sources_used",
    "tools_used",
)


def pieces(raw, known=()):
    """Names of what ``raw`` counts by the piece, above 0 and not among ``known``, sorted.

    Beside its tokens a usage may say how often something was done that costs by itself.

    >>> pieces({"prompt_tokens": 5, "num_search_queries": 2, "queue_time": 0.1, "ocr_pages": 0})
    ['num_search_queries']
    """
    return [name for name in used(raw, known) if name.lower().endswith(_PIECES)]
