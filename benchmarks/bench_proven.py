#!/usr/bin/env python3
"""How long it takes to say what is proven to be saved, at any size of the ledger.

    ./sam bench bench_proven

A year of five million calls (SAM_PROVEN_ROWS) of twenty agents that hold out a twentieth, in
conversations of four calls that may go on over the end of a month; two in a hundred are rated. The
scheduled action folds them, a batch a transaction. Then what the agent's form, the dashboard and
the metrics ask is timed, with a thousand calls on top that are not folded yet, and compared with
what the ledger says, to the last digit.

Bounds, p50: 300 ms for everything together, 200 ms for a month; folding everything takes at most
four times what the rollup takes alone.
"""

import os
import sys
import time
from datetime import date
from decimal import Decimal

from _bench import Limits, clock, environment, open_registry, p50, p95, print_facts, processor_s

ROWS = int(os.environ.get("SAM_PROVEN_ROWS", 5_000_000))
TAIL, AGENTS, TIMES = 1_000, 20, 15
ALL_MS, MONTH_MS, FOLD = 300, 200, 4
FIRST = date(2026, 1, 1)
INSERT = """
INSERT INTO ai_token_usage (
    company_id, user_id, local_date, agent_key, agent_type, kind, input_tokens, output_tokens,
    call_count, cost_usd, saved_usd, currency_id, state, holdout_arm, holdout_unit,
    holdout_percent, holdout_expected_usd, quality_score, feedback_count,
    create_uid, create_date, write_uid, write_date)
SELECT %(company)s, 1, at::date, (%(agents)s::int[])[1 + unit %% %(count)s],
       'agent_' || unit %% %(count)s, 'api', 200 + h %% 900, 90, 1,
       (1 + h %% 9000)::numeric / 1000000 * CASE WHEN held THEN 2 ELSE 1 END,
       0.0001, %(currency)s, 'done', CASE WHEN held THEN 'held_out' ELSE 'treated' END,
       unit, 5, (1 + h %% 8000)::numeric / 1000000,
       CASE WHEN h %% 50 = 0 THEN h %% 100 END, CASE WHEN h %% 50 = 0 THEN 1 END, 1, at, 1, at
  FROM (SELECT *, unit / %(count)s %% 20 = 0 AS held -- a twentieth of each agent's
          FROM (SELECT *, abs(hashint8(i)) AS h, (i / 4000 * 1000 + i %% 1000)::int AS unit,
                       %(first)s::timestamp + (i * 31536000.0 / %(rows)s) * interval '1 second'
                           AS at
                  FROM generate_series(%(start)s::bigint, %(start)s::bigint + %(more)s - 1) AS i
               ) a) b
"""


def write(registry, agents, start, more):
    with environment(registry) as env:
        env.cr.execute(
            INSERT,
            {
                "company": env.company.id,
                "agents": agents,
                "count": AGENTS,
                "currency": env.ref("base.USD").id,
                "first": FIRST,
                "rows": ROWS + TAIL,
                "start": start,
                "more": more,
            },
        )


def fold(registry):
    """Seconds that the scheduled action takes, and those of them that are for sessions."""
    spent = 0.0
    with environment(registry) as env:
        kind = type(env["ai.saving.sum"])
        own = kind._fold

        def timed(self, *given):
            nonlocal spent
            start = time.perf_counter()
            own(self, *given)
            spent += time.perf_counter() - start

        kind._fold = timed
        start = time.perf_counter()
        while env["ai.cost.rollup"]._roll_up(seconds=3600):
            pass
        kind._fold = own
        return time.perf_counter() - start, spent


def exact(env, span, days):
    """(what is kept, what the ledger says): sorted numbers of each arm."""
    analytics = env["ai.token.analytics"]
    kept = env["ai.saving.sum"]._sums(env.company.ids, span, days and days[0])
    domain = [("company_id", "=", env.company.id)]
    domain += [("local_date", op, day) for op, day in zip((">=", "<="), days)]
    start = time.perf_counter()
    truth = analytics._ledger_sums(domain)
    print(f"  summed from the ledger: {time.perf_counter() - start:.1f} s ({span})")
    return [
        sorted((*row[:3], *(Decimal(one).normalize() for one in row[3].values())) for row in rows)
        for rows in (kept, truth)
    ]


def main():
    registry, _name = open_registry()
    print_facts(registry)
    limits = Limits()
    with environment(registry) as env:
        made = env["ai.agent"].create(
            [
                {"name": f"Agent {n}", "code": f"agent_{n}", "holdout_share": 5}
                for n in range(AGENTS)
            ]
        )
        agents = made.ids
    start = time.perf_counter()
    write(registry, agents, 0, ROWS)
    print(f"{ROWS:,} calls written in {time.perf_counter() - start:.0f} s")
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE ai_token_usage")
    took, sessions = fold(registry)
    print(f"folded in {took:.0f} s, sessions {sessions:.0f} s of it")
    limits.check("folding with sessions, of the rollup alone", took / (took - sessions), FOLD)
    write(registry, agents, ROWS, TAIL)
    month = {"period": "month", "date_from": "2026-06-01"}
    asked = (("everything", {}, ALL_MS), ("an agent", {"agent": agents[3]}, ALL_MS),
             ("a month", month, MONTH_MS))  # fmt: skip
    with environment(registry) as env:
        analytics = env["ai.token.analytics"]
        for name, values, most in asked:
            before = processor_s(registry)
            took = clock(lambda v=values: analytics.get_proven_savings(**v), TIMES)
            spent = [(b or 0) - (a or 0) for a, b in zip(before, processor_s(registry))]
            each = " and ".join(f"{1000 * one / TIMES:.0f}" for one in spent)
            print(f"  {name}: p95 {p95(took):.0f} ms; of processor {each} ms here and there")
            limits.check(f"{name}, p50", p50(took), most, " ms")
        found = analytics.get_proven_savings()
        print(f"  {found['text']} {found['calls']:,} calls, {len(found['agents'])} agents")
        # held-out calls cost twice as much: a half is saved, by every agent
        shown = [found, *found["agents"]]
        off = max(abs((one["percent"] or 0.0) - 50) for one in shown)
        limits.check("savings told, at most off", off, 10, " points")
        for span, days in (("all", ()), ("month", (date(2026, 6, 1), date(2026, 6, 30)))):
            kept, truth = exact(env, span, days)
            limits.check(f"differences from the ledger ({span})", float(kept != truth), 0)
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
