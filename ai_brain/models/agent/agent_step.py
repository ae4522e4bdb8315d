from odoo import models
from odoo.tools import SQL

from ...engine.ledger.tasks import SERVED
from ...providers import ChatResponse
from ..base.quick_cache import quick_cache
from ..call.call import Claim, Outcome

#: What of an agent's policy the spine and other steps go by.
POLICY = (
    "provider_id",
    "efficient_provider_id",
    "mode",
    "quality_required",
    "max_tokens",
    "max_latency_ms",
    "message_type_ids",
)

#: Kinds of answer that use up none of a person's first messages.
NO_MESSAGE = ("pattern", "fallback", "summary", "trial")


class _NotYet(Exception):
    """What is not so yet, and is asked again."""


class AiStepAgent(models.AbstractModel):
    """What an agent's policy says where the call itself says nothing."""

    _name = "ai.step.agent"
    _inherit = "ai.step"
    _description = "AI Step: Agent"
    _rank = 5
    _tasks = SERVED

    def _open(self, call):
        agent = self.env["ai.agent"]._of_call(call.tags.get("agent_type"), call.company_id)
        if not agent:
            return
        own, part = agent, call.memory.get("ai.step.trial")
        if part and part.tried:
            agent = agent.trying(part.tried)
        call.memory[self._name] = agent
        if agent.keeps_full_text and call.text_policy != "none":
            call.text_policy = "full"
        if call.job:
            return  # its policy is one for conversations
        said = {**agent.switches, **{name: getattr(agent, name) for name in POLICY}}
        call.policy = {**call.policy, **{name: value for name, value in said.items() if value}}
        if agent.temperature is not None:
            call.policy["temperature"] = agent.temperature
        provider = self.env["ai.service.provider"].sudo().browse(own.provider_id or [])
        if not call.names_provider and self.env["ai.service"]._turn_if_able(
            call, provider, "agent"
        ):
            # nobody asked for another: it is what savings are measured against
            call.configured_id = provider.id
            call.configured = call.target

    def _provider(self, call, agent):
        provider = self.env["ai.service.provider"].sudo().browse(agent.provider_id or [])
        return provider if self.env["ai.service"]._may_take(call, provider) else None

    def _choose(self, call):
        agent = None if call.job else call.memory.get(self._name)
        provider = agent and self._provider(call, agent)
        if not provider:
            return None
        if self._is_among_first(call, agent):
            told = self.env._(
                "The first %(n)s messages of a person to “%(agent)s” go to “%(provider)s”.",
                n=agent.first_strong_messages,
                agent=agent.name,
                provider=provider._facts().name,
            )
            return Claim("first", provider.id, told)
        told = self.env._(
            "“%(provider)s” answers the calls of “%(agent)s”.",
            provider=provider._facts().name,
            agent=agent.name,
        )
        return Claim("agent", provider.id, told)

    def _is_among_first(self, call, agent):
        """Is it one of the person's first calls to the agent, which go to its own provider?

        What went to no provider (a pattern, an apology), or was nobody's message (a summary, a
        trial), is none of them. A kept answer is: it is from a provider as good as that one.
        """
        if not agent.first_strong_messages:
            return False
        try:
            return not self._has_had(agent.id, call.user_id, agent.first_strong_messages)
        except _NotYet:
            return True

    @quick_cache("agent_id", "user_id", "most")
    def _has_had(self, agent_id, user_id, most):
        """Return True where a person has had so many calls with an agent: kept, as it stays so.

        :raise _NotYet: he has not, which is not kept
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM (SELECT 1 FROM ai_token_usage WHERE agent_key = %s"
                " AND user_id = %s AND state != 'failed' AND call_count = 1"
                " AND kind NOT IN %s LIMIT %s) earlier",
                agent_id,
                user_id,
                NO_MESSAGE,
                most,
            )
        )
        if rows[0][0] < most:
            raise _NotYet
        return True

    def _rescue(self, call, attempt):
        agent = None if call.job else call.memory.get(self._name)
        if not agent:
            return None
        with call.apart.reading() as env:
            apology = env["ai.agent"].browse(agent.id).exists().apology
        if not apology:
            return None
        call.why = self.env._("No vendor answered. This is what “%s” says then.", agent.name)
        call.notices.append(call.why)
        return Outcome("fallback", ChatResponse(content=apology, finish_reason="stop"))

    def _columns(self, call, attempt):
        agent = call.memory.get(self._name)
        return {"agent_key": agent.id if agent else None}

    def _tell(self, usage):
        agent = usage.sudo().agent_id
        if not agent:
            return ()
        return [(self.env._("It followed the policy of the agent “%s”.", agent.name), None)]
