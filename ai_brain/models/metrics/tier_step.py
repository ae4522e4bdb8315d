from odoo import fields, models

from ...engine.ledger.tasks import SERVED


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    user_tier = fields.Char(
        "Tier of the Person",
        readonly=True,
        help="The highest tier that the person's calls could take then; empty: any.",
    )


class AiStepTier(models.AbstractModel):
    """The person's tier on the row: counters by tier must not change when the tier does."""

    _name = "ai.step.tier"
    _inherit = "ai.step"
    _description = "AI Step: Tier of the Person"
    _rank = 10
    _tasks = SERVED

    def _open(self, call):
        found = call.options.get("user_tier") or self.env["res.users"]._ai_tier_of(call.user_id)
        call.memory[self._name] = found

    def _columns(self, call, attempt):
        tier = call.memory.get(self._name)
        return {"user_tier": tier} if tier else {}
