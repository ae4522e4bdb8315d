from odoo import api, fields, models


class AiTrialUndo(models.TransientModel):
    """Asks what becomes of fields that somebody changed after a trial was applied."""

    _name = "ai.trial.undo"
    _description = "Undo of an AI Trial"

    trial_id = fields.Many2one(
        "ai.agent.trial", required=True, readonly=True, ondelete="cascade", help="What is undone."
    )
    line_ids = fields.One2many(
        "ai.trial.undo.line", "undo_id", readonly=True, help="What was changed since."
    )

    @api.model
    def _opened(self, trial):
        names = ("label", "before", "applied", "now")
        lines = [{name: line[name] for name in names} for line in trial._changed_since()]
        undo = self.create(
            {"trial_id": trial.id, "line_ids": [fields.Command.create(line) for line in lines]}
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Changed Since It Was Applied"),
            "res_model": self._name,
            "res_id": undo.id,
            "views": [(False, "form")],
            "target": "new",
        }

    def action_restore(self):
        """Put everything back, the changed fields as well."""
        self.trial_id.action_undo("restore")

    def action_keep(self):
        """Put the other fields back, and leave those as they are now."""
        self.trial_id.action_undo("keep")


class AiTrialUndoLine(models.TransientModel):
    """A field that somebody changed."""

    _name = "ai.trial.undo.line"
    _description = "Changed Field of an AI Agent"

    undo_id = fields.Many2one(
        "ai.trial.undo", required=True, ondelete="cascade", help="The dialog it stands in."
    )
    label = fields.Char("Field", readonly=True, help="What it is called on the agent's form.")
    before = fields.Char(readonly=True, help="As it was before the trial was applied.")
    applied = fields.Char(readonly=True, help="As the trial had set it.")
    now = fields.Char(readonly=True, help="As somebody set it since.")
