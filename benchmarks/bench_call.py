#!/usr/bin/env python3
"""What one call costs the server: statements, commits that wait for the disk, processor time.

One caller, a vendor on loopback that answers at once, all defaults on. Processor time is this
process's; in turn, in one run, the same request is made by ``requests`` alone. Limits (issue 10):
12 statements, 2 durable commits, 3.5 ms of processor time besides HTTP.
"""

import argparse
import time

import _bench
import _ledger
from bench_pipeline import Work

STATEMENTS, COMMITS, CPU_MS = 12, 2, 3.5


def statements(registry, work):
    """What one call sends, in order, the read of the key included."""
    from unittest.mock import patch

    from odoo.sql_db import Cursor

    from odoo.addons.ai_brain.models.price import secret

    found = []
    execute, read_key = Cursor.execute, secret._execute

    def listen(cursor, query, *args, **kwargs):
        found.append(" ".join(str(getattr(query, "code", query)).split())[:100])
        return execute(cursor, query, *args, **kwargs)

    def listen_key(*args):
        found.append("the key")
        return read_key(*args)

    with patch.object(Cursor, "execute", listen), patch.object(secret, "_execute", listen_key):
        work.pipeline()
    return found


def cpu(function, times):
    """Processor milliseconds of this process a run."""
    start = time.process_time()
    for _ in range(times):
        function()
    return (time.process_time() - start) * 1000 / times


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    registry, _name = _bench.open_registry()
    from tests.vendor import Vendor

    _bench.print_facts(registry)
    limits = _bench.Limits()
    vendor = Vendor.spawn()
    try:
        with _bench.environment(registry) as env:
            provider = _ledger.make_provider(env, vendor.base_url("openai"))
        work = Work(registry, vendor, provider.id, keep_alive=True)
        for _ in range(30):
            work.pipeline()
            work.bare()
        sent = statements(registry, work)
        print("\n".join(f"  {number:2} {words}" for number, words in enumerate(sent, 1)))
        spent = {"pipeline": [], "bare": []}
        for _ in range(options.rounds):
            for name, found in spent.items():
                found.append(cpu(getattr(work, name), options.times))
        if options.profile:
            profile(work)
    finally:
        vendor.close()
    whole, http = (min(found) for found in spent.values())
    print(f"processor time a call {whole:.2f} ms, of which HTTP {http:.2f} ms (least of rounds)")
    limits.check("statements", len(sent), STATEMENTS)
    waits = sum("pg_logical_emit_message" in words for words in sent)
    limits.check("durable commits", waits, COMMITS)
    limits.check("processor time besides HTTP", whole - http, CPU_MS, " ms")
    return limits.finish()


def profile(work):
    import cProfile
    import pstats

    seen = cProfile.Profile()
    seen.enable()
    for _ in range(200):
        work.pipeline()
    seen.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(seen).sort_stats(order).print_stats(60)


if __name__ == "__main__":
    raise SystemExit(main())
