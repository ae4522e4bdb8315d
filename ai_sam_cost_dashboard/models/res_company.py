from decimal import Decimal

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_weekly_digest = fields.Boolean(
        string="Weekly Mail on AI Costs",
        default=True,
        help="On Mondays managers of AI costs get a mail with the past week: spend against the "
        "week before, what drove it, budgets and waste.",
    )
    ai_digest_week = fields.Date(
        string="Last Week Mailed", readonly=True, help="First day of the week mailed last."
    )
    ai_report_day = fields.Date(
        string="Last Day Mailed", readonly=True, help="The day that was mailed last."
    )

    def _ai_about(self, usd):
        """Return what an amount in USD is in the company's currency today, in words; False where
        that is USD, or there is none."""
        company = (self or self.env.company).sudo()
        currency_id, rate = company._ai_usd_rate(company._ai_local_date())
        currency = self.env["res.currency"].browse(currency_id).sudo()
        if not usd or currency.name == "USD":
            return False
        own = Decimal(repr(usd)) * rate
        return self.env._("about %s today", currency._ai_text(round(own, 9)))
