from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.ai_brain.engine.price import catalogue


class AiModelWizard(models.TransientModel):
    """Chooses the model of a provider among those that its vendor offers today."""

    _name = "ai.model.wizard"
    _description = "Choose an AI Model of the Vendor"

    provider_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The provider whose model is chosen.",
    )
    choice_ids = fields.One2many(
        "ai.model.choice", "wizard_id", readonly=True, help="What the vendor offers."
    )
    choice_id = fields.Many2one(
        "ai.model.choice",
        "Model",
        domain="[('wizard_id', '=', id)]",
        help="Type a part of the name.",
    )
    offer = fields.Char(compute="_compute_offer", help="How many models the vendor named.")
    price_text = fields.Char(
        "Price Today", compute="_compute_price", help="What the price catalogue knows of it."
    )
    warning = fields.Char(compute="_compute_price", help="What to check after the change.")

    @api.depends("choice_ids")
    def _compute_offer(self):
        for wizard in self:
            wizard.offer = self.env._(
                "Models that %(vendor)s offers: %(count)s",
                vendor=wizard.provider_id.name,
                count=len(wizard.choice_ids),
            )

    @api.depends("choice_id")
    def _compute_price(self):
        for wizard in self:
            price = wizard._catalogue_price()
            wizard.price_text = (
                wizard.provider_id._catalogue_price_text(price)
                if price
                else self.env._("Not in the catalogue: enter it by hand")
            )
            changes = wizard.choice_id and wizard.choice_id.name != wizard.provider_id.model_name
            wizard.warning = (
                self.env._(
                    "The prices of this provider are those of “%s” and stay as they are. For a "
                    "model at another price add a provider of its own.",
                    wizard.provider_id.model_name,
                )
                if changes and wizard.provider_id.price_ids
                else False
            )

    def _catalogue_price(self):
        """Return what the catalogue says of the chosen model's price today, or None."""
        if not self.choice_id:
            return None
        provider = self.provider_id
        found = catalogue.lookup(
            self.choice_id.name, provider.api_format, base_url=provider.base_url or ""
        )
        now = found and found[0].entry.price_at(fields.Datetime.now())
        return now.price if now else None

    def action_choose(self):
        """Write the model's name, and its prices where the provider has none yet."""
        self.ensure_one()
        if not self.choice_id:
            raise UserError(self.env._("Choose a model first."))
        provider = self.provider_id
        provider.model_name = self.choice_id.name
        if not provider.price_ids and self._catalogue_price():
            provider.action_load_catalogue_prices()
        return {"type": "ir.actions.act_window_close"}


class AiModelChoice(models.TransientModel):
    """One model that the vendor offers."""

    _name = "ai.model.choice"
    _description = "AI Model of a Vendor"
    _order = "name"

    wizard_id = fields.Many2one(
        "ai.model.wizard", required=True, ondelete="cascade", help="Where it can be chosen."
    )
    name = fields.Char(required=True, readonly=True, help="The vendor's name of the model.")
