from decimal import Decimal

from odoo import api, fields, models

#: Key of the context: groups by waste and by addon are named in words.
WASTE_WORDS = "ai_waste_words"


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    waste_labels = fields.Char(
        "Waste Found", compute="_compute_waste_text", help="The kinds of waste found."
    )
    waste_text = fields.Text(
        "Waste", compute="_compute_waste_text", help="What was wasted, and what to change."
    )

    module_name = fields.Char(
        "Addon's Name", compute="_compute_module_name", help="What the addon is called."
    )
    latency_text = fields.Char(
        "Latency", compute="_compute_latency_text", help="Time to the complete answer."
    )

    arithmetic = fields.Html(
        "How the Cost Came About",
        compute="_compute_arithmetic",
        sanitize=False,
        help="Tokens times rates, the price they are from, who decided, and what each step did.",
    )

    @api.depends("module")
    @api.depends_context("lang")
    def _compute_module_name(self):
        names = self.env["ir.module.module"]._ai_names()
        for usage in self:
            usage.module_name = names.get(usage.module) or usage.module

    @api.depends("latency_ms")
    @api.depends_context("lang")
    def _compute_latency_text(self):
        for usage in self:
            usage.latency_text = usage._seconds_text(usage.latency_ms)

    @api.depends("cost_usd", "state")
    @api.depends_context("lang", "company")
    def _compute_arithmetic(self):
        currency, worth = self._own_currency(), self._worth_reader()
        usd = self.env["res.currency"]._ai_usd_text
        for usage in self:
            told, rate = usage.get_arithmetic(), Decimal(repr(worth(usage)))
            for line in (told["decided"], *told["steps"]):
                saved = line["saved_usd"]
                line["saved_text"] = saved and currency._ai_text(Decimal(saved) * rate)
                line["saved_in_usd"] = saved and usd(saved)
            own = currency.name != "USD" and currency.name
            if own:
                for line in (*told["terms"], told):
                    amount = Decimal(line["usd" if "usd" in line else "cost_usd"]) * rate
                    line["own_text"] = currency._ai_text(amount)
                    line["own_exact"] = currency._ai_exact_text(amount)
                told["own_rate"] = self.env._(
                    "Converted at %(usd)s = %(own)s.",
                    usd=usd(1),
                    own=currency._ai_exact_text(round(rate, 6)),
                )
            usage.arithmetic = self.env["ir.qweb"]._render(
                "ai_sam_cost_dashboard.call_arithmetic", {"told": told, "own": own}
            )

    @api.depends("waste_report", "waste_reason", "currency_id", "currency_rate")
    @api.depends_context("lang", "company")
    def _compute_waste_text(self):
        label, worth = self.env["ai.token.analytics"]._waste_label, self._worth_reader()
        for usage in self:
            findings = usage._stored_report()["findings"] if usage.waste_detected else []
            kinds = filter(None, (usage.waste_reason or "").split(", "))
            usage.waste_labels = ", ".join(map(label, kinds))
            usage.waste_text = "\n\n".join(
                usage._finding_text(finding, worth(usage)) for finding in findings
            )

    @api.model
    def _read_group_format_result(self, rows_dict, lazy_groupby):
        result = super()._read_group_format_result(rows_dict, lazy_groupby)
        self._head_waste_groups(rows_dict)
        return result

    @api.model
    def _web_read_group_format(self, groupby, aggregates, groups):
        # how Odoo 19 calls the above
        rows = super()._web_read_group_format(groupby, aggregates, groups)
        self._head_waste_groups(rows)
        return rows

    @api.model
    @api.readonly
    def web_read_group(self, *args, **kwargs):
        """The groups of a list, for a person; a program that groups has the codes of waste."""
        named = self.with_context(**{WASTE_WORDS: True})
        return super(AiTokenUsage, named).web_read_group(*args, **kwargs)

    @api.model
    def _head_waste_groups(self, rows):
        """Have groups by waste say what the codes mean, and those by addon what it is called,
        where a person reads them; what one opens is its domain's affair."""
        if not self.env.context.get(WASTE_WORDS):
            return
        label = self.env["ai.token.analytics"]._waste_label
        names = self.env["ir.module.module"]._ai_names()
        for row in rows:
            if row.get("module"):
                row["module"] = names.get(row["module"]) or row["module"]
            if row.get("waste_reason"):
                row["waste_reason"] = ", ".join(map(label, row["waste_reason"].split(", ")))

    def _finding_text(self, finding, worth):
        wasted = finding.get("cost_wasted")
        lines = [
            self.env._(
                "%(kind)s: %(amount)s",
                kind=self.env["ai.token.analytics"]._waste_label(finding.get("type") or ""),
                amount=self._own_currency()._ai_text(None if wasted is None else wasted * worth),
            ),
            finding.get("description"),
            finding.get("recommendation"),
        ]
        return "\n".join(filter(None, lines))
