#!/usr/bin/env python3
"""How long a what-if takes, and how much memory: by prices alone, and by texts.

    ./sam bench bench_what_if

By prices: a month of a million calls (SAM_WHAT_IF_ROWS) of thirteen models and some agents; three
in a hundred went to one whose vendor says what they cost, so they are looked at one by one. By
texts: a hundred thousand (SAM_WHAT_IF_TEXTS) with kept messages (the questions of
data/waste_*.jsonl, and some long conversations), replayed with the router, kept answers and
summaries at once.

Before anything changes, the month is replayed under its own prices and policy: that must be what
PostgreSQL sums, to the last digit. Bounds: 20 s and 120 s on two cores; no more than 60 MB of
memory beyond what the first tenth of the rows took.
"""

import json
import os
import random
import sys
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from _bench import Limits, environment, open_registry, peak_mb, print_facts, processor_s

ROWS = int(os.environ.get("SAM_WHAT_IF_ROWS", 1_000_000))
TEXTS = int(os.environ.get("SAM_WHAT_IF_TEXTS", 100_000))
PRICED_S, TEXTS_S, MORE_MB = 20, 120, 60
MODELS, AGENTS = 12, 5
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
TEXTS_FIRST, TEXTS_LAST = date(2026, 5, 1), date(2026, 5, 31)
MESSAGES = ("waste_exchanges.jsonl", "waste_fresh.jsonl", "waste_unseen.jsonl")

INSERT = """
INSERT INTO ai_token_usage (
    company_id, user_id, local_date, provider_id, model_name, price_id, task_type, module,
    agent_key, agent_type, kind, input_tokens, output_tokens, cache_read_tokens, call_count,
    cost_usd, baseline_cost_usd, saved_usd, currency_id, currency_rate, cost_company, state,
    latency_ms, prompt_complexity, create_uid, create_date, write_uid, write_date)
SELECT %(company)s, 1, at::date, (%(providers)s::int[])[1 + m], 'model-' || m,
       (%(prices)s::int[])[1 + m], 'chat', 'module_' || h1 %% 9, (%(agents)s::int[])[1 + h2 %% 5],
       'agent_' || h2 %% 5, CASE WHEN kind = 'b' THEN 'batch' ELSE 'api' END, input, output,
       NULLIF(cached, 0), 1, cost, cost, 0, %(currency)s, 1, cost, 'done', 900,
       (h3 %% 50) / 50.0, 1, at, 1, at
  FROM (SELECT *, CASE WHEN returned THEN (1 + h2 %% 1000)::numeric / 1234567
                  ELSE ((input + cached) * (1 + m) + output * (4 + 3 * m))::numeric / 1000000
                       * CASE WHEN kind = 'b' THEN 0.5 ELSE 1 END END AS cost
          FROM (SELECT *, m = %(models)s AS returned FROM (SELECT i, h1, h2, h3,
                       CASE WHEN h3 %% 100 < 3 THEN %(models)s ELSE h1 %% %(models)s END AS m,
                       200 + h2 %% 4000 AS input, 40 + h3 %% 600 AS output,
                       CASE WHEN h1 %% 4 = 0 THEN 512 ELSE 0 END AS cached,
                       CASE WHEN h2 %% 10 = 0 THEN 'b' ELSE 'a' END AS kind,
                       %(first)s::timestamp + (i * %(seconds)s / %(rows)s) * interval '1 second'
                           AS at
                  FROM (SELECT i, abs(hashint8(i)) AS h1, abs(hashint8(i * 3 + 1)) AS h2,
                               abs(hashint8(i * 7 + 5)) AS h3
                          FROM generate_series(0, %(rows)s::bigint - 1) AS i OFFSET 0) a
                OFFSET 0) b OFFSET 0) c OFFSET 0) d
"""


def prepare(env):
    providers = env["ai.service.provider"].create(
        [
            {
                "name": f"Model {n}",
                "model_name": f"model-{n}",
                "base_url": "http://127.0.0.1:9/v1",
                "tier": ("efficient", "standard", "premium")[n % 3],
                "quality_score": 60 + 3 * n,
                "price_ids": [(0, 0, {"input_usd": 1 + n, "output_usd": 4 + 3 * n,
                                      "batch_factor": 0.5, "valid_from": "2020-01-01"})],
            }
            for n in range(MODELS + 1)
        ]
    )  # fmt: skip
    agents = env["ai.agent"].create(
        [{"name": f"Agent {n}", "code": f"agent_{n}"} for n in range(AGENTS)]
    )
    return providers, agents


def write_rows(env, providers, agents):
    env.cr.execute(
        INSERT,
        {
            "company": env.company.id,
            "providers": providers.ids,
            "prices": [provider.price_ids.id for provider in providers],
            "agents": agents.ids,
            "currency": env.ref("base.USD").id,
            "models": MODELS,
            "rows": ROWS,
            "first": FIRST,
            "seconds": 31 * 86400,
        },
    )


