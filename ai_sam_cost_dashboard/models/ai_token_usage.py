from odoo import api, fields, models

from odoo.addons.ai_brain.engine.base.money import format_usd


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    waste_labels = fields.Char(
        "Waste Found", compute="_compute_waste_text", help="The kinds of waste found."
    )
    waste_text = fields.Text(
        "Waste", compute="_compute_waste_text", help="What was wasted, and what to change."
    )

    @api.depends("waste_report", "waste_reason")
    @api.depends_context("lang")
    def _compute_waste_text(self):
        label = self.env["ai.token.analytics"]._waste_label
        for usage in self:
            findings = usage._stored_report()["findings"] if usage.waste_detected else []
            kinds = filter(None, (usage.waste_reason or "").split(", "))
            usage.waste_labels = ", ".join(map(label, kinds))
            usage.waste_text = "\n\n".join(map(usage._finding_text, findings))

    def _finding_text(self, finding):
        lines = [
            self.env._(
                "%(kind)s: %(amount)s",
                kind=self.env["ai.token.analytics"]._waste_label(finding.get("type") or ""),
                amount=format_usd(finding.get("cost_wasted")),
            ),
            finding.get("description"),
            finding.get("recommendation"),
        ]
        return "\n".join(filter(None, lines))
