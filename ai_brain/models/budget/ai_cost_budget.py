import logging
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.budget import limits as engine
from ...engine.ledger.tasks import TASK_TYPES
from ..base.unique_index import unique_index
from ..base.wording import reader

_logger = logging.getLogger(__name__)

#: No sum of this size is spent on calls; beyond it amounts lose their digits.
MOST_AMOUNT = 10**12
SCOPE_FIELDS = (
    *("company_id", "user_id", "provider_id", "task_type", "agent_type", "module"),
    *("key_id", "each"),
)
SCOPE_RECORDS = ("company_id", "user_id", "provider_id", "key_id")
#: What a budget for each of a kind cannot name besides.
NAMED_BY = {"user": "user_id", "agent": "agent_type", "module": "module"}
PERIOD_FIELDS = ("period_type", "date_start", "date_end")
#: Changing one of these makes the budget's period row stale: it is synced before the next call.
STAMPED = {
    *SCOPE_FIELDS,
    *PERIOD_FIELDS,
    "count_untagged",
    "currency_id",
    "budget_amount",
    "per_request_limit",
    "alert_thresholds",
    "auto_switch_at_threshold",
    "block_at_threshold",
    "raised_amount",
    "raised_from",
    "active",
}


class AiCostBudget(models.Model):
    """A limit for a scope and a period; every call that it applies to must fit.

    The counters live in ``ai.cost.budget.period`` and move with the calls, on cursors of their
    own. A budget changed here takes effect when the change is committed: the next call finds
    that the stamp has moved, and has the period synced before it goes on.
    """

    _name = "ai.cost.budget"
    _description = "AI Budget"
    _inherit = ["ai.audited.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    _audit_too = ("raised_amount", "raised_from")

    name = fields.Char(required=True, tracking=True, help="How people call this budget.")
    active = fields.Boolean(
        default=True, tracking=True, help="An archived budget keeps counting and limits nothing."
    )
    owner_id = fields.Many2one(
        "res.users",
        "Responsible",
        default=lambda self: self.env.user,
        required=True,
        tracking=True,
        ondelete="restrict",
        domain=[("share", "=", False)],
        help="Is alerted, and asked for more.",
    )
    # What it applies to
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        tracking=True,
        ondelete="cascade",
        help="Calls paid by this company; empty: of any company.",
    )
    user_id = fields.Many2one(
        "res.users",
        tracking=True,
        ondelete="cascade",
        check_company=True,
        help="Calls of this user; empty: of anyone.",
    )
    agent_type = fields.Char(
        "Agent", tracking=True, help="Calls by this agent or automation; empty: by any."
    )
    module = fields.Char("Addon", tracking=True, help="Calls by this addon; empty: by any.")
    provider_id = fields.Many2one(
        "ai.service.provider",
        tracking=True,
        ondelete="cascade",
        check_company=True,
        help="Calls to this provider; empty: to any.",
    )
    key_id = fields.Many2one(
        "ai.gateway.key",
        "Endpoint Key",
        tracking=True,
        ondelete="cascade",
        index="btree_not_null",
        check_company=True,
        help="Calls that come with this key of the endpoint; empty: any call.",
    )
    task_type = fields.Selection(TASK_TYPES, tracking=True, help="Calls of this task; empty: any.")
    each = fields.Selection(
        [("user", "Person"), ("agent", "Agent"), ("module", "Addon"), ("record", "Record")],
        "One for Each",
        tracking=True,
        help="Each person, agent, addon or record has a budget of this amount of its own, without "
        "one budget to be made for each of them. Empty: all calls share one.",
    )
    count_untagged = fields.Boolean(
        "Count Untagged Calls",
        default=True,
        tracking=True,
        help="A call that does not say its agent or addon counts here too. Otherwise leaving the "
        "tag out would be a way round the budget. In a budget for each agent, addon or record such "
        "calls share one part.",
    )
    # When
    period_type = fields.Selection(
        [
            ("daily", "Day"),
            ("weekly", "Week"),
            ("monthly", "Month"),
            ("custom", "Dates"),
            ("total", "In Total"),
        ],
        "Period",
        required=True,
        default="monthly",
        tracking=True,
        help="After it the budget resets; one of dates or in total does not. Days end at midnight "
        "in the company's time zone; weeks begin on Monday.",
    )
    date_start = fields.Date("First Day", tracking=True, help="Where the period is given by dates.")
    date_end = fields.Date("Last Day", tracking=True, help="Where the period is given by dates.")
    # How much
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self._default_currency(),
        tracking=True,
        ondelete="restrict",
        help="The company's currency, or USD. A call counts at the rate of its day.",
    )
    budget_amount = fields.Float(
        "Budget", digits=0, required=True, default=100.0, tracking=True, help="For each period."
    )
    per_request_limit = fields.Float(
        "Limit a Request",
        digits=0,
        tracking=True,
        help="The most that a single call may be able to cost. 0: no such limit.",
    )
    alert_thresholds = fields.Json(
        default=lambda self: [50, 80, 100],
        help="Percentages of the budget at which the responsible and the followers are alerted, "
        "each once a period: a list of numbers above 0 and up to 100, rising. In a budget for each "
        "person that person is told; the responsible only when it is used up.",
    )
    auto_switch_at_threshold = fields.Float(
        "Switch At (%)",
        default=0.0,
        tracking=True,
        help="From this percentage on calls go to the cheapest provider that meets the low quality "
        "bar. 0: never.",
    )
    block_at_threshold = fields.Float(
        "Block At (%)",
        default=100.0,
        tracking=True,
        help="The limit: calls that could cost more than this percentage of the budget leaves are "
        "refused. 0: never.",
    )
    raised_amount = fields.Float(
        "Raised By", digits=0, readonly=True, copy=False, help="More for the one period only."
    )
    raised_from = fields.Date(readonly=True, copy=False, help="First day of the period raised.")
    stamp = fields.Integer(
        default=1, required=True, readonly=True, copy=False, help="Moves with every change."
    )
    # How it stands
    period_ids = fields.One2many(
        "ai.cost.budget.period", "budget_id", "Periods", readonly=True, help="Periods so far."
    )
    period_start = fields.Date(compute="_compute_spend", help="First day of the current period.")
    period_end = fields.Date(compute="_compute_spend", help="Last day of the current period.")
    resets_at = fields.Datetime(compute="_compute_spend", help="When the next period begins.")
    current_spend = fields.Float(
        "Spent", digits=0, compute="_compute_spend", help="Cost of the calls of this period."
    )
    reserved_amount = fields.Float(
        "Held", digits=0, compute="_compute_spend", help="Held for calls that are under way."
    )
    current_amount = fields.Float(
        "Budget Now", digits=0, compute="_compute_spend", help="The budget, raise included."
    )
    limit_amount = fields.Float(
        "Limit", digits=0, compute="_compute_spend", help="Calls are refused at this sum, if ever."
    )
    subject = fields.Char(
        compute="_compute_spend", help="Of a budget for each: whose part these figures are."
    )
    subject_name = fields.Char(
        "Most Used By",
        compute="_compute_spend",
        help="Of a budget for each: whose figures these are.",
    )
    percentage_used = fields.Float(
        "Used (%)",
        compute="_compute_spend",
        search="_search_percentage_used",
        help="Spent, of the budget of this period; of a budget for each, by who has used most.",
    )
    status = fields.Selection(
        [
            ("ok", "Within budget"),
            ("alert", "Alerted"),
            ("switch", "Cheapest provider"),
            ("block", "Used up"),
        ],
        compute="_compute_spend",
        search="_search_status",
        help="What the budget does at present.",
    )

    def init(self):
        """One budget for one scope and period, also against two people at once."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'ai_cost_budget_scope_unique'"
        )
        if "key_id" not in (self.env.cr.fetchone() or ("",))[0]:
            self.env.cr.execute("DROP INDEX IF EXISTS ai_cost_budget_scope_unique")
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_cost_budget_scope_unique ON ai_cost_budget (
                COALESCE(user_id, 0), COALESCE(company_id, 0), COALESCE(provider_id, 0),
                COALESCE(key_id, 0), COALESCE(task_type, ''), lower(COALESCE(agent_type, '')),
                lower(COALESCE(module, '')), period_type, COALESCE(each, '')
            ) WHERE active AND period_type != 'custom'
            """
        )

    # ------------------------------------------------------------------
    # Entering
    # ------------------------------------------------------------------

    @api.model
    def _default_currency(self):
        company = self.env.company
        currency_id, _rate = company._ai_usd_rate(company._ai_local_date())
        return currency_id

    @api.constrains("alert_thresholds", "auto_switch_at_threshold", "block_at_threshold")
    def _check_thresholds(self):
        for budget in self:
            try:
                engine.parse_thresholds(budget.alert_thresholds)
                engine.percent(budget.auto_switch_at_threshold)
                engine.percent(budget.block_at_threshold)
            except engine.BudgetValueError as error:
                raise ValidationError(reader(self.env).text(error.said)) from error

    @api.constrains("budget_amount", "per_request_limit", "raised_amount")
    def _check_amounts(self):
        for budget in self:
            amounts = budget.budget_amount, budget.per_request_limit, budget.raised_amount
            if any(amount < 0 for amount in amounts):
                raise ValidationError(self.env._("A budget and its limits cannot be below 0."))
            if not all(amount <= MOST_AMOUNT for amount in amounts):  # NaN compares false
                raise ValidationError(
                    self.env._("A budget and its limits are numbers up to 1,000,000,000,000.")
                )

    @api.constrains(*PERIOD_FIELDS)
    def _check_dates(self):
        for budget in self.filtered(lambda b: b.period_type == "custom"):
            try:
                engine.period_days("custom", None, budget.date_start, budget.date_end)
            except engine.BudgetValueError as error:
                raise ValidationError(reader(self.env).text(error.said)) from error

    @api.constrains("currency_id", "company_id", "active")
    def _check_currency(self):
        usd = self.env.ref("base.USD")
        for budget in self.filtered(lambda b: b.active and b.currency_id != usd):
            company = budget.company_id
            if not company or budget.currency_id != company.currency_id:
                raise ValidationError(
                    self.env._(
                        "A budget is in USD or in the currency of its company; “%(name)s” is in "
                        "%(currency)s.",
                        name=budget.name,
                        currency=budget.currency_id.name,
                    )
                )
            if company._ai_usd_rate(company._ai_local_date())[0] != budget.currency_id.id:
                raise ValidationError(
                    self.env._(
                        "“%(name)s” cannot be active in %(currency)s: vendors bill in USD, and "
                        "there is no rate of USD for %(company)s. Enter a rate under Currencies, "
                        "or make it a budget in USD.",
                        name=budget.name,
                        currency=budget.currency_id.name,
                        company=company.name,
                    )
                )

    @api.constrains("each", *NAMED_BY.values())
    def _check_each(self):
        for budget in self.filtered("each"):
            if budget.each in NAMED_BY and budget[NAMED_BY[budget.each]]:
                kinds = dict(self._fields["each"]._description_selection(self.env))
                raise ValidationError(
                    self.env._(
                        "“%(name)s” is a budget for each (%(kind)s), so it cannot name one. Leave "
                        "one of the two empty.",
                        name=budget.name,
                        kind=kinds[budget.each],
                    )
                )

    @api.constrains(*SCOPE_FIELDS, *PERIOD_FIELDS, "active")
    def _check_overlap(self):
        for budget in self.filtered("active"):
            other = budget._overlapping()
            if other:
                raise budget._overlap_error(other)

    def _overlapping(self):
        """Return an active budget for the same calls and period, none if there is none."""
        domain = [
            ("id", "!=", self._origin.id),
            ("period_type", "=", self.period_type),
            *((name, "=", self[name].id) for name in SCOPE_RECORDS),
            ("task_type", "=", self.task_type),
            ("each", "=", self.each),
        ]
        if self.period_type == "custom":
            domain += [("date_start", "<=", self.date_end), ("date_end", ">=", self.date_start)]
        return (
            self.env["ai.cost.budget"]
            .sudo()
            .search(domain)
            .filtered(lambda other: other._tags() == self._tags())[:1]
        )

    def _overlap_error(self, other):
        return ValidationError(
            self.env._(
                "“%(other)s” is a budget for the same calls and the same period already. Change or "
                "archive it first.",
                other=other.name or self.name,
            )
        )

    def _one_for_one_scope(self, drafts):
        """Give the database's refusal of a second budget for one scope its reason."""

        def refusal():
            for draft in drafts():
                other = draft._overlapping()
                if other:
                    return draft._overlap_error(other)
            return self._overlap_error(self[:1])

        return unique_index(self.env.cr, "ai_cost_budget_scope_unique", refusal)

    def _tags(self):
        return (self.agent_type or "").lower(), (self.module or "").lower()

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._normalised(vals, new=True) for vals in vals_list]
        defaults = self.default_get(list(self._fields))
        with self._one_for_one_scope(lambda: [self.new({**defaults, **v}) for v in vals_list]):
            budgets = super().create(vals_list)
        budgets._sync_after_commit()
        return budgets

    def write(self, vals):
        vals = self._normalised(vals)
        if not STAMPED & set(vals):
            return super().write(vals)
        with self._one_for_one_scope(lambda: [self.new(vals, origin=b) for b in self]):
            for budget in self:
                super(AiCostBudget, budget).write({**vals, "stamp": budget.stamp + 1})
            if "company_id" in vals:
                self.check_access("write")  # what belongs to nobody is not everybody's
            self.flush_recordset()
        self._sync_after_commit()
        return True

    def copy_data(self, default=None):
        """A copy begins in the archive: two budgets of one scope cannot both be active."""
        vals_list = super().copy_data(default)
        names = [self.env._("%s (copy)", budget.name) for budget in self]
        return [
            {**vals, "name": name, "active": False, **(default or {})}
            for name, vals in zip(names, vals_list)
        ]

    def _get_mail_message_access(self, res_ids, operation, model_name=None):
        """Notes tell of everybody who shares a budget: they are for those who may change it."""
        operation = "write" if operation == "read" else operation
        return super()._get_mail_message_access(res_ids, operation, model_name)

    @api.onchange("each")
    def _onchange_each(self):
        if self.each in NAMED_BY:
            self[NAMED_BY[self.each]] = False
        # untagged calls would share what is meant for one agent, addon or record
        self.count_untagged = self.each not in ("agent", "module", "record")

    @api.model
    def _normalised(self, vals, new=False):
        vals = dict(vals)
        if new and vals.get("each") in ("agent", "module", "record"):
            vals.setdefault("count_untagged", False)
        for name in ("agent_type", "module"):
            if isinstance(vals.get(name), str):
                vals[name] = vals[name].strip() or False
        if "alert_thresholds" in vals:
            try:
                marks = engine.parse_thresholds(vals["alert_thresholds"])
            except engine.BudgetValueError as error:
                raise ValidationError(reader(self.env).text(error.said)) from error
            vals["alert_thresholds"] = [int(m) if m == int(m) else float(m) for m in marks]
        return vals

    def _sync_after_commit(self):
        """Show the change at once; without this the next call would bring it about."""
        pending = self.env.cr.postcommit.data.setdefault("ai_brain.budgets", set())
        if not pending:
            self.env.cr.postcommit.add(partial(self.browse()._sync_pending, pending))
        pending.update(self.ids)

    def _sync_pending(self, ids):
        try:
            service = self.env["ai.service"]
            with service._own_cursor(wait_s=1) as cr:
                budgets = service._on(cr).env["ai.cost.budget"].browse(ids).exists()
                for budget in budgets.filtered("active"):
                    budget.period_ids._sync(budget.ids, budget._today())
        except Exception:
            _logger.info(
                "AI budgets %s are left to be synced by the next call.", ids, exc_info=True
            )
        ids.clear()
