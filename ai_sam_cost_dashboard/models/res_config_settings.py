from odoo import api, fields, models

#: Amounts that are entered in USD, and told in the company's currency beside.
OWN = (
    *("ai_person", "ai_user_daily", "ai_user_monthly", "ai_user_request", "ai_agent_daily"),
    *("ai_user_total", "ai_alert_daily", "ai_alert_record"),
)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    ai_timezone = fields.Selection(related="company_id.ai_timezone", readonly=False)
    ai_text_policy = fields.Selection(related="company_id.ai_text_policy", readonly=False)
    ai_text_retention_days = fields.Integer(
        related="company_id.ai_text_retention_days", readonly=False
    )
    ai_unpriced_policy = fields.Selection(related="company_id.ai_unpriced_policy", readonly=False)
    ai_unknown_length = fields.Selection(related="company_id.ai_unknown_length", readonly=False)
    ai_ceiling_usd = fields.Float(related="company_id.ai_ceiling_usd", readonly=False)
    ai_quality_low = fields.Float(related="company_id.ai_quality_low", readonly=False)
    ai_quality_medium = fields.Float(related="company_id.ai_quality_medium", readonly=False)
    ai_quality_high = fields.Float(related="company_id.ai_quality_high", readonly=False)
    ai_nothing_suits = fields.Selection(related="company_id.ai_nothing_suits", readonly=False)
    ai_lower_max_tokens = fields.Boolean(related="company_id.ai_lower_max_tokens", readonly=False)
    ai_budget_wait_s = fields.Float(related="company_id.ai_budget_wait_s", readonly=False)
    ai_person_usd = fields.Float(related="company_id.ai_person_usd", readonly=False)
    ai_person_calls = fields.Integer(related="company_id.ai_person_calls", readonly=False)
    ai_chats_at_once = fields.Integer(related="company_id.ai_chats_at_once", readonly=False)
    ai_kept_answers = fields.Integer(related="company_id.ai_kept_answers", readonly=False)
    ai_batch_minutes = fields.Integer(related="company_id.ai_batch_minutes", readonly=False)
    ai_batch_requests = fields.Integer(related="company_id.ai_batch_requests", readonly=False)
    ai_batch_unpriced = fields.Selection(related="company_id.ai_batch_unpriced", readonly=False)
    ai_callback_jobs = fields.Boolean(related="company_id.ai_callback_jobs", readonly=False)
    ai_has_job_queue = fields.Boolean("Job Queue Installed", compute="_compute_ai_has_job_queue")
    ai_user_daily_usd = fields.Float(related="company_id.ai_user_daily_usd", readonly=False)
    ai_user_monthly_usd = fields.Float(related="company_id.ai_user_monthly_usd", readonly=False)
    ai_user_request_usd = fields.Float(related="company_id.ai_user_request_usd", readonly=False)
    ai_user_total_usd = fields.Float(related="company_id.ai_user_total_usd", readonly=False)
    ai_agent_daily_usd = fields.Float(related="company_id.ai_agent_daily_usd", readonly=False)
    ai_alert_daily_usd = fields.Float(related="company_id.ai_alert_daily_usd", readonly=False)
    ai_alert_record_usd = fields.Float(related="company_id.ai_alert_record_usd", readonly=False)
    ai_alert_cache_percent = fields.Float(
        related="company_id.ai_alert_cache_percent", readonly=False
    )
    ai_alert_success_percent = fields.Float(
        related="company_id.ai_alert_success_percent", readonly=False
    )
    ai_alert_latency_s = fields.Float(related="company_id.ai_alert_latency_s", readonly=False)
    ai_text_generator = fields.Boolean(related="company_id.ai_text_generator", readonly=False)
    ai_ledger_tools = fields.Boolean(related="company_id.ai_ledger_tools", readonly=False)
    ai_weekly_digest = fields.Boolean(related="company_id.ai_weekly_digest", readonly=False)
    ai_price_refresh = fields.Boolean(
        "Follow the Price List",
        help="Each day, prices that came from the list are compared with it. A price that changed "
        "is added from today on; past costs never change.",
    )
    ai_endpoint = fields.Boolean(
        "Answer Other Programs",
        config_parameter="ai_brain.endpoint",
        help="Programs that speak OpenAI's or Anthropic's format may call models here, each with a "
        "key that you make. Without one, or where this is off, there is nothing at that address.",
    )
    ai_price_list_url = fields.Char(
        "Address of the List",
        config_parameter="ai_brain.price_list_url",
        help="Where a newer list in the form of the shipped price_catalogue.json is kept. Empty: "
        "the list that came with the addon, which gets newer as the addon is updated.",
    )

    ai_person_own = fields.Char(
        "Held by One Person at Once (Company Currency)", compute="_compute_ai_own"
    )
    ai_user_daily_own = fields.Char(
        "Each Person a Day (Company Currency)", compute="_compute_ai_own"
    )
    ai_user_monthly_own = fields.Char(
        "Each Person a Month (Company Currency)", compute="_compute_ai_own"
    )
    ai_user_request_own = fields.Char(
        "A Single Request (Company Currency)", compute="_compute_ai_own"
    )
    ai_agent_daily_own = fields.Char(
        "Each Agent a Day (Company Currency)", compute="_compute_ai_own"
    )
    ai_user_total_own = fields.Char(
        "Each Person in Total (Company Currency)", compute="_compute_ai_own"
    )
    ai_alert_daily_own = fields.Char(
        "Alert: Spend a Day (Company Currency)", compute="_compute_ai_own"
    )
    ai_alert_record_own = fields.Char(
        "Alert: Cost per Lead (Company Currency)", compute="_compute_ai_own"
    )

    @api.depends("company_id", *(f"{name}_usd" for name in OWN))
    @api.depends_context("lang")
    def _compute_ai_own(self):
        for one in self:
            for name in OWN:
                one[f"{name}_own"] = one.company_id._ai_about(one[f"{name}_usd"])

    def _compute_ai_has_job_queue(self):
        self.ai_has_job_queue = "queue.job" in self.env

    @api.model
    def get_values(self):
        return {**super().get_values(), "ai_price_refresh": self._ai_price_cron().active}

    def set_values(self):
        result = super().set_values()
        cron = self._ai_price_cron()
        if cron.active != self.ai_price_refresh:
            cron.active = self.ai_price_refresh
        return result

    @api.model
    def _ai_price_cron(self):
        found = self.env.ref("ai_brain.ir_cron_refresh_prices", raise_if_not_found=False)
        return (found or self.env["ir.cron"]).sudo()
