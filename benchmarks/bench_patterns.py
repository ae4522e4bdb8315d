#!/usr/bin/env python3
"""What a pattern's answer costs with 500 patterns, in units of one ORM create and commit.

Four things are timed in turn, in one run, with one caller:

- create   BaseModel.create of the very row that the answer wrote to the ledger, then commit
- hit      ai.service.send_message with a message that the last of 500 patterns answers, commit
- step     the pattern step alone on that message: what it adds to the pipeline on a hit
- miss     the same on a message of twenty words that no pattern answers

Limits: p50(hit) under 2 creates, and the step on a miss .3 of a create. Wall clock and the CPU of
this process (PostgreSQL's is not in it); on a busy machine only the second says anything.
"""

import argparse
import time

import _bench
import _ledger

PATTERNS = 500
HIT = "pattern number 499 please"
MISS = "the customer asks why pattern number 17 was not on the invoice that we sent him last week"
CODE = "bench_patterns"


def set_up(env, base_url):
    provider = _ledger.make_provider(env, base_url)
    patterns = env["ai.answer.pattern"].create(
        [
            {
                "name": f"Pattern {number}",
                "sequence": number,
                "limits_hours": number == 0,  # so that the user's time has to be known
                "hour_to": 12.0 if number == 0 else 24.0,
                "triggers_en": f"pattern number {number}\nhello number {number}\n{number}",
                "along_en": "please\nthanks",
                "answers_en": f"The answer to {number}.\nAnother answer to {number}.",
            }
            for number in range(PATTERNS)
        ]
    )
    agent = env["ai.agent"].create(
        {
            "name": "Benchmark of patterns",
            "code": CODE,
            "provider_id": provider.id,
            "pattern_ids": [(6, 0, patterns.ids)],
        }
    )
    return agent, patterns


def clock(function, times):
    """Milliseconds of each of ``times`` runs: by the clock, and of this process's CPU."""
    found = []
    for _ in range(times):
        start, cpu = time.perf_counter(), time.process_time()
        function()
        found.append(((time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000))
    return found


class Work:
    """The four things to time."""

    def __init__(self, registry):
        self.registry = registry
        self.row = None

    def hit(self):
        with _bench.environment(self.registry) as env:
            return env["ai.service"].send_message(HIT, None, {"agent_type": CODE})

    def create(self):
        from odoo.models import BaseModel

        with _bench.environment(self.registry) as env:
            BaseModel.create(env["ai.token.usage"], [dict(self.row)])

    def step_on(self, env, text):
        """Return what runs the step on a checked call with this message."""
        call = env["ai.service"]._check(text, None, {"agent_type": CODE})
        env["ai.step.agent"]._open(call)
        step = env["ai.step.pattern"]
        return lambda: step._answer(call)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100, help="runs of each in a round")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    return measure(options.times, options.rounds)


def measure(times, rounds):
    """Time it all; the exit status."""
    registry, _name = _bench.open_registry()
    from bench_pipeline import row_of

    from tests.vendor import Vendor

    _bench.print_facts(registry)
    limits = _bench.Limits()
    vendor = Vendor.spawn()
    try:
        with _bench.environment(registry) as env:
            made = [
                (records._name, records.ids) for records in set_up(env, vendor.base_url("openai"))
            ]
        work = Work(registry)
        if work.hit()["kind"] != "pattern":
            raise SystemExit("no pattern answered")
        with _bench.environment(registry) as env:
            work.row = row_of(env)
            step_hit, step_miss = work.step_on(env, HIT), work.step_on(env, MISS)
            samples = {name: [] for name in ("create", "hit", "step", "miss")}
            for _ in range(rounds):
                # In turn, so that a slower minute of the machine touches all of them.
                for name, run in zip(
                    samples, (work.create, work.hit, step_hit, step_miss), strict=True
                ):
                    samples[name] += clock(run, times)
        with _bench.environment(registry) as env:
            for model, ids in made:
                env[model].browse(ids).unlink()
    finally:
        vendor.close()
    for place, kind in enumerate(("clock", "CPU")):
        found = {name: [one[place] for one in pairs] for name, pairs in samples.items()}
        print(f"\n{kind}, {times * rounds} samples each, ms")
        for name, values in found.items():
            print(f"  {name:7} p50 {_bench.p50(values):8.3f}   p95 {_bench.p95(values):8.3f}")
        unit = _bench.p50(found["create"])
        limits.check(f"a hit, in creates ({kind})", _bench.p50(found["hit"]) / unit, 2)
        limits.check(f"a miss adds, in creates ({kind})", _bench.p50(found["miss"]) / unit, 0.3)
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
