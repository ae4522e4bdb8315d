from odoo import api, fields, models
from odoo.tools import SQL


class AiCostReservation(models.Model):
    """Calls in progress in the company's currency, at the rate at which budgets hold them."""

    _name = "ai.cost.reservation"
    _inherit = ["ai.cost.reservation", "ai.shown.figures"]
    _shown_money = {"amount_listed": "amount_usd"}

    amount_listed = fields.Float(
        "Held (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at the rate at which it is held.",
    )

    def _shown_worth(self):
        """Return ``{call: what 1 USD of it is}``."""
        money = self.env["ai.token.usage"]._listed_money()
        worth = {}
        for call in self:
            row = call.row or {}
            own = row.get("currency_id") == money.currency.id and row.get("currency_rate")
            worth[call] = float(own or money.rate)
        return worth

    @api.model
    def _shown_worth_sql(self, query):
        money, row = self.env["ai.token.usage"]._listed_money(), SQL.identifier(self._table, "row")
        return SQL(
            "COALESCE(CASE WHEN (%(row)s ->> 'currency_id')::int = %(own)s"
            " THEN (%(row)s ->> 'currency_rate')::numeric END, %(rate)s)",
            row=row,
            own=money.currency.id,
            rate=money.rate,
        )
