from odoo import api, models

from ..tools.own_columns import put_own_first


class AiShownFigures(models.AbstractModel):
    """Views of what a company sees that keeps its books in another currency than USD."""

    _inherit = "ai.shown.figures"

    @api.model
    def _own_currency(self):
        """Return the currency in which the company sees its amounts; USD where it has no rate."""
        return self.env["ai.token.usage"]._listed_money().currency

    @api.model
    def _own_columns(self, _view_type):
        """Return ``{field in USD: field in the company's currency}`` of a view."""
        return {usd: own for own, usd in {**self._shown_money, **self._shown_sums}.items()}

    @api.model
    def _own_text(self, amount):
        """Return an amount in the currency in which the company sees its amounts, as text."""
        return self._own_currency()._ai_text(amount)

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self._own_currency().name)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """Put each amount in the company's currency before the one in USD: the total of a list is
        then what was clicked on the dashboard."""
        arch, view = super()._get_view(view_id, view_type, **options)
        currency = self._own_currency()
        if currency != self.env.ref("base.USD"):
            put_own_first(self, arch, currency)
        return arch, view
