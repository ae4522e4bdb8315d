from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.index import add_index
from .big_integer import BigInteger


class AiAnswerJudgement(models.Model):
    """Whether a kept answer was right for a question: said by a reader, or by a person who
    compares it with the answer of the same call that was asked all the same.

    A pair of questions that was judged wrong is never served again, in either direction.
    """

    _name = "ai.answer.judgement"
    _description = "AI Judgement on a Kept Answer"
    _order = "id desc"
    _rec_name = "asked"
    _log_access = False

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose call it was."
    )
    agent_id = fields.Many2one(
        "ai.agent", required=True, readonly=True, ondelete="cascade", help="Whose answers."
    )
    user_id = fields.Many2one(
        "res.users", "Person", readonly=True, ondelete="cascade", help="Who asked."
    )
    source = fields.Selection(
        [("reader", "The reader"), ("sample", "A sample")],
        required=True,
        readonly=True,
        help="Said by the person who asked, or drawn to be judged.",
    )
    verdict = fields.Selection(
        [("pending", "To judge"), ("right", "Right"), ("wrong", "Wrong")],
        required=True,
        default="pending",
        readonly=True,
        help="Does the kept answer answer what was asked?",
    )
    asked = fields.Text(readonly=True, help="The question that was asked.")
    kept_question = fields.Text(
        "Answered Before", readonly=True, help="The question that the kept answer was given to."
    )
    kept_answer = fields.Text(readonly=True, help="The answer that was kept.")
    new_answer = fields.Text(readonly=True, help="The answer of the call that was asked again.")
    answer_key = fields.Integer("Kept Answer No.", readonly=True, help="It may be gone by now.")
    token_usage_id = fields.Integer("Call", readonly=True, help="Row of the ledger.")
    created_at = fields.Datetime("Since", required=True, readonly=True, help="When it was drawn.")
    judge_id = fields.Many2one(
        "res.users", "Judged by", readonly=True, ondelete="set null", help="Who judged."
    )
    judged_at = fields.Datetime("Judged", readonly=True, help="When.")
    low_hash = BigInteger(readonly=True, help="Digest of one of the two questions.")
    high_hash = BigInteger(readonly=True, help="Digest of the other one.")

    def init(self):
        res = super().init()
        add_index(self, "pair", "agent_id, low_hash, high_hash", "verdict = 'wrong'")
        return res

    def action_right(self):
        """Say that the kept answers are right."""
        return self._judge("right")

    def action_wrong(self):
        """Say that the kept answers are wrong: they do not serve such a question again."""
        return self._judge("wrong")

    def _judge(self, verdict):
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group("ai_brain.group_ai_manager"):
            raise UserError(self.env._("Managers of AI costs judge kept answers."))
        judged = self.sudo().filtered(lambda one: one.source == "sample")
        judged.write(
            {
                "verdict": verdict,
                "judge_id": self.env.uid,
                "judged_at": fields.Datetime.now(),
            }
        )
        judged._condemn()
        return True

    def _take_back(self):
        """Let them wait again, as if nobody had judged."""
        waiting = self.sudo().filtered(lambda one: one.source == "sample")
        waiting.write({"verdict": "pending", "judge_id": False, "judged_at": False})
        waiting._condemn()

    def _condemn(self):
        """Take an answer out that is wrong for the very words that it was given to."""
        same = self.filtered(lambda one: one.low_hash == one.high_hash and one.answer_key)
        for verdict, found in same.grouped("verdict").items():
            keys = found.mapped("answer_key")
            if verdict != "wrong":  # what somebody else found wrong stays so
                others = self.sudo().search(
                    [
                        ("answer_key", "in", keys),
                        ("verdict", "=", "wrong"),
                        ("id", "not in", found.ids),
                    ]
                )
                keys = [key for key in keys if key not in others.mapped("answer_key")]
            answers = self.env["ai.answer"].sudo().browse(list(keys)).exists()
            answers.write({"is_wrong": verdict == "wrong"})

    @api.model
    def _of_pair(self, asked_hash, kept_hash):
        return {
            "low_hash": min(asked_hash, kept_hash),
            "high_hash": max(asked_hash, kept_hash),
        }
