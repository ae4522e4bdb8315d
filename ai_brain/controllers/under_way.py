"""An answer that is streamed: asked in a thread of its own, so that silence can be told apart."""

import contextlib
import logging
import queue
import threading
import time

from psycopg2.pool import PoolError

from odoo import api
from odoo.modules.registry import Registry

from ..engine.base.closing import maybe_closed
from ..models.gateway import refused
from ..models.gateway.refused import Refused

_logger = logging.getLogger(__name__)

#: A sign of life is sent after so many silent seconds: proxies stay patient, and a reader that
#: left is noticed.
HEARTBEAT_S = 10
#: How long a stream waits for a database connection to begin with.
POOL_PATIENCE_S = 10
_END = object()


class UnderWay:
    """The bytes of a stream, iterated once.

    The request's cursor is closed by then, hence one of the thread's own, which is given back too
    while the vendor is waited for. The place is given back when the call is settled.
    """

    def __init__(self, gateway, call, writer, place):
        env = gateway.env
        self.dbname, self.uid, self.context = env.cr.dbname, env.uid, dict(env.context)
        self.call, self.writer, self.place = call, writer, place
        self.queue = queue.SimpleQueue()
        self.left = threading.Event()
        self.first = None
        self._events = None
        self.thread = threading.Thread(target=self._run, name="ai.gateway", daemon=False)
        self.thread.dbname, self.thread.uid = self.dbname, self.uid
        env["ai.service"]._hand_on_time(self.thread, call)

    def begin(self):
        """Ask, and wait for the first piece, or for as long as nobody minds silence.

        :raise Exception: what went wrong before there was any
        """
        self.thread.start()
        with contextlib.suppress(queue.Empty):
            self.first = self.queue.get(timeout=HEARTBEAT_S)
        if isinstance(self.first, Exception):
            raise self.first

    def __iter__(self):
        return self

    def __next__(self):
        if self._events is None:
            self._events = self._read()
        return next(self._events)

    def close(self):
        """What the server calls when it is done with the answer, also where the client is gone
        before the first byte: the call ends, and is settled at what came."""
        self.left.set()

    def _read(self):
        piece = self.first
        try:
            if piece is None:
                yield self.writer.heartbeat()
            while piece is not _END:
                if piece is not None:
                    try:
                        data = self._written(piece)
                    except Exception:
                        yield self._written(_unforeseen())
                        return
                    yield data
                try:
                    piece = self.queue.get(timeout=HEARTBEAT_S)
                except queue.Empty:
                    piece = None
                    yield self.writer.heartbeat()
        finally:
            self.left.set()

    def _written(self, piece):
        if isinstance(piece, Exception):
            told = refused.of(piece)
            return self.writer.error(
                told.status, None, told.message, told.param, told.code, told.extra
            )
        if piece["type"] == "done":
            return self.writer.end(piece["result"])
        return self.writer.event(piece)

    def _run(self):
        try:
            with maybe_closed(_cursor(self.dbname)) as cr:
                self._ask(api.Environment(cr, self.uid, self.context))
        except Exception as error:
            told = refused.of(error)
            self.queue.put(told or _unforeseen())
        finally:
            try:
                self.place.free()
            finally:
                self.queue.put(_END)

    def _ask(self, env):
        pieces = env["ai.gateway"]._pieces(self.call)
        try:
            for piece in pieces:
                self.queue.put(piece)
                if self.left.is_set():
                    return
        finally:
            pieces.close()


def _unforeseen():
    """Log the error that is handled; return what the caller is told of it."""
    _logger.exception("AI endpoint: no answer")
    return Refused(500, "Something went wrong on the server.", code="server_error", retry=False)


def _cursor(dbname):
    """Return a cursor; where many begin at once, one that others give back soon."""
    deadline = time.monotonic() + POOL_PATIENCE_S
    while True:
        try:
            return Registry(dbname).cursor()
        except PoolError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
