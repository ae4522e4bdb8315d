from odoo import api, fields, models
from odoo.exceptions import UserError


class AiPolicyChange(models.AbstractModel):
    """Fields that an agent is given, and gets back field by field: of a trial, of a what-if."""

    _name = "ai.policy.change"
    _description = "AI Change of an Agent's Policy"

    agent_id = fields.Many2one("ai.agent", help="Whose policy it is.")
    tried = fields.Json(readonly=True, copy=False, help="Fields of the agent as they are tried.")
    before = fields.Json(readonly=True, copy=False, help="These fields before it was applied.")

    def _give(self):
        """Give the agent the fields; return ``{field: value}`` as they were before."""
        agent, tried = self.agent_id, self._known(self.tried)
        before = {name: agent._plain(name) for name in tried}
        agent.write(tried)
        return before

    @api.model
    def _check_changed(self, changed):
        if changed not in ("ask", "restore", "keep"):
            raise UserError(self.env._("changed is one of ask, restore and keep."))

    def _put_back(self, changed):
        """Put the agent's fields back; return the labels of those that are left as they are.

        :param changed: as in ``ai.agent.trial.action_undo``
        :raise UserError: fields were changed since, and ``changed`` is ask
        """
        differing = self._changed_since()
        if differing and changed == "ask":
            raise UserError(
                self.env._(
                    "These were changed after it was applied: %s. Say whether they are put "
                    "back as well.",
                    ", ".join(line["label"] for line in differing),
                )
            )
        skipped = {line["name"] for line in differing} if changed == "keep" else set()
        before = self._known(self.before)
        values = {name: value for name, value in before.items() if name not in skipped}
        agent, gone = self.agent_id, []
        for name in [*values]:
            comodel = agent._fields[name].comodel_name
            value = values[name]
            if comodel and value and not self.env[comodel].sudo().browse(value).exists():
                gone.append(name)  # deleted since: there is nothing to put back
                del values[name]
        agent.write(values)
        return [self._field_label(name) for name in (*skipped, *gone)]

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
