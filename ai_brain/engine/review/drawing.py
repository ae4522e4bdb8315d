"""Which answers are drawn for review, and which of them two people judge.

Drawn by a keyed hash of the row's number: the same rows whenever it is asked, on every server, and
nobody who does not know the key can tell beforehand which call will be looked at.

>>> rows = range(1, 10001)
>>> drawn = [row for row in rows if is_drawn("key", "sample", row, 0.1)]
>>> 900 < len(drawn) < 1100, drawn == [row for row in rows if is_drawn("key", "sample", row, 0.1)]
(True, True)
>>> set(drawn) <= {row for row in rows if is_drawn("key", "sample", row, 0.2)}  # more, not others
True
>>> is_drawn("key", "sample", 7, 0), is_drawn("key", "sample", 7, 1)
(False, True)
"""

import hashlib

#: Of so many answers that wait for review, two people judge each without seeing the other's word.
SHARE_OF_TWO = 0.2
#: Answers of one agent that are drawn for review in one day.
MOST_DRAWN = 50
#: Answers of one agent that come to review in one day because somebody doubts them.
MOST_DOUBTED = 200
#: A reader's rating below this is a doubt.
LOW = 50.0

_BITS = 64


def is_drawn(key, purpose, number, share):
    """Is the row ``number`` among the ``share`` (0 to 1) that is drawn for a purpose?

    :param str key: a secret of the database
    :param str purpose: what it is drawn for: rows drawn for one purpose say nothing of another
    """
    made = hashlib.blake2b(
        f"{purpose}:{number}".encode(), digest_size=_BITS // 8, key=key.encode()[:64]
    )
    return int.from_bytes(made.digest(), "big") < share * 2**_BITS


def people_for(key, number):
    """How many people judge a row: 1 or 2.

    >>> sum(people_for("key", number) == 2 for number in range(10000)) // 100
    19
    """
    return 2 if is_drawn(key, "two", number, SHARE_OF_TWO) else 1
