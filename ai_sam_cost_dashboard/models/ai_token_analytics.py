from odoo import api, fields, models
from odoo.tools import format_date, format_datetime, formatLang


class AiTokenAnalytics(models.Model):
    _inherit = "ai.token.analytics"

    recommendation_text = fields.Text(
        "What to Change",
        compute="_compute_recommendation_text",
        help="One line each, with the money that it would save.",
    )

    is_open = fields.Boolean(
        compute="_compute_standing", help="The period is not over: these figures will move."
    )
    standing_text = fields.Char(
        "Figures", compute="_compute_standing", help="As of when, and whether they are final."
    )

    @api.depends("period_end", "analyzed_at")
    @api.depends_context("lang", "tz")
    def _compute_standing(self):
        for analysis in self:
            company = analysis.company_id.sudo()
            analysis.is_open = analysis.period_end >= company._ai_local_date()
            moment = format_datetime(self.env, analysis.analyzed_at, tz=self.env.user.tz or "UTC")
            analysis.standing_text = (
                self.env._("As of %s; the period is not over", moment)
                if analysis.is_open
                else self.env._("As of %s", moment)
            )

    seal_text = fields.Text(
        "What the Seal Says",
        compute="_compute_seal_text",
        help="What the last comparison of the ledger with its seal found, in words.",
    )

    @api.depends("seal_state", "differing_days")
    @api.depends_context("lang")
    def _compute_seal_text(self):
        for analysis in self:
            said = analysis._seal_said()
            days = [
                self.env._(
                    "%(day)s: %(sealed)s rows were sealed, %(found)s are there.",
                    day=format_date(self.env, day),
                    sealed=formatLang(self.env, sealed, digits=0),
                    found=formatLang(self.env, found, digits=0),
                )
                for day, sealed, found in analysis.differing_days or []
            ]
            analysis.seal_text = "\n".join([said, *days]) if said else False

    def _seal_said(self):
        said = {
            "sealed": self.env._(
                "The rows of this month are sealed. Write the digest down outside this database; "
                "“Verify” tells whether the ledger still agrees."
            ),
            "agrees": self.env._(
                "The ledger agrees: no amount, count, date or tag of this month was changed, and "
                "no row added or taken away, since it was sealed."
            ),
            "differs": self.env._("The ledger is not as it was sealed. These days differ:"),
            "chain": self.env._(
                "The rows are those of the digests of the days, and the digest of the month, or of "
                "the month before, is another one: somebody changed the seal itself."
            ),
            "columns": self.env._(
                "This month was sealed with columns that the ledger does not have any more, so it "
                "cannot be compared."
            ),
        }
        return said.get(self.seal_state)

    @api.depends("recommendations")
    @api.depends_context("lang", "company")
    def _compute_recommendation_text(self):
        money = self.env["ai.token.usage"]._listed_money()
        for analysis in self:
            lines = [
                self.env._(
                    "%(text)s Saves about %(saving)s a month.",
                    text=one.get("text") or "",
                    saving=money.currency._ai_text(
                        (one.get("saving_usd") or 0) * float(money.rate)
                    ),
                )
                for one in analysis.recommendations or []
            ]
            analysis.recommendation_text = "\n".join(lines) or self.env._("Nothing stands out.")

    def action_view_usage(self):
        """Open the calls of the period; of one that runs, those that its figures are of."""
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("local_date", ">=", fields.Date.to_string(self.period_start)),
            ("local_date", "<=", fields.Date.to_string(self.period_end)),
        ]
        if self.user_id:
            domain.append(("user_id", "=", self.user_id.id))
        if self.is_open:
            domain.append(("create_date", "<=", fields.Datetime.to_string(self.analyzed_at)))
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "ai_sam_cost_dashboard.action_ai_token_usage"
            ),
            "name": self.name,
            "domain": domain,
            "context": {},
        }
