from odoo import api, fields, models
from odoo.tools import format_date

from ...engine.budget import anomaly
from ..base.wording import reader_in

#: Below this (USD a day) no spend is unusual enough to disturb a person.
LEAST_UNUSUAL_USD = 1.0


class AiCostBudget(models.Model):
    """Alerts on spend that departs from its own history."""

    _inherit = "ai.cost.budget"

    @api.model
    def _cron_daily_check(self):
        """Tell each company's managers of unusual spend of yesterday."""
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            service = (
                self.sudo().with_company(company).with_context(allowed_company_ids=company.ids)
            )
            yesterday = fields.Date.subtract(company._ai_local_date(), days=1)
            for key, words in service._unusual_spend(company, yesterday):
                service._tell_managers(company, "anomaly", yesterday, key, words, "warning")

    @api.model
    def _unusual_spend(self, company, day):
        """Return ``[(key, words)]`` of what departs from its own history on ``day``; words is a
        function of a record in the reader's language.

        Tested are the company's whole spend, which raises about one false alert in 40 days, and
        each user and each module: the more of them, the more each must depart, so that all of them
        together raise as many. However many they are, the company's own burst is told. Each alert
        names what it cost above the usual and the agent, user, module or record it comes from.
        """
        since = fields.Date.subtract(day, days=anomaly.HISTORY_DAYS)
        usage = self.env["ai.token.usage"]
        domain = [
            ("company_id", "=", company.id),
            ("local_date", ">=", since),
            ("local_date", "<=", day),
        ]
        series = {}
        for dimension in (None, "user_id", "module"):
            groupby = ["local_date:day", *([dimension] if dimension else [])]
            for found in usage._read_group(domain, groupby, ["cost_usd:sum"]):
                what = found[1] if dimension else company
                if what:
                    label = what if isinstance(what, str) else what.display_name
                    key = f"{dimension or 'company'}:{what if isinstance(what, str) else what.id}"
                    series.setdefault((key, label), {})[found[0]] = found[-1]
        unusual = []
        for (key, label), amounts in series.items():
            found = anomaly.spend_anomaly(
                amounts,
                day,
                amounts.get(day, 0.0),
                series=1 if key.startswith("company:") else len(series) - 1,
                least_amount=LEAST_UNUSUAL_USD,
            )
            if found:
                cause = self._cause_of(key, domain, day, amounts)
                unusual.append((key, _words(key, label, company, day, found, cause)))
        return unusual

    def _cause_of(self, key, domain, day, amounts):
        dimension, _sep, value = key.partition(":")
        if dimension == "company":
            return self._spend_cause(domain, day, amounts)
        value = int(value) if dimension == "user_id" else value
        apart = {"user_id": "user", "module": "module"}[dimension]
        return self._spend_cause([*domain, (dimension, "=", value)], day, amounts, {apart})


def _words(key, label, company, day, found, cause):
    is_addon = key.startswith("module:")
    currency_id, rate = company._ai_usd_rate(day)

    def words(on):
        text = reader_in(on.env["res.currency"].sudo().browse(currency_id), rate).usd
        names = on.env["ir.module.module"]._ai_names() if is_addon else {}
        said = on.env._(
            "Unusual AI spend of %(who)s on %(day)s: %(amount)s, where about "
            "%(expected)s is usual.",
            who=names.get(label) or label,
            day=format_date(on.env, day),
            amount=text(round(found.amount, 6)),
            expected=text(round(found.expected, 6)),
        )
        return f"{said} {on.env['ai.cost.budget']._cause_words(found, cause, text)}"

    return words
