import logging
from typing import NamedTuple

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ...engine.agent.presets import PRESETS
from ..base.arguments import without_defaults
from ..base.transactions import forget
from ..base.unique_index import unique_index

_logger = logging.getLogger(__name__)

SHARE = 10.0
DAYS = 14
MOST_DAYS = 366
#: From so many people on a share of the people is a fair share of the calls: with fewer, nobody
#: might be in it (.9 to the power of 30 is 4 %).
ENOUGH_PEOPLE = 30
#: What says what is tried, and on whom: fixed once calls have been split by it.
FIXED = ("agent_id", "tries", "preset", "provider_id", "share", "split")
#: What the buttons write, and nobody else.
OWN = (
    "state",
    "tried",
    "before",
    "date_start",
    "ended_at",
    "started_by_id",
    "applied_by_id",
    "applied_at",
)


class TrialFacts(NamedTuple):
    """What a call needs to know of a running trial of its agent. ``tried``: field to value."""

    id: int
    tries: str
    tried: dict
    share: float
    split: str
    end: object


class AiAgentTrial(models.Model):
    """A share of an agent's calls follows another policy until a day, so that what it does is
    seen before it is applied. Applied, it can be undone field by field."""

    _name = "ai.agent.trial"
    _inherit = "ai.policy.change"
    _description = "AI Agent Trial"
    _order = "id desc"
    _rec_name = "agent_id"
    _check_company_auto = True

    agent_id = fields.Many2one(
        "ai.agent",
        required=True,
        ondelete="cascade",
        index=True,
        check_company=True,
        help="Whose calls are split.",
    )
    company_id = fields.Many2one(
        related="agent_id.company_id", store=True, index=True, help="The agent's company."
    )
    tries = fields.Selection(
        [("preset", "Another policy"), ("provider", "Another provider")],
        "What Is Tried",
        required=True,
        default="preset",
        help="The share on trial follows all that this sets, and else the agent as it is.",
    )
    preset = fields.Selection(
        [("careful", "Careful"), ("balanced", "Balanced"), ("thrifty", "Thrifty")],
        "Policy",
        help="Its whole set of switches is tried.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        check_company=True,
        ondelete="restrict",
        domain="[('task_type', '=', 'chat')]",
        help="Answers the share on trial in place of the agent's provider. Where the router "
        "chooses for the agent, it does not for this share.",
    )
    note = fields.Text("Why", help="Why it is tried.")
    share = fields.Float(
        "Share (%)", default=SHARE, required=True, help="So much of the calls is on trial."
    )
    split = fields.Selection(
        [("person", "Person"), ("conversation", "Conversation")],
        "Split by",
        compute="_compute_split",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Person: everybody stays in one part, for as long as it runs. Conversation: each "
        "session, and each call outside of one, is drawn by itself; right where few people, or a "
        "scheduled action, make the calls.",
    )
    date_start = fields.Datetime("Started", readonly=True, copy=False, help="When it was started.")
    date_end = fields.Datetime(
        "Ends",
        required=True,
        copy=False,
        default=lambda self: fields.Datetime.add(fields.Datetime.now(), days=DAYS),
        help="It stops by itself then, and says what was seen.",
    )
    ended_at = fields.Datetime("Ended", readonly=True, copy=False, help="When it was over.")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("done", "Ended"),
            ("applied", "Applied"),
            ("undone", "Undone"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        help="Only a running trial splits calls; what was applied is the agent's own.",
    )
    started_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="set null", help="Who is told its end."
    )
    applied_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="set null", help="Who applied it."
    )
    applied_at = fields.Datetime(readonly=True, copy=False, help="When it was applied.")
    conflict = fields.Char(
        compute="_compute_conflict", help="An experiment that would split the same calls."
    )

    def init(self):
        """One running trial of an agent, also when two people start one at once."""
        self.env.cr.execute(
            """
            CREATE UNIQUE INDEX IF NOT EXISTS ai_agent_trial_one_running
                ON ai_agent_trial (agent_id) WHERE state = 'running'
            """
        )

    @api.depends("agent_id", "tries", "preset", "provider_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for trial in self:
            trial.display_name = ": ".join(filter(None, [trial.agent_id.name, trial._label()]))

    def _label(self):
        """Return what is tried, in the language of the environment."""
        if self.tries == "provider":
            return self.sudo().provider_id.name or ""
        return dict(self._fields["preset"]._description_selection(self.env)).get(self.preset, "")

    @api.depends("agent_id")
    def _compute_split(self):
        since = fields.Date.subtract(fields.Date.today(), days=30)
        for trial in self:
            people = self.env.execute_query(
                SQL(
                    "SELECT count(*) FROM (SELECT DISTINCT user_id FROM ai_token_usage"
                    " WHERE agent_key = %s AND local_date > %s LIMIT %s) people",
                    trial.agent_id.id or 0,
                    since,
                    ENOUGH_PEOPLE,
                )
            )[0][0]
            trial.split = "person" if people == ENOUGH_PEOPLE else "conversation"

    @api.depends("agent_id", "tries", "provider_id", "state")
    def _compute_conflict(self):
        for trial in self:
            names = trial._experiments_beside() if trial.state in ("draft", "running") else ()
            trial.conflict = False
            if names:
                trial.conflict = self.env._(
                    "An experiment runs on the same calls: %s. Calls that are on trial, and those "
                    "that they are compared with, take no part in it.",
                    ", ".join(names),
                )

    def _experiments_beside(self):
        """Return the names of the running experiments that would split the agent's calls."""
        agent = self.agent_id
        if not agent:
            return []
        domain = [("state", "=", "running"), ("task_type", "=", "chat")]
        if agent.company_id:
            domain.append(("company_id", "=", agent.company_id.id))
        found = self.env["ai.experiment"].search(domain, limit=10)
        if agent.provider_id and agent.mode != "smart_router":
            arms = agent.provider_id | self.provider_id
            found = found.filtered(lambda one: arms & (one.provider_a_id | one.provider_b_id))
        return found.mapped("name")

    @api.constrains("share", "tries", "preset", "provider_id", "date_end")
    def _check_trial(self):
        latest = fields.Datetime.add(fields.Datetime.now(), days=MOST_DAYS)
        for trial in self:
            if not 0 < trial.share < 100:
                raise ValidationError(self.env._("The share on trial lies between 0 and 100%."))
            if not trial[{"preset": "preset", "provider": "provider_id"}[trial.tries]]:
                raise ValidationError(self.env._("Say which policy, or which provider, is tried."))
            if trial.provider_id and trial.provider_id.task_type != "chat":
                raise ValidationError(
                    self.env._("The provider that is tried must be one for chat.")
                )
            if trial.date_end > latest:
                raise ValidationError(self.env._("A trial takes %s days at most.", MOST_DAYS))

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own(vals)
        trials = super(AiAgentTrial, without_defaults(self, OWN)).create(vals_list)
        trials = trials.with_env(self.env)
        trials._check_agents()
        return trials

    def write(self, vals):
        self._check_own(vals)
        if set(FIXED) & set(vals) and any(trial.state != "draft" for trial in self):
            raise UserError(
                self.env._("What a started trial tries stays as it is; copy it instead.")
            )
        forget(self.env)
        res = super().write(vals)
        self._check_agents()
        return res

    def unlink(self):
        forget(self.env)
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_over(self):
        for trial in self:
            if trial.state in ("running", "applied"):
                raise UserError(
                    self.env._(
                        "“%s” is running or applied. Stop or undo it first: its record is what it "
                        "is undone by.",
                        trial.display_name,
                    )
                )

    @api.model
    def _check_own(self, vals):
        if not self.env.su and set(OWN) & set(vals):
            raise UserError(self.env._("The state of a trial is changed by its buttons."))

    def _check_agents(self):
        """Whoever tries something on an agent may change the agent."""
        self.agent_id.check_access("write")

    def _keep(self, **values):
        self.sudo().write(values)

    # ------------------------------------------------------------------
    # Starting, stopping
    # ------------------------------------------------------------------

    def action_start(self):
        """Let the share of the calls follow what is tried."""
        self.check_access("write")
        self._check_agents()
        for trial in self:
            if trial.state != "draft":
                raise UserError(self.env._("Only a draft can be started; copy this one."))
            if not trial.agent_id.active:
                raise UserError(self.env._("No call follows an archived agent."))
            if trial.date_end <= fields.Datetime.now():
                raise UserError(self.env._("Choose an end that lies ahead."))
            tried = trial._to_try()
            if all(trial.agent_id._plain(name) == value for name, value in tried.items()):
                raise UserError(self.env._("“%s” is set like this already.", trial.agent_id.name))
            if self.search_count(
                [("agent_id", "=", trial.agent_id.id), ("state", "=", "running")], limit=1
            ):
                raise self._another_runs()
            with unique_index(self.env.cr, "ai_agent_trial_one_running", self._another_runs):
                trial._keep(
                    state="running",
                    tried=tried,
                    date_start=fields.Datetime.now(),
                    started_by_id=self.env.uid,
                )
                trial.flush_recordset()
            share = f"{trial.share:g}"
            trial._tell(
                self.env._(
                    "“%(what)s” is tried on %(share)s%% of the calls until %(end)s.",
                    what=trial._label(),
                    share=share,
                    end=trial.date_end.date(),
                ),
                trial.conflict,
            )

    def _another_runs(self):
        return ValidationError(
            self.env._(
                "Another trial of this agent is running. Stop it first, or wait for its end."
            )
        )

    def _to_try(self):
        """Return ``{field of the agent: value}`` of what is tried."""
        if self.tries == "preset":
            return {name: value or False for name, value in PRESETS[self.preset].items()}
        tried = {"provider_id": self.provider_id.id}
        if self.agent_id.mode == "smart_router":
            tried["mode"] = "passthrough"  # the router would choose, not the provider
        return tried

    def action_stop(self):
        """End it; the agent is as it was, and what was seen stays."""
        self.check_access("write")
        self._check_agents()
        for trial in self:
            if trial.state != "running":
                raise UserError(self.env._("“%s” is not running.", trial.display_name))
        self._end()

    def _end(self):
        self._keep(state="done", ended_at=fields.Datetime.now())
        for trial in self:
            trial._tell_end()

    def _tell_end(self):
        person = self.sudo().started_by_id.filtered("active")
        here = self.with_context(lang=person.lang or self.env.lang)
        title = here.env._("The trial of “%s” is over.", here._label())
        here._tell(title)
        if person:
            here.agent_id.sudo().message_notify(
                body=Markup("<br/>").join([title, here.result or ""]),
                subject=title,
                partner_ids=person.partner_id.ids,
            )

    def _tell(self, *lines):
        """Say something in the agent's thread, which everybody reads who sees the agent: no
        figures."""
        self.agent_id.sudo().message_post(body=Markup("<br/>").join(filter(None, lines)))

    @api.model
    def _cron_end_trials(self, batch=50):
        """End what is due, one trial at a time: a worker that dies, or a second one at the same
        time, ends none twice."""
        due = self.sudo().search(self._due(), order="id", limit=batch)
        for done, trial in enumerate(due, 1):
            trial._end_if_mine()
            self.env["ir.cron"]._notify_progress(done=done, remaining=len(due) - done)
        if len(due) == batch:
            self.env.ref("ai_brain.ir_cron_agent_trials")._trigger()

    @api.model
    def _due(self):
        return [
            ("state", "=", "running"),
            "|",
            ("date_end", "<=", fields.Datetime.now()),
            ("agent_id.active", "=", False),
        ]

    def _end_if_mine(self):
        self.env.cr.execute(
            "SELECT 1 FROM ai_agent_trial WHERE id = %s AND state = 'running'"
            " FOR NO KEY UPDATE SKIP LOCKED",
            [self.id],
        )
        if not self.env.cr.fetchone():
            return
        try:
            with self.env.cr.savepoint():
                self._end()
        except Exception:
            _logger.exception("AI trial %s could not be ended", self.id)

    # ------------------------------------------------------------------
    # For the call
    # ------------------------------------------------------------------

    @api.model
    def _running_of(self, agent_id):
        """Return the ``TrialFacts`` of an agent, None without a running trial."""
        trial = self.sudo().search(
            [("agent_id", "=", agent_id), ("state", "=", "running")], limit=1
        )
        if not trial:
            return None
        return TrialFacts(
            trial.id, trial.tries, trial.tried, trial.share, trial.split, trial.date_end
        )
