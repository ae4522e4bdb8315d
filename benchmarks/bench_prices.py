#!/usr/bin/env python3
"""Prices: usages as vendors report them against their bill, and the catalogue against LiteLLM's.

    ./sam bench bench_prices --data DIR      or      python benchmarks/bench_prices.py --data DIR

benchmarks/data/vendor_usages.jsonl holds usages in the vendors' own shapes, each with the public
page of its shape or price, and with the bill as [tokens, USD per million] rows worked out from
that page by hand (null: no public price covers it, so that it must be unpriced). DIR may hold

- usages.json: recorded answers of vendors (tests/dataset/usages.json of pydantic/genai-prices,
  MIT), compared with what that library makes of them; each that differs is listed with its cause
- model_prices_and_context_window.json: LiteLLM's list (MIT), for coverage and agreement.

The baseline of usages is plain reckoning, by our rates (all input at the input rate, all output at
the output rate) and by those of LiteLLM's list; that of coverage is the first of our two sources
alone.

Bounds: no usage of ours is wrong; where LiteLLM's list is there, 85 % of its chat and embedding
models of our vendors are known, and 97 % of those that were not taken from it agree within 1 %.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ai_brain"))

from engine.price import catalogue, pricing  # noqa: E402
from engine.price.usage import TokenUsage, UsageError, returned_cost_usd  # noqa: E402

READERS = {
    "openai": TokenUsage.from_openai,
    "anthropic": TokenUsage.from_anthropic,
    "gemini": TokenUsage.from_gemini,
}
# LiteLLM's name of a vendor: ours, and the prefix of its models
LITELLM = {
    "anthropic": ("anthropic", ""),
    "azure": ("azure", "azure/"),
    "azure_ai": ("azure", "azure_ai/"),
    "cerebras": ("cerebras", "cerebras/"),
    "cohere": ("cohere", "cohere/"),
    "cohere_chat": ("cohere", ""),
    "deepseek": ("deepseek", "deepseek/"),
    "fireworks_ai": ("fireworks", "fireworks_ai/"),
    "fireworks_ai-embedding-models": ("fireworks", "fireworks_ai/"),
    "gemini": ("google", "gemini/"),
    "groq": ("groq", "groq/"),
    "mistral": ("mistral", "mistral/"),
    "moonshot": ("moonshotai", "moonshot/"),
    "openai": ("openai", "openai/"),
    "openrouter": ("openrouter", "openrouter/"),
    "together_ai": ("together", "together_ai/"),
    "xai": ("x-ai", "xai/"),
}
WITHIN = Decimal("0.01")
NOW = datetime.combine(catalogue.as_of(), time(12))


def cost_of(vendor, model, usage, when, batch=False):
    """What we make of a usage: a Decimal or UNPRICED."""
    found = catalogue.lookup(model, vendor=vendor, when=when)
    return cost_of_entry(found[0] if found else None, vendor, usage, batch)


def cost_of_entry(found, vendor, usage, batch=False):
    """The same at the price of one entry of the catalogue."""
    try:
        read = READERS[catalogue.shipped().vendors[vendor]["api_format"]](usage)
    except UsageError:
        return pricing.UNPRICED
    price = found.price if found else None
    return pricing.cost(read, price, batch=batch, returned_usd=returned_cost_usd(usage))


def plain_cost(vendor, model, usage, when, rates=None):
    """The baseline: all input tokens at one rate, all output tokens at another."""
    if rates is None:
        found = catalogue.lookup(model, vendor=vendor, when=when)
        rates = found[0].price and found[0].price.rates if found else None
        rates = rates and {"input": rates.input, "output": rates.output}
    if not rates or rates.get("input") is None:
        return pricing.UNPRICED
    try:
        read = READERS[catalogue.shipped().vendors[vendor]["api_format"]](usage)
    except UsageError:
        return pricing.UNPRICED
    output = rates.get("output") or 0
    return (read.input_total * rates["input"] + read.output_total * output) / 1_000_000


def litellm_rates(listed, vendor, model):
    """The plain rates of LiteLLM's list for one of our vendors' models, None for none."""
    prefixes = [prefix for ours, prefix in LITELLM.values() if ours == vendor]
    for name in (model, *(prefix + model for prefix in prefixes)):
        if name in listed:
            return dict(rates_of(listed[name]))
    return None


def cause_of(usage, vendor, model, verdict, theirs):
    """Why our figure for a recorded usage is another than that library's, in words."""
    steps = usage.get("iterations") or ()
    found = catalogue.lookup(model, vendor=vendor, when=NOW)
    if any(step.get("model") not in (None, model) for step in steps):
        return "another model advised, at rates of its own that the answer does not tell"
    if any(step.get("type") == "compaction" for step in steps):
        return "compaction is billed and in our figure, not in theirs"
    if "FLEX" in str(usage.get("trafficType")):
        return "a flex call: its rate in our figure, the standard one in theirs"
    if verdict == "unpriced" and not found:
        return "no price of ours for the model: it makes pictures, or was an experiment"
    if (usage.get("prompt_tokens_details") or {}).get("audio_tokens") and verdict == "unpriced":
        return "sound in the input, at the plain rate in theirs; our sources have none for it"
    earlier = (cost_of_entry(one, vendor, usage) for one in catalogue.lookup(model, vendor=vendor))
    if any(cost == theirs for cost in earlier):
        return "an earlier rate in theirs, today's in our figure"
    return "another rate"


