from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...engine.call.checks import RequestError
from ...engine.call.request import MAX_TAG
from ...engine.prompt.variables import fill, is_value, mismatch
from ...exceptions import InvalidCallError
from ..base.index import add_index
from ..base.quick_cache import quick_cache


class Sent(NamedTuple):
    """What a call's prompt was: ids of the prompt, its version, the variant or None."""

    prompt_id: int
    version_id: int
    variant_id: int | None


class PromptOption(NamedTuple):
    """A prompt by its code, or the record."""

    def __call__(self, key, value):
        if isinstance(value, models.BaseModel) and value._name == "ai.prompt" and len(value) == 1:
            return value
        if not isinstance(value, str) or not value.strip():
            raise RequestError("type", key=key, kind="code or ai.prompt record")
        if len(value) > MAX_TAG:
            raise RequestError("key_length", key=key, most=MAX_TAG)
        return value


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    prompt_key = fields.Integer(
        readonly=True, help="Number of the prompt that the call began with."
    )
    prompt_version_key = fields.Integer(
        readonly=True, help="Number of the version that was the prompt's text then."
    )
    prompt_variant_key = fields.Integer(
        readonly=True, help="Number of the variant that was sent instead of the text."
    )
    prompt_id = fields.Many2one(
        "ai.prompt",
        "System Prompt",
        compute="_compute_prompt_id",
        search="_search_prompt_id",
        help="The prompt that the call began with; empty once it was deleted.",
    )
    prompt_version_id = fields.Many2one(
        "ai.prompt.version",
        compute="_compute_prompt_id",
        help="The version that was the prompt's text then.",
    )
    prompt_variant_id = fields.Many2one(
        "ai.prompt.variant",
        compute="_compute_prompt_id",
        help="The variant that was sent instead of the text.",
    )

    def init(self):
        res = super().init()
        add_index(self, "prompt", "prompt_key, id", "prompt_key IS NOT NULL")
        return res

    @api.depends("prompt_key", "prompt_version_key", "prompt_variant_key")
    def _compute_prompt_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        for part in ("prompt", "prompt_version", "prompt_variant"):
            key, name = f"{part}_key", f"{part}_id"
            records = self.env[self._fields[name].comodel_name]
            there = records.browse({row[key] for row in self} - {0}).exists()._ids
            for row in self:
                row[name] = row[key] if row[key] in there else False

    @api.model
    def _search_prompt_id(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            raise UserError(self.env._("Search for a prompt by its record."))
        return [("prompt_key", operator, value)]


class AiAgent(models.Model):
    _inherit = "ai.agent"

    prompt_id = fields.Many2one(
        "ai.prompt",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="The first system message of this agent's calls; what a call says itself comes after "
        "it. A call has to give its variables, else it is refused.",
    )

    @quick_cache("self.id")
    def _prompt_id_of_call(self):
        """Return the id of the agent's prompt; None without one, and for an agent that is gone."""
        return self.sudo().exists().prompt_id.id or None


class AiMessageType(models.Model):
    _inherit = "ai.message.type"

    prompt_id = fields.Many2one(
        "ai.prompt",
        check_company=True,
        ondelete="restrict",
        help="The first system message of such messages, instead of the agent's.",
    )

    @quick_cache("self.id")
    def _prompt_id_of_call(self):
        """Return the id of the type's prompt; None without one, and for a type that is gone."""
        return self.sudo().exists().prompt_id.id or None


class AiStepPrompt(models.AbstractModel):
    """Puts the prompt that the call names, else its message type's, else its agent's, before it."""

    _name = "ai.step.prompt"
    _inherit = "ai.step"
    _description = "AI Step: Prompt"
    _rank = 12  # after the agent and the type
    _fails = "refuse"  # an answer without its instructions is no answer

    def _call_options(self):
        return {"prompt": PromptOption()}

    def _fingerprint(self, call):
        named = call.options.get("prompt")
        if isinstance(named, models.BaseModel):
            named = named.id
        said = [("prompt", named)] if named else []
        # a key is held against the request as it came, when no prompt is filled in yet
        early = call.variables and (named or call.idempotency_key)
        return (*said, *([("variables", call.variables)] if early else ()))

    def _open(self, call):
        named = call.options.get("prompt")
        if named:
            facts = self._named(call, named)
        elif call.kind in ("api", "batch"):
            facts = self._of_policy(call)
        else:
            return  # what a feature asks for itself has a prompt of its own
        if not facts:
            return
        self._check_variables(call, facts, bool(named))
        # of a call that is held out the prompt is the one that was written
        variant_id, text = (None, facts.text) if call.held_out else facts.arm(call.user_id)
        filled = {"role": "system", "content": fill(text, call.variables)}
        call.messages = [filled, *call.messages]
        call.memory[self._name] = Sent(facts.id, facts.version_id, variant_id)
        self.env["ai.service"]._recount(call)

    def _named(self, call, named):
        prompts = self.env["ai.prompt"]
        if isinstance(named, str):
            prompt_id = prompts._id_of_code(named.strip().lower(), call.company_id)
        else:
            prompt_id = named.id
        facts = prompts._facts_of(prompt_id) if prompt_id else None
        if not facts or facts.company_id not in (None, call.company_id):
            raise InvalidCallError(
                self.env._(
                    "There is no prompt “%s” for this company. Prompts stand under AI Costs ▸ "
                    "Configuration ▸ Prompts.",
                    named if isinstance(named, str) else named.id,
                )
            )
        return facts

    def _of_policy(self, call):
        """Return the facts of the message type's prompt, else of the agent's; None without one."""
        found, _certainty = call.memory.get("ai.step.message_type") or (None, 0)
        agent = call.memory.get("ai.step.agent")
        for model, said in (("ai.message.type", found), ("ai.agent", agent)):
            prompt_id = said and self.env[model].browse(said.id)._prompt_id_of_call()
            facts = prompt_id and self.env["ai.prompt"]._facts_of(prompt_id)
            if facts and facts.company_id in (None, call.company_id):
                return facts
        return None

    def _check_variables(self, call, facts, is_named):
        """Refuse what the prompt lacks, by name. What it has no place for is refused where the call
        names the prompt; with a policy's it may be meant for another part of the policy."""
        missing, unknown = mismatch(facts.text, call.variables)
        if missing:
            raise InvalidCallError(
                self.env._(
                    "The prompt “%(prompt)s” needs variables that the call does not give: "
                    "%(names)s. Give them in environment['variables'].",
                    prompt=facts.name,
                    names=", ".join(missing),
                )
            )
        if unknown and is_named:
            raise InvalidCallError(
                self.env._(
                    "The prompt “%(prompt)s” has no variables named %(names)s.",
                    prompt=facts.name,
                    names=", ".join(unknown),
                )
            )
        wrong = [n for n, v in call.variables.items() if n not in unknown and not is_value(v)]
        if wrong:
            raise InvalidCallError(
                self.env._(
                    "Variables of the prompt “%(prompt)s” are texts or numbers: %(names)s.",
                    prompt=facts.name,
                    names=", ".join(wrong),
                )
            )

    def _columns(self, call, attempt):
        sent = call.memory.get(self._name)
        if not sent or not attempt.paid:
            return {}
        return {
            "prompt_key": sent.prompt_id,
            "prompt_version_key": sent.version_id,
            "prompt_variant_key": sent.variant_id,
        }

    def _tell(self, usage):
        row = usage.sudo()
        if not row.prompt_id:
            return ()
        if row.prompt_variant_id:
            text = self.env._(
                "The prompt “%(prompt)s” was sent as its variant “%(variant)s”.",
                prompt=row.prompt_id.display_name,
                variant=row.prompt_variant_id.display_name,
            )
        else:
            text = self.env._("It began with the prompt “%s”.", row.prompt_id.display_name)
        return [(text, None)]
