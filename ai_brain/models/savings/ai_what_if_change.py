from odoo import fields, models


class AiWhatIfChange(models.Model):
    """Who answers instead of whom."""

    _name = "ai.what.if.change"
    _inherit = "ai.what.if.asked"
    _description = "AI What If: Another Provider"
    _order = "sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10, help="The first line that fits counts.")
    agent_id = fields.Many2one(
        "ai.agent", check_company=True, ondelete="cascade", help="Empty: calls of any agent."
    )
    old_provider_id = fields.Many2one(
        "ai.service.provider",
        "Instead of",
        check_company=True,
        ondelete="cascade",
        context={"active_test": False},
        help="Empty: whoever answered.",
    )
    new_provider_id = fields.Many2one(
        "ai.service.provider",
        "Answers",
        required=True,
        check_company=True,
        ondelete="cascade",
        domain="[('task_type', '=', 'chat')]",
        help="Who would have been asked.",
    )
