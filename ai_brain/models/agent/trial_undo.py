from odoo import fields, models
from odoo.exceptions import UserError


class AiAgentTrial(models.Model):
    """Applying what was tried to its agent, and undoing that field by field."""

    _inherit = "ai.agent.trial"

    def action_apply(self):
        """Give the agent what was tried; what was there before is kept."""
        self.check_access("write")
        self._check_agents()
        for trial in self:
            agent = trial.agent_id
            if trial.state not in ("running", "done", "undone"):
                raise UserError(self.env._("Only what was tried, and is not applied, can be."))
            others = [
                ("id", "!=", trial.id),
                ("agent_id", "=", agent.id),
                ("state", "=", "running"),
            ]
            if self.search_count(others, limit=1):
                raise self._another_runs()
            before = trial._give()
            now = fields.Datetime.now()
            trial._keep(
                state="applied",
                before=before,
                applied_by_id=self.env.uid,
                applied_at=now,
                ended_at=trial.ended_at or now,
            )
            trial._tell(self.env._("“%s” was applied.", trial._label()))

    def action_undo(self, changed="ask"):
        """Put the agent's fields back as they were before it was applied.

        :param changed: what becomes of fields that somebody has changed since: ``ask`` raises,
            ``restore`` puts them back, too, ``keep`` leaves them
        :raise UserError: fields were changed since, and nobody said what becomes of them
        """
        self.check_access("write")
        self._check_agents()
        self._check_changed(changed)
        for trial in self:
            if trial.state != "applied":
                raise UserError(self.env._("This was not applied, so there is nothing to undo."))
            left = trial._put_back(changed)
            trial._keep(state="undone")
            trial._tell(
                self.env._("“%s” was undone.", trial._label()),
                left and self.env._("Left as they are: %s.", ", ".join(left)),
            )
