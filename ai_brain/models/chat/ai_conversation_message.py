from odoo import fields, models
from odoo.exceptions import UserError

from ...engine.chat.ledger_tools import MOST_CALLS

#: A stream that is older than this was cut by the end of its server process.
STREAM_HOURS = 1


class AiConversationMessage(models.Model):
    """A question or an answer of a conversation, with what the answer cost."""

    _name = "ai.conversation.message"
    _inherit = "ai.shown.figures"
    _description = "AI Conversation Message"
    _order = "conversation_id, id"
    _shown_money = {"cost_listed": "cost_usd", "saved_listed": "saved_usd"}
    _shown_call = "token_usage_id"

    conversation_id = fields.Many2one(
        "ai.conversation",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="The conversation it belongs to.",
    )
    role = fields.Selection(
        [("user", "Question"), ("assistant", "Answer")],
        required=True,
        readonly=True,
        help="Who says it: the person or the model.",
    )
    content = fields.Text(readonly=True, help="The text, in Markdown where a model wrote it.")
    state = fields.Selection(
        [
            ("done", "Complete"),
            ("streaming", "Being written"),
            ("stopped", "Stopped"),
            ("failed", "Failed"),
            ("refused", "Refused by a budget"),
        ],
        required=True,
        default="done",
        readonly=True,
        help="How far the answer came.",
    )
    error = fields.Char(readonly=True, help="Why there is no answer.")
    refusal = fields.Json(readonly=True, help="The budget that refused: name, spent, limit, reset.")
    provider_id = fields.Many2one(
        "ai.service.provider", readonly=True, ondelete="set null", help="Who answered."
    )
    provider_name = fields.Char(readonly=True, help="Who answered, as it was called then.")
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    why = fields.Char("Why This One", readonly=True, help="Why this provider was asked.")
    # The ledger's row was written on another cursor: a Many2one to it would break here.
    token_usage_id = fields.Integer("Ledger Row", readonly=True, help="Id of the ledger's row.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What the answer cost.")
    saved_usd = fields.Float(
        "Saved (USD)", digits=0, readonly=True, help="Less than the provider asked for: estimated."
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
    exact = fields.Boolean(
        default=True, readonly=True, help="Off: the vendor did not report what it billed."
    )
    kind = fields.Char(
        readonly=True, help="Where the answer came from: api, cache, pattern, dedup."
    )
    latency_ms = fields.Integer("Latency (ms)", readonly=True, help="Time to the whole answer.")
    input_tokens = fields.Integer(readonly=True, help="Tokens read, cached ones included.")
    output_tokens = fields.Integer(readonly=True, help="Tokens written, reasoning included.")
    sources = fields.Json(
        readonly=True,
        help="What the answer's figures are from: reference, name, amount, and the rows behind it.",
    )
    usage_ids = fields.Json(
        "Ledger Rows", readonly=True, help="Ids of all rows, where the answer took several calls."
    )
    is_set_aside = fields.Boolean(
        readonly=True, help="It is shown, and not sent along with what is asked later."
    )
    rating = fields.Selection(
        [("up", "Good"), ("down", "Bad")],
        readonly=True,
        help="The reader's thumb. It moves what is known of the provider's quality.",
    )

    def _billed(self, outcome):
        """Return what the ledger says of an answer that ended without a result."""
        if outcome.get("state") == "done":
            return {}
        usage = self.env["ai.token.usage"].sudo()
        named = usage.browse(outcome.get("token_usage_id") or [])
        rows = self._rows_since_asked() | named
        if not rows:
            return {}
        row = named or rows[0]
        return {
            "token_usage_id": row.id,
            "usage_ids": rows.ids if len(rows) > 1 else False,
            "provider_id": row.provider_id.id,
            "provider_name": row.provider_id.name,
            "model_name": row.model_name,
            "cost_usd": sum(rows.mapped("cost_usd")),
            "latency_ms": sum(rows.mapped("latency_ms")),
            "exact": "uncertain" not in rows.mapped("state"),
            "input_tokens": sum(rows.mapped("input_tokens")),
            "output_tokens": sum(rows.mapped("output_tokens")),
        }

    def _rows_since_asked(self):
        """As superuser: the rows of the calls for this answer, the last first."""
        conversation = self.conversation_id
        others = conversation.message_ids - self
        told = {*others.mapped("token_usage_id")}
        for one in others:
            told.update(one.usage_ids or ())
        return self.env["ai.token.usage"].search(
            [
                ("session_id", "=", conversation._session_id()),
                # any caller may write any session_id, but only under his own name
                ("user_id", "=", conversation.user_id.id),
                ("company_id", "=", conversation.company_id.id),
                # the ledger keeps whole seconds
                ("create_date", ">=", self.create_date.replace(microsecond=0)),
                ("id", "not in", [*told]),
            ],
            order="id desc",
            limit=MOST_CALLS,
        )

    def _to_client(self, content=None):
        """Return the message as a dict for the chat window; ``content`` where none is kept."""
        self.ensure_one()
        return {
            "id": self.id,
            "role": self.role,
            "content": self.content or content or "",
            "state": self._current_state(),
            "error": self.error or "",
            "refusal": self.refusal or False,
            "provider_id": self.provider_id.id,
            "provider": self.provider_name or "",
            "model": self.model_name or "",
            "why": self.why or "",
            "token_usage_id": self.token_usage_id,
            "cost_usd": self.cost_usd,
            "saved_usd": self.saved_usd,
            "cost_company": self.cost_listed,
            "saved_company": self.saved_listed,
            "exact": self.exact,
            "kind": self.kind or "",
            "sources": self.sources or [],
            "usage_ids": self.usage_ids or [],
            "set_aside": self.is_set_aside,
            "latency_ms": self.latency_ms,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "rating": self.rating or False,
            "date": fields.Datetime.to_string(self.create_date),
        }

    def _current_state(self):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=STREAM_HOURS)
        cut = self.state == "streaming" and self.create_date < limit
        return "stopped" if cut else self.state

    def rate(self, rating):
        """Give the answer a thumb, ``up`` or ``down``.

        :raise UserError: it is no answer of a model
        """
        self.ensure_one()
        self.check_access("read")
        if rating not in ("up", "down") or self.role != "assistant" or not self.token_usage_id:
            raise UserError(self.env._("Only an answer of a model can be rated, good or bad."))
        if rating != self.rating:
            usage = self.env["ai.token.usage"].browse(self.token_usage_id)
            usage.action_rate(rating)
            self.sudo().rating = rating
        return rating
