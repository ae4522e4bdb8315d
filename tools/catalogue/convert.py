#!/usr/bin/env python3
"""Makes ai_brain/data/price_catalogue.json from genai-prices, checked against LiteLLM.

    pip install genai-prices
    pip download --no-deps litellm -d /some/folder
    python tools/catalogue/convert.py --litellm /some/folder/litellm-*.whl --date 2026-07-01

Both lists are under the MIT licence; only their facts (names, rates, dates, limits) are taken.
The rates are those of genai-prices. LiteLLM is the second opinion: rates that differ by more
than 1 % stay as they are, are marked as disputed in the catalogue and listed in
price_disagreements.csv for a person to look at. What is left out, and why, is printed.

Traps of genai-prices handled here: entries without any rate are not free but unknown; a missing
rate stays missing (the engine's fallback is explicit); prices by time of day become the dearest
of the day; prefixes such as `gpt-5` must not swallow models to come, so only exact names are
taken (the lookup adds dated suffixes); names whose LiteLLM rate differs from the rest of their
entry are dropped from it. A batch factor is given only where a batch discounts every kind alike
(some vendors leave cached input at its full rate).
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

from genai_prices import data, types
from second_opinion import SecondOpinion, differences, plain

DATA = Path(__file__).resolve().parents[2] / "ai_brain" / "data"
KINDS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
    "reasoning": "output_reasoning_mtok",
}
# id in genai-prices: (name, wire format, base URL, prefix of the vendor's models in LiteLLM)
VENDORS = {
    "anthropic": ("Anthropic", "anthropic", "https://api.anthropic.com", ""),
    "azure": ("Azure OpenAI", "openai", "", "azure/"),
    "cerebras": ("Cerebras", "openai", "https://api.cerebras.ai/v1", "cerebras/"),
    "cohere": ("Cohere", "openai", "https://api.cohere.ai/compatibility/v1", ""),
    "deepseek": ("DeepSeek", "openai", "https://api.deepseek.com", "deepseek/"),
    "fireworks": (
        "Fireworks AI",
        "openai",
        "https://api.fireworks.ai/inference/v1",
        "fireworks_ai/",
    ),
    "google": (
        "Google Gemini",
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "gemini/",
    ),
    "groq": ("Groq", "openai", "https://api.groq.com/openai/v1", "groq/"),
    "mistral": ("Mistral AI", "openai", "https://api.mistral.ai/v1", "mistral/"),
    "moonshotai": ("Moonshot AI", "openai", "https://api.moonshot.ai/v1", "moonshot/"),
    "openai": ("OpenAI", "openai", "https://api.openai.com/v1", ""),
    "openrouter": ("OpenRouter", "openai", "https://openrouter.ai/api/v1", "openrouter/"),
    "together": ("Together AI", "openai", "https://api.together.xyz/v1", "together_ai/"),
    "x-ai": ("xAI", "openai", "https://api.x.ai/v1", "xai/"),
}
# Billed by more than text tokens, or not reached by chat completions and embeddings.
OTHER_MEDIA = re.compile(
    r"audio|image|realtime|transcribe|tts|whisper|moderation|computer-use|search|live|voxtral"
    r"|vision-preview|deep-research|robotics|veo|imagen|lyria|sora|dall-e|guard|rerank|ocr|:batch|:flex",
    re.IGNORECASE,
)
NO_CHAT = re.compile(r"(^|-)(ada|babbage|curie|davinci)(-|$)|-instruct-?0?9?1?4?$|\.ft-")
REACHED = ("chat", "embedding")
EMBEDDING = re.compile(r"embed", re.IGNORECASE)
# USD per million output tokens up to which a chat model is called efficient, and from which
# premium: a reading of price alone, for want of a measure that covers every model.
EFFICIENT, PREMIUM = Decimal(3), Decimal(20)


def names_of(model):
    """(exact names, prefixes) of the model: its id and what its match rule spells out."""
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


def rates_at(price, above):
    """{kind: text of USD} of a genai-prices ModelPrice for inputs above ``above`` tokens."""
    rates = {}
    for kind, name in KINDS.items():
        value = getattr(price, name)
        if isinstance(value, types.TieredPrices):
            reached = [tier.price for tier in value.tiers if tier.start <= above]
            value = reached[-1] if reached else value.base
        if value is not None:
            rates[kind] = plain(value)
    return rates


def period(price, start):
    starts = sorted(
        {
            tier.start
            for name in KINDS.values()
            if isinstance(getattr(price, name), types.TieredPrices)
            for tier in getattr(price, name).tiers
        }
    )
    found = {"from": start.isoformat() if start else None, **rates_at(price, 0)}
    if starts:
        found["tiers"] = [{"above": above, **rates_at(price, above)} for above in starts]
    return found


def periods(model):
    """The model's prices by date, oldest first."""
    if isinstance(model.prices, types.ModelPrice):
        return [period(model.prices, None)]
    dated = [
        entry
        for entry in model.prices
        if not isinstance(entry.constraint, types.TimeOfDateConstraint)
    ]
    found = [
        (entry.constraint.start_date if entry.constraint else None, entry.prices) for entry in dated
    ]
    found.sort(key=lambda entry: entry[0] or date.min)
    if len(dated) < len(model.prices):
        # genai-prices knows the hours of the latest price only.
        hours = [entry.prices for entry in model.prices if entry not in dated]
        start, last = found[-1]
        found[-1] = (start, max([*hours, last], key=lambda price: price.input_mtok))
    return [period(price, start) for start, price in found]


