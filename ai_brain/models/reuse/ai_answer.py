import dataclasses
import json
from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.price.usage import TokenUsage
from ..base.index import add_index
from ..base.own_cursor import commit_at_once
from ..base.transactions import under_test
from .big_integer import BigInteger

#: Of one key: others are there only where a reader said that two questions are not the same.
MOST_OF_ONE_KEY = 8
#: An answer that gets lost in a crash is asked again: keeping it does not wait for the disk.
UNHURRIED = SQL("SET LOCAL synchronous_commit = off")

#: Keep an answer, in place of one to the same words, and give the claim on its question back: a
#: function, because its plans are kept. Its row comes as JSON, so it may have columns of others.
KEEP_FUNCTION = """
CREATE OR REPLACE FUNCTION ai_answer_keep(a_row jsonb, a_token int8)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    made ai_answer;
BEGIN
    made := jsonb_populate_record(NULL::ai_answer, a_row);
    made.id := nextval('ai_answer_id_seq');
    DELETE FROM ai_answer
     WHERE scope_hash = made.scope_hash AND key_hash = made.key_hash
       AND scope_rest = made.scope_rest AND text_hash = made.text_hash AND is_wrong IS NOT TRUE;
    IF a_token IS NOT NULL THEN
        DELETE FROM ai_answer_claim WHERE token = a_token;
    END IF;
    INSERT INTO ai_answer VALUES (made.*);
    RETURN made.id;
END $$
"""

Kept = namedtuple(
    "Kept", "id question answer usage provider_id model_name created_at text_hash token_usage_id"
)


