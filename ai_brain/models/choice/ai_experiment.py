from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, ormcache

from ...engine.choice import experiments
from ...engine.ledger.tasks import TASK_TYPES
from ..base.unique_index import unique_index


class AiExperiment(models.Model):
    """Two providers share a task; ratings decide, and only once the difference is real."""

    _name = "ai.experiment"
    _description = "AI Experiment"
    _order = "id desc"
    _check_company_auto = True

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
    quality_a = fields.Float(compute="_compute_verdict", help="Mean rating of A, 0 to 100.")
    quality_b = fields.Float(compute="_compute_verdict", help="Mean rating of B, 0 to 100.")
    difference = fields.Float(compute="_compute_verdict", help="Mean of B less mean of A.")
    difference_low = fields.Float(
        compute="_compute_verdict", help="The difference is at least this, at every look."
    )
    difference_high = fields.Float(
        compute="_compute_verdict", help="The difference is at most this, at every look."
    )
    is_decided = fields.Boolean(
        compute="_compute_verdict", help="The difference is real, as far as 95% goes."
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
    def _compute_verdict(self):
        arms = self._arms()
        for experiment in self:
            a, b = (arms.get((experiment._origin.id, arm), experiments.Arm()) for arm in "ab")
            result = experiments.compare(a, b)
            experiment.update(
                {
                    "ratings_a": a.n,
                    "ratings_b": b.n,
                    "quality_a": a.mean,
                    "quality_b": b.mean,
                    "difference": result.difference,
                    "difference_low": result.lower,
                    "difference_high": result.upper,
                    "is_decided": result.decided,
                    "verdict": result.text,
                }
            )

    def _arms(self):
        """Return ``{(experiment id, 'a'|'b'): experiments.Arm}`` of the rated calls."""
        if not self.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.experiment_id, o.experiment_arm, count(*), sum(u.quality_score),
                       sum(u.quality_score * u.quality_score)
                  FROM ai_cost_optimizer o
                  JOIN ai_token_usage u ON u.id = o.token_usage_id
                 WHERE o.experiment_id IN %s AND u.feedback_count > 0
                 GROUP BY 1, 2
                """,
                tuple(self.ids),
            )
        )
        return {(row[0], row[1]): experiments.Arm(*row[2:]) for row in rows}

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
    @ormcache("company_id", "task_type")
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
