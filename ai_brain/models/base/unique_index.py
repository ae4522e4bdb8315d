"""A unique index that answers a person in words."""

from contextlib import contextmanager

import psycopg2


@contextmanager
def unique_index(cr, name, refusal):
    """Raise ``refusal()`` where the unique index ``name`` refuses what is written within.

    Of two transactions at once only the index sees both. What was written within is undone, so the
    caller's transaction goes on.
    """
    try:
        with cr.savepoint():
            yield
    except psycopg2.errors.UniqueViolation as error:
        if error.diag.constraint_name != name:
            raise
        raise refusal() from error
