"""Leases of claims: whoever asks a vendor for others too says every two seconds that he lives.

One thread a process beats for all of them, and only while there are any. It takes a connection for
the moment of one statement.
"""

import logging
import os
import threading

from ..base.own_cursor import commit_at_once, ledger_cursor

_logger = logging.getLogger(__name__)

BEAT_S = 2.0
#: Who has not been heard of for so long is dead: six beats, as a busy machine skips some.
LEASE_S = 12.0
#: Nobody waits longer than his provider's timeout and this much.
PATIENCE_S = 5.0

_lock = threading.Lock()
_hearts = {}


def lease_s(timeout_s):
    """Return for how long a claim holds without a beat: less than a call may take and five.

    >>> lease_s(60), lease_s(3)
    (12.0, 7.0)
    """
    return min(LEASE_S, timeout_s + PATIENCE_S - 1)


def hold(dbname, token, seconds):
    """Begin to renew a claim, by ``seconds`` each time."""
    with _lock:
        heart = _hearts.get(os.getpid())
        if not heart:  # a worker has none of its parent's threads
            _hearts.clear()
            heart = _hearts[os.getpid()] = _Heart()
        heart.add(dbname, token, seconds)


def drop(token):
    """Renew a claim no more."""
    with _lock:
        heart = _hearts.get(os.getpid())
        if heart:
            heart.claims.pop(token, None)


class _Heart:
    def __init__(self):
        self.claims, self.beats = {}, False

    def add(self, dbname, token, seconds):
        self.claims[token] = dbname, seconds
        if not self.beats:
            self.beats = True
            threading.Thread(target=self._run, name="ai_brain.leases", daemon=True).start()

    def _run(self):
        pause = threading.Event()
        while True:
            pause.wait(BEAT_S)
            with _lock:
                if not self.claims:
                    self.beats = False
                    return
                held = dict(self.claims)
            for dbname in {name for name, _seconds in held.values()}:
                self._beat(dbname, [(t, s) for t, (name, s) in held.items() if name == dbname])

    def _beat(self, dbname, claims):
        try:
            with ledger_cursor(dbname, BEAT_S) as cr:
                commit_at_once(cr)
                cr.execute(
                    "UPDATE ai_answer_claim c SET lease_until ="
                    " clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => l.seconds)"
                    " FROM unnest(%s, %s) AS l(token, seconds) WHERE c.token = l.token",
                    ([token for token, _s in claims], [seconds for _t, seconds in claims]),
                    log_exceptions=False,
                )
        except Exception:
            _logger.info("AI shared answers: a beat was skipped", exc_info=True)
