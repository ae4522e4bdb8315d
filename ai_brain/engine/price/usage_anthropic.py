"""Usage of Anthropic's messages.

Shapes: ``Usage`` and ``BetaUsage`` of anthropic-sdk-python 2.14 (November 2026).
"""

from __future__ import annotations

from .reported import UsageError, details, first, mapping, pieces, used, word

_STANDARD = ("", "standard")
# "not_available" is what models answer that cannot be bound to a region; "global" costs no more.
_ANYWHERE = ("", "global", "not_available")
# https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-fetch-tool: no charge of its own
_FREE = {"web_search_requests", "web_fetch_requests"}


def counts(raw):
    """The fields of TokenUsage, as a dict; ``input_tokens`` here excludes the cache.

    ``cache_creation`` may split the writes by lifetime. ``output_tokens`` contains the
    thinking. ``iterations`` of a compaction are billed on top of the other counts.
    """
    raw = mapping(raw, "usage")
    uncached = first(raw, "input_tokens")
    output = first(raw, "output_tokens")
    if uncached is None:
        raise UsageError("usage has no input_tokens")
    if output is None:
        raise UsageError("usage has no output_tokens")
    written, long = _writes(raw)
    found = {
        "input": uncached,
        "output": output,
        "cache_read": first(raw, "cache_read_input_tokens") or 0,
        "cache_write": written,
        "cache_write_1h": long,
    }
    unknown = _add_iterations(raw, found)
    tools = details(raw, "server_tool_use")
    unknown += used(tools, _FREE) + pieces(raw)
    service, speed = word(raw, "service_tier"), word(raw, "speed")
    if speed not in _STANDARD:
        if service not in _STANDARD:
            unknown.append(f"{service} at speed {speed}")
        service = speed
    region = word(raw, "inference_geo")
    return {
        **found,
        "web_searches": first(tools, "web_search_requests") or 0,
        "service": "" if service in _STANDARD else service,
        "region": "" if region in _ANYWHERE else region,
        "unknown": tuple(sorted(set(unknown))),
    }


def _writes(raw):
    """(tokens written to the cache, how many of them for an hour)."""
    written = first(raw, "cache_creation_input_tokens")
    split = details(raw, "cache_creation")
    short = first(split, "ephemeral_5m_input_tokens") or 0
    long = first(split, "ephemeral_1h_input_tokens") or 0
    if written is None:
        written = short + long
    elif split and short + long != written:
        raise UsageError(
            f"cache_creation ({short} + {long}) contradicts cache_creation_input_tokens ({written})"
        )
    return written, long


def _add_iterations(raw, found):
    """Add to ``found`` what the top counts leave out; return what cannot be priced."""
    iterations = raw.get("iterations") or ()
    if not isinstance(iterations, list | tuple):
        raise UsageError(f"iterations: expected a list, got {iterations!r:.80}")
    unknown = []
    for one in iterations:
        kind = word(mapping(one, "iterations"), "type")
        if kind == "compaction":
            written, long = _writes(one)
            found["input"] += first(one, "input_tokens") or 0
            found["output"] += first(one, "output_tokens") or 0
            found["cache_read"] += first(one, "cache_read_input_tokens") or 0
            found["cache_write"] += written
            found["cache_write_1h"] += long
        elif kind not in ("", "message"):
            unknown.append(f"{kind} by another model")
    return unknown
