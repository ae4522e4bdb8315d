import logging

import psycopg2

from odoo import fields, models
from odoo.tools import SQL

from ...engine.prompt import threads
from ...engine.prompt.tokens import count_tokens
from ...exceptions import AiError

_logger = logging.getLogger(__name__)

#: Summaries that one call asks for at most: a conversation that is long already is shortened
#: little by little.
MOST_ASKED = 2
#: Turns for which a summary is expected to be sent: until the next block is cut off.
TURNS = threads.BLOCK


class AiTokenUsage(models.Model):
    _inherit = "ai.token.usage"

    thread_saved_tokens = fields.Integer(
        "Tokens of Older Messages Left Out",
        readonly=True,
        help="What older messages of the conversation would have come to, less their summaries: "
        "estimated.",
    )
    thread_saved_usd = fields.Float(
        "Saved by Summaries (USD)",
        digits=0,
        readonly=True,
        help="Those tokens at the plain input's price: an estimate, without what the summaries "
        "cost, which are calls of their own. It is no part of Saved, which compares providers.",
    )


class AiStepThreads(models.AbstractModel):
    """The older part of a long conversation as summaries that lose no fact."""

    _name = "ai.step.threads"
    _inherit = "ai.step"
    _description = "AI Step: Long Conversations"
    _once = ("thread_saved_tokens", "thread_saved_usd")
    _rank = 30  # before tools and marks, which go by what is left

    def _shrink(self, call):
        agent = call.memory.get("ai.step.agent")
        policy = agent and self.env["ai.agent"].browse(agent.id)._thread_policy()
        if not policy or not policy.keep or call.text_policy == "none":
            return
        plan = threads.cut(call.messages, policy.keep)
        if not plan:
            return
        before = call.messages
        summaries = self._summaries(call, plan, policy)
        if not any(summaries):
            return
        call.messages = threads.summarised(plan, summaries)
        model = call.target.model_name, call.target.api_format
        spared = count_tokens(before, *model).tokens - count_tokens(call.messages, *model).tokens
        if spared <= 0:
            call.messages = before
            return
        call.memory[self._name] = spared
        call.notices.append(
            self.env._(
                "Older messages were sent as summaries, about %s tokens less.",
                call.reader.number(spared),
            )
        )

    def _summaries(self, call, plan, policy):
        """Return for each block its checked summary, None for one that is sent as it is."""
        digests = threads.digest(plan.head, plan.blocks)
        kept = self._kept(call, digests)
        found, names, asked = [], frozenset(), 0
        for block, digest in zip(plan.blocks, digests, strict=True):
            text, known = kept.get(digest, (None, ()))
            if text is None and asked < MOST_ASKED and self._pays(call, block, policy):
                asked += 1
                text, known = self._ask(call, block, digest, policy, names)
            found.append(text)
            names |= frozenset(known or ())
        return found

    def _kept(self, call, digests):
        rows = self.env.execute_query(
            SQL(
                "SELECT digest, text, names FROM ai_thread_summary"
                " WHERE digest IN %s AND user_id = %s AND company_id = %s",
                tuple(digests),
                call.user_id,
                call.company_id,
            )
        )
        return {digest: (text, names) for digest, text, names in rows}

    def _pays(self, call, block, policy):
        """Does leaving the block out for ten turns save more than its summary costs?"""
        if not threads.is_summable(block):
            return False
        asker = self._asker(call, policy)
        price, own = call.target.price, asker._price_at()
        if not price or not own:
            return False
        model = call.target.model_name, call.target.api_format
        tokens = count_tokens(block, *model).tokens
        spared = tokens - tokens * threads.EXPECTED_SHARE
        plain = price.rates.rate("input")
        reading = price.rates.cache_read if price.rates.cache_read is not None else plain
        if not plain or own.input_usd is False or own.output_usd is False:
            return False
        # the vendor's cache may have served it: the cheaper of the two is what is saved for sure
        saved = spared * TURNS * float(min(plain, reading))
        return saved > tokens * own.input_usd + tokens * threads.EXPECTED_SHARE * own.output_usd

    def _asker(self, call, policy):
        providers = self.env["ai.service.provider"].sudo()
        chosen = providers.browse(policy.provider_id or [])
        if self.env["ai.service"]._may_take(call, chosen):
            return chosen
        return providers.browse(call.target.provider_id)

    def _ask(self, call, block, digest, policy, names):
        """Ask for the summary of a block, check and keep it; (None, ()) where that fails."""
        # the caller's cursor stays open: the call itself is still to be made
        service = self.env["ai.service"].with_context(ai_give_back_cursor=False)
        tags = {k: v for k, v in call.tags.items() if v is not None}
        try:
            answer = service._send_apart(
                threads.question(block),
                self._asker(call, policy).id,
                tags,
                "summary",
                mode="passthrough",
                max_tokens=threads.MOST_TOKENS,
                temperature=0.0,
            )
        except AiError as error:
            _logger.info("AI conversation: not summarised (%s)", error)
            return None, ()
        if answer["finish_reason"] not in ("stop", ""):
            return None, ()
        text, known = threads.checked(answer["content"], block, names)
        self._keep(call, digest, text, sorted(known))
        return text, known

    def _keep(self, call, digest, text, names):
        """Keep a summary whatever becomes of the caller's transaction: it was paid for."""
        try:
            with call.apart.env(wait_s=1) as env:
                env["ai.thread.summary"].create(
                    {
                        "company_id": call.company_id,
                        "user_id": call.user_id,
                        "digest": digest,
                        "text": text,
                        "names": names,
                    }
                )
        except psycopg2.IntegrityError:
            _logger.debug("AI conversation: two calls summarised it at once, either will do")

    def _columns(self, call, attempt):
        spared = call.memory.get(self._name)
        if not spared:
            return {}
        price = attempt.target.price
        plain = price and price.rates.rate("input")
        return {
            "thread_saved_tokens": spared,
            "thread_saved_usd": float(plain) * spared / 1e6 if plain else None,
        }
