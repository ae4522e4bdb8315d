#!/usr/bin/env python3
"""Writing the ledger alone, against ORM create and commit of a four-field row.

- settle  what settling adds to a call when nothing else is on: cost, row, own transaction, commit
- create  create and commit of a record with four fields (a model made for the purpose)

Limit (issue 2): p50(settle) under 2 creates. Also printed: the whole of reserve, mark sent and
settle, and one raw INSERT with commit.
"""

import argparse
import copy

import _bench
import _ledger

LIMIT = 2


def four_field_model(env):
    """The name of a model with four stored fields of its own."""
    name = "x_bench_row"
    if name not in env:
        types = (("x_a", "char"), ("x_b", "integer"), ("x_c", "float"), ("x_d", "date"))
        env["ir.model"].create(
            {
                "name": "Benchmark",
                "model": name,
                "field_id": [
                    (0, 0, {"name": field, "ttype": ttype, "field_description": field})
                    for field, ttype in types
                ],
            }
        )
    return name


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    registry, _name = _bench.open_registry()
    from tests.vendor import Vendor

    _bench.print_facts(registry)
    rng = _ledger.fresh_random()
    vendor = Vendor.spawn()
    try:
        with _bench.environment(registry) as env:
            model = four_field_model(env)
            alone = {"enable_cost_optimization": False, "enable_waste_detection": False}
            provider = _ledger.make_provider(env, vendor.base_url("openai"), **alone)
        with _bench.environment(registry) as env:
            _service, call = _ledger.finished_call(env, provider, rng)
    finally:
        vendor.close()

    def create():
        with _bench.environment(registry) as env:
            env[model].create({"x_a": "row", "x_b": 7, "x_c": 1.5, "x_d": "2026-11-22"})

    outer = registry.cursor()
    from odoo import SUPERUSER_ID, api

    service = api.Environment(outer, SUPERUSER_ID, {})["ai.service"]

    def settle():
        done = copy.copy(call.attempt)
        done.reservation_id = None
        service._settle(call, done)

    def bracket():
        done = copy.copy(call.attempt)
        call.tried_ids.clear()
        service._reserve(call, done)
        service._settle(call, done)

    row = _ledger.row_of_call(service, call)

    def insert():
        with service._own_cursor() as cr:
            service._on(cr).env["ai.token.usage"]._insert([row])

    samples = {name: [] for name in ("create", "settle", "bracket", "insert")}
    functions = {"create": create, "settle": settle, "bracket": bracket, "insert": insert}
    for function in functions.values():
        _bench.clock(function, 10)
    for _ in range(options.rounds):
        for name, function in functions.items():
            samples[name] += _bench.clock(function, options.times)
    outer.close()
    for name, found in samples.items():
        print(f"  {name:8} p50 {_bench.p50(found):7.3f} ms   p95 {_bench.p95(found):7.3f} ms")
    unit = _bench.p50(samples["create"])
    print(f"reserve and settle: {_bench.p50(samples['bracket']) / unit:.2f} creates")
    limits = _bench.Limits()
    limits.check("settle, in four-field creates", _bench.p50(samples["settle"]) / unit, LIMIT)
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
