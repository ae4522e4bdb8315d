"""The rows of ai_brain/tests/generated_ledger.py by the million, and what they are made of."""

import importlib.util

from _bench import ROOT

# by its path: its package is not there before Odoo is
_spec = importlib.util.spec_from_file_location(
    "generated_ledger", ROOT / "ai_brain" / "tests" / "generated_ledger.py"
)
_generated = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_generated)
USERS, MODELS, add = _generated.USERS, _generated.MODELS, _generated.add
correct = _generated.correct

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
