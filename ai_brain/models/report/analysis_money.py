from odoo import api, fields, models
from odoo.tools import SQL

from .list_totals import COMPANY, RATE_DAY

#: Amount in the currency that is shown -> (the same as it was counted, the same in USD).
LISTED = {
    "cost_listed": ("cost_company", "total_cost_usd"),
    "saved_listed": ("saved_company", "saved_usd"),
    "could_have_saved_listed": ("could_have_saved_company", "potential_savings_usd"),
}


class AiTokenAnalytics(models.Model):
    """Kept analyses in the company's currency: the figure that the dashboard had for the period."""

    _inherit = "ai.token.analytics"

    currency_id = fields.Many2one(
        "res.currency",
        "Counted In",
        readonly=True,
        help="The company's currency when the period was analysed; USD where it had no rate.",
    )
    cost_company = fields.Float(
        "Cost as Counted", digits=0, readonly=True, help="Cost in the currency counted in."
    )
    saved_company = fields.Float(
        "Saved as Counted", digits=0, readonly=True, help="Saved in the currency counted in."
    )
    could_have_saved_company = fields.Float(
        "Could Have Saved as Counted",
        digits=0,
        readonly=True,
        help="Could have saved, in the currency counted in.",
    )
    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_listed",
        help="Cost in the currency of the company that is switched on: as it was counted, "
        "converted at today's rate where it was counted in another currency.",
    )
    saved_listed = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_listed",
        help="What was saved, in the currency of the company that is switched on.",
    )
    could_have_saved_listed = fields.Float(
        "Could Have Saved (Company Currency)",
        digits=0,
        compute="_compute_listed",
        help="Money in tokens that were not needed, in the currency of the company that is "
        "switched on.",
    )

    @api.depends("currency_id", *(name for both in LISTED.values() for name in both))
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_listed(self):
        money = self.env["ai.token.usage"]._listed_money()
        for analysis in self:
            own = analysis.currency_id == money.currency
            for name, (counted, usd) in LISTED.items():
                analysis[name] = analysis[counted] if own else analysis[usd] * float(money.rate)

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        name, _, function = aggregate_spec.partition(":")
        if name not in LISTED or function != "sum":
            return super()._read_group_select(aggregate_spec, query)
        money = self.env["ai.token.usage"]._listed_money()
        currency, counted, usd = (
            self._field_to_sql(self._table, column, query)
            for column in ("currency_id", *LISTED[name])
        )
        return SQL(
            "SUM(CASE WHEN %s = %s THEN %s ELSE %s * %s END)",
            currency,
            money.currency.id,
            counted,
            usd,
            money.rate,
        )
