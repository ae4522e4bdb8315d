"""Wrong keys, counted by address: who guesses is told to come back later.

A right key is never asked where it comes from, so that many callers behind one proxy do not suffer
for one of them. What is counted is forgotten after a minute and bounded in number.
"""

import threading
import time
from collections import OrderedDict

#: Wrong keys from one address within a minute that are answered at once.
FREE = 20
WINDOW_S = 60
MOST_ADDRESSES = 10_000


class Guesses:
    """Counts of one process.

    >>> guesses = Guesses(free=2, clock=lambda: 0)
    >>> [guesses.wait_s("192.0.2.1") for _ in range(4)], guesses.wait_s("192.0.2.2")
    ([0, 0, 60, 60], 0)
    """

    def __init__(self, free=FREE, most=MOST_ADDRESSES, clock=time.monotonic):
        self._free, self._most, self._clock = free, most, clock
        self._seen = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, address):
        """Count one wrong key; return the seconds that the address has to wait, 0: none.

        >>> now = [0.0]
        >>> guesses = Guesses(free=1, most=2, clock=lambda: now[0])
        >>> guesses.wait_s("a"), guesses.wait_s("a")
        (0, 60)
        >>> now[0] = 59.5
        >>> guesses.wait_s("a")
        1
        >>> now[0] = 60
        >>> guesses.wait_s("a"), guesses.wait_s("b"), guesses.wait_s("c"), len(guesses._seen)
        (0, 0, 0, 2)
        """
        now = self._clock()
        with self._lock:
            since, count = self._seen.pop(address, (now, 0))
            if now - since >= WINDOW_S:
                since, count = now, 0
            self._seen[address] = since, count + 1
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)
        return 0 if count < self._free else max(1, -int(-(since + WINDOW_S - now) // 1))
