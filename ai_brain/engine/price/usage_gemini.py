"""Usage of Gemini's answers (``usageMetadata``).

Shapes: ``GenerateContentResponseUsageMetadata``, ``TrafficType`` and ``ServiceTier`` of
python-genai 3.6 (November 2026); ``billedToolCalls`` as answers of summer 2026 have it.
"""

from __future__ import annotations

from .reported import UsageError, first, mapping, token_count, used, word

_SERVICES = {
    "": "",
    "unspecified": "",
    "standard": "",
    "service_tier_unspecified": "",
    "service_tier_standard": "",
    "service_tier_flex": "flex",
    "service_tier_priority": "priority",
    "traffic_type_unspecified": "",
    "on_demand": "",
    "on_demand_flex": "flex",
    "on_demand_priority": "priority",
}
_KNOWN = {
    "promptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
    "totalTokenCount",
}
# A document's pages are counted, and billed, as images or text at one price.
_TEXT = ("TEXT", "DOCUMENT", "MODALITY_UNSPECIFIED", "")


def counts(raw):
    """The fields of TokenUsage, as a dict.

    Zero counts are left out by Gemini. ``totalTokenCount`` decides whether the thoughts
    come on top of the candidates or inside them; tokens of the total that no part
    explains are counted as output.
    """
    raw = mapping(raw, "usageMetadata")
    prompt = first(raw, "promptTokenCount")
    if prompt is None:
        raise UsageError("usageMetadata has no promptTokenCount")
    tool_prompt = first(raw, "toolUsePromptTokenCount") or 0
    cached = first(raw, "cachedContentTokenCount") or 0
    thoughts = first(raw, "thoughtsTokenCount") or 0
    if cached > prompt:
        raise UsageError(f"cachedContentTokenCount ({cached}) exceeds promptTokenCount ({prompt})")
    sent = prompt + tool_prompt
    service = word(raw, "serviceTier") or word(raw, "trafficType")
    media, unknown = _media(raw, cached)
    unknown += _billed_tools(raw)
    return {
        "input": sent - cached,
        "output": _generated(raw, prompt, sent) - thoughts,
        "cache_read": cached,
        "reasoning": thoughts,
        **media,
        "service": _SERVICES.get(service, service),
        "region": word(raw, "region"),
        "unknown": tuple(sorted({*unknown, *used(raw, _KNOWN)})),
    }


def _billed_tools(raw):
    """Names of the vendor's tools that it bills by the call (``billedToolCalls``)."""
    rows = raw.get("billedToolCalls") or ()
    if not isinstance(rows, list | tuple):
        raise UsageError(f"billedToolCalls: expected a list, got {rows!r:.80}")
    return [
        f"calls of {word(row, 'tool') or 'a tool'}"
        for row in rows
        if first(mapping(row, "billedToolCalls"), "successfulToolCallCount") != 0
    ]


def _generated(raw, prompt, sent):
    candidates = first(raw, "candidatesTokenCount") or 0
    thoughts = first(raw, "thoughtsTokenCount") or 0
    total = first(raw, "totalTokenCount")
    if total is None or total in (sent + candidates + thoughts, prompt + candidates + thoughts):
        return candidates + thoughts
    # Some totals leave the tool prompt out although it is billed.
    base = prompt if total == prompt + candidates else sent
    generated = total - base
    if generated < max(candidates, thoughts):
        raise UsageError(
            f"totalTokenCount ({total}) is less than its parts "
            f"({sent} sent, {candidates} candidates, {thoughts} thoughts)"
        )
    return generated


def _media(raw, cached):
    """(counts of audio, image and video, what stays unclear)."""
    sent = _by_modality(raw, "promptTokensDetails")
    for kind, tokens in _by_modality(raw, "toolUsePromptTokensDetails").items():
        sent[kind] = sent.get(kind, 0) + tokens
    read = _by_modality(raw, "cacheTokensDetails")
    made = _by_modality(raw, "candidatesTokensDetails")
    found = {
        "output_audio": made.pop("audio", 0),
        "output_image": made.pop("image", 0),
    }
    unknown = [f"output {kind}" for kind, tokens in made.items() if tokens]
    for kind in ("audio", "image", "video"):
        whole, cached_part = sent.pop(kind, 0), read.pop(kind, 0)
        if whole and cached and not raw.get("cacheTokensDetails"):
            unknown.append(f"cached {kind}")
            continue
        if cached_part > whole:
            raise UsageError(f"more tokens of {kind} were cached ({cached_part}) than sent")
        found[f"input_{kind}"] = whole - cached_part
        found[f"cache_read_{kind}"] = cached_part
    unknown += [f"input {kind}" for kind, tokens in {**sent, **read}.items() if tokens]
    return found, unknown


def _by_modality(raw, name):
    """{audio, image, video or another: tokens} of a list of ModalityTokenCount, without text."""
    rows = raw.get(name) or ()
    if not isinstance(rows, list | tuple):
        raise UsageError(f"{name}: expected a list, got {rows!r:.80}")
    found = {}
    for row in rows:
        modality = mapping(row, name).get("modality") or ""
        if not isinstance(modality, str):
            raise UsageError(f"{name}: expected a modality, got {modality!r:.80}")
        tokens = token_count(row.get("tokenCount") or 0, name)
        if modality.upper() not in _TEXT:
            kind = modality.lower()[:32]
            found[kind] = found.get(kind, 0) + tokens
    return found
