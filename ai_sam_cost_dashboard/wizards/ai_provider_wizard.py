from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang

from odoo.addons.ai_brain.engine.price import catalogue


class AiProviderWizard(models.TransientModel):
    """Adds a provider with address, size and dated prices out of the price catalogue: model, key
    and test in one dialog, which then offers a budget.

    The key is kept where every provider's is, with a provider that stays archived until it
    answers, and nowhere else.
    """

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
    needs_address = fields.Boolean(
        compute="_compute_details", help="The vendor has an address for each customer."
    )
    own_address = fields.Char(
        "Your Address",
        compute="_compute_own_address",
        store=True,
        readonly=False,
        help="Where this vendor serves your company.",
    )
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

    api_key = fields.Char(
        "API Key",
        compute="_compute_api_key",
        readonly=False,
        help="The vendor's key. It is kept with the provider and never shown again.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider", readonly=True, ondelete="set null", help="What is being added."
    )
    step = fields.Selection(
        [("model", "Model"), ("budget", "Budget")],
        default="model",
        readonly=True,
        help="How far the dialog is.",
    )
    result = fields.Char(readonly=True, help="What came of the test.")
    is_doubtful = fields.Boolean(
        readonly=True, help="The vendor can be reached, and calls may be refused all the same."
    )
    is_added = fields.Boolean(
        "Was Added", readonly=True, help="The provider was switched on: it is no draft any more."
    )
    budget_usd = fields.Float(
        "A Month (USD)",
        digits=0,
        default=lambda self: self.env.company.sudo().ai_user_monthly_usd,
        help="What one person may spend in a month; calls beyond are refused.",
    )
    budget_own = fields.Char(
        "A Month (Company Currency)",
        compute="_compute_budget_own",
        help="The same in the company's currency, at today's rate.",
    )
    has_budget = fields.Boolean(
        compute="_compute_has_budget", help="There is a budget for each person's month already."
    )

    def _compute_api_key(self):
        self.api_key = False

    @api.depends("budget_usd", "company_id")
    @api.depends_context("lang", "company")
    def _compute_budget_own(self):
        for wizard in self:
            company = wizard.company_id or self.env.company
            wizard.budget_own = company._ai_about(wizard.budget_usd)

    @api.depends("step")
    def _compute_has_budget(self):
        offered = self.env["ai.cost.budget"].get_offered_budgets()
        known = {one["code"]: bool(one["budget_id"]) for one in offered}
        self.has_budget = known["person_month"]

    @api.depends("entry_id")
    def _compute_details(self):
        for wizard in self:
            entry = wizard.entry_id._entry()
            wizard.update(wizard._details(entry))

    @api.depends("entry_id")
    def _compute_own_address(self):
        self.own_address = False  # of another vendor: this one's key is not for there

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
            return dict.fromkeys((*empty, "needs_address"), False)
        now = entry.price_at(fields.Datetime.now())
        warnings = [entry.note]
        if entry.deprecated:
            warnings.append(self.env._("The vendor has withdrawn this model or will do so."))
        if not now:
            warnings.append(self.env._("No price holds today: enter one before calls are made."))
        unknown = self.env._("unknown")
        return {
            "address": entry.base_url,
            "needs_address": not entry.base_url,
            "price_text": now and self.env["ai.service.provider"]._catalogue_price_text(now.price),
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

    # ------------------------------------------------------------------
    # The key
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        keys = [vals.get("api_key") for vals in vals_list]
        wizards = super().create(
            [{k: v for k, v in vals.items() if k != "api_key"} for vals in vals_list]
        )
        for wizard, key in zip(wizards, keys, strict=True):
            wizard._keep_key(key)
        return wizards

    def write(self, vals):
        vals = dict(vals)
        key = vals.pop("api_key", None)
        if "entry_id" in vals or "own_address" in vals:
            # another vendor, or address, is not told this one's key
            self._drafts().unlink()
        result = super().write(vals)
        for wizard in self:
            wizard._keep_key(key)
        return result

    def unlink(self):
        drafts = self._drafts()
        result = super().unlink()
        drafts.exists().unlink()
        return result

    def _keep_key(self, key):
        if key and self.entry_id:
            self._draft().api_key = key

    def _drafts(self):
        """Return the providers that were never handed over, nor asked."""
        # one that was added and archived again is the administrator's
        mine = self.filtered(lambda wizard: not wizard.is_added).provider_id
        drafts = mine.filtered(lambda provider: not provider.active)
        groups = (
            self.env["ai.token.usage"]
            .sudo()
            ._read_group([("provider_id", "in", drafts.ids)], ["provider_id"])
        )
        return drafts.filtered(lambda provider: provider not in [asked for (asked,) in groups])

    def _draft(self):
        """Return the provider that is being added, made where there is none, with what is said
        here."""
        entry = self.entry_id._entry()
        if not entry:
            raise UserError(self.env._("Choose a model of the catalogue first."))
        said = {
            "name": self.name or entry.model,
            "tier": self.tier or entry.tier,
            "company_id": self.company_id.id,
        }
        if self.provider_id:
            self.provider_id.write(said)
        else:
            providers = self.env["ai.service.provider"]
            values = {**providers._catalogue_values(entry), **said, "active": False}
            if self.needs_address:
                if not (self.own_address or "").strip():
                    raise UserError(
                        self.env._(
                            "%s has an address for each customer: enter yours, from its page.",
                            entry.vendor_name,
                        )
                    )
                # else it would be the usual address of the format, which is another vendor's
                values["base_url"] = self.own_address.strip()
            self.provider_id = providers.create(values)
        return self.provider_id

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def action_test(self):
        """Ask the vendor; switch the provider on if it answers, else say why here."""
        self.ensure_one()
        provider = self._draft()
        try:
            told = provider.action_test_connection()["params"]
        except UserError as error:
            self.result = str(error)
            return self._shown()
        provider.active = True
        self.write(
            {
                "step": "budget",
                "result": told["message"],
                "is_doubtful": told.get("type") == "warning",
                "is_added": True,
            }
        )
        return self._shown()

    def action_add(self):
        """Create the provider with its prices, untested, and open it."""
        self.ensure_one()
        provider = self._draft()
        provider.active = True
        self.is_added = True
        return self._opened(provider)

    def action_set_budget(self):
        """Limit what each person spends in a month, then show the provider."""
        self.ensure_one()
        budgets = self.env["ai.cost.budget"].with_company(self.company_id or self.env.company)
        budgets.switch_on_offered({"person_month": self.budget_usd})
        return self.action_done()

    def action_done(self):
        """Show the provider that was added."""
        self.ensure_one()
        if not self.provider_id:
            raise UserError(self.env._("Choose a model of the catalogue first."))
        return self._opened(self.provider_id)

    def _shown(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a Provider"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def _opened(self, provider):
        return {
            "type": "ir.actions.act_window",
            "res_model": provider._name,
            "res_id": provider.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
