#!/usr/bin/env python3
"""Bytes that a ledger row takes on disk, indexes included, before any vacuum.

Writes 100,000 rows by the ledger's own INSERT, each in a transaction of its own as calls do,
without text and again with an excerpt of 1,000 characters, and divides the growth of
pg_total_relation_size by the rows. The row is that of a real call in which no waste was found; what
varies from call to call varies. A row with findings keeps their report besides, which is printed.
Autovacuum is off for the table meanwhile.

Limits (issue 2): under 600 bytes without text, under 2,200 with the excerpt.
"""

import argparse
import json
from decimal import Decimal

import _bench
import _ledger

LIMITS = {"none": 600, "excerpt": 2200}


def varied(row, rng, text):
    """The row of another call like it."""
    sent, answered = rng.randint(50, 4000), rng.randint(20, 1500)
    cost = (Decimal("0.15") * sent + Decimal("0.6") * answered).scaleb(-6)
    return {
        **row,
        **_ledger.tags(rng),
        "input_tokens": sent,
        "output_tokens": answered,
        "context_size_tokens": sent,
        "cost_usd": cost,
        "baseline_cost_usd": cost,
        "latency_ms": rng.randint(200, 9000),
        "content_hash": f"{rng.getrandbits(64):016x}",
        **text,
    }


def size(registry):
    with registry.cursor() as cr:
        cr.execute(
            "SELECT pg_total_relation_size('ai_token_usage'), pg_relation_size('ai_token_usage'),"
            " pg_indexes_size('ai_token_usage')"
        )
        return cr.fetchone()


def autovacuum(registry, on):
    with registry.cursor() as cr:
        cr.execute(f"ALTER TABLE ai_token_usage SET (autovacuum_enabled = {on})")


def compact(registry):
    """Take away the room that earlier rows left free, or new ones would seem to need none."""
    with registry.cursor() as cr:
        cr.connection.rollback()
        cr.connection.autocommit = True
        cr.connection.cursor().execute("VACUUM FULL ai_token_usage")
        cr.connection.autocommit = False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    registry, _name = _bench.open_registry()
    from tests.vendor import Vendor

    _bench.print_facts(registry)
    limits = _bench.Limits()
    rng = _ledger.fresh_random()
    vendor = Vendor.spawn()
    try:
        with _bench.environment(registry) as env:
            provider = _ledger.make_provider(env, vendor.base_url("openai"))
        with _bench.environment(registry) as env:
            service, call = _ledger.finished_call(env, provider, rng)
            call.text_policy = "none"
            row = _ledger.row_of_call(service, call)
    finally:
        vendor.close()
    report = row.get("waste_report")
    print(f"waste report on the row: {len(json.dumps(report)) if report else 0} characters")
    autovacuum(registry, "off")
    compact(registry)
    for policy, limit in LIMITS.items():
        before = size(registry)
        with registry.cursor() as cr:
            from odoo import SUPERUSER_ID, api

            usage = api.Environment(cr, SUPERUSER_ID, {})["ai.token.usage"]
            # Only the disk's waiting is left out; the rows land as they do one a transaction.
            cr.execute("SET synchronous_commit = off")
            for _ in range(rows):
                text = {}
                if policy == "excerpt":
                    asked = rng.randint(200, 800)
                    text["prompt_text"] = _ledger.prose(rng, asked)
                    text["answer_text"] = _ledger.prose(rng, 1000 - asked)
                usage._insert([varied(row, rng, text)])
                cr.commit()
        total, heap, indexes = (
            (after - earlier) / rows for after, earlier in zip(size(registry), before)
        )
        print(f"{rows} rows, text {policy}: heap {heap:.0f}, indexes {indexes:.0f} bytes a row")
        limits.check(f"bytes a row, text {policy}", total, limit)
    autovacuum(registry, "on")
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
