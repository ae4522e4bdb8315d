from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import sql

from ... import providers
from ...engine.price import pricing
from ...providers import address, errors
from ..base.quick_cache import quick_cache
from ..base.transactions import forget
from . import secret

#: What a stated quality begins with on the form.
FIRST_QUALITY = 80.0
#: The longest vector that is asked for.
MOST_NUMBERS = 65_536


class AiServiceProvider(models.Model):
    """One model at one vendor: where it is, what it can do, what it costs."""

    _name = "ai.service.provider"
    _inherit = ["ai.audited.thread"]
    _description = "AI Provider"
    _order = "sequence, id"
    _check_company_auto = True

    _audit_secrets = ("api_key",)

    name = fields.Char(required=True, help="How people will recognise this model.")
    active = fields.Boolean(default=True, help="Archived providers take no calls.")
    sequence = fields.Integer(default=10, help="The first provider of a task is its default.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="The company that may use it. Empty: every company.",
    )
    api_format = fields.Selection(
        [
            ("openai", "OpenAI and compatible"),
            ("anthropic", "Anthropic"),
            ("gemini", "Google Gemini"),
            ("sandbox", "Sandbox (answers locally, costs nothing real)"),
        ],
        required=True,
        default="openai",
        help="The wire format that the vendor speaks. Most vendors speak OpenAI's.",
    )
    base_url = fields.Char(
        "Base URL",
        help="Address of the vendor's API. Empty: the usual address of the format. Only an "
        "administrator changes it, and doing so clears the key.",
    )
    api_key = fields.Char(
        "API Key",
        compute="_compute_api_key",
        search="_search_api_key",
        readonly=False,
        copy=False,
        groups="base.group_system",
        help="Write-only: a stored key is never shown again. It may also be env:SAM_NAME to be "
        "read from the server's environment at each call; SAM_NAME_HOST there names the host that "
        "may get it.",
    )
    has_api_key = fields.Boolean(
        "Key Is Set", compute="_compute_has_api_key", help="A key is stored for this provider."
    )
    model_name = fields.Char("Model", required=True, help="The vendor's own name of the model.")
    task_type = fields.Selection(
        [
            ("chat", "Chat"),
            ("voice_to_text", "Voice to text"),
            ("text_to_speech", "Text to speech"),
            ("embedding", "Embedding"),
            ("image", "Image"),
            ("other", "Other"),
        ],
        required=True,
        default="chat",
        help="What the model is for. Chat, embeddings and voice to text are served; other tasks "
        "are refused with a message.",
    )
    tier = fields.Selection(
        [("efficient", "Efficient"), ("standard", "Standard"), ("premium", "Premium")],
        required=True,
        default="standard",
        help="How strong, and usually how dear, the model is.",
    )
    is_quality_given = fields.Boolean(
        "State Its Quality",
        help="On: your own figure counts. Off: that of published results for this model, where "
        "there are any.",
    )
    quality_score = fields.Float(
        "Stated Quality (of 100)",
        default=FIRST_QUALITY,
        help="Of 100 ordinary requests so many are answered well, as you state it. Ratings move "
        "it. It counts only where you state it.",
    )
    quality_source = fields.Char(help="Where the stated quality comes from.")
    context_window = fields.Integer(
        help="Most tokens of input and answer together. 0: unknown, not checked."
    )
    max_output_tokens = fields.Integer(help="Most tokens of an answer. 0: unknown, not checked.")
    default_max_tokens = fields.Integer(
        default=1000, help="Most tokens of an answer where a call names no limit."
    )
    vector_length = fields.Integer(
        help="How many numbers a vector of this provider has, where its model lets one choose. "
        "0: the model's own length."
    )
    timeout_s = fields.Float(
        "Timeout (s)", default=60.0, help="Seconds to wait for the vendor's answer."
    )
    supports_tools = fields.Boolean(default=True, help="The model can call tools.")
    enable_cost_optimization = fields.Boolean(
        "Recommend Providers", default=True, help="Look for a better provider before each call."
    )
    auto_switch_provider = fields.Boolean(
        "Switch by Itself",
        help="Send a call to the recommended provider where it is cheaper, or where this one is "
        "not good enough.",
    )
    enable_waste_detection = fields.Boolean(
        "Look for Waste", default=True, help="Analyse each call for tokens that were not needed."
    )
    batch_service = fields.Selection(
        [("vendor", "Where the vendor has one"), ("yes", "At this address"), ("no", "None")],
        required=True,
        default="vendor",
        help="Calls that may wait are sent with the vendor's batch service, most at half the "
        "price. OpenAI, Anthropic and Google have one; choose “At this address” where a gateway of "
        "your own passes it on.",
    )
    fallback_provider_id = fields.Many2one(
        "ai.service.provider",
        check_company=True,
        domain="[('id', '!=', id), ('task_type', '=', task_type)]",
        help="Takes the call if this provider does not answer.",
    )
    price_ids = fields.One2many("ai.provider.price", "provider_id", help="Prices with their dates.")

    def init(self):
        # The key lives in a column that the ORM does not know: no read, search, export or copy.
        if not sql.column_exists(self.env.cr, self._table, secret.COLUMN):
            sql.create_column(self.env.cr, self._table, secret.COLUMN, "varchar")

    def _compute_api_key(self):
        self.api_key = False

    def _search_api_key(self, operator, value):
        raise UserError(self.env._("A key cannot be searched for."))

    def _compute_has_api_key(self):
        stored = secret.stored_ids(self.env.cr, self.ids)
        for provider in self:
            provider.has_api_key = provider._origin.id in stored

    @api.constrains("base_url", "api_format")
    def _check_base_url(self):
        for provider in self.filtered("base_url"):
            try:
                address.check_url(provider.base_url)
            except errors.ProviderError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("model_name", "api_format")
    def _check_model_name(self):
        for provider in self:
            try:
                providers.get_wire(provider.api_format).check_model(provider.model_name)
            except errors.ProviderError as error:
                raise ValidationError(str(error)) from error

    @api.constrains("fallback_provider_id")
    def _check_fallback(self):
        if self._has_cycle("fallback_provider_id"):
            raise ValidationError(self.env._("A provider cannot be its own fallback."))

    @api.constrains(
        "quality_score",
        "timeout_s",
        "default_max_tokens",
        "max_output_tokens",
        "context_window",
        "vector_length",
    )
    def _check_figures(self):
        for provider in self:
            if not 0 <= provider.quality_score <= 100:
                raise ValidationError(self.env._("Quality lies between 0 and 100."))
            if not 0 < provider.timeout_s <= 3600:
                raise ValidationError(self.env._("A timeout lies above 0 and within 3,600 s."))
            if provider.default_max_tokens <= 0:
                raise ValidationError(self.env._("The usual limit of an answer is above 0 tokens."))
            if min(provider.max_output_tokens, provider.context_window) < 0:
                raise ValidationError(self.env._("A number of tokens cannot be below 0."))
            if not 0 <= provider.vector_length <= MOST_NUMBERS:
                raise ValidationError(self.env._("A vector has from 1 to 65,536 numbers."))

    @api.model_create_multi
    def create(self, vals_list):
        keys = [vals.get("api_key") for vals in vals_list]
        clean = [
            self._with_quality_given({k: v for k, v in vals.items() if k != "api_key"})
            for vals in vals_list
        ]
        records = super().create(clean)
        for provider, key in zip(records, keys, strict=True):
            if key:
                provider._set_api_key(key)
        forget(self.env)
        return records

    def write(self, vals):
        vals = self._with_quality_given(vals)
        new_key = vals.pop("api_key", False)
        moved = self._moved_by(vals)
        if moved and not (self.env.su or self.env.user.has_group("base.group_system")):
            raise AccessError(
                self.env._("Only an administrator changes where a provider's calls are sent.")
            )
        res = super().write(vals) if vals else True
        if "company_id" in vals:
            self.check_access("write")  # what belongs to nobody is not everybody's
        if new_key:
            self._set_api_key(new_key)
        elif moved:
            moved._set_api_key(None)
        forget(self.env)
        return res

    def unlink(self):
        forget(self.env)
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        used = self.env["ai.token.usage"].sudo().search([("provider_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "“%s” has calls in the ledger, so it stays for the records. Archive it "
                    "instead.",
                    used.provider_id.name,
                )
            )

    def _moved_by(self, vals):
        """Return the records that ``vals`` sends to another address."""
        moving = {name: vals[name] or False for name in ("base_url", "api_format") if name in vals}
        return self.filtered(lambda p: any(p[name] != value for name, value in moving.items()))

    def _set_api_key(self, key):
        if not (self.env.su or self.env.user.has_group("base.group_system")):
            raise AccessError(self.env._("Only an administrator sets a provider's key."))
        self.flush_recordset()
        had = secret.stored_ids(self.env.cr, self.ids)
        for provider in self:
            provider._audit_secret("api_key", provider.id in had, bool(key))
            secret.store(self.env, provider.id, key)
        self.invalidate_recordset(["api_key", "has_api_key"])

    @api.model
    def _with_quality_given(self, vals):
        """Return a copy of ``vals`` in which a quality that is written counts as stated."""
        given = {"is_quality_given": True} if "quality_score" in vals else {}
        return {**given, **vals}

    def _endpoint(self):
        """Return the ``providers.Endpoint`` of this provider, its key included but not readable."""
        facts = self._facts()
        address = facts.base_url or providers.get_wire(facts.api_format).default_base_url
        return providers.Endpoint(
            api_format=facts.api_format,
            base_url=facts.base_url,
            api_key=secret.load(self.env, self.id, address) or "",
            timeout_s=facts.timeout_s,
            has_batch=facts.has_batch,
        )

    def _billed_prices(self):
        """Return the prices that calls are billed at: of tokens, and for speech by time, which
        come first where both begin on one day; those of images are none."""
        units = (*pricing.BY_TIME, "token") if self.task_type == "voice_to_text" else ("token",)
        found = self.price_ids.filtered(lambda price: price.unit in units and price.active)
        return found.sorted("unit")

    def _price_at(self, when=None):
        """Return the ``ai.provider.price`` that holds at a naive UTC datetime or date (now)."""
        self.ensure_one()
        prices = self.sudo()._billed_prices()
        return pricing.price_at(prices, when or fields.Datetime.now()) or prices.browse()

    def _engine_price(self, when=None):
        """Like :meth:`_price_at`, as (id or None, ``engine.price.pricing.Price`` or None).

        The price has all its hours: ``pricing.cost`` is told when the answer was complete.
        """
        self.ensure_one()
        return self._engine_price_on(fields.Date.to_date(when or fields.Datetime.now()))

    @quick_cache("self.id", "date")
    def _engine_price_on(self, date):
        # Every call needs it and prices hardly change: whoever writes one clears the cache.
        price = self._price_at(date)
        known = price._whole()
        return (price.id if known else None), known

    def action_test_connection(self):
        """Ask the vendor for its models and tell the person what came of it.

        Says so where no key is stored: a server on one's own machine needs none, a vendor does.
        """
        self.ensure_one()
        self.check_access("write")
        try:
            providers.get_wire(self.api_format).test(self._endpoint())
        except errors.ProviderError as error:
            raise self._no_answer(error) from error
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success"
                if self._endpoint().api_key or self._needs_no_key()
                else "warning",
                "title": self.env._("Connection tested"),
                "message": self._tested_text(),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _needs_no_key(self):
        return self.api_format == "sandbox"

    def _tested_text(self):
        if self._needs_no_key():
            return self.env._("“%s” is a sandbox: it answers here, and asks no model.", self.name)
        if self._endpoint().api_key:
            return self.env._("“%s” can be reached and takes the key.", self.name)
        return self.env._(
            "“%s” can be reached, and no key is stored: if it wants one, calls will be refused.",
            self.name,
        )

    def _no_answer(self, error):
        if not self._endpoint().api_key and not self._needs_no_key():
            return UserError(
                self.env._(
                    "“%(name)s” does not answer, and no key is stored. Enter the key, then test "
                    "again. What came back: %(why)s",
                    name=self.name,
                    why=error,
                )
            )
        return UserError(
            self.env._("“%(name)s” does not answer: %(why)s", name=self.name, why=error)
        )

    def action_fetch_models(self):
        """Return the names of the vendor's models, a list of str."""
        self.ensure_one()
        self.check_access("write")
        try:
            return providers.get_wire(self.api_format).list_models(self._endpoint())
        except errors.ProviderError as error:
            raise self._no_answer(error) from error
