"""Moments in the life of calls that may wait. All are naive UTC.

>>> from datetime import datetime
>>> now = datetime(2026, 3, 1, 12)
>>> leaves_at(now, 30)
datetime.datetime(2026, 3, 1, 12, 30)
>>> leaves_at(now, 30, latest=datetime(2026, 3, 1, 12, 10))  # before it, not after
datetime.datetime(2026, 3, 1, 12, 5)
>>> leaves_at(now, 30, latest=datetime(2026, 3, 1, 11))
datetime.datetime(2026, 3, 1, 12, 0)
"""

from datetime import timedelta

#: A scheduled action looks every two minutes, and may be busy.
NEAR = timedelta(minutes=5)
#: What could not be sent is given up so long after it was to leave.
GIVE_UP = timedelta(hours=24)
#: The longest that a vendor's batch lives (Gemini: 48 hours), and time to fetch its answers.
LONGEST = timedelta(hours=50)
#: What was sent and may have arrived can be missing in the vendor's list for so long.
LISTED = timedelta(minutes=15)
#: So often it is looked for after that before it counts as never arrived.
MISSES = 2
#: So often a callback is tried.
CALLBACKS = 5
#: So often a request is sent that its vendor gave back unanswered.
SENDINGS = 3
#: So often a request is sent whose batch the vendor refused as a whole: its limit on what waits
#: with it (OpenAI counts tokens by model) is free again as other batches end, hours later.
REFUSALS = 6
#: So often a file of results that ended early is fetched.
FETCHES = 8

_SOONEST, _SLOWEST = timedelta(minutes=1), timedelta(minutes=10)
_REFUSAL_PAUSES = (15, 30, 60, 120, 240)  # minutes
_CALLBACK_PAUSES = (1, 5, 30, 120)  # minutes


def leaves_at(now, minutes, latest=None):
    """When a request leaves: ``minutes`` from ``now``, or shortly before ``latest``."""
    found = now + timedelta(minutes=minutes)
    if latest is not None:
        found = min(found, latest - NEAR)
    return max(found, now)


def next_look(now, sent_at):
    """When a vendor is asked again how far a batch is: the longer it takes, the more seldom.

    >>> from datetime import datetime
    >>> sent = datetime(2026, 3, 1)
    >>> [(next_look(sent + timedelta(minutes=m), sent) - sent).seconds // 60 - m for m in (0, 50)]
    [1, 5]
    >>> (next_look(sent + timedelta(hours=9), sent) - sent).seconds // 60
    550
    """
    return now + min(max((now - sent_at) / 10, _SOONEST), _SLOWEST)


def next_try(now, tries):
    """When what failed ``tries`` times is tried again: 1, 2, 4, … up to 30 minutes later.

    >>> from datetime import datetime
    >>> now = datetime(2026, 3, 1)
    >>> [(next_try(now, tries) - now).seconds // 60 for tries in (1, 2, 3, 99)]
    [1, 2, 4, 30]
    """
    return now + timedelta(minutes=min(2 ** min(max(tries, 1) - 1, 9), 30))


def after_refusal(now, tries):
    """When a request is sent again that was sent ``tries`` times and refused with its batch.

    >>> from datetime import datetime
    >>> now = datetime(2026, 3, 1)
    >>> [(after_refusal(now, tries) - now).seconds // 60 for tries in (1, 2, 5, 9)]
    [15, 30, 240, 240]
    """
    at = min(max(tries, 1), len(_REFUSAL_PAUSES)) - 1
    return now + timedelta(minutes=_REFUSAL_PAUSES[at])


def next_callback(now, tries):
    """When a callback that failed ``tries`` times is tried again; None: it is not.

    >>> from datetime import datetime
    >>> now = datetime(2026, 3, 1)
    >>> [next_callback(now, n) and (next_callback(now, n) - now).seconds // 60 for n in range(1, 6)]
    [1, 5, 30, 120, None]
    """
    if tries >= CALLBACKS:
        return None
    return now + timedelta(minutes=_CALLBACK_PAUSES[tries - 1])
