#!/usr/bin/env python3
"""Makes ai_brain/data/price_catalogue.json from genai-prices and LiteLLM.

    pip install genai-prices
    pip download --no-deps litellm -d /some/folder
    python tools/catalogue/convert.py --litellm /some/folder/litellm-*.whl --date 2026-07-01

Both lists are under the MIT licence; only their facts (names, rates, dates, limits) are taken.
The rates are those of genai-prices, and LiteLLM's for models that it alone has; the entry says
which. Rates that differ by more than 1 % are marked as disputed in the catalogue and listed, both
of them, in price_disagreements.csv for a person to look at. There genai-prices' stay, unless
nothing in them is dated and LiteLLM names the vendor's page for its own. What is left out, and
why, is printed.

Traps handled here: entries without any rate are not free but unknown; a missing rate stays missing
(the engine's fallback is explicit); prefixes such as `gpt-5` must not swallow models to come, so
only exact names are taken (the lookup adds dated suffixes); names whose LiteLLM rate differs from
the rest of their entry are dropped from it. A batch factor is given only where a batch discounts
every kind alike; else a batch has rates of its own, as have flex, priority and fast.
"""

import argparse
import csv
import json
import re
import sys
import zipfile
from datetime import date
from decimal import Decimal
from importlib import metadata
from pathlib import Path

import genai
from genai_prices import data
from second_opinion import Opinion, SecondOpinion, differences
from vendors import (
    AS_TEXT,
    EMBEDDING,
    FOLLOWS,
    HOLIDAYS,
    NO_CHAT,
    NO_PRICE_ABOVE,
    OTHER_MEDIA,
    REACHED,
    VENDORS,
    WORKING_DAYS_SINCE,
)

DATA = Path(__file__).resolve().parents[2] / "ai_brain" / "data"
GENAI, LITELLM = 0, 1
# USD per million output tokens up to which a chat model is called efficient, and from which
# premium: a reading of price alone, for want of a measure that covers every model.
EFFICIENT, PREMIUM = Decimal(3), Decimal(20)
# As the lookup takes it from the end of a name.
A_DATE = re.compile(r"(-\d{4}-\d\d-\d\d|[-@]\d{8})$")
_A_YEAR = re.compile(r"20\d\d-\d\d-\d\d")


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


def compare(vendor, model, current, others):
    """(names that are the odd one out, rates in dispute, rows for the disagreements file)."""
    disputed, odd, rows = set(), [], []
    found = {name: differences(current, other) for name, other in others.items()}
    # A name is the odd one out only where the model itself is confirmed.
    confirmed = model.id in found and not found[model.id]
    action = "name left out" if confirmed else "kept, disputed"
    for name, differing in found.items():
        if differing and confirmed:
            odd.append(name)
        disputed.update(row["what"] for row in differing if not confirmed)
        rows += [{"vendor": vendor, "model": name, **row, "action": action} for row in differing]
    return odd, sorted(disputed), rows


def is_better_known(model, other):
    """Does LiteLLM name a page for its rates, where nothing of genai-prices' is dated?"""
    undated = not isinstance(model.prices, list) and not _A_YEAR.search(model.price_comments or "")
    hours = isinstance(model.prices, list) and not any(
        hasattr(entry.constraint, "start_date") for entry in model.prices
    )
    return bool(other and other.raw.get("source")) and (undated or hours)


def limits(entry, window, best, price):
    if window:
        entry["context_window"] = int(window)
    if entry["kind"] == "chat":
        if best and best.max_output:
            entry["max_output"] = int(best.max_output)
        entry["tier"] = tier_of(price)


def with_services(price, found):
    """Put services into a price: a batch as its factor where one factor says it all."""
    if factor := genai.factor_of(found.get("batch", {}), price):
        price["batch"] = factor
        found = {name: rates for name, rates in found.items() if name != "batch"}
    if found:
        price["services"] = found


