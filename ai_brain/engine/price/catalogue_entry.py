"""One model of a price list: read from its JSON form, refused where that is not as promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from .pricing import (
    BY_TIME,
    KINDS,
    MORE_KINDS,
    DatedPrice,
    Hours,
    Price,
    Rates,
    Service,
    Tier,
    price_at,
)


@dataclass(frozen=True)
class Entry:
    """One model at one vendor.

    kind: chat, embedding or speech; context_window, max_output_tokens: tokens, None if not known;
    disputed: the rates in which a second list differs
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
    deprecated: bool
    disputed: tuple[str, ...]
    note: str
    source: str
    prices: tuple[DatedPrice, ...]

    def price_at(self, when):
        """The DatedPrice that holds at ``when`` (UTC datetime), at the rates of that hour."""
        found = price_at(self.prices, when)
        return found and found.at(when)


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


def catalogue_price(entry, dated):
    """The CataloguePrice of an entry's DatedPrice."""
    return CataloguePrice(
        entry,
        dated.price,
        dated.valid_from.date() if dated.valid_from else None,
        dated.valid_to.date() if dated.valid_to else None,
    )


def read_entry(raw, data):
    """The Entry of one item of ``data["models"]``, ``data`` being a whole list.

    Raises KeyError, TypeError, ValueError, AttributeError or PriceError if it is not one.
    """
    vendor = data["vendors"][raw["vendor"]]
    number = raw.get("source", 0)
    # what a list says of its use ("second opinion") is no part of its name
    source = f"catalogue of {data['date']}: {data['sources'][number].split(', ')[0]}"
    tier = raw.get("tier", "efficient")
    notes = [f"Varies {raw['varies']}."] if raw.get("varies") else []
    if raw.get("disputed"):
        other = data["sources"][1 - number].split(" (")[0]
        notes.append(f"{other} has another {', '.join(raw['disputed'])}.")
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
        deprecated=raw.get("deprecated", False),
        disputed=tuple(raw.get("disputed", ())),
        note=" ".join(notes),
        source=source,
        prices=_periods(raw["prices"], source, tuple(vendor.get("as_text", ()))),
    )


def _periods(raw_prices, source, as_text):
    starts = [_midnight(raw["from"]) for raw in raw_prices]
    later = starts[1:]
    if not starts or None in later or sorted(set(later)) != later:
        raise ValueError("a model has no prices, or they do not follow each other in time")
    return tuple(
        DatedPrice(_price(raw, source, as_text), start, end)
        for raw, start, end in zip(raw_prices, starts, [*later, None])
    )


def _midnight(text):
    return datetime.fromisoformat(text) if text else None


def _price(raw, source, as_text):
    batch = raw.get("batch")
    return Price(
        rates=_rates(raw, as_text),
        tiers=_tiers(raw, as_text),
        batch_factor=Decimal(batch) if batch else None,
        source=source,
        services=tuple(
            Service(name, _rates(one, as_text), _tiers(one, as_text), one.get("limit"))
            for name, one in raw.get("services", {}).items()
        ),
        hours=tuple(_hours(one, as_text) for one in raw.get("hours", ())),
        regions=tuple((name, Decimal(f)) for name, f in raw.get("regions", {}).items()),
        input_limit=raw.get("limit"),
        least_seconds=raw.get("least_seconds", 0),
    )


def _tiers(raw, as_text):
    return tuple(Tier(tier["above"], _rates(tier, as_text)) for tier in raw.get("tiers", ()))


def _hours(raw, as_text):
    start, end = (time.fromisoformat(text) for text in raw["utc"])
    off = tuple(date.fromisoformat(day) for day in raw.get("off", ()))
    return Hours(start, end, _rates(raw, as_text), tuple(raw.get("days", ())), off)


def _rates(raw, as_text):
    """Rates of ``raw``; the media in ``as_text`` are billed as text where they have none."""
    found = {kind: Decimal(raw[kind]) for kind in (*KINDS, *MORE_KINDS, *BY_TIME) if kind in raw}
    if "input" in found:
        found = {**dict.fromkeys(as_text, found["input"]), **found}
    return Rates(**found)
