import random
import zlib
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.base.text import text_of
from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.prompt import tokens
from ...engine.reuse.patterns import Occasion, last_message
from ...engine.reuse.placeholders import Placeholder, fill, parse
from ...providers import ChatResponse
from ..base.index import add_index
from ..call.call import Outcome
from .pattern_fields import values_of

#: Keys of the vendor's request that say in what shape the answer has to be.
_SHAPES = ("format", "response", "schema", "generationconfig", "modalities", "tool")


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    pattern_key = fields.Integer(
        readonly=True, help="Number of the pattern that answered.", aggregator=None
    )
    pattern_variant = fields.Integer(
        readonly=True, help="Which of the pattern's answers it was.", aggregator=None
    )
    pattern_id = fields.Many2one(
        "ai.answer.pattern",
        compute="_compute_pattern_id",
        search="_search_pattern_id",
        help="The pattern that answered; empty once it was deleted.",
    )

    def init(self):
        res = super().init()
        add_index(self, "pattern", "pattern_key, local_date", "pattern_key IS NOT NULL")
        return res

    @api.depends("pattern_key")
    def _compute_pattern_id(self):
        # no foreign key: clearing it would have to change a row of the ledger
        there = self.env["ai.answer.pattern"].browse({row.pattern_key for row in self} - {0})
        there = there.exists()
        for row in self:
            row.pattern_id = row.pattern_key if row.pattern_key in there._ids else False

    @api.model
    def _search_pattern_id(self, operator, value):
        if operator not in ("=", "!=", "in", "not in"):
            raise UserError(self.env._("Search for a pattern by its record."))
        return [("pattern_key", operator, value)]


class AiStepPattern(models.AbstractModel):
    """Answers a short message by the first of the agent's patterns that fits."""

    _name = "ai.step.pattern"
    _inherit = "ai.step"
    _description = "AI Step: Pattern"
    _rank = 10
    _optimises = ("_answer",)

    def _answer(self, call):
        agent = call.memory.get("ai.step.agent")
        known = agent and self.env["ai.answer.pattern"]._index_of_agent(agent.id, self.env.lang)
        if not known or self._is_bound(call):
            return None
        index, facts = known
        text, asked = last_message(call.messages)
        if not index.reads(text):
            return None
        for hit in index.hits(text, self._occasion(call, asked, index.timed)):
            pattern = facts[hit.pattern.id]
            if pattern.company_id not in (None, call.company_id):
                continue
            chosen = self._chosen(call, hit.pattern.id, pattern.answers[hit.language])
            if chosen:
                return self._outcome(call, hit.pattern.id, pattern, *chosen)
        return None

    def _is_bound(self, call):
        """Is an answer wanted that no person has written beforehand: in a given shape, or by a
        tool that has to be called?"""
        forced = call.tool_choice not in (None, "auto", "none")
        shaped = any(shape in key.lower() for key in call.extra for shape in _SHAPES)
        return bool(forced or shaped or call.response_schema)

    def _occasion(self, call, asked, timed):
        now = self.env["ai.answer.pattern"]._now_of_user() if timed else None
        return Occasion(
            hour=now.hour + now.minute / 60 if now else 0.0,
            weekday=now.weekday() if now else 0,
            language=(self.env.lang or "en_US")[:2],
            variables=call.variables,
            model=call.tags.get("res_model") or "",
            asked=asked,
        )

    def _chosen(self, call, pattern_id, answers):
        """Return ``(variant, text)`` of an answer that can be given and was not given last; None
        where a field in each of them is empty, or not the caller's to read."""
        variants = {zlib.crc32(text.encode()) & 0x7FFFFFFF: text for text in answers}
        filled = {
            variant: text
            for variant, template in variants.items()
            if (text := self._filled(call, template))
        }
        if len(filled) > 1:
            last = self._last_variant(call, pattern_id)
            said = next((text_of(m) for m in reversed(call.messages[:-1])), "")
            others = [v for v, text in filled.items() if v != last and text != said]
            filled = {variant: filled[variant] for variant in others} or filled
        # which of them is nobody's secret
        return random.choice([*filled.items()]) if filled else None

    def _filled(self, call, template):
        if "{" not in template:
            return template
        wanted = [part for part in parse(template) if isinstance(part, Placeholder)]
        env = self.env(su=False)  # what the caller may read, whoever lets him call
        return fill(template, values_of(env, wanted, call.tags, call.variables))

    def _last_variant(self, call, pattern_id):
        session = call.tags.get("session_id")
        if not session:
            return None
        query = SQL(
            "SELECT pattern_variant FROM ai_token_usage WHERE session_id = %s AND company_id = %s"
            " AND pattern_key = %s ORDER BY id DESC LIMIT 1",
            session,
            call.company_id,
            pattern_id,
        )
        # the row before may be younger than the caller's transaction
        with call.apart.reading() as env:
            rows = env.execute_query(query)
        return rows[0][0] if rows else None

    def _outcome(self, call, pattern_id, pattern, variant, text):
        """Its saving is what the configured provider would have charged for the call as it is and
        an answer as long as this one: a model seldom says less."""
        asked = call.configured
        count = tokens.count_text(text, asked.model_name, asked.api_format)
        usage = TokenUsage(input=asked.count.tokens, output=count.tokens)
        baseline = pricing.cost(usage, asked.price, when=fields.Datetime.now())
        call.memory[self._name] = pattern_id, variant
        call.why = self.env._("“%s” answered it without a model.", pattern.name)
        return Outcome(
            "pattern",
            ChatResponse(content=text, finish_reason="stop"),
            usage,
            Decimal(0) if baseline is pricing.UNPRICED else baseline,
        )

    def _columns(self, call, attempt):
        pattern_id, variant = self._answered(call, attempt)
        return {"pattern_key": pattern_id, "pattern_variant": variant}

    def _tell(self, usage):
        if usage.kind != "pattern":
            return ()
        name = usage.sudo().pattern_id.name
        if name:
            text = self.env._("The pattern “%s” answered, so no vendor was asked.", name)
        else:
            text = self.env._("A pattern answered that was deleted since; no vendor was asked.")
        return [(text, usage._usd_of(usage.saved_usd))]

    def _result(self, call):
        return {"pattern_id": self._answered(call, call.attempt)[0]}

    def _answered(self, call, attempt):
        found = call.memory.get(self._name) if attempt.kind == "pattern" else None
        return found or (None, None)
