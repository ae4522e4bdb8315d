"""A price: rates by kind of token, and what changes them (size, service, hour, region)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timezone
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation
from functools import cached_property
from typing import NamedTuple

from ..base.money import PriceError
from .reported import UsageError, token_count

KINDS = ("input", "output", "cache_read", "cache_write", "reasoning")
# Kinds that fall back on no other: what is used and not priced makes a call unpriced.
MORE_KINDS = (
    "cache_write_1h",
    "input_audio",
    "output_audio",
    "cache_read_audio",
    "input_image",
    "output_image",
    "input_video",
    "web_search",
)

# What sound is sold by, where it is sold by time: units, and their seconds.
BY_TIME = {"minute": 60, "hour": 3600}

# Anthropic bills writes kept for an hour at 2 times the input rate and those kept for five
# minutes at 1.25 times: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
LONG_CACHE_WRITE = Decimal("1.6")
# Wide enough for any price times any count; Inexact is trapped, so a rounded sum cannot pass.
EXACT = Context(prec=200, traps=[InvalidOperation, DivisionByZero, Inexact])
# A larger input takes these along; a medium's rate must be the tier's own.
_INHERITED = (*KINDS, "cache_write_1h", "web_search")


def usd_amount(value, name):
    """``value`` as a finite Decimal of 0 or more. Floats are refused: they are not exact.

    Raises PriceError.
    """
    if type(value) is int:
        value = Decimal(value)
    if not isinstance(value, Decimal):
        raise PriceError(f"{name}: expected a Decimal, got {value!r:.80}")
    if not value.is_finite() or value < 0:
        raise PriceError(f"{name}: expected an amount of 0 or more, got {value}")
    return value


@dataclass(frozen=True)
class Rates:
    """USD per 1,000,000 tokens of each kind; ``web_search`` is USD per 1,000 searches, ``minute``
    or ``hour`` USD for so much sound. A price by time is for the whole call, its tokens included.

    None means not priced. Of the five kinds, one that is not priced is billed as the next more
    general one (both cache kinds as input, reasoning as output); ``cache_write_1h`` at 1.6
    times ``cache_write`` where that is priced (Anthropic's ratio), else as input. Audio, images,
    video and searches fall back on nothing, but for one: where a medium is billed as text is
    (equal rates), so is what of it was read from the cache. Decimal(0) means free.

    Raises PriceError for a float, a negative or an infinite rate, and for two prices of sound.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    cache_write_1h: Decimal | None = None
    input_audio: Decimal | None = None
    output_audio: Decimal | None = None
    cache_read_audio: Decimal | None = None
    input_image: Decimal | None = None
    output_image: Decimal | None = None
    input_video: Decimal | None = None
    web_search: Decimal | None = None
    minute: Decimal | None = None
    hour: Decimal | None = None

    def __post_init__(self):
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, usd_amount(value, field.name))
        if None not in (self.minute, self.hour):
            raise PriceError("sound is sold by the minute or by the hour, not by both")

    @cached_property
    def by_time(self):
        """(USD, the seconds that they are for) of a price by time, else None.

        >>> Rates(hour=Decimal("0.04")).by_time
        (Decimal('0.04'), 3600)
        """
        found = ((getattr(self, unit), seconds) for unit, seconds in BY_TIME.items())
        return next((one for one in found if one[0] is not None), None)

    def rate(self, kind):
        """The rate that ``kind`` is billed at, fallback included, or None.

        >>> Rates(input=Decimal(3), output=Decimal(15)).rate("cache_read")
        Decimal('3')
        >>> Rates(input=Decimal(3)).rate("input_audio") is None
        True
        """
        own = getattr(self, kind, None)
        if own is not None:
            return own
        if kind == "cache_write_1h" and self.cache_write is not None:
            return EXACT.multiply(self.cache_write, LONG_CACHE_WRITE)
        if kind in ("cache_read", "cache_write", "cache_write_1h"):
            return self.input
        if kind.startswith("cache_read_"):
            sent = getattr(self, "input_" + kind.removeprefix("cache_read_"))
            return self.rate("cache_read") if sent is not None and sent == self.input else None
        return self.output if kind == "reasoning" else None

    def filled_from(self, base):
        """These rates, with the kinds that resolve to nothing here taken from ``base``."""
        gaps = {
            kind: getattr(base, kind)
            for kind in _INHERITED
            if self.rate(kind) is None and getattr(base, kind) is not None
        }
        return replace(self, **gaps) if gaps else self

    def times(self, factor):
        """These rates times ``factor``; a search is no token and costs what it costs."""
        return Rates(
            **{
                field.name: value if field.name == "web_search" else EXACT.multiply(value, factor)
                for field in fields(self)
                if (value := getattr(self, field.name)) is not None
            }
        )


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


class Service(NamedTuple):
    """What another way of processing costs: ``name`` is "batch", "flex", "priority" or "fast".

    Its rates stand for themselves: a kind that is missing here is not taken from the price's
    own. ``input_limit``: tokens above which this service has no price; None if there is none.
    """

    name: str
    rates: Rates
    tiers: tuple[Tier, ...] = ()
    input_limit: int | None = None