def judge(found, expected):
    if found is pricing.UNPRICED:
        return "right" if expected is None else "unpriced"
    return "right" if found == expected else "wrong"


def documented(listed):
    """Judge the usages of ours; print what is not right. A Counter each of ours and baselines."""
    seen, plain, other = Counter(), Counter(), Counter()
    with (HERE / "data" / "vendor_usages.jsonl").open(encoding="utf-8") as lines:
        for case in map(json.loads, lines):
            bill = case["bill"]
            if bill is not None:
                bill = sum(Decimal(tokens) * Decimal(rate) for tokens, rate in bill) / 1_000_000
            found = cost_of(
                case["vendor"],
                case["model"],
                case["usage"],
                datetime.fromisoformat(case["when"]),
                case.get("batch", False),
            )
            verdict = judge(found, bill)
            seen[verdict] += 1
            if verdict != "right":
                print(f"   {verdict}: {case['model']}, {case['case']}: {found}, bill {bill}")
            asked = (case["vendor"], case["model"], case["usage"])
            when = datetime.fromisoformat(case["when"])
            plain[judge(plain_cost(*asked, when), bill)] += 1
            rates = litellm_rates(listed, *asked[:2]) or {}
            other[judge(plain_cost(*asked, when, rates), bill)] += 1
    return seen, plain, other


def recorded(path):
    """Judge recorded answers by what genai-prices makes of them, each different usage once.

    "Wrong" here means "differs", and each cause is printed.
    """
    seen, plain, causes, usages = Counter(), Counter(), Counter(), set()
    for row in json.loads(path.read_text(encoding="utf-8")):
        body = row["body"]
        usage = body.get("usage") or body.get("usageMetadata")
        model = body.get("model") or body.get("modelVersion")
        key = json.dumps([model, usage], sort_keys=True)
        vendor = model and vendor_of(usage or {}, model)
        if not usage or not vendor or key in usages:
            continue
        usages.add(key)
        for theirs in row.get("extracted") or ():
            named = [
                one
                for one in theirs["extractors"]
                if one["provider_id"] == vendor and one["api_flavor"] in ("default", "chat")
            ]
            if not named or "input_price" not in theirs["extractors"][0]:
                continue
            one = theirs["extractors"][0]
            total = Decimal(one["input_price"]) + Decimal(one["output_price"])
            total = Decimal(one.get("total_price") or total)  # with what was searched
            verdict = judge(cost_of(vendor, model, usage, NOW), total)
            seen[verdict] += 1
            plain[judge(plain_cost(vendor, model, usage, NOW), total)] += 1
            if verdict != "right":
                causes[verdict, model, cause_of(usage, vendor, model, verdict, total)] += 1
            break
    for (verdict, model, cause), times in sorted(causes.items()):
        print(f"   {'differs' if verdict == 'wrong' else verdict}: {model}, {times}: {cause}")
    return seen, plain


