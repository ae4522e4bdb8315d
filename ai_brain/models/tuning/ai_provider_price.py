from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..price.ai_provider_price import UNBILLED

TRAINING = {"training_usd", "training_priced"}
# what training costs is no part of what calls were billed at
UNBILLED |= {*TRAINING, "training_source"}


class AiProviderPrice(models.Model):
    _inherit = "ai.provider.price"

    training_usd = fields.Float(
        "Training",
        digits=0,
        help="USD for a million tokens that the vendor trains a model of your own with: tokens of "
        "the training file times the rounds over it.",
    )
    training_priced = fields.Boolean(
        "Training Is Priced",
        help="Off: what training costs is not known, so no model is tuned at this price. On with "
        "0: it is free.",
    )

    training_source = fields.Char(
        "Source of the Training Price", help="Where the price of training comes from."
    )

    @api.constrains("training_usd")
    def _check_training_usd(self):
        if any(not 0 <= price.training_usd < 10**6 for price in self):
            raise ValidationError(
                self.env._("A price per million tokens lies between 0 and 1,000,000 USD.")
            )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([_with_flag(vals) for vals in vals_list])

    def write(self, vals):
        vals = _with_flag(vals)
        if TRAINING & set(vals):
            self._check_nothing_trained()
        return super().write(vals)

    def _check_nothing_trained(self):
        """What was trained at a price, or is about to be, keeps that price."""
        jobs = self.env["ai.tuning.job"].sudo()
        open_job = [("sent_price_key", "in", self.ids)]
        trained = [("price_id", "in", self.ids), ("kind", "=", "tuning")]
        if jobs.search_count(open_job, limit=1) or self.env["ai.token.usage"].sudo().search_count(
            trained, limit=1
        ):
            raise UserError(
                self.env._(
                    "Training was billed at this price, so it stays as it is. Add a new price with "
                    "the day from which it holds."
                )
            )

    def _training_rate(self):
        """Return USD for a million trained tokens, a Decimal, or None: it is not known."""
        if not self or not self.training_priced:
            return None
        return Decimal(repr(self.training_usd))


def _with_flag(vals):
    """A caller that names the amount and no flag means it, 0 included."""
    if "training_usd" in vals and "training_priced" not in vals:
        amount = vals["training_usd"]
        return {**vals, "training_priced": amount is not None and amount is not False}
    return vals
