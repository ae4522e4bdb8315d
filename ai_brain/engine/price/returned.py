"""The cost that a vendor itself reports with an answer; it wins over any price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from .reported import UsageError, details, first, mapping

_TICKS = -10


def returned_cost_usd(raw):
    """What the vendor itself says that the call cost in USD, as a Decimal, or None.

    OpenRouter sends ``usage.cost``; for calls on the customer's own key at the upstream vendor
    (``is_byok``) that is OpenRouter's fee alone and the upstream cost comes on top
    (https://openrouter.ai/docs/use-cases/usage-accounting). Perplexity sends an object with
    ``total_cost``, xAI ``cost_in_usd_ticks``, its searches and tools included: ten thousand
    million ticks are a dollar (https://docs.x.ai/docs/models, and it agrees with its rates).

    >>> returned_cost_usd({"cost": 0.00014})
    Decimal('0.00014')
    >>> returned_cost_usd({"cost_in_usd_ticks": 318319000})
    Decimal('0.0318319000')
    >>> returned_cost_usd({"prompt_tokens": 3}) is None
    True

    Raises UsageError when the figure is not a finite number of 0 or more.
    """
    raw = mapping(raw, "usage")
    value = raw.get("cost")
    if isinstance(value, Mapping):
        value = value.get("total_cost")
    if value is None:
        ticks = first(raw, "cost_in_usd_ticks")
        return None if ticks is None else Decimal(ticks).scaleb(_TICKS)
    cost = _money(value, "cost")
    if raw.get("is_byok") is True:
        upstream = details(raw, "cost_details").get("upstream_inference_cost")
        if upstream is None:
            raise UsageError("cost is only a fee (is_byok) and the upstream cost is missing")
        cost += _money(upstream, "upstream_inference_cost")
    return cost


def _money(value, name):
    if type(value) not in (int, float, Decimal):
        raise UsageError(f"{name}: expected a number, got {value!r:.80}")
    # repr() of a float gives back the digits of the JSON text; Decimal(float) would not.
    amount = Decimal(repr(value)) if type(value) is float else Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise UsageError(f"{name}: expected an amount of 0 or more, got {value!r}")
    return amount
