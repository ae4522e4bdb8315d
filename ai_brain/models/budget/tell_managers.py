from odoo import api, models


class AiCostBudget(models.Model):
    """What is told to the people who manage a company's AI costs."""

    _inherit = "ai.cost.budget"

    @api.model
    def _tell_managers(self, company, kind, day, key, message, severity):
        """Notify the company's AI managers, once for a kind, day and key."""
        alert = self.env["ai.cost.alert"]._claim(
            {
                "kind": kind,
                "company_id": company.id,
                "day": day,
                "key": key,
                "message": message,
                "severity": severity,
            }
        )
        if not alert:
            return
        managers = self.env.ref("ai_brain.group_ai_manager").users.filtered(
            lambda u: company in u.company_ids and u.active and u._is_internal()
        )
        sender = managers and company._ai_sender()
        if sender:
            self.env["mail.thread"].message_notify(
                partner_ids=managers.partner_id.ids,
                subject=self.env._("AI costs of %s", company.name),
                email_from=sender,
                body=message,
            )