def write_texts(env, providers, agents):
    """Calls with their messages: one in four asks what others ask, too, the rest about an order of
    its own; one in fifty belongs to a conversation of 60 messages."""
    draw = random.Random(7)
    known = []
    for name in MESSAGES:
        text = (Path(__file__).with_name("data") / name).read_text(encoding="utf-8")
        known += [json.loads(line)["q"] for line in text.splitlines() if '"q"' in line]
    usages, rows = env["ai.token.usage"], []
    talk = [
        {"role": ("user", "assistant")[n % 2], "content": f"{draw.choice(known)} ({n})"}
        for n in range(60)
    ]
    for n in range(TEXTS):
        model = draw.randrange(MODELS)
        provider = providers[model]
        moment = datetime(2026, 5, 1) + timedelta(seconds=n * 31 * 86400 // TEXTS)
        about = f" It is about order {draw.randrange(TEXTS // 4)}." if n % 4 else ""
        said = {"role": "user", "content": draw.choice(known) + about}
        messages = [*talk, said] if n % 50 == 0 else [said]
        size, answered = 50 + draw.randrange(3000), draw.randrange(20, 600)
        cost = Decimal(size * (1 + model) + answered * (4 + 3 * model)).scaleb(-6)
        rows.append(
            {
                "company_id": env.company.id,
                "user_id": 1 + n % 2,
                "provider_id": provider.id,
                "model_name": provider.model_name,
                "price_id": provider.price_ids.id,
                "task_type": "chat",
                "agent_key": agents[n % AGENTS].id,
                "agent_type": agents[n % AGENTS].code,
                "create_date": moment,
                "local_date": moment.date(),
                "input_tokens": size,
                "output_tokens": answered,
                "cost_usd": cost,
                "prompt_complexity": draw.randrange(100) / 100,
                "context_size_tokens": size,
                "answer_text": "It is so.",
                "finish_reason": "stop",
                "messages": {"messages": messages},
            }
        )
        if len(rows) == 2000 or n == TEXTS - 1:
            usages._insert(rows)
            rows = []


def replay(registry, first, last, **values):
    """(seconds, MB at most, now, then, calls, replayed) of a what-if, by its scheduled action."""
    with environment(registry) as env:
        what_if = env["ai.what.if"].create(
            {"name": "Benchmark", "date_from": first, "date_to": last, **values}
        )
        what_if.action_run()
        found = what_if.id
    start, (own, theirs) = time.perf_counter(), processor_s(registry)
    state = "waiting"
    while state in ("waiting", "running"):
        with environment(registry) as env:
            env["ai.what.if"]._cron_run()
            state = env["ai.what.if"].browse(found).state
    took = time.perf_counter() - start
    own, theirs = (b and b - a for a, b in zip((own, theirs), processor_s(registry)))
    of_postgres = "" if theirs is None else f" and PostgreSQL's {theirs:.1f} s"
    print(
        f"  {took:.1f} s by the clock, {own:.1f} s of processor{of_postgres}"
        f" (load {os.getloadavg()[0]:.1f})"
    )
    with environment(registry) as env:
        what_if = env["ai.what.if"].browse(found)
        assert what_if.state == "done", what_if.error
        one = what_if.get_comparison([found])[0]
    return (
        took,
        peak_mb(),
        Decimal(one["now_usd_exact"]),
        Decimal(one["then_usd_exact"]),
        one["calls"],
        one["assessed_calls"],
    )


def truth(registry, first, last):
    with registry.cursor() as cr:
        cr.execute(
            "SELECT SUM(cost_usd)::text FROM ai_token_usage WHERE local_date BETWEEN %s AND %s",
            (first, last),
        )
        return Decimal(cr.fetchone()[0])


def main():
    registry, _name = open_registry()
    print_facts(registry)
    limits = Limits()
    with environment(registry) as env:
        env["ai.service.provider"].search([]).active = False
        providers, agents = prepare(env)
        write_rows(env, providers, agents)
        write_texts(env, providers, agents)
        listed = [
            (0, 0, {"provider_id": one.id, "input_usd": 0.5 + n, "output_usd": 2.0 + n,
                    "batch_factor": 0.5})
            for n, one in enumerate(providers)
        ]  # fmt: skip
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("ANALYZE ai_token_usage")

    print(f"\nby prices, {ROWS:,} calls")
    tenth = replay(registry, FIRST, FIRST + timedelta(days=2), price_basis="list", price_ids=listed)
    took, _own_mb, now, then, calls, assessed = replay(registry, FIRST, LAST)
    print(f"  its own prices: {took:.1f} s, {assessed:,} of {calls:,} computed anew")
    limits.check("own prices, off the ledger", float(abs(then - truth(registry, FIRST, LAST))), 0)
    took, most_mb, now, then, calls, assessed = replay(
        registry, FIRST, LAST, price_basis="list", price_ids=listed
    )
    print(f"  a price list: {float(now):,.2f} -> {float(then):,.2f} USD, {assessed:,} of {calls:,}")
    limits.check("a price list", took, PRICED_S * max(1, ROWS / 1_000_000), " s")
    limits.check("memory beyond a tenth of it", most_mb - tenth[1], MORE_MB, " MB")

    print(f"\nby texts, {TEXTS:,} calls")
    days = TEXTS_FIRST, TEXTS_LAST
    policy = {"router": "on", "reuse": "same_question", "keep_messages": 20, "reuse_ttl_h": 48}
    before = peak_mb()
    took, most_mb, now, then, calls, assessed = replay(registry, *days, **policy)
    print(f"  {float(now):,.2f} -> {float(then):,.2f} USD, {assessed:,} of {calls:,} replayed")
    limits.check("now, off the ledger", float(abs(now - truth(registry, *days))), 0)
    limits.check("router, kept answers, summaries", took, TEXTS_S * max(1, TEXTS / 100_000), " s")
    limits.check("memory beyond that", most_mb - before, 2 * MORE_MB, " MB")
    took, *_rest = replay(registry, *days, reuse="same_question", reuse_ttl_h=48)
    print(f"  kept answers alone: {took:.1f} s")
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