class Hours(NamedTuple):
    """Rates for the requests of some hours: from ``start`` until before ``end`` (UTC, naive).

    An ``end`` that is not after ``start`` lies on the next day. ``days`` are those on which the
    hour lies, 0 being Monday; none given means every day. ``days_off``: dates (UTC) on which
    these hours do not hold, as public holidays.
    """

    start: time
    end: time
    rates: Rates
    days: tuple[int, ...] = ()
    days_off: tuple[date, ...] = ()

    def hold(self, when):
        """Do these hours contain ``when``, naive UTC?

        >>> morning = Hours(time(1), time(4), Rates(), days=(0, 1, 2, 3, 4))
        >>> [morning.hold(datetime(2026, 11, day, 3, 59)) for day in (27, 28)]
        [True, False]
        """
        if (self.days and when.weekday() not in self.days) or when.date() in self.days_off:
            return False
        now = when.time()
        if self.start < self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


@dataclass(frozen=True)
class Price:
    """Rates, the tiers above them, and what changes with service, hour and region.

    batch_factor: of a vendor's batch API for every kind alike (0.5 = half price) where no
        Service "batch" has rates of its own; None means that no batch price is known.
    services: Service, for what was not processed in the usual way.
    hours: Hours whose rates replace ``rates`` while they hold; see :meth:`at`.
    regions: (name, factor) of the regions that a vendor reports and charges for by a factor;
        a region that is not named has no price.
    input_limit: tokens of input above which there is no price; None if there is none.
    least_seconds: of sound, which a request is billed for at least where it is billed by time.

    A kind that a tier prices neither itself nor through its more general kind keeps the base's
    rate, but for audio, images and video.
    """

    rates: Rates
    tiers: tuple[Tier, ...] = ()
    batch_factor: Decimal | None = None
    source: str = ""
    services: tuple[Service, ...] = ()
    hours: tuple[Hours, ...] = ()
    regions: tuple[tuple[str, Decimal], ...] = ()
    input_limit: int | None = None
    least_seconds: int = 0

    def __post_init__(self):
        object.__setattr__(self, "tiers", _ordered(self.tiers, self.rates))
        if self.batch_factor is not None:
            object.__setattr__(self, "batch_factor", usd_amount(self.batch_factor, "batch_factor"))
        ordered = (one._replace(tiers=_ordered(one.tiers, one.rates)) for one in self.services)
        object.__setattr__(self, "services", tuple(ordered))
        if type(self.least_seconds) is not int or self.least_seconds < 0:
            raise PriceError(f"least_seconds: expected 0 or more, got {self.least_seconds!r:.80}")
        if len({one.name for one in self.services}) != len(self.services):
            raise PriceError("a service has two prices")
        for name, factor in self.regions:
            usd_amount(factor, f"factor of region {name}")

    def rates_for(self, input_total):
        """The rates that a request of ``input_total`` input tokens is billed at."""
        return rates_above(self, input_total)

    def service(self, name):
        """The Service of that name, or None."""
        found = next((one for one in self.services if one.name == name), None)
        if found is None and name == "batch" and self.batch_factor is not None:
            return self._by_factor
        return found

    @cached_property
    def _by_factor(self):
        factor = self.batch_factor
        tiers = (Tier(tier.above_tokens, tier.rates.times(factor)) for tier in self.tiers)
        return Service("batch", self.rates.times(factor), tuple(tiers), self.input_limit)

    def region_factor(self, name):
        """The factor of a region, 1 for none; None where it has no price."""
        return Decimal(1) if not name else dict(self.regions).get(name)

    def at(self, when):
        """This price with the rates of the hour of ``when`` (a UTC datetime), without hours.

        >>> night = Hours(time(22), time(6), Rates(input=Decimal(1)))
        >>> price = Price(Rates(input=Decimal(2)), hours=(night,))
        >>> [price.at(datetime(2026, 11, 26, hour)).rates.input for hour in (5, 6)]
        [Decimal('1'), Decimal('2')]
        """
        if not self.hours:
            return self
        if not isinstance(when, datetime):
            raise TypeError(f"expected a datetime, got {when!r}")
        if when.tzinfo is not None:
            when = when.astimezone(timezone.utc).replace(tzinfo=None)
        rates = next((one.rates for one in self.hours if one.hold(when)), self.rates)
        return replace(self, rates=rates, hours=())


def rates_above(owner, input_total):
    """The rates of a Price or Service for ``input_total`` tokens of input."""
    chosen = owner.rates
    for tier in owner.tiers:
        if input_total > tier.above_tokens:
            chosen = tier.rates
    return chosen


def _ordered(tiers, base):
    tiers = tuple(sorted(tiers, key=lambda tier: tier.above_tokens))
    if len({tier.above_tokens for tier in tiers}) != len(tiers):
        raise PriceError("two tiers begin at the same number of tokens")
    return tuple(replace(tier, rates=tier.rates.filled_from(base)) for tier in tiers)
