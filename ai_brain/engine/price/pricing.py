"""What a call costs: dated, tiered prices in USD per million tokens, in exact Decimals.

>>> from engine.price.usage import TokenUsage
>>> price = Price(Rates(input=Decimal("2.50"), output=Decimal("10"), cache_read=Decimal("1.25")))
>>> cost(TokenUsage(input=200, cache_read=800, output=100, reasoning=200), price)
Decimal('0.00450000')
>>> cost(TokenUsage(input=200), None)
UNPRICED

Unknown is not zero: without a price the cost is :data:`UNPRICED`, which refuses arithmetic,
comparison and truth, so that it cannot pass for 0 by accident. A rate of ``Decimal(0)`` is a
true price of zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timezone
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from typing import NamedTuple

from ..base.money import UNPRICED, PriceError
from .usage import UsageError, token_count

KINDS = ("input", "output", "cache_read", "cache_write", "reasoning")

# Anthropic bills writes kept for an hour at 2 times the input rate and those kept for five
# minutes at 1.25 times: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
LONG_CACHE_WRITE = Decimal("1.6")

# Wide enough for any price times any count; Inexact is trapped, so a rounded sum cannot pass.
_EXACT = Context(prec=200, traps=[InvalidOperation, DivisionByZero, Inexact])
_MILLION = -6


def _amount(value, name):
    """``value`` as a finite Decimal of 0 or more. Floats are refused: they are not exact."""
    if type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise PriceError(f"{name}: expected a Decimal, got {value!r:.80}")
    if not value.is_finite() or value < 0:
        raise PriceError(f"{name}: expected an amount of 0 or more, got {value}")
    return value


@dataclass(frozen=True)
class Rates:
    """USD per 1,000,000 tokens of each kind.

    None means not priced: the kind is billed as the next more general one (both cache kinds as
    input, reasoning as output). Decimal(0) means free. ``cache_write_1h``, if not priced, is
    1.6 times ``cache_write`` where that is priced (Anthropic's ratio), else input.

    Raises PriceError for a float, a negative or an infinite rate.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    cache_write_1h: Decimal | None = None

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, _amount(value, field.name))

    def rate(self, kind):
        """The rate that ``kind`` is billed at, fallback included, or None.

        >>> Rates(input=Decimal(3), output=Decimal(15)).rate("cache_read")
        Decimal('3')
        """
        own = getattr(self, kind)
        if own is not None:
            return own
        if kind == "cache_write_1h" and self.cache_write is not None:
            return _EXACT.multiply(self.cache_write, LONG_CACHE_WRITE)
        if kind in ("cache_read", "cache_write", "cache_write_1h"):
            return self.input
        return self.output if kind == "reasoning" else None

    def filled_from(self, base):
        """These rates, with the kinds that resolve to nothing here taken from ``base``."""
        gaps = {
            field.name: getattr(base, field.name)
            for field in fields(self)
            if self.rate(field.name) is None
        }
        return replace(self, **gaps) if gaps else self


@dataclass(frozen=True)
class Tier:
    """Rates for the whole request once its input is above ``above_tokens``.

    That is how Google, Anthropic and OpenAI bill long contexts: one token above the threshold
    and every token of the request, output included, is at the tier's rates.
    """

    above_tokens: int
    rates: Rates

    def __post_init__(self):
        try:
            token_count(self.above_tokens, "above_tokens")
        except UsageError as error:
            raise PriceError(str(error)) from error


@dataclass(frozen=True)
class Price:
    """Rates, the tiers above them, and the factor of a vendor's batch API (0.5 = half price).

    ``batch_factor`` None means that no batch price is known. A kind that a tier prices neither
    itself nor through its more general kind keeps the base's rate.
    """

    rates: Rates
    tiers: tuple[Tier, ...] = ()
    batch_factor: Decimal | None = None
    source: str = ""

    def __post_init__(self):
        tiers = tuple(sorted(self.tiers, key=lambda tier: tier.above_tokens))
        if len({tier.above_tokens for tier in tiers}) != len(tiers):
            raise PriceError("two tiers begin at the same number of tokens")
        tiers = tuple(replace(tier, rates=tier.rates.filled_from(self.rates)) for tier in tiers)
        object.__setattr__(self, "tiers", tiers)
        if self.batch_factor is not None:
            object.__setattr__(self, "batch_factor", _amount(self.batch_factor, "batch_factor"))

    def rates_for(self, input_total):
        """The rates that a request of ``input_total`` input tokens is billed at."""
        chosen = self.rates
        for tier in self.tiers:
            if input_total > tier.above_tokens:
                chosen = tier.rates
        return chosen


