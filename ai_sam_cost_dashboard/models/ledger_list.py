from odoo import api, models

from ..tools.own_columns import put_own_first

#: Column in USD -> the same amount in the company's currency.
OWN_COLUMNS = {
    "cost_usd": "cost_listed",
    "saved_usd": "saved_company",
    "could_have_saved_usd": "could_have_saved_company",
    "found_usd": "found_company",
}


#: Of these columns those that pivots and graphs measure.
MEASURED = ("cost_usd", "saved_usd", "could_have_saved_usd")


class AiTokenUsage(models.Model):
    """Lists, pivots and graphs of calls in a company that keeps its books in another currency than
    USD."""

    _inherit = "ai.token.usage"

    @api.model
    def _own_currency(self):
        """Return the currency in which the company sees its amounts; USD where it has no rate."""
        return self._listed_money().currency

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
        if currency == self.env.ref("base.USD"):
            return arch, view
        if view_type == "list":
            put_own_first(self, arch, OWN_COLUMNS, currency)
        elif view_type in ("pivot", "graph"):
            measures = {name: OWN_COLUMNS[name] for name in MEASURED}
            put_own_first(self, arch, measures, currency)
        return arch, view
