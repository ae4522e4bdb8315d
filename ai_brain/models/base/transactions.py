"""Transactions of our own, beside the caller's, and what a failed step of his is undone with."""

import contextlib
from functools import partial

from odoo import api
from odoo.modules import module
from odoo.sql_db import Savepoint

from .own_cursor import ledger_cursor


def under_test():
    """Is an Odoo test running, which sees nothing that others commit and may commit nothing?"""
    return bool(module.current_test)


class Apart:
    """Opens short transactions beside a caller's, also once his cursor is closed.

    ::

        apart = Apart(self.env)
        with apart.env() as env:  # committed at the end, rolled back on an exception
            env["ai.cost.alert"].…
    """

    def __init__(self, env):
        self._registry = env.registry
        self._caller = env.cr
        self._dbname = env.cr.dbname
        # not _uid, _context: an upgrade to 19 takes those for the ORM's
        self._user_id, self._values = env.uid, dict(env.context)

    @contextlib.contextmanager
    def cursor(self, wait_s=30.0):
        """Yield a READ COMMITTED cursor; in tests it is a savepoint of the test's transaction.

        :raise own_cursor.NoConnection: none came free within ``wait_s``; nothing was executed
        """
        if self._registry.in_test_mode():
            with self._registry.cursor() as cr:
                yield cr
        elif under_test():
            with self._caller.savepoint():
                yield self._caller
        else:
            with ledger_cursor(self._dbname, wait_s) as cr:
                yield cr

    def on(self, cr, su=True):
        """Return the caller's environment on another cursor, as superuser unless said otherwise."""
        return api.Environment(cr, self._user_id, self._values, su)

    @contextlib.contextmanager
    def reading(self):
        """Yield an environment to read in, on a cursor of Odoo's pool: the few of :meth:`cursor`
        are for what is written."""
        if under_test():
            yield self.on(self._caller)
            return
        with self._registry.cursor() as cr:
            yield self.on(cr)

    @contextlib.contextmanager
    def env(self, wait_s=30.0, su=True):
        """Yield an environment on :meth:`cursor`."""
        with self.cursor(wait_s) as cr:
            yield self.on(cr, su)


@contextlib.contextmanager
def undone_if_failed(env):
    """Undo the ORM's writes of the body where it raises, those not flushed yet included.

    The savepoint is taken when the body first sends a statement: most bodies send none. Nothing
    of the caller may be waiting to be flushed (``env.flush_all()`` before).
    """
    guard = _LazySavepoint(env.cr)
    try:
        with guard:
            yield
            env.flush_all()
    except Exception:
        env.transaction.clear()
        raise


class _LazySavepoint:
    def __init__(self, cr):
        self._cursor, self._taken = cr, None

    def __enter__(self):
        # on the cursor itself: whatever the body reaches it through is caught
        self._cursor.execute = self._first
        return self

    def _first(self, *args, **kwargs):
        self._unhook()
        self._taken = Savepoint(self._cursor)
        return self._cursor.execute(*args, **kwargs)

    def _unhook(self):
        with contextlib.suppress(AttributeError):
            del self._cursor.execute

    def __exit__(self, kind, error, trace):
        self._unhook()
        if self._taken:
            self._taken.close(rollback=kind is not None)


def forget(env):
    """Have cached facts read anew: now, and again once this transaction is committed.

    Between the two another thread of this process may have read, and cached, what was before.
    """
    env.registry.clear_cache()
    pending = env.cr.postcommit.data.setdefault("ai_brain.forget", [])
    if not pending:
        pending.append(True)
        env.cr.postcommit.add(partial(_forget_again, env.registry, pending))


def _forget_again(registry, pending):
    pending.clear()
    registry.clear_cache()
