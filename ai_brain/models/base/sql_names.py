"""Names of columns in statements that every call sends: made once."""

from functools import lru_cache

from odoo.tools import SQL


@lru_cache(maxsize=256)
def column_list(names):
    """Return the names of columns, a tuple, as ``SQL``: quoted, with commas between."""
    return SQL(", ").join(map(SQL.identifier, names))


@lru_cache(maxsize=64)
def all_in_one(number):
    """Return the text of one statement of so many that change data, each with ``RETURNING id``; it
    returns their ids in a row."""
    parts = ", ".join(f'"e{n}" AS (%s)' for n in range(number))
    return f"WITH {parts} SELECT " + ", ".join(
        f'(SELECT max(id) FROM "e{n}")' for n in range(number)
    )
