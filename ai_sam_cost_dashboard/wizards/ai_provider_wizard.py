from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from odoo.addons.ai_brain.engine.price import catalogue


class AiProviderWizard(models.TransientModel):
    """Adds a provider with address, size and dated prices out of the price catalogue."""

    _name = "ai.provider.wizard"
    _description = "Add an AI Provider from the Price Catalogue"

    entry_id = fields.Many2one(
        "ai.catalogue.entry", "Model", help="Type a vendor or a model, as in: gpt 4o mini"
    )
    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        help="How people will recognise this model.",
    )
    tier = fields.Selection(
        selection=lambda self: self.env["ai.service.provider"]._fields["tier"].selection,
        compute="_compute_tier",
        store=True,
        readonly=False,
        help="How strong, and usually how dear, the model is.",
    )
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        help="The company that may use it. Empty: every company.",
    )
    quality_text = fields.Char(
        "Published Results",
        compute="_compute_details",
        help="Who published results of this model, with the day of the newest.",
    )
    address = fields.Char(compute="_compute_details", help="Where calls will be sent.")
    price_text = fields.Char(
        "Price Today", compute="_compute_details", help="USD for a million tokens."
    )
    size_text = fields.Char(
        "Size", compute="_compute_details", help="Most tokens that it reads and writes."
    )
    source = fields.Char(compute="_compute_details", help="Where the prices come from.")
    warning = fields.Char(compute="_compute_details", help="What to know of this entry.")
    as_of = fields.Date(
        "Catalogue Of",
        default=lambda self: catalogue.as_of(),
        readonly=True,
        help="The day of the catalogue's facts.",
    )

    @api.depends("entry_id")
    def _compute_details(self):
        for wizard in self:
            entry = wizard.entry_id._entry()
            wizard.update(wizard._details(entry))

    @api.depends("entry_id")
    def _compute_name(self):
        for wizard in self:
            wizard.name = wizard.entry_id.name

    @api.depends("entry_id")
    def _compute_tier(self):
        for wizard in self:
            entry = wizard.entry_id._entry()
            wizard.tier = entry.tier if entry else False

    def _details(self, entry):
        if not entry:
            empty = ("address", "price_text", "quality_text", "size_text", "source", "warning")
            return dict.fromkeys(empty, False)
        now = entry.price_at(fields.Datetime.now())
        rates = now.price.rates if now else None
        warnings = [entry.note]
        if entry.deprecated:
            warnings.append(self.env._("The vendor has withdrawn this model or will do so."))
        if not now:
            warnings.append(self.env._("No price holds today: enter one before calls are made."))
        unknown = self.env._("unknown")
        return {
            "address": entry.base_url,
            "price_text": rates and self.env["ai.service.provider"]._catalogue_price_text(rates),
            "quality_text": self.env["ai.service.provider"]._published_text(entry.model),
            "size_text": self.env._(
                "reads %(window)s tokens, writes %(answer)s",
                window=self._number(entry.context_window) or unknown,
                answer=self._number(entry.max_output_tokens) or unknown,
            ),
            "source": entry.source,
            "warning": " ".join(text for text in warnings if text),
        }

    def _number(self, count):
        return formatLang(self.env, count, digits=0) if count else ""

    def action_add(self):
        """Create the provider with its prices and open it, where its key is entered."""
        self.ensure_one()
        entry = self.entry_id._entry()
        if not entry:
            raise UserError(self.env._("Choose a model of the catalogue first."))
        providers = self.env["ai.service.provider"]
        provider = providers.create(
            {
                **providers._catalogue_values(entry),
                "name": self.name or entry.model,
                "tier": self.tier or entry.tier,
                "company_id": self.company_id.id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": provider._name,
            "res_id": provider.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
