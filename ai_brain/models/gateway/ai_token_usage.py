from odoo import api, fields, models

from ..base.index import add_index
from ..ledger.loose_links import LOOSE

LOOSE["gateway_key_id"] = ("gateway_key", "ai.gateway.key")


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    gateway_key = fields.Integer(
        readonly=True, help="Number of the endpoint's key that the call came with."
    )
    gateway_key_id = fields.Many2one(
        "ai.gateway.key",
        "Endpoint Key",
        compute="_compute_gateway_key_id",
        search="_search_gateway_key_id",
        help="The endpoint's key that the call came with; empty once it was deleted.",
    )

    def init(self):
        res = super().init()
        keyed = "gateway_key IS NOT NULL"
        add_index(self, "gateway_key", "gateway_key, local_date", keyed)
        # whether there is any in a period, of a company or of a person there: one look each
        add_index(self, "keyed_day", "company_id, local_date", keyed)
        add_index(self, "keyed_user_day", "company_id, user_id, local_date", keyed)
        return res

    @api.depends("gateway_key")
    def _compute_gateway_key_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        there = self.env["ai.gateway.key"].browse({row.gateway_key for row in self} - {0}).exists()
        for row in self:
            row.gateway_key_id = row.gateway_key if row.gateway_key in there._ids else False

    @api.model
    def _search_gateway_key_id(self, operator, value):
        return self._search_loose("gateway_key_id", operator, value)
