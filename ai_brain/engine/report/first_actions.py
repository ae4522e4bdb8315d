"""What several savings come to together: none of the money is counted twice."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Saving(NamedTuple):
    """``usd`` that a change would save; None where nobody knows.

    group: of what kind its money is; ``is_rest``: it may be the same money as the others of its
    group, so only what it has beyond them counts.
    """

    usd: Decimal | None
    group: str = ""
    is_rest: bool = False


def count_once(savings, cost_usd):
    """What each saving adds to those before it in the answer's order, which is that of ``savings``.

    The dearest is applied first, and each saves its share of what those before it leave of the
    cost; so together they never come to more than was paid. A saving whose group has others counts
    with what it exceeds them by, where it is the group's rest. It is a cautious figure: savings on
    different calls would not diminish each other.

    >>> D = Decimal
    >>> [str(one) for one in count_once([Saving(D(50)), Saving(D(20)), Saving(None)], D(100))]
    ['50', '10', '0']
    >>> count_once([Saving(D(3), "model"), Saving(D(5), "model", is_rest=True)], D(1000))[1]
    Decimal('1.994')
    >>> count_once([Saving(D(7))], D(0))
    [Decimal('0')]
    """
    counted = [Decimal(0)] * len(savings)
    grouped = {}
    for one in savings:
        if not one.is_rest and one.usd:
            grouped[one.group] = grouped.get(one.group, Decimal(0)) + one.usd
    claims = []
    for place, one in enumerate(savings):
        usd = one.usd or Decimal(0)
        if one.is_rest:
            usd -= grouped.get(one.group, Decimal(0))
        if usd > 0:
            claims.append((usd, place))
    left = cost_usd
    for usd, place in sorted(claims, key=lambda claim: (-claim[0], claim[1])):
        if cost_usd <= 0:
            break
        counted[place] = min(usd, cost_usd) * left / cost_usd
        left -= counted[place]
    return counted