def varies_by_hour(model):
    return isinstance(model.prices, list) and any(
        isinstance(entry.constraint, types.TimeOfDateConstraint) for entry in model.prices
    )


def batch_factor(model, current):
    """The factor of the vendor's batch API, if it is one for every priced kind, as text."""
    for variant in model.price_variants or ():
        if variant.when == {"processing": "batch"}:
            batch = rates_at(variant.prices, 0)
            known = [kind for kind in KINDS if Decimal(current.get(kind, "0"))]
            factors = {Decimal(batch.get(kind, "0")) / Decimal(current[kind]) for kind in known}
            if len(factors) == 1 and 0 < (factor := factors.pop()) < 1:
                return plain(factor)
    return None


def reason_to_leave_out(vendor, model, prices):
    current = prices[-1]
    if not current.get("input") and not current.get("output"):
        return "no rate: unknown, not free"
    if vendor == "google" and "claude" in model.id:
        return "served in Anthropic's format by another endpoint"
    if OTHER_MEDIA.search(model.id):
        return "billed by more than text tokens"
    if NO_CHAT.search(model.id) and vendor in ("openai", "azure"):
        return "legacy completion or fine-tuning name"
    free = all(Decimal(current.get(kind, "1")) == 0 for kind in ("input", "output"))
    if free and not model.id.endswith(":free"):
        return "rates of 0 without a free variant's name"
    if "output" not in current and not EMBEDDING.search(model.id):
        return "no output rate"
    return ""


def tier_of(current):
    output = Decimal(current["output"])
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


def entry_of(vendor, model, opinion, today, report):
    """The catalogue's entry of a genai-prices model, or None."""
    prices = periods(model)
    why = reason_to_leave_out(vendor, model, prices)
    current = [one for one in prices if (one["from"] or "") <= today.isoformat()][-1]
    names = sorted(name for name in names_of(model) if not OTHER_MEDIA.search(name))
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
    entry["kind"] = "embedding" if EMBEDDING.search(model.id) else "chat"
    window = model.context_window or (best and best.context_window)
    if window:
        entry["context_window"] = int(window)
    if entry["kind"] == "chat":
        if best and best.max_output:
            entry["max_output"] = int(best.max_output)
        entry["tier"] = tier_of(current)
    retires = others[model.id].retires if model.id in others else None
    if model.deprecated or (retires and retires <= today.isoformat()):
        entry["deprecated"] = True
    if best and not disputed:
        best.complete(current)
    if factor := batch_factor(model, current):
        current["batch"] = factor
    if varies_by_hour(model):
        entry["varies"] = "by time of day: the dearest is given"
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
    lines += ["  " + json.dumps(entry, ensure_ascii=False) + "," for entry in entries]
    text = "\n".join(lines)[:-1] + "\n ]\n}\n"
    json.loads(text)
    (DATA / "price_catalogue.json").write_text(text, encoding="utf-8")
    with (DATA / "price_disagreements.csv").open("w", encoding="utf-8", newline="") as target:
        fields = ["vendor", "model", "what", "genai_prices", "litellm", "percent", "action"]
        writer = csv.DictWriter(target, fields, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


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
    entries.sort(key=lambda entry: (entry["vendor"], entry["model"]))
    rows.sort(key=lambda row: (row["vendor"], row["model"], row["what"]))
    head = {
        "about": "USD per 1,000,000 tokens, made by tools/catalogue/convert.py: do not edit",
        "date": options.date.isoformat(),
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
                "prices_like": [
                    other
                    for provider in data.providers
                    if provider.id == vendor
                    for other in provider.fallback_model_providers or ()
                    if other == "openai"
                ],
            }
            for vendor, (name, api_format, base_url, _prefix) in VENDORS.items()
        },
    }
    write(head, entries, rows)
    checked = sum(bool(opinion.find(e["vendor"], e["model"])) for e in entries)
    print(f"{len(entries)} models, {checked} of them also in LiteLLM")
    print(f"{len(rows)} disagreements, {sum('disputed' in e for e in entries)} models disputed")
    for why, found in sorted(left_out.items()):
        print(f"left out, {why}: {len(found)} ({', '.join(found[:4])}, …)", file=sys.stderr)


if __name__ == "__main__":
    main()
