"""How a call ended: said here once, and read everywhere, by SQL and by the lists of screens too.

A call *failed* where its provider gave no answer: nothing was billed, or nobody knows. Without an
error an uncertain row was answered; its amount alone is not known. A reader who left, and what we
refused ourselves, are nobody's failure: such a call is neither answered nor failed.

>>> error_code(ValueError()), error_code(None)
('ValueError', None)
>>> failed("u").startswith("((u.state = 'failed' OR u.state = 'uncertain'")
True
"""

#: What :func:`error_code` writes of a request that was refused before it left.
REFUSED = "RefusedByUs"
#: Error codes of calls that ended without the provider's doing.
NOBODYS = ("ReaderLeft", "ConfigurationError", REFUSED)


def error_code(error):
    """Return what the ledger keeps of an error, None without one."""
    if error is None:
        return None
    if not getattr(error, "blames_provider", True) and not getattr(error, "status", None):
        name = type(error).__name__
        return name if name in NOBODYS else REFUSED
    return type(error).__name__


def nobodys(alias):
    """SQL: the row ``alias`` ended without its provider's doing."""
    codes = ", ".join(f"'{code}'" for code in NOBODYS)
    return f"(COALESCE({alias}.error_code, '') IN ({codes}))"


def failed(alias):
    """SQL: the provider of the row ``alias`` gave no answer."""
    return (
        f"(({alias}.state = 'failed' OR {alias}.state = 'uncertain'"
        f" AND {alias}.error_code IS NOT NULL) AND NOT {nobodys(alias)})"
    )


def failed_domain():
    """The rows of :func:`failed` as a search domain."""
    return [
        ["error_code", "not in", list(NOBODYS)],
        "|",
        ["state", "=", "failed"],
        "&",
        ["state", "=", "uncertain"],
        ["error_code", "!=", False],
    ]
