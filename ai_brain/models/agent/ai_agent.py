from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.agent.presets import PRESETS, preset_of
from ...engine.call.request import MAX_TAG
from ..base.quick_cache import quick_cache
from .ai_agent_trial import TrialFacts

MOST_FIRST = 1000
MOST_DAYS = 3650
#: Set of message types -> first messages of a person that go to the agent's own provider.
FIRST_OF_SET = {"coaching": 3, "business": 0}


class AgentFacts(NamedTuple):
    """What a call needs to know of its agent."""

    id: int
    name: str
    code: str
    user_ids: frozenset
    group_ids: frozenset
    provider_id: int | None
    efficient_provider_id: int | None
    message_type_ids: tuple
    mode: str | None
    quality_required: str | None
    max_tokens: int | None
    temperature: float | None
    max_latency_ms: int | None
    first_strong_messages: int
    keeps_full_text: bool
    #: what the presets set, field to value: ``call.policy`` brings it to the steps
    switches: dict
    trial: TrialFacts | None = None

    def trying(self, tried):
        """Return the facts with other values of fields, as a call on trial follows them."""
        own = {name: value or None for name, value in tried.items() if name in self._fields}
        switches = {name: tried.get(name, value) for name, value in self.switches.items()}
        return self._replace(switches=switches, **own)


