"""What training takes and costs: rounds over the file, tokens, money, and when to look again."""

from decimal import Decimal

from ..base.money import UNPRICED
from ..price.rates import EXACT

#: A vendor refuses a file with fewer examples. Source: OpenAI's guide "Supervised fine-tuning".
LEAST_EXAMPLES = 10
MOST_EPOCHS = 50
_MILLION = -6

_TARGET, _FEWEST, _MOST = 3, 100, 25_000
_LEAST_ROUNDS, _MOST_ROUNDS = 1, 25


def epochs(examples, asked=0):
    """Rounds over the training file: as asked, or (0) as OpenAI counts them by itself.

    Its rule: three; more for so few examples that they would be seen less than 100 times in all
    (25 at most), fewer for so many that they would be seen more than 25,000 times. Source: OpenAI
    Cookbook, "Data preparation and analysis for chat model fine-tuning", read 2026-11. The number
    is sent, so that no other one can be billed.

    >>> [epochs(n) for n in (10, 33, 34, 1000, 8333, 10_000, 30_000)]
    [10, 3, 3, 3, 3, 2, 1]
    >>> epochs(1), epochs(1000, asked=7)
    (25, 7)
    """
    if asked:
        return asked
    if examples * _TARGET < _FEWEST:
        return min(_MOST_ROUNDS, max(_FEWEST // max(examples, 1), _LEAST_ROUNDS))
    if examples * _TARGET > _MOST:
        return max(_LEAST_ROUNDS, _MOST // examples)
    return _TARGET


def cost(trained_tokens, usd_per_million):
    """What training cost in USD: an exact Decimal, or UNPRICED where there is no price.

    :param usd_per_million: Decimal, or None

    >>> cost(123_457, Decimal("25")), cost(1, None)
    (Decimal('3.086425'), UNPRICED)
    """
    if usd_per_million is None:
        return UNPRICED
    return EXACT.scaleb(EXACT.multiply(Decimal(trained_tokens), usd_per_million), _MILLION)


def billable(status, trained_tokens, was_running):
    """(state of the ledger row, tokens) of a job that has ended; tokens are None if unknown.

    OpenAI's job object says in ``trained_tokens`` how many billable tokens were processed, null
    while it runs (API reference, "The fine-tuning job object"). Where it stays null, a job that
    never came to training has trained nothing; of any other one the amount is unknown.

    >>> billable("succeeded", 1200, True), billable("cancelled", 300, True)
    (('done', 1200), ('done', 300))
    >>> billable("failed", None, False), billable("cancelled", None, True)
    (('failed', 0), ('uncertain', None))
    """
    if trained_tokens is not None:
        return ("failed" if status == "failed" and not trained_tokens else "done"), trained_tokens
    if status in ("failed", "cancelled") and not was_running:
        return "failed", 0
    return "uncertain", None
