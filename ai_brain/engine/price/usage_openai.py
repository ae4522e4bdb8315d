"""Usage of OpenAI's chat completions, and of everything compatible with them.

Shapes: ``CompletionUsage`` and ``ChatCompletion.service_tier`` of openai-python 3.57 (November
2026), and the API references of the vendors named below.
"""

from __future__ import annotations

from .reported import UsageError, agreed, details, first, mapping, pieces, used, word

# Words for the plain service: OpenAI's, Groq's, and no word at all.
_STANDARD = ("", "default", "standard", "on_demand")
# OpenAI answers "priority" for what it sells as "fast", at one price.
_SERVICES = {"fast": "priority"}
_CACHED = ("cached_tokens", "cache_read_tokens")
_WRITTEN = ("cache_write_tokens", "cache_creation_tokens")
_SEARCHES = ("web_search_calls", "web_search_requests")
_MEDIA = ("audio_tokens", "image_tokens", "video_tokens")
_IN = {*_CACHED, *_WRITTEN, *_MEDIA, *_SEARCHES, "text_tokens"}
_OUT = {
    "reasoning_tokens",
    "text_tokens",
    "audio_tokens",
    "image_tokens",
    # both lie in completion_tokens and are billed like the rest of it
    "accepted_prediction_tokens",
    "rejected_prediction_tokens",
}
# Counts beside the tokens that vendors bill apart, and that are not of pieces: Perplexity's
# citations, Mistral's audio and connectors.
_BILLED = ("citation_tokens", "connector_tokens", "prompt_audio_seconds")


def counts(raw):
    """The fields of TokenUsage, as a dict.

    ``raw`` is the ``usage`` object, with the answer's ``service_tier`` and the ``region`` of
    the address that was called, where there are such. Also read: the Responses API's names,
    DeepSeek's ``prompt_cache_hit_tokens``, the flat ``cached_tokens`` of Together and Moonshot,
    OpenRouter's ``cache_write_tokens``, xAI's counts of server tools, and vendors (xAI, Gemini's
    compatible endpoint) whose total shows that reasoning comes on top of
    ``completion_tokens``.
    """
    raw = mapping(raw, "usage")
    prompt = first(raw, "prompt_tokens", "input_tokens")
    total = first(raw, "total_tokens")
    completion = first(raw, "completion_tokens", "output_tokens")
    if prompt is None:
        raise UsageError("usage has no prompt_tokens")
    if completion is None:
        # Embeddings have no output and leave the count out; the total then proves it.
        if total != prompt:
            raise UsageError("usage has no completion_tokens")
        completion = 0
    sent = details(raw, "prompt_tokens_details", "input_tokens_details", "input_token_details")
    made = details(
        raw, "completion_tokens_details", "output_tokens_details", "output_token_details"
    )
    cached = agreed(
        "cached input",
        first(sent, *_CACHED),
        first(raw, "prompt_cache_hit_tokens"),
        first(raw, "cached_tokens"),
        first(raw, "cache_read_input_tokens"),
    )
    written = agreed(
        "cache writes", first(sent, *_WRITTEN), first(raw, "cache_creation_input_tokens")
    )
    if cached + written > prompt:
        raise UsageError(
            f"cached tokens ({cached} read, {written} written) exceed prompt_tokens ({prompt})"
        )
    reasoning = agreed("reasoning", first(made, "reasoning_tokens"), first(raw, "reasoning_tokens"))
    output, reasoning = _split_output(prompt, completion, reasoning, total)
    service = word(raw, "service_tier")
    searches, unknown = _server_tools(raw, sent)
    media, unclear = _media(sent, prompt - cached - written, cached, written)
    unknown += unclear + used(sent, _IN) + used(made, _OUT)
    return {
        "input": prompt - cached - written,
        "output": output,
        "cache_read": cached,
        "cache_write": written,
        "reasoning": reasoning,
        **media,
        "output_audio": first(made, "audio_tokens") or 0,
        "output_image": first(made, "image_tokens") or 0,
        "web_searches": searches,
        "service": "" if service in _STANDARD else _SERVICES.get(service, service),
        "region": word(raw, "region"),
        "unknown": tuple(sorted(set(unknown))),
    }


def _media(sent, uncached, cached, written):
    """(counts of audio, image and video by whether they were cached, what stays unclear)."""
    found, unclear = {}, []
    split = details(sent, "cached_tokens_details")
    for name in _MEDIA:
        kind = name.removesuffix("_tokens")
        whole = first(sent, name) or 0
        read = first(split, name) or 0
        if whole and not split and (cached or written):
            if uncached or written or whole != cached:
                # Which of the cached tokens were audio decides the price, and nobody says.
                unclear.append(f"cached {kind}")
            else:
                read = whole
        if read > whole:
            raise UsageError(f"more {name} were cached ({read}) than sent ({whole})")
        found[f"input_{kind}"] = whole - read
        found[f"cache_read_{kind}"] = read
    if unclear:
        return {}, unclear
    return found, []


def _server_tools(raw, sent):
    """(web searches, names of what else the vendor did and bills) of an answer."""
    tools = details(
        raw, "server_side_tool_usage_details", "server_tool_use_details", "server_tool_use"
    )
    searches = first(tools, *_SEARCHES) or first(sent, *_SEARCHES) or 0
    unknown = used(tools, {*_SEARCHES, "web_fetch_requests", "tool_calls_executed"})
    unknown += [name for name in _BILLED if name in used(raw, ())]
    # where it says which, the sum of them is no further charge
    unknown += pieces(raw, {"num_server_side_tools_used"} if tools else ())
    return searches, unknown


def _split_output(prompt, completion, reasoning, total):
    """(visible output, reasoning) of an OpenAI style answer."""
    if reasoning > completion or (reasoning and total == prompt + completion + reasoning):
        return completion, reasoning
    if total is not None and total > prompt + completion:
        # Generated but in neither part: hidden thinking of a vendor that reports only the sum.
        return completion - reasoning, total - prompt - completion + reasoning
    return completion - reasoning, reasoning
