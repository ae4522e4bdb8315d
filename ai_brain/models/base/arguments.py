"""What callers over RPC may hand over: ids, numbers of days, defaults in the context."""

#: Ids are PostgreSQL's 4-byte integers.
MOST_ID = 2**31 - 1


def is_id(value):
    """Tell whether ``value`` can be the id of a record; True is no number here."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_ID


def is_days(value):
    """Tell whether ``value`` is a number of days from 1 to 3,660."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 3660


def without_defaults(records, guarded):
    """Return the records without the context's ``default_…`` of guarded fields, which a create
    would write like values; as superuser they stay.

    :param guarded: names of fields that the current user may not enter
    """
    if records.env.su:
        return records
    names = {f"default_{name}" for name in guarded}
    context = records.env.context
    kept = {name: value for name, value in context.items() if name not in names}
    return records.with_env(records.env(context=kept))
