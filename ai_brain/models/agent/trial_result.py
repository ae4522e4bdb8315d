from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.agent.trial import figures, summary
from ...engine.choice import experiments
from ...engine.ledger.kinds import KINDS
from ..base.wording import reader_in
from ..choice.arm_outcomes import FAILED, MEASURES, NOBODYS, arm_outcomes

SEEN = "What was seen, and the interval that its mean lies in, with 95% certainty."


class AiAgentTrial(models.Model):
    """What a trial came to: both arms side by side, out of the ledger."""

    _inherit = "ai.agent.trial"

    calls_a = fields.Integer("Calls as It Is", compute="_compute_result", help="Of the agent's.")
    calls_b = fields.Integer("Calls on Trial", compute="_compute_result", help="Of those on trial.")
    cost_a = fields.Char("Cost a Call as It Is", compute="_compute_result", help=SEEN)
    cost_b = fields.Char("Cost a Call on Trial", compute="_compute_result", help=SEEN)
    quality_a = fields.Char("Quality as It Is", compute="_compute_result", help=SEEN)
    quality_b = fields.Char("Quality on Trial", compute="_compute_result", help=SEEN)
    errors_a = fields.Char("Errors as It Is", compute="_compute_result", help=SEEN)
    errors_b = fields.Char("Errors on Trial", compute="_compute_result", help=SEEN)
    time_a = fields.Char("Time as It Is", compute="_compute_result", help=SEEN)
    time_b = fields.Char("Time on Trial", compute="_compute_result", help=SEEN)
    winner = fields.Selection(
        [("a", "As it is"), ("b", "What is on trial")],
        "Better Choice",
        compute="_compute_result",
        help="Named only once it is sure, with 95%, of quality, errors, cost and time together; "
        "it holds whenever you look.",
    )
    result = fields.Text(compute="_compute_result", help="What was seen, in words.")

    @api.depends("state")
    @api.depends_context("lang", "company")
    def _compute_result(self):
        money = self.env["ai.token.usage"]._listed_money()
        say, found = reader_in(money.currency, money.rate).text, self._outcomes()
        for trial in self:
            a, b = (found.get((trial._origin.id, arm), experiments.Outcome()) for arm in "ab")
            company = trial.company_id or self.env.company
            verdict = experiments.weigh(a, b, company.sudo().ai_quality_medium)
            said = summary(a, b, verdict, trial._days()) if trial.date_start else ()
            trial.update({"winner": verdict.winner, "result": " ".join(map(say, said))})
            for arm, outcome in (("a", a), ("b", b)):
                trial[f"calls_{arm}"] = outcome.calls
                for name, sentence in figures(outcome).items():
                    trial[f"{name}_{arm}"] = say(sentence)

    def _days(self):
        """Return for how many days it has run."""
        until = min(self.ended_at or self.date_end, fields.Datetime.now())
        return (until - self.date_start).total_seconds() / 86_400

    def _outcomes(self):
        """Return ``{(trial id, 'a'|'b'): experiments.Outcome}`` of the calls that were split.

        A call that another provider had to take over has failed; what that one answered, what a
        budget sent elsewhere, and what its reader left, says nothing of either arm. What summaries
        of a conversation cost counts with the next answer of the same conversation.
        """
        if not self.ids:
            return {}
        self.env["ai.token.usage"].flush_model()
        return arm_outcomes(
            self.env,
            SQL(
                """
                WITH parts AS (
                    SELECT u.id AS number, u.trial_key AS id, u.trial_arm AS arm,
                           u.user_id, u.session_id, u.kind = 'summary' AS made,
                           u.kind != 'summary' AND NOT %(failed)s AND NOT %(nobodys)s AS answered,
                           u.kind != 'summary' AND %(failed)s AS failed, %(measures)s
                      FROM ai_token_usage u
                     WHERE u.trial_key IN %(ids)s AND u.correction_of_id IS NULL
                       AND u.call_count = 1 AND u.kind IN %(lasting)s
                       AND COALESCE(u.choice_reason, '') NOT IN ('fallback', 'returned', 'budget')
                ), turns AS (
                    SELECT *, count(*) FILTER (WHERE answered) OVER (
                               PARTITION BY id, arm, user_id, session_id ORDER BY number
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS turn
                      FROM parts
                )
                SELECT id, arm, answered, failed, score, latency,
                       cost + coalesce(sum(cost) FILTER (WHERE made) OVER (
                           PARTITION BY id, arm, user_id, session_id, turn), 0) AS cost
                  FROM turns
                """,
                failed=FAILED,
                nobodys=NOBODYS,
                measures=MEASURES,
                ids=tuple(self.ids),
                lasting=tuple(
                    code for code, kind in KINDS.items() if kind.lasting and code != "trial"
                ),
            ),
        )