class AiAgent(models.Model):
    """One policy for the calls that carry an agent's code: an addon passes the code, an
    administrator decides the rest. What a call states itself stands above it."""

    _name = "ai.agent"
    _inherit = ["ai.shared.record", "ai.audited.thread"]
    _description = "AI Agent"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="How people will recognise it.")
    code = fields.Char(
        required=True,
        index=True,
        copy=False,
        tracking=True,
        help="What calls name it by (agent_type), whatever the case. Calls with a code that no "
        "agent has follow the company's default agent.",
    )
    active = fields.Boolean(default=True, help="Calls do not follow an archived agent.")
    sequence = fields.Integer(default=10, help="Of agents with one code, the first is followed.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="The company whose calls follow it. Empty: every company's, unless it has an agent "
        "of that code itself.",
    )
    is_default = fields.Boolean(
        "Default Agent",
        compute="_compute_is_default",
        inverse="_inverse_is_default",
        help="Calls without a code, or with one that no agent has, follow it.",
    )
    user_ids = fields.Many2many(
        "res.users", string="Users", help="Only calls of these people follow it. Empty: anybody's."
    )
    group_ids = fields.Many2many(
        "res.groups",
        string="Groups",
        help="Only calls of people in one of these groups follow it. Empty: anybody's.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('task_type', '=', 'chat')]",
        help="Answers this agent's calls. Empty: the one that the call names, else the default.",
    )
    efficient_provider_id = fields.Many2one(
        "ai.service.provider",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        domain="[('task_type', '=', 'chat')]",
        help="Answers messages of the types that need no more. With routing to the best buy, the "
        "router asks this one wherever it is good enough for the question, the provider above "
        "where it is not, and no third one. Empty: the router chooses from all.",
    )
    message_type_ids = fields.Many2many(
        "ai.message.type",
        string="Message Types",
        check_company=True,
        domain="[('is_none', '=', False)]",
        help="Messages of these types are recognised and answered as each type says. What is sent "
        "changes with it, so it is off until you choose some.",
    )
    message_set = fields.Selection(
        [("coaching", "Coaching Chat"), ("business", "Business Mail"), ("own", "Our own")],
        "Set of Types",
        compute="_compute_message_set",
        inverse="_inverse_message_set",
        help="Chooses all types of a set at once.",
    )
    mode = fields.Selection(
        [
            ("passthrough", "Always its provider"),
            ("smart_router", "The best buy for each question"),
        ],
        "Routing",
        tracking=True,
        help="How the provider of a call is chosen. Empty: as the provider itself is set.",
    )
    quality_required = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High")],
        "Quality Needed",
        tracking=True,
        help="What a provider must be good for. Empty: the harder the question, the better.",
    )
    max_tokens = fields.Integer(
        "Longest Answer (Tokens)",
        tracking=True,
        help="Where a call names no limit of its own. 0: as the provider says.",
    )
    sets_temperature = fields.Boolean(
        "Set the Temperature", help="Give calls that name no temperature the one below."
    )
    temperature = fields.Float(
        tracking=True, help="0 is the most predictable answer, 2 the most varied."
    )
    max_latency_ms = fields.Integer(
        "Longest Wait (ms)",
        tracking=True,
        help="Providers that usually take longer are not chosen. 0: any time.",
    )
    first_strong_messages = fields.Integer(
        "First Messages to the Provider Above",
        tracking=True,
        help="So many first calls of a person are never sent to a lesser provider.",
    )
    keep_text = fields.Selection(
        [("company", "As the company"), ("full", "The full text")],
        "Kept Text",
        required=True,
        default="company",
        tracking=True,
        help="Ratings, tuning and trials by text need it in full. A company that keeps nothing "
        "keeps nothing here either.",
    )
    keep_text_days = fields.Integer(
        "Days to Keep It", default=90, help="After so many days the text is cleared."
    )
    company_keeps_text = fields.Boolean(
        compute="_compute_company_keeps_text", help="The company keeps texts of calls at all."
    )
    apology = fields.Text(
        translate=True,
        tracking=True,
        help="What is answered when no vendor answers, marked as such. Empty: the call fails.",
    )
    preset = fields.Selection(
        [
            ("careful", "Careful: every call goes to its provider, as it is."),
            ("balanced", "Balanced: the router finds the best buy that is good enough."),
            (
                "thrifty",
                "Thrifty: the best buy of simple quality, only the tools it needs, older messages "
                "summed up, and one answer for one question.",
            ),
            ("custom", "Custom: as set below."),
        ],
        compute="_compute_preset",
        inverse="_inverse_preset",
        help="Sets the switches below at once.",
    )
    rivals = fields.Char(
        compute="_compute_rivals", help="Other agents of this code, which calls may follow instead."
    )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_is_default(self):
        default = self.env.company.sudo().ai_default_agent_id
        for agent in self:
            agent.is_default = agent._origin == default

    def _inverse_is_default(self):
        for agent in self:
            company = (agent.company_id or self.env.company).sudo()
            if agent.is_default:
                agent._check_may_default()
                company.ai_default_agent_id = agent
            elif company.ai_default_agent_id == agent:
                company.ai_default_agent_id = False

    def _check_may_default(self):
        if not self.active:
            raise ValidationError(
                self.env._("“%s” is archived; a default agent is one that works.", self.name)
            )

    @api.depends("company_id")
    @api.depends_context("company")
    def _compute_company_keeps_text(self):
        for agent in self:
            company = (agent.company_id or self.env.company).sudo()
            agent.company_keeps_text = company.ai_text_policy != "none"

    @api.depends(lambda self: tuple(PRESETS["careful"]))
    def _compute_preset(self):
        for agent in self:
            agent.preset = preset_of({name: agent[name] for name in PRESETS["careful"]})

    def _inverse_preset(self):
        for agent in self:
            agent.update(PRESETS.get(agent.preset, {}))

    @api.onchange("preset")
    def _onchange_preset(self):
        self._inverse_preset()

    @api.depends("message_type_ids")
    def _compute_message_set(self):
        for agent in self:
            sets = set(agent.message_type_ids.mapped("collection"))
            agent.message_set = sets.pop() if len(sets) == 1 else "own" if sets else False

    def _inverse_message_set(self):
        for agent in self.filtered(lambda agent: agent.message_set in FIRST_OF_SET):
            agent.update(self._brought_by_set(agent.message_set))

    @api.model
    def _brought_by_set(self, collection):
        types = self.env["ai.message.type"].search(
            [("collection", "=", collection), ("is_none", "=", False)]
        )
        return {
            "message_type_ids": [fields.Command.set(types.ids)],
            "first_strong_messages": FIRST_OF_SET[collection],
        }

    @api.onchange("message_set")
    def _onchange_message_set(self):
        self._inverse_message_set()

    @api.depends("code", "company_id", "active")
    def _compute_rivals(self):
        for agent in self:
            rivals = agent.active and agent.code and agent._rivals()
            agent.rivals = ", ".join(rivals.mapped("display_name")) if rivals else False

    def _rivals(self):
        """Return the other agents that a call with this code might follow."""
        companies = [False, self.company_id.id] if self.company_id else [False]
        return self.search(
            [
                ("id", "!=", self._origin.id),
                ("code", "=ilike", _literal(self.code.strip())),
                ("company_id", "in", companies),
            ]
        )

    @api.constrains("code")
    def _check_code(self):
        for agent in self:
            if not agent.code.strip() or len(agent.code) > MAX_TAG:
                raise ValidationError(
                    self.env._("The code of an agent has 1 to %s characters.", MAX_TAG)
                )

    @api.constrains(
        "max_tokens", "temperature", "max_latency_ms", "first_strong_messages", "keep_text_days"
    )
    def _check_figures(self):
        for agent in self:
            if not 0 <= agent.temperature <= 2:
                raise ValidationError(self.env._("A temperature lies between 0 and 2."))
            if not 0 <= agent.max_tokens <= 1_000_000 or not 0 <= agent.max_latency_ms <= 3_600_000:
                raise ValidationError(
                    self.env._(
                        "An answer has 1,000,000 tokens at most, and a wait one hour; 0 sets no "
                        "limit."
                    )
                )
            if not 0 <= agent.first_strong_messages <= MOST_FIRST:
                raise ValidationError(
                    self.env._("The number of first messages lies between 0 and %s.", MOST_FIRST)
                )
            if not 1 <= agent.keep_text_days <= MOST_DAYS:
                raise ValidationError(self.env._("Text is kept for 1 to %s days.", MOST_DAYS))

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._cleared(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._cleared(vals))

    @api.model
    def _cleared(self, vals):
        """Return values whose code has no blanks around it, and whose set of types brings only
        what is not given beside it: who takes one of its types out wants it out."""
        if vals.get("code"):
            vals = {**vals, "code": vals["code"].strip()}
        given = {"message_type_ids", "first_strong_messages"} & set(vals)
        if given and vals.get("message_set") in FIRST_OF_SET:
            brought = self._brought_by_set(vals["message_set"])
            rest = {name: value for name, value in vals.items() if name != "message_set"}
            vals = {**brought, **rest}
        return vals

    def copy_data(self, default=None):
        return [
            {**vals, "code": self.env._("%s copy", agent.code)[:MAX_TAG], **(default or {})}
            for agent, vals in zip(self, super().copy_data(default), strict=True)
        ]

    # ------------------------------------------------------------------
    # Which agent a call follows
    # ------------------------------------------------------------------

    @api.model
    def _of_call(self, code, company_id):
        """Return the ``AgentFacts`` that a call of the current user follows, or None.

        Of several agents with the code: one that names the person comes before one that names a
        group of his, that before one for anybody; then the company's own before a shared one. A
        call whose code no agent has follows the company's default agent.

        :param code: ``agent_type`` of the call, or None
        """
        claims = self._claims(code.strip().lower(), company_id) if code else ()
        found = self._first_for_user(claims)
        if found:
            return found
        default = self._default(company_id)
        return self._first_for_user([default]) if default else None

    @api.model
    def _first_for_user(self, claims):
        mine = None
        for facts in claims:
            if not facts.user_ids and not facts.group_ids:
                return facts
            if self.env.uid in facts.user_ids:
                return facts
            if mine is None and facts.group_ids:
                mine = frozenset(self.env.user.sudo()._get_group_ids())
            if facts.group_ids and mine & facts.group_ids:
                return facts
        return None

    @api.model
    @quick_cache("code", "company_id")
    def _claims(self, code, company_id):
        """Return the ``AgentFacts`` with this code (lower case), in the order they are asked."""
        agents = self.sudo().search(
            [("code", "=ilike", _literal(code)), ("company_id", "in", [False, company_id])]
        )

        def rank(agent):
            named = 0 if agent.user_ids else 1 if agent.group_ids else 2
            return named, not agent.company_id, agent.sequence, agent.id

        return tuple(agent._facts() for agent in agents.sorted(rank))

    @api.model
    @quick_cache("company_id")
    def _default(self, company_id):
        agent = self.env["res.company"].browse(company_id).sudo().ai_default_agent_id
        return agent._facts() if agent.active else None

    def _facts(self):
        return AgentFacts(
            id=self.id,
            name=self.name,
            code=self.code,
            user_ids=frozenset(self.user_ids.ids),
            group_ids=frozenset(self.group_ids.ids),
            provider_id=self.provider_id.id or None,
            efficient_provider_id=self.efficient_provider_id.id or None,
            message_type_ids=tuple(self.message_type_ids.ids),
            mode=self.mode or None,
            quality_required=self.quality_required or None,
            max_tokens=self.max_tokens or None,
            temperature=self.temperature if self.sets_temperature else None,
            max_latency_ms=self.max_latency_ms or None,
            first_strong_messages=self.first_strong_messages,
            keeps_full_text=self.keep_text == "full",
            switches={name: self._plain(name) for name in PRESETS["careful"]},
            trial=self.env["ai.agent.trial"]._running_of(self.id),
        )

    def _plain(self, name):
        """Return a field's value as JSON has it: an id, a list of ids, or the value itself."""
        value = self[name]
        if not isinstance(value, models.BaseModel):
            return value
        return value.id if self._fields[name].type == "many2one" else value.ids

    @api.model
    def _names_of_codes(self, codes):
        """Return ``{code: (id, name)}`` of the agents that calls with these codes follow, or
        followed until they were archived, as far as the current user may read them."""
        codes = [code for code in codes if code]
        if not codes:
            return {}
        wanted = {code.lower() for code in codes}
        agents = self.with_context(active_test=False).search(
            [("company_id", "in", [False, *self.env.companies.ids])]
        )
        found = {}
        for agent in agents.sorted(lambda agent: (not agent.active, not agent.company_id)):
            if agent.code.lower() in wanted:
                found.setdefault(agent.code.lower(), (agent.id, agent.name))
        return {code: found[code.lower()] for code in codes if code.lower() in found}

    def _usage_domain(self):
        """Domain of the agent's calls: those that followed it, and those that named it before
        there was an agent."""
        self.ensure_one()
        return [
            "|",
            ("agent_key", "=", self.id),
            "&",
            ("agent_key", "=", False),
            ("agent_type", "=ilike", _literal(self.code)),
        ]

    def action_view_usage(self):
        """Open the calls of this agent."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Calls of %s", self.name),
            "res_model": "ai.token.usage",
            "view_mode": "list,form,pivot,graph",
            "domain": self._usage_domain(),
        }


def _literal(code):
    """Return a code for ``=ilike``: its signs mean themselves."""
    return code.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
