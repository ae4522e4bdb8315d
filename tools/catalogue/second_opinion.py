"""LiteLLM's price list: a second opinion on a model's rates, and a source of those it alone has."""

import re
from decimal import Decimal

MORE_THAN = Decimal("0.01")
RATES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
}
MORE = {
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "reasoning": "output_cost_per_reasoning_token",
    "input_audio": "input_cost_per_audio_token",
    "output_audio": "output_cost_per_audio_token",
    "cache_read_audio": "cache_read_input_audio_token_cost",
    "input_image": "input_cost_per_image_token",
    "output_image": "output_cost_per_image_token",
    "input_video": "input_cost_per_video_token",
}
SERVICES = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}
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

    def rates(self, suffix="", kinds=RATES):
        found = {kind: per_million(self.raw.get(name + suffix)) for kind, name in kinds.items()}
        return {kind: rate for kind, rate in found.items() if rate is not None}

    def tiers(self):
        """{tokens: rates} above thresholds."""
        above = {match.group(1) for key in self.raw if (match := _ABOVE.search(key))}
        return {int(k) * 1000: self.rates(f"_above_{k}k_tokens") for k in sorted(above, key=int)}

    def price(self):
        """The model's rates, tiers and hours in the catalogue's form.

        A rate of 0 for writing to a cache means that writing is not billed apart.
        """
        found = _texts({**self.rates(), **self.rates(kinds=MORE)})
        if found.get("cache_write") == "0":
            del found["cache_write"]
        if tiers := [{"above": k, **_texts(rates)} for k, rates in self.tiers().items() if rates]:
            found["tiers"] = tiers
        if search := self.search():
            found["web_search"] = search
        return found

    def search(self):
        """USD per 1,000 web searches, where every size of the search costs the same."""
        sizes = set((self.raw.get("search_context_cost_per_query") or {}).values())
        return plain(Decimal(repr(sizes.pop())) * 1000) if len(sizes) == 1 else None

    def services(self, price):
        """{service: rates}; what LiteLLM leaves out is as in ``price`` (the catalogue's form)."""
        found = {}
        for name, suffix in SERVICES.items():
            rates = _texts({**self.rates(suffix), **self.rates(suffix, MORE)})
            if {"input", "output"} & set(price) - set(rates):
                continue
            base = {k: v for k, v in price.items() if isinstance(v, str) and k != "from"}
            if "cache_write" in rates:
                base.pop("cache_write_1h", None)  # LiteLLM has none, and the ratio holds
            found[name] = {**base, **rates}
            tiers = [
                {"above": tier["above"], **_above(tier), **_texts(longer)}
                for tier in price.get("tiers", ())
                if (longer := self.rates(f"_above_{tier['above'] // 1000}k_tokens{suffix}"))
            ]
            if tiers:
                found[name]["tiers"] = tiers
            elif price.get("tiers"):
                found[name]["limit"] = price["tiers"][0]["above"]
        if fast := (self.raw.get("provider_specific_entry") or {}).get("fast"):
            found["fast"] = _times(price, Decimal(repr(fast)))
        return found

    def regions(self, vendor):
        """{region: factor} that the vendor reports, or that follows from its address."""
        if vendor == "anthropic":
            factor = (self.raw.get("provider_specific_entry") or {}).get("us")
            return {"us": plain(Decimal(repr(factor)))} if factor else {}
        if vendor == "openai":
            # LiteLLM follows OpenAI's page of models that cost more there; the others do not.
            name = "regional_processing_uplift_multiplier_"
            return {
                region: plain(Decimal(repr(self.raw.get(name + region, 1))))
                for region in ("eu", "us")
            }
        return {}

    def complete(self, price):
        """Add the cache rates that only LiteLLM has to a flat catalogue price."""
        for kind in ("cache_read", "cache_write"):
            rate = self.rates().get(kind)
            if rate and kind not in price and "tiers" not in price:
                price[kind] = plain(rate)
        for kind, rate in self.rates(kinds=MORE).items():
            if kind not in ("reasoning", "cache_write_1h"):
                price.setdefault(kind, plain(rate))


def _texts(rates):
    return {kind: plain(rate) for kind, rate in rates.items()}


def _above(tier):
    return {kind: rate for kind, rate in tier.items() if kind != "above"}


def _times(price, factor):
    """Every rate of a price in the catalogue's form, tiers included, times ``factor``."""
    found = {}
    for key, value in price.items():
        if key == "tiers":
            found[key] = [{"above": t["above"], **_times(_above(t), factor)} for t in value]
        elif key == "web_search":
            found[key] = value
        elif isinstance(value, str) and key != "from":
            found[key] = plain(Decimal(value) * factor)
    return found


class SecondOpinion:
    """Finds LiteLLM's entry for a vendor's model name."""

    def __init__(self, models, prefixes):
        self.models = {name.lower(): raw for name, raw in models.items()}
        self.prefixes = prefixes

    def find(self, vendor, name):
        """The Opinion on ``name`` at ``vendor``, or None where LiteLLM has no token rates."""
        prefixes = self.prefixes[vendor]
        for prefix in (prefixes,) if isinstance(prefixes, str) else prefixes:
            raw = self.models.get((prefix + name).lower())
            if raw is not None and raw.get("input_cost_per_token") is not None:
                return Opinion(raw)
        return None


def differences(price, opinion):
    """Rows of what differs by more than 1 %: [{what, genai_prices, litellm, percent}].

    A price by the hour is compared at the hours that LiteLLM's own rates are those of: the
    dearest.
    """
    peak = max(price.get("hours", ()), key=lambda one: Decimal(one["input"]), default=None)
    rows = _compared({**price, **(peak or {})}, opinion.rates(), "")
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
