"""Does it pay to leave tools out, where the vendor keeps a cached prefix?

Tools stand at the beginning of what is sent. A prefix that is in the vendor's cache costs a tenth,
and another choice of tools is another prefix: less of it, at the full price, and so is whatever
stood behind it. Both are priced, and the cheaper is taken.

>>> from engine.price.rates import Price, Rates
>>> price = Price(Rates(input=Decimal(3), output=Decimal(15), cache_read=Decimal("0.3")))
>>> pays(price, 5_000, 2_000, hits=Decimal("0.9"), rules=OPENAI)
Choice(drop=False, all_usd=Decimal('0.00286944'), needed_usd=Decimal('0.006'))
>>> pays(price, 5_000, 2_000, hits=0, rules=OPENAI).drop
True
"""

from decimal import Decimal
from typing import NamedTuple

from ..base.lazy import regex
from ..base.money import UNPRICED
from ..price.rates import rates_above
from ..price.reported import token_count

_ONE = Decimal(1)
_MILLION = Decimal(1_000_000)
_NEW_GPT = regex(r"(?:^|/)gpt-(?:5\.(?:[6-9]|\d\d)|[6-9]|\d\d)")


class CacheRules(NamedTuple):
    """What a vendor caches of a prefix of at least ``minimum`` tokens, in ``step`` tokens, and how
    it bills: ``write`` and ``read`` are factors of the input price, which hold where the price
    has no rate of its own; ``kind`` is the kind of token that a write is billed as."""

    minimum: int
    step: int = 1
    write: Decimal = _ONE
    read: Decimal = Decimal("0.1")
    kind: str = "input"


# The vendors' documents on prompt caching, as of October 2026.
ANTHROPIC = CacheRules(1_024, write=Decimal("1.25"), kind="cache_write")  # 512 to 4,096 by model
ANTHROPIC_HOUR = CacheRules(1_024, write=Decimal(2), kind="cache_write_1h")
OPENAI = CacheRules(1_024, step=128)  # before 5.6
OPENAI_5_6 = CacheRules(1_024, write=Decimal("1.25"), kind="cache_write")
GEMINI_FLASH = CacheRules(1_024)  # implicit
GEMINI_PRO = CacheRules(4_096)


#: Calls that tell how often a prefix is found; with fewer, when they came has to say it.
ENOUGH_CALLS = 5


class Seen(NamedTuple):
    """What recent calls with a prefix say: how many there were, and how many read it cached."""

    calls: int = 0
    found: int = 0


def rules_for(api_format, model, price):
    """What a vendor does with a prefix; None for one whose cached input is no cheaper.

    >>> from engine.price.rates import Price, Rates
    >>> price = Price(Rates(input=Decimal(3), cache_read=Decimal("0.3")))
    >>> rules_for("gemini", "gemini-3-pro", price) is GEMINI_PRO
    True
    >>> rules_for("openai", "gpt-5.6", price) is OPENAI_5_6
    True
    >>> rules_for("openai", "llama3", Price(Rates(input=Decimal(3)))) is None
    True
    """
    if price is None or price.rates.cache_read is None:
        return None
    if api_format == "anthropic":
        return ANTHROPIC
    if api_format == "gemini":
        return GEMINI_PRO if "pro" in model else GEMINI_FLASH
    if api_format == "openai":
        return OPENAI_5_6 if _NEW_GPT.search(model) else OPENAI
    return None


def share_found(seen, close=0):
    """The share of calls that find a prefix cached: what was ``seen``, else ``close``.

    ``close`` is the share of calls that come before a vendor that caches by itself forgets, 0 for
    one that caches only what is marked.

    >>> share_found(Seen(10, 9), close=0), share_found(Seen(2, 0), close=Decimal("0.5"))
    (Decimal('0.9'), Decimal('0.5'))
    """
    if seen.calls >= ENOUGH_CALLS:
        return Decimal(seen.found) / Decimal(seen.calls)
    return Decimal(close)


class Choice(NamedTuple):
    """``drop``: leave the tools out; the expected cost in USD of sending all, and of the needed."""

    drop: bool
    all_usd: object
    needed_usd: object


def pays(price, all_tokens, needed_tokens, *, hits, rules=None, behind=0, hits_needed=0, rest=0):
    """The :class:`Choice` between all tools and those that are needed.

    ``all_tokens``, ``needed_tokens``: the prefix (tools and system prompt) with all tools, and with
    the needed ones. ``behind``: tokens of the conversation that are cached with it. ``rest``: input
    that is new in either case; it only decides the price's tier. ``hits``: share of this prefix's
    calls that find it cached, 0 to 1, from history; ``hits_needed``: the same without the tools.
    ``rules``: :class:`CacheRules`, None for a vendor that caches nothing. Without a price, and
    where both cost the same, nothing is dropped.

    Raises ValueError for a share beyond 0 to 1, UsageError for a count that is none.
    """
    counts = {"all_tokens": all_tokens, "needed_tokens": needed_tokens}
    for name, count in (counts | {"behind": behind, "rest": rest}).items():
        token_count(count, name)
    full = _expected(price, all_tokens + behind, rest, _share(hits), rules)
    less = _expected(price, needed_tokens + behind, rest, _share(hits_needed), rules)
    if full is UNPRICED or less is UNPRICED:
        return Choice(False, full, less)
    return Choice(less < full, full, less)


def _share(value):
    share = Decimal(str(value))
    if not 0 <= share <= 1:
        raise ValueError(f"expected a share between 0 and 1, got {value!r}")
    return share


def _expected(price, tokens, rest, hits, rules):
    """USD that a prefix is expected to cost."""
    if price is None or (price.input_limit is not None and tokens + rest > price.input_limit):
        return UNPRICED
    rates = rates_above(price, tokens + rest)
    plain = rates.rate("input")
    if plain is None:
        return UNPRICED
    cached = 0
    if rules is not None and tokens >= rules.minimum:
        cached = tokens - (tokens - rules.minimum) % rules.step
    if not cached:
        return plain * tokens / _MILLION
    read = rates.cache_read if rates.cache_read is not None else plain * rules.read
    write = plain * rules.write
    if rules.kind != "input" and rates.cache_write is not None:
        write = rates.rate(rules.kind)
    mean = hits * read + (_ONE - hits) * write
    return (mean * cached + plain * (tokens - cached)) / _MILLION
