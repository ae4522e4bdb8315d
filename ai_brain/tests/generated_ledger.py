"""Any number of ledger rows by SQL, for tests and benchmarks: a company at work.

Who, what for, which model and what it costs hang together: a user has a department; the department
decides which modules he works in, the module which context and agent a call carries and mostly
which model it takes; a record belongs to one user, who works on it for three days and makes a
handful of calls. Activity of users is skewed. Every row is made from its own number by a hash, so
that the same rows come out in each run. OFFSET 0 keeps the planner from writing one level's
expressions into the next, over and over.

Nothing of Odoo is imported here: benchmarks load this file before Odoo is there.
"""

from datetime import datetime, timedelta

USERS = 200
MODELS = 12
DEPARTMENTS = 8
MODULES = 14
AGENTS = 5
CALLS_A_RECORD = 6

INSERT = """
INSERT INTO ai_token_usage (
    company_id, user_id, local_date, provider_id, configured_provider_id, choice_reason,
    model_name, price_id, task_type, module, context_model, context_type, agent_type, agent_key,
    res_model, res_id, session_id, kind, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, call_count, cost_usd, baseline_cost_usd, saved_usd,
    currency_id, currency_rate, cost_company, state, error_code, latency_ms, context_size_tokens,
    content_hash, waste_analyzed, waste_detected, waste_reason, waste_report, could_have_saved_usd,
    quality_score, feedback_count, holdout_arm, holdout_unit, holdout_percent,
    holdout_expected_usd, prompt_key, prompt_version_key, prompt_variant_key, gateway_key,
    pattern_key, pattern_variant, answer_key, answer_match, trial_key, trial_arm, create_uid,
    create_date, write_uid, write_date)
SELECT %(company)s, CASE WHEN h5 %% 500 > 0 THEN (%(users)s::int[])[1 + u] END, day,
       CASE WHEN kind <> 'fallback' THEN (%(providers)s::int[])[1 + m] END,
       CASE WHEN routed THEN (%(providers)s::int[])[1 + (m + 1) %% %(models)s] END,
       CASE WHEN routed THEN 'router' END, 'model-' || m, (%(prices)s::int[])[1 + m],
       CASE WHEN h4 %% 50 = 0 THEN 'embedding' ELSE 'chat' END,
       CASE WHEN h5 %% 40 > 0 THEN 'module_' || module END,
       'context.' || (module * 2 + (h4 %% 100 < 25)::int), (ARRAY['full', 'selective', 'minimal']
       )[1 + h5 %% 3], CASE WHEN module %% 3 > 0 THEN 'agent_' || module %% %(n_agents)s END, agent,
       CASE WHEN record > 0 THEN %(res_model)s END,
       CASE WHEN record > 0 THEN COALESCE((%(records)s::int[])[
           1 + record %% array_length(%(records)s::int[], 1)], record) END,
       CASE WHEN record > 0 THEN 'talk-' || record END, kind,
       CASE WHEN asked THEN input - cached - written END, CASE WHEN asked THEN output END,
       CASE WHEN asked THEN NULLIF(cached, 0) END, CASE WHEN asked THEN NULLIF(written, 0) END,
       CASE WHEN asked AND m %% 4 = 0 THEN output / 3 END, CASE WHEN kind = 'tuning' THEN 0 ELSE 1
       END, cost, baseline, baseline - cost,
       %(currency)s, rate, cost * rate, state,
       CASE WHEN NOT %(varied)s THEN NULL WHEN state = 'failed' THEN (ARRAY['ServerError',
            'RateLimited', 'RefusedByUs'])[1 + h2 %% 3]
            WHEN state = 'uncertain' AND h2 %% 2 = 0 THEN 'WorkerDied' END,
       CASE WHEN state = 'failed' THEN NULL WHEN vendor THEN 300 + m * 150 + h2 %% 2500 ELSE 3 END,
       input, lpad(to_hex(h1), 8, '0') || lpad(to_hex(h2), 8, '0'), TRUE, waste > 0,
       CASE WHEN waste > 0 THEN waste_type || CASE WHEN other > 0 THEN ', ' || other_type ELSE ''
       END END,
       CASE WHEN waste > 0 THEN jsonb_build_object('findings', jsonb_build_array(
            jsonb_build_object('type', waste_type, 'cost_wasted', waste - other, 'target',
            jsonb_build_object('kind', 'module', 'name', 'module_' || module)))
            || CASE WHEN other > 0 THEN jsonb_build_array(jsonb_build_object('type', other_type,
            'cost_wasted', other)) ELSE '[]' END) END,
       NULLIF(waste, 0), CASE WHEN h1 %% 100 < 6 THEN %(rating)s + m * 3 + h2 %% 10 END,
       CASE WHEN h1 %% 100 < 6 THEN CASE WHEN %(varied)s THEN 1 + h3 %% 3 ELSE 1 END END,
       CASE WHEN held THEN CASE WHEN unit %% 10 = 0 THEN 'held_out' ELSE 'treated' END END,
       CASE WHEN held THEN unit END, CASE WHEN held THEN 10 END, CASE WHEN held THEN baseline END,
       CASE WHEN prompted THEN (%(prompt)s::int[])[1] END,
       CASE WHEN prompted THEN (%(prompt)s::int[])[2] END,
       CASE WHEN prompted AND h3 %% 2 = 0 THEN (%(prompt)s::int[])[3] END,
       CASE WHEN kind <> 'tuning' AND h4 %% 10 = 3 AND h5 %% 500 > 0 THEN (%(keys)s::int[])[1 + u]
       END, pattern, CASE WHEN pattern IS NOT NULL THEN h5 %% 2 END, kept,
       CASE WHEN kept IS NOT NULL THEN (ARRAY['exact', 'same_question'])[1 + h5 %% 2] END,
       CASE WHEN tried THEN (%(trial)s::int[])[1] END,
       CASE WHEN tried THEN CASE WHEN h2 %% 10 = 0 THEN 'b' ELSE 'a' END END, 1, moment, 1, moment
  FROM (SELECT *, CASE WHEN %(varied)s AND waste > 0 AND h2 %% 5 = 0
                            AND waste_type <> 'wrong_model'
                       THEN round(waste * 0.25, 10) ELSE 0 END AS other,
               'wrong_model' AS other_type,
               agent IS NOT NULL AND record > 0 AND module %% %(n_agents)s = 1 AS held,
               (record * 7 + h_day) %% 100000 AS unit,
               agent IS NOT NULL AND module %% %(n_agents)s = 2 AS prompted,
               agent IS NOT NULL AND module %% %(n_agents)s = 3 AND kind <> 'tuning'
               AND h_day >= (%(trial)s::int[])[2] AS tried,
               CASE WHEN agent IS NOT NULL AND kind = 'pattern' THEN
                    (%(patterns)s::int[])[1 + h4 %% %(n_patterns)s] END AS pattern,
               CASE WHEN agent IS NOT NULL AND kind IN ('cache', 'dedup') THEN (%(answers)s::int[])
                    [1 + module %% %(n_agents)s * %(n_answers)s + h4 %% %(n_answers)s] END AS kept,
               (LEAST(day + second * interval '1 second', %(until)s::timestamp)
                AT TIME ZONE %(tz)s) AT TIME ZONE 'UTC' AS moment, @rate@ AS rate
  FROM (SELECT *, CASE WHEN h3 %% 100 < 8 AND asked AND kind = 'api' THEN round(cost * 0.4, 10)
               ELSE 0 END AS waste,
               (ARRAY['redundant_context', 'oversized_context', 'wrong_model', 'duplicate_query',
               'unnecessary_history'])[1 + (module + h5 %% 2) %% 5] AS waste_type
          FROM (SELECT *, CASE WHEN NOT asked THEN 0 WHEN kind = 'batch' THEN baseline / 2
                               WHEN routed THEN round(baseline * 0.6, 10) ELSE baseline END AS cost
                  FROM (SELECT *, CASE WHEN state = 'failed' OR kind = 'fallback' THEN 0
                               ELSE (input * (1 + m) + output * (4 + 3 * m))::numeric / 10000000
                               END AS baseline,
                               vendor AND state <> 'failed' AS asked,
                               kind = 'api' AND state = 'done' AND h4 %% 9 = 0 AS routed,
                               CASE WHEN h4 %% 4 = 0 THEN input / 2 ELSE 0 END AS cached,
                               CASE WHEN h4 %% 16 = 3 THEN input / 4 ELSE 0 END AS written
  FROM (SELECT *, kind IN ('api', 'batch', 'summary', 'tuning') AS vendor,
               CASE WHEN kind <> 'api' THEN 'done' WHEN h5 %% 1000 < 4 THEN 'uncertain'
                    WHEN h5 %% 1000 < 12 THEN 'failed' ELSE 'done' END AS state,
               CASE WHEN module %% 3 > 0 THEN (%(agents)s::int[])[1 + module %% %(n_agents)s] END
               AS agent
  FROM (SELECT *, abs(hashint8(i * 31 + 7)) AS h5, day - %(first)s::date AS h_day,
       CASE WHEN h2 %% 100 < 3 THEN 0 WHEN h2 %% 100 < 6 THEN 86399 ELSE h2 %% 86400 END AS second,
       CASE WHEN h1 %% 100 < 72 THEN 'api' WHEN h1 %% 100 < 78 THEN 'batch'
            WHEN h1 %% 100 < 80 THEN CASE WHEN %(varied)s AND h2 %% 200 = 0 THEN 'tuning'
                                             ELSE 'summary' END
            WHEN h1 %% 100 < 91 THEN 'cache' WHEN h1 %% 100 < 94 THEN 'dedup'
            WHEN %(varied)s AND h1 %% 100 = 99 THEN 'fallback' ELSE 'pattern' END AS kind,
       (CASE WHEN h2 %% 100 < 75 THEN module ELSE h3 END) %% %(models)s AS m,
       200 + h3 %% 900 * (1 + module %% 4) AS input, 40 + h4 %% 600 AS output,
       CASE WHEN h4 %% 100 < 40 THEN 1 + u + %(n_users)s * ((day - %(first)s::date) / 3
            * %(window)s + h5_record %% %(window)s)::int ELSE 0 END AS record
  FROM (SELECT i, h1, h2, h3, h4, h5_record, u,
               (u %% %(departments)s + (h3 %% 100 < 30)::int * (1 + h4 %% 5)) %% %(modules)s
               AS module,
               %(first)s::date + (((i - 1) * %(days)s / %(total)s)::int) AS day
          FROM (SELECT i, abs(hashint8(i)) AS h1, abs(hashint8(i + 1000000007)) AS h2,
                       abs(hashint8(i * 3 + 1)) AS h3, abs(hashint8(i * 7 + 5)) AS h4,
                       abs(hashint8(i * 11 + 3)) AS h5_record,
                       floor(%(n_users)s * power((abs(hashint8(i * 13 + 2)) %% 1000000) / 1e6, 1.6)
                       )::int AS u
                  FROM generate_series(%(start)s::bigint, %(stop)s::bigint) AS i
                OFFSET 0) AS a OFFSET 0) AS b OFFSET 0) AS c
               OFFSET 0) AS d OFFSET 0) AS e OFFSET 0) AS f OFFSET 0) AS g OFFSET 0) AS h
"""

