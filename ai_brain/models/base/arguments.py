"""What callers over RPC may hand over where a record's id or a number of days belongs."""

#: Ids are PostgreSQL's 4-byte integers.
MOST_ID = 2**31 - 1


def is_id(value):
    """Tell whether ``value`` can be the id of a record; True is no number here."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_ID


def is_days(value):
    """Tell whether ``value`` is a number of days from 1 to 3,660."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 3660
