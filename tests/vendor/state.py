"""What the loopback vendor remembers, shared by its threads."""

import hashlib
import threading

from .batches import Batches
from .caches import Caches
from .tuning import Tunings

HANG_S = 300


class State:
    """What the vendor remembers: its log, the gates, how often each prompt came."""

    def __init__(self):
        self.changed = threading.Condition()
        self.trap_port = None
        self.reset()

    def reset(self):
        with self.changed:
            self.log = []
            self.trapped = []
            self.seen = {}
            self.waiting = {}
            self.released = set()
            self.defaults = {}
            self.batches = Batches()
            self.caches = Caches()
            self.tunings = Tunings()
            self.changed.notify_all()

    def nth(self, prompt):
        """How often this prompt came before."""
        key = hashlib.sha256(prompt.encode("utf-8", "replace")).digest()
        with self.changed:
            self.seen[key] = self.seen.get(key, 0) + 1
            return self.seen[key] - 1

    def add(self, row):
        with self.changed:
            row["n"] = len(self.log)
            self.log.append(row)
            self.changed.notify_all()

    def hold(self, gate, limit=HANG_S):
        with self.changed:
            self.waiting[gate] = self.waiting.get(gate, 0) + 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: gate in self.released, limit)

    def release(self, gate):
        with self.changed:
            self.released.add(gate)
            self.changed.notify_all()

    def wait(self, gate, number, limit):
        """Wait until so many requests stand at the gate; how many do."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting.get(gate, 0) >= number, limit)
            return self.waiting.get(gate, 0)
