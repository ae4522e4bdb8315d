from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AiWhatIfPrice(models.Model):
    """A price of a list that is tried out. It has no tiers, hours and regions."""

    _name = "ai.what.if.price"
    _inherit = ["ai.what.if.asked", "ai.price.rates"]
    _description = "AI What If: Price"
    _order = "id"
    _check_company_auto = True

    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        check_company=True,
        ondelete="cascade",
        context={"active_test": False},
        help="Whose price it is.",
    )
    batch_factor = fields.Float(
        digits=0, default=1.0, help="What a call costs in a batch: 0.5 is half price."
    )

    @api.constrains("batch_factor")
    def _check_batch_factor(self):
        if any(not 0 < price.batch_factor <= 1 for price in self):
            raise ValidationError(
                self.env._("The batch factor lies above 0 and is at most 1 (1: no discount).")
            )

    @api.onchange("provider_id")
    def _onchange_provider_id(self):
        """Begin with what holds today."""
        if self.provider_id:
            price = self.provider_id._price_at()
            if price:
                self.update(self._rate_values(price._rates()))
                self.batch_factor = price.batch_factor
