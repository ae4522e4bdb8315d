"""Short transactions of our own, beside the caller's.

The vendor bills whether or not the caller's transaction commits, so the ledger does not depend
on it. These cursors come from a small pool of their own: a server whose request threads took
every connection of Odoo's pool must still be able to record what it paid.
"""

import os
import select
import threading
import time
from contextlib import contextmanager

import psycopg2
import psycopg2.extensions
from psycopg2.extensions import STATUS_READY

from odoo.sql_db import Cursor, connection_info_for

#: Connections a process keeps for the ledger. Transactions last a few milliseconds, so few are
#: enough; who finds none free waits.
SIZE = 8
#: Longest wait for a row lock. A caller that locked our row itself would wait for itself.
LOCK_TIMEOUT_MS = 8000

_pools = {}
_lock = threading.Lock()


class NoConnection(Exception):
    """No connection became free, or the server cannot be reached, within the time given."""


class _Connections:
    """What ``Cursor`` wants of a pool, without the reset that Odoo's sends at every loan.

    Nothing of a session is ever set on these connections, so there is nothing to reset, and two
    round trips a loan are much for transactions of one statement.
    """

    readonly = None  # whatever the session's default is

    def __init__(self):
        self.idle = []

    def borrow(self, info):
        while self.idle:
            connection, name = self.idle.pop()
            if name == info["database"] and not connection.closed and not _readable(connection):
                return connection
            connection.close()
        connection = psycopg2.connect(connection_factory=_Connection, **info)
        connection.database = info["database"]
        return connection

    def give_back(self, connection, keep_in_pool=True):
        if keep_in_pool and not connection.closed and len(self.idle) < SIZE:
            self.idle.append((connection, connection.database))
        else:
            connection.close()


class _Connection(psycopg2.extensions.connection):
    database = None


def _readable(connection):
    """A server that went away has closed its end: something is there to be read."""
    if not hasattr(select, "poll"):  # Windows, where the number of a socket does not matter
        return bool(select.select([connection], [], [], 0)[0])
    # select() raises for descriptors from 1,024 on, which a busy worker has.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


class _Pool:
    def __init__(self):
        self.connections = _Connections()
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


def commit_at_once(cr):
    """Have the next execute be a transaction of its own, committed in the same round trip.

    A row that many calls wait for is then never locked while a Python thread waits to run. Only
    on a fresh cursor: within a transaction (as in tests) nothing changes.
    """
    connection = cr.connection
    if connection.status == STATUS_READY and not connection.autocommit:
        connection.autocommit = True


def begin_again(cr):
    """Undo :func:`commit_at_once`, for a transaction of several statements."""
    if cr.connection.autocommit:
        cr.connection.autocommit = False


def _connect(pool, dbname, deadline):
    name, info = connection_info_for(dbname)
    options = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c default_transaction_isolation=read\\ committed"
    pause = 0.05
    while True:
        try:
            cr = Cursor(pool.connections, name, {**info, "options": options})
            cr.connection.set_isolation_level(None)  # the session's own default, see options
            return cr
        except psycopg2.OperationalError as error:
            if time.monotonic() + pause > deadline:
                raise NoConnection("The database cannot be reached.") from error
            time.sleep(pause)
            pause = min(pause * 2, 1.0)
