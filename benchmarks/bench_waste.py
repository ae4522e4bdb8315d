#!/usr/bin/env python3
"""Analysing one call for waste, its history queries included, with a million rows of history.

Limit (issue 3): p50 under 5 ms. The call is what `send_message` analyses: texts in memory, an own
cursor, all five rules, the ranking for the cheaper provider. The ledger holds 200 users, four
modules, twelve agents, excerpts of 200 to 500 characters.
"""

import argparse
import random

import _bench
import _ledger

ROWS, TIMES, LIMIT_MS = 1_000_000, 300, 5.0


def fill(cr, provider_id, company_id, rows):
    cr.execute(
        """
        INSERT INTO ai_token_usage
            (create_uid, create_date, company_id, user_id, local_date, provider_id, model_name,
             task_type, module, context_model, context_type, agent_type, res_model, res_id, kind,
             state, call_count, input_tokens, output_tokens, cost_usd, baseline_cost_usd,
             saved_usd, currency_rate, cost_company, context_size_tokens, content_hash, latency_ms,
             prompt_text, prompt_complexity, waste_analyzed)
        SELECT 1, t, %(company)s, 1, t::date, %(provider)s, 'bench', 'chat',
               (ARRAY['crm', 'sale', 'account', 'helpdesk'])[1 + i %% 4],
               (ARRAY['crm.lead', 'sale.order', 'account.move'])[1 + (i / 7) %% 3], 'selective',
               (ARRAY['writer', 'sorter', 'summary'])[1 + (i / 5) %% 3], 'res.partner', i %% 5000,
               'api', 'done', 1, 300 + (i::bigint * 7919) %% 2500,
               50 + i %% 600, 0.0001 * (1 + i %% 90),
               0.0001 * (1 + i %% 90), 0, 1, 0.0001 * (1 + i %% 90),
               300 + (i::bigint * 7919) %% 2500,
               substr(md5((i %% 700000)::text), 1, 16), 300 + i %% 2000,
               repeat('please summarise the letter of customer ' || i || ' ', 5 + i %% 8), 0.3, TRUE
          FROM (SELECT i, now() AT TIME ZONE 'UTC' - (%(rows)s - i) * interval '2 seconds' AS t
                  FROM generate_series(1, %(rows)s) i) calls
        """,
        {"company": company_id, "provider": provider_id, "rows": rows},
    )


def finished_call(env, provider, rng):
    """A call, its attempt and its search, as they are when the ledger row is to be written."""
    from decimal import Decimal

    from odoo.addons.ai_brain.engine.price.usage import TokenUsage
    from odoo.addons.ai_brain.models.call.call import Attempt
    from odoo.addons.ai_brain.providers import ChatResponse

    service = env["ai.service"]
    blocks = {name: _ledger.prose(rng, 700) for name in ("policy", "customer", "prices")}
    turns = []
    for _i in range(rng.randrange(0, 8)):
        turns += [
            {"role": "user", "content": _ledger.prose(rng, 150)},
            {"role": "assistant", "content": _ledger.prose(rng, 500)},
        ]
    messages = [
        {"role": "system", "content": "\n\n".join(blocks.values())},
        *turns,
        {"role": "user", "content": _ledger.prose(rng, 300)},
    ]
    tags = {
        "module": rng.choice(("crm", "sale", "account", "helpdesk")),
        "context_model": "crm.lead",
        "context_type": "selective",
        "agent_type": "writer",
        "context_blocks": blocks,
    }
    call = service._check(messages, provider, tags, {})
    for phase in ("_open", "_choose"):
        for _done in env["ai.step"]._run(phase, call):
            pass
    usage = TokenUsage(input=call.target.count.tokens, output=150)
    response = ChatResponse(
        content=_ledger.prose(rng, 600), usage=usage, model="bench", finish_reason="stop"
    )
    moment = service._moment(env.company)
    attempt = Attempt(call.target, moment=moment, usage=usage, cost_usd=Decimal("0.003"))
    attempt.response = response
    return call, attempt, call.memory["ai.step.waste"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=ROWS)
    args = parser.parse_args()
    registry, _name = _bench.open_registry()
    _bench.print_facts(registry)
    with _bench.environment(registry) as env:
        # in this order: making a provider retires the one called Benchmark
        _ledger.make_provider(
            env,
            "http://127.0.0.1:9/v1",
            name="Cheaper",
            sequence=5,
            quality_score=80,
            quality_source="benchmark",
        )
        provider = _ledger.make_provider(env, "http://127.0.0.1:9/v1")
        company_id, provider_id = env.company.id, provider.id
    with registry.cursor() as cr:
        fill(cr, provider_id, company_id, args.rows)
    with registry.cursor() as cr:
        cr.execute("ANALYZE ai_token_usage")
    with _bench.environment(registry) as env:
        rng = random.Random(11)
        provider = env["ai.service.provider"].browse(provider_id)
        calls = [finished_call(env, provider, rng) for _i in range(TIMES)]
        step = env["ai.step.waste"]
        reports = []
        pending = iter(calls * 2)
        samples = _bench.clock(lambda: reports.append(step._report(*next(pending))), TIMES * 2)
    left_out = sum(1 for report in reports if report.not_assessed)
    print(
        f"{args.rows:,} rows of history: analysis p50 {_bench.p50(samples):.2f} ms, p95 "
        f"{_bench.p95(samples):.2f} ms; {left_out} of {len(reports)} hit the time cap"
    )
    limits = _bench.Limits()
    limits.check("waste analysis p50", _bench.p50(samples), LIMIT_MS, " ms")
    return limits.finish()


if __name__ == "__main__":
    raise SystemExit(main())
