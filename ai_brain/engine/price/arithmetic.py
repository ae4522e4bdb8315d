"""A call's cost term by term: so many tokens at such a rate, as a person would add them up.

>>> from decimal import Decimal
>>> from engine.price.rates import Price, Rates
>>> from engine.price.usage import TokenUsage
>>> price = Price(Rates(input=Decimal("0.25"), output=Decimal("2")))
>>> bill = bill_of(TokenUsage(input=7610, output=273), price)
>>> [(term.kind, term.count, str(term.rate_usd), str(term.usd)) for term in bill.terms]
[('input', 7610, '0.25', '0.00190250'), ('output', 273, '2', '0.000546')]
>>> bill.total_usd
Decimal('0.00244850')
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from .pricing import for_seconds, sold_as
from .rates import EXACT, rates_above

MILLION = 1_000_000
THOUSAND = 1_000
_PLACES = {MILLION: -6, THOUSAND: -3}


class Term(NamedTuple):
    """``count`` of ``kind`` at ``rate_usd`` for each ``per`` of them came to ``usd``: exactly.

    kind: a field of ``Rates``, or ``seconds``, of sound, and ``least_seconds`` where the price
    bills no less: their ``per`` is one of ``BY_TIME``, and their amount is rounded at the twelfth
    digit. rate_usd: with the factors of service and region in it.
    """

    kind: str
    count: int
    rate_usd: Decimal
    per: int
    usd: Decimal


class Bill(NamedTuple):
    """terms: Term, in the order of ``TokenUsage.by_rate``; above_tokens: the size above which the
    rates hold, 0 for the usual ones; service, region: '' for the usual ones; service_factor: what
    the rates were multiplied by for it, None where it has rates of its own."""

    terms: tuple[Term, ...]
    above_tokens: int
    service: str
    service_factor: Decimal | None
    region: str
    region_factor: Decimal

    @property
    def total_usd(self):
        """The sum of the terms."""
        total = Decimal(0)
        for term in self.terms:
            total = EXACT.add(total, term.usd)
        return total


def bill_of(usage, price, *, batch=False, when=None):
    """The Bill of what ``pricing.cost`` computes, with the same arguments; None where it has none.

    >>> from engine.price.rates import Price, Rates
    >>> from engine.price.usage import TokenUsage
    >>> rates = Rates(input=Decimal(2), web_search=Decimal(10))
    >>> price = Price(rates, regions=(("eu", Decimal("1.1")),))
    >>> bill = bill_of(TokenUsage(input=500, web_searches=3, region="eu"), price)
    >>> [(term.kind, str(term.rate_usd), term.per, str(term.usd)) for term in bill.terms]
    [('input', '2.2', 1000000, '0.0011000'), ('web_search', '10', 1000, '0.030')]
    >>> bill_of(TokenUsage(output=1), price) is None
    True
    >>> spoken = Price(Rates(minute=Decimal("0.006")))
    >>> [term] = bill_of(TokenUsage(audio_seconds=95), spoken).terms
    >>> (term.kind, term.count, term.per, str(term.usd))
    ('seconds', 95, 60, '0.009500000000')
    """
    if price is None or usage.unknown:
        return None
    factor = price.region_factor(usage.region)
    sold = sold_as(price, usage.service, batch, when)
    if sold is None or factor is None:
        return None
    if sold.input_limit is not None and usage.input_total > sold.input_limit:
        return None
    rates = rates_above(sold, usage.input_total)
    if rates.by_time:
        terms = _by_time(usage, price, rates.by_time, factor)
        return terms and _whole(terms, usage, price, sold, batch, factor)
    used = [(kind, tokens, MILLION, factor) for kind, tokens in usage.by_rate()]
    if usage.web_searches:
        used.append(("web_search", usage.web_searches, THOUSAND, Decimal(1)))
    terms = []
    for kind, count, per, times in used:
        rate = rates.rate(kind)
        if rate is None:
            return None
        rate = EXACT.multiply(rate, times) if times != 1 else rate
        usd = EXACT.scaleb(EXACT.multiply(rate, Decimal(count)), _PLACES[per])
        terms.append(Term(kind, count, rate, per, usd))
    return _whole(terms, usage, price, sold, batch, factor)


def _by_time(usage, price, rate, factor):
    """The one Term of a price by time, as a list; None where the usage names no seconds."""
    if not usage.audio_seconds and usage.total:
        return None
    seconds, (usd, per) = max(usage.audio_seconds, price.least_seconds), rate
    kind = "seconds" if seconds == usage.audio_seconds else "least_seconds"
    times = EXACT.multiply(usd, factor) if factor != 1 else usd
    return [Term(kind, seconds, times, per, for_seconds(seconds, rate, factor))]


def _whole(terms, usage, price, sold, batch, factor):
    above = (tier.above_tokens for tier in sold.tiers if usage.input_total > tier.above_tokens)
    service = "batch" if batch else usage.service
    by_factor = service == "batch" and not any(one.name == "batch" for one in price.services)
    return Bill(
        terms=tuple(terms),
        above_tokens=max(above, default=0),
        service=service,
        service_factor=price.batch_factor if by_factor else None,
        region=usage.region,
        region_factor=factor,
    )
