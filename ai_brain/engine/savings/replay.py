"""Calls of the ledger, priced again: at their own price, at another one, at another provider.

There is no second arithmetic of prices: each call, or each group of calls that are billed alike,
goes through ``price.pricing.cost``. A group holds calls of one provider, price and UTC day that use
the same kinds of token, the same service and region, and lie on the same side of every threshold
(:func:`steps`); within it the price is linear in the tokens, so the cost of the sum is the sum of
the costs, to the last digit.

>>> from engine.price.pricing import Price, Rates
>>> price = Price(Rates(input=Decimal(1), output=Decimal(2)))
>>> half = Price(Rates(input=Decimal("0.5"), output=Decimal(1)))
>>> group = Group(TokenUsage(input=3000, output=300), calls=3, cost=Decimal("0.0036"), least=900)
>>> own_cost(group, price), then_cost(group, price), then_cost(group, half)
(Decimal('0.003600'), Decimal('0.003600'), Decimal('0.0018000'))
>>> then_cost(group, None)
UNPRICED
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ..price.pricing import UNPRICED, cost
from ..price.usage import TokenUsage

#: Why a call keeps its cost; ``models/savings`` words them.
UNCERTAIN, CORRECTED, RETURNED, NO_PRICE = "uncertain", "corrected", "returned", "no_price"
NOT_PRICED_THERE, TOO_LONG, NO_TEXT, RECORD = "not_priced_there", "too_long", "no_text", "record"
FAILED, NO_LENGTH = "failed", "no_length"
REASONS = (
    RETURNED,
    UNCERTAIN,
    CORRECTED,
    NO_PRICE,
    NOT_PRICED_THERE,
    TOO_LONG,
    NO_LENGTH,
    NO_TEXT,
    RECORD,
    FAILED,
)


class Group(NamedTuple):
    """Calls that are billed alike: the sum of their ``usage``, how many, and what they cost.

    ``least``: fewest tokens of input that one of them may have, None where it is one call;
    ``batch``: they went through the batch service; ``when``: UTC, for a price with hours.
    """

    usage: TokenUsage
    calls: int = 1
    cost: Decimal = Decimal(0)
    least: int | None = None
    batch: bool = False
    when: object = None


def own_cost(group, price):
    """What ``price.pricing.cost`` says of the calls at their own price: Decimal or UNPRICED."""
    return cost(group.usage, price, batch=group.batch, when=group.when, input_total=group.least)


def then_cost(group, price, *, moved=False, batch=None, cut=0):
    """What they would have cost at ``price``: Decimal or UNPRICED.

    :param bool moved: at another provider, whose prompt cache has not seen them: cached tokens
        count as fresh ones (as in ``price.elsewhere``). Sound, pictures and searches have no price
        there, as nobody knows how the other vendor counts them.
    :param batch: through the batch service; None: as they went
    :param int cut: input tokens that are not sent; those that a cache held go first, so that
        no more is saved than is sure
    """
    usage = group.usage
    if moved:
        if any(getattr(usage, name) for name in _ELSEWHERE_UNKNOWN) or usage.unknown:
            return UNPRICED
        usage = TokenUsage(input=usage.input_total, output=usage.output_total)
    if cut:
        usage = _shortened(usage, cut)
    batch = group.batch if batch is None else batch
    return cost(usage, price, batch=batch, when=group.when, input_total=group.least)


_ELSEWHERE_UNKNOWN = (
    "input_audio",
    "input_image",
    "input_video",
    "cache_read_audio",
    "cache_read_image",
    "cache_read_video",
    "output_audio",
    "output_image",
    "audio_seconds",
    "web_searches",
)


def _shortened(usage, cut):
    """The usage with so many input tokens less.

    >>> _shortened(TokenUsage(input=100, cache_read=50, output=1), 60)
    TokenUsage(input=90, output=1)
    """
    counts = {}
    for kind in ("cache_read", "cache_write", "input"):
        had = getattr(usage, kind)
        free = had - sum(getattr(usage, part) for part in _PARTS.get(kind, ()))
        left = min(cut, max(0, free))
        counts[kind], cut = had - left, cut - left
    return TokenUsage(**{**usage.__dict__, **counts})


_PARTS = {
    "input": ("input_audio", "input_image", "input_video"),
    "cache_read": ("cache_read_audio", "cache_read_image", "cache_read_video"),
    "cache_write": ("cache_write_1h",),
}


def steps(prices, windows=()):
    """Sorted numbers of input tokens at which one of ``prices`` changes, or a context window ends:
    calls between the same two of them are billed alike.

    >>> from engine.price.pricing import Price, Rates, Tier
    >>> steps([Price(Rates(), tiers=(Tier(200_000, Rates()),)), None], windows=(128_000, 0))
    [128001, 200001]
    """
    found = {window + 1 for window in windows if window}
    for price in prices:
        for one in (price, *price.services) if price else ():
            found |= {tier.above_tokens + 1 for tier in one.tiers}
            if one.input_limit is not None:
                found.add(one.input_limit + 1)
    return sorted(found)


def served(asked, ttl_s):
    """Which of the calls that ask the same would have had a kept answer? Yields the places, in
    ``asked``, of those that would.

    The first one that may be kept is asked, and serves those after it until it is ``ttl_s`` old;
    an answer that is served is not kept anew, as in the pipeline.

    :param asked: (seconds, may it be kept) in the order in which they were asked

    >>> list(served([(0, True), (5, True), (11, True), (12, True), (30, True)], 10))
    [1, 3]
    >>> list(served([(0, False), (5, True), (6, True)], 10))
    [2]
    """
    kept_at = None
    for place, (at, may_keep) in enumerate(asked):
        if kept_at is not None and at - kept_at <= ttl_s:
            yield place
        elif may_keep:
            kept_at = at
