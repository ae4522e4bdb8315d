from odoo import api, fields, models

from odoo.addons.ai_brain.engine.base.money import format_usd


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    recommendation_text = fields.Text(
        "What to Change",
        compute="_compute_recommendation_text",
        help="One line each, with the money that it would save.",
    )

    @api.depends("recommendations")
    @api.depends_context("lang")
    def _compute_recommendation_text(self):
        for analysis in self:
            lines = [
                self.env._(
                    "%(text)s Saves about %(saving)s a month.",
                    text=one.get("text") or "",
                    saving=format_usd(one.get("saving_usd") or 0),
                )
                for one in analysis.recommendations or []
            ]
            analysis.recommendation_text = "\n".join(lines) or self.env._("Nothing stands out.")

    def action_view_usage(self):
        """Open the calls of the period."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("local_date", ">=", fields.Date.to_string(self.period_start)),
            ("local_date", "<=", fields.Date.to_string(self.period_end)),
        ]
        if self.user_id:
            domain.append(("user_id", "=", self.user_id.id))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ai_sam_cost_dashboard.action_ai_token_usage"
            ),
            "name": self.name,
            "domain": domain,
            "context": {},
        }
