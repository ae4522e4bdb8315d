"""Kinds of answer: said here once, and read everywhere, by SQL too.

``vendor``: a vendor was asked for it, so it has a price, and its time says something of the
provider; ``reused``: no vendor was asked, which is what a hit rate counts; ``lasting``: it answers
the question, so that the same key gets it again; ``answer``: a call was answered by it (what a
model was trained for is paid to a vendor and answers nothing, so that it is in no mean of calls).

>>> KINDS["batch"].vendor, KINDS["cache"].reused
(True, True)
>>> sql_list(REUSED)
"('pattern', 'cache', 'dedup')"
"""

from typing import NamedTuple


class Kind(NamedTuple):
    """What one kind of answer means; ``label`` is its English name on screens."""

    label: str
    vendor: bool = False
    reused: bool = False
    lasting: bool = True
    answer: bool = True


#: code, as the ledger keeps it -> what it means
KINDS = {
    "api": Kind("Vendor", vendor=True),
    "pattern": Kind("Pattern", reused=True),
    "cache": Kind("Cache", reused=True),
    "dedup": Kind("Shared answer", reused=True),
    "batch": Kind("Batch", vendor=True),
    "summary": Kind("Summary", vendor=True),
    "trial": Kind("Trial", vendor=True),
    "tuning": Kind("Training", vendor=True, lasting=False, answer=False),
    "fallback": Kind("Apology", lasting=False),
}

#: Kinds by which a vendor answered, and all that were paid to one.
VENDOR = tuple(code for code, kind in KINDS.items() if kind.vendor and kind.answer)
PAID = tuple(code for code, kind in KINDS.items() if kind.vendor)
REUSED = tuple(code for code, kind in KINDS.items() if kind.reused)


def sql_list(codes):
    """Return codes as the right side of ``IN``; they are constants of this file.

    >>> sql_list(("api", "batch"))
    "('api', 'batch')"
    """
    if not codes or not set(codes) <= set(KINDS):
        raise ValueError(f"no kinds of answer: {codes!r}")
    return "(" + ", ".join(f"'{code}'" for code in codes) + ")"
