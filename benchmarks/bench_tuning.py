"""How long finding examples for a training takes in the request, and with how much memory.

    ./sam bench bench_tuning [--rows N] [--partners N]

An agent has a million calls in the time (`--rows`), all with text; of every 50 one is rated 95,
so that 20,000 qualify, and of these every other asks what another one asked. 5,000 examples, the
most, are taken and masked with the names of 100,000 partners (`--partners`).

Goal: well under Odoo's usual limit of 60 seconds of processor time for a request, and of 2 GB.
"""

import argparse
import resource
import sys
import time

from _analytics_rows import Loading
from _bench import Limits, environment, open_registry, peak_mb, print_facts

MOST_S, MOST_MB = 30, 400

CALLS = """
INSERT INTO ai_token_usage (company_id, user_id, local_date, provider_id, model_name, task_type,
    agent_key, agent_type, kind, input_tokens, output_tokens, call_count, cost_usd, currency_id,
    currency_rate, cost_company, state, finish_reason, quality_score, feedback_count, messages,
    answer_text, create_uid, create_date, write_uid, write_date)
SELECT %(company)s, 1, current_date - (i %% 80)::int, %(provider)s, 'm', 'chat', %(agent)s,
       'bench_tuned', 'api', 400, 60, 1, .001, %(currency)s, 1, .001, 'done', 'stop',
       CASE WHEN i %% 50 = 0 THEN 95 WHEN i %% 50 < 5 THEN 60 END,
       CASE WHEN i %% 50 < 5 THEN 1 END,
       jsonb_build_object('messages', jsonb_build_array(
           jsonb_build_object('role', 'system', 'content',
               repeat('Answer like a clerk. ', CASE WHEN i %% 50 = 0 THEN 20 ELSE 2 END)),
           jsonb_build_object('role', 'user', 'content',
               'Question ' || (i / 100) || ' of ' || md5(i::text) || ', partner '
               || (i %% 100000) || ' Meyer' || (i %% 977) || ': '
               || repeat('the order of 12 May at 1,250.00 EUR is late, ',
                         CASE WHEN i %% 50 = 0 THEN 12 ELSE 2 END)))),
       'Write to jane.doe' || i || '@example.com: ' || repeat('it will be sent tomorrow. ', 10),
       1, now(), 1, now()
  FROM generate_series(%(start)s::bigint, %(stop)s::bigint) AS i
"""
PARTNERS = """
INSERT INTO res_partner (name, active, is_company, type, lang, create_date)
SELECT (ARRAY['Anna', 'Bernd', 'Carla', 'Denis', 'Elif'])[1 + i %% 5] || ' Meyer' || i, TRUE,
       FALSE, 'contact', 'en_US', now()
  FROM generate_series(1, %s) AS i
"""


def prepare(registry, rows, partners):
    with environment(registry) as env:
        env.company.ai_text_policy = "full"
        agent = env["ai.agent"].search([("code", "=", "bench_tuned")])
        agent = agent or env["ai.agent"].create(
            {"name": "Tuned", "code": "bench_tuned", "keep_text": "full"}
        )
        price = {"input_usd": 1, "output_usd": 2, "valid_from": "2020-01-01"}
        values = {"name": "Base", "api_format": "openai", "model_name": "gpt-4o-mini"}
        provider = env["ai.service.provider"].create({**values, "price_ids": [(0, 0, price)]})
        facts = {
            "company": env.company.id,
            "provider": provider.id,
            "agent": agent.id,
            "currency": env.company.currency_id.id,
        }
        env.cr.execute(PARTNERS, (partners,))
        with Loading(env.cr):
            for start in range(1, rows + 1, 100_000):
                stop = min(rows, start + 99_999)
                env.cr.execute(CALLS, {**facts, "start": start, "stop": stop})
        values = {"name": "Bench", "agent_id": agent.id, "number": 5000}
        job = env["ai.tuning.job"].create({**values, "provider_id": provider.id}).id
    with registry.cursor() as cr:
        cr._cnx.autocommit = True
        cr.execute("ANALYZE ai_token_usage")
    return job


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--partners", type=int, default=100_000)
    options = parser.parse_args()
    registry, _name = open_registry()
    print_facts(registry)
    begun = time.perf_counter()
    job_id = prepare(registry, options.rows, options.partners)
    print(f"made in {time.perf_counter() - begun:.0f} s")
    limits = Limits()
    before = peak_mb()
    with environment(registry) as env:
        job = env["ai.tuning.job"].browse(job_id)
        begun, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
        job.action_collect()
        env.flush_all()
        taken = time.perf_counter() - begun
        cpu = resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu
        print(f"      {job.calls_found:,} calls, {job.calls_fitting:,} examples, {job.reasons}")
    limits.check("finding and masking the examples", taken, MOST_S, " s")
    limits.check("processor time of it", cpu, MOST_S, " s")
    limits.check("memory beyond what was there", peak_mb() - before, MOST_MB, " MB")
    return limits.finish()


if __name__ == "__main__":
    sys.exit(main())
