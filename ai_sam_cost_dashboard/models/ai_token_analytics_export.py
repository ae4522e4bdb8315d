from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..tools import breakdown_file

ARGUMENTS = ("period_type", "date_from", "date_to")


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    @api.model
    def export_breakdown(self, file_format, arguments):
        """Return (file name, content type, bytes) of a cost breakdown.

        :param str file_format: csv or xlsx
        :param dict arguments: of :meth:`get_cost_breakdown`; empty values are left out
        :raise UserError: another format, or arguments that cannot be
        """
        if file_format not in ("csv", "xlsx"):
            raise UserError(self.env._("A breakdown is exported as csv or xlsx."))
        arguments = {name: value for name, value in arguments.items() if value is not None}
        breakdown = self.get_cost_breakdown(**arguments)
        customers = self.get_customer_breakdown(**arguments)["rows"]
        breakdown["by_customer"] = {row["key"]: row for row in customers}
        titles = self._export_titles()
        header = self._export_header(arguments)
        steps = self._export_steps(arguments)
        days = breakdown["period"]
        name = f"ai_costs_{days['date_from']}_{days['date_to']}.{file_format}"
        if file_format == "csv":
            made = self._export_made()
            content = breakdown_file.to_csv(breakdown, titles, header, made, steps)
            return name, "text/csv; charset=utf-8", content
        note = self._export_company(arguments)._ai_rate_note()
        content = breakdown_file.to_xlsx(
            breakdown, titles, header, self._export_summary(breakdown, note), steps
        )
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return name, kind, content

    def _export_steps(self, arguments):
        """Return (title, lines): the period before, and each step from it to the total."""
        bridge = self.get_cost_bridge(**arguments)
        start = {"label": self.env._("Period Before (USD)"), **bridge["start"]}
        return self.env._("Why It Changed"), [
            (line["label"], format(Decimal(line["usd_exact"]), "f"), line["company"])
            for line in (start, *bridge["steps"])
        ]

    def _export_titles(self):
        return {
            "by_module": self.env._("Addon"),
            "by_context": self.env._("Context"),
            "by_user": self.env._("User"),
            "by_provider": self.env._("Provider"),
            "by_model": self.env._("Model"),
            "by_agent": self.env._("Agent"),
            "by_kind": self.env._("Kind"),
            "by_task": self.env._("Task"),
            "by_key": self.env._("Endpoint Key"),
            "by_session": self.env._("Session"),
            "by_customer": self.env._("Customer"),
            "by_lead": self.env._("Record"),
        }

    def _export_header(self, arguments):
        company = self._export_company(arguments)
        currency_id, _rate = company._ai_usd_rate(company._ai_local_date())
        name = self.env["res.currency"].browse(currency_id).sudo().name
        own = [
            self.env._("Cost in Company Currency (%s)", name),
            self.env._("Period Before in Company Currency (%s)", name),
            self.env._("Change in Company Currency (%s)", name),
        ]
        if company._ai_rate_note():
            name = company.sudo().currency_id.name
            own = [
                self.env._("Cost in USD, as there is no rate of %s", name),
                self.env._("Period Before in USD, as there is no rate of %s", name),
                self.env._("Change in USD, as there is no rate of %s", name),
            ]
        return [
            self.env._("Breakdown"),
            self.env._("Name"),
            self.env._("Cost (USD)"),
            own[0],
            self.env._("Calls"),
            self.env._("Share (%)"),
            self.env._("Period Before (USD)"),
            *own[1:],
            self.env._("Change (%)"),
        ]

    def _export_company(self, arguments):
        filters = {k: v for k, v in arguments.items() if k not in ARGUMENTS}
        return self._company_of(self._reader(filters))

    def _export_made(self):
        """Return (label, moment) of when the figures were read, in the reader's time zone."""
        tz = self.env.user.tz or "UTC"
        moment = format_datetime(self.env, fields.Datetime.now(), tz=tz)
        return self.env._("Made on"), f"{moment} ({tz})"

    def _export_summary(self, breakdown, note):
        period, before = breakdown["period"], breakdown["previous"]
        rows = [
            (self.env._("Report"), self.env._("AI Costs")),
            (self.env._("From"), period["date_from"]),
            (self.env._("To"), period["date_to"]),
            (self.env._("Cost (USD)"), breakdown["total_cost"]),
            (self.env._("Calls"), breakdown["calls"]),
            (self.env._("Compared with"), f"{before['date_from']} – {before['date_to']}"),
            (self.env._("Period Before (USD)"), breakdown["total"]["previous_usd"]),
            self._export_made(),
        ]
        return [*rows, (self.env._("Currency"), note)] if note else rows
