import secrets

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.own_cursor import commit_at_once
from ..base.transactions import under_test
from . import leases
from .ai_answer import MOST_OF_ONE_KEY, UNHURRIED, Kept
from .big_integer import BigInteger

COLUMNS = ", ".join(f"a.{name}" for name in Kept._fields)
#: The answers of a scope and key that may serve, but for what readers said of two questions.
_ALIKE = f"""
    SELECT {COLUMNS}, a.agent_id FROM ai_answer a
     WHERE a.scope_hash = a_scope AND a.key_hash = a_key AND a.scope_rest = a_rest
       AND a.is_wrong IS NOT TRUE AND a.created_at > a_since
       AND a.versions IS NOT DISTINCT FROM a_versions
"""
#: Claim a question, if there is a token, and say who holds it (``holder``) and what may serve, best
#: first. A function, because its plans are kept: planning takes several times as long as running.
#: Its statements have snapshots of their own: the second sees what whoever held the claim kept
#: before he gave it back.
FUNCTION = f"""
CREATE OR REPLACE FUNCTION ai_answer_ask(
    a_scope int8, a_rest int8, a_key int8, a_text int8, a_versions int8, a_since timestamp,
    a_token int8, a_seconds float8, a_unless_kept boolean)
RETURNS TABLE (
    holder int8, id int, question text, answer text, usage jsonb, provider_id int,
    model_name varchar, created_at timestamp, text_hash int8, token_usage_id int
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF a_token IS NOT NULL THEN
        INSERT INTO ai_answer_claim AS c
               (scope_hash, scope_rest, key_hash, versions, token, lease_until)
        SELECT a_scope, a_rest, a_key, COALESCE(a_versions, 0), a_token,
               clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => a_seconds)
         WHERE NOT a_unless_kept OR NOT EXISTS ({_ALIKE})
            ON CONFLICT (scope_hash, key_hash, scope_rest, versions)
            DO UPDATE SET token = EXCLUDED.token, lease_until = EXCLUDED.lease_until
             WHERE c.lease_until < clock_timestamp() AT TIME ZONE 'UTC';
    END IF;
    RETURN QUERY
    SELECT (SELECT c.token FROM ai_answer_claim c
             WHERE c.scope_hash = a_scope AND c.key_hash = a_key
               AND c.scope_rest = a_rest AND c.versions = COALESCE(a_versions, 0)
               AND c.lease_until >= clock_timestamp() AT TIME ZONE 'UTC'),
           {COLUMNS}
      FROM (SELECT 1) one LEFT JOIN LATERAL (
           {_ALIKE}
               AND (a.text_hash = a_text OR NOT EXISTS (
                    SELECT 1 FROM ai_answer_judgement j
                     WHERE j.agent_id = a.agent_id AND j.verdict = 'wrong'
                       AND j.low_hash = LEAST(a.text_hash, a_text)
                       AND j.high_hash = GREATEST(a.text_hash, a_text)))
             ORDER BY (a.text_hash = a_text) DESC, a.id DESC LIMIT {MOST_OF_ONE_KEY}) a ON TRUE;
END $$
"""
DROP_FUNCTIONS = """
DROP FUNCTION IF EXISTS ai_answer_ask;
DROP FUNCTION IF EXISTS ai_answer_keep
"""
#: With what providers did so far, where none may serve: who chooses one asks for that next.
ASK = """
SELECT *, CASE WHEN id IS NULL THEN (SELECT ai_provider_evidence(%(company)s, %(task)s)) END
  FROM ai_answer_ask(
       %(scope)s, %(rest)s, %(key)s, %(text)s, %(versions)s, %(since)s, %(token)s, %(seconds)s,
       %(unless_kept)s)
"""
UNHURRIED_ASK = f"{UNHURRIED.code}; {ASK}"


class AiAnswerClaim(models.Model):
    """A question that is being asked: others who ask the same wait for its answer.

    A row holds from the first one's start to his end, and no longer than its lease, which he
    renews. No transaction is open and no connection taken meanwhile, by him nor by who waits.
    """

    _name = "ai.answer.claim"
    _description = "AI Question Being Asked"
    _rec_name = "token"
    _log_access = False

    scope_hash = BigInteger(required=True, help="Digest of its scope, first half.")
    scope_rest = BigInteger(required=True, help="Digest of its scope, other half.")
    key_hash = BigInteger(required=True, help="Digest of the question's key.")
    versions = BigInteger(required=True, help="Digest of the versions of its records, 0 for none.")
    token = BigInteger(required=True, index=True, help="Whose claim it is.")
    lease_until = fields.Datetime(required=True, help="From then on its holder counts as dead.")

    _sql_constraints = [
        (
            "question_unique",
            "unique(scope_hash, key_hash, scope_rest, versions)",
            "This question is being asked.",
        ),
    ]

    def init(self):
        res = super().init()
        self.env.cr.execute(FUNCTION)
        return res

    @api.model
    def _drop_functions(self):
        self.env.cr.execute(DROP_FUNCTIONS)

    @api.model
    def _claim(self, apart, asked, seconds, unless_kept=False, evidence_of=(None, None)):
        """Claim a question, in one round trip.

        :param float seconds: of the lease
        :param bool unless_kept: only where no answer of the scope and key is there
        :param tuple evidence_of: (company id, task type) whose ``ai.provider.stats`` are read, too
        :return: ``(token or None, [Kept], evidence)``: the claim, if it is ours now; the answers
            that may serve by now, as whoever held it before may just have given one; and what
            ``ai_provider_evidence`` gives, None where it was not read
        """
        token = secrets.randbits(63)
        claim = {"token": token, "seconds": float(seconds), "unless_kept": unless_kept}
        holder, found, evidence = self._ask(apart, asked, claim, evidence_of)
        return (token if holder == token else None), found, evidence

    @api.model
    def _look(self, apart, asked):
        """Return ``(is it still being asked, [Kept])``."""
        holder, found, _evidence = self._ask(apart, asked)
        return holder is not None, found

    @api.model
    def _ask(self, apart, asked, claim=None, evidence_of=(None, None)):
        answers, (company, task) = self.env["ai.answer"], evidence_of
        values = {"token": None, "seconds": None, "unless_kept": False, **(claim or {})}
        with apart.cursor(2.0) as cr:
            commit_at_once(cr)
            cr.execute(
                UNHURRIED_ASK if claim and not under_test() else ASK,
                {**answers._look_values(asked), **values, "company": company, "task": task},
                log_exceptions=False,
            )
            rows = cr.fetchall()
        return rows[0][0], answers._read_rows([row[1:-1] for row in rows]), rows[0][-1]

    @api.model
    def _freed_sql(self, token):
        """Return the statement that gives a claim back, or None without one."""
        return token and SQL("DELETE FROM ai_answer_claim WHERE token = %s RETURNING id", token)

    @api.model
    def _free(self, apart, token):
        leases.drop(token)
        self.env["ai.answer"]._at_once(apart, self._freed_sql(token))

    @api.autovacuum
    def _gc_claims(self):
        """Claims of those who died and were never asked again."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=1)
        self.sudo().search([("lease_until", "<", limit)], limit=10_000).unlink()
