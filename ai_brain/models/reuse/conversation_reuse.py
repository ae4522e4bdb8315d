from odoo import models
from odoo.exceptions import AccessError, UserError


class AiConversationMessage(models.Model):
    _inherit = "ai.conversation.message"

    def not_what_i_asked(self):
        """Say that a kept answer answers another question: the pair does not serve again, and
        neither the question nor the answer is sent along from now on. Ask anew after it.

        :return: str, the question to ask anew, '' where the company keeps no text
        :raise UserError: it is no kept or shared answer
        """
        self.ensure_one()
        self.check_access("read")
        if self.conversation_id.user_id != self.env.user:
            raise AccessError(self.env._("Only the person who asked can say that."))
        if self.kind not in ("cache", "dedup") or not self.token_usage_id:
            raise UserError(self.env._("This answer was not a kept one."))
        self.env["ai.token.usage"].browse(self.token_usage_id).action_not_what_i_asked()
        question = self.search(
            [
                ("conversation_id", "=", self.conversation_id.id),
                ("id", "<", self.id),
                ("role", "=", "user"),
            ],
            order="id desc",
            limit=1,
        )
        (self | question).sudo().is_set_aside = True
        return question.content or ""
