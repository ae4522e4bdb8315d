from odoo import api, models

from ...engine.base.money import ENGLISH_USD, Manner, exact_usd, format_usd
from .quick_cache import quick_cache
from .transactions import forget
from .wording import usd_manner


class ResCurrency(models.Model):
    """Amounts as a person reads them: one format for mails, screens and refusals."""

    _inherit = "res.currency"

    def write(self, vals):
        res = super().write(vals)
        if {"name", "rounding"} & vals.keys():  # of the other ones Odoo itself forgets what it knew
            forget(self.env)
        return res

    @api.model
    def _ai_usd_text(self, amount):
        """Return an amount in USD in the reader's language; None: a dash."""
        return format_usd(amount, self._ai_manner())

    def _ai_text(self, amount):
        """Return an amount of this currency in the reader's language, however small."""
        self.ensure_one()
        return format_usd(amount, self._ai_own_manner())

    def _ai_exact_text(self, amount):
        """Return an amount of this currency with every digit that it has."""
        self.ensure_one()
        return exact_usd(amount, self._ai_own_manner())

    def _ai_own_manner(self):
        """Return how this currency is written in the reader's language."""
        manner = self._ai_manner()
        name, symbol, is_before, decimals = self._ai_signs(self.id)
        if name == "USD":
            return manner
        # another dollar is not taken for one of the United States
        symbol = name if symbol in (False, "", "$") else symbol
        return Manner(
            manner.decimal,
            manner.thousands,
            f"{symbol}\u00a0" if is_before else "",
            f"\u00a0{symbol}" if not is_before else "",
            decimals,
        )

    @api.model
    @quick_cache("currency_id")
    def _ai_signs(self, currency_id):
        # as Odoo, which keeps the same of its currencies in the same cache
        one = self.browse(currency_id).sudo()
        return one.name, one.symbol, one.position == "before", one.decimal_places

    @api.model
    def _ai_manner(self):
        code = self.env.lang
        if not code or code == "en_US":
            return ENGLISH_USD
        lang = self.env["res.lang"]._get_data(code=code)
        return usd_manner(lang) if lang else ENGLISH_USD
