"""A clock that tests and the demo set back, so that what really happens now is dated then.

For whatever takes days to show: kept answers, batches, savings that are proven::

    for ago in range(60, 0, -1):
        with env["ai.clock"]._set_back(now - timedelta(days=ago)):
            env["ai.service"].send_message(…)  # its row, its day, its price are of then

Moved is what the server asks its ``fields`` for, in this thread alone; the clock goes on from
there. PostgreSQL's own ``now()`` is not: leases and what is kept under a key are of today.
"""

import contextlib
import threading
from datetime import datetime, timedelta

from odoo import api, fields, models

from .transactions import under_test

#: Of each thread: ``shift``, how far its clock is moved.
_here = threading.local()
_lock = threading.Lock()
_users = 0
_kept = {}


class AiClock(models.AbstractModel):
    """The clock of a demo, for addons that bring one (theirs need nothing of our models)."""

    _name = "ai.clock"
    _description = "AI Demo Clock"

    @api.model
    def _set_back(self, moment):
        """Return a context manager: see ``moved_clock``."""
        return moved_clock(self.env, moment)


@contextlib.contextmanager
def moved_clock(env, moment):
    """Run the body as if it began at a moment; within another one the inner moment counts.

    :param env: of the database; it is a test's, or was made with demo data
    :param moment: naive UTC datetime, not after now
    :raise RuntimeError: the database is used for real, or the moment is to come
    """
    if not (under_test() or _is_demo(env)):
        raise RuntimeError("Only a test or a database with demo data has a clock to move.")
    before = getattr(_here, "shift", timedelta())
    shift = moment - datetime.now()  # Odoo's processes live in UTC
    if shift > timedelta(seconds=1):
        raise RuntimeError("A clock is set back, not forward.")
    _hook()
    _here.shift = shift
    try:
        yield
    finally:
        _here.shift = before
        _unhook()


def _is_demo(env):
    module = env.ref("base.module_ai_brain", raise_if_not_found=False)
    return bool(module and module.sudo().demo)


def _hook():
    """Have the fields' clocks heed the threads' shifts, as long as anybody has moved his."""
    global _users
    with _lock:
        _users += 1
        if _users > 1:
            return
        _kept.update({(owner, name): vars(owner)[name] for owner, name in _CLOCKS})
        for (owner, name), ours in _CLOCKS.items():
            setattr(owner, name, staticmethod(ours))


def _unhook():
    global _users
    with _lock:
        _users -= 1
        if not _users:
            for (owner, name), original in _kept.items():
                setattr(owner, name, original)


def _shifted():
    return getattr(_here, "shift", None)


def _now(*_args):
    shift = _shifted()
    if shift:
        return (datetime.now() + shift).replace(microsecond=0)
    return _kept[fields.Datetime, "now"].__func__()


def _today(*_args):
    return _now().date() if _shifted() else _kept[fields.Date, "today"].__func__()


def _context_today(record, timestamp=None):
    if _shifted() and timestamp is None:
        timestamp = _now()
    return _kept[fields.Date, "context_today"].__func__(record, timestamp)


_CLOCKS = {
    (fields.Datetime, "now"): _now,
    (fields.Date, "today"): _today,
    (fields.Date, "context_today"): _context_today,
}
