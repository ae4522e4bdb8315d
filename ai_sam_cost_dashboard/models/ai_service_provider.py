from odoo import Command, api, fields, models
from odoo.exceptions import UserError

USAGE_DAYS = 30


class AiServiceProvider(models.Model):
    _name = "ai.service.provider"
    _inherit = ["ai.service.provider", "ai.shown.figures"]
    _shown_sums = {"recent_cost_listed": "recent_cost_usd"}
    _shown_seconds = {"typical_latency_s": "typical_latency_ms"}

    typical_latency_s = fields.Float(
        "Typical Time (s)",
        digits=0,
        compute="_compute_shown",
        inverse="_inverse_shown_seconds",
        help="Usual time to a whole answer in seconds, for calls that cannot wait long. 0: "
        "unknown. It counts until the provider's own calls tell.",
    )
    price_text = fields.Char(
        "Price Today",
        compute="_compute_price_text",
        help="What a million tokens cost today: what is read, then what is written. Of speech that "
        "is billed by time: what a minute costs.",
    )
    price_unit = fields.Char(
        "Price Is For", compute="_compute_price_text", help="What today's price is for."
    )
    is_priced = fields.Boolean(
        compute="_compute_price_text", help="A price holds today, so calls can be made."
    )
    recent_cost_usd = fields.Float(
        "Cost of 30 Days (USD)",
        digits=0,
        compute="_compute_recent",
        help="What the calls of the last 30 days cost, as far as you may see them.",
    )
    recent_cost_listed = fields.Float(
        "Cost of 30 Days (Company Currency)",
        digits=0,
        compute="_compute_recent",
        help="The same in the company's currency, at the rates of these days.",
    )
    recent_calls = fields.Integer(
        "Calls of 30 Days",
        compute="_compute_recent",
        help="Calls of the last 30 days, as far as you may see them.",
    )

    cache_effect = fields.Char(
        "Prompt Cache",
        compute="_compute_cache_effect",
        help="What the vendor's prompt cache did in 30 days, writes that nobody read among it.",
    )

    @api.depends_context("company", "lang")
    def _compute_cache_effect(self):
        found = self.env["ai.token.analytics"].get_prompt_cache(USAGE_DAYS)["by_provider"]
        for provider in self:
            provider.cache_effect = self._cache_text(found.get(str(provider._origin.id)))

    @api.model
    def _cache_text(self, row):
        """Return a row of ``get_prompt_cache`` in words."""
        if not row:
            return self.env._("Nothing was read from a prompt cache, or written to one.")
        read, written = (f"{row[name]:,}" for name in ("read_tokens", "written_tokens"))
        return self.env._(
            "Tokens read: %(read)s, written: %(written)s; saved %(saved)s; %(wasted)s was "
            "lost on writes that nobody read.",
            read=read,
            written=written,
            saved=self._own_text(row["saved_company"]),
            wasted=self._own_text(row["wasted_company"]),
        )

    @api.depends("price_ids")
    def _compute_price_text(self):
        for provider in self:
            price = provider._price_at() if provider.id else None
            provider.is_priced = bool(price)
            provider.price_unit = price.unit if price else False
            provider.price_text = provider._words_of(price) if price else self.env._("No price")

    def _words_of(self, price):
        """Return a price in a few words: by the minute, or what is read and what is written."""
        sold = price._whole()
        if sold and sold.rates.by_time:
            return self._time_price_text(sold.rates, sold.least_seconds)
        if self.task_type == "embedding":
            return self.env._("%s in", self.env["res.currency"]._ai_usd_text(price.input_usd))
        return self.env._(
            "%(input)s in · %(output)s out",
            input=self.env["res.currency"]._ai_usd_text(price.input_usd),
            output=self.env["res.currency"]._ai_usd_text(price.output_usd),
        )

    @api.model
    def _catalogue_price_text(self, price):
        """A price of the catalogue as the wizards show it; an embedding writes nothing."""
        rates = price.rates
        if rates.by_time:
            return self._time_price_text(rates, price.least_seconds)
        return self.env._(
            "%(input)s in · %(output)s out, for a million tokens",
            input=self.env["res.currency"]._ai_usd_text(rates.input),
            output="—"
            if rates.output is None
            else self.env["res.currency"]._ai_usd_text(rates.output),
        )

    def _recent_calls(self):
        """Return the domain of the providers' calls of the last 30 days."""
        today = self.env.company._ai_local_date()
        return [
            ("provider_id", "in", self.ids),
            ("local_date", ">", fields.Date.subtract(today, days=USAGE_DAYS)),
        ]

    @api.depends_context("company")
    def _compute_recent(self):
        groups = self.env["ai.token.usage"]._read_group(
            self._recent_calls(),
            ["provider_id"],
            ["cost_usd:sum", "cost_listed:sum", "call_count:sum"],
        )
        totals = {provider.id: found for provider, *found in groups}
        for provider in self:
            usd, own, calls = totals.get(provider._origin.id, (0.0, 0.0, 0))
            provider.recent_cost_usd, provider.recent_cost_listed = usd, own
            provider.recent_calls = calls

    def action_choose_model(self):
        """Ask the vendor for its models and let the person choose one."""
        names = sorted(set(self.action_fetch_models()))
        if not names:
            raise UserError(self.env._("“%s” names no models. Enter the name by hand.", self.name))
        wizard = self.env["ai.model.wizard"].create(
            {
                "provider_id": self.id,
                "choice_ids": [Command.create({"name": name}) for name in names],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Choose a Model"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_view_usage(self):
        """Open the calls whose cost and number the form shows: of the last 30 days."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ai_sam_cost_dashboard.action_ai_token_usage"
            ),
            "name": self.env._(
                "Calls of %(name)s, last %(days)s days", name=self.name, days=USAGE_DAYS
            ),
            "domain": self._recent_calls(),
            "context": {},
        }
