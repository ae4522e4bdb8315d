"""How fast the dashboard's figures are, and the rollup that they come from.

    ./sam bench bench_analytics

Rows are spread over the two last complete months; the dashboard is asked for the last one, which
it compares with the one before. `--rows` makes fewer than five million.
"""

import argparse
import contextlib
import math
import sys
import threading
import time
from datetime import date, timedelta
from unittest.mock import patch

import _analytics_rows as rows
from _bench import Limits, clock, environment, open_registry, p50, p95, print_facts

SMALL = 50_000


def two_months(today):
    """First day of the month before the last complete one, last day of that one, days between."""
    last = today.replace(day=1) - timedelta(days=1)
    first = (last.replace(day=1) - timedelta(days=1)).replace(day=1)
    return first, last, (last - first).days + 1


def prepare(env):
    """Users and providers; returns what the rows need."""
    everybody = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    users = everybody.create(
        [{"name": f"User {n}", "login": f"bench_user_{n}"} for n in range(rows.USERS)]
    )
    manager = everybody.create({"name": "Manager", "login": "bench_manager"})
    manager.groups_id += env.ref("ai_brain.group_ai_manager")
    providers = env["ai.service.provider"].create(
        [
            {
                "name": f"Model {n}",
                "model_name": f"model-{n}",
                "api_format": "sandbox",
                "quality_score": 60 + 2 * n,
                "price_ids": [(0, 0, {"input_usd": 1 + n, "output_usd": 4 + 3 * n,
                                      "valid_from": "2020-01-01"})],
            }
            for n in range(rows.MODELS)
        ]
    )  # fmt: skip
    return {
        "company_id": env.company.id,
        "users": users.ids,
        "providers": providers.ids,
        "currency_id": env.ref("base.USD").id,
    }, manager.id


def dashboard(registry, uid, first, times):
    """Milliseconds of get_dashboard_data, each in a transaction of its own; and the last data."""
    from odoo import api

    data = {}

    def once():
        with registry.cursor() as cr:
            analytics = api.Environment(cr, uid, {})["ai.token.analytics"]
            data.update(analytics.get_dashboard_data("month", date_from=first))

    if times > 1:
        once()
    return clock(once, times), data


@contextlib.contextmanager
def by_read_group():
    """Have the same method take its figures by `_read_group`."""
    import _analytics_read_group as slow

    from odoo.addons.ai_brain.models.report import ai_token_analytics
    from odoo.addons.ai_brain.models.report import breakdown as ai_token_analytics_breakdown

    with (
        patch.object(ai_token_analytics, "RollupReader", slow.GroupReader),
        patch.object(ai_token_analytics_breakdown, "top_records", slow.top_records),
        patch.object(ai_token_analytics_breakdown, "record_sums", slow.record_sums),
    ):
        yield


def same(one, other, path=""):
    """Names of figures that differ by more than a float's last digits."""
    if isinstance(one, dict):
        return [d for key in one for d in same(one[key], other.get(key), f"{path}.{key}")]
    if isinstance(one, list):
        if len(one) != len(other):
            return [f"{path}: {len(one)} and {len(other)}"]
        return [d for n, pair in enumerate(zip(one, other)) for d in same(*pair, f"{path}[{n}]")]
    if path.endswith("_exact"):  # the other way knows no digits beyond a float's
        one, other = float(one), float(other)
    if isinstance(one, float) and isinstance(other, float):
        close = math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
        return [] if close else [f"{path}: {one} {other}"]
    return [] if one == other else [f"{path}: {one} {other}"]


def roll_up(registry):
    """Roll up all there is; (rows, seconds)."""
    with environment(registry) as env:
        env.cr.execute("SELECT watermark FROM ai_cost_rollup_mark")
        before = env.cr.fetchone()[0]
        start = time.perf_counter()
        env["ai.cost.rollup"]._roll_up(seconds=3600)
        took = time.perf_counter() - start
    with environment(registry) as env:
        env.cr.execute("SELECT watermark FROM ai_cost_rollup_mark")
        return env.cr.fetchone()[0] - before, took


class Writer(threading.Thread):
    """A caller that settles: one ledger row and its notes, each committed; times both."""

    def __init__(self, registry, made):
        super().__init__(daemon=True)
        self.registry, self.made = registry, made
        self.times, self.done = [], threading.Event()

    def run(self):
        row = {
            "company_id": self.made["company_id"],
            "user_id": self.made["users"][0],
            "provider_id": self.made["providers"][0],
            "model_name": "model-0",
            "local_date": date(2020, 1, 1),
            "cost_usd": 0,
            "currency_id": self.made["currency_id"],
            "currency_rate": 1,
        }
        while not self.done.is_set():
            start = time.perf_counter()
            with environment(self.registry) as env:
                (usage_id,) = env["ai.token.usage"]._insert([row])
            with environment(self.registry) as env:
                env["ai.token.usage"].browse(usage_id).write(
                    {"waste_analyzed": True, "could_have_saved_usd": 0.001}
                )
            self.times.append((time.perf_counter() - start) * 1000)
            time.sleep(0.002)


