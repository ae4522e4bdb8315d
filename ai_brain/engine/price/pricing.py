"""What a call costs: dated, tiered prices in USD per million tokens, in exact Decimals.

>>> from engine.price.usage import TokenUsage
>>> price = Price(Rates(input=Decimal("2.50"), output=Decimal("10"), cache_read=Decimal("1.25")))
>>> cost(TokenUsage(input=200, cache_read=800, output=100, reasoning=200), price)
Decimal('0.00450000')
>>> cost(TokenUsage(input=200), None)
UNPRICED

Unknown is not zero: without a price the cost is :data:`UNPRICED`, which refuses arithmetic,
comparison and truth, so that it cannot pass for 0 by accident. A rate of ``Decimal(0)`` is a
true price of zero. And a usage that names something which the price does not cover (a service,
a region, audio, a search) is unpriced as a whole, never priced as something else.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ..base.money import UNPRICED, PriceError
from .dated import DatedPrice, price_at
from .rates import (
    BY_TIME,
    EXACT,
    KINDS,
    LONG_CACHE_WRITE,
    MORE_KINDS,
    Hours,
    Price,
    Rates,
    Service,
    Tier,
    rates_above,
    usd_amount,
)
from .reported import token_count

__all__ = [
    "BY_TIME",
    "KINDS",
    "LONG_CACHE_WRITE",
    "MORE_KINDS",
    "UNPRICED",
    "DatedPrice",
    "Hours",
    "Price",
    "PriceError",
    "Rates",
    "Service",
    "Tier",
    "cost",
    "for_seconds",
    "price_at",
    "worst_case",
]

_MILLION = -6
_THOUSAND = -3
_ONE = Decimal(1)
#: Where a second's part of a price does not end, it is rounded half up here.
_DIGITS = Decimal("1e-12")


def cost(usage, price, *, batch=False, returned_usd=None, when=None, input_total=None):
    """What the call cost in USD: an exact Decimal, or UNPRICED.

    ``returned_usd`` is the vendor's own figure for this call, and wins over any price.
    ``batch`` says that it went through the batch API (as does a usage that names that service).
    ``when`` is the UTC datetime at which the answer was complete; a price with hours needs it.
    ``input_total``: where ``usage`` is the sum of calls that are billed alike (the same kinds of
    token, service and region, none on another side of a threshold), the input of one of them: what
    it says of tiers holds for all, and the sum's cost is the sum of their costs.

    A price by time is for the seconds that the usage names, or the least that the price bills, and
    covers the call's tokens.

    UNPRICED without ``returned_usd`` when there is no price, when a used kind resolves to no
    rate, when the service or region that the usage names has no price, when the input exceeds
    what is priced, when a price with hours is not told the time, and when the usage says that
    there was something more (``usage.unknown``).

    >>> from engine.price.usage import TokenUsage
    >>> long = Price(Rates(input=Decimal("1.25"), output=Decimal(10)),
    ...              tiers=(Tier(200_000, Rates(input=Decimal("2.50"), output=Decimal(15))),))
    >>> cost(TokenUsage(input=200_000), long), cost(TokenUsage(input=200_001), long)
    (Decimal('0.25000000'), Decimal('0.50000250'))
    >>> cost(TokenUsage(input=7, service="flex"), long)
    UNPRICED
    >>> cost(TokenUsage(input=400_000), long, input_total=200_000)
    Decimal('0.50000000')

    Raises PriceError for a ``returned_usd`` that is not an exact amount of 0 or more.
    """
    if returned_usd is not None:
        return usd_amount(returned_usd, "returned_usd")
    if price is None or usage.unknown:
        return UNPRICED
    factor = price.region_factor(usage.region)
    sold = sold_as(price, usage.service, batch, when)
    if sold is None or factor is None:
        return UNPRICED
    input_total = usage.input_total if input_total is None else input_total
    if sold.input_limit is not None and input_total > sold.input_limit:
        return UNPRICED
    rates = rates_above(sold, input_total)
    if rates.by_time:
        return _by_time(usage, rates.by_time, factor, price.least_seconds)
    total = Decimal(0)
    if usage.audio_seconds and not usage.total:
        return UNPRICED  # billed by time, and no minute has a price
    for kind, tokens in usage.by_rate():
        rate = rates.rate(kind)
        if rate is None:
            return UNPRICED
        total = EXACT.fma(rate, Decimal(tokens), total)
    if factor != 1:
        total = EXACT.multiply(total, factor)
    total = EXACT.scaleb(total, _MILLION)
    if usage.web_searches:
        if rates.web_search is None:
            return UNPRICED
        fee = EXACT.multiply(rates.web_search, Decimal(usage.web_searches))
        total = EXACT.add(total, EXACT.scaleb(fee, _THOUSAND))
    return total


def _by_time(usage, rate, factor, least):
    """Seconds at their part of the price; UNPRICED where the usage names tokens alone.

    >>> from engine.price.usage import TokenUsage
    >>> cost(TokenUsage(audio_seconds=95), Price(Rates(minute=Decimal("0.006"))))
    Decimal('0.009500000000')
    >>> cost(TokenUsage(input=95), Price(Rates(minute=Decimal("0.006"))))
    UNPRICED
    >>> groq = Price(Rates(hour=Decimal("0.04")), least_seconds=10)
    >>> [cost(TokenUsage(audio_seconds=heard), groq) for heard in (2, 3600)]
    [Decimal('0.000111111111'), Decimal('0.040000000000')]
    """
    if not usage.audio_seconds and usage.total:
        return UNPRICED
    return for_seconds(max(usage.audio_seconds, least), rate, factor)


def for_seconds(seconds, rate, factor):
    """USD of so many seconds of sound, rounded half up at the twelfth digit.

    :param rate: ``Rates.by_time``
    """
    usd, per = rate
    whole = EXACT.multiply(EXACT.multiply(usd, Decimal(seconds)), factor)
    return (whole / per).quantize(_DIGITS, ROUND_HALF_UP)


def sold_as(price, service, batch, when):
    """The Price or Service by which a call is billed, or None."""
    if batch:
        if service not in ("", "batch"):
            return None
        service = "batch"
    if service:
        # a factor of the batch API is one of the hour's rates
        if price.hours and not any(one.name == service for one in price.services):
            return None if when is None else price.at(when).service(service)
        return price.service(service)
    if price.hours:
        return None if when is None else price.at(when)
    return price


def worst_case(
    input_upper,
    max_output,
    price,
    *,
    batch=False,
    long_cache=True,
    media=False,
    audio_seconds=0,
):
    """The dearest that a call can become in USD: an exact Decimal, or UNPRICED.

    No usage with at most ``input_upper`` input tokens and ``max_output`` output tokens of text
    that is processed in the usual way (or as a batch) and without searches costs more: every
    kind is taken at its dearest, and every tier within reach, hour and region is tried.
    ``long_cache=False`` says that the request asks for no cache writes of one hour;
    ``media=True`` that audio, images or video are sent: what of them has a rate counts, too.
    ``audio_seconds``: the most seconds of sound, which a price by time is for.

    Raises UsageError when a bound is not an int of 0 or more.
    """
    token_count(input_upper, "input_upper")
    token_count(max_output, "max_output")
    if price is None:
        return UNPRICED
    sold = price.service("batch") if batch else price
    if sold is None or (sold.input_limit is not None and input_upper > sold.input_limit):
        return UNPRICED
    if sold.rates.by_time:
        seconds = max(audio_seconds, price.least_seconds)
        return for_seconds(seconds, sold.rates.by_time, _dearest_region(price))
    sent = ["input", "cache_read", "cache_write"] + ["cache_write_1h"] * bool(long_cache)
    steps = [(0, rates) for rates in _bases(price, sold, batch)]
    steps += [(tier.above_tokens, tier.rates) for tier in sold.tiers]
    dearest = Decimal(0)
    for above, rates in steps:
        if above and input_upper <= above:
            break
        found = _dearest(rates, _reach(above, input_upper, sold.tiers), max_output, sent, media)
        if found is UNPRICED:
            return UNPRICED
        dearest = max(dearest, found)
    return EXACT.scaleb(EXACT.multiply(dearest, _dearest_region(price)), _MILLION)


def _dearest_region(price):
    return max((_ONE, *(factor for _name, factor in price.regions)))


def _bases(price, sold, batch):
    """The rates below every tier: of the price, and of each of its hours."""
    found = [sold.rates]
    if not batch:
        return found + [one.rates for one in price.hours]
    if price.hours and price.batch_factor is not None:
        found += [one.rates.times(price.batch_factor) for one in price.hours]
    return found


def _reach(above, input_upper, tiers):
    """Most tokens that are billed at the rates which begin above ``above``."""
    return min([input_upper, *(t.above_tokens for t in tiers if t.above_tokens > above)])


def _dearest(rates, tokens_in, tokens_out, sent_kinds, media):
    sent = [rates.rate(kind) for kind in sent_kinds]
    made = [rates.rate(kind) for kind in ("output", "reasoning")]
    if (tokens_in and None in sent) or (tokens_out and None in made):
        return UNPRICED
    if media:
        sent += filter(None, map(rates.rate, ("input_audio", "input_image", "input_video")))
    total = Decimal(0)
    if tokens_in:
        total = EXACT.fma(max(sent), Decimal(tokens_in), total)
    return EXACT.fma(max(made), Decimal(tokens_out), total) if tokens_out else total
