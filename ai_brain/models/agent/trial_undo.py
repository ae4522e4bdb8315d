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
            tried = trial._known(trial.tried)
            before = {name: agent._plain(name) for name in tried}
            agent.write(tried)
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
        if changed not in ("ask", "restore", "keep"):
            raise UserError(self.env._("changed is one of ask, restore and keep."))
        for trial in self:
            if trial.state != "applied":
                raise UserError(self.env._("This was not applied, so there is nothing to undo."))
            differing = trial._changed_since()
            if differing and changed == "ask":
                raise UserError(
                    self.env._(
                        "These were changed after it was applied: %s. Say whether they are put "
                        "back as well.",
                        ", ".join(line["label"] for line in differing),
                    )
                )
            skipped = {line["name"] for line in differing} if changed == "keep" else set()
            before = trial._known(trial.before)
            values = {name: value for name, value in before.items() if name not in skipped}
            agent, gone = trial.agent_id, []
            for name in [*values]:
                comodel = agent._fields[name].comodel_name
                value = values[name]
                if comodel and value and not self.env[comodel].sudo().browse(value).exists():
                    gone.append(name)  # deleted since: there is nothing to put back
                    del values[name]
            agent.write(values)
            trial._keep(state="undone")
            left = [trial._field_label(name) for name in (*skipped, *gone)]
            trial._tell(
                self.env._("“%s” was undone.", trial._label()),
                left and self.env._("Left as they are: %s.", ", ".join(left)),
            )

    def _known(self, values):
        """Return the fields that agents still have."""
        return {name: v for name, v in (values or {}).items() if name in self.agent_id._fields}

    def _changed_since(self):
        """Return what somebody changed after it was applied: dicts with ``name``, ``label``,
        ``before``, ``applied`` and ``now`` in words."""
        agent, lines = self.agent_id, []
        before = self._known(self.before)
        for name, value in self._known(self.tried).items():
            now = agent._plain(name)
            # what was put back by hand already is nobody's question
            if now not in (value, before.get(name)):
                lines.append(
                    {
                        "name": name,
                        "label": self._field_label(name),
                        "before": self._in_words(name, before.get(name)),
                        "applied": self._in_words(name, value),
                        "now": self._in_words(name, now),
                    }
                )
        return lines

    def _field_label(self, name):
        return self.agent_id._fields[name]._description_string(self.env)

    def _in_words(self, name, value):
        field = self.agent_id._fields[name]
        if not value:
            return ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.comodel_name:
            records = self.env[field.comodel_name].sudo().browse(value).exists()
            return ", ".join(records.mapped("display_name"))
        return str(value)
