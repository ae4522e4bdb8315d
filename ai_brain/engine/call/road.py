"""Whom a call may ask one after the other, and how long that can take."""


def longest(waits, fallbacks, asked):
    """Return the seconds of the longest road that a call for ``asked`` can take.

    It begins at whichever provider a router, a budget or an experiment chose; where that one does
    not answer it goes back to the one that was asked for, and on from there along fallbacks. Each
    provider is asked once and waited for to its end.

    :param dict waits: id -> seconds, of each provider that can be asked
    :param dict fallbacks: id -> id of the provider that is asked instead, or None
    :param asked: id of the provider that the call is for

    >>> longest({1: 10}, {}, 1)
    10
    >>> longest({1: 10, 2: 60, 3: 5}, {1: 3}, 1)  # 2, back to 1, and its fallback
    75
    >>> longest({1: 10, 2: 60}, {1: 2, 2: 1}, 1)
    70
    """
    return max((_length(waits, fallbacks, asked, first) for first in waits), default=0)


def _length(waits, fallbacks, asked, first):
    road, here = [], first
    while here in waits and here not in road:
        road.append(here)
        here = asked if asked in waits and asked not in road else fallbacks.get(here)
    return sum(waits[one] for one in road)
