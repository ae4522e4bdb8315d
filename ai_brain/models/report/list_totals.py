from odoo import api, fields, models
from odoo.tools import SQL

from ..base.arguments import is_id
from . import rollup_schema as schema

#: Key of the context: the kind of waste that a list is about.
WASTE_KIND = "ai_waste_kind"
#: Key of the context: the ISO day of whose rate the figure is that opened a list; today without it.
RATE_DAY = "ai_rate_day"
#: Key of the context: id of the company whose currency a list is in, as that of the figure that
#: opened it; the one that is switched on without it. The web client asks for views with those keys
#: alone that end so, and keeps views by them.
COMPANY = "ai_company_view_ref"
#: Amount in the company's currency -> the ledger's amount in USD that it is of.
IN_COMPANY = {
    "baseline_company": "baseline_cost_usd",
    "saved_company": "saved_usd",
    "could_have_saved_company": "could_have_saved_usd",
}


class AiTokenUsage(models.Model):
    """What lists of calls add up, so that a total is the figure that opened them."""

    _inherit = "ai.token.usage"

    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_in_company",
        help="Cost in the currency of the company that is switched on: as it was counted that day, "
        "converted where it was counted in another currency.",
    )
    baseline_company = fields.Float(
        "Baseline (Company Currency)",
        digits=0,
        compute="_compute_in_company",
        help="What the provider asked for would have charged, in the company's currency at that "
        "day's rate.",
    )
    saved_company = fields.Float(
        "Saved (Company Currency)",
        digits=0,
        compute="_compute_in_company",
        help="What was saved, in the company's currency at that day's rate.",
    )
    could_have_saved_company = fields.Float(
        "Could Have Saved (Company Currency)",
        digits=0,
        compute="_compute_in_company",
        help="Money in the tokens that were not needed, in the company's currency at that day's "
        "rate.",
    )

    found_usd = fields.Float(
        "Of This Kind (USD)",
        digits=0,
        compute="_compute_found",
        help="What of the waste is of the kind that the list is about.",
    )
    found_company = fields.Float(
        "Of This Kind (Company Currency)",
        digits=0,
        compute="_compute_found",
        help="What of the waste is of the kind that the list is about, in the company's currency.",
    )

    @api.depends("waste_report", "currency_id", "currency_rate")
    @api.depends_context("company", WASTE_KIND, RATE_DAY, COMPANY)
    def _compute_found(self):
        kind, worth = self._waste_kind(), self._worth_reader()
        for usage in self:
            findings = (usage.waste_report or {}).get("findings") or []
            usage.found_usd = sum(
                one.get("cost_wasted") or 0 for one in findings if one.get("type") == kind
            )
            usage.found_company = usage.found_usd * worth(usage)

    def _waste_kind(self):
        kind = self.env.context.get(WASTE_KIND)
        return kind if isinstance(kind, str) and kind.isidentifier() else ""

    @api.depends("currency_id", "currency_rate", "cost_usd", "cost_company", *IN_COMPANY.values())
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_in_company(self):
        worth, money = self._worth_reader(), self._listed_money()
        for usage in self:
            rate = worth(usage)
            own = usage.currency_id in (money.currency, self.env["res.currency"])
            usage.cost_listed = usage.cost_company if own else usage.cost_usd * rate
            for name, usd in IN_COMPANY.items():
                usage[name] = usage[usd] * rate

    @api.model
    def _summed_in_company(self):
        """Return ``{amount in the company's currency: the ledger's in USD}`` that can be summed."""
        return IN_COMPANY

    @api.model
    def _listed_money(self):
        """Return what converts amounts of a list as the figure that opened it was converted: the
        ``money`` of ``ai.token.analytics``, with ``currency`` and ``rate``."""
        company, chosen = self.env.company.sudo(), self.env.context.get(COMPANY)
        if is_id(chosen) and chosen in self.env.companies.ids:
            company = company.browse(chosen)
        try:
            day = fields.Date.to_date(self.env.context.get(RATE_DAY))
        except (TypeError, ValueError):
            day = None
        return self.env["ai.token.analytics"]._money(company, day or company._ai_local_date())

    @api.model
    def _worth_reader(self):
        """Return a function of a row: what 1 USD of it is in the company's currency, at the row's
        own rate where it was counted in that one."""
        money = self._listed_money()
        rate = float(money.rate)

        def worth(usage):
            if usage.currency_id in (money.currency, self.env["res.currency"]):
                return usage.currency_rate or 1.0
            return rate

        return worth

    @api.model
    def _read_group_select(self, aggregate_spec, query):
        """Sum what is not stored by SQL, and take the mean of ratings over ratings: an answer that
        was rated three times counts three times, as in every figure of quality."""

        def column(name):
            return self._field_to_sql(self._table, name, query)

        def own(counted, usd):
            """An amount of a row, converted where it was counted in another currency."""
            money = self._listed_money()
            return SQL(
                "CASE WHEN COALESCE(%s, %s) = %s THEN %s ELSE %s * %s END",
                column("currency_id"),
                money.currency.id,
                money.currency.id,
                counted,
                usd,
                money.rate,
            )

        def as_counted(usd):
            return SQL("%s * COALESCE(%s, 1)", usd, column("currency_rate"))

        name, _, function = aggregate_spec.partition(":")
        if name == "cost_listed" and function == "sum":
            return SQL("SUM(%s)", own(column("cost_company"), column("cost_usd")))
        if name in self._summed_in_company() and function == "sum":
            usd = column(self._summed_in_company()[name])
            return SQL("SUM(%s)", own(as_counted(usd), usd))
        if name in ("found_usd", "found_company") and function == "sum":
            column("waste_report")  # checks the access to it
            found = SQL(
                "(SELECT SUM(%s) FROM jsonb_array_elements(%s) AS f(value)"
                " WHERE f.value ->> 'type' = %s)",
                SQL(schema.FINDING_USD),
                SQL(schema.findings(f'"{self._table}"')),
                self._waste_kind(),
            )
            if name == "found_company":
                found = own(as_counted(found), found)
            return SQL("SUM(%s)", found)
        if aggregate_spec == "quality_score:avg":
            count = column("feedback_count")
            score = column("quality_score")
            return SQL("SUM(%s * %s) / NULLIF(SUM(%s), 0)", score, count, count)
        return super()._read_group_select(aggregate_spec, query)