#: Every hundredth call is put right afterwards: a tenth was billed too much, or a worker was only
#: slow whose call had been given up.
CORRECT = """
INSERT INTO ai_token_usage (
    company_id, user_id, local_date, provider_id, model_name, price_id, task_type, module,
    context_model, context_type, agent_type, agent_key, res_model, res_id, session_id, kind,
    call_count, cost_usd, baseline_cost_usd, saved_usd, currency_id, currency_rate, cost_company,
    state, latency_ms, correction_of_id, prompt_key, prompt_version_key, prompt_variant_key,
    gateway_key, trial_key, trial_arm, create_uid, create_date, write_uid, write_date)
SELECT company_id, user_id, local_date, provider_id, model_name, price_id, task_type, module,
       context_model, context_type, agent_type, agent_key, res_model, res_id, session_id, kind,
       0, -cost_usd / 10, -baseline_cost_usd / 10, (cost_usd - baseline_cost_usd) / 10,
       currency_id, currency_rate, -cost_company / 10, state,
       CASE WHEN error_code IS NOT NULL THEN 1600 END, id, prompt_key, prompt_version_key,
       prompt_variant_key, gateway_key, trial_key, trial_arm, 1, create_date, 1, create_date
  FROM ai_token_usage
 WHERE company_id = %s AND kind IN ('api', 'batch') AND cost_usd > 0 AND correction_of_id IS NULL
   AND (error_code = 'WorkerDied' OR id %% 100 = 0)
"""


