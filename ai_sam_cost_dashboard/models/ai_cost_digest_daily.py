from odoo import api, fields, models
from odoo.tools import format_date


class AiCostDigest(models.AbstractModel):
    """The mail each morning: the day before by kind of answer, for managers who chose it [A8]."""

    _inherit = "ai.cost.digest"

    @api.model
    def _cron_send_daily(self):
        """Send what is due, a company at a time; a day is mailed once, whoever runs this."""
        companies = self.env["res.company"].sudo().search([("active", "=", True)], order="id")
        for done, company in enumerate(companies, 1):
            readers = self._recipients(company).filtered("ai_daily_report")
            day = fields.Date.subtract(company._ai_local_date(), days=1)
            if readers and self._claim(company, day, "ai_report_day"):
                self._send_daily(company, readers, day)
            self.env["ir.cron"]._notify_progress(done=done, remaining=len(companies) - done)

    @api.model
    def _send_daily(self, company, readers, day):
        """Queue a mail for each reader, in their language and with what they may see."""
        mails = self.env["mail.mail"].sudo()
        sender = company._ai_sender()
        for user in readers if sender else ():
            report = self._in_tongue_of(user, company)
            body = report._daily_body(company, day)
            if body:
                mails |= mails.create(
                    {
                        "subject": report.env._(
                            "AI costs of %(company)s on %(day)s",
                            company=company.name,
                            day=format_date(report.env, day),
                        ),
                        "body_html": body,
                        "recipient_ids": [fields.Command.link(user.partner_id.id)],
                        "email_from": sender,
                        "auto_delete": True,
                    }
                )
        return mails

    @api.model
    def _daily_body(self, company, day):
        """Return the mail as HTML; empty for a day without calls."""
        of = {"date_from": fields.Date.to_string(day), "company_ids": company.ids}
        analytics = self.env["ai.token.analytics"]
        lines = analytics.get_daily_report(of["date_from"], company_ids=company.ids)
        if not any(line["calls"] or line["cost_usd"] for line in lines):
            return ""
        data = analytics.get_dashboard_data("day", **of)
        return self.env["ir.qweb"]._render(
            "ai_sam_cost_dashboard.daily_mail",
            {
                "company": company.sudo(),
                "day": format_date(self.env, day),
                "lines": lines,
                "totals": data["totals"],
                "money": self._currency_of(data)._ai_text,
                "link": f"{self.get_base_url()}/odoo/ai-costs",
            },
            minimal_qcontext=True,
        )
