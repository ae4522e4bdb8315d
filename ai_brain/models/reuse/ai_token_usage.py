from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..base.index import add_index
from .big_integer import BigInteger


class AiTokenUsage(models.Model):
    """A call that a kept or shared answer served: which, and by which likeness."""

    _inherit = "ai.token.usage"

    answer_key = fields.Integer(
        "Kept Answer No.", readonly=True, help="The kept answer that served; it may be gone by now."
    )
    answer_match = fields.Selection(
        [("exact", "The same words"), ("same_question", "The same question")],
        "Found By",
        readonly=True,
        help="How like the question was to the one that the answer was given to.",
    )
    asked_hash = BigInteger(readonly=True, help="Digest of the question that was asked.")

    def init(self):
        res = super().init()
        add_index(self, "answer", "answer_key", "answer_key IS NOT NULL")
        return res

    def action_not_what_i_asked(self):
        """Say that the kept answer of one's call answers another question.

        That pair is not served again, to nobody who follows the agent. Ask anew with ``refresh``.

        :raise AccessError: somebody else's call
        :raise UserError: a call that no kept answer served
        """
        self.check_access("read")
        for usage in self.sudo():
            if usage.user_id != self.env.user and not self.env.su:
                raise AccessError(self.env._("Only the person who asked can say that."))
            if not usage.answer_key:
                raise UserError(self.env._("This answer was not a kept one."))
            usage._mark_wrong()
            self.env["ai.answer.review"]._doubt(usage, "not_asked")
        return True

    def _mark_wrong(self):
        judgements = self.env["ai.answer.judgement"].sudo()
        if judgements.search_count([("token_usage_id", "=", self.id)], limit=1):
            return
        answer = self.env["ai.answer"].sudo().browse(self.answer_key).exists()
        if not answer or not self.agent_key:
            return  # gone by now, so it serves nobody
        judgements.create(
            {
                "company_id": self.company_id.id,
                "agent_id": answer.agent_id.id,
                "user_id": self.user_id.id,
                "source": "reader",
                "verdict": "wrong",
                "asked": self.prompt_text or answer.question,
                "kept_question": answer.question,
                "kept_answer": answer.answer,
                "answer_key": answer.id,
                "token_usage_id": self.id,
                "created_at": fields.Datetime.now(),
                "judged_at": fields.Datetime.now(),
                "judge_id": self.env.uid,
                **judgements._of_pair(self.asked_hash, answer.text_hash),
            }
        )._condemn()
