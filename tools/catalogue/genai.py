"""genai-prices' models in the form of the catalogue's prices.

A variant (batch, flex, priority, fast) changes some rates of the model and leaves the others, as
genai-prices means it; here each service gets its rates in full. genai-prices knows variants from
the day on which it looked at them; they are given with the price that held on that day.
"""

from datetime import date
from decimal import Decimal

from genai_prices import types
from second_opinion import plain
from vendors import HOLIDAYS, HOURS_SINCE, WORKING_DAYS_SINCE

KINDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
    "input_audio": "input_audio_mtok",
    "output_audio": "output_audio_mtok",
    "cache_read_audio": "cache_audio_read_mtok",
    "input_image": "input_image_mtok",
    "output_image": "output_image_mtok",
    "input_video": "input_video_mtok",
    "web_search": "web_searches_kcount",
}
# What a request of these costs beside its tokens is not in a usage.
BESIDE = ("requests_kcount", "input_mchars", "audio_hours")
SERVICES = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("speed", "fast"): "fast",
}
UTC_TIME = "%H:%M"
WEEKDAYS = [0, 1, 2, 3, 4]


def names_of(model):
    """Exact names of the model: its id and what its match rule spells out."""
    exact, prefixes = {model.id}, set()

    def walk(rule):
        if isinstance(rule, types.ClauseOr):
            for part in rule.or_:
                walk(part)
        elif isinstance(rule, types.ClauseEquals):
            exact.add(rule.equals)
        elif isinstance(rule, types.ClauseStartsWith):
            prefixes.add(rule.starts_with.rstrip("-@:"))

    walk(model.match)
    return exact | {name for name in prefixes if name}


def rate_of(price, kind, above):
    value = getattr(price, KINDS[kind], None)
    if isinstance(value, types.TieredPrices):
        reached = [tier.price for tier in value.tiers if tier.start <= above]
        value = reached[-1] if reached else value.base
    return value


def rates_at(price, above, base=None):
    """{kind: text of USD} of a ModelPrice for inputs above ``above`` tokens.

    Kinds that ``price`` leaves out are taken from ``base``, a ModelPrice.
    """
    rates = {}
    for kind in KINDS:
        value = rate_of(price, kind, above)
        if value is None and base is not None:
            value = rate_of(base, kind, above)
        if value is not None:
            rates[kind] = plain(value)
    return rates


def starts_of(price):
    values = [getattr(price, name, None) for name in KINDS.values()]
    return sorted({t.start for v in values if isinstance(v, types.TieredPrices) for t in v.tiers})


def rates_with_tiers(price, base=None):
    """{kinds, tiers} of a ModelPrice; ``limit`` where long inputs have no price of their own."""
    found = rates_at(price, 0, base)
    starts = starts_of(price)
    if starts:
        found["tiers"] = [{"above": start, **rates_at(price, start, base)} for start in starts]
    elif base is not None and starts_of(base):
        found["limit"] = starts_of(base)[0]
    return found


def services_of(model, base):
    """{service: rates} of the model's variants, on ``base``, the ModelPrice that they vary."""
    found = {}
    for variant in model.price_variants or ():
        [when] = list(variant.when.items()) if len(variant.when) == 1 else [None]
        if when in SERVICES:
            found[SERVICES[when]] = rates_with_tiers(variant.prices, base)
    return found


def periods(model, today, vendor=None):
    """The model's prices by date, oldest first, with the hours and services of today's."""
    entries = model.prices
    if isinstance(entries, types.ModelPrice):
        entries = [types.ConditionalPrice(prices=entries)]
    dated = sorted(
        (
            (entry.constraint.start_date if entry.constraint else None, entry.prices)
            for entry in entries
            if not isinstance(entry.constraint, types.TimeOfDateConstraint)
        ),
        key=lambda entry: entry[0] or date.min,
    )
    hours = [e for e in entries if isinstance(e.constraint, types.TimeOfDateConstraint)]
    found = [
        {"from": start.isoformat() if start else None, **rates_with_tiers(price)}
        for start, price in dated
    ]
    place = max(n for n, (start, _price) in enumerate(dated) if (start or date.min) <= today)
    if services := services_of(model, dated[place][1]):
        found[place]["services"] = services
    if hours:
        found[place]["hours"] = [_hours(entry) for entry in hours]
        found = _by_hour(found, found[place], vendor)
    return found


def _hours(entry):
    limits = (entry.constraint.start_time, entry.constraint.end_time)
    return {"utc": [limit.strftime(UTC_TIME) for limit in limits], **rates_at(entry.prices, 0)}


def _by_hour(found, current, vendor):
    """Prices with their hours; genai-prices knows those of the ``current`` one only.

    Earlier ones since the vendor has hours get the same, at the same multiple of their rates, and
    weekends and holidays are taken out since the day from which the vendor does so (a model with
    hours and without a date came after it).
    """
    since, weekends = HOURS_SINCE.get(vendor), WORKING_DAYS_SINCE.get(vendor)
    done = []
    for price in found:
        start = price["from"] or ""
        if since and start >= since and "hours" not in price:
            price["hours"] = [_alike(hours, current, price) for hours in current["hours"]]
        if "hours" not in price or not weekends:
            done.append(price)
            continue
        if start < weekends and price["from"]:
            done.append(price)
            price = {**price, "from": weekends}
        price["hours"] = [
            {**hours, "days": WEEKDAYS, "off": HOLIDAYS[vendor]} for hours in price["hours"]
        ]
        done.append(price)
    # one that began before the weekends' rule and ended before it, too, has no second part
    ends = [later["from"] for later in done[1:]] + [None]
    return [one for one, end in zip(done, ends) if end is None or (one["from"] or "") < end]


def _alike(hours, current, price):
    """The hours of ``current`` with the rates of ``price``, times what they cost more."""
    rates = {
        kind: plain(Decimal(price[kind]) * Decimal(hours[kind]) / Decimal(current[kind]))
        for kind in KINDS
        if kind in hours and kind in price
    }
    return {"utc": hours["utc"], **rates}


def factor_of(service, price):
    """The one factor of every kind by which a service is cheaper, as text, or None."""
    kinds = [kind for kind in KINDS if kind != "web_search" and Decimal(price.get(kind, "0"))]
    if "limit" in service or "tiers" in service or set(price) & {"tiers", "hours"}:
        return None
    factors = {Decimal(service.get(kind, "0")) / Decimal(price[kind]) for kind in kinds}
    alike = service.get("web_search") == price.get("web_search")
    if len(factors) == 1 and alike and 0 < (factor := factors.pop()) < 1:
        return plain(factor)
    return None
