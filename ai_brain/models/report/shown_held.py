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
            own = row.get("currency_id") == money.currency.id
            worth[call] = float(row["currency_rate"] if own else money.rate)
        return worth

    @api.model
    def _shown_worth_sql(self, query):
        money, row = self.env["ai.token.usage"]._listed_money(), SQL.identifier(self._table, "row")
        return SQL(
            "CASE WHEN (%(row)s ->> 'currency_id')::int = %(own)s"
            " THEN (%(row)s ->> 'currency_rate')::numeric ELSE %(rate)s END",
            row=row,
            own=money.currency.id,
            rate=money.rate,
        )
