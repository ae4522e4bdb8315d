"""Figures out of summed measures: totals and quotients. Plain arithmetic."""

from decimal import Decimal

from .rollup_schema import MEASURES


def add_up(sums, money):
    """Add up the sums of one bucket: {measure: Decimal or int}, what is in a company's currency in
    the one that ``money`` (``ai.token.analytics._money``) is of."""
    total = {n: 0 if kind == "bigint" else Decimal(0) for n, (kind, _) in MEASURES.items()}
    for found in sums:
        for name, value in found.values.items():
            amount, _, unit = name.rpartition("_")
            total[name] += money(found, amount) if unit == "company" else value
    return total


def part(numerator, denominator, factor=1):
    return factor * Decimal(numerator) / denominator if denominator else None


def rates(total):
    """Return the figures that are quotients; None where there is nothing to divide by."""
    calls = total["calls"]
    asked = total["answered_calls"] + total["failed_calls"]
    judged = calls - total["unjudged_calls"]
    return {
        "cost_per_call_usd": part(total["cost_usd"] - total["training_usd"], calls),
        "cache_hit_rate": part(total["reused_calls"], calls, 100),
        "quality": part(total["rating_sum"], total["rating_count"]),
        "success_rate": part(judged - total["failed_calls"], judged, 100),
        "error_rate": part(total["failed_calls"], asked, 100),
        "cost_per_answer_usd": part(total["answered_usd"], total["answered_calls"]),
        "latency_ms": part(total["latency_ms_sum"], total["latency_count"]),
        "input_tokens": total["input_tokens"]
        + total["cache_read_tokens"]
        + total["cache_write_tokens"],
        "output_tokens": total["output_tokens"] + total["reasoning_tokens"],
    }


def company_rates(total):
    """Return the quotients of amounts in the company's currency."""
    paid = total["cost_company"] - total["training_company"]
    return {
        "cost_per_call_company": part(paid, total["calls"]),
        "cost_per_answer_company": part(total["answered_company"], total["answered_calls"]),
    }


def vendor_rates(total):
    """Return a provider's figures, None where unknown: of the calls that went to the vendor, since
    answers out of a cache say nothing of it. Cost is that of an answered call, batches included,
    errors are percent of the calls asked.
    """
    found = {**rates(total), **company_rates(total)}
    return {
        "calls": total["answered_calls"] + total["failed_calls"],
        "cost_per_call_usd": found["cost_per_answer_usd"],
        "cost_per_call_company": found["cost_per_answer_company"],
        "error_rate": found["error_rate"],
        "latency_ms": found["latency_ms"],
    }


def change_pct(now, before):
    """Change in percent, or None where there is nothing to compare with."""
    if now is None or not before:
        return None
    return float(100 * (now - before) / abs(before))


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
