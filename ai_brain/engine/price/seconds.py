"""Seconds of sound, as they are billed.

OpenAI's pricing page says of Whisper "$0.006 / minute (rounded to the nearest second)".
"""

from decimal import ROUND_HALF_UP, Decimal

#: Longer ones are a mistake: eleven days.
MOST_SECONDS = 1_000_000


def billed_seconds(seconds):
    """Seconds that are billed, rounded to the nearest one, half up: a whole number.

    :param seconds: an int, float or Decimal of 0 or more

    >>> [billed_seconds(value) for value in (Decimal("2.5"), 2.4999, 0, 7)]
    [3, 2, 0, 7]
    """
    value = Decimal(repr(seconds)) if isinstance(seconds, float) else Decimal(seconds)
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
