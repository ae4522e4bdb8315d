from odoo import fields, models
from odoo.tools import format_date

from ...engine.base.clock import FIRST_DAY
from ...engine.base.money import as_decimal

#: Changes that lower what a budget allows.
LOWERS = ("budget_amount", "block_at_threshold")


class AiCostBudget(models.Model):
    """Why more is spent than a budget that blocks allows."""

    _inherit = "ai.cost.budget"

    def _why_over(self):
        """Return the sentence that explains spend above the limit in this period; '' where there
        is none.

        A limit refuses calls and takes nothing back: it counts what was spent before it was made
        or lowered, and what was under way when it was reached.
        """
        self.ensure_one()
        first, _last = self._days_or_none()
        standing = self._standing() if first else None
        amount = self._amount_on() if first else 0
        if not standing or standing.spent <= amount or not self._limits_sum():
            return ""
        if not self.block_at_threshold:
            return self.env._("It alerts, and refuses no call.")
        limit = amount * as_decimal(self.block_at_threshold) / 100
        if standing.spent <= limit:
            percent = f"{self.block_at_threshold:g}"  # no f-string within _: it is not read there
            return self.env._("It refuses calls at %s%% only.", percent)
        made = self._company()._ai_local_date(self.create_date)
        since = FIRST_DAY if self.period_type == "total" else first
        if made > since:
            history = self._history(
                since, fields.Date.subtract(made, days=1), standing.subject or None
            )
            spent = sum(map(as_decimal, history.values()))
            if spent > 0:
                return self.env._(
                    "%(spent)s of it was spent before this budget was made on %(day)s: a limit "
                    "refuses calls and takes nothing back.",
                    spent=self._money(spent),
                    day=self._in_words(made),
                )
        lowered = self._lowered_on(first)
        if lowered:
            return self.env._(
                "The budget was lowered on %s, and a limit takes nothing back.",
                self._in_words(lowered),
            )
        return self.env._(
            "Calls that were under way when the limit was reached are paid to the end, and a "
            "vendor may bill more than was held. New calls are refused."
        )

    def _in_words(self, day):
        # as the card of a budget says when it ends
        return format_date(self.env, day, date_format="medium")

    def _lowered_on(self, first):
        """Return the day of this period on which the budget was last lowered, or None."""
        names = self.env["ir.model.fields"].sudo()
        changed = [names._get(self._name, name).id for name in LOWERS]
        found = (
            self.env["mail.tracking.value"]
            .sudo()
            .search(
                [
                    ("mail_message_id.model", "=", self._name),
                    ("mail_message_id.res_id", "=", self.id),
                    ("field_id", "in", changed),
                ],
                order="id desc",
                limit=20,
            )
        )
        day_of = self._company()._ai_local_date
        days = [
            day_of(value.create_date)
            for value in found
            if value.new_value_float < value.old_value_float
        ]
        return days[0] if days and days[0] >= first else None
