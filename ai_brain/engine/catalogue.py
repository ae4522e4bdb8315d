"""The shipped list of models and their dated prices.

``ai_brain/data/price_catalogue.json`` is made by ``tools/catalogue/convert.py`` from
genai-prices (MIT) and checked against LiteLLM (MIT); ``price_disagreements.csv`` beside it lists
where the two differ. It is a starting point: a contract's price, and what a vendor returns with
an answer, are better than it.

>>> [found] = lookup("gpt-4o-mini-2024-07-18", "openai", base_url="")
>>> found.entry.model, found.price.rates.input
('gpt-4o-mini', Decimal('0.15'))
>>> lookup("no-such-model")
[]

An unknown model has no price; there is no guess and no zero.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from .lazy import regex
from .pricing import KINDS, DatedPrice, Price, Rates, Tier, price_at

PATH = Path(__file__).resolve().parents[1] / "data" / "price_catalogue.json"

# No measure of quality covers every model, so a model starts from what its tier stands for.
TIER_QUALITY = {"efficient": 70, "standard": 80, "premium": 90}
QUALITY_SOURCE = "tier default"

# The vendor behind a format's usual address.
_USUAL = {"openai": "openai", "anthropic": "anthropic", "gemini": "google"}
# A host, or the end of one.
_HOSTS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure",
    "cognitiveservices.azure.com": "azure",
    "services.ai.azure.com": "azure",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "google",
    "api.mistral.ai": "mistral",
    "api.deepseek.com": "deepseek",
    "api.cerebras.ai": "cerebras",
    "api.groq.com": "groq",
    "openrouter.ai": "openrouter",
    "api.together.xyz": "together",
    "api.together.ai": "together",
    "api.fireworks.ai": "fireworks",
    "api.x.ai": "x-ai",
    "api.cohere.ai": "cohere",
    "api.cohere.com": "cohere",
    "api.moonshot.ai": "moonshotai",
    "api.moonshot.cn": "moonshotai",
}
_DATED = regex(r"(-\d{4}-\d\d-\d\d|[-@]\d{8})$")
_GEMINI_VERSION = regex(r"-\d{3}$")
_FINE_TUNED = regex(r"^(ft:[^:]+?)(-\d{4}|-\d{4}-\d\d-\d\d)?(:.*)?$")


@dataclass(frozen=True)
class Entry:
    """One model at one vendor.

    kind: chat or embedding; context_window, max_output_tokens: tokens, None if not known;
    quality_score: 0 to 100 with its source; disputed: the rates in which a second list differs
    by more than 1 %; note: what else to know of the price; prices: DatedPrice, oldest first,
    the first of them since ever.
    """

    vendor: str
    vendor_name: str
    api_format: str
    base_url: str
    model: str
    names: tuple[str, ...]
    kind: str
    context_window: int | None
    max_output_tokens: int | None
    tier: str
    quality_score: float
    quality_source: str
    deprecated: bool
    disputed: tuple[str, ...]
    note: str
    source: str
    prices: tuple[DatedPrice, ...]

    def price_at(self, when):
        """The DatedPrice that holds at ``when`` (UTC datetime)."""
        return price_at(self.prices, when)


@dataclass(frozen=True)
class CataloguePrice:
    """A price of ``entry`` in its period: from ``valid_from`` until before ``valid_to``.

    Both are dates at whose midnight UTC the price changes; None is since ever, or until further
    notice.
    """

    entry: Entry
    price: Price
    valid_from: date | None
    valid_to: date | None


def lookup(model_name, api_format=None, when=None, *, vendor=None, base_url=None):
    """The prices of a model: a list of CataloguePrice, oldest first, empty if it is unknown.

    ``when``, a UTC datetime, leaves the one price of each vendor that holds then. Several
    vendors may serve one model at different prices: give ``vendor`` (an id of the catalogue) or
    ``base_url``; an empty ``base_url`` is the usual address of ``api_format``, an address that
    is no known vendor's has no prices. Names are exact but for a date at their end.
    """
    if vendor is None and base_url is not None:
        vendor = vendor_of(api_format, base_url)
        if vendor is None:
            return []
    found = []
    for entry in _entries_named(model_name, vendor):
        if api_format in (None, entry.api_format):
            dated = [entry.price_at(when)] if when is not None else entry.prices
            found += [_catalogue_price(entry, one) for one in dated if one is not None]
    return found


def search(text="", *, limit=80, api_format=None):
    """Entries whose vendor and names contain every word of ``text``, current models first."""
    words = (text or "").lower().split()
    found = []
    for raw in _catalogue()["models"]:
        vendor = _catalogue()["vendors"][raw["vendor"]]
        if api_format not in (None, vendor["api_format"]):
            continue
        spoken = " ".join((vendor["name"], raw["vendor"], raw["model"], *raw.get("names", ())))
        if all(word in spoken.lower() for word in words):
            found.append(raw)
    found.sort(
        key=lambda raw: (
            raw.get("deprecated", False),
            raw["model"].lower() != (text or "").strip().lower(),
            raw["vendor"] == "openrouter",
            raw["vendor"],
            raw["model"],
        )
    )
    return [_entry(raw) for raw in found[:limit]]


def vendor_of(api_format, base_url):
    """The catalogue's id of the vendor at ``base_url``, or None.

    >>> vendor_of("openai", "https://api.groq.com/openai/v1"), vendor_of("gemini", "")
    ('groq', 'google')
    """
    if not base_url:
        return _USUAL.get(api_format)
    try:
        host = urlsplit(base_url.strip()).hostname or ""
    except ValueError:
        return None
    parts = host.split(".")
    ends = (".".join(parts[start:]) for start in range(len(parts)))
    return next((_HOSTS[end] for end in ends if end in _HOSTS), None)


def as_of():
    """The day of the catalogue's facts."""
    return date.fromisoformat(_catalogue()["date"])


