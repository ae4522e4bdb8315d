from babel.numbers import format_percent

from odoo import api, fields, models
from odoo.tools import babel_locale_parse, format_date, formatLang
from odoo.tools.misc import get_lang

#: Days of the small chart on a card.
CARD_DAYS = 14


class AiCostBudget(models.Model):
    _inherit = "ai.cost.budget"

    scope_text = fields.Char(
        "Applies To", compute="_compute_scope_text", help="Whose calls count, in words."
    )
    spent_text = fields.Char(
        compute="_compute_spent_text", help="Spent and budget in the budget's own currency."
    )
    used_text = fields.Char(
        "Share Used",
        compute="_compute_used_text",
        help="Share of the budget that is spent, as the reader's language writes per cent.",
    )
    end_text = fields.Char(
        "Period Ends", compute="_compute_end_text", help="When the budget resets, or ends for good."
    )
    why_over = fields.Char(
        compute="_compute_why_over", help="Why more is spent than the budget allows."
    )
    rate_note = fields.Char(
        compute="_compute_rate_note", help="Said once where no rate of USD is known."
    )
    reserved_text = fields.Char(
        "Held Now", compute="_compute_spent_text", help="Held for calls that are under way."
    )
    spend_chart = fields.Json(
        "Last Days", compute="_compute_spend_chart", help="Spend of the last 14 days."
    )
    burn_down = fields.Json(
        "Burn-down",
        compute="_compute_burn_down",
        help="What is left of the budget day by day, against an even spend.",
    )
    forecast_text = fields.Char(
        "Forecast", compute="_compute_burn_down", help="Where the period is heading."
    )
    usage_count = fields.Integer(
        "Calls", compute="_compute_usage_count", help="Calls of the period that you may see."
    )

    limits_sum = fields.Boolean(
        compute="_compute_limits_sum", help="Else only what a single request may cost."
    )

    @api.depends("percentage_used")
    @api.depends_context("lang")
    def _compute_used_text(self):
        # its sign with the space before it, as the dashboard has it
        sign = format_percent(0, locale=babel_locale_parse(get_lang(self.env).code))[1:]
        for budget in self:
            share = round(budget.percentage_used, 1)
            budget.used_text = formatLang(self.env, share, digits=int(share % 1 > 0)) + sign

    @api.depends("budget_amount", "block_at_threshold")
    def _compute_limits_sum(self):
        for budget in self:
            budget.limits_sum = budget._limits_sum()

    @api.depends(
        *("user_id", "company_id", "provider_id", "key_id"),
        *("agent_type", "module", "task_type", "each"),
    )
    @api.depends_context("lang")
    def _compute_scope_text(self):
        tasks = dict(self._fields["task_type"]._description_selection(self.env))
        each = {
            "user": self.env._("each person"),
            "agent": self.env._("each agent"),
            "module": self.env._("each addon"),
            "record": self.env._("each record"),
        }
        addons = self.env["ir.module.module"]._ai_names()
        for budget in self:
            parts = [
                each.get(budget.each),
                budget.user_id.name,
                budget.provider_id.name,
                budget.key_id and self.env._("endpoint key %s", budget.key_id.name),
                budget.agent_type
                and self.env._("agent %s", budget.agent_id.name or budget.agent_type),
                budget.module
                and self.env._("addon %s", addons.get(budget.module) or budget.module),
                tasks.get(budget.task_type),
                budget.company_id.name,
            ]
            texts = [part for part in parts if part]
            budget.scope_text = " · ".join(texts) or self.env._("Every call")

    @api.depends("currency_id", "company_id")
    @api.depends_context("company")
    def _compute_rate_note(self):
        for budget in self:
            budget.rate_note = budget._rate_note()

    @api.depends("current_spend", "reserved_amount", "current_amount", "currency_id")
    @api.depends_context("uid", "ai_own_budget")
    def _compute_spent_text(self):
        for budget in self:
            budget.reserved_text = budget._money(budget.reserved_amount)
            spent = budget._money(budget.current_spend)
            text = spent
            if budget._limits_sum():
                amount = budget._money(budget.current_amount)
                text = self.env._("%(spent)s of %(amount)s", spent=spent, amount=amount)
            if budget.subject_name and not budget._reads_own_part():
                text = self.env._("%(subject)s: %(spent)s", subject=budget.subject_name, spent=text)
            budget.spent_text = text

    @api.depends_context("company", "uid")
    def _compute_spend_chart(self):
        for budget in self:
            today = budget._today()
            first = fields.Date.subtract(today, days=CARD_DAYS - 1)
            own = budget._subject_wanted() or None
            spent = budget._history(first, today, own) if budget._origin else {}
            days = [fields.Date.add(first, days=n) for n in range(CARD_DAYS)]
            budget.spend_chart = {
                "labels": [budget._day_label(day) for day in days],
                "values": [spent.get(day, 0.0) for day in days],
                "texts": [budget._money(spent.get(day, 0)) for day in days],
                "title": self.env._("Spend of the last %s days", CARD_DAYS),
            }

    @api.depends_context("company", "uid")
    def _compute_burn_down(self):
        for budget in self:
            if not budget._origin:
                budget.burn_down = budget.forecast_text = False
                continue
            forecast = budget._origin.forecast()
            budget.forecast_text = forecast["message"]
            budget.burn_down = budget._burn_down_data(forecast)

    def _burn_down_data(self, forecast):
        """Return what is left day by day as three lines, each with its texts."""
        amount = forecast["amount"]
        lines = {"remaining": "spent", "expected": "expected", "even": "ideal"}
        data = {
            "labels": [self._day_label(point["date"]) for point in forecast["burn_down"]],
            "currency": forecast["currency"],
            "names": {
                "remaining": self.env._("Left"),
                "expected": self.env._("Expected"),
                "even": self.env._("Spent evenly"),
            },
        }
        for line, source in lines.items():
            used = [point[source] for point in forecast["burn_down"]]
            if line == "even" and None in used:
                continue  # without an end nothing is spent evenly
            data[line] = [None if spent is None else amount - spent for spent in used]
            data[f"{line}_texts"] = [
                "" if left is None else self._money(round(left, 6)) for left in data[line]
            ]
        return data

    def _day_label(self, day):
        return format_date(self.env, day, date_format="d MMM")

    def _usage_domain(self):
        """Return the domain of the current period's calls in scope, tags in any case."""
        self.ensure_one()
        first, last = self._period_days()
        domain = []
        if self.period_type != "total":
            domain = [
                ("local_date", ">=", fields.Date.to_string(first)),
                ("local_date", "<=", fields.Date.to_string(last)),
            ]
        for name in ("company_id", "user_id", "provider_id"):
            if self[name]:
                domain.append((name, "=", self[name].id))
        if self.key_id:
            domain.append(("gateway_key", "=", self.key_id.id))
        if self.task_type:
            domain.append(("task_type", "=", self.task_type))
        for name in ("agent_type", "module"):
            if self[name]:
                tagged = (name, "=ilike", _literal(self[name]))
                domain += ["|", tagged, (name, "=", False)] if self.count_untagged else [tagged]
        return domain

    @api.depends("period_type", "date_start", "date_end")
    @api.depends_context("lang", "company")
    def _compute_end_text(self):
        for budget in self:
            if budget.period_type == "total":
                budget.end_text = self.env._("Never")
            elif not budget.period_end:
                budget.end_text = False
            elif budget.period_type == "custom":
                ended = budget.period_end < budget._today()
                day = format_date(self.env, budget.period_end)
                budget.end_text = (
                    self.env._("Ended on %s", day) if ended else self.env._("Ends on %s", day)
                )
            else:
                anew = fields.Date.add(budget.period_end, days=1)
                budget.end_text = self.env._("Resets on %s", format_date(self.env, anew))

    @api.depends("current_spend", "budget_amount", "block_at_threshold", "period_type")
    @api.depends_context("lang", "uid", "ai_own_budget")
    def _compute_why_over(self):
        for budget in self:
            over = budget._origin and budget.current_spend > budget.current_amount
            budget.why_over = over and budget._origin._why_over()

    def _compute_usage_count(self):
        usage = self.env["ai.token.usage"]
        for budget in self:
            calls = 0
            if budget._origin:
                # a correction is no call
                [(calls,)] = usage._read_group(budget._usage_domain(), [], ["call_count:sum"])
            budget.usage_count = calls

    def action_view_usage(self):
        """Open the calls that count in the current period."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ai_sam_cost_dashboard.action_ai_token_usage"
            ),
            "name": self.name,
            "domain": self._usage_domain(),
            "context": {},
        }

    def action_raise_once(self):
        """Raise the budget of this period by a tenth."""
        self.action_raise()


def _literal(text):
    """Return ``text`` for ``=ilike`` without its wildcards' meaning."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
