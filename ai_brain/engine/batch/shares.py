"""The one bill of several questions, shared so that the shares add up to it exactly.

>>> share_count(10, (1, 1, 1))
[4, 3, 3]
>>> parts = share_amount(Decimal("0.0001"), (1, 1, 1))
>>> [str(part) for part in parts], sum(parts)
(['0.0000333334', '0.0000333333', '0.0000333333'], Decimal('0.0001000000'))
"""

from dataclasses import fields
from decimal import Decimal

from ..base.money import UNPRICED
from ..price.pricing import cost
from ..price.rates import EXACT
from ..price.usage import TokenUsage

#: Digits behind the last one of an amount, to which a share of it goes.
FINER = 6
_SENT = ("input", "cache_read", "cache_write")
_MADE = ("output", "reasoning")
#: count -> the counts that are part of it
_PARTS = {
    "input": ("input_audio", "input_image", "input_video"),
    "cache_read": ("cache_read_audio", "cache_read_image", "cache_read_video"),
    "cache_write": ("cache_write_1h",),
    "output": ("output_audio", "output_image"),
}


def share_count(total, weights):
    """Share a whole number by weights: whole numbers that add up to it, none more than one off.

    Weights are whole numbers of 0 or more; where all are 0, all weigh the same.

    >>> share_count(7, (0, 0)), share_count(7, (0, 5)), share_count(0, (3, 4))
    ([4, 3], [0, 7], [0, 0])
    """
    weights = _weights(weights)
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    rests = [(-(total * weight % whole), n) for n, weight in enumerate(weights)]
    for _rest, n in sorted(rests)[: total - sum(shares)]:
        shares[n] += 1
    return shares


def share_amount(total, weights):
    """Share an amount by weights: Decimals that add up to it to the last digit."""
    exponent = min(total.as_tuple().exponent, 0) - FINER
    units = int(EXACT.scaleb(total, -exponent))
    return [EXACT.scaleb(Decimal(n), exponent) for n in share_count(units, weights)]


def share_usage(usage, sent, made):
    """Share the tokens of a call: a ``TokenUsage`` for each question, every count adding up.

    :param sent: weights of what was sent, :param made: of what was answered

    >>> one, two = share_usage(TokenUsage(input=100, output=31, cache_read=50), (1, 3), (2, 1))
    >>> one, two
    (TokenUsage(input=25, output=21, cache_read=13), TokenUsage(input=75, output=10, cache_read=37))
    """
    counts = {}
    for name in (*_SENT, *_MADE):
        counts[name] = share_count(getattr(usage, name), sent if name in _SENT else made)
        for part in _PARTS.get(name, ()):
            counts[part] = share_count(getattr(usage, part), counts[name])
    counts["web_searches"] = share_count(usage.web_searches, made)
    same = {one.name: getattr(usage, one.name) for one in fields(usage) if one.name not in counts}
    return [
        TokenUsage(**same, **{name: values[n] for name, values in counts.items()})
        for n in range(len(sent))
    ]


def share_cost(usage, shares, price, *, returned_usd=None, when=None):
    """Return what each share of a call's usage cost in USD: Decimals that add up to its cost
    exactly, or None where that is not known.

    As a rule that is the price of its tokens. Where the whole is not the sum of these (a step of
    the price, the vendor's own figure), it is shared by them.

    >>> from engine.price.pricing import Price, Rates
    >>> price = Price(Rates(input=Decimal("0.15"), output=Decimal("0.6")))
    >>> usage = TokenUsage(input=101, output=53)
    >>> shares = share_usage(usage, (40, 61), (1, 1))
    >>> sum(share_cost(usage, shares, price)) == cost(usage, price)
    True
    >>> [str(one) for one in share_cost(usage, shares, price, returned_usd=Decimal("0.0001"))]
    ['0.0000472843', '0.0000527157']
    """
    whole = cost(usage, price, returned_usd=returned_usd, when=when)
    if whole is UNPRICED:
        return None
    single = [cost(share, price, when=when) for share in shares]
    if UNPRICED in single:
        return share_amount(whole, [share.total for share in shares])
    if sum(single, Decimal(0)) == whole:
        return single
    lowest = min(one.as_tuple().exponent for one in single)
    return share_amount(whole, [int(EXACT.scaleb(one, -lowest)) for one in single])


def _weights(weights):
    weights = list(weights)
    return weights if any(weights) else [1] * len(weights)
