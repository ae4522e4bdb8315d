"""Text of strangers as one line: in a log a line break begins an entry that nobody wrote.

>>> one_line("refused\\n2026-01-01 00:00:00,000 1 INFO db odoo.http: all is well\\x1b[2J")
'refused 2026-01-01 00:00:00,000 1 INFO db odoo.http: all is well [2J'
>>> one_line("word " * 200, most=12)
'word word w…'
"""

from .lazy import regex

# Control characters, Unicode's own line ends, and what turns the direction of writing around.
_BREAKS = regex("[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def one_line(text, most=500):
    """``str(text)`` without line breaks or control characters, of at most ``most`` characters."""
    text = str(text)
    line = _BREAKS.sub(" ", text[: 4 * most]).strip()
    return line if len(line) <= most else line[: most - 1] + "…"
