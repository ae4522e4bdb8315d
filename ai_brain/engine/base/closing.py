"""Ending what its user may have closed already."""

import contextlib


@contextlib.contextmanager
def maybe_closed(cr):
    """Like ``with cr``, for a cursor that its user may have closed by the end.

    >>> class Cursor:
    ...     closed = False
    ...     def close(self): self.closed = True
    ...     def __enter__(self): return self
    ...     def __exit__(self, *error): print("committed"); self.close()
    >>> with maybe_closed(Cursor()) as cr:
    ...     pass
    committed
    >>> with maybe_closed(Cursor()) as cr:
    ...     cr.close()
    """
    try:
        yield cr
    except BaseException:
        if not cr.closed:
            cr.close()
        raise
    if not cr.closed:
        with cr:
            pass
