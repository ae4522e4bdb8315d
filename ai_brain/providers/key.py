"""A vendor's key while it is under way: nothing but the wire can read it.

Mail templates, server actions and filters are code that people write in forms. It runs under
``safe_eval``, which refuses names with two underscores in them; but ``"{0.a.b}".format(x)`` follows
attributes without asking it. Hence an object without attributes, and a reader with such a name.
"""


class Key:
    """The text of a key. It prints as ``***``; see :meth:`Endpoint.read__key`.

    >>> key = Key("abc")
    >>> key, str(key), f"{key}", bool(key), bool(Key(""))
    (***, '***', '***', True, False)
    >>> "{0._text}".format(key)
    Traceback (most recent call last):
    ...
    AttributeError: a key has no attributes
    >>> read__text(key)
    'abc'
    """

    __slots__ = ("_text",)

    def __init__(self, text):
        _SLOT.__set__(self, text)

    def __getattribute__(self, name):
        raise AttributeError("a key has no attributes")

    def __bool__(self):
        return bool(_SLOT.__get__(self))

    def __repr__(self):
        return "***"


_SLOT = Key.__dict__["_text"]


def read__text(key):
    """The text of a :class:`Key`, or of a str as it is."""
    return _SLOT.__get__(key) if type(key) is Key else key
