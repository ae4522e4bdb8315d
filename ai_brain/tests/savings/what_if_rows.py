"""Ledger rows as calls leave them, priced by the engine, of every kind that a replay meets."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from ...engine.price import pricing
from ...engine.price.usage import TokenUsage

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)
_COLUMNS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}


def usage_row(usage):
    """The columns of a usage."""
    columns = {column: getattr(usage, kind) or None for kind, column in _COLUMNS.items()}
    return {**columns, "usage_details": usage.details()}


def priced(provider, usage, moment, **values):
    """A row of a call that ``provider`` answered at ``moment`` (naive UTC) at its own price."""
    price_id, price = provider._engine_price(moment)
    done = moment + timedelta(milliseconds=values.get("latency_ms") or 0)
    cost = pricing.cost(usage, price, batch=values.get("kind") == "batch", when=done)
    assert cost is not pricing.UNPRICED, (provider.name, usage)
    return {
        "company_id": provider.env.company.id,
        "provider_id": provider.id,
        "model_name": provider.model_name,
        "price_id": price_id,
        "create_date": moment,
        "local_date": moment.date(),
        "task_type": "chat",
        "cost_usd": cost,
        **usage_row(usage),
        **values,
    }


def varied(providers, count, user_ids, agents, seed=3):
    """``count`` calls of all sorts: cached, long, batched, at another hour, service or region."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        provider = draw.choice(providers)
        moment = datetime(2026, 1, 1) + timedelta(seconds=draw.randrange(31 * 86400))
        write = draw.choice((0, 0, 40))
        usage = {
            "input": draw.choice((draw.randrange(1, 3000), draw.randrange(190_000, 210_000))),
            "output": draw.randrange(1, 900),
            "cache_read": draw.choice((0, 0, 700)),
            "cache_write": write,
            "cache_write_1h": draw.choice((0, write)),
            "reasoning": draw.choice((0, 33)),
            "region": draw.choice(("", "", "eu")) if provider.price_ids[:1].region_factors else "",
        }
        kind = draw.choice(("api", "api", "api", "batch", "summary"))
        agent = draw.choice([*agents, None])
        rows.append(
            priced(
                provider,
                TokenUsage(**usage),
                moment,
                kind=kind,
                user_id=draw.choice(user_ids),
                agent_key=agent and agent.id,
                agent_type=agent and agent.code,
                module=draw.choice(("crm", "sale", None)),
                latency_ms=draw.choice((None, draw.randrange(9000))),
                prompt_complexity=draw.choice((None, 0.1, 0.33, 0.8)),
                waste_reason="could_wait" if kind == "api" and draw.random() < 0.2 else None,
            )
        )
    return rows


def odd(provider, user_id):
    """Rows that keep their cost: what the vendor returned, uncertain, failed, reused, unpriced."""
    usage, moment = TokenUsage(input=1000, output=100), datetime(2026, 1, 9, 12)
    row = priced(provider, usage, moment, user_id=user_id)
    nothing = {"price_id": None, "cost_usd": Decimal(0), "kind": "cache"}
    return {
        "returned": {**row, "cost_usd": Decimal("0.01234567891")},
        "uncertain": {**row, "state": "uncertain", "cost_usd": Decimal("0.5")},
        "failed": {**row, "state": "failed", "cost_usd": Decimal(0), "error_code": "ServerError"},
        "no_price": {**row, "price_id": None, "cost_usd": Decimal("0.03")},
        "reused": {**row, **nothing, "saved_usd": row["cost_usd"]},
    }
