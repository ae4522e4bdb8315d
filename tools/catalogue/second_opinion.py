"""LiteLLM's price list as a second opinion on a model's rates."""

import re
from decimal import Decimal

MORE_THAN = Decimal("0.01")
RATES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
_ABOVE = re.compile(r"_above_(\d+)k_tokens$")


def plain(value):
    """A Decimal as the shortest text without an exponent.

    >>> plain(Decimal("2.50")), plain(Decimal("1E+2"))
    ('2.5', '100')
    """
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_million(value):
    """USD per million tokens of LiteLLM's float per token, or None."""
    if value is None:
        return None
    # A float per token carries noise in its last digits; no vendor prices finer than this.
    return (Decimal(repr(float(value))) * 1_000_000).quantize(Decimal("1E-9")).normalize()


class Opinion:
    """What LiteLLM knows of one model."""

    def __init__(self, raw):
        self.raw = raw
        self.mode = raw.get("mode") or "chat"
        self.context_window = raw.get("max_input_tokens")
        self.max_output = raw.get("max_output_tokens")
        self.retires = raw.get("deprecation_date")

    def rates(self, suffix=""):
        found = {kind: per_million(self.raw.get(name + suffix)) for kind, name in RATES.items()}
        return {kind: rate for kind, rate in found.items() if rate is not None}

    def tiers(self):
        """{tokens: rates} above thresholds."""
        above = {match.group(1) for key in self.raw if (match := _ABOVE.search(key))}
        return {int(k) * 1000: self.rates(f"_above_{k}k_tokens") for k in sorted(above, key=int)}

    def complete(self, price):
        """Add the cache rates that only LiteLLM has to a flat catalogue price."""
        for kind in ("cache_read", "cache_write"):
            rate = self.rates().get(kind)
            if rate and kind not in price and "tiers" not in price:
                price[kind] = plain(rate)


class SecondOpinion:
    """Finds LiteLLM's entry for a vendor's model name."""

    def __init__(self, models, prefixes):
        self.models = {name.lower(): raw for name, raw in models.items()}
        self.prefixes = prefixes

    def find(self, vendor, name):
        """The Opinion on ``name`` at ``vendor``, or None where LiteLLM has no token rates."""
        raw = self.models.get((self.prefixes[vendor] + name).lower())
        if raw is None or raw.get("input_cost_per_token") is None:
            return None
        return Opinion(raw)


def differences(price, opinion):
    """Rows of what differs by more than 1 %: [{what, genai_prices, litellm, percent}]."""
    rows = _compared(price, opinion.rates(), "")
    ours = {tier["above"]: tier for tier in price.get("tiers", ())}
    theirs = {above: rates for above, rates in opinion.tiers().items() if rates}
    for above in [above for above in ours if above + 1 in theirs]:
        # "From 200,000 on" and "above 199,999" are the same tier.
        theirs[above] = theirs.pop(above + 1)
    for above in sorted(set(ours) | set(theirs)):
        if above in ours and above in theirs:
            rows += _compared(ours[above], theirs[above], f" above {above}")
        else:
            known = [str(above) if above in side else "none" for side in (ours, theirs)]
            rows.append(_row("tier", *known, ""))
    return rows


def _compared(ours, theirs, where):
    rows = []
    for kind, their in theirs.items():
        if kind not in ours or (kind.startswith("cache") and not their):
            continue
        our = Decimal(ours[kind])
        if abs(our - their) > MORE_THAN * max(our, their):
            percent = f"{(their / our - 1) * 100:+.0f}" if our else ""
            rows.append(_row(kind + where, plain(our), plain(their), percent))
    return rows


def _row(what, ours, theirs, percent):
    return {"what": what, "genai_prices": ours, "litellm": theirs, "percent": percent}