def add(
    cr,
    start,
    stop,
    total,
    first,
    days,
    company_id,
    users,
    providers,
    currency_id,
    prices=(),
    agents=(),
    prompt=(),
    records=(),
    res_model="crm.lead",
    rates=(),
    tz="UTC",
    until=None,
    varied=False,
    keys=(),
    patterns=(),
    answers=(),
    trial=(),
):
    """Insert the rows numbered ``start`` to ``stop`` of ``total``, spread over ``days``.

    :param cr: a cursor; anything with ``execute``
    :param first: the first day, a date
    :param providers, prices: ids, of which as many are used as there are models
    :param agents: ids of the agents ``agent_0`` to ``agent_4``; those of the second are held out
        by a tenth
    :param prompt: ids of a prompt, its version and a variant that half of its calls get: those of
        the third agent
    :param records: ids of ``res_model``; none: numbers that no record has
    :param rates: (day, text of a number) pairs, oldest first: what 1 USD was from that day on in
        ``currency_id``; none: 1
    :param tz: where the company's days end; a share of the calls is made in the last second of a
        day, and in the first
    :param varied: with what is rare: training, apologies, error codes, calls with two findings,
        answers rated more than once
    :param until: the last moment there, a naive datetime; None: the end of the last day
    :param keys: ids of endpoint keys, one for each of the first users
    :param patterns: ids of patterns, which answer calls of agents
    :param answers: ids of kept answers, as many of each agent
    :param trial: id of a trial of the fourth agent, and the day from the first on which it began
    """
    rate = "".join(
        f"WHEN day >= '{day:%Y-%m-%d}' THEN {float(text)!r}::numeric "
        for day, text in reversed(rates)
    )
    last = datetime.combine(first, datetime.min.time()) + timedelta(days=days)
    cr.execute(
        INSERT.replace("@rate@", f"CASE {rate}ELSE 1 END" if rate else "1"),
        {
            "start": start,
            "stop": stop,
            "total": total,
            "first": first,
            "days": days,
            "company": company_id,
            "users": users,
            "n_users": len(users),
            "providers": providers,
            "prices": [*prices] or None,
            "agents": [*agents] or None,
            "n_agents": AGENTS,
            "prompt": [*prompt] or None,
            "records": [*records] or None,
            "res_model": res_model,
            "models": min(MODELS, len(providers)),
            "modules": MODULES,
            "departments": DEPARTMENTS,
            "window": max(1, round(total * 0.4 / CALLS_A_RECORD / len(users) / (days / 3))),
            "currency": currency_id,
            "tz": tz,
            "until": until or last,
            "varied": varied,
            "keys": [*keys] or None,
            "patterns": [*patterns] or None,
            "n_patterns": len(patterns) or 1,
            "answers": [*answers] or None,
            "n_answers": len(answers) // sum(map(bool, agents)) if answers else 1,
            "trial": [*trial] or None,
            "rating": 75 if varied else 55,
        },
    )


def correct(cr, company_id):
    """Add corrections of some of the calls of a company."""
    cr.execute(CORRECT, (company_id,))
