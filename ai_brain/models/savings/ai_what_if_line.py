from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.savings import replay

DIMENSIONS = [
    ("total", "In All"),
    ("day", "Day"),
    ("agent", "Agent"),
    ("model", "Model"),
    ("answerer", "Who Would Have Answered"),
    ("reason", "Not Assessed"),
]
#: Rows of the ledger that keep their cost, where the ledger itself says so.
REASON_DOMAINS = {
    replay.UNCERTAIN: [("state", "=", "uncertain")],
    replay.FAILED: ["|", ("state", "=", "failed"), ("kind", "=", "fallback")],
    replay.NO_PRICE: [("price_id", "=", False), ("state", "=", "done")],
}
#: Sums of the chances of a good answer, 0 to 100 a call.
CHANCES = ("good_now", "low_now", "high_now", "good_then", "low_then", "high_then")


class AiWhatIfLine(models.Model):
    """A line of a result: cost now and then, of a day, an agent, a model, …"""

    _name = "ai.what.if.line"
    _inherit = "ai.now.then"
    _description = "AI What If: Result"
    _log_access = False
    _order = "what_if_id, dimension, day, now_usd desc, id"
    _rec_name = "label"
    _counted_in = "what_if_id.currency_id"

    what_if_id = fields.Many2one(
        "ai.what.if", required=True, readonly=True, ondelete="cascade", help="What was asked."
    )
    company_id = fields.Many2one(
        related="what_if_id.company_id", store=True, index=True, help="Whose calls they are."
    )
    dimension = fields.Selection(
        DIMENSIONS, "Kind of Line", required=True, readonly=True, help="What the line is about."
    )
    key = fields.Char(readonly=True, help="The agent's code, the model's name, …")
    day = fields.Date(readonly=True, help="The day in the company's time zone.")
    provider_id = fields.Many2one(
        "ai.service.provider", "Answered", readonly=True, ondelete="cascade", help="Who answered."
    )
    answerer_id = fields.Many2one(
        "ai.service.provider",
        "Would Have Answered",
        readonly=True,
        ondelete="cascade",
        help="Empty: a kept answer.",
    )
    label = fields.Char(compute="_compute_label", help="What the line is about, in words.")
    calls = fields.Integer(readonly=True, help="Calls.")
    now_usd = fields.Float("Now (USD)", digits=0, readonly=True, help="What they cost.")
    then_usd = fields.Float("Then (USD)", digits=0, readonly=True, help="What they would have.")
    # each company's own, so they are not added up across what-ifs
    now_company = fields.Float(
        "Now",
        digits=0,
        readonly=True,
        aggregator=None,
        help="The same in the company's currency, as it was counted.",
    )
    then_company = fields.Float(
        "Then",
        digits=0,
        readonly=True,
        aggregator=None,
        help="The same, each call at the rate of its day.",
    )
    quality_calls = fields.Integer(readonly=True, help="Calls whose quality can be expected.")
    good_now = fields.Float(readonly=True, digits=0, help="Sum of the chances of a good answer.")
    low_now = fields.Float(readonly=True, digits=0, help="Sum of their lower ends.")
    high_now = fields.Float(readonly=True, digits=0, help="Sum of their upper ends.")
    good_then = fields.Float(readonly=True, digits=0, help="The same, then.")
    low_then = fields.Float(readonly=True, digits=0, help="Sum of the lower ends, then.")
    high_then = fields.Float(readonly=True, digits=0, help="Sum of the upper ends, then.")
    quality_now = fields.Char(
        compute="_compute_quality", help="Of 100 answers so many are expected good, and between."
    )
    quality_then = fields.Char(compute="_compute_quality", help="The same, then.")

    def init(self):
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_what_if_line_once
                ON ai_what_if_line (what_if_id, dimension, key)
            """
        )

    @api.model
    def _counted_in_sql(self, query):
        asked = query.left_join(self._table, "what_if_id", "ai_what_if", "id", "asked")
        return SQL.identifier(asked, "currency_id")

    def _shown_worth(self):
        worth = self.what_if_id._shown_worth()
        return {line: worth[line.what_if_id] for line in self}

    @api.model
    def _shown_worth_sql(self, query):
        asked = query.left_join(self._table, "what_if_id", "ai_what_if", "id", "asked")
        return self.env["ai.what.if"]._worth_on_sql(SQL.identifier(asked, "date_to"))

    @api.depends("quality_calls", *CHANCES)
    def _compute_quality(self):
        for line in self:
            line.quality_now = line._chance("now")
            line.quality_then = line._chance("then")

    def _chance(self, when):
        """Return a text such as “82 (74–88)”, False where nothing is known."""
        if not self.quality_calls:
            return False
        values = [self[f"{name}_{when}"] / self.quality_calls for name in ("good", "low", "high")]
        return "{:.0f} ({:.0f}–{:.0f})".format(*values)

    @api.depends("dimension", "key")
    @api.depends_context("lang")
    def _compute_label(self):
        analytics = self.env["ai.token.analytics"]
        agents = self.filtered(lambda line: line.dimension == "agent").mapped("key")
        names = analytics._labels("agent", [key or "" for key in agents])
        reasons = dict(self._reasons())
        kinds = dict(self._fields["dimension"]._description_selection(self.env))
        nobody, kept = self.env._("No provider"), self.env._("A kept answer")
        for line in self:
            key = line.key or ""
            if line.dimension == "agent":
                line.label = names[key]
            elif line.dimension == "model":
                line.label = key or self.env._("Not stated")
            elif line.dimension == "answerer":
                # who may not read a provider sees its number
                was = line.provider_id.sudo().name or nobody
                line.label = f"{was} → {line.answerer_id.sudo().name or kept}"
            elif line.dimension == "reason":
                line.label = reasons.get(key, key)
            elif line.dimension == "day":
                line.label = key
            else:
                line.label = kinds[line.dimension]

    @api.model
    def _reasons(self):
        """Return ``[(code, text)]``: why a call keeps its cost."""
        return [
            (
                replay.RETURNED,
                self.env._("The vendor said what it cost, or its price cannot be computed anew"),
            ),
            (replay.UNCERTAIN, self.env._("What it cost is not known for sure")),
            (replay.CORRECTED, self.env._("It was corrected, or is a correction")),
            (replay.NO_PRICE, self.env._("Nobody knows the price that would have held")),
            (
                replay.NOT_PRICED_THERE,
                self.env._("The price does not cover what the call used"),
            ),
            (replay.TOO_LONG, self.env._("It is longer than the other model takes")),
            (replay.NO_LENGTH, self.env._("Its length is not known")),
            (replay.NO_TEXT, self.env._("Its full text is not kept")),
            (
                replay.RECORD,
                self.env._("Its answer rests on a record that may have changed since"),
            ),
            (replay.FAILED, self.env._("It failed, and cost nothing")),
        ]

    def action_view_calls(self):
        """Open the calls of a line."""
        self.ensure_one()
        self.check_access("read")
        what_if = self.what_if_id
        domain = [*what_if._domain(), *what_if._days()]
        domain = [(n, op, str(v) if n == "local_date" else v) for n, op, v in domain]
        more = {
            "day": [("local_date", "=", str(self.day))],
            "agent": [("agent_type", "=", self.key or False)],
            "model": [("model_name", "=", self.key or False)],
            "answerer": [("provider_id", "=", self.provider_id.id)],
            "reason": REASON_DOMAINS.get(self.key),
        }.get(self.dimension, [])
        ids = what_if._call_ids(self) if self.dimension in ("answerer", "reason") else None
        if ids is not None:
            more = [("id", "in", ids)]
        elif self.dimension == "answerer" and self.answerer_id != self.provider_id:
            # the ledger knows who answered, not who would have
            more = None
        if more is None:
            raise UserError(self.env._("These calls were counted, and not kept one by one."))
        return {
            "type": "ir.actions.act_window",
            "name": self.label,
            "res_model": "ai.token.usage",
            "view_mode": "list,form",
            "domain": [*domain, *more],
        }