@lru_cache(maxsize=1)
def _catalogue():
    return json.loads(PATH.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _index():
    """{name: [models]}; and the names that look like a model's dated variant but are not."""
    names, refused = {}, set()
    for raw in _catalogue()["models"]:
        for name in {raw["model"].lower(), *(name.lower() for name in raw.get("names", ()))}:
            names.setdefault(name, []).append(raw)
        refused.update((raw["vendor"], name.lower()) for name in raw.get("not", ()))
    return names, refused


def _entries_named(model_name, vendor):
    name = (model_name or "").strip().lower().removeprefix("models/")
    wanted = (vendor, *_catalogue()["vendors"].get(vendor, {}).get("prices_like", ()))
    for owner in wanted:
        found = _found(name, owner)
        if found:
            return [_sold_by(_entry(raw), vendor) for raw in found]
    return []


def _found(name, vendor):
    names, refused = _index()
    for candidate in _candidates(name):
        found = [
            raw
            for raw in names.get(candidate, ())
            if vendor in (None, raw["vendor"]) and (raw["vendor"], name) not in refused
        ]
        if candidate != name and not candidate.startswith("ft:"):
            found = [raw for raw in found if _may_be_dated(raw, name)]
        if found:
            return found
    return []


def _candidates(name):
    yield name
    if fine_tuned := _FINE_TUNED.match(name):
        yield fine_tuned.group(1)
    yield _DATED.sub("", name)
    yield _GEMINI_VERSION.sub("", name)


def _may_be_dated(raw, name):
    return bool(_DATED.search(name)) or raw["vendor"] == "google"


def _sold_by(entry, vendor):
    """``entry``, or the same as the vendor sells it who has the prices of another."""
    if vendor is None or vendor == entry.vendor:
        return entry
    seller = _catalogue()["vendors"][vendor]
    note = f"{seller['name']} takes the prices of {entry.vendor_name}."
    return replace(
        entry,
        vendor=vendor,
        vendor_name=seller["name"],
        base_url=seller["base_url"],
        note=f"{entry.note} {note}".strip(),
    )


def _catalogue_price(entry, dated):
    return CataloguePrice(
        entry,
        dated.price,
        dated.valid_from.date() if dated.valid_from else None,
        dated.valid_to.date() if dated.valid_to else None,
    )


def _entry(raw):
    vendor = _catalogue()["vendors"][raw["vendor"]]
    source = f"catalogue of {_catalogue()['date']}: {_catalogue()['sources'][0]}"
    tier = raw.get("tier", "efficient")
    notes = [f"Varies {raw['varies']}."] if raw.get("varies") else []
    if raw.get("disputed"):
        second = _catalogue()["sources"][1].split(" (")[0]
        notes.append(f"{second} has another {', '.join(raw['disputed'])}.")
    return Entry(
        vendor=raw["vendor"],
        vendor_name=vendor["name"],
        api_format=vendor["api_format"],
        base_url=vendor["base_url"],
        model=raw["model"],
        names=tuple(raw.get("names", ())),
        kind=raw["kind"],
        context_window=raw.get("context_window"),
        max_output_tokens=raw.get("max_output"),
        tier=tier,
        quality_score=TIER_QUALITY[tier],
        quality_source=QUALITY_SOURCE,
        deprecated=raw.get("deprecated", False),
        disputed=tuple(raw.get("disputed", ())),
        note=" ".join(notes),
        source=source,
        prices=_periods(raw["prices"], source),
    )


def _periods(raw_prices, source):
    starts = [_midnight(raw["from"]) for raw in raw_prices]
    return tuple(
        DatedPrice(_price(raw, source), start, end)
        for raw, start, end in zip(raw_prices, starts, [*starts[1:], None])
    )


def _midnight(text):
    return datetime.fromisoformat(text) if text else None


def _price(raw, source):
    batch = raw.get("batch")
    return Price(
        rates=_rates(raw),
        tiers=tuple(Tier(tier["above"], _rates(tier)) for tier in raw.get("tiers", ())),
        batch_factor=Decimal(batch) if batch else None,
        source=source,
    )


def _rates(raw):
    kinds = (*KINDS, "cache_write_1h")
    return Rates(**{kind: Decimal(raw[kind]) for kind in kinds if kind in raw})
