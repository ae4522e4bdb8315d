from odoo import fields, models

from ...engine.choice.message_types import name_type
from ...engine.prompt.last_turns import has_tool_turns, last_turns
from ..call.call import Claim


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    message_type = fields.Char(readonly=True, help="What type of message it was taken for.")


class AiStepMessageType(models.AbstractModel):
    """What type of message this is, where the agent has types; and what its type says of it."""

    _name = "ai.step.message_type"
    _inherit = "ai.step"
    _description = "AI Step: Message Type"
    _rank = 8
    _optimises = ("_open", "_choose", "_shrink")

    def _open(self, call):
        ids = call.policy.get("message_type_ids")
        if not ids:
            return
        types = self.env["ai.message.type"]._facts_of(ids)
        named = name_type(call.messages, types)
        if not named:
            return
        found, _certainty = call.memory[self._name] = named
        bound = call.tool_choice not in (None, "auto", "none") or has_tool_turns(
            self._sent(found, call.messages)
        )
        if found.tools == "none" and call.tools and not bound:
            # before anybody is chosen: who takes no tools may take what is left
            call.keep_tools(None)
            self.env["ai.service"]._recount(call)
        said = {
            "quality_required": found.quality,
            "max_tokens": found.max_tokens,
            "temperature": found.temperature,
        }
        call.policy = {**call.policy, **{k: v for k, v in said.items() if v is not None}}

    def _choose(self, call):
        found, certainty = call.memory.get(self._name) or (None, 0)
        wanted = found and {
            "efficient": call.policy.get("efficient_provider_id"),
            "strong": call.policy.get("provider_id"),
            "named": found.provider_id,
        }.get(found.provider)
        provider = wanted and self.env["ai.service.provider"].sudo().browse(wanted)
        if not provider or not self.env["ai.service"]._may_take(call, provider):
            return None
        facts = provider._facts()
        told = self.env._(
            "A message of the type “%(type)s” (%(sure)s%% sure) is answered by “%(provider)s”.",
            type=found.name,
            sure=round(100 * certainty),
            provider=facts.name,
        )
        return Claim("type", facts.id, told)

    def _shrink(self, call):
        found, _certainty = call.memory.get(self._name) or (None, 0)
        if found and found.context != "all":
            call.messages = self._sent(found, call.messages)

    def _sent(self, found, messages):
        """Return the messages that a type leaves."""
        if found.context == "all":
            return messages
        return last_turns(messages, found.context_turns if found.context == "last" else 0)

    def _columns(self, call, attempt):
        found, _certainty = call.memory.get(self._name) or (None, 0)
        return {"message_type": found.code if found else None}

    def _tell(self, usage):
        if not usage.message_type:
            return ()
        return [(self.env._("It was taken for a message of type “%s”.", usage.message_type), None)]

    def _result(self, call):
        found, _certainty = call.memory.get(self._name) or (None, 0)
        return {"message_type": found.code if found else None}