def cost(usage, price, *, batch=False, returned_usd=None):
    """What the call cost in USD: an exact Decimal, or UNPRICED.

    ``returned_usd`` is the vendor's own figure for this call, and wins over any price.
    UNPRICED without it when there is no price, when a used kind resolves to no rate, or when
    ``batch`` is set and the price has no batch factor (full price would be a guess).

    >>> from engine.price.usage import TokenUsage
    >>> long = Price(Rates(input=Decimal("1.25"), output=Decimal(10)),
    ...              tiers=(Tier(200_000, Rates(input=Decimal("2.50"), output=Decimal(15))),))
    >>> cost(TokenUsage(input=200_000), long), cost(TokenUsage(input=200_001), long)
    (Decimal('0.25000000'), Decimal('0.50000250'))

    Raises PriceError for a ``returned_usd`` that is not an exact amount of 0 or more.
    """
    if returned_usd is not None:
        return _amount(returned_usd, "returned_usd")
    if price is None:
        return UNPRICED
    short_writes = usage.cache_write - usage.cache_write_1h
    parts = (
        ("input", usage.input),
        ("output", usage.output),
        ("cache_read", usage.cache_read),
        ("cache_write", short_writes),
        ("cache_write_1h", usage.cache_write_1h),
        ("reasoning", usage.reasoning),
    )
    rates = price.rates_for(usage.input_total)
    total = Decimal(0)
    for kind, tokens in parts:
        if not tokens:
            continue
        rate = rates.rate(kind)
        if rate is None:
            return UNPRICED
        total = _EXACT.fma(rate, Decimal(tokens), total)
    return _per_million(total, price, batch)


def worst_case(input_upper, max_output, price, *, batch=False, long_cache=True):
    """The dearest that a call can become in USD: an exact Decimal, or UNPRICED.

    No usage with at most ``input_upper`` input tokens and ``max_output`` output tokens costs
    more: every kind is taken at its dearest and every tier within reach is tried.
    ``long_cache=False`` says that the request asks for no cache writes of one hour.

    Raises UsageError when a bound is not an int of 0 or more.
    """
    token_count(input_upper, "input_upper")
    token_count(max_output, "max_output")
    if price is None:
        return UNPRICED
    sent_kinds = ["input", "cache_read", "cache_write"] + ["cache_write_1h"] * bool(long_cache)
    steps = [(0, price.rates)] + [(tier.above_tokens, tier.rates) for tier in price.tiers]
    dearest = Decimal(0)
    for index, (above, rates) in enumerate(steps):
        if index and input_upper <= above:
            break
        reach = input_upper
        if index + 1 < len(steps):
            reach = min(reach, steps[index + 1][0])
        sent = [rates.rate(kind) for kind in sent_kinds]
        generated = [rates.rate(kind) for kind in ("output", "reasoning")]
        if (reach and None in sent) or (max_output and None in generated):
            return UNPRICED
        total = Decimal(0)
        if reach:
            total = _EXACT.fma(max(sent), Decimal(reach), total)
        if max_output:
            total = _EXACT.fma(max(generated), Decimal(max_output), total)
        dearest = max(dearest, total)
    return _per_million(dearest, price, batch)


def _per_million(total, price, batch):
    if batch:
        if price.batch_factor is None:
            return UNPRICED
        total = _EXACT.multiply(total, price.batch_factor)
    return _EXACT.scaleb(total, _MILLION)


class DatedPrice(NamedTuple):
    """A price and the time it holds: from ``valid_from`` on, until before ``valid_to``.

    Both are UTC, naive or aware; None leaves that side open.
    """

    price: Price
    valid_from: datetime | None = None
    valid_to: datetime | None = None


def price_at(prices: Iterable, when: datetime):
    """The entry of ``prices`` that holds at ``when`` (UTC), or None.

    Entries need ``valid_from`` and may have ``valid_to`` (see DatedPrice); periods are
    half-open, so a change at midnight holds from 00:00:00 on. Where several hold, the one that
    began last wins.

    >>> may = DatedPrice(Price(Rates(input=Decimal(3))), datetime(2026, 5, 1))
    >>> june = DatedPrice(Price(Rates(input=Decimal(2))), datetime(2026, 6, 1))
    >>> price_at([june, may], datetime(2026, 5, 31, 23, 59, 59, 999999)) is may
    True
    >>> price_at([june, may], datetime(2026, 6, 1)) is june
    True
    """
    when = _utc(when)
    best, best_start = None, None
    for entry in prices:
        start = _utc(entry.valid_from) if entry.valid_from else datetime.min
        end = getattr(entry, "valid_to", None)
        holds = start <= when and not (end and when >= _utc(end))
        if holds and (best is None or start > best_start):
            best, best_start = entry, start
    return best


def _utc(moment):
    """Naive UTC, as Odoo keeps it, of a naive or aware datetime."""
    if not isinstance(moment, datetime):
        raise TypeError(f"expected a datetime, got {moment!r}")
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment
