from decimal import Decimal

from babel.numbers import format_percent

from odoo import api, models
from odoo.tools import babel_locale_parse, get_lang

GAUGE_STATES = {"ok": "ok", "alert": "warn", "switch": "warn", "block": "over"}


class AiCostBudget(models.Model):
    _inherit = "ai.cost.budget"

    @api.model
    @api.readonly
    def get_gauge(self):
        """Return the budget that the gauge in the menu bar shows, or False without one.

        A manager's is the one of the dashboard: of all the company's calls of this month. Else it
        is the user's own budget that is used up most, or their part of one for each person;
        without one of their own, of those that they may see.

        :return: dict with ``id``, ``name``, ``pct`` (0 to any) and ``pct_text``, ``state`` (ok,
            warn, over), ``text`` (spent of budget, in the budget's currency) and ``label`` (both
            names and text, for who hovers or listens)
        """
        analytics = self.env["ai.token.analytics"].with_context(
            allowed_company_ids=self.env.company.ids
        )
        if self.env.user.has_group("ai_brain.group_ai_manager"):
            head = analytics.get_budget_of_month()
            if head["id"]:
                money = self.browse(head["id"])._money
                text = self.env._(
                    "%(spent)s of %(amount)s",
                    spent=money(head["spent"]),
                    amount=money(head["limit"]),
                )
                return {
                    "id": head["id"],
                    "state": head["state"],
                    **self._gauge_share(head["pct"]),
                    **self._gauge_words(head["name"], text),
                }
        budgets = self.with_context(ai_own_budget=True).search(
            [("company_id", "in", [False, self.env.company.id]), ("key_id", "=", False)]
        )
        budgets = budgets.filtered("limits_sum")
        own = budgets.filtered(lambda b: b.user_id == self.env.user or b.each == "user")
        tightest = (own or budgets).sorted("percentage_used", reverse=True)[:1]
        if not tightest:
            return False
        return {
            "id": tightest.id,
            "state": GAUGE_STATES[tightest.status],
            **self._gauge_share(tightest.percentage_used),
            **self._gauge_words(tightest.name, tightest.spent_text),
        }

    @api.model
    def _gauge_words(self, name, text):
        label = self.env._("AI budget %(name)s: %(text)s", name=name, text=text)
        return {"name": name, "text": text, "label": label}

    @api.model
    def _gauge_share(self, percent):
        """Return a share as the dashboard shows it: one decimal, in the reader's language."""
        share = round(percent, 1)
        locale = babel_locale_parse(get_lang(self.env).code)
        return {
            "pct": share,
            "pct_text": format_percent(
                Decimal(repr(share)) / 100, locale=locale, decimal_quantization=False
            ),
        }