class AiAnswer(models.Model):
    """An answer that was paid for once and may serve again, in the very scope it was given in.

    Found by one btree on (scope, key); ``scope_rest`` and the texts themselves are compared then.
    """

    _name = "ai.answer"
    _inherit = "ai.shown.figures"
    _description = "AI Kept Answer"
    _order = "id desc"
    _rec_name = "question"
    _log_access = False
    _shown_money = {"saved_listed": "saved_usd"}
    _shown_rows = "u.answer_key = %s", "saved_usd"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The company that paid the answer.",
    )
    agent_id = fields.Many2one(
        "ai.agent",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The agent whose policy keeps it.",
    )
    user_id = fields.Many2one(
        "res.users",
        "Asked by",
        readonly=True,
        ondelete="cascade",
        index=True,
        help="Who asked first; with him, his answers go.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider", readonly=True, ondelete="set null", help="Who answered."
    )
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    question = fields.Text(required=True, readonly=True, help="The question as it was asked.")
    answer = fields.Text(required=True, readonly=True, help="The answer, word for word.")
    usage = fields.Json(readonly=True, help="The tokens that the vendor reported for it.")
    res_model = fields.Char("Record Model", readonly=True, help="Model of the record it is about.")
    res_id = fields.Many2oneReference(
        "Record",
        model_field="res_model",
        readonly=True,
        help="The record it is about. Once that changes, the answer does not serve again.",
    )
    depends = fields.Json(
        readonly=True, help="Other records that must not have changed: ids by model."
    )
    created_at = fields.Datetime("Given", required=True, readonly=True, help="When it was given.")
    token_usage_id = fields.Integer("Paid Call", readonly=True, help="Row of the ledger.")
    hits = fields.Integer(readonly=True, help="How often it served again.")
    hit_at = fields.Datetime("Last Served", readonly=True, help="When it last served.")
    saved_usd = fields.Float(
        "Saved (USD)",
        digits=0,
        readonly=True,
        help="What the provider asked for would have charged for the calls that it served.",
    )
    saved_listed = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at the rates of the days on which it served.",
    )
    is_wrong = fields.Boolean(
        "Marked Wrong", readonly=True, help="A reader said that it is not what he asked."
    )
    scope_hash = BigInteger(required=True, readonly=True, help="Digest of its scope, first half.")
    scope_rest = BigInteger(required=True, readonly=True, help="Digest of its scope, other half.")
    key_hash = BigInteger(required=True, readonly=True, help="Digest of the question's key.")
    text_hash = BigInteger(required=True, readonly=True, help="Digest of the question's text.")
    versions = BigInteger(
        readonly=True, help="Digest of the versions of the records that it rests on."
    )

    def init(self):
        res = super().init()
        add_index(self, "key", "scope_hash, key_hash")
        add_index(self, "record", "res_model, res_id", "res_id IS NOT NULL")
        add_index(self, "depends", "id", "depends IS NOT NULL")
        self.env.cr.execute(KEEP_FUNCTION)
        return res

    # ------------------------------------------------------------------
    # Looking up and keeping
    # ------------------------------------------------------------------

    @api.model
    def _read_versions(self, asked):
        """Return a number that stands for the versions of the records that an answer rests on, as
        this environment's transaction sees them; None where the person may not read them all.

        :param asked: ``kept_answer_step.Asked``, which has records
        """
        versions = self._versions_sql(asked)
        return versions and self.env.execute_query(SQL("SELECT %s", versions))[0][0]

    @api.model
    def _look_values(self, asked):
        """Return what the look-up (``ai.answer.claim``) goes by."""
        return {
            "scope": asked.scope[0],
            "rest": asked.scope[1],
            "key": asked.key_hash,
            "text": asked.text_hash,
            "since": fields.Datetime.now() - timedelta(hours=asked.facts.ttl_h),
            "versions": asked.versions,
        }

    @api.model
    def _read_rows(self, rows):
        return [Kept(*row) for row in rows if row[0]]

    @api.model
    def _versions_sql(self, asked):
        """Return SQL of a number that stands for the versions of the records that an answer rests
        on; None where it could never be told, or the person may not read that model at all.

        A version is the row's place and transaction besides its ``write_date``, so that no change
        is missed, and that of the records whose fields it inherits. Where the person's rules hide
        one of the records, the number is NULL.
        """
        parts, wanted = [], 0
        for model_name, ids in asked.sources:
            found = self._readable(model_name, ids)
            if found is None:
                return None
            wanted += len(ids)
            parts += self._rows_sql(self.env[model_name], found, 1)
        return SQL(
            "(SELECT CASE WHEN sum(s.n) = %s"
            " THEN hashtextextended(string_agg(s.v, ',' ORDER BY s.v), 0) END FROM (%s) s)",
            wanted,
            SQL(" UNION ALL ").join(parts),
        )

    @api.model
    def _readable(self, model_name, ids):
        """Return a SELECT of those of the ids that the person of the call may read, or None."""
        if model_name not in self.env:
            return None
        records = self.env[model_name].sudo(False).with_context(active_test=False)
        if not records._auto or records._abstract or records._transient:
            return None
        if not records.has_access("read"):
            return None
        return records._search([("id", "in", ids)], order="id").subselect()

    @api.model
    def _rows_sql(self, model, ids, counts):
        table = SQL.identifier(model._table)
        changed = SQL("t.write_date") if model._log_access else SQL("NULL")
        parts = [
            SQL(
                "SELECT concat_ws(':', %s, t.id, t.ctid, t.xmin, %s) AS v, %s AS n"
                " FROM %s t WHERE t.id IN (%s)",
                model._name,
                changed,
                counts,
                table,
                ids,
            )
        ]
        for parent, field in model._inherits.items():
            above = SQL(
                "SELECT p.%s FROM %s p WHERE p.id IN (%s)", SQL.identifier(field), table, ids
            )
            parts += self._rows_sql(self.env[parent], above, 0)
        return parts

    @api.model
    def _keep_sql(self, values, token):
        """Return the statement that keeps an answer, in place of one to the same words, and gives a
        claim on its question back (``ai.answer.claim``).

        :param dict values: columns of the row
        :param token: of the claim, or None
        """
        row = json.dumps(values, default=str)
        return SQL("SELECT ai_answer_keep(%s, %s) AS id", row, token)

    @api.model
    def _at_once(self, apart, query, wait_s=2.0):
        """Run a statement of no consequence in a transaction of its own; return its rows."""
        if not under_test():
            query = SQL("%s; %s", UNHURRIED, query)
        with apart.cursor(wait_s) as cr:
            commit_at_once(cr)
            cr.execute(query)
            return cr.fetchall() if cr.description else []

    @api.model
    def _served_sql(self, answer_id, saved_usd):
        """Return the statement that counts one more call that an answer served."""
        return SQL(
            "UPDATE ai_answer SET hits = COALESCE(hits, 0) + 1, hit_at = %s,"
            " saved_usd = COALESCE(saved_usd, 0) + %s WHERE id = %s RETURNING id",
            fields.Datetime.now(),
            saved_usd,
            answer_id,
        )

    @api.model
    def _usage_values(self, usage):
        """Return a ``TokenUsage`` as a dict for JSON, without what is 0 or empty."""
        found = {one.name: getattr(usage, one.name) for one in dataclasses.fields(usage)}
        return {name: value for name, value in found.items() if value}

    @api.model
    def _usage_of(self, kept):
        """Return the ``TokenUsage`` that an answer was paid with."""
        usage = kept.usage or {}
        return TokenUsage(**{**usage, "unknown": tuple(usage.get("unknown", ()))})
