"""Short transactions of our own, beside the caller's.

The vendor bills whether or not the caller's transaction commits, so the ledger does not depend
on it. These cursors come from a small pool of their own: a server whose request threads took
every connection of Odoo's pool must still be able to record what it paid.
"""

import os
import threading
import time
from contextlib import contextmanager

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo.sql_db import ConnectionPool, Cursor, connection_info_for

#: Connections a process keeps for the ledger. Transactions last a few milliseconds, so few are
#: enough; who finds none free waits.
SIZE = 8
#: Longest wait for a row lock. A caller that locked our row itself would wait for itself.
LOCK_TIMEOUT_MS = 8000

_pools = {}
_lock = threading.Lock()


class NoConnection(Exception):
    """No connection became free, or the server cannot be reached, within the time given."""


class _Pool:
    def __init__(self):
        self.connections = ConnectionPool(SIZE)
        self.free = threading.BoundedSemaphore(SIZE)


def _pool():
    # One per process: a worker must not use its parent's sockets.
    pid = os.getpid()
    with _lock:
        if pid not in _pools:
            _pools.clear()
            _pools[pid] = _Pool()
        return _pools[pid]


@contextmanager
def ledger_cursor(dbname, wait_s=30.0):
    """Yield a READ COMMITTED cursor that commits at the end and rolls back on an exception.

    :param float wait_s: how long to wait for a connection, a restarting server included
    :raise NoConnection: there was none; nothing was executed
    """
    pool = _pool()
    deadline = time.monotonic() + wait_s
    if not pool.free.acquire(timeout=wait_s):
        raise NoConnection("The database is busy.")
    try:
        with _connect(pool, dbname, deadline) as cr:
            yield cr
    finally:
        pool.free.release()


def _connect(pool, dbname, deadline):
    name, info = connection_info_for(dbname)
    options = f"-c lock_timeout={LOCK_TIMEOUT_MS}"
    pause = 0.05
    while True:
        try:
            cr = Cursor(pool.connections, name, {**info, "options": options})
            cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)
            return cr
        except psycopg2.OperationalError as error:
            if time.monotonic() + pause > deadline:
                raise NoConnection("The database cannot be reached.") from error
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
