from odoo import api, fields, models

#: Column in USD -> the same amount in the company's currency.
OWN_COLUMNS = {
    "cost_usd": "cost_listed",
    "baseline_cost_usd": "baseline_company",
    "saved_usd": "saved_company",
    "tools_saved_usd": "tools_saved_company",
    "could_have_saved_usd": "could_have_saved_company",
    "found_usd": "found_company",
}


#: Of these columns those that pivots and graphs measure.
MEASURED = ("cost_usd", "baseline_cost_usd", "saved_usd", "could_have_saved_usd")


class AiTokenUsage(models.Model):
    """Lists, forms, pivots and graphs of calls in a company that keeps its books in another
    currency than USD."""

    _inherit = "ai.token.usage"

    tools_saved_company = fields.Float(
        "Saved by Tools Left Out (Company Currency)",
        digits=0,
        compute="_compute_tools_saved_company",
        help="What tools that were not sent would have cost, in the company's currency at that "
        "day's rate.",
    )

    @api.depends("tools_saved_usd", "thread_saved_usd", "currency_id", "currency_rate")
    @api.depends_context("company", "ai_rate_day", "ai_company_view_ref")
    def _compute_tools_saved_company(self):
        worth = self._worth_reader()
        for usage in self:
            usage.tools_saved_company = usage.tools_saved_usd * worth(usage)
            usage.thread_saved_company = usage.thread_saved_usd * worth(usage)

    thread_saved_company = fields.Float(
        "Saved by Summaries (Company Currency)",
        digits=0,
        compute="_compute_tools_saved_company",
        help="What summaries of older messages saved, in the company's currency at that day's "
        "rate.",
    )

    @api.model
    def _summed_in_company(self):
        return {
            **super()._summed_in_company(),
            "tools_saved_company": "tools_saved_usd",
            "thread_saved_company": "thread_saved_usd",
        }

    @api.model
    def _own_columns(self, view_type):
        names = MEASURED if view_type in ("pivot", "graph") else OWN_COLUMNS
        return {name: OWN_COLUMNS[name] for name in names}
