from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

#: Kinds of outcome that one call may have, besides its readers' ratings.
MOST_OUTCOMES = 10
#: Sources that are people: readers, and reviewers.
PEOPLE = ("user:", "review:")
THUMBS = {"up": 100.0, "down": 0.0, True: 100.0, False: 0.0}


class AiUsageRating(models.Model):
    """One opinion about one call: of a user, or of an addon that saw what became of it."""

    _name = "ai.usage.rating"
    _description = "AI Rating"
    _order = "id desc"
    _log_access = False

    token_usage_id = fields.Integer(
        "Ledger Row", required=True, readonly=True, help="Id of the call in the ledger."
    )
    source = fields.Char(
        required=True, readonly=True, help="Who says so: a user, or an addon's kind of outcome."
    )
    user_id = fields.Many2one(
        "res.users", readonly=True, ondelete="set null", help="The user who rated."
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Company of the call."
    )
    score = fields.Float(readonly=True, help="0 (useless) to 100 (perfect).")
    rated_at = fields.Datetime("Rated", readonly=True, help="When it was last given.")

    _sql_constraints = [
        ("once", "unique(token_usage_id, source)", "This was rated already."),
    ]


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    def action_rate(self, score):
        """Rate answers as the current user; a second rating replaces the first.

        :param score: 0 to 100, or 'up' / 'down', or True / False
        :return: dict of the last row: ``{'token_usage_id', 'quality_score', 'feedback_count'}``
        :raise AccessError: a call that the user may not see
        :raise UserError: no such score, or a call without an answer
        """
        self.check_access("read")
        result = {}
        for usage in self:
            result = usage._rate(f"user:{self.env.uid}", score, self.env.uid)
        return result

    @api.model
    def record_outcome(self, token_usage_id, score, source):
        """Hook for addons: tell how well an answer served, e.g. 100 once its lead was won.

        :param int token_usage_id: as returned by ``send_message``
        :param score: 0 to 100, or 'up' / 'down'
        :param str source: kind of outcome, e.g. ``crm.won``; again with the same one replaces it
        :return: like :meth:`action_rate`
        """
        if not isinstance(source, str) or not source or source.startswith(PEOPLE):
            raise UserError(self.env._("Name the kind of outcome, for example crm.won."))
        whole = isinstance(token_usage_id, int) and not isinstance(token_usage_id, bool)
        usage = self.browse(token_usage_id if whole else [])
        usage.check_access("read")
        if not usage.exists():
            raise UserError(self.env._("There is no such call in the ledger."))
        if not self.env.su:
            usage._check_outcome(source[:128])
        return usage._rate(source[:128], score, None)

    def _check_outcome(self, source):
        """Refuse a person who tells of others' calls, or of ever more kinds of outcome."""
        manager = self.env.user.has_group("ai_brain.group_ai_manager")
        if not manager and self.sudo().user_id != self.env.user:
            raise AccessError(self.env._("Only a manager tells what became of others' calls."))
        self.env.cr.execute(
            "SELECT count(*) FROM ai_usage_rating WHERE token_usage_id = %s AND source != %s"
            " AND source NOT LIKE 'user:%%' AND source NOT LIKE 'review:%%'",
            (self.id, source),
        )
        if self.env.cr.fetchone()[0] >= MOST_OUTCOMES:
            raise UserError(self.env._("A call has %s kinds of outcome at most.", MOST_OUTCOMES))

    def _rate(self, source, score, user_id):
        """Write a rating, the mean on the row and its benchmark, and the running sums."""
        self.ensure_one()
        score = self._clean_score(score)
        usage = self.sudo()
        if usage.state == "failed" or not usage.provider_id:
            raise UserError(self.env._("A call without an answer cannot be rated."))
        self.env["ai.token.usage"].flush_model()
        # The row of the ledger is the lock: two ratings of one call take turns.
        cr = self.env.cr
        cr.execute("SELECT 1 FROM ai_token_usage WHERE id = %s FOR NO KEY UPDATE", (self.id,))
        cr.execute(
            "SELECT score FROM ai_usage_rating WHERE token_usage_id = %s AND source = %s",
            (self.id, source),
        )
        before = cr.fetchone()
        cr.execute(
            SQL(
                """
                INSERT INTO ai_usage_rating
                    (token_usage_id, source, user_id, company_id, score, rated_at)
                VALUES (%s, %s, %s, %s, %s, now() AT TIME ZONE 'UTC')
                ON CONFLICT (token_usage_id, source)
                DO UPDATE SET score = EXCLUDED.score, rated_at = EXCLUDED.rated_at
                """,
                self.id,
                source,
                user_id,
                usage.company_id.id,
                score,
            )
        )
        mean, count, level = self._keep_mean()
        self._count_rating(usage, level, before and before[0], score)
        if source.startswith("user:"):
            self.env["ai.answer.review"]._on_rating(usage, score)
        return {"token_usage_id": self.id, "quality_score": mean, "feedback_count": count}

    def _withdraw(self, source):
        """Take a rating back, as if it had never been given."""
        self.ensure_one()
        cr = self.env.cr
        self.env["ai.token.usage"].flush_model()
        cr.execute("SELECT 1 FROM ai_token_usage WHERE id = %s FOR NO KEY UPDATE", (self.id,))
        cr.execute(
            "DELETE FROM ai_usage_rating WHERE token_usage_id = %s AND source = %s RETURNING score",
            (self.id, source),
        )
        gone = cr.fetchone()
        if gone:
            _mean, _count, level = self._keep_mean()
            self._count_rating(self.sudo(), level, gone[0], None)

    def _keep_mean(self):
        """Write the mean of the ratings on the row and its benchmark; return the mean (None
        without one), their number, and how demanding the benchmark says that the call was."""
        cr = self.env.cr
        cr.execute(
            "SELECT avg(score), count(*) FROM ai_usage_rating WHERE token_usage_id = %s",
            (self.id,),
        )
        mean, count = cr.fetchone()
        cr.execute(
            "UPDATE ai_token_usage SET quality_score = %s, feedback_count = %s WHERE id = %s",
            (mean, count, self.id),
        )
        cr.execute(
            """
            UPDATE ai_provider_benchmark SET quality_score = %s, is_rated = %s
             WHERE token_usage_id = %s RETURNING task_complexity
            """,
            (mean, bool(count), self.id),
        )
        found = cr.fetchone()
        self.env["ai.token.usage"].invalidate_model(["quality_score", "feedback_count"])
        self.env["ai.provider.benchmark"].invalidate_model(["quality_score", "is_rated"])
        self.env["ai.usage.rating"].invalidate_model()
        return mean, count, found and found[0]

    @api.model
    def _count_rating(self, usage, level, before, score):
        """Move the running sums by what a rating was before (None: not given) to what it is
        (None: taken back)."""

        def change(power):
            return (score or 0) ** power - (before or 0) ** power

        sums = {"rating_sum": change(1), "rating_squares": change(2)}
        if before is None or score is None:
            sums["rated"] = 1 if before is None else -1
        self.env["ai.provider.stats"]._add(
            usage.company_id.id,
            usage.provider_id.id,
            usage.task_type or "chat",
            level,
            sums,
            usage.create_date,
        )

    @api.model
    def _clean_score(self, score):
        if isinstance(score, bool | str):
            score = THUMBS.get(score, score)
        if isinstance(score, bool | str) or not isinstance(score, int | float):
            raise UserError(self.env._("A rating is up, down, or a number from 0 to 100."))
        if not 0 <= score <= 100:
            raise UserError(self.env._("A rating lies between 0 and 100."))
        return float(score)
