"""How long a scrape of the metrics takes, whatever the ledger holds, and whom it keeps waiting.

    ./sam bench bench_scrape

Taken with 50,000 ledger rows and again with five million (`--rows`), one in a hundred of them put
right by a correction, beside a budget for each of 10,000 persons; then with the last 5,000 not
rolled up: the scheduled action, which runs every five minutes, is behind. Then while calls settle
beside it.

Goal (issue 18): under half a second, and no lock held. A reader's own lock (ACCESS SHARE) is none:
it keeps nobody waiting but who drops the table.
"""

import argparse
import sys
import threading
import time
from datetime import date

import _analytics_rows as rows
from _bench import Limits, clock, environment, open_registry, p50, p95, print_facts
from bench_analytics import Watch, Writer, analyze, prepare, roll_up, two_months

SMALL, BEHIND, TIMES, PERSONS = 50_000, 5_000, 30, 10_000
PARTS = """
    INSERT INTO ai_cost_budget_period (budget_id, subject, date_from, date_to, currency_id,
        usd_rate, amount, spent, stamp, scope_company, scope_user, scope_provider, scope_task,
        scope_agent, scope_module, count_untagged)
    SELECT %s, 'user:' || n, %s, %s, %s, 1, 100, n / 1000.0, %s, 0, 0, 0, '', '', '', FALSE
      FROM generate_series(1, %s) AS n
"""
LOCKS = """
    SELECT DISTINCT COALESCE(relation::regclass::text, locktype), mode FROM pg_locks
     WHERE pid = pg_backend_pid() AND mode <> 'AccessShareLock' AND locktype <> 'virtualxid'
"""


def budget_for_each(registry, company_id):
    """A budget of which each of ten thousand persons has used a part."""
    with environment(registry) as env:  # it is counted once this is committed
        budget_id = (
            env["ai.cost.budget"]
            .create(
                {
                    "name": "A month each",
                    "each": "user",
                    "company_id": company_id,
                    "period_type": "monthly",
                    "budget_amount": 100,
                }
            )
            .id
        )
    with environment(registry) as env:
        budget = env["ai.cost.budget"].browse(budget_id)
        first, last = budget._period_days()
        currency, stamp = budget.currency_id.id, budget.stamp
        env.cr.execute(PARTS, (budget.id, first, last, currency, stamp, PERSONS))


def scrape(registry, company_id):
    """Scrape once, in a transaction of its own; (bytes, locks beyond those of a reader)."""
    with environment(registry) as env:
        text = env["ai.metrics"]._text(env["res.company"].browse(company_id))
        env.cr.execute(LOCKS)
        return len(text), env.cr.fetchall()


def timed(registry, company_id, what):
    """p50 of scrapes in milliseconds, p95, and what the first of them showed."""
    size, locks = scrape(registry, company_id)
    found = clock(lambda: scrape(registry, company_id), TIMES)
    print(f"      {what}: p50 {p50(found):.0f} ms, p95 {p95(found):.0f} ms, {size:,} bytes")
    return p50(found), p95(found), locks


def beside_calls(registry, made, limits):
    """Calls that settle while one scrape follows the other: does any wait for a lock?"""
    writer, watch = Writer(registry, made), Watch(registry)
    writer.start()
    time.sleep(3)
    alone = list(writer.times)
    writer.times.clear()
    watch.start()
    scraped = clock(lambda: scrape(registry, made["company_id"]), TIMES)
    beside = list(writer.times)
    for thread in (writer, watch):
        thread.done.set()
        thread.join()
    print(
        f"      a call's row and notes, alone: p50 {p50(alone):.1f} ms; beside scrapes: "
        f"p50 {p50(beside):.1f}, max {max(beside):.1f}; a scrape then: p50 {p50(scraped):.0f} ms"
    )
    limits.check(f"calls that wait for a lock in {watch.looks} looks", watch.waits, 0)


def while_rolled_up(registry, made, limits):
    """Does a scrape wait for the rollup, which moves the sums that it reads?"""
    with environment(registry) as env:
        env["ai.cost.rollup"]._rebuild()
    taken, done = [], threading.Event()

    def read():
        while not done.is_set():
            start = time.perf_counter()
            with registry.cursor() as cr:
                cr.execute("SET LOCAL lock_timeout = '1s'")
                cr.execute("SELECT count(*) FROM ai_metric_sum")
                taken.append((time.perf_counter() - start) * 1000)
            time.sleep(0.05)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    roll_up(registry)
    done.set()
    reader.join()
    limits.check("the sums are read while they are rolled up, at most", max(taken), 500, " ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    options = parser.parse_args()
    first, _last, days = two_months(date.today())
    registry, _name = open_registry()
    limits = Limits()
    print_facts(registry)
    with environment(registry) as env:
        made, _manager = prepare(env)
        rows.add(env.cr, 1, SMALL, SMALL, first, days, varied=True, **made)
        rows.correct(env.cr, made["company_id"])
    budget_for_each(registry, made["company_id"])
    analyze(registry)
    roll_up(registry)
    small, _p95, _locks = timed(registry, made["company_id"], f"{SMALL:,} rows")

    start = time.perf_counter()
    with environment(registry) as env, rows.Loading(env.cr):
        last = options.rows - BEHIND
        rows.add(env.cr, SMALL + 1, last, options.rows, first, days, varied=True, **made)
        rows.correct(env.cr, made["company_id"])
    analyze(registry)
    roll_up(registry)
    analyze(registry)
    took = time.perf_counter() - start
    print(f"      {options.rows:,} rows, made and rolled up in {took:.0f} s")
    large, slowest, locks = timed(registry, made["company_id"], "all rolled up")
    with environment(registry) as env:
        at = options.rows - BEHIND + 1
        rows.add(env.cr, at, options.rows, options.rows, first, days, varied=True, **made)
    _p50, slow_behind, more = timed(registry, made["company_id"], f"{BEHIND:,} rows behind")
    limits.check("a scrape, p95", slowest, 500, " ms")
    limits.check(f"a scrape, {BEHIND:,} rows behind, p95", slow_behind, 500, " ms")
    limits.check(f"a scrape at {options.rows:,} rows by one at {SMALL:,}", large / small, 2.0)
    limits.check(f"locks beyond a reader's {locks + more or ''}", len(locks + more), 0)
    beside_calls(registry, made, limits)
    while_rolled_up(registry, made, limits)
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
