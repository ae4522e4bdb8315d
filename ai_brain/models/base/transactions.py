"""Transactions of our own, beside the caller's, and what a failed step of his is undone with."""

import contextlib
from collections import deque
from functools import partial

from odoo import api
from odoo.modules import module
from odoo.tools.misc import Callbacks

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


class undone_if_failed:
    """Undo the ORM's writes of the body where it raises, those not flushed yet included.

    The savepoint is taken when the body first sends a statement: most bodies send none. Nothing
    of the caller may be waiting to be flushed (``env.flush_all()`` before). Bodies may be nested:
    the outer one's savepoint is then taken before the inner one's.
    """

    __slots__ = ("_before", "_cursor", "_env", "_is_hooked", "_is_taken")

    def __init__(self, env):
        self._env, self._cursor = env, env.cr
        self._is_taken = False

    def __enter__(self):
        # on the cursor itself: whatever the body reaches it through is caught
        own = vars(self._cursor)
        self._before, self._is_hooked = own.get("execute"), True
        own["execute"] = self._first

    def _first(self, *args, **kwargs):
        self._unhook()
        self._cursor.execute("SAVEPOINT ai_undone")
        self._is_taken = True
        return self._cursor.execute(*args, **kwargs)

    def _unhook(self):
        if not self._is_hooked:
            return
        self._is_hooked = False
        if self._before:
            self._cursor.execute = self._before
        else:
            vars(self._cursor).pop("execute", None)

    def __exit__(self, kind, error, trace):
        if kind is None:
            try:
                self._env.flush_all()
            except Exception:
                self._undo()
                raise
            self._release()
        elif issubclass(kind, Exception):
            self._undo()
        else:
            self._release(rollback=True)

    def _undo(self):
        try:
            self._release(rollback=True)
        finally:
            self._env.transaction.clear()

    def _release(self, rollback=False):
        self._unhook()
        if self._is_taken:
            if rollback:
                self._cursor.execute("ROLLBACK TO SAVEPOINT ai_undone")
            self._cursor.execute("RELEASE SAVEPOINT ai_undone")


class Waiting(Callbacks):
    """What waits for the commit of a transaction, and can be put back as it was: a cursor's
    ``precommit``, in place of Odoo's, which does not tell what it holds."""

    __slots__ = ("functions",)

    def __init__(self):
        super().__init__()
        self.functions = deque()

    def __len__(self):
        return len(self.functions)  # Odoo 19 runs none where this is 0

    def add(self, func):
        self.functions.append(func)

    def run(self):
        while self.functions:
            self.functions.popleft()()
        self.clear()

    def clear(self):
        self.functions.clear()
        self.data.clear()

    def kept(self):
        """Return what waits now, for :meth:`put_back`."""
        return [*self.functions], _seen(self.data)

    def put_back(self, kept):
        """Have wait what did so when :meth:`kept` was asked, and nothing else."""
        functions, data = kept
        self.functions = deque(functions)
        _as_seen(data)


def _seen(value):
    """A value and what it contains: functions hold on to the very list in which others collect."""
    if isinstance(value, dict):
        return value, [(key, _seen(one)) for key, one in value.items()]
    return value, value.copy() if isinstance(value, list | set) else None


def _as_seen(seen):
    """Return a value of :func:`_seen`, containing what it did."""
    value, content = seen
    if isinstance(value, dict):
        value.clear()
        value.update((key, _as_seen(one)) for key, one in content)
    elif isinstance(value, list | set):
        value.clear()
        (value.extend if isinstance(value, list) else value.update)(content)
    return value


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
