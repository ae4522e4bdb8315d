"""Entries of speech to text: by minute or token from LiteLLM, by the hour from genai-prices.

OpenAI's models that are billed by token have a price by time in LiteLLM's list as well, which is an
estimate: the vendor's answers count tokens. Where genai-prices has another rate for a token of
sound, LiteLLM's is taken, which names OpenAI's page and agrees with it
(https://developers.openai.com/api/docs/models/gpt-4o-transcribe.md: $2.50, read in November 2026),
and both are listed as a disagreement. What listens live is left out, and what tells speakers apart,
which wants an option that we do not send.

Groq bills ten seconds of a request at least (https://console.groq.com/docs/speech-to-text, read in
November 2026).
"""

import re
from decimal import Decimal

from genai_prices import types
from litellm_only import A_DATE, SOURCE
from second_opinion import MORE_THAN, Opinion, plain
from vendors import VENDORS

SELLERS = ("azure", "mistral", "openai")
LIVE = re.compile(r"realtime|live|/|diarize")
LEAST_SECONDS = {"groq": 10}
KINDS = ("input", "output", "input_audio")
BY_TOKEN = re.compile(r"^gpt-4o")


def entries(models, providers, today, rows):
    """The catalogue's entries: of LiteLLM's ``models``, and genai-prices' ``providers``.

    :param list rows: gets a row for each rate in which the two differ
    """
    seen = set()
    by_vendor = {provider.id: provider for provider in providers}
    for key, raw in models.items():
        for vendor in SELLERS:
            *_rest, prefixes, names = VENDORS[vendor]
            if raw.get("litellm_provider") not in names:
                continue
            prefix = max((p for p in prefixes if key.startswith(p)), key=len, default=None)
            name = None if prefix is None else key[len(prefix) :]
            if name and is_wanted(name, raw) and (vendor, name) not in seen:
                seen.add((vendor, name))
                entry = entry_of(vendor, name, raw, today)
                if BY_TOKEN.search(name):
                    dispute(entry, by_vendor.get(vendor), rows)
                yield entry
    for vendor, least in LEAST_SECONDS.items():
        yield from by_the_hour(by_vendor[vendor], least)


def is_wanted(name, raw):
    """Is it a model of speech to text whose price is said in what its vendor bills?"""
    if raw.get("mode") != "audio_transcription" or LIVE.search(name):
        return False
    if BY_TOKEN.search(name):
        # with a date at its end the lookup finds it by the name without
        return bool(raw.get("input_cost_per_audio_token")) and not A_DATE.search(name)
    by_token = any(key.endswith("_token") and raw[key] for key in raw)
    return bool(raw.get("input_cost_per_second")) and not by_token


def entry_of(vendor, name, raw, today):
    entry = {"vendor": vendor, "model": name, "source": SOURCE, "kind": "speech"}
    if (raw.get("deprecation_date") or "9") <= today.isoformat():
        entry["deprecated"] = True
    if BY_TOKEN.search(name):
        found = Opinion(raw).price()
        price = {kind: found[kind] for kind in KINDS}
    else:
        # a float per second carries noise: no vendor prices a minute finer than a ten thousandth
        # cent
        minute = (Decimal(repr(raw["input_cost_per_second"])) * 60).quantize(Decimal("1E-6"))
        price = {"minute": plain(minute)}
    entry["prices"] = [{"from": None, **price}]
    return entry


def dispute(entry, provider, rows):
    """Mark the rates in which genai-prices differs, and list them."""
    name = entry["model"]
    models = provider.models if provider else ()
    model = next((one for one in models if one.match.is_match(name)), None)
    if model is None or not isinstance(model.prices, types.ModelPrice):
        return
    for kind in KINDS:
        ours = Decimal(entry["prices"][0][kind])
        theirs = getattr(model.prices, f"{kind}_mtok")
        if theirs is None or abs(theirs - ours) <= MORE_THAN * max(ours, theirs):
            continue
        entry.setdefault("disputed", []).append(kind)
        rows.append(
            {
                "vendor": entry["vendor"],
                "model": name,
                "what": kind,
                "genai_prices": plain(theirs),
                "litellm": plain(ours),
                "percent": round((ours - theirs) / theirs * 100),
                "action": "LiteLLM's taken, disputed",
            }
        )


def by_the_hour(provider, least):
    for model in provider.models:
        hour = getattr(model.prices, "audio_hours", None)
        if not isinstance(model.prices, types.ModelPrice):
            hour = getattr(model.prices[-1].prices, "audio_hours", None)
        if hour and not LIVE.search(model.id):
            price = {"from": None, "hour": plain(hour), "least_seconds": least}
            yield {
                "vendor": provider.id,
                "model": model.id,
                "kind": "speech",
                "prices": [price],
            }
