from odoo import api, fields, models
from odoo.tools import SQL

#: Sum of what is shown -> the same as the calls were counted.
COUNTED = {"now_listed:sum": "now_company", "then_listed:sum": "then_company"}
WHERE_SHOWN = (
    "In the currency of the company that is switched on: as the calls were counted, or at "
    "the rate of the last day where that was in another one."
)


class AiNowThen(models.AbstractModel):
    """What calls cost and what they would have: a what-if, and each line of its result.

    A model has ``now_usd``, ``then_usd``, and the same as the calls were counted, ``now_company``
    and ``then_company``, in the currency at the end of :attr:`_counted_in`.
    """

    _name = "ai.now.then"
    _inherit = "ai.shown.figures"
    _description = "AI Cost Now and Then"
    _shown_money = {
        "now_listed": "now_usd",
        "then_listed": "then_usd",
        "change_listed": "change_usd",
    }
    #: Path to the currency of the amounts as they were counted.
    _counted_in = "currency_id"

    change_usd = fields.Float(
        "Difference (USD)", compute="_compute_change", digits=0, help="Then less now."
    )
    now_listed = fields.Float(
        "Now (Company Currency)", digits=0, compute="_compute_shown", help=WHERE_SHOWN
    )
    then_listed = fields.Float(
        "Then (Company Currency)", digits=0, compute="_compute_shown", help=WHERE_SHOWN
    )
    change_listed = fields.Float(
        "Difference (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="Then less now, in the currency of the company that is switched on.",
    )

    @api.depends("now_usd", "then_usd")
    def _compute_change(self):
        for one in self:
            one.change_usd = one.then_usd - one.now_usd

    @api.depends(lambda self: ("now_company", "then_company", self._counted_in))
    def _compute_shown(self):
        """Amounts as the calls were counted, where that was in the currency that is shown."""
        res = super()._compute_shown()
        shown = self.env["ai.token.usage"]._listed_money().currency
        for one in self.filtered(lambda one: one.mapped(self._counted_in) == shown):
            one.now_listed, one.then_listed = one.now_company, one.then_company
            one.change_listed = one.then_company - one.now_company
        return res

    @api.model
    def _counted_in_sql(self, query):
        """Return the SQL of the id of that currency."""
        return self._field_to_sql(self._table, self._counted_in, query)

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        if aggregate_spec not in COUNTED:
            return super()._read_group_select(aggregate_spec, query)
        own = COUNTED[aggregate_spec]
        return SQL(
            "SUM(CASE WHEN %s = %s THEN %s ELSE %s * %s END)",
            self._counted_in_sql(query),
            self.env["ai.token.usage"]._listed_money().currency.id,
            self._field_to_sql(self._table, own, query),
            self._field_to_sql(self._table, own.replace("_company", "_usd"), query),
            self._shown_worth_sql(query),
        )
