"""Server-sent events of work that a thread of its own does, so that silence can be told apart."""

import queue
import threading

from .closing import maybe_closed

#: Of a response that streams events: no proxy may collect them first.
HEADERS = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-cache, no-store"),
    ("X-Accel-Buffering", "no"),
)
END = object()


class Aside:
    """The bytes of a stream, iterated once; its pieces are made in ``thread``.

    The request's cursor is closed by then, hence one of the thread's own, which is given back too
    while a vendor is waited for. A subclass says how: ``_cursor`` returns the cursor, ``_pieces``
    a generator of pieces from it, ``_failed`` the piece that tells of an exception (it is called
    where that is handled), ``_read`` yields the bytes of the pieces that ``next_piece`` returns,
    and sets ``left`` at its end. The place (anything with ``free``) is given back by the thread.
    """

    def __init__(self, env, place, name):
        self.dbname, self.uid, self.context = env.cr.dbname, env.uid, dict(env.context)
        self.place = place
        self.left = threading.Event()
        self.thread = threading.Thread(target=self._run, name=name, daemon=False)
        self.thread.dbname, self.thread.uid = self.dbname, self.uid
        self._queue = queue.SimpleQueue()
        self._events = None

    def __iter__(self):
        return self

    def __next__(self):
        if self._events is None:
            self._events = self._read()
        return next(self._events)

    def next_piece(self, patience_s):
        """Return the next piece; ``END`` after the last, None where it takes too long.

        :param float patience_s: seconds that nobody minds silence
        """
        try:
            return self._queue.get(timeout=patience_s)
        except queue.Empty:
            return None

    def _run(self):
        try:
            with maybe_closed(self._cursor()) as cr:
                self._pass_on(self._pieces(cr))
        except Exception as error:
            self._queue.put(self._failed(error))
        finally:
            try:
                self.place.free()
            finally:
                self._queue.put(END)

    def _pass_on(self, pieces):
        """Have the reader get the pieces, as long as there is one."""
        try:
            for piece in pieces:
                self._queue.put(piece)
                if self.left.is_set():
                    return
        finally:
            pieces.close()
