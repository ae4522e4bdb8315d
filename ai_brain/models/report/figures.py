"""Figures out of summed measures: totals, quotients, evidence. Plain arithmetic."""

from decimal import Decimal

from ...engine.choice import ranking
from .rollup_schema import MEASURES


def add_up(sums, money):
    """Add up the sums of one bucket: {measure: Decimal or int}, cost in the one currency."""
    total = {n: 0 if kind == "bigint" else Decimal(0) for n, (kind, _) in MEASURES.items()}
    for found in sums:
        for name, value in found.values.items():
            total[name] += money(found) if name == "cost_company" else value
    return total


def rates(total):
    """Return the figures that are quotients; None where there is nothing to divide by."""

    def part(numerator, denominator, factor=1):
        return factor * Decimal(numerator) / denominator if denominator else None

    calls = total["calls"]
    return {
        "cost_per_call_usd": part(total["cost_usd"], calls),
        "cache_hit_rate": part(total["reused_calls"], calls, 100),
        "quality": part(total["rating_sum"], total["rating_count"]),
        "success_rate": part(calls - total["failed_calls"], calls, 100),
        "error_rate": part(total["failed_calls"], calls, 100),
        "latency_ms": part(total["latency_ms_sum"], total["latency_count"]),
        "input_tokens": total["input_tokens"]
        + total["cache_read_tokens"]
        + total["cache_write_tokens"],
        "output_tokens": total["output_tokens"] + total["reasoning_tokens"],
    }


def vendor_rates(total):
    """Return a provider's figures as ``compare_providers`` defines them, None where unknown.

    Of the calls that went to the vendor: answers out of a cache say nothing of it. Cost is that
    of an answered call, errors are percent of those asked; a call whose outcome is uncertain was
    not answered.
    """
    asked = total["calls"] - total["reused_calls"]
    errors = total["failed_calls"] + total["uncertain_calls"]
    answered = asked - errors
    paid = Decimal(total["cost_usd"]) - Decimal(total["uncertain_usd"])
    return {
        "calls": asked,
        "cost_per_call_usd": paid / answered if answered else None,
        "error_rate": 100 * Decimal(errors) / asked if asked else None,
        "latency_ms": rates(total)["latency_ms"],
    }


def change_pct(now, before):
    """Change in percent, or None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return float(100 * (now - before) / abs(before))


def evidence(total):
    """``ranking.Evidence`` out of summed measures."""
    answered = total["calls"] - total["failed_calls"]
    return ranking.Evidence(
        calls=total["calls"],
        errors=total["failed_calls"],
        answered=answered,
        output_sum=total["output_tokens"] + total["reasoning_tokens"],
        latency_sum=total["latency_ms_sum"],
        rated=total["rating_count"],
        rating_sum=float(total["rating_sum"]),
        rating_squares=float(total["rating_squares"]),
    )


def by_key(sums):
    """{key: {measure: sum}} over currencies and companies."""
    totals = {}
    for found in sums:
        total = totals.setdefault(found.key, dict.fromkeys(found.values, 0))
        for name, value in found.values.items():
            total[name] += value
    return totals


def plain(value):
    return None if value is None else float(value)
