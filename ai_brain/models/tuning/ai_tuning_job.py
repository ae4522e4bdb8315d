import re
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...engine.tuning import training
from ..base.arguments import without_defaults

NUMBER = 1000
MOST_EXAMPLES = 5000
THRESHOLD = 90.0
DAYS = 90
#: States in which the scheduled action looks after a job, and those in which nothing more comes.
GOING = ("waiting", "sending", "sent", "running")
OVER = ("succeeded", "failed", "cancelled", "lost", "uncertain")
#: What a person chooses: which calls, and how it is trained.
CHOSEN = ("company_id", "agent_id", "date_from", "date_to", "threshold", "number", "share")
TRAINED = ("name", "provider_id", "epochs", "batch_size", "learning_rate", "suffix")


class AiTuningJob(models.Model):
    """A model tuned on an agent's well-rated answers, from the choice of calls to the result.

    ``label`` is what the vendor keeps of it: a job whose sender died is found by it.
    """

    _name = "ai.tuning.job"
    _description = "AI Training"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        default=lambda self: self.env._("Fine-tuning"),
        help="What people will recognise it by.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        index=True,
        help="The company whose calls are learnt from, and that pays.",
    )
    state = fields.Selection(
        [
            ("draft", "Choose Calls"),
            ("ready", "Check Examples"),
            ("waiting", "To Be Sent"),
            ("sending", "Being Sent"),
            ("sent", "At the Vendor"),
            ("running", "Being Trained"),
            ("succeeded", "Trained"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
            ("lost", "Lost"),
            ("uncertain", "Uncertain"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        help="How far it is. Lost: the vendor does not know it any more. Uncertain: whether the "
        "vendor has it cannot be found out. What both cost is not known; the worst case counts.",
    )
    # Which calls
    agent_id = fields.Many2one(
        "ai.agent",
        required=True,
        check_company=True,
        ondelete="restrict",
        help="The agent whose answers are learnt from.",
    )
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: self.env.company._ai_local_date() - timedelta(days=DAYS),
        help="First day of the calls.",
    )
    date_to = fields.Date(
        "Until",
        required=True,
        default=lambda self: self.env.company._ai_local_date(),
        help="Last day of the calls.",
    )
    threshold = fields.Float(
        "Least Rating",
        required=True,
        default=THRESHOLD,
        help="Answers rated below it, of 100, are not learnt.",
    )
    number = fields.Integer(
        "Examples Wanted",
        required=True,
        default=NUMBER,
        help="The best-rated calls are taken, and of those the newest, up to so many.",
    )
    share = fields.Float(
        "For Validation (%)",
        default=10.0,
        help="Of 100 examples so many are not learnt; the vendor checks with them what was.",
    )
    calls_found = fields.Integer(readonly=True, copy=False, help="Calls of the agent in the time.")
    calls_fitting = fields.Integer(
        "Calls That Qualify", readonly=True, copy=False, help="Calls from which examples were made."
    )
    reasons = fields.Json(readonly=True, copy=False, help="How many calls do not qualify, by why.")
    reason_lines = fields.Html(
        "Calls That Do Not Qualify",
        compute="_compute_reason_lines",
        sanitize=False,
        help="Each call counts at the first reason that fits.",
    )
    text_hint = fields.Char(
        compute="_compute_text_hint", help="What to change, so that texts to learn from are kept."
    )
    example_ids = fields.One2many("ai.tuning.example", "job_id", help="What would leave, masked.")
    training_count = fields.Integer(
        "Training Examples", compute="_compute_examples", help="Examples that are learnt."
    )
    validation_count = fields.Integer(
        "Validation Examples",
        compute="_compute_examples",
        help="Examples that check what was learnt.",
    )
    struck_count = fields.Integer(
        "Left Out", compute="_compute_examples", help="Examples that a person struck out."
    )
    mask_count = fields.Integer(
        "Places Masked", compute="_compute_examples", help="In all examples that leave."
    )
    training_tokens = fields.Integer(
        compute="_compute_examples", help="The most tokens of the training file."
    )
    # How it is trained
    provider_id = fields.Many2one(
        "ai.service.provider",
        "Base Model",
        check_company=True,
        ondelete="restrict",
        domain="[('task_type', '=', 'chat'), ('api_format', '=', 'openai')]",
        help="The model that is trained. Its vendor must offer fine-tuning of it.",
    )
    epochs = fields.Integer(
        help="Rounds over the training file. 0: as many as OpenAI's own rule takes, three for most."
    )
    rounds = fields.Integer(
        "Rounds Sent", compute="_compute_worst", help="Rounds that the vendor is told to make."
    )
    batch_size = fields.Integer(help="Examples of one step. 0: as the vendor finds best.")
    learning_rate = fields.Float(
        "Learning Rate Multiplier",
        digits=0,
        help="By what the vendor multiplies its learning rate. 0: as the vendor finds best.",
    )
    suffix = fields.Char(
        help="Joins the name of the tuned model: up to 18 letters, digits and hyphens."
    )
    price_id = fields.Many2one(
        "ai.provider.price",
        compute="_compute_worst",
        help="The price at which it is trained.",
    )
    is_priced = fields.Boolean(
        compute="_compute_worst", help="What training this model costs is known."
    )
    training_usd = fields.Float(
        "Training Price",
        digits=0,
        compute="_compute_worst",
        help="USD for a million trained tokens.",
    )
    price_source = fields.Char(compute="_compute_worst", help="Where that price comes from.")
    worst_usd = fields.Float(
        "Worst Case (USD)",
        digits=0,
        compute="_compute_worst",
        help="Tokens of the training file times the rounds, at the training price: the most that "
        "it can cost, held against budgets from sending until it is settled.",
    )
    # At the vendor
    label = fields.Char(readonly=True, copy=False, index=True, help="What the vendor keeps of it.")
    vendor_ref = fields.Char(
        "Vendor's Number", readonly=True, copy=False, help="Its number at the vendor."
    )
    file_refs = fields.Char(readonly=True, copy=False, help="Its files at the vendor.")
    sender_id = fields.Many2one(
        "res.users", "Sent By", readonly=True, copy=False, help="Who had it sent."
    )
    reservation_key = fields.Integer(readonly=True, copy=False, help="What budgets hold for it.")
    sent_price_key = fields.Integer(readonly=True, copy=False, help="The price that it is held at.")
    sent_rate_usd = fields.Float(
        digits=0, readonly=True, copy=False, help="USD for a million tokens that it is held at."
    )
    was_running = fields.Boolean(readonly=True, copy=False, help="The vendor has trained with it.")
    held_usd = fields.Float(
        "Held (USD)", digits=0, readonly=True, copy=False, help="What budgets held for it."
    )
    cost_usd = fields.Float(
        "Cost (USD)", digits=0, readonly=True, copy=False, help="What the vendor billed."
    )
    trained_tokens = fields.Integer(
        readonly=True, copy=False, help="Tokens that the vendor trained with, as it bills them."
    )
    usage_key = fields.Integer("Ledger Row", readonly=True, copy=False, help="The row that pays.")
    progress = fields.Float(
        "Progress (%)", readonly=True, copy=False, help="As the vendor's events tell."
    )
    event_ids = fields.One2many("ai.tuning.event", "job_id", readonly=True, help="As it was told.")
    sent_at = fields.Datetime("Sent", readonly=True, copy=False, help="When it was sent.")
    ended_at = fields.Datetime("Ended", readonly=True, copy=False, help="When it was settled.")
    expected_end = fields.Datetime(
        readonly=True, copy=False, help="When the vendor expects to be done."
    )
    is_cancelling = fields.Boolean(
        "Cancel Asked For",
        readonly=True,
        copy=False,
        help="The vendor has been, or will be, asked to stop.",
    )
    error = fields.Char("Trouble", readonly=True, copy=False, help="What went wrong, in words.")
    tries = fields.Integer(readonly=True, copy=False, help="How often the last step failed.")
    misses = fields.Integer(
        readonly=True, copy=False, help="How often the vendor did not know of it."
    )
    next_at = fields.Datetime(
        "Next Look", readonly=True, copy=False, index=True, help="When it is looked after again."
    )
    lease_until = fields.Datetime(
        "In Hand Until",
        readonly=True,
        copy=False,
        help="Somebody works on it; from then on he counts as dead.",
    )

    @api.depends("provider_id", "epochs", "state", "example_ids.is_struck", "example_ids.tokens")
    def _compute_worst(self):
        for job in self:
            price = job._price()
            rate = job._rate(price)
            job.price_id = price
            job.is_priced = rate is not None
            job.training_usd = float(rate or 0)
            job.price_source = price.training_source
            job.rounds = training.epochs(job.training_count, job.epochs)
            job.worst_usd = float(
                training.cost(job.training_tokens * job.rounds, rate) if rate is not None else 0
            )

    def _price(self):
        """Return the price that holds now, or, once it is sent, the one that it is held at."""
        if self.sent_price_key:
            return self.env["ai.provider.price"].browse(self.sent_price_key).exists()
        if not self.provider_id:
            return self.env["ai.provider.price"]
        return self.provider_id._price_at()

    def _rate(self, price):
        """Return USD for a million trained tokens, a Decimal, or None: it is not known."""
        if self.sent_price_key:
            return Decimal(repr(self.sent_rate_usd))
        return price._training_rate()

    @api.depends("example_ids.is_struck", "example_ids.part", "example_ids.tokens")
    def _compute_examples(self):
        found = {}
        groups = self.env["ai.tuning.example"]._read_group(
            [("job_id", "in", self.ids)],
            ["job_id", "part", "is_struck"],
            ["__count", "tokens:sum", "mask_count:sum"],
        )
        for job, part, struck, *figures in groups:
            found[job.id, "struck" if struck else part] = [
                old + new
                for old, new in zip(
                    found.get((job.id, "struck" if struck else part), (0, 0, 0)),
                    figures,
                    strict=True,
                )
            ]
        for job in self:
            learnt, checked, struck = (
                found.get((job._origin.id, kind), (0, 0, 0))
                for kind in ("training", "validation", "struck")
            )
            job.training_count, job.validation_count = learnt[0], checked[0]
            job.struck_count = struck[0]
            job.training_tokens = learnt[1]
            job.mask_count = learnt[2] + checked[2]

    @api.constrains("threshold", "number", "share", "date_from", "date_to")
    def _check_choice(self):
        for job in self:
            if not 0 <= job.threshold <= 100:
                raise ValidationError(self.env._("A rating lies between 0 and 100."))
            if not 1 <= job.number <= MOST_EXAMPLES:
                raise ValidationError(
                    self.env._("Choose between 1 and %s examples.", MOST_EXAMPLES)
                )
            if not 0 <= job.share <= 50:
                raise ValidationError(
                    self.env._("Between 0 and 50% of the examples are kept for validation.")
                )
            if job.date_from > job.date_to:
                raise ValidationError(self.env._("The first day comes after the last one."))

    @api.constrains("epochs", "batch_size", "learning_rate", "suffix")
    def _check_training(self):
        for job in self:
            if not 0 <= job.epochs <= training.MOST_EPOCHS:
                raise ValidationError(
                    self.env._("Choose up to %s rounds; 0 leaves it open.", training.MOST_EPOCHS)
                )
            if not 0 <= job.batch_size <= 1024 or not 0 <= job.learning_rate <= 100:
                raise ValidationError(
                    self.env._(
                        "A step has up to 1,024 examples and the learning rate is multiplied by up "
                        "to 100; 0 leaves either to the vendor."
                    )
                )
            if job.suffix and not re.fullmatch(r"[A-Za-z0-9-]{1,18}", job.suffix):
                raise ValidationError(
                    self.env._("A suffix has up to 18 letters (a to z), digits and hyphens.")
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_theirs(vals)
        guarded = set(self._fields) - {*CHOSEN, *TRAINED, "example_ids"}
        jobs = super(AiTuningJob, without_defaults(self, guarded)).create(vals_list)
        return jobs.with_env(self.env)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        self._check_theirs(vals)
        told = set(vals)
        for job in self:
            allowed = {"draft": {*CHOSEN, *TRAINED}, "ready": {*CHOSEN, *TRAINED}}
            if told - allowed.get(job.state, {"name"}) - {"example_ids"}:
                raise UserError(
                    self.env._(
                        "“%s” was sent; what it is trained with stays. Copy it for another one.",
                        job.name,
                    )
                )
        res = super().write(vals)
        if told & set(CHOSEN):
            self.filtered(lambda job: job.state == "ready")._forget_examples()
        elif "provider_id" in told:
            self.filtered(lambda job: job.state == "ready")._count_tokens()
        return res

    @api.model
    def _check_theirs(self, vals):
        """Refuse what buttons and the scheduled action write."""
        if set(vals) - {*CHOSEN, *TRAINED, "example_ids"}:
            raise AccessError(self.env._("How far a training is cannot be entered."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_going(self):
        if self.filtered(lambda job: job.state in GOING):
            raise UserError(self.env._("A training under way cannot be deleted. Cancel it first."))

    # ------------------------------------------------------------------
    # What a person asks for
    # ------------------------------------------------------------------

    def _check_may_change(self):
        self.check_access("write")

    def action_send(self):
        """Have the examples sent and a model trained with them.

        :raise UserError: no examples, no base model, a vendor without fine-tuning, no price
        """
        self._check_may_change()
        for job in self:
            job._check_sendable()
            job.sudo().write(
                {
                    "state": "waiting",
                    "sender_id": self.env.uid,
                    "next_at": fields.Datetime.now(),
                    "error": False,
                    "tries": 0,
                    "misses": 0,
                    "is_cancelling": False,
                }
            )
        self.env.ref("ai_brain.ir_cron_tuning").sudo()._trigger()

    def _check_sendable(self):
        self.ensure_one()
        if self.state != "ready":
            raise UserError(self.env._("Find the examples first, and look at some of them."))
        if not self.provider_id:
            raise UserError(self.env._("Choose the base model that shall be trained."))
        if not self._service():
            raise UserError(
                self.env._(
                    "Only providers of the OpenAI format can be tuned; “%s” is not one. Export the "
                    "file and train elsewhere, or choose another base model.",
                    self.provider_id.name,
                )
            )
        if self.training_count < training.LEAST_EXAMPLES:
            raise UserError(
                self.env._(
                    "%(count)s examples are too few: vendors want %(least)s at least. Choose a "
                    "longer time or a lower rating.",
                    count=self.training_count,
                    least=training.LEAST_EXAMPLES,
                )
            )
        if not self.is_priced:
            raise UserError(
                self.env._(
                    "What training “%s” costs is not known. Enter the price of training a million "
                    "tokens on its price of today, with its source.",
                    self.provider_id.name,
                )
            )

    def action_cancel(self):
        """Stop it: what was not sent stays here; at the vendor what was trained is paid."""
        self._check_may_change()
        going = self.sudo().filtered(lambda job: job.state in GOING)
        going.write({"is_cancelling": True, "next_at": fields.Datetime.now()})
        self.env.ref("ai_brain.ir_cron_tuning").sudo()._trigger()

    def action_poll(self):
        """Look at the vendor's now, rather than when it is due."""
        self._check_may_change()
        going = self.sudo().filtered(lambda job: job.state in GOING)
        going.write({"next_at": fields.Datetime.now()})
        self.env.ref("ai_brain.ir_cron_tuning").sudo()._trigger()

    def action_view_examples(self):
        """Open what would leave."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Examples of %s", self.name),
            "res_model": "ai.tuning.example",
            "view_mode": "list,form",
            "domain": [("job_id", "=", self.id)],
        }

    def action_view_usage(self):
        """Open the row of the ledger that pays it."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cost of %s", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form",
            "domain": [("tuning_job_key", "=", self.id)],
        }

    def _service(self):
        """Return the ``providers.tuning.TuningService`` of the base model, or None."""
        from ... import providers

        facts = self.provider_id.sudo()._facts()
        return providers.get_wire(facts.api_format).tuning if facts else None
