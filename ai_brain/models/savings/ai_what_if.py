from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...engine.report.period import resolve
from ..base.arguments import without_defaults

MOST_DAYS = 366
#: Calls of a what-if that goes by texts, which are read one by one.
MOST_TEXT_CALLS = 300_000
MOST_NAMES = 1000
#: What a what-if asks; fixed once it was run, as its result is the answer to it.
FIXED = (
    "company_id",
    "date_from",
    "date_to",
    "agent_ids",
    "user_ids",
    "modules",
    "provider_ids",
    "change_ids",
    "only_provider_ids",
    "price_basis",
    "price_date",
    "price_ids",
    "router",
    "reuse",
    "reuse_ttl_h",
    "reuse_scope",
    "batches",
    "keep_messages",
)
#: What a run writes, and nobody else.
OWN = (
    "state",
    "phase",
    "next_day",
    "last_usage_id",
    "runner_id",
    "error",
    "started_at",
    "ended_at",
    "calls",
    "now_usd",
    "then_usd",
    "now_company",
    "then_company",
    "currency_id",
    "last_rate",
    "assessed_calls",
    "is_applied",
)


class AiWhatIf(models.Model):
    """A period of the ledger again, under other prices or another policy [C11].

    Nothing is sent to a vendor, and no row of the ledger is written: what calls would have cost is
    computed from their tokens, and where it depends on what was asked, from the kept texts.
    """

    _name = "ai.what.if"
    _inherit = "ai.now.then"
    _description = "AI What If"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, help="What is asked, in a few words.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
        ondelete="cascade",
        help="Whose calls are replayed.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
            ("failed", "Failed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        index=True,
        help="How far it is.",
    )
    # Which calls
    date_from = fields.Date(
        "From", required=True, default=lambda self: self._last_month()[0], help="First day."
    )
    date_to = fields.Date(
        "To", required=True, default=lambda self: self._last_month()[1], help="Last day, included."
    )
    agent_ids = fields.Many2many(
        "ai.agent", string="Agents", check_company=True, help="Only calls that followed these."
    )
    user_ids = fields.Many2many("res.users", string="Users", help="Only calls of these people.")
    modules = fields.Char(
        "Addons", help="Only calls of these addons: technical names, with commas between."
    )
    provider_ids = fields.Many2many(
        "ai.service.provider",
        "ai_what_if_provider_rel",
        string="Providers",
        check_company=True,
        context={"active_test": False},
        help="Only calls that these answered.",
    )
    # What changes
    change_ids = fields.One2many(
        "ai.what.if.change",
        "what_if_id",
        "Other Providers",
        copy=True,
        help="Who answers instead of whom. The first line that fits a call counts.",
    )
    only_provider_ids = fields.Many2many(
        "ai.service.provider",
        "ai_what_if_only_rel",
        string="Only These Providers",
        check_company=True,
        domain="[('task_type', '=', 'chat')]",
        help="Another vendor entirely: every call goes to one of these, to the one whose tier is "
        "nearest to that of the provider that answered.",
    )
    price_basis = fields.Selection(
        [
            ("own", "As they were billed"),
            ("date", "Of a day"),
            ("list", "Of the list below"),
        ],
        "Prices",
        required=True,
        default="own",
        help="Of a day: each provider's prices as they held on that day.",
    )
    price_date = fields.Date("Prices of", help="The day whose prices hold.")
    price_ids = fields.One2many(
        "ai.what.if.price",
        "what_if_id",
        "Price List",
        copy=True,
        help="Prices of some providers; the others keep theirs.",
    )
    router = fields.Selection(
        [("same", "As it was"), ("on", "The best buy for each question")],
        "Routing",
        required=True,
        default="same",
        help="The router reads each question, so it takes the full texts.",
    )
    reuse = fields.Selection(
        [
            ("same", "As it was"),
            ("off", "Never"),
            ("exact", "The same words"),
            ("same_question", "The same question"),
        ],
        "Kept Answers",
        required=True,
        default="same",
        help="Which answers would have served again. Never: those that did are priced as if a "
        "vendor had been asked. The others compare questions, so they take the full texts.",
    )
    reuse_ttl_h = fields.Integer("Hours to Keep Answers", default=24, help="No older one serves.")
    reuse_scope = fields.Selection(
        [("user", "The person who asked"), ("company", "The whole company")],
        "Kept for",
        required=True,
        default="user",
        help="Who may get an answer again. Calls with context serve the same person only.",
    )
    batches = fields.Boolean(
        "Batches for What Could Wait",
        help="Calls of scheduled actions that nobody waited for, as the ledger found, at the price "
        "of a batch.",
    )
    keep_messages = fields.Integer(
        "Messages Sent as They Are",
        help="Of longer conversations older messages are sent as summaries; it takes the full "
        "texts. 0: as it was.",
    )
    # How far
    phase = fields.Selection(
        [("days", "Calls"), ("reuse", "Kept answers"), ("sums", "Sums")],
        "At",
        readonly=True,
        copy=False,
        help="What is being worked on.",
    )
    next_day = fields.Date(readonly=True, copy=False, help="The day that comes next.")
    last_usage_id = fields.Integer(
        "Last Call", readonly=True, copy=False, help="Of that day, calls up to this one are done."
    )
    runner_id = fields.Many2one(
        "res.users", "Run by", readonly=True, copy=False, help="Whose rights the replay has."
    )
    started_at = fields.Datetime("Started", readonly=True, copy=False, help="When it was run.")
    ended_at = fields.Datetime("Ended", readonly=True, copy=False, help="When it was done.")
    error = fields.Char("Trouble", readonly=True, copy=False, help="What went wrong, in words.")
    progress = fields.Float(
        "Progress (%)", compute="_compute_progress", help="Share of its days that is done."
    )
    # What came of it
    calls = fields.Integer(readonly=True, copy=False, help="Calls that were looked at.")
    assessed_calls = fields.Integer(
        "Calls Replayed",
        readonly=True,
        copy=False,
        help="Calls whose cost could be computed anew. The others keep the cost they have.",
    )
    now_usd = fields.Float(
        "Now (USD)", digits=0, readonly=True, copy=False, help="What these calls cost: the ledger."
    )
    then_usd = fields.Float(
        "Then (USD)", digits=0, readonly=True, copy=False, help="What they would have cost."
    )
    change_pct = fields.Float(
        "Difference (%)", compute="_compute_figures", help="The difference as part of the cost."
    )
    # each call at the rate of its day, as the ledger has it
    now_company = fields.Monetary("Now", readonly=True, copy=False, help="In your currency.")
    then_company = fields.Monetary("Then", readonly=True, copy=False, help="In your currency.")
    currency_id = fields.Many2one(
        "res.currency", readonly=True, copy=False, help="Of the company; USD without a rate."
    )
    last_rate = fields.Float(
        "Rate of the Last Day",
        digits=0,
        readonly=True,
        copy=False,
        help="What 1 USD was on the last day: for calls that were counted in another currency.",
    )
    quality_now = fields.Char(
        compute="_compute_quality", help="Of 100 answers so many are expected good."
    )
    quality_then = fields.Char(
        compute="_compute_quality", help="The same with who would have answered."
    )
    summary = fields.Text(compute="_compute_summary", help="The result in sentences.")
    line_ids = fields.One2many("ai.what.if.line", "what_if_id", readonly=True, help="The result.")
    day_line_ids = fields.One2many(
        "ai.what.if.line",
        "what_if_id",
        "Days",
        domain=[("dimension", "=", "day")],
        readonly=True,
        help="Cost now and then, day by day.",
    )
    agent_line_ids = fields.One2many(
        "ai.what.if.line",
        "what_if_id",
        "By Agent",
        domain=[("dimension", "=", "agent")],
        readonly=True,
        help="Cost now and then of each agent.",
    )
    model_line_ids = fields.One2many(
        "ai.what.if.line",
        "what_if_id",
        "By Model",
        domain=[("dimension", "=", "model")],
        readonly=True,
        help="Cost now and then of what each model answered.",
    )
    answerer_line_ids = fields.One2many(
        "ai.what.if.line",
        "what_if_id",
        "Who Would Have Answered",
        domain=[("dimension", "=", "answerer")],
        readonly=True,
        help="Calls by who answered, and who would have.",
    )
    reason_line_ids = fields.One2many(
        "ai.what.if.line",
        "what_if_id",
        "Not Assessed",
        domain=[("dimension", "=", "reason")],
        readonly=True,
        help="Calls that keep their cost, and why.",
    )
    applied_ids = fields.One2many(
        "ai.what.if.applied", "what_if_id", "Applied to", readonly=True, help="Agents changed."
    )
    is_applied = fields.Boolean("Applied", readonly=True, copy=False, help="Agents follow it.")
    changed_since = fields.Char(
        compute="_compute_changed_since", help="Fields that somebody changed after it was applied."
    )

    @api.model
    def _last_month(self):
        today = self.env.company._ai_local_date()
        period = resolve("month", resolve("month", today).previous_first)
        return period.first, period.last

    def _reads_texts(self):
        """Does the question depend on what was asked, so that texts are read?"""
        self.ensure_one()
        return bool(
            self.router == "on" or self.reuse in ("exact", "same_question") or self.keep_messages
        )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        for one in self:
            if one.date_to < one.date_from:
                raise ValidationError(
                    self.env._("The last day of a period cannot be before its first.")
                )
            if (one.date_to - one.date_from).days >= MOST_DAYS or one.date_from.year < 2000:
                raise ValidationError(
                    self.env._("A what-if replays %s days at most, from 2000 on.", MOST_DAYS)
                )

    @api.constrains("reuse_ttl_h", "keep_messages", "modules")
    def _check_numbers(self):
        for one in self:
            if not 1 <= one.reuse_ttl_h <= 8760:
                raise ValidationError(self.env._("Answers are kept for 1 to %s hours.", 8760))
            if one.keep_messages and not 4 <= one.keep_messages <= 1000:
                raise ValidationError(
                    self.env._("4 to 1,000 messages are sent as they are; 0 changes nothing.")
                )
            if len(one.modules or "") > MOST_NAMES:
                raise ValidationError(
                    self.env._("The names of addons take %s characters at most.", MOST_NAMES)
                )

    @api.constrains("price_basis", "price_date", "price_ids")
    def _check_prices(self):
        for one in self:
            if one.price_basis == "date" and not one.price_date:
                raise ValidationError(self.env._("Choose the day whose prices hold."))
            if one.price_basis == "list" and not one.price_ids:
                raise ValidationError(self.env._("Enter at least one price, or choose others."))
            providers = one.price_ids.provider_id
            if len(providers) < len(one.price_ids):
                raise ValidationError(self.env._("A provider has one price in the list."))

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own(vals)
        return super(AiWhatIf, without_defaults(self, OWN)).create(vals_list).with_env(self.env)

    def write(self, vals):
        self._check_own(vals)
        if set(FIXED) & set(vals):
            self._check_draft()
        return super().write(vals)

    def _check_draft(self):
        if any(one.state != "draft" for one in self):
            raise UserError(self.env._("What was run stays as it is; press Change, or copy it."))

    @api.model
    def _check_own(self, vals):
        if not self.env.su and set(OWN) & set(vals):
            raise UserError(self.env._("The result of a what-if is written by its run."))

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_applied(self):
        if any(one.is_applied for one in self):
            raise UserError(self.env._("Undo it first: its record is what it is undone by."))

    def copy_data(self, default=None):
        return [
            {"name": self.env._("%s (copy)", one.name), **vals, **(default or {})}
            if not (default or {}).get("name")
            else vals
            for one, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------------
    # What it stands for
    # ------------------------------------------------------------------

    def _domain(self):
        """Return the domain of the calls that are replayed, without the days."""
        self.ensure_one()
        domain = [("company_id", "=", self.company_id.id)]
        if self.agent_ids:
            domain.append(("agent_key", "in", self.agent_ids.ids))
        if self.user_ids:
            domain.append(("user_id", "in", self.user_ids.ids))
        names = [name.strip() for name in (self.modules or "").split(",") if name.strip()]
        if names:
            domain.append(("module", "in", names))
        if self.provider_ids:
            domain.append(("provider_id", "in", self.provider_ids.ids))
        return domain

    def _days(self):
        return [("local_date", ">=", self.date_from), ("local_date", "<=", self.date_to)]

    def action_view_calls(self):
        """Open the calls that are replayed."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calls of “%s”", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form",
            "domain": [
                (name, op, str(value) if name == "local_date" else value)
                for name, op, value in [*self._domain(), *self._days()]
            ],
        }
