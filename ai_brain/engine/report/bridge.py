"""Why a period cost more or less than another: a bridge whose steps sum exactly.

It is the price-volume-mix analysis of management accounting (flexible budget and mix variances:
Horngren, Datar, Rajan, *Cost Accounting*, the chapters on flexible budgets and on sales variances;
https://en.wikipedia.org/wiki/Variance_analysis), carried on to what moves the cost of AI. One
thing after another goes from its old to its new value, in this order, and each step is what the
cost moves by then. Old is 0, new is 1; ``C`` is cost, ``N`` calls, ``V`` those of them that were
not answered from what was kept, ``v`` and ``c = C / v`` the same at one place (a provider), ``S``
what the ledger says was saved (the price of the provider asked for, less the cost)::

    volume         (N1 - N0) * C0 / N0                         as many more calls at the old average
    reuse          (V1 - V0 * N1 / N0) * C0 / V0               more or fewer asked a vendor at all
    mix            sum(v1 * c0) - V1 * C0 / V0                 other providers, at their old average
      of which routing     -(S1 - S0 * V1 / V0)                by the router, as the ledger says
      and model mix        the rest of it                      by whom people and agents ask
    batch          -(B1 - B0 * V1 / V0)                        B: saved by batches, as ledger says
    price          sum(C1 * (1 - L(p0) / L(p1)))               today's tokens at the old price list
    prompt caches  -sum(K1 - K0 * v1 / v0)                     K: saved by vendors' prompt caches
    training       T1 - T0                                     T: paid for training, in no C
    length         what is left                                tokens a call, and all the rest

A place that is new has no old average: its own of now stands for it, so that it is mix alone. ``L``
is what the period's tokens cost at the plain rates of a price list (a Paasche index: quantities of
now); an old rate is the average of the old days, weighted by tokens. ``length`` is what is left, so
that nothing gets lost: longer or shorter prompts and answers first of all, and with them tiers,
searches, corrections, and what works in two ways at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Context, Decimal, localcontext
from typing import NamedTuple

#: The order of the steps.
STEPS = (
    "volume",
    "reuse",
    "model_mix",
    "routing",
    "batch",
    "price",
    "prompt_caches",
    "training",
    "length",
)
#: kind of token -> measure of the rollup
KINDS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}

_ZERO = Decimal(0)
_PRECISION = Context(prec=80)
#: Steps are rounded to it; the last one takes what the rounding leaves.
_STEP = Decimal("1e-12")


class Tokens(NamedTuple):
    """Tokens of one day at one place, by kind, and the ``engine.price.rates.Rates`` of that day
    (None: not priced)."""

    counts: dict
    rates: object


@dataclass
class Place:
    """What one provider was asked in a period: ``calls`` that went to it, what they cost, and its
    days as :class:`Tokens`."""

    calls: int = 0
    cost: Decimal = _ZERO
    days: list = field(default_factory=list)


@dataclass
class Side:
    """One of the two periods: cost, what of it was paid for training (which answers no call), all
    calls, those that were reused, what the ledger says was saved by routing and by batches, and
    the ``places`` by any key."""

    cost: Decimal = _ZERO
    calls: int = 0
    reused: int = 0
    routing_saved: Decimal = _ZERO
    batch_saved: Decimal = _ZERO
    places: dict = field(default_factory=dict)
    training: Decimal = _ZERO

    @property
    def calls_cost(self):
        return self.cost - self.training

    @property
    def asked(self):
        return self.calls - self.reused


def steps(before, now):
    """Return ``{code: Decimal}`` in the order of :data:`STEPS`; ``before.cost`` and they are
    ``now.cost`` to the last digit.

    >>> old = Side(cost=Decimal(10), calls=10, places={"a": Place(10, Decimal(10))})
    >>> new = Side(cost=Decimal(13), calls=20, reused=5, places={
    ...     "a": Place(10, Decimal(10)), "b": Place(5, Decimal(3))})
    >>> {code: int(usd) for code, usd in steps(old, new).items() if usd}
    {'volume': 10, 'reuse': -5, 'model_mix': -2}

    Without a call before there is nothing to compare with: all is volume.

    >>> found = steps(Side(), new)
    >>> found["volume"], sum(found.values())
    (Decimal('13.000000000000'), Decimal('13.000000000000'))
    """
    with localcontext(_PRECISION):
        found = dict.fromkeys(STEPS, _ZERO)
        if before.calls <= 0 or before.asked <= 0:
            found["volume"] = now.calls_cost - before.calls_cost
        else:
            found.update(_moved(before, now))
        found["training"] = now.training - before.training
        found = {code: usd.quantize(_STEP) + _ZERO for code, usd in found.items()}
        found["length"] = _ZERO
        left = now.cost - before.cost - sum(found.values(), _ZERO)
        found["length"] = left if left else _ZERO.quantize(_STEP)
        return found


def line(before, now):
    """Return ``(volume, per_call)`` of ``(calls, cost, training)`` before and now: by how many more
    calls at the old average, and by what a call costs and training did; together the change, to
    the last digit. ``training`` is what of the cost answered no call; it may be left out.

    >>> line((10, Decimal(5)), (20, Decimal(8)))
    (Decimal('5.000000000000'), Decimal('-2.000000000000'))
    >>> line((10, Decimal(5), Decimal(1)), (20, Decimal(8), Decimal(0)))
    (Decimal('4.000000000000'), Decimal('-1.000000000000'))
    """
    with localcontext(_PRECISION):
        change = now[1] - before[1]
        if before[0] <= 0:
            trained = sum(now[2:], _ZERO) - sum(before[2:], _ZERO)
            return change - trained, trained
        answered = before[1] - sum(before[2:], _ZERO)
        volume = ((now[0] - before[0]) * answered / before[0]).quantize(_STEP)
        return volume, change - volume


def _moved(before, now):
    per_call = before.calls_cost / before.calls
    per_asked = before.calls_cost / before.asked
    share = Decimal(now.asked) / before.asked
    found = {
        "volume": (now.calls - before.calls) * per_call,
        "reuse": now.asked * per_asked - now.calls * per_call,
        "routing": before.routing_saved * share - now.routing_saved,
        "batch": before.batch_saved * share - now.batch_saved,
        "price": _ZERO,
        "prompt_caches": _ZERO,
    }
    mix = -now.asked * per_asked
    for key, place in now.places.items():
        old = before.places.get(key)
        if old is None or old.calls <= 0:
            mix += place.cost
            continue
        mix += place.calls * old.cost / old.calls
        if place.calls <= 0:
            continue
        rates = _average_rates(old.days, place.days)
        found["price"] += _price(place, rates)
        kept_before = sum((_cache_saved(day) for day in old.days), _ZERO)
        kept_now = sum((_cache_saved(day) for day in place.days), _ZERO)
        found["prompt_caches"] += kept_before * place.calls / old.calls - kept_now
    # the router's part of it is told apart, and so is that of batches in what a call costs
    found["model_mix"] = mix - found["routing"]
    return found


def _average_rates(old, now):
    """Old rates by kind: what a token of the old days cost, else what the list said then."""
    found = {}
    for kind in KINDS:
        known = [(day.counts.get(kind, 0), day.rates.rate(kind)) for day in old if day.rates]
        known = [(count, rate) for count, rate in known if rate is not None]
        if not known:
            continue
        tokens = sum(count for count, _rate in known if count > 0)
        found[kind] = (
            sum(count * rate for count, rate in known if count > 0) / tokens
            if tokens
            else known[-1][1]
        )
    return found


def _price(place, old_rates):
    new = old = _ZERO
    for day in place.days:
        for kind, count in day.counts.items():
            rate = day.rates.rate(kind) if day.rates else None
            if rate is not None and kind in old_rates:
                new += count * rate
                old += count * old_rates[kind]
    return place.cost * (1 - old / new) if new > 0 else _ZERO


def _cache_saved(day):
    """What the vendor's prompt cache saved on one day, in USD: reads at the input's rate less what
    they cost, less what writes cost above it."""
    rates = day.rates
    plain = rates.rate("input") if rates else None
    if plain is None:
        return _ZERO
    reads, writes = day.counts.get("cache_read", 0), day.counts.get("cache_write", 0)
    saved = reads * (plain - rates.rate("cache_read"))
    saved -= writes * (rates.rate("cache_write") - plain)
    return saved.scaleb(-6)
