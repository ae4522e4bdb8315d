from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...engine.choice import experiments
from ...engine.ledger.tasks import TASK_TYPES
from ..base.quick_cache import quick_cache
from ..base.unique_index import unique_index
from ..base.wording import reader_in
from .arm_outcomes import FAILED, MEASURES, NOBODYS, arm_outcomes


class AiExperiment(models.Model):
    """Two providers share a task. Which one is the better choice is said only once it is sure: of
    quality, errors, cost and time (``engine.choice.experiments.weigh``)."""

    _name = "ai.experiment"
    _inherit = "ai.shown.figures"
    _description = "AI Experiment"
    _order = "id desc"
    _check_company_auto = True
    _shown_money = {"cost_a_listed": "cost_a", "cost_b_listed": "cost_b"}
    _shown_seconds = {"seconds_a": "time_a", "seconds_b": "time_b"}

    name = fields.Char(required=True, help="What is being tried.")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        help="The company whose calls are split.",
    )
    task_type = fields.Selection(
        TASK_TYPES, required=True, default="chat", help="The calls that are split."
    )
    provider_a_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('task_type', '=', task_type)]",
        help="What is used today.",
    )
    provider_b_id = fields.Many2one(
        "ai.service.provider",
        required=True,
        ondelete="restrict",
        check_company=True,
        domain="[('task_type', '=', task_type)]",
        help="What is being tried.",
    )
    share_b = fields.Float(
        "Share of B (%)",
        default=50.0,
        help="Of 100 users so many are sent to B. Each user stays where they are.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("done", "Done")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        help="Only a running experiment sends calls anywhere.",
    )
    date_start = fields.Datetime("Started", readonly=True, copy=False, help="When it was started.")
    date_end = fields.Datetime("Ended", readonly=True, copy=False, help="When it was ended.")
    ratings_a = fields.Integer(compute="_compute_verdict", help="Rated calls of A.")
    ratings_b = fields.Integer(compute="_compute_verdict", help="Rated calls of B.")
    rating_a = fields.Float(
        "Mean Rating A", compute="_compute_verdict", help="Of its calls in this test, 0 to 100."
    )
    rating_b = fields.Float(
        "Mean Rating B", compute="_compute_verdict", help="Of its calls in this test, 0 to 100."
    )
    quality_a = fields.Float(
        compute="_compute_qualities",
        help="Of 100 ordinary requests so many are answered well, by all that is known of it.",
    )
    quality_b = fields.Float(
        compute="_compute_qualities",
        help="Of 100 ordinary requests so many are answered well, by all that is known of it.",
    )
    difference = fields.Float(compute="_compute_verdict", help="Mean of B less mean of A.")
    difference_low = fields.Float(
        compute="_compute_verdict", help="The difference is at least this, at every look."
    )
    difference_high = fields.Float(
        compute="_compute_verdict", help="The difference is at most this, at every look."
    )
    calls_a = fields.Integer(compute="_compute_verdict", help="Calls that asked A.")
    calls_b = fields.Integer(compute="_compute_verdict", help="Calls that asked B.")
    cost_a = fields.Float(
        "Cost A (USD)", digits=0, compute="_compute_verdict", help="Mean of an answered call of A."
    )
    cost_b = fields.Float(
        "Cost B (USD)", digits=0, compute="_compute_verdict", help="Mean of an answered call of B."
    )
    cost_a_listed = fields.Float(
        "Cost A (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at today's rate.",
    )
    cost_b_listed = fields.Float(
        "Cost B (Company Currency)",
        digits=0,
        compute="_compute_shown",
        help="The same in the company's currency, at today's rate.",
    )
    time_a = fields.Float(
        "Time A (ms)", compute="_compute_verdict", help="Mean time of an answer of A."
    )
    time_b = fields.Float(
        "Time B (ms)", compute="_compute_verdict", help="Mean time of an answer of B."
    )
    seconds_a = fields.Float(
        "Time A (s)", digits=0, compute="_compute_shown", help="The same in seconds."
    )
    seconds_b = fields.Float(
        "Time B (s)", digits=0, compute="_compute_shown", help="The same in seconds."
    )
    error_rate_a = fields.Float(
        "Errors A (%)", compute="_compute_verdict", help="Of 100 calls of A so many failed."
    )
    error_rate_b = fields.Float(
        "Errors B (%)", compute="_compute_verdict", help="Of 100 calls of B so many failed."
    )
    is_decided = fields.Boolean(
        compute="_compute_verdict", help="One is the better choice, as far as 95% goes."
    )
    rejected_id = fields.Many2one(
        "ai.service.provider",
        readonly=True,
        copy=False,
        ondelete="cascade",
        help="Lost by the verdict: no recommendation sends a call there that the other can take.",
    )
    verdict = fields.Char(
        compute="_compute_verdict",
        help="Holds whenever you look: the test is made for being looked at every day.",
    )

    def init(self):
        """One running experiment of a task, also when two people start one at once."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_experiment_one_running
                ON ai_experiment (company_id, task_type) WHERE state = 'running'
            """
        )

    @api.constrains("share_b", "provider_a_id", "provider_b_id", "task_type")
    def _check_arms(self):
        for experiment in self:
            if not 0 < experiment.share_b < 100:
                raise ValidationError(self.env._("The share of B lies between 0 and 100%."))
            providers = experiment.provider_a_id | experiment.provider_b_id
            if len(providers) < 2:
                raise ValidationError(self.env._("An experiment compares two providers."))
            if set(providers.mapped("task_type")) != {experiment.task_type}:
                raise ValidationError(self.env._("Both providers must be for the task."))

    def _check_none_running(self):
        """Refuse to start a second experiment of a task, before the index has to."""
        for experiment in self:
            others = [
                ("id", "!=", experiment.id),
                ("state", "=", "running"),
                ("task_type", "=", experiment.task_type),
                ("company_id", "=", experiment.company_id.id),
            ]
            if self.search_count(others, limit=1):
                raise self._another_runs()

    def _another_runs(self):
        return ValidationError(
            self.env._("Another experiment of this task is running. End it first.")
        )

    @api.depends("state")
    @api.depends_context("lang", "company")
    def _compute_verdict(self):
        money = self.env["ai.token.usage"]._listed_money()
        say = reader_in(money.currency, money.rate).text
        for experiment, (a, b, result) in self._verdicts().items():
            for arm, one in (("a", a), ("b", b)):
                experiment.update(
                    {
                        f"ratings_{arm}": one.quality.n,
                        f"rating_{arm}": one.quality.mean,
                        f"calls_{arm}": one.calls,
                        f"cost_{arm}": one.cost.mean,
                        f"time_{arm}": one.time.mean,
                        f"error_rate_{arm}": 100 * one.errors / one.calls if one.calls else 0.0,
                    }
                )
            experiment.update(
                {
                    "difference": result.difference,
                    "difference_low": result.lower,
                    "difference_high": result.upper,
                    "is_decided": result.decided,
                    "verdict": " ".join(map(say, result.said)),
                }
            )

    def _verdicts(self):
        """Return ``{experiment: (Outcome of a, Outcome of b, Verdict)}``."""
        known, found = self._outcomes(), {}
        for experiment in self:
            a, b = (known.get((experiment._origin.id, arm)) for arm in "ab")
            a, b = a or experiments.Outcome(), b or experiments.Outcome()
            bar = experiment.company_id.sudo().ai_quality_medium
            found[experiment] = a, b, experiments.weigh(a, b, bar)
        return found

    @api.depends("provider_a_id", "provider_b_id", "company_id")
    def _compute_qualities(self):
        for experiment in self:
            arms = experiment.provider_a_id | experiment.provider_b_id
            known = arms._qualities(experiment.company_id or self.env.company)
            for arm in "ab":
                judged = known.get(experiment[f"provider_{arm}_id"].id)
                experiment[f"quality_{arm}"] = judged.quality.mean if judged else 0.0

    def _outcomes(self):
        """Return ``{(experiment id, 'a'|'b'): experiments.Outcome}`` of the calls that were split.

        An arm that another provider had to take over from has failed; a call that a budget sent
        elsewhere, or whose reader left, says nothing of it.
        """
        if not self.ids:
            return {}
        return arm_outcomes(
            self.env,
            SQL(
                """
                SELECT o.experiment_id AS id, o.experiment_arm AS arm,
                       own AND NOT %(failed)s AND NOT %(nobodys)s AS answered,
                       own AND %(failed)s
                       OR NOT own AND u.choice_reason IN ('fallback', 'returned') AS failed,
                       %(measures)s
                  FROM ai_cost_optimizer o
                  JOIN ai_token_usage u ON u.id = o.token_usage_id
                  JOIN ai_experiment e ON e.id = o.experiment_id
                 CROSS JOIN LATERAL (
                    SELECT u.provider_id = CASE o.experiment_arm WHEN 'a'
                           THEN e.provider_a_id ELSE e.provider_b_id END AS own) AS own
                 WHERE o.experiment_id IN %(ids)s
                """,
                failed=FAILED,
                nobodys=NOBODYS,
                measures=MEASURES,
                ids=tuple(self.ids),
            ),
        )

    # ------------------------------------------------------------------
    # What verdicts mean for recommendations
    # ------------------------------------------------------------------

    def _keep_verdicts(self):
        """Note who lost, so that each recommendation need not weigh all the calls anew."""
        for experiment, (_a, _b, result) in self._verdicts().items():
            arms = {"a": experiment.provider_b_id, "b": experiment.provider_a_id}
            rejected = arms[result.winner] if result.winner else self.rejected_id.browse()
            if experiment.rejected_id != rejected:
                experiment.rejected_id = rejected

    @api.model
    def _keep_company_verdicts(self, company):
        """As superuser: bring the verdicts of a company's experiments up to date."""
        self.search([("company_id", "=", company.id), ("state", "!=", "draft")])._keep_verdicts()

    @api.model
    @quick_cache("company_id", "task_type")
    def _lost(self, company_id, task_type):
        """Return ``{id of a provider: id of the one that it lost to}`` by the verdicts of a task.

        The newest verdict on a pair holds. One that would turn a ring (A beat B, B beat C, and C
        beat A) is left out: somebody has to answer.
        """
        lost, pairs = {}, set()
        decided = self.sudo().search(
            [
                ("rejected_id", "!=", False),
                ("state", "!=", "draft"),
                ("task_type", "=", task_type),
                ("company_id", "=", company_id),
            ],
            order="id desc",
        )
        for experiment in decided:
            arms = {experiment.provider_a_id.id, experiment.provider_b_id.id}
            loser = experiment.rejected_id.id
            winner = next(iter(arms - {loser}))
            if frozenset(arms) in pairs or loser in lost:
                continue
            pairs.add(frozenset(arms))
            above = winner
            while above in lost:
                above = lost[above]
            if above != loser:
                lost[loser] = winner
        return lost

    @api.model
    def _settled(self, company_id, task_type, provider_id, other_id):
        """Is it not for ratings to say that calls of one provider shall switch to the other: did
        the other lose to it, or are the two still being compared?"""
        running = self._running(company_id, task_type)
        if running and {provider_id, other_id} == {running["a"], running["b"]}:
            return True
        lost, above = self._lost(company_id, task_type), other_id
        while above in lost:
            above = lost[above]
            if above == provider_id:
                return True
        return False

    def action_start(self):
        """Begin to split calls."""
        self.check_access("write")
        for experiment in self:
            if experiment.state != "draft":
                raise UserError(self.env._("Only a draft can be started; copy this one."))
        self.write({"state": "running", "date_start": fields.Datetime.now()})

    def action_stop(self):
        """End it; the verdict stays."""
        self.check_access("write")
        for experiment in self:
            if experiment.state != "running":
                raise UserError(self.env._("“%s” is not running.", experiment.name))
        self.write({"state": "done", "date_end": fields.Datetime.now()})
        self.sudo()._keep_verdicts()

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        with self._one_running():
            return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        fixed = {"share_b", "provider_a_id", "provider_b_id", "task_type", "company_id"}
        if fixed & set(vals) and any(experiment.state != "draft" for experiment in self):
            raise UserError(
                self.env._("The arms of a started experiment stay as they are; copy it instead.")
            )
        if vals.get("state") != "running":
            return super().write(vals)
        self._check_none_running()
        with self._one_running():
            return super().write(vals)

    def _one_running(self):
        return unique_index(self.env.cr, "ai_experiment_one_running", self._another_runs)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @quick_cache("company_id", "task_type")
    def _running(self, company_id, task_type):
        """Return a dict of the running experiment of a task, or None."""
        experiment = self.sudo().search(
            [
                ("state", "=", "running"),
                ("task_type", "=", task_type),
                ("company_id", "=", company_id),
            ],
            limit=1,
        )
        if not experiment:
            return None
        return {
            "id": experiment.id,
            "name": experiment.name,
            "a": experiment.provider_a_id.id,
            "b": experiment.provider_b_id.id,
            "share_b": experiment.share_b,
        }

    @api.model
    def _assign(self, experiment, user_id):
        """Return (arm, provider id) of a user in an experiment of :meth:`_running`."""
        share = experiment["share_b"]
        arm = experiments.assign(user_id, experiment["id"], [("a", 100 - share), ("b", share)])
        return arm, experiment[arm]