def entry_of(vendor, model, opinion, today, report):
    """The catalogue's entry of a genai-prices model, or None; and its rows of disagreements."""
    prices = genai.periods(model, today, WORKING_DAYS_SINCE.get(vendor))
    embedding = bool(EMBEDDING.search(model.id))
    why = reason_to_leave_out(vendor, model.id, prices[-1], embedding)
    current = [one for one in prices if (one["from"] or "") <= today.isoformat()][-1]
    names = sorted(name for name in genai.names_of(model) if not OTHER_MEDIA.search(name))
    others = {name: found for name in names if (found := opinion.find(vendor, name))}
    for name in [name for name, other in others.items() if other.mode not in REACHED]:
        mode = others.pop(name).mode
        names.remove(name)
        if name == model.id:
            why = why or f"LiteLLM's mode: {mode}"
    if why:
        report.setdefault(why, []).append(f"{vendor}/{model.id}")
        return None, []
    odd, disputed, rows = compare(vendor, model, current, others)
    names = [name for name in names if name not in odd]
    best = others.get(model.id) or next(iter(others.values()), None)
    entry = {"vendor": vendor, "model": model.id}
    if extra := [name for name in names if name != model.id]:
        entry["names"] = extra
    if odd:
        entry["not"] = odd
    entry["kind"] = "embedding" if embedding else "chat"
    if disputed and is_better_known(model, best):
        prices = [{"from": None, **best.price()}]
        current = prices[0]
        current["services"] = best.services(current)
        entry["source"] = LITELLM
        rows = [{**row, "action": "LiteLLM's taken, disputed"} for row in rows]
    limits(entry, model.context_window or (best and best.context_window), best, current)
    retires = others[model.id].retires if model.id in others else None
    if model.deprecated or (retires and retires <= today.isoformat()):
        entry["deprecated"] = True
    found = current.pop("services", {})
    if best and not disputed:
        best.complete(current)
        found = {**best.services(current), **found}
    if best and (regions := best.regions(vendor)):
        for price in prices:
            price["regions"] = regions
    as_text_too(vendor, best, current)
    bounded(vendor, entry, current)
    with_services(current, found)
    if any("days" in hours for price in prices for hours in price.get("hours", ())):
        entry["varies"] = HOLIDAYS
    if disputed:
        entry["disputed"] = disputed
    entry["prices"] = prices
    return entry, rows


def as_text_too(vendor, other, price):
    """Google's page has one price for all media where it names none for audio."""
    takes_audio = bool(other and other.raw.get("supports_audio_input"))
    if vendor == "google" and takes_audio and "input_audio" not in price:
        for rates in (price, *price.get("tiers", ())):
            rates["input_audio"] = rates["input"]


def bounded(vendor, entry, price):
    """A long input that was served once, and is no more, had a price that no list keeps."""
    bound = NO_PRICE_ABOVE.get(vendor)
    if bound and "tiers" not in price and entry.get("context_window", bound) <= bound:
        price["limit"] = bound


def entry_of_litellm(vendor, name, raw, today, report):
    """The entry of a model that LiteLLM alone has, or None."""
    opinion = Opinion(raw)
    price = {"from": None, **opinion.price()}
    embedding = opinion.mode == "embedding"
    why = reason_to_leave_out(vendor, name, price, embedding)
    if "off_peak_pricing" in raw:
        why = why or "priced by the hour, without dates"
    if why:
        report.setdefault(why, []).append(f"{vendor}/{name}")
        return None
    entry = {"vendor": vendor, "model": name, "source": LITELLM}
    entry["kind"] = "embedding" if embedding else "chat"
    limits(entry, opinion.context_window, opinion, price)
    if opinion.retires and opinion.retires <= today.isoformat():
        entry["deprecated"] = True
    if regions := opinion.regions(vendor):
        price["regions"] = regions
    as_text_too(vendor, opinion, price)
    bounded(vendor, entry, price)
    with_services(price, opinion.services(price))
    entry["prices"] = [price]
    return entry


def missing(models, opinion, entries, today, report):
    """Entries of LiteLLM's models of our vendors whose price no entry has."""
    named = {
        (entry["vendor"], name.lower()): entry
        for entry in entries
        for name in (entry["model"], *entry.get("names", ()))
    }
    for key, raw in models.items():
        for vendor, (*_rest, prefixes, names) in VENDORS.items():
            if raw.get("litellm_provider") not in names or raw.get("mode") not in REACHED:
                continue
            prefix = max((p for p in prefixes if key.startswith(p)), key=len, default=None)
            if prefix is None or (vendor, key[len(prefix) :].lower()) in named:
                continue
            name = key[len(prefix) :]
            entry = entry_of_litellm(vendor, name, raw, today, report)
            if entry and not is_found_anyway(named, opinion, vendor, name, raw):
                named[vendor, name.lower()] = entry
                yield entry


