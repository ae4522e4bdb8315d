from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ..base.arguments import is_id
from ..base.index import add_index

#: Characters of a text that are shown; the call's form has all that is kept.
MOST_SHOWN = 20_000
#: Answers that one person passed over and is not offered again.
MOST_PASSED = 500
#: Verdicts on one answer.
MOST_VERDICTS = 2
SCORES = {"right": 100.0, "wrong": 0.0}


class AiAnswerReview(models.Model):
    """An answer that waits for a person, or was judged. The texts stay in the ledger alone, so
    they go when it clears them; then what waits goes too, and what was judged stays as a count."""

    _name = "ai.answer.review"
    _description = "AI Answer to Review"
    _inherit = ["ai.ledger.fold"]
    _order = "id desc"
    _rec_name = "token_usage_id"
    _log_access = False

    token_usage_id = fields.Integer(
        "Call", required=True, readonly=True, help="Row of the ledger that holds the answer."
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose call it was."
    )
    agent_id = fields.Many2one(
        "ai.agent", readonly=True, ondelete="set null", help="Whose policy the call followed."
    )
    provider_id = fields.Many2one(
        "ai.service.provider", readonly=True, ondelete="set null", help="Who answered."
    )
    model_name = fields.Char("Model", readonly=True, help="The model as the vendor names it.")
    user_id = fields.Many2one(
        "res.users", "Asked By", readonly=True, ondelete="set null", help="Who made the call."
    )
    local_date = fields.Date("Day", required=True, readonly=True, help="Day of the call.")
    reason = fields.Selection(
        [
            ("sample", "Drawn"),
            ("not_asked", "Not what was asked"),
            ("rating", "Low rating"),
            ("figures", "Unsupported figures"),
        ],
        required=True,
        readonly=True,
        help="Why it is reviewed: drawn by chance, or doubted.",
    )
    people = fields.Integer(
        required=True,
        readonly=True,
        default=1,
        help="How many people judge it: one in five has two.",
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("second", "Waits for a Second"), ("done", "Judged")],
        required=True,
        readonly=True,
        default="waiting",
        help="How far it is.",
    )
    created_at = fields.Datetime("Since", required=True, readonly=True, help="When it came here.")
    verdict_ids = fields.One2many(
        "ai.answer.review.verdict", "review_id", "Verdicts", readonly=True, help="Who said what."
    )
    verdict = fields.Selection(
        [("right", "Right"), ("wrong", "Wrong"), ("split", "Two opinions")],
        compute="_compute_verdict",
        help="What was said of it.",
    )

    _sql_constraints = [
        ("once", "unique(token_usage_id)", "This answer is reviewed already."),
    ]

    def init(self):
        add_index(self, "open", "company_id, state", "state != 'done'")
        add_index(self, "day", "company_id, local_date")

    @api.depends("verdict_ids.verdict")
    def _compute_verdict(self):
        for review in self:
            said = {*review.verdict_ids.mapped("verdict")}
            review.verdict = "split" if len(said) > 1 else said.pop() if said else False

    # ------------------------------------------------------------------
    # What a reviewer asks for
    # ------------------------------------------------------------------

    @api.model
    def get_review(self, passed=()):
        """Return the next answer for the current user to judge.

        :param list passed: ``[kind, id]`` of what he left for later
        :return: ``{"item": None or {...}, "waiting": int, "second": int}``; ``waiting`` counts
            what he may judge, the item included, ``second`` what waits for somebody else. An item:
            ``{"kind": "answer" or "kept", "id", "reason", "agent", "model", "user", "date" (day),
            "question", "answer", "cut" (an excerpt alone was kept), "ratings" ([{"score" (0 to
            100), "source"}] of readers and addons), "token_usage_id", "kept_question",
            "kept_answer" (of a ``kept`` one: would this have been right?)}``
        :raise AccessError: the user is no manager of AI costs
        """
        self._check_reviewer()
        passed = self._clean_passed(passed)
        kept = self._kept_waiting()
        mine = self._mine()
        item = self._next(mine, passed["answer"])
        if not item:
            left = kept.filtered(lambda one: one.id not in passed["kept"])[:1]
            item = (left and self._kept_item(left)) or None
        second = [
            ("state", "=", "second"),
            ("verdict_ids", "any", [("user_id", "=", self.env.uid)]),
        ]
        return {
            "item": item,
            "waiting": self._count_readable(mine) + len(kept),
            "second": self.search_count(second),
        }

    @api.model
    def judge(self, kind, number, verdict, passed=()):
        """Say that an answer is right or wrong; return the next one, like :meth:`get_review`.

        It is the current user's rating of the call (100 or 0) and may be taken back.

        :param str kind: ``answer`` or ``kept``, as the item said
        :param int number: id of the item
        :param str verdict: ``right`` or ``wrong``
        :raise AccessError: no manager of AI costs, or an answer that he may not read
        :raise UserError: no such verdict or item
        """
        self._check_reviewer()
        if verdict not in SCORES:
            raise UserError(self.env._("An answer is right or wrong."))
        record = self._item(kind, number)
        if kind == "kept":
            record._judge(verdict)
        else:
            record._give(verdict)
        return self.get_review(passed)

    @api.model
    def undo(self, kind, number):
        """Take the current user's verdict back; return that item, like :meth:`get_review`."""
        self._check_reviewer()
        record = self._item(kind, number)
        if kind == "kept":
            if record.judge_id == self.env.user:
                record._take_back()
            item = self._kept_item(record)
        else:
            record._take_back()
            item = record._answer_item(record._usage())
        return {**self.get_review(), "item": item}

    # ------------------------------------------------------------------

    @api.model
    def _check_reviewer(self):
        if not self.env.user.has_group("ai_brain.group_ai_manager"):
            raise AccessError(self.env._("Managers of AI costs review answers."))

    @api.model
    def _clean_passed(self, passed):
        found = {"answer": [], "kept": []}
        pairs = list(passed)[-MOST_PASSED:] if isinstance(passed, list | tuple) else []
        for pair in pairs:
            if isinstance(pair, list | tuple) and len(pair) == 2 and is_id(pair[1]):
                found.get(pair[0] if isinstance(pair[0], str) else "", []).append(pair[1])
        return found

    @api.model
    def _item(self, kind, number):
        models_of = {"answer": self, "kept": self.env["ai.answer.judgement"]}
        known = isinstance(kind, str) and models_of.get(kind)
        record = (
            known is not None
            and known is not False
            and known.browse(number if is_id(number) else [])
        )
        if not record or not record.exists():
            raise UserError(self.env._("This answer is not to be reviewed any more."))
        record.check_access("read")
        # of a kept answer the call may be unknown
        self.env["ai.token.usage"].browse(record.token_usage_id or []).check_access("read")
        return record

    @api.model
    def _count_readable(self, domain):
        """Count answers whose call the current user may read, which rules may hide from him."""
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM ai_answer_review WHERE id IN %s AND token_usage_id IN %s",
                self._search(domain).subselect(),
                self.env["ai.token.usage"]._search([]).subselect(),
            )
        )
        return rows[0][0]

    @api.model
    def _kept_waiting(self):
        """Return the judgements on kept answers that wait for the current user, the oldest first:
        of calls that he may read."""
        waiting = self.env["ai.answer.judgement"].search(
            [("verdict", "=", "pending"), ("asked", "!=", False)], order="id"
        )
        numbers = [one for one in waiting.mapped("token_usage_id") if one]
        seen = set(self.env["ai.token.usage"].search([("id", "in", numbers)]).ids)
        return waiting.filtered(lambda one: not one.token_usage_id or one.token_usage_id in seen)

    @api.model
    def _mine(self):
        """Domain of what waits for the current user."""
        return [
            ("state", "!=", "done"),
            "!",
            ("verdict_ids", "any", [("user_id", "=", self.env.uid)]),
        ]

    @api.model
    def _next(self, domain, passed):
        """Return the next item whose texts are still there; what is met without any goes."""
        domain = [*domain, ("id", "not in", passed)]
        for kind in ([("reason", "!=", "sample")], [("reason", "=", "sample")]):
            after = 0
            while True:
                here = [*domain, *kind, ("id", ">", after)]
                found = self.search(here, order="id", limit=20)
                # by the rules of who reviews: what he may not read is not shown
                usages = self.env["ai.token.usage"].search(
                    [("id", "in", found.mapped("token_usage_id")), ("answer_text", "!=", False)]
                )
                rows = {usage.id: usage for usage in usages}
                for review in found:
                    if review.token_usage_id in rows:
                        return review._answer_item(rows[review.token_usage_id])
                if len(found) < 20:
                    break
                after = found[-1].id
        return None

    def _usage(self):
        return self.env["ai.token.usage"].browse(self.token_usage_id)

    def _answer_item(self, usage):
        # readers' and addons' words: what another reviewer said shall not lead this one
        ratings = (
            self.env["ai.usage.rating"]
            .sudo()
            .search(
                [("token_usage_id", "=", usage.id), ("source", "not like", "review:%")], order="id"
            )
        )
        return {
            "kind": "answer",
            "id": self.id,
            "reason": self.reason,
            **self._where(self, usage),
            "question": (usage.prompt_text or "")[:MOST_SHOWN],
            "answer": (usage.answer_text or "")[:MOST_SHOWN],
            "cut": not usage.messages,
            "ratings": [
                {
                    "score": one.score,
                    "source": "reader" if one.source.startswith("user:") else one.source,
                }
                for one in ratings
            ],
            "kept_question": None,
            "kept_answer": None,
        }

    @api.model
    def _kept_item(self, judgement):
        usage = self.env["ai.token.usage"].search([("id", "=", judgement.token_usage_id)])
        return {
            "kind": "kept",
            "id": judgement.id,
            "reason": "kept",
            **self._where(judgement, usage),
            "question": (judgement.asked or "")[:MOST_SHOWN],
            "answer": (judgement.new_answer or "")[:MOST_SHOWN],
            "cut": False,
            "ratings": [],
            "kept_question": (judgement.kept_question or "")[:MOST_SHOWN],
            "kept_answer": (judgement.kept_answer or "")[:MOST_SHOWN],
        }

    @api.model
    def _where(self, record, usage):
        return {
            "agent": record.agent_id.display_name or "",
            "model": usage.model_name or "",
            "user": record.sudo().user_id.name or "",
            "date": format_date(self.env, usage.local_date),
            "token_usage_id": usage.id or False,
        }

    def _give(self, verdict):
        """Write the current user's verdict, and rate the call by it."""
        self.ensure_one()
        review = self.sudo()
        self.env.cr.execute(
            "SELECT 1 FROM ai_answer_review WHERE id = %s FOR NO KEY UPDATE", (self.id,)
        )
        review.invalidate_recordset()
        mine = review.verdict_ids.filtered(lambda one: one.user_id == self.env.user)
        if not mine and len(review.verdict_ids) >= MOST_VERDICTS:
            return  # two others were quicker
        values = {"verdict": verdict, "judged_at": fields.Datetime.now()}
        if mine:
            mine.write(values)
        else:
            review.verdict_ids.create(
                {
                    "review_id": self.id,
                    "company_id": review.company_id.id,
                    "user_id": self.env.uid,
                    **values,
                }
            )
        self._usage()._rate(f"review:{self.env.uid}", SCORES[verdict], self.env.uid)
        review._settle_state()

    def _take_back(self):
        self.ensure_one()
        review = self.sudo()
        mine = review.verdict_ids.filtered(lambda one: one.user_id == self.env.user)
        if mine:
            mine.unlink()
            self._usage()._withdraw(f"review:{self.env.uid}")
            review._settle_state()

    def _settle_state(self):
        said = len(self.verdict_ids)
        self.state = "done" if said >= self.people else "second" if said else "waiting"


class AiAnswerReviewVerdict(models.Model):
    """What one reviewer said of one answer."""

    _name = "ai.answer.review.verdict"
    _description = "AI Verdict of a Reviewer"
    _order = "id"
    _log_access = False

    review_id = fields.Many2one(
        "ai.answer.review",
        "Answer",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
        help="What was judged.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose call it was."
    )
    user_id = fields.Many2one(
        "res.users", "Reviewer", readonly=True, ondelete="set null", help="Who judged."
    )
    verdict = fields.Selection(
        [("right", "Right"), ("wrong", "Wrong")], required=True, readonly=True, help="The word."
    )
    judged_at = fields.Datetime("Judged", required=True, readonly=True, help="When.")

    _sql_constraints = [
        ("once", "unique(review_id, user_id)", "A person judges an answer once."),
    ]
