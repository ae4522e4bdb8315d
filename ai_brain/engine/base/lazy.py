"""Regular expressions that are compiled when first used.

Some fifty of them took a third of the time that importing the addon adds to a worker, and most
workers never need most of them.

>>> word = regex("[a-z]+")
>>> word.findall("one two")
['one', 'two']
"""

import re


class regex:
    """Like ``re.compile(pattern, flags)``, later."""

    __slots__ = ("_compiled", "_flags", "_pattern")

    def __init__(self, pattern, flags=0):
        self._pattern, self._flags, self._compiled = pattern, flags, None

    def __getattr__(self, name):
        # Only for what is no slot: the methods and attributes of a compiled pattern.
        if self._compiled is None:
            self._compiled = re.compile(self._pattern, self._flags)
        return getattr(self._compiled, name)

    def __repr__(self):
        return f"regex({self._pattern!r})"
