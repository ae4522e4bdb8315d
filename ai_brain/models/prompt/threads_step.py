import logging
from typing import NamedTuple

from psycopg2.extras import Json

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


class ThreadPolicy(NamedTuple):
    """``keep``: last messages that are sent as they are; ``provider_id``: who summarises, None
    for the provider that answers."""

    keep: int
    provider_id: int | None


class AiStepThreads(models.AbstractModel):
    """The older part of a long conversation as summaries that lose no fact."""

    _name = "ai.step.threads"
    _inherit = "ai.step"
    _description = "AI Step: Long Conversations"
    _once = ("thread_saved_tokens", "thread_saved_usd")
    _rank = 30  # before tools and marks, which go by what is left
    _optimises = ("_shrink",)

    def _shrink(self, call):
        keep = call.policy.get("keep_messages")
        if not keep or call.text_policy == "none":
            return
        policy = ThreadPolicy(keep, call.policy.get("efficient_provider_id"))
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
        digests = threads.digest(plan.blocks)
        kept = self._kept(call, digests)
        may_ask = MOST_ASKED if self._may_ask(call) else 0
        found, names = [], frozenset()
        for block, digest in zip(plan.blocks, digests, strict=True):
            text, known = kept.get(digest, (None, ()))
            if digest not in kept and may_ask and self._pays(call, block, policy):
                may_ask -= 1
                text, known = self._ask(call, block, digest, policy, names)
            found.append(text or None)
            names |= frozenset(known or ())
        return found

    def _may_ask(self, call):
        """May a summary be asked for now? Not where nothing may be paid, nor where the call has a
        time or an amount of its own, which is not the summary's to use up."""
        return not (call.rehearsed or call.max_latency_ms or call.max_budget_usd)

    def _kept(self, call, digests):
        rows = self.env.execute_query(
            SQL(
                "SELECT digest, text, names FROM ai_thread_summary"
                " WHERE digest IN %s AND user_id = %s AND company_id = %s"
                " AND (text IS NOT NULL OR create_date > %s)",
                tuple(digests),
                call.user_id,
                call.company_id,
                fields.Datetime.subtract(fields.Datetime.now(), days=1),
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
        if not plain or not own.input_priced or not own.output_priced:
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
                within=call,
                mode="passthrough",
                max_tokens=threads.MOST_TOKENS,
                temperature=0.0,
            )
        except AiError as error:
            _logger.info("AI conversation: not summarised (%s)", error)
            answer = {"kind": "", "finish_reason": "error"}
        if answer["kind"] != "summary" or answer["finish_reason"] not in ("stop", ""):
            self._keep(call, digest, None, [])  # not tried again before tomorrow
            return None, ()
        text, known = threads.checked(answer["content"], block, names)
        self._keep(call, digest, text, sorted(known))
        return text, known

    def _keep(self, call, digest, text, names):
        """Keep a summary whatever becomes of the caller's transaction: it was paid for."""
        with call.apart.cursor(wait_s=1) as cr:
            cr.execute(
                SQL(
                    "INSERT INTO ai_thread_summary"
                    " (company_id, user_id, session_id, digest, text, names, create_uid,"
                    " create_date) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
                    " ON CONFLICT (digest, user_id, company_id) DO UPDATE SET"
                    " session_id = EXCLUDED.session_id, text = EXCLUDED.text,"
                    " names = EXCLUDED.names, create_date = EXCLUDED.create_date",
                    call.company_id,
                    call.user_id,
                    call.tags.get("session_id") or None,
                    digest,
                    text,
                    Json(names),
                    call.user_id,
                    fields.Datetime.now(),
                )
            )

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

    def _tell(self, usage):
        if not usage.thread_saved_tokens:
            return ()
        text = self.env._(
            "Older messages were sent as summaries: about %s tokens less. What the summaries cost "
            "are calls of their own.",
            usage.thread_saved_tokens,
        )
        return [(text, usage._usd_of(usage.thread_saved_usd))]
