from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...engine.call import request
from ...engine.call.checks import RequestError
from ...engine.prompt import tokens
from ...exceptions import InvalidCallError, TooLargeError
from ..base.quick_cache import quick_cache
from ..base.transactions import Apart
from ..base.wording import reader
from .call import Call, Target

#: Options that every task has.
TASK_OPTIONS = ("max_budget_usd", "max_latency_ms", "idempotency_key")


class AiService(models.AbstractModel):
    """Check the request: what cannot be sent is refused, in words that say how to put it right."""

    _inherit = "ai.service"

    @api.model
    def _check(self, messages, config=None, environment=None, options=None):
        """Return the checked ``Call``, turned to its configured provider.

        :raise InvalidCallError: what cannot be sent, and how to put it right
        """
        self._check_caller()
        known = {**request.OPTIONS, **self.env["ai.step"]._options()}
        options = self._worded(request.check_options, options or {}, known)
        tags, blocks, variables = self._checked_environment(environment)
        provider = self._configured_provider(config, options.get("task_type"))
        facts = provider._facts()
        if facts.task_type != "chat":
            raise InvalidCallError(
                self.env._(
                    "“%(name)s” is a provider for %(task)s, and a message is for one for chat. "
                    "embed and transcribe are for embeddings and voice to text; other tasks are "
                    "not served.",
                    name=facts.name,
                    task=self._task_name(facts.task_type),
                )
            )
        most = facts.max_output_tokens
        if most and options.get("max_tokens", 0) > most:
            raise InvalidCallError(
                self.env._(
                    "max_tokens is %(given)s, and “%(name)s” answers with %(limit)s at most.",
                    given=options["max_tokens"],
                    name=facts.name,
                    limit=most,
                )
            )
        own = {name: options.pop(name) for name in [*options] if name not in request.OPTIONS}
        return self._new_call(
            provider,
            bool(config),
            messages=self._worded(request.check_messages, messages),
            tags=tags,
            blocks=blocks,
            variables=variables,
            options=own,
            **{**options, "task_type": facts.task_type},
        )

    @api.model
    def _new_call(self, provider, is_named, **values):
        """Return a ``Call`` of who asks now, turned to ``provider``.

        :param bool is_named: the caller named the provider
        :param values: fields of ``Call``, checked
        """
        company = self.env.company
        call = Call(
            company_id=company.id,
            user_id=self.env.uid,
            apart=Apart(self.env),
            configured_id=provider.id,
            names_provider=is_named,
            text_policy=company._ai_policy().text_policy,
            reader=reader(self.env),
            **values,
        )
        steps = self.env["ai.step"]
        for name in steps._of_task("_fingerprint", call.task_type):
            call.distinct += tuple(self.env[name]._fingerprint(call))
        self._turn(call, provider)
        call.configured = call.target
        return call

    @api.model
    def _checked_environment(self, environment):
        """Return the tags, context blocks and variables of an environment."""
        tags, blocks = self._worded(request.check_environment, environment or {})
        return tags, blocks, self._worded(request.check_variables, environment or {})

    @api.model
    def _check_task(self, task_type, job, own, config, environment, options):
        """Return the checked ``Call`` of what is no chat, turned to its configured provider.

        :param job: what makes its ``Job`` of the checked options
        :param dict own: the options of the task and their checks
        :raise InvalidCallError: what cannot be sent, and how to put it right
        """
        self._check_caller()
        steps = self.env["ai.step"]
        known = {**{name: request.OPTIONS[name] for name in TASK_OPTIONS}, **own}
        options = self._worded(
            request.check_options, options, {**known, **steps._options(task_type)}
        )
        tags, _blocks, variables = self._checked_environment(environment)
        provider = self._configured_provider(config, task_type)
        usual = {name: options.pop(name) for name in TASK_OPTIONS if name in options}
        return self._new_call(
            provider,
            bool(config),
            messages=[],
            tags=tags,
            variables=variables,
            task_type=task_type,
            job=job({name: options.pop(name) for name in own if name in options}),
            options=options,
            **usual,
        )

    @api.model
    def _turn(self, call, provider, reason="configured"):
        """Turn the call to ``provider``: the next attempt asks there.

        :param str reason: who decided so, a code of ``engine.ledger.reasons``
        :raise InvalidCallError: the request is too large for it; the call stays where it was
        """
        call.target, call.reason = self._target(call, provider), reason

    @api.model
    def _target(self, call, provider):
        """Return ``provider`` as the ``Target`` of a call, its tokens counted for that model."""
        facts = provider._facts()
        price_id, price = provider._engine_price()
        count = call.count(facts.model_name, facts.api_format)
        window = facts.context_window
        if call.job:
            self._worded(call.job.check, facts)
            window = 0
        if window and count.tokens > window:
            raise InvalidCallError(
                self.env._(
                    "The request has %(tokens)s tokens, and “%(name)s” reads %(window)s at most. "
                    "Send less text, or choose a model with a larger context window.",
                    tokens=count.tokens,
                    name=facts.name,
                    window=window,
                )
            )
        return Target(
            provider_id=facts.id,
            name=facts.name,
            model_name=facts.model_name,
            api_format=facts.api_format,
            price=price,
            price_id=price_id,
            max_tokens=self._most_tokens(call, facts),
            count=count,
            window=window,
            fallback_id=facts.fallback_id,
        )

    @api.model
    def _most_tokens(self, call, facts=None):
        """Return how long an answer may be, in tokens.

        :param facts: of the provider; None: of the one that the call is turned to
        """
        provider = self.env["ai.service.provider"]
        facts = facts or provider.browse(call.target.provider_id)._facts()
        wanted = call.max_tokens or facts.default_max_tokens
        most = facts.max_output_tokens
        return most if call.job else min(wanted, most or wanted)

    @api.model
    def _task_name(self, task_type):
        """Return a task as a person calls it."""
        field = self.env["ai.service.provider"]._fields["task_type"]
        return dict(field._description_selection(self.env))[task_type]

    @api.model
    def _count_tokens_api(self, config, messages):
        """Count the input tokens of messages for a provider, without a call.

        :param config: ``ai.service.provider`` record or id; None takes the default for chat
        :return: ``{'input_tokens': int, 'exact': bool}``; not exact means estimated
        """
        self._check_caller()
        facts = self._configured_provider(config, None)._facts()
        messages = self._worded(request.check_messages, messages)
        count = tokens.count_tokens(messages, facts.model_name, facts.api_format)
        return {"input_tokens": count.tokens, "exact": count.exact}

    # ------------------------------------------------------------------
    # Who asks whom
    # ------------------------------------------------------------------

    @api.model
    def _check_caller(self):
        """Portal and public users do not spend the company's money."""
        if not (self.env.su or self._is_internal(self.env.uid)):
            raise AccessError(self.env._("Only internal users can call AI models."))
        if not self.env.company:
            raise UserError(self.env._("Choose a company before you call an AI model."))

    @api.model
    @quick_cache("user_id")
    def _is_internal(self, user_id):
        # as Odoo, which keeps a person's groups in the same cache
        return self.env["res.users"].sudo().browse(user_id)._is_internal()

    @api.model
    def _configured_provider(self, config, task_type):
        providers = self.env["ai.service.provider"]
        if not config:
            return self._default_provider(task_type or "chat")
        if isinstance(config, int) and not isinstance(config, bool):
            provider = providers.browse(config)
        elif isinstance(config, models.BaseModel) and config._name == providers._name:
            provider = config.with_env(self.env)
        else:
            raise InvalidCallError(
                self.env._("Give the provider as a record of ai.service.provider or its id.")
            )
        facts = provider._facts() if len(provider) == 1 else None
        owner = self.env["res.company"]
        if facts and facts.company_id not in (None, self.env.company.id):
            owner = provider.sudo().company_id
        # who does not work there learns no more than that there is none for him
        if not facts or (owner and owner - self.env.user.company_ids):
            raise InvalidCallError(self.env._("Give exactly one provider that exists."))
        if owner:
            raise InvalidCallError(
                self.env._(
                    "“%(name)s” belongs to %(owner)s, and you work for %(company)s.",
                    name=facts.name,
                    owner=owner.name,
                    company=self.env.company.name,
                )
            )
        provider._check_readable()
        if not facts.active:
            raise InvalidCallError(
                self.env._(
                    "“%s” is archived and takes no calls. Choose another provider, or have it "
                    "taken out of the archive.",
                    facts.name,
                )
            )
        if task_type and task_type != facts.task_type:
            raise InvalidCallError(
                self.env._("“%s” is not a provider for that task type.", facts.name)
            )
        return provider

    @api.model
    def _default_provider(self, task_type):
        """Return the first active provider of the task; a sandbox only where nothing else is."""
        found = self.env["ai.service.provider"]._of_tasks([task_type], self.env.company.id)
        real = (provider for provider in found if provider._facts().api_format != "sandbox")
        provider = next(real, found[:1])
        if not provider:
            raise InvalidCallError(
                self.env._(
                    "There is no provider for this task yet. An administrator adds one under "
                    "AI Costs ▸ Configuration ▸ Providers."
                )
            )
        return provider

    # ------------------------------------------------------------------
    # Wording
    # ------------------------------------------------------------------

    @api.model
    def _worded(self, check, *args):
        """Return what a check of the engine returns; its refusal in the caller's language.

        :raise InvalidCallError: instead of ``RequestError``
        """
        try:
            return check(*args)
        except RequestError as error:
            kind = TooLargeError if error.code == "task_file_size" else InvalidCallError
            raise kind(self._refusal_text(error)) from error

    @api.model
    def _refusal_text(self, error):
        figures = error.figures
        number = reader(self.env).number
        if error.code == "size" or error.code.startswith("task_"):
            figures = {
                name: value if isinstance(value, str) else number(value)
                for name, value in figures.items()
            }
        texts = {
            "nothing": self.env._("There is nothing to send: give a text or a list of messages."),
            "empty": self.env._("There is nothing to send: every message is empty."),
            "size": self.env._(
                "The messages are %(size)s characters long; %(limit)s can be sent. Send only "
                "the part that is needed."
            ),
            "message": self.env._("A message is a dict with a role and a content."),
            "role": self.env._(
                "The role of a message is one of system, user, assistant or tool, not %(role)s."
            ),
            "content": self.env._("The content of a message is a text or a list."),
            "part": self.env._("The parts of a message's content are dicts with a type."),
            "text_part": self.env._("A part of the type text holds its text under 'text'."),
            "image_part": self.env._("A part of the type image_url is {'image_url': {'url': …}}."),
            "tool_result": self.env._("The result of a tool names its call under tool_call_id."),
            "tool_calls": self.env._(
                "tool_calls is the list that the assistant's answer gave: dicts with id, "
                "name and arguments."
            ),
            "character": self.env._(
                "A text holds a character that cannot be sent (NUL or half of a "
                "surrogate pair). Remove it and send again."
            ),
            "options": self.env._("The call does not know: %(unknown)s. It knows: %(known)s."),
            "choice": self.env._("%(key)s is one of %(allowed)s."),
            "number": self.env._("%(key)s is a number from %(least)s to %(most)s, not %(value)s."),
            "type": self.env._("%(key)s must be a %(kind)s."),
            "texts": self.env._(
                "%(key)s is at most %(most)s texts of at most %(length)s characters, none empty."
            ),
            "key_length": self.env._("%(key)s has %(most)s characters at most."),
            "tool": self.env._("A tool is {'type': 'function', 'function': {'name': …}}."),
            "environment": self.env._("The environment is a dict of tags."),
            "environment_keys": self.env._(
                "The environment of a call has no %(unknown)s. It has: %(known)s."
            ),
            "tag": self.env._("The tag %(key)s is a text of %(most)s characters at most."),
            "record_id": self.env._("The id of a record is a whole number above 0."),
            "record_model": self.env._("A res_id needs a res_model."),
            "blocks": self.env._("context_blocks is a dict of name to text."),
            "variables": self.env._(
                "variables is a dict of at most %(most)s names to numbers, texts of %(length)s "
                "characters at most, or truth values. A name holds letters, digits and _."
            ),
            **self._schema_refusals(),
            **self._task_refusals(),
        }
        return texts[error.code] % figures if figures else texts[error.code]
