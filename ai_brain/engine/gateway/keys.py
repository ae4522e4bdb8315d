"""Keys of outside callers: 256 random bits, of which only a digest is kept.

A key has no meaning by itself, so a plain SHA-256 is enough: there is no list of likely keys that a
slow digest would have to be defended by.
"""

import hashlib
import re
import secrets
from typing import NamedTuple

PREFIX = "sam_"
#: So much of a key is kept and shown, for people to tell keys apart; 217 bits stay unknown.
SHOWN = len(PREFIX) + 6
_KEY = re.compile(r"sam_[A-Za-z0-9_-]{43}\Z", re.ASCII)


class NewKey(NamedTuple):
    """``secret`` is shown once; ``digest`` and ``shown`` (its beginning) are kept."""

    secret: str
    digest: str
    shown: str


def make():
    """Return a ``NewKey``.

    >>> one, two = make(), make()
    >>> one.secret != two.secret, one.digest == digest(one.secret), one.secret.startswith(one.shown)
    (True, True, True)
    >>> is_key(one.secret), len(one.secret)
    (True, 47)
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    return NewKey(secret, digest(secret), secret[:SHOWN])


def digest(secret):
    """Return the SHA-256 of a key, 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_key(text):
    """Has a text the shape of a key? What has not needs no look into the database.

    >>> is_key("sk-1"), is_key(""), is_key("sam_" + "é" * 43), is_key("sam_" + "x" * 43 + chr(10))
    (False, False, False, False)
    """
    return bool(_KEY.match(text))


def presented(headers):
    """Return the key that a request's headers present, as OpenAI's or Anthropic's client does.

    :param headers: a mapping that knows its names whatever their case
    :return: the text, '' without one

    >>> presented({"Authorization": "bearer  abc "}), presented({"x-api-key": "abc"}), presented({})
    ('abc', 'abc', '')
    >>> presented({"Authorization": "Basic YWJj"})
    ''
    """
    scheme, _space, text = (headers.get("Authorization") or "").strip().partition(" ")
    if scheme.lower() == "bearer" and text.strip():
        return text.strip()
    return (headers.get("x-api-key") or "").strip()
