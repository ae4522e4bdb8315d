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
