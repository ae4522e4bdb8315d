"""What follows from an order's lines, in amounts: few enough that a round one is not hit by chance.

>>> order = [(250, None), (0.12, "money"), (40, None), (3.75, "money")]
>>> sorted(order_amounts([order], [], []))
[30.0, 150.0, 180.0]
>>> sorted(order_amounts([[(12, "time"), (95.0, "money"), (48.0, "money")]], [19.0], []))[-1]
1413.72
"""

MOST_ROW = 12
MOST_PERCENTS = 3
MOST_WORDS = 3
#: From here on a number without a unit may be an amount.
_LARGE = 1000


def order_amounts(rows, percents, parts):
    """Return the amounts that lines of an order come to.

    A number of things and the price beside it are a line; lines, their sum, the sum with amounts
    that belong to no line, and an amount by itself, each as it is, with, without or by a per cent,
    and in so many equal parts.

    :param rows: for each line of text its numbers in order: (value, family of the unit or None)
    :param percents: those that were given
    :param parts: numbers that were given in words
    """
    found = set()
    for row in rows:
        if 1 <= len(row) <= MOST_ROW:
            found |= _of_row(row, percents[:MOST_PERCENTS])
    several = [n for n in set(parts[:MOST_WORDS]) if n > 1]
    found |= {amount / n for amount in found for n in several}
    found |= {
        v * n for row in rows for v, family in row[:MOST_ROW] if family == "money" for n in several
    }
    return {round(amount, 6) for amount in found}


def _of_row(row, percents):
    lines, alone, place = [], [], 0
    while place < len(row):
        value, family = row[place]
        following = row[place + 1] if place + 1 < len(row) else None
        if following and _is_line(family, following[1]):
            lines.append(value * following[0])
            place += 2
            continue
        if family == "money" or (family is None and value >= _LARGE):
            alone.append(value)
        place += 1
    sums = {*lines}
    if lines:
        sums |= {sum(lines), sum(lines) + sum(alone)}
    shares = [s for p in percents for s in (p / 100, 1 + p / 100, 1 - p / 100)]
    return sums | {amount * share for amount in (*sums, *alone) for share in shares}


def _is_line(one, other):
    """Is one of the two a price, and the other a number of things?"""
    return (one == "money") != (other == "money") and "percent" not in (one, other)
