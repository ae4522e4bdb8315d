from odoo import fields, models
from odoo.http import request
from odoo.tools import ormcache

from ... import providers
from ...engine import waste
from ...engine.price import pricing

#: Their own scheduled actions wait for what they ask.
OURS = ("ai_brain", "ai_sam_cost_dashboard")


class AiStepCouldWait(models.AbstractModel):
    """Which calls nobody waits for: those of scheduled actions, unless somebody reads along, the
    caller is in a hurry, or the agent lets nothing wait."""

    _name = "ai.step.could_wait"
    _inherit = "ai.step"
    _description = "AI Step: Calls That Could Wait"
    _rank = 45

    def _open(self, call):
        cron_id = self.env.context.get("cron_id")
        if not isinstance(cron_id, int) or self._is_waited_for(call):
            return
        name = self._action_name(cron_id)
        agent = call.memory.get("ai.step.agent")
        if name and (agent is None or self.env["ai.agent"]._may_wait(agent.id)):
            call.memory[self._name] = cron_id, name

    def _is_waited_for(self, call):
        return bool(
            request
            or call.streaming
            or call.kind != "api"
            or call.max_latency_ms
            or call.tags.get("session_id")
        )

    @ormcache("cron_id")
    def _action_name(self, cron_id):
        """Return the name of a scheduled action, None for one of ours or none."""
        action = self.env["ir.cron"].sudo().browse(cron_id).exists()
        xml_id = action.get_external_id().get(cron_id, "") if action else ""
        if not action or xml_id.partition(".")[0] in OURS:
            return None
        return action.with_context(lang=None).name

    def _later(self, call, attempt):
        """Return the ``engine.waste.Later`` of an answered call, None where it gains nothing."""
        known, target = call.memory.get(self._name), attempt.target
        if not known or attempt.endpoint is None:
            return None
        wire = providers.get_wire(target.api_format)
        if wire.batch_for(attempt.endpoint) is None:
            return None
        cost = pricing.cost(attempt.usage, target.price, batch=True, when=fields.Datetime.now())
        return None if cost is pricing.UNPRICED else waste.Later(*known, cost)

    def _tell(self, usage):
        if usage.kind != "batch":
            return ()
        text = self.env._("It could wait, and was sent together with others.")
        return [(text, usage._usd_of(usage.saved_usd) if usage.state == "done" else None)]
