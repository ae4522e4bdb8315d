import functools

from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.index import add_index

#: Requests of which nothing more comes but their callback.
OVER = ("done", "failed", "uncertain", "cancelled")


@functools.lru_cache(maxsize=64)  # requests have the same columns, but for a few
def _insertion(columns):
    """Return the statement that inserts a request with some columns."""
    names = SQL(", ").join(map(SQL.identifier, columns))
    marks = SQL(", ").join(SQL("%s", None) for _name in columns)
    return SQL("INSERT INTO ai_batch_request (%s) VALUES (%s) RETURNING id", names, marks).code


class AiBatchRequest(models.Model):
    """A call that may wait, from ``ai.service.submit`` to its callback.

    What is sent is frozen when it is submitted (``body``), so are the columns that its ledger row
    will carry (``row``). Both are written once, by code; nobody enters a request.
    """

    _name = "ai.batch.request"
    _inherit = "ai.shown.figures"
    _description = "AI Request That May Wait"
    _order = "id desc"
    _rec_name = "question"
    _shown_money = {
        "worst_listed": "worst_usd",
        "held_listed": "held_usd",
        "cost_listed": "cost_usd",
        "saved_listed": "saved_usd",
    }
    _shown_call = "token_usage_id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, help="The company that pays."
    )
    user_id = fields.Many2one(
        "res.users", readonly=True, index=True, ondelete="set null", help="Who submitted it."
    )
    agent_type = fields.Char("Agent's Code", readonly=True, help="The agent that was named.")
    agent_id = fields.Many2one(
        "ai.agent",
        compute="_compute_agent_id",
        help="The agent that was named; empty where none has that code.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="Who is asked.",
    )
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    batch_id = fields.Many2one(
        "ai.batch", readonly=True, index=True, ondelete="set null", help="What it was sent with."
    )
    route = fields.Selection(
        [("batch", "In a Batch"), ("single", "Singly"), ("none", "Not Sent")],
        required=True,
        readonly=True,
        default="batch",
        help="In a batch, at its price; singly, where there is no batch for it or its agent does "
        "not let it wait; not at all, where an answer was there.",
    )
    notice = fields.Char(
        readonly=True, help="Why it is sent as it is, where that was not asked for."
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Sent"),
            ("done", "Answered"),
            ("failed", "Failed"),
            ("uncertain", "Uncertain"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        help="How far it is. Uncertain: it may have been billed, and its highest possible cost is "
        "counted.",
    )
    send_at = fields.Datetime(
        "Leaves by", required=True, readonly=True, help="It is sent then, however few wait with it."
    )
    latest = fields.Datetime(
        readonly=True, help="What its caller gave as the latest moment for it to be sent."
    )
    question = fields.Char(readonly=True, help="How the question begins, where text is kept.")
    body = fields.Text(readonly=True, help="What is sent, as JSON: messages, tools, options.")
    bounds = fields.Json(readonly=True, help="What the most that it can cost is computed from.")
    row = fields.Json(readonly=True, help="The tags and counts that the ledger row will carry.")
    bytes = fields.Integer(readonly=True, help="Size of what is sent.")
    worst_usd = fields.Float(
        "At Most (USD)", digits=0, readonly=True, help="The most that it can cost as it is sent."
    )
    held_usd = fields.Float(
        "Held (USD)", digits=0, readonly=True, help="What budgets hold for it now."
    )
    reservation_id = fields.Integer(readonly=True, help="The hold that it is part of.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What it has cost.")
    saved_usd = fields.Float(
        "Saved (USD)", digits=0, readonly=True, help="What it would have cost more singly."
    )
    worst_listed = fields.Float(
        "At Most (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    held_listed = fields.Float(
        "Held (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, as the ledger counted it.",
    )
    saved_listed = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency.",
    )
    token_usage_id = fields.Integer("Ledger Row", readonly=True, help="Its row in the ledger.")
    answer = fields.Json(
        "Answer with Its Figures", readonly=True, help="The answer as the callback gets it."
    )
    answer_text = fields.Text("Answer", compute="_compute_answer_text", help="The answer's text.")
    answered_at = fields.Datetime("Answered on", readonly=True, help="When its outcome came.")
    error_code = fields.Char(readonly=True, help="What kind of trouble there was.")
    error = fields.Char("Trouble", readonly=True, help="What went wrong, in words.")
    tries = fields.Integer("Times Sent", readonly=True, help="How often it was sent.")
    round = fields.Integer(
        default=0, readonly=True, help="How often a person had it sent again, and paid again."
    )
    not_before = fields.Datetime(readonly=True, help="What could not be sent is tried again then.")
    lease_until = fields.Datetime(
        "In Hand Until", readonly=True, help="Somebody works on it; from then on he counts as dead."
    )

    callback_model = fields.Char(readonly=True, help="Model of the records that get the answer.")
    callback_method = fields.Char(readonly=True, help="Their method that gets it.")
    callback_ids = fields.Json("Callback Records", readonly=True, help="Ids of these records.")
    callback_state = fields.Selection(
        [
            ("none", "None"),
            ("pending", "To Come"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        "Callback",
        required=True,
        readonly=True,
        default="none",
        help="Whether the answer was given to whoever asked.",
    )
    callback_tries = fields.Integer(readonly=True, help="How often the callback failed.")
    callback_at = fields.Datetime(
        "Next Callback", readonly=True, help="When it is called back at the earliest."
    )
    callback_error = fields.Char(
        "Callback's Trouble", readonly=True, help="Why it could not be called back, in words."
    )

    def init(self):
        res = super().init()
        waiting = "company_id, provider_id, model_name, send_at"
        add_index(self, "waiting", waiting, "state = 'waiting'")
        pending = "callback_state = 'pending' AND callback_at IS NOT NULL"
        add_index(self, "callback", "callback_at", pending)
        return res

    @api.model
    def _insert(self, values):
        """Write a request by raw INSERT, as the person whose environment this is; return it. The
        ORM takes longer for that than for all else of submitting. An addon that adds a column which
        must not be empty gives it a default in the database, as for the ledger.

        :param dict values: of columns, as PostgreSQL takes them but for JSON; None is left out
        """
        now = fields.Datetime.now()
        values = {
            "route": "batch",
            "state": "waiting",
            "round": 0,
            "callback_state": "none",
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
            **{k: value for k, value in values.items() if value is not None and value is not False},
        }
        self.env.cr.execute(
            _insertion(tuple(values)),
            [
                Json(value) if self._fields[name].type == "json" else value
                for name, value in values.items()
            ],
        )
        return self.browse(self.env.cr.fetchone()[0])

    @api.depends("agent_type")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_agent_id(self):
        known = self.env["ai.agent"]._names_of_codes({*self.mapped("agent_type")})
        for request in self:
            request.agent_id = known.get(request.agent_type, (False,))[0]

    @api.depends("answer")
    def _compute_answer_text(self):
        for request in self:
            request.answer_text = (request.answer or {}).get("content") or False

    def action_send_now(self):
        """Send requests that wait with the next run, however few wait with them."""
        self._check_may_change()
        waiting = self.sudo().filtered(lambda one: one.state == "waiting")
        waiting.write({"send_at": fields.Datetime.now(), "not_before": False})
        self.env.ref("ai_brain.ir_cron_batch_send").sudo()._trigger()

    def action_cancel(self):
        """Take back requests that were not sent; they cost nothing. Their callback is told.

        One that was sent is cancelled with its batch.
        """
        self._check_may_change()
        told = self.env._("It was cancelled by %s.", self.env.user.name)
        why = {"state": "cancelled", "error": told, "error_code": "Cancelled"}
        cr = self.env.cr
        self.env.flush_all()
        cr.execute(
            "SELECT id FROM ai_batch_request WHERE id = ANY(%s) AND state = 'waiting'"
            " ORDER BY id FOR UPDATE SKIP LOCKED",
            (self.ids,),
        )
        self._close(cr, [{"id": row[0], "keeps_body": True, **why} for row in cr.fetchall()])
        self.invalidate_recordset()

    def action_retry_callback(self):
        """Call back again where that failed, with the answer that is there: nothing is sent."""
        self._check_may_change()
        failed = self.sudo().filtered(lambda one: one.callback_state == "failed")
        failed.write(
            {
                "callback_state": "pending",
                "callback_tries": 0,
                "callback_at": fields.Datetime.now(),
                "callback_error": False,
            }
        )
        if failed:
            self.env.ref("ai_brain.ir_cron_batch_call_back").sudo()._trigger()

    def action_send_again(self):
        """Send again, and pay again, what failed, as far as its text is kept."""
        self._check_may_change()
        again = self.sudo().filtered(
            lambda one: one.state in ("failed", "cancelled", "uncertain") and one.body
        )
        for request in again:
            request.round += 1  # what was kept of the earlier sending is not its answer
        again.write(
            {
                "state": "waiting",
                "batch_id": False,
                "send_at": fields.Datetime.now(),
                "not_before": False,
                "answer": False,
                "answered_at": False,
                "error": False,
                "error_code": False,
                "tries": 0,
                "reservation_id": False,
                "token_usage_id": False,
                "callback_at": False,
                "callback_tries": 0,
                "callback_error": False,
            }
        )
        again.filtered(lambda one: one.callback_state != "none").callback_state = "pending"
        if again:
            self.env.ref("ai_brain.ir_cron_batch_send").sudo()._trigger()

    def action_view_call(self):
        """Open the ledger row of the request."""
        self.ensure_one()
        self._check_may_change()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Call"),
            "res_model": "ai.token.usage",
            "view_mode": "form",
            "res_id": self.token_usage_id,
        }

    def _check_may_change(self):
        """:raise AccessError: these are not the person's own requests, nor does he manage AI"""
        self.check_access("read")
