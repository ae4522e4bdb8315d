"""Which calls are held out: drawn by a keyed hash, so that every worker draws the same at any time
and nobody can tell beforehand.

>>> parts = [assign(b"key", 7, 1, f"talk {n}", 5) for n in range(20_000)]
>>> sum(part.arm == "held_out" for part in parts) // 100
10
>>> assign(b"key", 7, 1, "talk 1", 5) == assign(b"key", 7, 1, "talk 1", 5)
True
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

#: Percent: more would cost more than it could show.
MOST_SHARE = 50

TREATED, HELD_OUT = "treated", "held_out"


class Part(NamedTuple):
    """A call's part in a holdout. ``unit``: the session's number, which its calls have in common;
    ``percent``: the share that was held out then."""

    arm: str
    unit: int
    percent: int


def assign(key, agent, company, session, percent):
    """Return the ``Part`` of a session.

    :param bytes key: a secret of at most 64 bytes
    :param session: text that is the same for all calls of one conversation
    :param int percent: share of the sessions that is held out, 0 to ``MOST_SHARE``
    :raise ValueError: a share beyond that

    >>> assign(b"key", 7, 1, "talk", 0).arm
    'treated'
    """
    if not 0 <= percent <= MOST_SHARE:
        raise ValueError(f"a share is 0 to {MOST_SHARE} percent, not {percent}")
    subject = f"{agent}\x1f{company}\x1f{session}".encode("utf-8", "replace")
    digest = hashlib.blake2b(subject, key=key, digest_size=12).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64 * 100
    unit = int.from_bytes(digest[8:], "big") >> 1  # a column of 32 bits, with a sign
    return Part(HELD_OUT if point < percent else TREATED, unit, percent)
