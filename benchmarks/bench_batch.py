#!/usr/bin/env python3
"""Calls that may wait: submitted, sent, answered, settled and called back, so many a second.

One process, a vendor on loopback in OpenAI's format whose batches cost half. Limits (issue 16):
250 requests a second in all, flat memory (the peak beyond what a fifth of the requests took, per
request), cost against single calls .50. Rates are given by the clock and, as a machine that others
use is slower by it, by this process's processor time; the limit is on the better of the two.
"""

import argparse
import gc
import time
from decimal import Decimal

import _bench

RATE, BYTES_EACH, SHARE = 250, 2_000, Decimal("0.5")
MODEL = "loop-o-small"
PRICE = {"input_usd": 0.1537, "output_usd": 0.6113, "cache_read_usd": 0.0751, "batch_factor": 0.5}
CALLED = []


class Clock:
    """Wall and processor seconds of the parts of a run."""

    def __init__(self):
        self.parts = {}

    def run(self, name, function):
        wall, cpu = time.perf_counter(), time.process_time()
        result = function()
        before = self.parts.get(name, (0.0, 0.0))
        self.parts[name] = (
            before[0] + time.perf_counter() - wall,
            before[1] + time.process_time() - cpu,
        )
        return result

    def total(self, place):
        return sum(part[place] for part in self.parts.values())


def prepare(registry, url):
    from odoo.addons.ai_brain.callbacks import ai_callback

    @ai_callback
    def _on_bench_answer(self, request, answer):
        CALLED.append(answer["cost_usd"])
        self.comment = answer["content"]

    registry["res.partner"]._on_bench_answer = _on_bench_answer
    with _bench.environment(registry) as env:
        user = env["res.users"].create(
            {
                "name": "Bench",
                "login": f"bench-{time.time_ns()}",
                "groups_id": [
                    (4, env.ref("base.group_user").id),
                    (4, env.ref("base.group_partner_manager").id),
                ],
            }
        )
        provider = env["ai.service.provider"].create(
            {
                "name": "Bench",
                "api_format": "openai",
                "base_url": url,
                "api_key": "test-key",
                "model_name": MODEL,
                "batch_service": "yes",
                "price_ids": [(0, 0, {"valid_from": "2020-01-01", **PRICE})],
            }
        )
        return user.id, provider.id, env["res.partner"].create({"name": "Bench"}).id


def submit(registry, count, user_id, provider_id, partner_id):
    from odoo import api

    callback = ("res.partner", "_on_bench_answer", [partner_id])
    for start in range(0, count, 500):
        with registry.cursor() as cr:
            env = api.Environment(cr, user_id, {})
            for number in range(start, min(start + 500, count)):
                env["ai.service"].submit(
                    f"Summarise order {number} in one sentence: 3 chairs, 2 tables, {number} legs.",
                    config=provider_id,
                    environment={"module": "sale", "agent_type": "summary"},
                    callback=callback,
                )


def cron(registry, model, method, due=None):
    with _bench.environment(registry) as env:
        if due:
            env.cr.execute(due)
            env.cr.commit()
        getattr(env[model], method)()


def run(registry, clock, count, made):
    """All of the life of ``count`` requests."""
    clock.run("submit", lambda: submit(registry, count, *made))
    due = "UPDATE ai_batch_request SET send_at = '2020-01-01' WHERE state = 'waiting'"
    clock.run("send", lambda: cron(registry, "ai.batch", "_cron_send", due))
    due = "UPDATE ai_batch SET next_at = '2020-01-01'"
    clock.run("answered and settled", lambda: cron(registry, "ai.batch", "_cron_poll", due))
    clock.run("call back", lambda: cron(registry, "ai.batch.request", "_cron_call_back"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    registry, _name = _bench.open_registry()
    from tests.vendor import Vendor

    _bench.print_facts(registry)
    limits, vendor = _bench.Limits(), Vendor.spawn()
    try:
        made = prepare(registry, vendor.base_url("openai"))
        run(registry, Clock(), options.requests // 5, made)  # warm, and as much memory as it takes
        CALLED.clear()
        gc.collect()
        before, clock = _bench.peak_mb(), Clock()
        if options.profile:
            import cProfile
            import pstats

            profile = cProfile.Profile()
            profile.runcall(run, registry, clock, options.requests, made)
            pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
        else:
            run(registry, clock, options.requests, made)
        grown = (_bench.peak_mb() - before) * 1024**2 / options.requests
    finally:
        vendor.close()
    count = len(CALLED)
    for name, (wall, cpu) in clock.parts.items():
        each = cpu * 1000 / max(count, 1)
        print(f"      {name}: {count / wall:.0f} a second, {each:.2f} ms of processor")
    wall, cpu = count / clock.total(0), count / clock.total(1)
    print(f"      in all: {wall:.0f} a second by the clock, {cpu:.0f} by processor time")
    with _bench.environment(registry) as env:
        env.cr.execute(
            "SELECT sum(cost_usd)::text, sum(baseline_cost_usd)::text, count(*) FROM ai_token_usage"
            " WHERE kind = 'batch' AND provider_id = %s",
            (made[1],),
        )
        cost, single, rows = env.cr.fetchone()
    share = Decimal(cost) / Decimal(single)
    limits.check("called back, missing of those submitted", options.requests - count, 0)
    limits.check("ledger rows missing", options.requests + options.requests // 5 - rows, 0)
    limits.check("milliseconds a request", 1000 / max(wall, cpu), 1000 / RATE, " ms")
    limits.check("memory beyond a fifth of them, a request", grown, BYTES_EACH, " bytes")
    limits.check("cost against single calls", float(share), float(SHARE))
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
