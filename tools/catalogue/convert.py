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
from importlib import metadata
from pathlib import Path

import genai
import litellm_only
import speech
from entry_parts import (
    EFFICIENT,
    PREMIUM,
    as_text_too,
    bounded,
    limits,
    reason_to_leave_out,
    with_services,
)
from genai_prices import data
from second_opinion import SecondOpinion, differences
from vendors import (
    AS_TEXT,
    EMBEDDING,
    FOLLOWS,
    OTHER_MEDIA,
    REACHED,
    VARIES,
    VENDORS,
)

DATA = Path(__file__).resolve().parents[2] / "ai_brain" / "data"
_A_YEAR = re.compile(r"20\d\d-\d\d-\d\d")


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


def entry_of(vendor, model, opinion, today, report):
    """The catalogue's entry of a genai-prices model, or None; and its rows of disagreements."""
    prices = genai.periods(model, today, vendor)
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
        entry["source"] = litellm_only.SOURCE
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
    with_services(vendor, current, found)
    if any("days" in hours for price in prices for hours in price.get("hours", ())):
        entry["varies"] = VARIES
    if disputed:
        entry["disputed"] = disputed
    entry["prices"] = prices
    return entry, rows


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
        "about": "USD per 1,000,000 tokens, minute or hour, made by tools/catalogue/convert.py: do "
        "not edit",
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
    entries += list(litellm_only.missing(models, opinion, entries, options.date, left_out))
    entries += list(speech.entries(models, data.providers, options.date, rows))
    entries.sort(key=lambda entry: (entry["vendor"], entry["model"]))
    rows.sort(key=lambda row: (row["vendor"], row["model"], row["what"]))
    write(head_of(options.date, version), entries, rows)
    theirs = sum(entry.get("source") == litellm_only.SOURCE for entry in entries)
    print(f"{len(entries)} models, {theirs} of them from LiteLLM")
    print(f"{len(rows)} disagreements, {sum('disputed' in e for e in entries)} models disputed")
    for why, found in sorted(left_out.items()):
        print(f"left out, {why}: {len(found)} ({', '.join(found[:4])}, …)", file=sys.stderr)


if __name__ == "__main__":
    main()
