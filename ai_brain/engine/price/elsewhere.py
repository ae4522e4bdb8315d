"""What calls would have cost at another provider: the one figure behind the finding that a dearer
model than needed was asked, behind the advice to let calls switch, and behind a saving missed.

>>> from decimal import Decimal
>>> price = Price(Rates(input=Decimal(1), output=Decimal(2)))
>>> elsewhere(1000, 500, price)
Decimal('0.002000')
>>> elsewhere(50_000, 25_000, price, calls=50) == 50 * elsewhere(1000, 500, price)
True
>>> elsewhere(1000, 500, None)
UNPRICED
"""

from .pricing import UNPRICED, Price, Rates, cost
from .usage import TokenUsage

__all__ = ["Price", "Rates", "elsewhere"]


def elsewhere(sent, answered, price, *, calls=1, batch=False, when=None):
    """Return what the tokens of calls would have cost at ``price`` in USD, a Decimal or UNPRICED.

    Tokens that a vendor's cache held count as fresh ones: the other vendor's has not seen them.

    :param int sent: input tokens of all the calls, cached ones included
    :param int answered: output tokens, reasoning included
    :param int calls: how many calls these were. Where long requests cost more, the mean call is
        priced, so that short ones that are added up do not pass for a long one.
    :param bool batch: they went through a batch service, and would there
    :param when: UTC datetime, for a price with hours
    """
    if price is None or calls < 1:
        return UNPRICED
    if calls > 1 and _is_stepped(price):
        mean = TokenUsage(input=round(sent / calls), output=round(answered / calls))
        one = cost(mean, price, batch=batch, when=when)
        return one if one is UNPRICED else one * calls
    return cost(TokenUsage(input=sent, output=answered), price, batch=batch, when=when)


def _is_stepped(price):
    steps = (price, *price.services)
    return any(one.tiers or one.input_limit is not None for one in steps)
