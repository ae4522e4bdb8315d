from odoo import fields, models


class AiWhatIfApplied(models.Model):
    """What a what-if gave an agent, and what was there before."""

    _name = "ai.what.if.applied"
    _inherit = "ai.policy.change"
    _description = "AI What If: Changed Agent"
    _order = "id"

    what_if_id = fields.Many2one(
        "ai.what.if", required=True, ondelete="cascade", index=True, help="What was asked."
    )
    company_id = fields.Many2one(
        related="what_if_id.company_id", store=True, index=True, help="Whose what-if it is."
    )
    agent_id = fields.Many2one(required=True, ondelete="cascade", index=True)
    changes = fields.Char(compute="_compute_changes", help="What the agent was given, in words.")

    def _compute_changes(self):
        for one in self:
            tried = one._known(one.tried)
            nothing = self.env._("none")
            one.changes = ", ".join(
                f"{one._field_label(name)}: {one._in_words(name, value) or nothing}"
                for name, value in tried.items()
            )
