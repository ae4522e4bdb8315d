from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .ai_cost_budget import MOST_AMOUNT


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_user_daily_usd = fields.Float(
        string="Each Person a Day (USD)",
        digits=0,
        default=10.0,
        help="The amount that is offered for a budget of each person a day.",
    )
    ai_user_monthly_usd = fields.Float(
        string="Each Person a Month (USD)",
        digits=0,
        default=100.0,
        help="The amount that is offered for a budget of each person a month.",
    )
    ai_user_total_usd = fields.Float(
        string="Each Person in Total (USD)",
        digits=0,
        default=50.0,
        help="The amount that is offered for a budget of each person that never resets.",
    )
    ai_user_request_usd = fields.Float(
        string="A Single Request (USD)",
        digits=0,
        default=0.05,
        help="The amount that is offered for the most that a single request may cost.",
    )
    ai_agent_daily_usd = fields.Float(
        string="Each Agent a Day (USD)",
        digits=0,
        default=2.0,
        help="The amount that is offered for a budget of each agent a day.",
    )
    ai_alert_daily_usd = fields.Float(
        string="Alert: Spend a Day (USD)",
        digits=0,
        default=50.0,
        help="A day that costs more raises an alert. 0: never.",
    )
    ai_alert_record_usd = fields.Float(
        string="Alert: Cost per Lead (USD)",
        digits=0,
        default=0.10,
        help="An average cost per lead of seven days above this raises an alert. 0: never.",
    )
    ai_alert_cache_percent = fields.Float(
        string="Alert: Cache Hit Rate (%)",
        default=20.0,
        help="A lower rate of seven days raises an alert, once a cache is in use. 0: never.",
    )
    ai_alert_success_percent = fields.Float(
        string="Alert: Success Rate (%)",
        default=80.0,
        help="A lower share of answered calls raises an alert. 0: never.",
    )

    @api.constrains(
        "ai_user_daily_usd",
        "ai_user_monthly_usd",
        "ai_user_total_usd",
        "ai_user_request_usd",
        "ai_agent_daily_usd",
        "ai_alert_daily_usd",
        "ai_alert_record_usd",
        "ai_alert_cache_percent",
        "ai_alert_success_percent",
    )
    def _check_ai_budget_settings(self):
        for company in self:
            shares = company.ai_alert_cache_percent, company.ai_alert_success_percent
            if not all(0 <= share <= 100 for share in shares):
                raise ValidationError(self.env._("Rates that raise an alert are 0 to 100 percent."))
            amounts = (
                company.ai_user_daily_usd,
                company.ai_user_monthly_usd,
                company.ai_user_total_usd,
                company.ai_user_request_usd,
                company.ai_agent_daily_usd,
                company.ai_alert_daily_usd,
                company.ai_alert_record_usd,
            )
            if not all(0 <= amount <= MOST_AMOUNT for amount in amounts):
                raise ValidationError(
                    self.env._("Amounts of budgets and alerts lie between 0 and 1,000,000,000,000.")
                )
