from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ai_timezone = fields.Selection(related="company_id.ai_timezone", readonly=False)
    ai_text_policy = fields.Selection(related="company_id.ai_text_policy", readonly=False)
    ai_text_retention_days = fields.Integer(
        related="company_id.ai_text_retention_days", readonly=False
    )
    ai_unpriced_policy = fields.Selection(related="company_id.ai_unpriced_policy", readonly=False)
    ai_ceiling_usd = fields.Float(related="company_id.ai_ceiling_usd", readonly=False)
    ai_quality_low = fields.Float(related="company_id.ai_quality_low", readonly=False)
    ai_quality_medium = fields.Float(related="company_id.ai_quality_medium", readonly=False)
    ai_quality_high = fields.Float(related="company_id.ai_quality_high", readonly=False)
    ai_lower_max_tokens = fields.Boolean(related="company_id.ai_lower_max_tokens", readonly=False)
    ai_budget_wait_s = fields.Float(related="company_id.ai_budget_wait_s", readonly=False)
    ai_user_daily_usd = fields.Float(related="company_id.ai_user_daily_usd", readonly=False)
    ai_user_monthly_usd = fields.Float(related="company_id.ai_user_monthly_usd", readonly=False)
    ai_user_request_usd = fields.Float(related="company_id.ai_user_request_usd", readonly=False)
    ai_alert_daily_usd = fields.Float(related="company_id.ai_alert_daily_usd", readonly=False)
    ai_alert_record_usd = fields.Float(related="company_id.ai_alert_record_usd", readonly=False)
    ai_alert_cache_percent = fields.Float(
        related="company_id.ai_alert_cache_percent", readonly=False
    )
    ai_alert_success_percent = fields.Float(
        related="company_id.ai_alert_success_percent", readonly=False
    )
    ai_weekly_digest = fields.Boolean(related="company_id.ai_weekly_digest", readonly=False)
