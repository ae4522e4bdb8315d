"""Which question the rollup answers, and which one goes to the ledger: decided here alone.

The rollup answers

- every dimension, for everybody or for one user;
- with one more filter that is a dimension (provider, model, kind, task, module, context, agent),
  the total and that dimension itself;
- records (leads, tickets) for whole months, without further filters.

Everything else is summed from the ledger, slower and the same to the last digit: two such
filters, one dimension inside another, a record or a session, and all that is asked by people
whose access to the ledger is shaped by other rules than the addon's own.
"""

from collections import namedtuple
from datetime import timedelta

from odoo.osv import expression

from . import rollup_schema as schema

#: Filters a caller may give, which are fields of the ledger (besides ``company_ids``).
FILTERS = (
    "user_id",
    "provider_id",
    "model_name",
    "kind",
    "task_type",
    "module",
    "context_model",
    "agent_type",
    "agent_mode",
    "res_model",
    "res_id",
    "session_id",
)
_DIMENSION_OF = {column: dimension for dimension, column in schema.DIMENSIONS.items() if column}

#: Rows of the rollup: ``dimension`` and, if not None, the one ``key`` in it.
Route = namedtuple("Route", "user_key dimension key")


def rule_scope(env):
    """'all', 'own' or None: what the rules on the ledger leave this user of his companies.

    None: rules that are not the addon's own; the rollup does not know what they hide.
    """
    if env.su:
        return "all"
    found = env["ir.rule"]._compute_domain("ai.token.usage", "read")
    company = expression.normalize_domain([("company_id", "in", env.companies.ids)])
    own = expression.normalize_domain([("user_id", "=", env.uid)])
    if found == company:
        return "all"
    if found == expression.AND([company, own]):
        return "own"
    return None


def user_key(scope, uid, filters):
    """Return the ``user_key`` of the rollup rows that ``filters`` ask for."""
    if "user_id" in filters:
        return filters["user_id"] or 0
    return uid if scope == "own" else schema.EVERYBODY


def route(scope, uid, filters, dimension):
    """Return the ``Route`` to a dimension's sums, or None: ask the ledger."""
    if scope is None:
        return None
    key = user_key(scope, uid, filters)
    more = {name: value for name, value in filters.items() if name != "user_id"}
    if not more:
        stored = "total" if dimension == "user" and key != schema.EVERYBODY else dimension
        return Route(key, stored, None)
    if len(more) > 1:
        return None
    name, value = next(iter(more.items()))
    wanted = _DIMENSION_OF.get(name)
    if wanted is None or dimension not in ("total", wanted):
        return None
    return Route(key, wanted, value or (0 if wanted in schema.ID_DIMENSIONS else ""))


def records_routed(scope, filters, first, last, today):
    """May records' sums of these days come from their rollup by month?"""
    whole = first.day == 1 and (last >= today or (last + timedelta(days=1)).day == 1)
    return scope is not None and whole and not set(filters) - {"user_id"}
