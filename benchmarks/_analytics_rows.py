"""Five million ledger rows by SQL: who, what for, which model and what it costs hang together.

A user has a department; the department decides which modules he works in, the module which
context and agent a call carries and mostly which model it takes; a lead belongs to one user, who
works on it for three days and makes a handful of calls. Activity of users is skewed. Every row is
made from its own number by a hash, so that the same rows come out in each run. OFFSET 0 keeps the
planner from writing one level's expressions into the next, over and over.
"""

USERS = 200
MODELS = 12
DEPARTMENTS = 8
MODULES = 14
CALLS_A_LEAD = 6

INSERT = """
INSERT INTO ai_token_usage (
    company_id, user_id, local_date, provider_id, model_name, task_type, module, context_model,
    context_type, agent_type, res_model, res_id, kind, input_tokens, output_tokens,
    cache_read_tokens, call_count, cost_usd, baseline_cost_usd, saved_usd, currency_id,
    currency_rate, cost_company, state, latency_ms, context_size_tokens, content_hash,
    waste_analyzed, waste_detected, waste_reason, waste_report, could_have_saved_usd,
    quality_score, feedback_count, create_uid, create_date, write_uid, write_date)
SELECT %(company)s, (%(users)s::int[])[1 + u], day,
       (%(providers)s::int[])[1 + m], 'model-' || m, 'chat', 'module_' || module,
       'context.' || (module * 2 + (h4 %% 100 < 25)::int), (ARRAY['full', 'selective', 'minimal']
       )[1 + h5 %% 3], CASE WHEN module %% 3 = 0 THEN NULL ELSE 'agent_' || module %% 5 END,
       CASE WHEN lead > 0 THEN 'crm.lead' END, NULLIF(lead, 0), kind,
       input, CASE WHEN kind = 'api' THEN output END, CASE WHEN h4 %% 4 = 0 THEN input / 2 END, 1,
       cost, baseline, baseline - cost, %(currency)s, 1, cost,
       CASE WHEN h5 %% 1000 < 4 THEN 'uncertain' WHEN h5 %% 1000 < 12 THEN 'failed' ELSE 'done' END,
       CASE WHEN kind = 'api' THEN 300 + m * 150 + h2 %% 2500 ELSE 3 END, input,
       lpad(to_hex(h1), 8, '0') || lpad(to_hex(h2), 8, '0'), TRUE, waste > 0,
       CASE WHEN waste > 0 THEN waste_type END,
       CASE WHEN waste > 0 THEN jsonb_build_object('findings', jsonb_build_array(
            jsonb_build_object('type', waste_type, 'cost_wasted', waste, 'target',
            jsonb_build_object('kind', 'module', 'name', 'module_' || module)))) END,
       NULLIF(waste, 0), CASE WHEN h1 %% 100 < 6 THEN 55 + m * 3 + h2 %% 10 END,
       CASE WHEN h1 %% 100 < 6 THEN 1 END, 1, day, 1, day
  FROM (SELECT *, CASE WHEN h3 %% 100 < 8 AND kind = 'api' THEN round(cost * 0.4, 10) ELSE 0 END
               AS waste,
               (ARRAY['redundant_context', 'oversized_context', 'wrong_model', 'duplicate_query',
               'unnecessary_history'])[1 + (module + h5 %% 2) %% 5] AS waste_type
          FROM (SELECT *, CASE WHEN kind = 'api' THEN baseline ELSE 0 END AS cost
                  FROM (SELECT *, (input * (1 + m) + output * (4 + 3 * m))::numeric / 10000000
                               AS baseline
                          FROM (SELECT *,
       abs(hashint8(i * 31 + 7)) AS h5,
       CASE WHEN h1 %% 100 < 80 THEN 'api' WHEN h1 %% 100 < 92 THEN 'cache'
            WHEN h1 %% 100 < 95 THEN 'dedup' ELSE 'pattern' END AS kind,
       (CASE WHEN h2 %% 100 < 75 THEN module ELSE h3 END) %% %(models)s AS m,
       200 + h3 %% 900 * (1 + module %% 4) AS input, 40 + h4 %% 600 AS output,
       CASE WHEN h4 %% 100 < 40 THEN 1 + u + %(n_users)s * ((day - %(first)s::date) / 3
            * %(window)s + h5_lead %% %(window)s)::int ELSE 0 END AS lead
  FROM (SELECT i, h1, h2, h3, h4, h5_lead, u,
               (u %% %(departments)s + (h3 %% 100 < 30)::int * (1 + h4 %% 5)) %% %(modules)s
               AS module,
               %(first)s::date + ((i * %(days)s / %(total)s)::int) AS day
          FROM (SELECT i, abs(hashint8(i)) AS h1, abs(hashint8(i + 1000000007)) AS h2,
                       abs(hashint8(i * 3 + 1)) AS h3, abs(hashint8(i * 7 + 5)) AS h4,
                       abs(hashint8(i * 11 + 3)) AS h5_lead,
                       floor(%(n_users)s * power((abs(hashint8(i * 13 + 2)) %% 1000000) / 1e6, 1.6)
                       )::int AS u
                  FROM generate_series(%(start)s::bigint, %(stop)s::bigint) AS i
                OFFSET 0) AS a OFFSET 0) AS b OFFSET 0) AS c
               OFFSET 0) AS d OFFSET 0) AS e OFFSET 0) AS f
"""

CARDINALITY = """
SELECT count(*) AS rows, count(DISTINCT user_id) AS users, count(DISTINCT model_name) AS models,
       count(DISTINCT provider_id) AS providers, count(DISTINCT module) AS modules,
       count(DISTINCT context_model) AS contexts, count(DISTINCT agent_type) AS agents,
       count(DISTINCT kind) AS kinds, count(DISTINCT res_id) AS leads,
       count(DISTINCT local_date) AS days
  FROM ai_token_usage
"""
COMBINATIONS = """
SELECT count(*) FROM (SELECT DISTINCT user_id, local_date, provider_id, module, context_model,
                             agent_type, kind, state, res_id FROM ai_token_usage) AS wide
"""


def add(cr, start, stop, total, first, days, company_id, users, providers, currency_id):
    """Insert the rows numbered ``start`` to ``stop`` of ``total``, spread over ``days``."""
    cr.execute(
        INSERT,
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
            "models": MODELS,
            "modules": MODULES,
            "departments": DEPARTMENTS,
            "window": max(1, round(total * 0.4 / CALLS_A_LEAD / len(users) / (days / 3))),
            "currency": currency_id,
        },
    )


class Loading:
    """Without the ledger's secondary indexes, and foreign keys if the role may leave them out,
    while millions of rows come in."""

    def __init__(self, cr):
        self.cr = cr

    def __enter__(self):
        self.cr.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'ai_token_usage'"
            " AND indexname <> 'ai_token_usage_pkey'"
        )
        self.indexes = self.cr.fetchall()
        for name, _definition in self.indexes:
            self.cr.execute(f'DROP INDEX "{name}"')
        self.cr.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if self.cr.fetchone()[0]:
            self.cr.execute("SET LOCAL session_replication_role = replica")

    def __exit__(self, *exc):
        if exc[0] is None:
            for _name, definition in self.indexes:
                self.cr.execute(definition)
