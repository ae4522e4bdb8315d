"""An answer that is there at once, given as a stream to those who read one."""

from ..base.lazy import regex

_PIECE = regex(r"(?:\S+\s*){1,6}|\s+")


def pieces(text):
    """Yield a text as a stream does, a few words at a time.

    >>> list(pieces("One two three four five six seven\\n"))
    ['One two three four five six ', 'seven\\n']
    """
    for found in _PIECE.finditer(text):
        yield found.group()
