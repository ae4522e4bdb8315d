"""Storage of a key's digest, out of reach of the ORM and the query log, and finding a key by it."""

from typing import NamedTuple

COLUMN = "secret_digest"

# A function, because its plan is kept: planning takes ten times as long as running.
FUNCTION = """
CREATE OR REPLACE FUNCTION ai_gateway_find(a_digest text)
RETURNS TABLE (
    id int, name text, user_id int, company_id int, may_call boolean, may_read_figures boolean,
    may_read_metrics boolean, agent_id int, per_minute int, at_once int, agent_ids int[],
    provider_ids int[], is_use_news boolean, lang text, tz text
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, k.name::text, k.user_id, k.company_id, k.may_call, k.may_read_figures,
           k.may_read_metrics, k.agent_id, k.per_minute, k.at_once,
           ARRAY(SELECT r.ai_agent_id FROM ai_agent_ai_gateway_key_rel r
                  WHERE r.ai_gateway_key_id = k.id),
           ARRAY(SELECT r.ai_service_provider_id FROM ai_gateway_key_ai_service_provider_rel r
                  WHERE r.ai_gateway_key_id = k.id),
           COALESCE(k.last_used_at, '-infinity')
               < clock_timestamp() AT TIME ZONE 'UTC' - interval '10 minutes',
           p.lang::text, p.tz::text
      FROM ai_gateway_key k
      JOIN res_users u ON u.id = k.user_id AND u.active AND NOT COALESCE(u.share, FALSE)
      JOIN res_partner p ON p.id = u.partner_id
      JOIN res_company c ON c.id = k.company_id AND c.active
      JOIN res_company_users_rel cu ON cu.user_id = u.id AND cu.cid = c.id
     WHERE k.secret_digest = a_digest AND k.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp() AT TIME ZONE 'UTC');
END $$
"""
DROP_FUNCTION = "DROP FUNCTION IF EXISTS ai_gateway_find"


class KeyFacts(NamedTuple):
    """What a request needs to know of its key, as :data:`FUNCTION` finds it. ``agent_ids``,
    ``provider_ids``: empty, any."""

    id: int
    name: str
    user_id: int
    company_id: int
    may_call: bool
    may_read_figures: bool
    may_read_metrics: bool
    agent_id: int | None
    per_minute: int
    at_once: int
    agent_ids: frozenset
    provider_ids: frozenset
    is_use_news: bool
    #: of its user
    lang: str | None
    tz: str | None


def store(cr, key_id, digest):
    """Keep the digest of a key; None takes it away for ever."""
    # Odoo's cursor prints a query with its values at debug level, and when it fails: the row is
    # locked first, by a statement without the digest, so that the second one cannot fail.
    cr.execute("SELECT 1 FROM ai_gateway_key WHERE id = %s FOR UPDATE", (key_id,))
    cr._obj.execute("UPDATE ai_gateway_key SET secret_digest = %s WHERE id = %s", (digest, key_id))


def find(cr, digest):
    """Return the ``KeyFacts`` of the key with a digest that works now, or None.

    Read from the table at every request, so that what was revoked, in whatever process, is refused.
    """
    cr._obj.execute("SELECT * FROM ai_gateway_find(%s)", (digest,))
    row = cr._obj.fetchone()
    if not row:
        return None
    facts = KeyFacts(*row)
    return facts._replace(
        agent_ids=frozenset(facts.agent_ids), provider_ids=frozenset(facts.provider_ids)
    )


def any_issued(cr):
    """Is there any key that was issued and not revoked?"""
    cr.execute("SELECT EXISTS (SELECT FROM ai_gateway_key WHERE secret_digest IS NOT NULL)")
    return cr.fetchone()[0]


def issued_ids(cr, ids):
    """Return the ids of those keys that have a secret, as a set."""
    if not ids:
        return set()
    cr.execute(
        "SELECT id FROM ai_gateway_key WHERE id = ANY(%s) AND secret_digest IS NOT NULL",
        (list(ids),),
    )
    return {row[0] for row in cr.fetchall()}
