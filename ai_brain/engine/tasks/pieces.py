"""Texts that are longer than a model reads: cut where a sentence or a word ends.

>>> cut("One two. Three four. Five six.", 6, lambda text: len(text.split()) * 2)
['One two.', 'Three four.', 'Five six.']
"""

from __future__ import annotations

import re

#: Where a text may be cut, best first.
_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"(?<=[.!?…。！？])\s+"), re.compile(r"\s+"))
#: A token has at least so many characters of a text without any break to begin with.
_FIRST = 4


def cut(text, most, count):
    """Return a text as a list of pieces of at most ``most`` tokens, none of them empty.

    :param count: tells the tokens of a text; it is asked a few times for each piece
    :raise ValueError: a single character has more tokens than that
    """
    found = []
    while text.strip():
        if len(text) <= most * _FIRST * 2 and count(text) <= most:
            found.append(text.strip())
            break
        place = _longest(text, most, count)
        piece = text[:place].strip()
        if piece:
            found.append(piece)
        text = text[place:]
    return found


def _longest(text, most, count):
    """How many characters of ``text`` the next piece has."""
    place = max(1, min(len(text), most * _FIRST))
    while True:
        place = _nice(text, place)
        tokens = count(text[:place])
        if tokens <= most:
            return place
        if place <= 1:
            raise ValueError("a character has more tokens than that")
        place = min(place - 1, max(1, int(place * most / tokens * 0.95)))


def _nice(text, place):
    """The last good place to cut in the second half of what may be kept, else that place."""
    if place >= len(text):
        return len(text)
    for end in _ENDS:
        places = [found.end() for found in end.finditer(text, place // 2, place)]
        if places:
            return places[-1]
    return place
