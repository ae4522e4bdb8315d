from decimal import Decimal

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.ledger.kinds import KINDS
from ...engine.ledger.reasons import REASONS
from ...engine.ledger.tasks import TASK_TYPES
from ...engine.price.usage import TokenUsage
from ..base.index import add_index

#: Columns that may change after settling; everything else is what was billed.
MUTABLE = (
    "waste_analyzed",
    "waste_detected",
    "waste_reason",
    "waste_report",
    "could_have_saved_usd",
    "optimization_score",
    "quality_score",
    "feedback_count",
    "create_uid",
    "write_uid",
    "write_date",
)
#: Columns that may be cleared: texts by retention, the user when the user is deleted.
CLEARABLE = ("prompt_text", "answer_text", "messages", "user_id")
TOKEN_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

#: Rows of one INSERT; a call writes one, demo data and imports by addons write many.
INSERT_ROWS = 200


class AiTokenUsage(models.Model):
    """The ledger: one row a call, written once by :meth:`_insert`, never changed."""

    _name = "ai.token.usage"
    _description = "AI Call"
    _order = "id desc"
    _rec_name = "model_name"

    # Who, when, where
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, help="The company that pays the call."
    )
    user_id = fields.Many2one(
        "res.users",
        readonly=True,
        ondelete="set null",
        help="Who made the call. Empty once the user was deleted.",
    )
    local_date = fields.Date(
        "Day", required=True, readonly=True, help="Day of the call in the company's time zone."
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The provider that answered, or should have.",
    )
    configured_provider_id = fields.Many2one(
        "ai.service.provider",
        "Asked For",
        readonly=True,
        ondelete="restrict",
        help="The provider that the call named, where another one answered.",
    )
    choice_reason = fields.Selection(
        REASONS, "Decided By", readonly=True, help="Why this provider was asked."
    )
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    price_id = fields.Many2one(
        "ai.provider.price",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The price that the cost was computed with.",
    )
    # What for
    task_type = fields.Selection(TASK_TYPES, readonly=True, help="What the model was used for.")
    module = fields.Char("Addon", readonly=True, help="The addon that made the call.")
    context_model = fields.Char(
        readonly=True, help="The kind of document that was given to the model as context."
    )
    context_type = fields.Selection(
        [("full", "Full"), ("selective", "Selective"), ("minimal", "Minimal")],
        readonly=True,
        help="How much context was given.",
    )
    agent_type = fields.Char(readonly=True, help="The agent or automation that made the call.")
    agent_mode = fields.Char(readonly=True, help="How the agent chose: passthrough, smart_router.")
    res_model = fields.Char("Record Model", readonly=True, help="Model of the record served.")
    res_id = fields.Many2oneReference(
        "Record", model_field="res_model", readonly=True, help="The record that the call served."
    )
    session_id = fields.Char(readonly=True, help="The conversation it belongs to.")
    kind = fields.Selection(
        [(code, kind.label) for code, kind in KINDS.items()],
        required=True,
        default="api",
        readonly=True,
        help="Where the answer came from.",
    )
    # How much
    input_tokens = fields.Integer(
        readonly=True, help="Input tokens billed at the plain rate; cached ones are counted apart."
    )
    output_tokens = fields.Integer(
        readonly=True, help="Tokens of the visible answer; reasoning is counted apart."
    )
    cache_read_tokens = fields.Integer(
        readonly=True, help="Input tokens that the vendor read from its cache."
    )
    cache_write_tokens = fields.Integer(
        readonly=True, help="Input tokens that the vendor wrote to its cache."
    )
    reasoning_tokens = fields.Integer(
        readonly=True, help="Tokens that the model thought with before it answered."
    )
    usage_details = fields.Json(
        readonly=True,
        help="What else of the vendor's report decided the cost: tokens of sound and pictures "
        "among those counted above, searches, the service and the region.",
    )
    tokens_estimated = fields.Boolean(
        readonly=True, help="The vendor did not report the tokens; these were counted by us."
    )
    call_count = fields.Integer(
        "Calls",
        readonly=True,
        default=1,
        help="1 for a call and 0 for a correction of one, so that sums count calls.",
    )
    # What it cost
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="Exact cost in USD.")
    baseline_cost_usd = fields.Float(
        "Baseline (USD)",
        digits=0,
        readonly=True,
        help="What the provider asked for would have charged.",
    )
    saved_usd = fields.Float(
        "Saved (USD)", digits=0, readonly=True, help="Baseline less cost: an estimate."
    )
    currency_id = fields.Many2one(
        "res.currency",
        readonly=True,
        ondelete="restrict",
        help="Currency of the company that day; USD where no rate was known.",
    )
    currency_rate = fields.Float(
        digits=0, readonly=True, help="What 1 USD was in that currency on the day of the call."
    )
    cost_company = fields.Float(
        "Cost", digits=0, readonly=True, help="Cost in the company's currency at that day's rate."
    )
    # How it went
    state = fields.Selection(
        [("done", "Exact"), ("uncertain", "Uncertain"), ("failed", "Failed")],
        required=True,
        default="done",
        readonly=True,
        help="Exact: the vendor reported what it billed. Uncertain: it may have billed and did "
        "not say, so the worst case is counted. Failed: nothing was billed.",
    )
    latency_ms = fields.Integer(
        "Latency (ms)", readonly=True, aggregator="avg", help="Time until the answer was complete."
    )
    error_code = fields.Char(readonly=True, help="The kind of error, where there was one.")
    finish_reason = fields.Char(readonly=True, help="Why the model stopped.")
    correction_of_id = fields.Many2one(
        "ai.token.usage",
        "Corrects",
        readonly=True,
        ondelete="restrict",
        index="btree_not_null",
        help="The call whose amounts this row puts right.",
    )
    # Judgement
    context_size_tokens = fields.Integer(
        "Context Size", readonly=True, help="Tokens of the whole input as counted before sending."
    )
    prompt_complexity = fields.Float(
        readonly=True, aggregator="avg", help="How demanding the request looked, 0 to 1."
    )
    content_hash = fields.Char(readonly=True, help="Fingerprint that finds equal requests.")
    waste_analyzed = fields.Boolean(help="The call was searched for waste.")
    waste_detected = fields.Boolean(help="Tokens were found that were not needed.")
    waste_reason = fields.Char(help="The kinds of waste found.")
    waste_report = fields.Json(help="The findings as codes and figures; analyze_waste words them.")
    could_have_saved_usd = fields.Float(
        "Could Have Saved (USD)", digits=0, help="Money in the tokens that were not needed."
    )
    optimization_score = fields.Float(
        aggregator="avg", help="100 less the waste score; meaningless before an analysis."
    )
    quality_score = fields.Float(
        "Rating", aggregator="avg", help="Mean of the ratings, 0 to 100; see the number of them."
    )
    feedback_count = fields.Integer("Number of Ratings", help="How often the answer was rated.")
    prompt_text = fields.Text("Prompt", readonly=True, help="What is kept of the prompt.")
    answer_text = fields.Text("Answer", readonly=True, help="What is kept of the answer.")
    messages = fields.Json(
        readonly=True,
        prefetch=False,
        help="The messages and context blocks as they were sent, where texts are kept in full.",
    )

    def init(self):
        res = super().init()
        for index in (
            ("company_day", "company_id, local_date"),
            ("company_user_day", "company_id, user_id, local_date"),
            ("record", "res_model, res_id", "res_id IS NOT NULL"),
            ("session", "session_id", "session_id IS NOT NULL"),
            ("content", "company_id, content_hash, id", "content_hash IS NOT NULL"),
            # What a company's calls usually are: its last ones, read by the waste rules.
            ("recent", "company_id, id", "state = 'done' AND call_count = 1 AND kind = 'api'"),
        ):
            add_index(self, *index)
        self._create_guard()
        return res

    @api.model
    def _create_guard(self):
        """Have the database itself refuse changes, whoever asks and by whatever way."""
        cleared = SQL(" AND ").join(
            SQL("(NEW.%(c)s IS NULL OR NEW.%(c)s IS NOT DISTINCT FROM OLD.%(c)s)", c=column)
            for column in map(SQL.identifier, CLEARABLE)
        )
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION ai_token_usage_guard() RETURNS trigger AS $$
                DECLARE notes text[] := %(notes)s;
                BEGIN
                    IF TG_OP = 'UPDATE'
                       AND (to_jsonb(NEW) - notes) = (to_jsonb(OLD) - notes)
                       AND %(cleared)s
                    THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'The AI ledger is insert-only: add a correction row instead.'
                        USING ERRCODE = 'restrict_violation';
                END $$ LANGUAGE plpgsql;
                DROP TRIGGER IF EXISTS ai_token_usage_guard_row ON ai_token_usage;
                CREATE TRIGGER ai_token_usage_guard_row
                    BEFORE UPDATE OR DELETE ON ai_token_usage
                    FOR EACH ROW EXECUTE FUNCTION ai_token_usage_guard();
                DROP TRIGGER IF EXISTS ai_token_usage_guard_table ON ai_token_usage;
                CREATE TRIGGER ai_token_usage_guard_table BEFORE TRUNCATE ON ai_token_usage
                    FOR EACH STATEMENT EXECUTE FUNCTION ai_token_usage_guard();
                """,
                notes=[*MUTABLE, *CLEARABLE],
                cleared=cleared,
            )
        )

    @api.model
    def _drop_guard(self):
        self.env.cr.execute("DROP FUNCTION IF EXISTS ai_token_usage_guard() CASCADE")

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model
    def _insert(self, rows):
        """Write ledger rows by raw INSERT on this environment's cursor and return their ids.

        :param list rows: dicts of column values; amounts as Decimal; ``company_id`` is required.
            Day, currency and the amount in it are frozen here where a row does not carry them.
        :return: list of int, in the order of ``rows``
        """
        ids = []
        for start in range(0, len(rows), INSERT_ROWS):
            batch = [self._complete(row) for row in rows[start : start + INSERT_ROWS]]
            columns = list(dict.fromkeys(name for row in batch for name in row))
            self.env.cr.execute(
                SQL(
                    "INSERT INTO ai_token_usage (%s) VALUES "
                    + ", ".join(["%s"] * len(batch))
                    + " RETURNING id",
                    SQL(", ").join(map(SQL.identifier, columns)),
                    *[tuple([_adapt(row.get(name)) for name in columns]) for row in batch],
                )
            )
            ids += [row[0] for row in self.env.cr.fetchall()]
        return ids

    @api.model
    def _complete(self, row):
        """Return ``row`` with its day, currency and log columns; empty values are left out."""
        moment = row.get("create_date") or fields.Datetime.now()
        company = self.env["res.company"].browse(row["company_id"]).sudo()
        local_date = row.get("local_date") or company._ai_local_date(moment)
        cost = row.get("cost_usd") or 0
        if "currency_rate" not in row:
            currency_id, rate = company._ai_usd_rate(local_date)
            row = {**row, "currency_id": currency_id, "currency_rate": rate}
        defaults = {
            "create_uid": self.env.uid,
            "create_date": moment,
            "write_uid": self.env.uid,
            "write_date": moment,
            "local_date": local_date,
            "kind": "api",
            "state": "done",
            "call_count": 1,
            "cost_usd": cost,
            "baseline_cost_usd": cost,
            "saved_usd": 0,
            "cost_company": cost * row["currency_rate"],
        }
        kept = {k: v for k, v in row.items() if v is not None and v is not False and v != ""}
        return {**defaults, **kept}

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Add rows for calls that an addon paid by itself (as superuser); nobody enters them."""
        if not self.env.su:
            raise UserError(
                self.env._("Rows of the AI ledger are written by calls; they cannot be entered.")
            )
        company_id = self.env.company.id
        rows = [
            {"company_id": company_id, "user_id": self.env.uid, **self._exact(vals)}
            for vals in vals_list
        ]
        return self.browse(self._insert(rows))

    @api.model
    def _exact(self, vals):
        """Return ``vals`` with floats as Decimals, as their writer read them."""
        return {k: Decimal(repr(v)) if isinstance(v, float) else v for k, v in vals.items()}

    def write(self, vals):
        if not self.env.su or set(vals) - set(MUTABLE):
            raise UserError(
                self.env._("The AI ledger cannot be changed. Add a correction row instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._("The AI ledger cannot be deleted from. Add a correction row instead.")
        )

    def copy_data(self, default=None):
        raise UserError(self.env._("A row of the AI ledger cannot be duplicated."))

    def _engine_usage(self):
        """Return the row as ``engine.price.usage.TokenUsage``, so that its cost can be redone."""
        self.ensure_one()
        columns = {name: self[name] for name in TOKEN_COLUMNS}
        return TokenUsage.from_row(columns, self.usage_details)

    def _billed_at(self):
        """Return when the answer was complete, naive UTC: that hour's price holds."""
        self.ensure_one()
        return fields.Datetime.add(self.create_date, seconds=self.latency_ms / 1000)

    # ------------------------------------------------------------------
    # Retention
    # ------------------------------------------------------------------

    @api.model
    def _cron_clear_texts(self, batch=5000):
        """Clear texts that are older than their company, or their agent, keeps them; the rows
        stay."""
        todo = 0
        for company, rows, days in self._retention_spans():
            limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE ai_token_usage
                       SET prompt_text = NULL, answer_text = NULL, messages = NULL
                     WHERE id IN (
                        SELECT id FROM ai_token_usage
                         WHERE company_id = %s AND local_date <= %s AND create_date < %s
                           AND (prompt_text IS NOT NULL OR answer_text IS NOT NULL
                                OR messages IS NOT NULL)
                           AND %s
                         LIMIT %s FOR UPDATE SKIP LOCKED)
                    """,
                    company.id,
                    company._ai_local_date(limit),
                    limit,
                    rows,
                    batch,
                )
            )
            todo += self.env.cr.rowcount == batch
        if todo:
            self.env.ref("ai_brain.ir_cron_retention")._trigger()
        self.invalidate_model(["prompt_text", "answer_text", "messages"])

    @api.model
    def _retention_spans(self):
        """Yield (company, SQL of the rows, days): how long texts are kept."""
        apart = self._text_days_of_agents()
        others = SQL("(agent_key IS NULL OR agent_key != ALL(%s))", [*apart])
        keeping = ["|", ("ai_text_retention_days", ">", 0), ("ai_text_policy", "!=", "none")]
        for company in self.env["res.company"].sudo().search(keeping):
            if company.ai_text_retention_days > 0:
                yield company, others, company.ai_text_retention_days
            for agent_id, days in apart.items():
                yield company, SQL("agent_key = %s", agent_id), days


def _adapt(value):
    return Json(value) if isinstance(value, dict) else value
