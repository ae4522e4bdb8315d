import logging
from decimal import Decimal
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL, format_datetime

from ..engine import budget as engine
from ..engine import pricing
from . import budget_sql
from .ai_token_usage import TASK_TYPES

_logger = logging.getLogger(__name__)

SCOPE_FIELDS = ("company_id", "user_id", "provider_id", "task_type", "agent_type", "module")
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
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"

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
        "res.users", tracking=True, ondelete="cascade", help="Calls of this user; empty: of anyone."
    )
    agent_type = fields.Char(
        "Agent", tracking=True, help="Calls by this agent or automation; empty: by any."
    )
    module = fields.Char(tracking=True, help="Calls by this addon; empty: by any.")
    provider_id = fields.Many2one(
        "ai.service.provider",
        tracking=True,
        ondelete="cascade",
        help="Calls to this provider; empty: to any.",
    )
    task_type = fields.Selection(TASK_TYPES, tracking=True, help="Calls of this task; empty: any.")
    count_untagged = fields.Boolean(
        "Count Untagged Calls",
        default=True,
        tracking=True,
        help="A call that does not say its agent or module counts here too. Otherwise leaving the "
        "tag out would be a way round the budget.",
    )
    # When
    period_type = fields.Selection(
        [
            ("daily", "Day"),
            ("weekly", "Week"),
            ("monthly", "Month"),
            ("custom", "Dates"),
        ],
        "Period",
        required=True,
        default="monthly",
        tracking=True,
        help="After it the budget begins anew. Days end at midnight in the company's time zone; "
        "weeks begin on Monday.",
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
        "each once a period: a list of numbers above 0 and up to 100, rising.",
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
    percentage_used = fields.Float(
        "Used (%)", compute="_compute_spend", help="Spent, of the budget of this period."
    )
    status = fields.Selection(
        [
            ("ok", "Within budget"),
            ("alert", "Alerted"),
            ("switch", "Cheapest provider"),
            ("block", "Used up"),
        ],
        compute="_compute_spend",
        help="What the budget does at present.",
    )

    def init(self):
        """One budget for one scope and period, also against two people at once."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_cost_budget_scope_unique ON ai_cost_budget (
                COALESCE(user_id, 0), COALESCE(company_id, 0), COALESCE(provider_id, 0),
                COALESCE(task_type, ''), lower(COALESCE(agent_type, '')),
                lower(COALESCE(module, '')), period_type
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
                engine.percent(budget.auto_switch_at_threshold, "switch threshold")
                engine.percent(budget.block_at_threshold, "block threshold")
            except engine.BudgetValueError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("budget_amount", "per_request_limit")
    def _check_amounts(self):
        for budget in self:
            if budget.budget_amount < 0 or budget.per_request_limit < 0:
                raise ValidationError(self.env._("A budget and its limits cannot be below 0."))

    @api.constrains(*PERIOD_FIELDS)
    def _check_dates(self):
        for budget in self.filtered(lambda b: b.period_type == "custom"):
            try:
                engine.period_days("custom", None, budget.date_start, budget.date_end)
            except engine.BudgetValueError as error:
                raise ValidationError(str(error)) from error

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

    @api.constrains(*SCOPE_FIELDS, *PERIOD_FIELDS, "active")
    def _check_overlap(self):
        for budget in self.filtered("active"):
            domain = [
                ("id", "!=", budget.id),
                ("period_type", "=", budget.period_type),
                *((name, "=", budget[name].id) for name in ("company_id", "user_id", "provider_id")),
                ("task_type", "=", budget.task_type),
            ]
            if budget.period_type == "custom":
                domain += [
                    ("date_start", "<=", budget.date_end),
                    ("date_end", ">=", budget.date_start),
                ]
            for other in self.sudo().search(domain):
                if other._tags() == budget._tags():
                    raise ValidationError(
                        self.env._(
                            "“%(other)s” is a budget for the same calls and the same period "
                            "already. Change or archive it first.",
                            other=other.name,
                        )
                    )

    def _tags(self):
        return (self.agent_type or "").lower(), (self.module or "").lower()

    @api.model_create_multi
    def create(self, vals_list):
        budgets = super().create([self._normalised(vals) for vals in vals_list])
        budgets._sync_after_commit()
        return budgets

    def write(self, vals):
        vals = self._normalised(vals)
        if not STAMPED & set(vals):
            return super().write(vals)
        for budget in self:
            super(AiCostBudget, budget).write({**vals, "stamp": budget.stamp + 1})
        self._sync_after_commit()
        return True

    @api.model
    def _normalised(self, vals):
        vals = dict(vals)
        for name in ("agent_type", "module"):
            if isinstance(vals.get(name), str):
                vals[name] = vals[name].strip() or False
        if "alert_thresholds" in vals:
            try:
                marks = engine.parse_thresholds(vals["alert_thresholds"])
            except engine.BudgetValueError as error:
                raise ValidationError(str(error)) from error
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
            _logger.info("AI budgets %s are left to be synced by the next call.", ids, exc_info=True)
        ids.clear()

    # ------------------------------------------------------------------
    # The current period
    # ------------------------------------------------------------------

    def _company(self):
        return (self.company_id or self.env.company).sudo()

    def _today(self):
        return self._company()._ai_local_date()

    def _period_days(self, day=None):
        """Return (first, last) local date of the period of ``day``, today if None."""
        self.ensure_one()
        return engine.period_days(
            self.period_type, day or self._today(), self.date_start, self.date_end
        )

    def _resets_at(self, day=None):
        """Return the moment (naive UTC) at which the period of ``day`` ends."""
        _first, last = self._period_days(day)
        instant = engine.day_start(fields.Date.add(last, days=1), self._company()._ai_tz().zone)
        return instant.replace(tzinfo=None)

    def _amount_on(self, day=None):
        """Return the budget of the period of ``day``, raise included, as Decimal."""
        amount = engine.as_decimal(self.budget_amount)
        if self.raised_from and self.raised_from == self._period_days(day)[0]:
            amount += engine.as_decimal(self.raised_amount)
        return amount

    def _usd_rate(self, day):
        """Return what 1 USD is in the budget's currency, as Decimal."""
        if self.currency_id == self.env.ref("base.USD"):
            return Decimal(1)
        currency_id, rate = self._company()._ai_usd_rate(day)
        if currency_id != self.currency_id.id:
            raise ValidationError(
                self.env._(
                    "The budget “%(name)s” is in %(currency)s, and there is no rate of USD. "
                    "%(owner)s can make it a budget in USD.",
                    name=self.name,
                    currency=self.currency_id.name,
                    owner=self.owner_id.name,
                )
            )
        return rate

    def _scope(self, day):
        """Return the columns of a period row that say what counts, and in which currency."""
        return {
            "scope_company": self.company_id.id or 0,
            "scope_user": self.user_id.id or 0,
            "scope_provider": self.provider_id.id or 0,
            "scope_task": self.task_type or "",
            "scope_agent": (self.agent_type or "").lower(),
            "scope_module": (self.module or "").lower(),
            "count_untagged": self.count_untagged,
            "currency_id": self.currency_id.id,
            "usd_rate": self._usd_rate(day),
        }

    def _period_row(self, day):
        """Return the columns of the period row for ``day``, counters left out; None outside."""
        first, last = self._period_days(day)
        if not first <= day <= last:
            return None
        amount = self._amount_on(day)
        switch = engine.as_decimal(self.auto_switch_at_threshold)
        alerted = set(self._alerted(first))
        due = [m for m in engine.parse_thresholds(self.alert_thresholds) if m not in alerted]
        return {
            "budget_id": self.id,
            "date_from": first,
            "date_to": last,
            "stamp": self.stamp,
            "amount": amount,
            "limit_amount": engine.limit(amount, self.block_at_threshold),
            "per_request": engine.as_decimal(self.per_request_limit) or None,
            "switch_amount": engine.limit(amount, switch),
            "alert_at": amount * due[0] / 100 if due else None,
            **self._scope(day),
        }

    @api.depends_context("company")
    def _compute_spend(self):
        self.flush_recordset()
        for budget in self:
            day = budget._today()
            first, last = budget._period_days(day) if budget.period_type else (False, False)
            spent, reserved = budget._spent_and_reserved(first, last)
            amount = budget._amount_on(day)
            limit = engine.limit(amount, budget.block_at_threshold)
            used = engine.used_percent(spent, amount)
            budget.period_start, budget.period_end = first, last
            budget.resets_at = budget._resets_at(day)
            budget.current_spend = float(spent)
            budget.reserved_amount = float(reserved)
            budget.current_amount = float(amount)
            budget.limit_amount = float(limit or 0)
            budget.percentage_used = float(used)
            budget.status = budget._status(spent, limit, used)

    def _status(self, spent, limit, used):
        if limit is not None and spent >= limit:
            return "block"
        if self.auto_switch_at_threshold and used >= self.auto_switch_at_threshold:
            return "switch"
        marks = engine.parse_thresholds(self.alert_thresholds)
        return "alert" if marks and used >= marks[0] else "ok"

    def _spent_and_reserved(self, first, last):
        """Return the two sums of a period as Decimals, from its row or straight from the ledger."""
        self.ensure_one()
        if not self.id or not first:
            return Decimal(0), Decimal(0)
        query = SQL(
            "SELECT spent::text, reserved::text FROM ai_cost_budget_period"
            " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
            self.id,
            first,
            self.stamp,
        )
        rows = self.env.execute_query(query)
        if not rows:
            spent, reserved = budget_sql.sums(self._scope(first), first, last)
            rows = self.env.execute_query(SQL("SELECT %s::text, %s::text", spent, reserved))
        return tuple(Decimal(value) for value in rows[0])

    # ------------------------------------------------------------------
    # For people and other addons
    # ------------------------------------------------------------------

    def check_budget(self, estimated_cost=0.0):
        """Tell whether calls of ``estimated_cost`` (USD) would be allowed now.

        On no records: the budgets that apply to the current user and company, whatever the
        agent, module, provider and task. Holds nothing: the call itself decides.

        :return: dict with ``allowed``, ``reason`` ('' or a sentence), ``switch`` (calls go to the
            cheapest provider), and ``budgets``, a list of dicts with ``budget_id``, ``name``,
            ``allowed``, ``spent``, ``reserved``, ``limit`` (None: never blocks), ``remaining``
            (None: any), ``percentage_used``, ``currency``, ``resets_at`` (naive UTC); amounts in
            the currency of the budget
        """
        budgets = self or self._for_current_user()
        cost = engine.as_decimal(estimated_cost)
        if not cost.is_finite() or cost < 0:
            raise ValidationError(self.env._("An estimated cost is a number from 0 on."))
        lines, reason = [], ""
        for budget in budgets.sudo():
            line, why = budget._check_one(cost)
            lines.append(line)
            reason = reason or why
        return {
            "allowed": all(line["allowed"] for line in lines),
            "reason": reason,
            "switch": any(budget.status == "switch" for budget in budgets.sudo()),
            "budgets": lines,
        }

    def _check_one(self, cost_usd):
        day = self._today()
        spent, reserved = self._spent_and_reserved(*self._period_days(day))
        amount = self._amount_on(day)
        limit = engine.limit(amount, self.block_at_threshold)
        ask = cost_usd * self._usd_rate(day)
        most = engine.as_decimal(self.per_request_limit) or None
        row = {"spent": spent, "reserved": reserved, "limit_amount": limit, "per_request": most}
        left = None if limit is None else max(limit - spent - reserved, Decimal(0))
        live = self.active and self._period_row(day) is not None
        allowed = not live or ((left is None or ask <= left) and (most is None or ask <= most))
        if live and limit is not None and spent >= limit:
            allowed = False
        line = {
            "budget_id": self.id,
            "name": self.name,
            "allowed": allowed,
            "spent": float(spent),
            "reserved": float(reserved),
            "limit": None if limit is None else float(limit),
            "remaining": None if left is None else float(left),
            "percentage_used": float(engine.used_percent(spent, amount)),
            "currency": self.currency_id.name,
            "resets_at": self._resets_at(day),
        }
        return line, "" if allowed else self._refusal({**row, "ask": ask}, day)

    @api.model
    def _for_current_user(self):
        """Return the budgets (sudo) that bind the current user's calls whatever their tags."""
        return self.sudo().search(
            [
                ("company_id", "in", [False, self.env.company.id]),
                ("user_id", "in", [False, self.env.uid]),
                ("provider_id", "=", False),
                ("task_type", "in", [False, "chat"]),
                ("agent_type", "=", False),
                ("module", "=", False),
            ]
        )

    def _money(self, amount):
        """Return an amount of this budget's currency as text for a person."""
        if self.currency_id.name == "USD":
            return pricing.format_usd(amount)
        return f"{pricing.format_usd(amount).replace('$', '')} {self.currency_id.name}"

    def _refusal(self, row, day):
        """Return the sentence that refuses a call: what is spent, until when, whom to ask.

        :param dict row: ``spent``, ``reserved``, ``ask``, ``limit_amount``, ``per_request``
        """
        values = {
            "name": self.name,
            "owner": self.owner_id.name,
            "spent": self._money(row["spent"]),
            "held": self._money(row["reserved"]),
            "ask": self._money(row["ask"]),
            "limit": self._money(row["limit_amount"] or 0),
            "most": self._money(row["per_request"] or 0),
            "moment": self._resets_text(day),
        }
        if row["per_request"] is not None and row["ask"] > row["per_request"]:
            return self.env._(
                "The budget “%(name)s” allows %(most)s a request, and this one could cost "
                "%(ask)s. Send less text or ask for a shorter answer (max_tokens). %(owner)s can "
                "change the limit.",
                **values,
            )
        return self.env._(
            "The budget “%(name)s” does not allow this call: %(spent)s of its limit of %(limit)s "
            "is spent, %(held)s is held for calls under way, and this call could cost %(ask)s. It "
            "begins anew %(moment)s. Ask %(owner)s for more.",
            **values,
        )

    def _resets_text(self, day):
        tz = self._company()._ai_tz().zone
        return f"{format_datetime(self.env, self._resets_at(day), tz=tz)} ({tz})"

    def action_raise(self, amount=None):
        """Raise the budget of the current period by ``amount``, by a tenth if not given."""
        for budget in self:
            budget.check_access("write")
            more = engine.as_decimal(amount or budget.budget_amount / 10)
            if not more.is_finite() or more <= 0:
                raise ValidationError(self.env._("Raise a budget by an amount above 0."))
            first = budget._period_days()[0]
            before = budget.raised_amount if budget.raised_from == first else 0
            budget.write(
                {
                    "raised_amount": float(engine.as_decimal(before) + more),
                    "raised_from": first,
                }
            )
            budget.message_post(
                body=self.env._(
                    "%(user)s raised this budget by %(more)s to %(total)s until %(moment)s.",
                    user=self.env.user.name,
                    more=budget._money(more),
                    total=budget._money(budget._amount_on()),
                    moment=budget._resets_text(None),
                )
            )
        return True

    @api.model
    def request_more(self, budget_id, note=""):
        """Ask the responsible of a budget that refused a call for more; once while it is open.

        :raise AccessError: the budget does not bind the current user
        :return: True
        """
        budget = self.sudo().browse(budget_id).exists()
        binds = (
            budget
            and budget.company_id.id in (False, *self.env.companies.ids)
            and budget.user_id.id in (False, self.env.uid)
        )
        if not binds:
            raise AccessError(self.env._("This budget does not apply to your calls."))
        summary = self.env._("%s asks for more", self.env.user.name)
        if not budget.activity_ids.filtered(lambda a: a.summary == summary):
            budget.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=summary,
                note=(note or "")[:1000],
                user_id=budget.owner_id.id,
            )
        return True
