from psycopg2.extras import Json

from odoo import api, models

from ..base.wording import in_each_language


class AiCostBudget(models.Model):
    """What is told to the people who manage a company's AI costs."""

    _inherit = "ai.cost.budget"

    @api.model
    def _tell_managers(self, company, kind, day, key, words, severity):
        """Notify the company's AI managers, once for a kind, day and key.

        :param words: function that returns the message, in the language of the record that it is
            called with; or a text, which is the same for everybody
        """
        message = words if callable(words) else lambda _on: words
        alert = self.env["ai.cost.alert"]._claim(
            {
                "kind": kind,
                "company_id": company.id,
                "day": day,
                "key": key,
                "message": Json(in_each_language(self, message)),
                "severity": severity,
            }
        )
        if not alert:
            return
        managers = self.env.ref("ai_brain.group_ai_manager").users.filtered(
            lambda u: company in u.company_ids and u.active and u._is_internal()
        )
        sender = managers and company._ai_sender()
        for lang, readers in managers.grouped("lang").items() if sender else ():
            to = self.with_context(lang=lang)
            to.env["mail.thread"].message_notify(
                partner_ids=readers.partner_id.ids,
                subject=to.env._("AI costs of %s", company.name),
                email_from=sender,
                body=message(to),
            )
