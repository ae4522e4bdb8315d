from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...engine.choice.message_types import prepare, shipped_types
from ..base.quick_cache import quick_cache
from ..base.wording import name_in_languages

COLLECTIONS = ("coaching", "business")
LANGUAGES = ("en", "de", "fr", "es")
#: Lines of examples or cues in one language.
MOST_LINES = 500
MOST_TURNS = 100


class TypeFacts(NamedTuple):
    """A type as ``engine.choice.classify`` and a call need it."""

    id: int
    name: str
    code: str
    examples: dict
    cues: dict
    none: bool
    set: str
    complexity: str
    quality: str | None
    max_tokens: int | None
    temperature: float | None
    provider: str
    provider_id: int | None
    tools: str
    context: str
    context_turns: int


class AiMessageType(models.Model):
    """A type of message: how it is recognised, and how such a message is answered."""

    _name = "ai.message.type"
    _inherit = ["ai.shared.record", "ai.audited.thread"]
    _description = "AI Message Type"
    _order = "collection, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, help="How people will recognise it.")
    code = fields.Char(required=True, help="What the ledger calls it.")
    active = fields.Boolean(default=True, help="Archived types are not recognised.")
    sequence = fields.Integer(default=10, help="Order in lists.")
    company_id = fields.Many2one(
        "res.company",
        default=lambda self: self.env.company,
        index=True,
        help="The company that may use it. Empty: every company.",
    )
    collection = fields.Selection(
        [("coaching", "Coaching Chat"), ("business", "Business Mail"), ("own", "Our own")],
        "Set",
        required=True,
        default="own",
        help="Types that belong together.",
    )
    is_none = fields.Boolean(
        "Stands for No Type",
        help="Messages like these examples are of no type: what the other types of its set are "
        "not.",
    )
    examples_en = fields.Text("Examples (English)", help="One message a line.")
    examples_de = fields.Text("Examples (German)", help="One message a line.")
    examples_fr = fields.Text("Examples (French)", help="One message a line.")
    examples_es = fields.Text("Examples (Spanish)", help="One message a line.")
    cues_en = fields.Text(
        "Cues (English)",
        help="Words that tell the type, a cue a line: a/b is either, … anything between, ^ the "
        "beginning, # a number, * the rest of a word.",
    )
    cues_de = fields.Text("Cues (German)", help="Words that tell the type, a cue a line.")
    cues_fr = fields.Text("Cues (French)", help="Words that tell the type, a cue a line.")
    cues_es = fields.Text("Cues (Spanish)", help="Words that tell the type, a cue a line.")
    complexity = fields.Selection(
        [("simple", "Simple"), ("moderate", "Moderate"), ("complex", "Complex")],
        required=True,
        default="moderate",
        help="How demanding such messages are, whatever their words look like: what the router, "
        "and the search for waste, go by.",
    )
    quality_required = fields.Selection(
        [("low", "Low"), ("medium", "Medium"), ("high", "High")],
        "Quality Needed",
        help="What the router looks for. Empty: as the agent says, else as the question needs it.",
    )
    max_tokens = fields.Integer(
        "Longest Answer (Tokens)",
        aggregator=None,  # a sum of limits says nothing
        help="Where a call names no limit of its own. 0: as the agent says.",
    )
    sets_temperature = fields.Boolean(
        "Set the Temperature", help="Give calls that name no temperature the one below."
    )
    temperature = fields.Float(help="0 is the most predictable answer, 2 the most varied.")
    provider = fields.Selection(
        [
            ("router", "The router decides"),
            ("efficient", "The agent's efficient provider"),
            ("strong", "The agent's provider"),
            ("named", "The one below"),
        ],
        "Answered By",
        required=True,
        default="router",
        help="Who answers such messages.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        check_company=True,
        ondelete="restrict",
        domain="[('task_type', '=', 'chat')]",
        help="Answers such messages, whatever the agent.",
    )
    tools = fields.Selection(
        [("given", "As given"), ("none", "None")],
        required=True,
        default="given",
        help="Whether the tools of the call are sent along. A forced tool, and one whose result is "
        "awaited, always is.",
    )
    context = fields.Selection(
        [("all", "All of it"), ("last", "The last turns"), ("none", "None of it")],
        "Conversation before It",
        required=True,
        default="all",
        help="How much of the conversation is sent along. What the system prompt says always is.",
    )
    context_turns = fields.Integer("Turns", default=4, help="A turn is a question with its answer.")

    _sql_constraints = [
        (
            "code_unique",
            "unique(collection, code, company_id)",
            "This set has a type of that code already.",
        ),
    ]

    @api.constrains("max_tokens", "temperature", "context_turns", "provider", "provider_id")
    def _check_figures(self):
        for record in self:
            if not 0 <= record.temperature <= 2:
                raise ValidationError(self.env._("A temperature lies between 0 and 2."))
            if not 0 <= record.max_tokens <= 1_000_000:
                raise ValidationError(
                    self.env._("An answer has between 0 (no limit) and 1,000,000 tokens.")
                )
            if not 0 <= record.context_turns <= MOST_TURNS:
                raise ValidationError(
                    self.env._("The number of turns lies between 0 and %s.", MOST_TURNS)
                )
            if record.provider == "named" and not record.provider_id:
                raise ValidationError(
                    self.env._("Name the provider that answers “%s”.", record.name)
                )

    @api.constrains(*(f"{kind}_{lang}" for kind in ("examples", "cues") for lang in LANGUAGES))
    def _check_lines(self):
        for record in self:
            for kind in ("examples", "cues"):
                if any(len(lines) > MOST_LINES for lines in record._lines(kind).values()):
                    raise ValidationError(
                        self.env._("A type has at most %s lines a language.", MOST_LINES)
                    )

    def copy_data(self, default=None):
        return [
            {**vals, "collection": "own", "code": f"{vals['code']}_copy", **(default or {})}
            for vals in super().copy_data(default)
        ]

    def _lines(self, kind):
        """Return ``{language: [line, …]}`` of the examples or cues."""
        texts = {lang: self[f"{kind}_{lang}"] or "" for lang in LANGUAGES}
        return {
            lang: [line.strip() for line in text.splitlines() if line.strip()]
            for lang, text in texts.items()
        }

    @api.model
    @quick_cache("ids")
    def _facts_of(self, ids):
        """Return the ``TypeFacts`` of types, and of those that stand for none in their sets, ready
        for ``classify``.

        :param tuple ids: of ``ai.message.type``
        """
        types = self.sudo().browse(ids).exists().filtered("active")
        nones = self.sudo().search(
            [
                ("is_none", "=", True),
                ("collection", "in", types.mapped("collection")),
                ("company_id", "in", [False, *types.company_id.ids]),
            ]
        )
        return prepare(record._facts() for record in types | nones)

    def _facts(self):
        return TypeFacts(
            id=self.id,
            name=self.name,
            code=self.code,
            examples=self._lines("examples"),
            cues=self._lines("cues"),
            none=self.is_none,
            set=self.collection,
            complexity=self.complexity,
            quality=self.quality_required or None,
            max_tokens=self.max_tokens or None,
            temperature=self.temperature if self.sets_temperature else None,
            provider=self.provider,
            provider_id=self.provider_id.id or None,
            tools=self.tools,
            context=self.context,
            context_turns=self.context_turns,
        )

    # ------------------------------------------------------------------
    # What is shipped
    # ------------------------------------------------------------------

    @api.model
    def _load_shipped(self):
        """Make records of the types that the engine ships, where there are none yet.

        What an administrator changed stays as it is.
        """
        for collection in COLLECTIONS:
            for number, shipped in enumerate(shipped_types(collection), 1):
                xmlid = f"ai_brain.message_type_{collection}_{shipped.code}"
                if self.env.ref(xmlid, raise_if_not_found=False):
                    continue
                record = self.create(self._shipped_values(collection, number * 10, shipped))
                self.env["ir.model.data"]._update_xmlids(
                    [{"xml_id": xmlid, "record": record, "noupdate": True}]
                )
                name_in_languages(record, shipped.name or {"en": shipped.code})

    @api.model
    def _shipped_texts(self):
        """Return ``[(record, {field: text})]``: what this edition ships, by record."""
        found = []
        for collection in COLLECTIONS:
            for shipped in shipped_types(collection):
                xmlid = f"ai_brain.message_type_{collection}_{shipped.code}"
                record = self.env.ref(xmlid, raise_if_not_found=False)
                if record:
                    found.append((record, self._texts_of(shipped)))
        return found

    @api.model
    def _texts_of(self, shipped):
        return {
            f"{kind}_{lang}": "\n".join(getattr(shipped, kind).get(lang, ()))
            for kind in ("examples", "cues")
            for lang in LANGUAGES
        }

    @api.model
    def _shipped_values(self, collection, sequence, shipped):
        names = shipped.name or {}
        return {
            **self._texts_of(shipped),
            "name": names.get("en") or shipped.code.replace("_", " ").capitalize(),
            "code": shipped.code,
            "collection": collection,
            "sequence": sequence,
            "company_id": False,
            "is_none": shipped.none,
            "complexity": shipped.complexity,
            "quality_required": shipped.quality,
            "max_tokens": shipped.max_tokens,
            "sets_temperature": True,
            "temperature": shipped.temperature,
            "provider": "router" if shipped.none else shipped.provider,
            "tools": shipped.tools,
            "context": shipped.context,
            "context_turns": shipped.context_turns,
        }