def vendor_of(usage, model):
    """Whose shape a recorded usage has, as far as the models of three vendors go."""
    if "promptTokenCount" in usage:
        return "google"
    if "input_tokens" in usage and "claude" in model:
        return "anthropic"
    return "openai" if catalogue.lookup(model, vendor="openai") else None


def rates_of(raw):
    for kind, name in (("input", "input_cost_per_token"), ("output", "output_cost_per_token")):
        if raw.get(name) is not None:
            yield kind, Decimal(repr(float(raw[name]))) * 1_000_000


def agrees(price, raw):
    """Do input and output agree? Where hours differ, LiteLLM's rates are those of the dearest."""
    dearest = max((price.rates, *(one.rates for one in price.hours)), key=lambda r: r.input or 0)
    for kind, their in rates_of(raw):
        our = dearest.rate(kind) or Decimal(0)
        if abs(our - their) > WITHIN * max(our, their):
            return False
    return True


def coverage(path):
    """(models, known, judged, agreeing) of LiteLLM's list."""
    models = known = judged = agreeing = 0
    for name, raw in json.loads(path.read_text(encoding="utf-8")).items():
        named = LITELLM.get(raw.get("litellm_provider"))
        if not named or raw.get("mode") not in ("chat", "embedding"):
            continue
        vendor, prefix = named
        models += 1
        found = [
            found
            for found in catalogue.lookup(name.removeprefix(prefix), vendor=vendor)
            if (found.valid_from or NOW.date()) <= NOW.date()
        ]
        if not found:
            continue
        known += 1
        if "LiteLLM" in found[-1].entry.source:
            continue
        judged += 1
        agreeing += agrees(found[-1].price, raw)
    return models, known, judged, agreeing


def say(what, seen):
    figures = ", ".join(f"{seen[name]} {name}" for name in ("right", "unpriced", "wrong"))
    print(f"{what}: {sum(seen.values())}, {figures}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of recorded usages and LiteLLM's list")
    options, _others = parser.parse_known_args()
    print(f"catalogue of {catalogue.as_of()}: {len(catalogue.shipped().entries)} models")
    listed = options.data and options.data / "model_prices_and_context_window.json"
    listed = listed if listed and listed.exists() else None
    rates = json.loads(listed.read_text(encoding="utf-8")) if listed else {}
    seen, plain, other = documented(rates)
    say("usages from vendors' documents", seen)
    say("  baseline, plain input and output", plain)
    if listed:
        say("  baseline, the same by LiteLLM's list", other)
    held = not seen["wrong"]
    usages = options.data and options.data / "usages.json"
    if usages and usages.exists():
        seen, plain = recorded(usages)
        say("recorded usages, by genai-prices' reckoning", seen)
        say("  baseline, plain input and output", plain)
    if listed:
        models, known, judged, agreeing = coverage(listed)
        print(f"LiteLLM's chat and embedding models of our vendors: {models}")
        print(f"  known: {known} ({known / models:.1%}; bound 85 %); baseline, genai-prices "
              f"alone: {judged} ({judged / models:.1%})")  # fmt: skip
        print(f"  not taken from it: {judged}, agree within 1 %: {agreeing / judged:.1%} (97 %)")
        held = held and known >= 0.85 * models and agreeing >= 0.97 * judged
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
