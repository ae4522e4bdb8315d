"""What an entry of the catalogue is made of, whichever list its price comes from."""

from decimal import Decimal

import genai
from vendors import DEARER_ABOVE, NO_CHAT, NO_PRICE_ABOVE, OTHER_MEDIA, SAME_PRICE

# USD per million output tokens up to which a chat model is called efficient, and from which
# premium: a reading of price alone, for want of a measure that covers every model.
EFFICIENT, PREMIUM = Decimal(3), Decimal(20)


def reason_to_leave_out(vendor, name, price, free=False):
    if not price.get("input") and not price.get("output"):
        return "no rate: unknown, not free"
    if vendor == "google" and "claude" in name:
        return "served in Anthropic's format by another endpoint"
    if OTHER_MEDIA.search(name):
        return "billed by more than tokens"
    if NO_CHAT.search(name) and vendor in ("openai", "azure"):
        return "legacy completion or fine-tuning name"
    nothing = all(Decimal(price.get(kind, "1")) == 0 for kind in ("input", "output"))
    if nothing and not name.endswith(":free"):
        return "rates of 0 without a free variant's name"
    if "output" not in price and not free:
        return "no output rate"
    return ""


def tier_of(price):
    output = Decimal(price.get("output", "0"))
    if output <= EFFICIENT:
        return "efficient"
    return "premium" if output >= PREMIUM else "standard"


def limits(entry, window, best, price):
    if window:
        entry["context_window"] = int(window)
    if entry["kind"] == "chat":
        if best and best.max_output:
            entry["max_output"] = int(best.max_output)
        entry["tier"] = tier_of(price)


def with_services(vendor, price, found):
    """Put services into a price: a batch as its factor where one factor says it all."""
    found = dict(found)
    for service in SAME_PRICE.get(vendor, ()):
        kept = {k: v for k, v in price.items() if k == "tiers" or isinstance(v, str)}
        found.setdefault(service, {k: v for k, v in kept.items() if k not in ("from", "batch")})
    if factor := genai.factor_of(found.get("batch", {}), price):
        price["batch"] = factor
        found = {name: rates for name, rates in found.items() if name != "batch"}
    if found:
        price["services"] = found


def as_text_too(vendor, other, price):
    """Google's page has one price for all media where it names none for audio."""
    takes_audio = bool(other and other.raw.get("supports_audio_input"))
    if vendor == "google" and takes_audio and "input_audio" not in price:
        for rates in (price, *price.get("tiers", ())):
            rates["input_audio"] = rates["input"]


def bounded(vendor, entry, price):
    """A long input that was served once, and is no more, had a price that no list keeps."""
    names, above, times = DEARER_ABOVE.get(vendor, (None, 0, 1))
    if names and names.fullmatch(entry["model"]) and "tiers" not in price:
        rates = {kind: price[kind] for kind in ("input", "output", "cache_read") if kind in price}
        longer = {kind: f"{(Decimal(rate) * times).normalize():f}" for kind, rate in rates.items()}
        if "cache_read" in rates:  # nobody has a rate of its own for it
            longer["cache_read"] = rates["cache_read"]
        price["tiers"] = [{"above": above, **longer}]
    bound = NO_PRICE_ABOVE.get(vendor)
    if bound and "tiers" not in price and entry.get("context_window", bound) <= bound:
        price["limit"] = bound
