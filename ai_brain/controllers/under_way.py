"""An answer that is streamed: asked in a thread of its own, so that silence can be told apart."""

import logging
import time

from psycopg2.pool import PoolError

from odoo import api
from odoo.modules.registry import Registry

from ..engine.base.aside import END, Aside
from ..models.gateway import refused
from ..models.gateway.refused import Refused

_logger = logging.getLogger(__name__)

#: A sign of life is sent after so many silent seconds: proxies stay patient, and a reader that
#: left is noticed.
HEARTBEAT_S = 10
#: How long a stream waits for a database connection to begin with.
POOL_PATIENCE_S = 10


class UnderWay(Aside):
    """The bytes of a stream. The place is given back when the call is settled."""

    def __init__(self, gateway, call, writer, place):
        super().__init__(gateway.env, place, "ai.gateway")
        self.call, self.writer = call, writer
        self.first = None
        gateway.env["ai.service"]._hand_on_time(self.thread, call)

    def begin(self):
        """Ask, and wait for the first piece, or for as long as nobody minds silence.

        :raise Exception: what went wrong before there was any
        """
        self.thread.start()
        self.first = self.next_piece(HEARTBEAT_S)
        if isinstance(self.first, Exception):
            raise self.first

    def close(self):
        """What the server calls when it is done with the answer, also where the client is gone
        before the first byte: the call ends, and is settled at what came."""
        self.left.set()

    def _read(self):
        piece = self.first
        try:
            if piece is None:
                yield self.writer.heartbeat()
            while piece is not END:
                if piece is not None:
                    try:
                        data = self._written(piece)
                    except Exception:
                        yield self._written(_unforeseen())
                        return
                    yield data
                piece = self.next_piece(HEARTBEAT_S)
                if piece is None:
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

    def _cursor(self):
        """Return a cursor; where many begin at once, one that others give back soon."""
        deadline = time.monotonic() + POOL_PATIENCE_S
        while True:
            try:
                return Registry(self.dbname).cursor()
            except PoolError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def _pieces(self, cr):
        return api.Environment(cr, self.uid, self.context)["ai.gateway"]._pieces(self.call)

    def _failed(self, error):
        return refused.of(error) or _unforeseen()


def _unforeseen():
    """Log the error that is handled; return what the caller is told of it."""
    _logger.exception("AI endpoint: no answer")
    return Refused(500, "Something went wrong on the server.", code="server_error", retry=False)
