import secrets

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.own_cursor import commit_at_once
from ..base.transactions import under_test
from . import leases
from .ai_answer import ALIKE, ANSWERS, COLUMNS, UNHURRIED
from .big_integer import BigInteger

LOOK = f"""
SELECT (SELECT c.token FROM ai_answer_claim c
         WHERE c.scope_hash = %(scope)s AND c.key_hash = %(key)s
           AND c.scope_rest = %(rest)s AND c.versions = %(of_records)s
           AND c.lease_until >= clock_timestamp() AT TIME ZONE 'UTC'),
       {COLUMNS}
  FROM (SELECT 1) one LEFT JOIN LATERAL ({ANSWERS}) a ON TRUE
"""
_CLAIM = """
INSERT INTO ai_answer_claim AS c (scope_hash, scope_rest, key_hash, versions, token, lease_until)
SELECT %(scope)s, %(rest)s, %(key)s, %(of_records)s, %(token)s,
       clock_timestamp() AT TIME ZONE 'UTC' + make_interval(secs => %(seconds)s)
"""
_TAKEN = """
    ON CONFLICT (scope_hash, key_hash, scope_rest, versions)
    DO UPDATE SET token = EXCLUDED.token, lease_until = EXCLUDED.lease_until
     WHERE c.lease_until < clock_timestamp() AT TIME ZONE 'UTC'
"""
# two statements, each with a snapshot of its own: the second sees what whoever held the claim kept
# before he gave it back
CLAIM = f"{_CLAIM} {_TAKEN}; {LOOK}"
CLAIM_UNLESS_KEPT = f"{_CLAIM} WHERE NOT EXISTS ({ALIKE}) {_TAKEN}; {LOOK}"
UNHURRIED_CLAIM = f"{UNHURRIED.code}; {CLAIM}"
UNHURRIED_CLAIM_UNLESS_KEPT = f"{UNHURRIED.code}; {CLAIM_UNLESS_KEPT}"


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

    @api.model
    def _claim(self, apart, asked, seconds, unless_kept=False):
        """Claim a question, in one round trip.

        :param float seconds: of the lease
        :param bool unless_kept: only where no answer of the scope and key is there
        :return: ``(token or None, [Kept])``: the claim, if it is ours now, and the answers that
            may serve by now; whoever held it before may just have given one
        """
        token = secrets.randbits(63)
        query = CLAIM_UNLESS_KEPT if unless_kept else CLAIM
        if not under_test():
            query = UNHURRIED_CLAIM_UNLESS_KEPT if unless_kept else UNHURRIED_CLAIM
        values = {"token": token, "seconds": float(seconds)}
        holder, found = self._read(apart, asked, query, values)
        return (token if holder == token else None), found

    @api.model
    def _look(self, apart, asked):
        """Return ``(is it still being asked, [Kept])``."""
        holder, found = self._read(apart, asked, LOOK, {})
        return holder is not None, found

    @api.model
    def _read(self, apart, asked, query, values):
        answers = self.env["ai.answer"]
        values.update(answers._look_values(asked), of_records=asked.versions or 0)
        with apart.cursor(2.0) as cr:
            commit_at_once(cr)
            cr.execute(query, values, log_exceptions=False)
            rows = cr.fetchall()
        return rows[0][0], answers._read_rows([row[1:] for row in rows])

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