class Watch(threading.Thread):
    """Counts, every few milliseconds, backends that wait for a lock of another."""

    def __init__(self, registry):
        super().__init__(daemon=True)
        self.registry = registry
        self.looks = self.waits = 0
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            with self.registry.cursor() as cr:
                cr.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND cardinality(pg_blocking_pids(pid)) > 0"
                )
                self.waits += cr.fetchone()[0]
                self.looks += 1
            time.sleep(0.005)


def while_rolling_up(registry, made, limits):
    """Calls that settle while the whole ledger is rolled up anew: does any wait for a lock?"""
    writer, watch = Writer(registry, made), Watch(registry)
    writer.start()
    time.sleep(3)
    alone = list(writer.times)
    with environment(registry) as env:
        env["ai.cost.rollup"]._rebuild()
    watch.start()
    writer.times.clear()
    count, took = roll_up(registry)
    beside = list(writer.times)
    for thread in (writer, watch):
        thread.done.set()
        thread.join()
    print(
        f"      a call's row and notes, alone: p50 {p50(alone):.1f} ms, p95 {p95(alone):.1f} ms; "
        f"beside the rollup: p50 {p50(beside):.1f}, p95 {p95(beside):.1f}, max {max(beside):.1f}"
    )
    limits.check(f"calls that wait for a lock in {watch.looks} looks", watch.waits, 0)
    return count, took


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    options = parser.parse_args()
    first, last, days = two_months(date.today())
    month = last.replace(day=1)
    registry, _name = open_registry()
    limits = Limits()
    print_facts(registry)
    with environment(registry) as env:
        made, manager = prepare(env)
    people = {"company": manager, "user": made["users"][7]}

    def add(start, stop):
        with environment(registry) as env, rows.Loading(env.cr):
            rows.add(env.cr, start, stop, options.rows, first, days, **made)
        analyze(registry)

    small = {}
    # So many rows spread over the same days.
    with environment(registry) as env:
        rows.add(env.cr, 1, SMALL, SMALL, first, days, **made)
    analyze(registry)
    roll_up(registry)
    for level, uid in people.items():
        small[level] = p50(dashboard(registry, uid, month, 30)[0])

    start = time.perf_counter()
    add(SMALL + 1, options.rows)
    print(f"      {options.rows:,} rows made in {time.perf_counter() - start:.0f} s")
    with environment(registry) as env:
        env.cr.execute(rows.CARDINALITY)
        print("      " + ", ".join(f"{k} {v:,}" for k, v in env.cr.dictfetchone().items()))
        env.cr.execute(rows.COMBINATIONS)
        print(f"      all dimensions at once: {env.cr.fetchone()[0]:,} combinations")
    count, took = roll_up(registry)
    print(f"      rolled up {count:,} rows in {took:.1f} s: {count / took:,.0f} a second")
    limits.check("100,000 rows/s by the rollup's speed", 100_000 * took / count, 1.0)
    analyze(registry)
    with environment(registry) as env:
        for table in ("ai_token_usage", "ai_cost_rollup", "ai_cost_rollup_record"):
            env.cr.execute(
                f"SELECT count(*), pg_total_relation_size('{table}') / 1048576 FROM {table}"
            )
            count, size = env.cr.fetchone()
            print(f"      {table}: {count:,} rows, {size:,} MB")
    for level, uid in people.items():
        figures, data = dashboard(registry, uid, month, 30)
        fast = p50(figures)
        with by_read_group():
            figures, truth = dashboard(registry, uid, month, 1 if level == "company" else 5)
        slow = p50(figures)
        least = 100 if level == "company" else 25
        times = slow / fast
        print(f"      {level}: {fast:.1f} ms, by _read_group {slow:,.0f} ms: {times:.0f} times")
        limits.check(f"{level}: {least} x its time, of _read_group's", least * fast / slow, 1.0)
        limits.check(
            f"{level}: time at {options.rows:,} rows by that at {SMALL:,} ({small[level]:.1f} ms)",
            fast / small[level],
            2.0,
        )
        for name in ("generated_at", "fresh_until_id", "providers"):
            data.pop(name), truth.pop(name)
        # what most of the waste points at is not to be had by a group
        for line in (*data["waste"], *truth["waste"]):
            line.pop("description")
        for found in (data, truth):
            for item in found["first_actions"]["items"]:
                if item["kind"] == "waste":
                    item.pop("text")
        differing = same(data, truth)
        print("\n".join(f"      differs {line}" for line in differing[:10]))
        limits.check(f"{level}: figures that differ from _read_group's", len(differing), 0)
    count, took = while_rolling_up(registry, made, limits)
    print(f"      meanwhile {count / took:,.0f} rows a second, a writer and a watcher beside it")
    return limits.finish()


def analyze(registry):
    """What autovacuum would have done by then; VACUUM runs outside transactions."""
    with registry.cursor() as cr:
        cr.execute("ANALYZE")


if __name__ == "__main__":
    sys.exit(main())
