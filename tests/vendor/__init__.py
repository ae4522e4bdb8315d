"""The loopback vendor: a small real HTTP server that speaks three vendors' formats.

It counts and bills by its own price list and arithmetic, logs every call that it served, and
misbehaves on demand, so that a test can hold its bill against our ledger. By hand:
``python -m tests.vendor --port 8139`` in the repository.

A prompt steers it with a marker such as ``{{vendor fault=half id=7}}``; see ``faults.py``.
What may wait goes through the batch services of ``batches.py``; vectors and recordings are those of
``tasks.py``.
"""

from .client import Vendor
from .prices import PRICES, TASKS

__all__ = ["PRICES", "TASKS", "Vendor"]
