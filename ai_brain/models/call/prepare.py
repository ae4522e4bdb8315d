import numbers

from odoo import api, models

from ...engine.prompt import tokens
from ...exceptions import InvalidCallError
from ..base.wording import reader
from . import call as call_module

ROLES = ("system", "user", "assistant", "tool")
ALIASES = {"developer": "system", "function": "tool"}
MAX_REQUEST_BYTES = 4_000_000
MAX_TOKENS = 1_000_000
MAX_TAG = 128
TAGS = ("module", "context_model", "agent_type", "agent_mode", "session_id", "res_model")
CONTEXT_TYPES = ("full", "selective", "minimal")
OPTIONS = {
    "task_type",
    "quality_required",
    "mode",
    "max_tokens",
    "temperature",
    "tools",
    "tool_choice",
    "max_budget_usd",
    "max_latency_ms",
    "idempotency_key",
    "extra",
}


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _prepare(self, messages, config=None, environment=None, options=None):
        """Return the checked ``Call`` with its configured provider and token count.

        :raise InvalidCallError: what cannot be sent, and how to put it right
        """
        self._check_caller()
        options = self._clean_options(options or {})
        tags, blocks = self._clean_environment(environment or {})
        provider = self._configured_provider(config, options.get("task_type"))
        if provider.task_type != "chat":
            raise InvalidCallError(
                self.env._(
                    "“%(name)s” is a provider for %(task)s. Only chat can be sent so far; choose "
                    "a provider for chat.",
                    name=provider.name,
                    task=dict(provider._fields["task_type"]._description_selection(self.env))[
                        provider.task_type
                    ],
                )
            )
        call = call_module.Call(
            messages=self._clean_messages(messages),
            company_id=self.env.company.id,
            user_id=self.env.uid,
            configured_id=provider.id,
            tags=tags,
            blocks=blocks,
            **{**options, "task_type": provider.task_type},
        )
        limit = provider.max_output_tokens
        if call.max_tokens and limit and call.max_tokens > limit:
            raise InvalidCallError(
                self.env._(
                    "max_tokens is %(given)s, and “%(name)s” answers with %(limit)s at most.",
                    given=call.max_tokens,
                    name=provider.name,
                    limit=limit,
                )
            )
        self._set_target(call, provider)
        call.configured = call.target
        if call.mode:
            call.tags.setdefault("agent_mode", call.mode)
        return call

    @api.model
    def _set_target(self, call, provider):
        """Turn the call to ``provider`` and count its tokens anew for that model."""
        provider = provider.sudo()
        price_id, price = provider._engine_price()
        wanted = call.max_tokens or provider.default_max_tokens
        call.target = call_module.Target(
            provider_id=provider.id,
            name=provider.name,
            model_name=provider.model_name,
            endpoint=provider._endpoint(),
            price=price,
            price_id=price_id,
            max_tokens=min(wanted, provider.max_output_tokens or wanted),
            fallback_id=provider.fallback_provider_id.id or None,
        )
        call.count = tokens.count_tokens(
            call.messages, provider.model_name, provider.api_format, call.tools
        )
        window = provider.context_window
        if window and call.count.tokens > window:
            raise InvalidCallError(
                self.env._(
                    "The request has %(tokens)s tokens, and “%(name)s” reads %(window)s at most. "
                    "Send less text, or choose a model with a larger context window.",
                    tokens=call.count.tokens,
                    name=provider.name,
                    window=window,
                )
            )

    @api.model
    def _count_tokens_api(self, config, messages):
        """Count the input tokens of messages for a provider, without a call.

        :param config: ``ai.service.provider`` record or id; None takes the default for chat
        :return: ``{'input_tokens': int, 'exact': bool}``; not exact means estimated
        """
        self._check_caller()
        provider = self._configured_provider(config, None)
        count = tokens.count_tokens(
            self._clean_messages(messages), provider.model_name, provider.api_format
        )
        return {"input_tokens": count.tokens, "exact": count.exact}

    @api.model
    def _configured_provider(self, config, task_type):
        providers_ = self.env["ai.service.provider"]
        if not config:
            provider = self._default_provider(task_type or "chat")
        elif isinstance(config, int) and not isinstance(config, bool):
            provider = providers_.browse(config).exists()
        elif isinstance(config, models.BaseModel) and config._name == providers_._name:
            provider = config.with_env(self.env)
        else:
            raise InvalidCallError(
                self.env._("Give the provider as a record of ai.service.provider or its id.")
            )
        if len(provider) != 1:
            raise InvalidCallError(self.env._("Give exactly one provider that exists."))
        company = provider.sudo().company_id
        if company and company != self.env.company:
            raise InvalidCallError(
                self.env._(
                    "“%(name)s” belongs to %(owner)s, and you work for %(company)s.",
                    name=provider.sudo().name,
                    owner=company.name,
                    company=self.env.company.name,
                )
            )
        provider.check_access("read")
        if not provider.active:
            raise InvalidCallError(
                self.env._(
                    "“%s” is archived and takes no calls. Choose another provider, or have it "
                    "taken out of the archive.",
                    provider.name,
                )
            )
        if task_type and task_type != provider.task_type:
            raise InvalidCallError(
                self.env._("“%s” is not a provider for that task type.", provider.name)
            )
        return provider

    @api.model
    def _default_provider(self, task_type):
        """Return the first active provider of the task; a sandbox only where nothing else is."""
        domain = [
            ("task_type", "=", task_type),
            ("company_id", "in", [False, self.env.company.id]),
        ]
        found = self.env["ai.service.provider"].search(domain)
        provider = (found.filtered(lambda p: p.api_format != "sandbox") or found)[:1]
        if not provider:
            raise InvalidCallError(
                self.env._(
                    "There is no provider for this task yet. An administrator adds one under "
                    "AI Costs ▸ Configuration ▸ Providers."
                )
            )
        return provider

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    @api.model
    def _clean_messages(self, messages):
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if not isinstance(messages, list | tuple) or not messages:
            raise InvalidCallError(
                self.env._("There is nothing to send: give a text or a list of messages.")
            )
        clean = [self._clean_message(message) for message in messages]
        asked = [m for m in clean if m["role"] != "system"]
        if not any(_says_something(message) for message in asked):
            raise InvalidCallError(self.env._("There is nothing to send: every message is empty."))
        size = sum(len(repr(m.get("content"))) for m in clean)
        if size > MAX_REQUEST_BYTES:
            raise InvalidCallError(
                self.env._(
                    "The messages are %(size)s characters long; %(limit)s can be sent. Send only "
                    "the part that is needed.",
                    size=reader(self.env).number(size),
                    limit=reader(self.env).number(MAX_REQUEST_BYTES),
                )
            )
        return clean

    @api.model
    def _clean_message(self, message):
        if not isinstance(message, dict):
            raise InvalidCallError(self.env._("A message is a dict with a role and a content."))
        role = message.get("role")
        role = ALIASES.get(role, role) if isinstance(role, str) else None
        if role not in ROLES:
            raise InvalidCallError(
                self.env._(
                    "The role of a message is one of system, user, assistant or tool, not %s.",
                    repr(message.get("role"))[:60],
                )
            )
        content = message.get("content")
        if content is None and message.get("tool_calls"):
            content = ""
        if not isinstance(content, str | list):
            raise InvalidCallError(self.env._("The content of a message is a text or a list."))
        if isinstance(content, list):
            self._check_parts(content)
        self._check_tool_turn(role, message)
        clean = {**message, "role": role, "content": content}
        self._check_text(clean)
        return clean

    @api.model
    def _check_parts(self, parts):
        for part in parts:
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                raise InvalidCallError(
                    self.env._("The parts of a message's content are dicts with a type.")
                )
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            if part["type"] == "text" and not isinstance(part.get("text"), str):
                raise InvalidCallError(
                    self.env._("A part of the type text holds its text under 'text'.")
                )
            if part["type"] == "image_url" and not isinstance(url, str):
                raise InvalidCallError(
                    self.env._("A part of the type image_url is {'image_url': {'url': …}}.")
                )

    @api.model
    def _check_tool_turn(self, role, message):
        """Refuse a tool's result or an assistant's tool calls that no vendor could match."""
        if role == "tool" and not isinstance(message.get("tool_call_id"), str):
            raise InvalidCallError(
                self.env._("The result of a tool names its call under tool_call_id.")
            )
        calls = message.get("tool_calls")
        if calls is None:
            return
        for call in calls if isinstance(calls, list) else [None]:
            function = call.get("function", call) if isinstance(call, dict) else None
            if not isinstance(function, dict) or not all(
                isinstance(function.get(key), str) for key in ("name", "arguments")
            ):
                raise InvalidCallError(
                    self.env._(
                        "tool_calls is the list that the assistant's answer gave: dicts with id, "
                        "name and arguments."
                    )
                )

    @api.model
    def _check_text(self, value):
        """Refuse what neither a vendor nor PostgreSQL can take, in any text of ``value``."""
        if isinstance(value, str):
            bad = "\0" in value or not _encodes(value)
            if bad:
                raise InvalidCallError(
                    self.env._(
                        "A text holds a character that cannot be sent (NUL or half of a "
                        "surrogate pair). Remove it and send again."
                    )
                )
        elif isinstance(value, dict):
            for key, item in value.items():
                self._check_text(key)
                self._check_text(item)
        elif isinstance(value, list | tuple):
            for item in value:
                self._check_text(item)

    # ------------------------------------------------------------------
    # Options and tags
    # ------------------------------------------------------------------

    @api.model
    def _clean_options(self, options):
        unknown = set(options) - OPTIONS
        if unknown:
            raise InvalidCallError(
                self.env._(
                    "send_message does not know: %(unknown)s. It knows: %(known)s.",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(sorted(OPTIONS)),
                )
            )
        options = {key: value for key, value in options.items() if value is not None}
        task_types = dict(self.env["ai.service.provider"]._fields["task_type"].selection)
        self._check_choice(options, "task_type", task_types)
        self._check_choice(options, "quality_required", ("low", "medium", "high"))
        self._check_choice(options, "mode", ("passthrough", "smart_router"))
        self._check_number(options, "max_tokens", 1, MAX_TOKENS, whole=True)
        self._check_number(options, "temperature", 0, 2)
        self._check_number(options, "max_budget_usd", 0, 1_000_000)
        self._check_number(options, "max_latency_ms", 1, 3_600_000)
        for key, kind in (("tools", list), ("extra", dict), ("idempotency_key", str)):
            if key in options and not isinstance(options[key], kind):
                raise InvalidCallError(
                    self.env._("%(key)s must be a %(kind)s.", key=key, kind=kind.__name__)
                )
        if len(options.get("idempotency_key", "")) > 255:
            raise InvalidCallError(self.env._("An idempotency_key has 255 characters at most."))
        for tool in options.get("tools", ()):
            function = tool.get("function") if isinstance(tool, dict) else None
            if not isinstance(function, dict) or not isinstance(function.get("name"), str):
                raise InvalidCallError(
                    self.env._("A tool is {'type': 'function', 'function': {'name': …}}.")
                )
        self._check_text([options.get("tools"), options.get("idempotency_key")])
        return options

    @api.model
    def _check_choice(self, options, key, allowed):
        if key in options and (not isinstance(options[key], str) or options[key] not in allowed):
            raise InvalidCallError(
                self.env._("%(key)s is one of %(allowed)s.", key=key, allowed=", ".join(allowed))
            )

    @api.model
    def _check_number(self, options, key, least, most, whole=False):
        if key not in options:
            return
        value = options[key]
        kind = int if whole else numbers.Real
        good = isinstance(value, kind) and not isinstance(value, bool)
        if not good or not least <= value <= most:  # NaN compares false
            raise InvalidCallError(
                self.env._(
                    "%(key)s is a number from %(least)s to %(most)s, not %(value)s.",
                    key=key,
                    least=format(least, ","),
                    most=format(most, ","),
                    value=repr(value)[:60],
                )
            )

    @api.model
    def _clean_environment(self, environment):
        """Return (ledger tags, context blocks); a tag that cannot be kept is refused."""
        if not isinstance(environment, dict):
            raise InvalidCallError(self.env._("The environment is a dict of tags."))
        tags = {}
        for key in TAGS:
            value = environment.get(key)
            if value in (None, False, ""):
                continue
            if not isinstance(value, str) or len(value) > MAX_TAG:
                raise InvalidCallError(
                    self.env._(
                        "The tag %(key)s is a text of %(most)s characters at most.",
                        key=key,
                        most=MAX_TAG,
                    )
                )
            tags[key] = value
        self._check_choice(
            {k: v for k, v in environment.items() if v}, "context_type", CONTEXT_TYPES
        )
        if environment.get("context_type"):
            tags["context_type"] = environment["context_type"]
        record_id = environment.get("res_id")
        if environment.get("lead_id"):
            tags["res_model"], record_id = "crm.lead", environment["lead_id"]
        if record_id:
            if (
                isinstance(record_id, bool)
                or not isinstance(record_id, int)
                or not 0 < record_id < 2**31
            ):
                raise InvalidCallError(self.env._("The id of a record is a whole number above 0."))
            if "res_model" not in tags:
                raise InvalidCallError(self.env._("A res_id needs a res_model."))
            tags["res_id"] = record_id
        blocks = environment.get("context_blocks") or {}
        if not isinstance(blocks, dict) or not all(
            isinstance(k, str) and isinstance(v, str) for k, v in blocks.items()
        ):
            raise InvalidCallError(self.env._("context_blocks is a dict of name to text."))
        self._check_text([list(tags.values()), blocks])
        return tags, blocks


def _says_something(message):
    content = message["content"]
    parts = content if isinstance(content, list) else ()
    return call_module.text_of(message).strip() or any(p["type"] != "text" for p in parts)


def _encodes(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
