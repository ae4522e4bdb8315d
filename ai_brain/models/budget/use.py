from decimal import Decimal

from odoo import api, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import format_date, format_datetime, plaintext2html

from odoo.addons.base.controllers.rpc import OdooMarshaller

from ...engine.base.money import AmountError, as_decimal
from ...engine.budget import limits as engine
from ...exceptions import BudgetExceededError


class BudgetCheck(dict):
    """What ``check_budget`` returns: false in an ``if`` where the call is not allowed."""

    def __bool__(self):
        return self["allowed"]


OdooMarshaller.dispatch[BudgetCheck] = OdooMarshaller.dispatch[dict]  # XML-RPC asks for the type


class AiCostBudget(models.Model):
    """What people and other addons do with a budget: ask it, raise it, ask for more."""

    _inherit = "ai.cost.budget"

    def check_budget(self, estimated_cost=0.0):
        """Tell whether calls of ``estimated_cost`` (USD) would be allowed now.

        On no records: the budgets that apply to the current user and company, whatever the
        agent, module, provider, task and record. Holds nothing: the call itself decides. Of a
        budget for each person the current user's part is looked at, of one for each agent, addon
        or record the part that is used most.

        :return: a dict that is false where the call is not allowed (over RPC, where it becomes a
            plain one, ask for ``allowed``), with ``allowed``, ``reason`` ('' or a sentence),
            ``switch`` (calls go to the cheapest provider), and ``budgets``, a list of dicts with
            ``budget_id``, ``name``, ``allowed``, ``spent``, ``reserved``, ``limit`` (None: never
            blocks), ``remaining`` (None: any), ``percentage_used``, ``currency``, ``resets_at``
            (naive UTC; None: never), ``subject_name`` (whose part it is, '' where all share the
            budget); amounts in the
            currency of the budget
        :raise AccessError: for portal users, and on a budget that the caller may not read
        """
        self.env["ai.service"]._check_caller()
        self.check_access("read")
        budgets = (self or self._for_current_user()).with_context(ai_own_budget=True)
        try:
            cost = as_decimal(estimated_cost)
        except AmountError:
            cost = Decimal("NaN")
        if not cost.is_finite() or cost < 0:
            raise ValidationError(self.env._("An estimated cost is a number from 0 on."))
        lines, reason = [], ""
        for budget in budgets.sudo():
            line, why = budget._check_one(cost)
            lines.append(line)
            reason = reason or why
        return BudgetCheck(
            allowed=all(line["allowed"] for line in lines),
            reason=reason,
            switch=any(budget.status == "switch" for budget in budgets.sudo()),
            budgets=lines,
        )

    def _check_one(self, cost_usd):
        day = self._today()
        with self.env["ai.service"]._own_cursor() as cr:  # the caller's snapshot may be old
            subject, spent, reserved = self._standing(cr=cr)
        amount = self._amount_on(day)
        limit = engine.limit(amount, self.block_at_threshold)
        first = self._period_days(day)[0]
        lost = "" if self._is_counted(first) else self._lost_rate(day)
        ask = cost_usd * self._rate_to_read_by(day)
        most = as_decimal(self.per_request_limit) or None
        row = {"spent": spent, "reserved": reserved, "limit_amount": limit, "per_request": most}
        left = None if limit is None else max(limit - spent - reserved, Decimal(0))
        live = self.active and self._period_row(day, to_read=True) is not None
        allowed = not live or ((left is None or ask <= left) and (most is None or ask <= most))
        if live and limit is not None and spent >= limit:
            allowed = False
        if live and lost:
            allowed = False
        line = {
            "budget_id": self.id,
            "name": self.name,
            "allowed": allowed,
            "spent": float(spent),
            "reserved": float(reserved),
            "limit": None if limit is None else float(limit),
            "remaining": None if left is None else float(left),
            "percentage_used": float(self._used_percent(spent, amount)),
            "currency": self.currency_id.name,
            "resets_at": self._resets_at(day),
            "subject_name": self._subject_names([subject])[subject],
        }
        row.update(ask=ask, subject=subject)
        return line, "" if allowed else lost or self._refusal(row, day)

    @api.model
    def _for_current_user(self):
        """Return the budgets (sudo) that bind the current user's calls whatever their tags."""
        return self.sudo().search(
            [
                ("company_id", "in", [False, self.env.company.id]),
                ("user_id", "in", [False, self.env.uid]),
                ("provider_id", "=", False),
                ("key_id", "=", False),
                ("task_type", "in", [False, "chat"]),
                ("agent_type", "=", False),
                ("module", "=", False),
                ("each", "in", [False, "user"]),
            ]
        )

    def _money(self, amount):
        """Return an amount of this budget's currency as text for a person."""
        return self.currency_id._ai_text(amount)

    def _refusal(self, row, day):
        """Return the sentence that refuses a call: what is spent, until when, whom to ask.

        :param dict row: ``subject``, ``spent``, ``reserved``, ``ask``, ``limit_amount``,
            ``per_request``
        """
        values = {
            "name": self._label(row["subject"]),
            "owner": self.owner_id.name,
            "spent": self._money(row["spent"]),
            "held": self._money(row["reserved"]),
            "ask": self._money(row["ask"]),
            "limit": self._money(row["limit_amount"] or 0),
            "most": self._money(row["per_request"] or 0),
            "resets": self._resets_sentence(day),
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
            "is spent, %(held)s is held for calls under way, and this call could cost %(ask)s. "
            "%(resets)s Ask %(owner)s for more.",
            **values,
        )

    @api.model
    def _exceeded(self, refusal, day):
        """Return the ``BudgetExceededError`` of a ``Refusal``, on a local date."""
        if refusal.stale:
            names = self.sudo().browse(refusal.stale).mapped("name")
            return BudgetExceededError(
                self.env._("The budget “%s” keeps changing. Try again in a moment.", names[0])
            )
        row = refusal.row
        budget = self.sudo().browse(row["budget_id"])
        rate = budget._rate_to_read_by(day) or Decimal(1)  # as in its row: it refused by it
        limit = row["limit_amount"]
        return BudgetExceededError(
            budget._refusal(row, day),
            {
                "budget_id": budget.id,
                "budget_name": budget.name,
                "subject": row["subject"],
                "subject_name": budget._subject_names([row["subject"]])[row["subject"]],
                "currency": budget.currency_id.name,
                "spent": float(row["spent"]),
                "reserved": float(row["reserved"]),
                "requested": float(row["ask"]),
                "limit": None if limit is None else float(limit),
                "spent_usd": float(row["spent"] / rate),
                "limit_usd": None if limit is None else float(limit / rate),
                "resets_at": budget._resets_at(day),
                "owner_id": budget.owner_id.id,
            },
        )

    def _resets_text(self, day):
        """Return when the period of ``day`` ends, as a person reads it; '' for never."""
        tz, moment = self._company()._ai_tz(), self._resets_at(day)
        return f"{format_datetime(self.env, moment, tz=tz)} ({tz})" if moment else ""

    def _resets_sentence(self, day):
        """Return as a sentence when it resets: one of dates ends with them, one in total never."""
        if self.period_type == "total":
            return self.env._("The budget is a total, which does not reset.")
        if self.period_type == "custom":
            return self.env._(
                "The budget runs until %(day)s and does not reset.",
                day=format_date(self.env, self.date_end),
            )
        return self.env._("The budget resets on %(moment)s.", moment=self._resets_text(day))

    def action_raise(self, amount=None):
        """Raise the budget of the current period by ``amount``, by a tenth if not given."""
        for budget in self:
            budget.check_access("write")
            more = as_decimal(amount or budget.budget_amount / 10)
            if not more.is_finite() or more <= 0:
                raise ValidationError(self.env._("Raise a budget by an amount above 0."))
            first = budget._period_days()[0]
            before = budget.raised_amount if budget.raised_from == first else 0
            budget.write(
                {
                    "raised_amount": float(as_decimal(before) + more),
                    "raised_from": first,
                }
            )
            budget._message_log(body=budget._raised_text(more))
        return True

    def _raised_text(self, more):
        values = {
            "user": self.env.user.name,
            "more": self._money(more),
            "total": self._money(self._amount_on()),
            "moment": self._resets_text(None),
        }
        if not values["moment"]:
            return self.env._("%(user)s raised this budget by %(more)s to %(total)s.", **values)
        return self.env._(
            "%(user)s raised this budget by %(more)s to %(total)s until %(moment)s.", **values
        )

    @api.model
    def request_more(self, budget_id, note=""):
        """Ask the responsible of a budget that refused a call for more; once while it is open.

        :raise AccessError: the budget does not bind the current user
        :return: True
        """
        self.env["ai.service"]._check_caller()
        whole = isinstance(budget_id, int) and not isinstance(budget_id, bool)
        budget = self.sudo().browse(budget_id if whole else []).exists()
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
                note=plaintext2html(str(note or "")[:1000]),
                user_id=budget.owner_id.id,
            )
        return True