def is_found_anyway(named, opinion, vendor, name, raw):
    """Does the lookup find its price by another name: the plain one, or at whom it follows?"""
    plain_name = A_DATE.sub("", name.lower())
    if plain_name != name.lower() and (vendor, plain_name) in named:
        plain = opinion.find(vendor, plain_name)
        if plain and plain.rates() == Opinion(raw).rates():
            return True
        return not differences(named[vendor, plain_name]["prices"][-1], Opinion(raw))
    model = named.get((FOLLOWS.get(vendor), name.lower()))
    return bool(model) and not differences(model["prices"][-1], Opinion(raw))


def load_litellm(path):
    """(version, models) of a LiteLLM wheel or of its price file."""
    if path.suffix != ".whl":
        return "unknown", json.loads(path.read_text(encoding="utf-8"))
    with zipfile.ZipFile(path) as wheel:
        content = wheel.read("litellm/model_prices_and_context_window_backup.json")
    return path.name.split("-")[1], json.loads(content)


def write(head, entries, rows):
    """One model a line, so that a later conversion can be read as a diff."""
    lines = [json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "models": [']
    compact = (",", ":")
    lines += [
        "  " + json.dumps(entry, ensure_ascii=False, separators=compact) + "," for entry in entries
    ]
    text = "\n".join(lines)[:-1] + "\n ]\n}\n"
    json.loads(text)
    (DATA / "price_catalogue.json").write_text(text, encoding="utf-8")
    with (DATA / "price_disagreements.csv").open("w", encoding="utf-8", newline="") as target:
        fields = ["vendor", "model", "what", "genai_prices", "litellm", "percent", "action"]
        writer = csv.DictWriter(target, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def head_of(today, version):
    return {
        "about": "USD per 1,000,000 tokens, made by tools/catalogue/convert.py: do not edit",
        "date": today.isoformat(),
        "sources": [
            f"genai-prices {metadata.version('genai-prices')} (MIT)",
            f"LiteLLM {version} (MIT), second opinion",
        ],
        "tiers": f"by output price: up to {EFFICIENT} efficient, from {PREMIUM} premium",
        "vendors": {
            vendor: {
                "name": name,
                "api_format": api_format,
                "base_url": base_url,
                "prices_like": [FOLLOWS[vendor]] if vendor in FOLLOWS else [],
                **({"as_text": AS_TEXT[vendor]} if vendor in AS_TEXT else {}),
            }
            for vendor, (name, api_format, base_url, *_litellm) in VENDORS.items()
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--litellm", type=Path, required=True, help="wheel or price JSON")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="day of the facts")
    options = parser.parse_args()
    version, models = load_litellm(options.litellm)
    opinion = SecondOpinion(models, {vendor: row[3] for vendor, row in VENDORS.items()})
    entries, rows, left_out = [], [], {}
    for provider in data.providers:
        if provider.id not in VENDORS:
            continue
        for model in provider.models:
            entry, found = entry_of(provider.id, model, opinion, options.date, left_out)
            rows += found
            if entry:
                entries.append(entry)
    entries += list(missing(models, opinion, entries, options.date, left_out))
    entries.sort(key=lambda entry: (entry["vendor"], entry["model"]))
    rows.sort(key=lambda row: (row["vendor"], row["model"], row["what"]))
    write(head_of(options.date, version), entries, rows)
    theirs = sum(entry.get("source") == LITELLM for entry in entries)
    print(f"{len(entries)} models, {theirs} of them from LiteLLM")
    print(f"{len(rows)} disagreements, {sum('disputed' in e for e in entries)} models disputed")
    for why, found in sorted(left_out.items()):
        print(f"left out, {why}: {len(found)} ({', '.join(found[:4])}, …)", file=sys.stderr)


if __name__ == "__main__":
    main()
