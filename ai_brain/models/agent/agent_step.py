from odoo import models
from odoo.tools import SQL

from ...engine.price.usage import TokenUsage
from ...providers import ChatResponse
from ..call.call import Outcome


class AiStepAgent(models.AbstractModel):
    """What an agent's policy says where the call itself says nothing."""

    _name = "ai.step.agent"
    _inherit = "ai.step"
    _description = "AI Step: Agent"
    _rank = 5

    def _open(self, call):
        agent = self.env["ai.agent"]._of_call(call.tags.get("agent_type"), call.company_id)
        if not agent:
            return
        call.memory[self._name] = agent
        if agent.max_tokens and not call.max_tokens:
            call.max_tokens = agent.max_tokens
        if agent.temperature is not None and call.temperature is None:
            call.temperature = agent.temperature
        if agent.max_latency_ms and not call.max_latency_ms:
            call.max_latency_ms = agent.max_latency_ms
        call.options = {
            **{"quality_required": agent.quality_required} * bool(agent.quality_required),
            **call.options,
        }
        if agent.keeps_full_text and call.text_policy != "none":
            call.text_policy = "full"
