"""Which of the calls that wait go into one batch."""

#: Room for what a vendor's format puts around the calls.
MARGIN_BYTES = 4096


def fitting(sizes, most_items, most_bytes):
    """How many of the calls with these sizes, from the first on, one batch can hold.

    >>> fitting([10, 10, 10], 2, 10**6), fitting([10_000, 10_000], 9, 20_000), fitting([], 9, 9)
    (2, 1, 0)

    One that is too large by itself is let through: the vendor's limit refuses it by name.

    >>> fitting([10**9], 5, 10**6)
    1
    """
    total = MARGIN_BYTES
    for count, size in enumerate(sizes):
        total += size + 1
        if count >= most_items or (count and total > most_bytes):
            return count
    return len(sizes)
