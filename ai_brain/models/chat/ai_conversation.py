from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError

from ... import exceptions
from ...engine.call import road
from ..base.arguments import MOST_ID, is_id
from ..base.wording import reader
from ..report.list_totals import COMPANY, RATE_DAY

#: Messages of a thread that go along with a question; older ones are left out.
THREAD_LIMIT = 40
#: Messages by which the beginning of what is sent moves on.
STEP = 20
TITLE_LENGTH = 60
TEXT_LIMIT = 100_000


class AiConversation(models.Model):
    """A chat of one person with the models, kept for as long as the company keeps text."""

    _name = "ai.conversation"
    _description = "AI Conversation"
    _order = "last_message_at desc, id desc"

    name = fields.Char(required=True, help="What it is about: the beginning of its first question.")
    active = fields.Boolean(default=True, help="Archived conversations leave the list.")
    user_id = fields.Many2one(
        "res.users",
        "Person",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="cascade",
        index=True,
        help="Whose conversation it is; nobody else opens it. What the company keeps of each "
        "question and answer in the ledger, managers of AI costs read there.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="The company that pays its calls.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        "Asks",
        ondelete="set null",
        domain="[('task_type', '=', 'chat'), ('company_id', 'in', [False, company_id])]",
        help="The provider that answers. Empty: the cheapest one that is good enough, each time.",
    )
    message_ids = fields.One2many(
        "ai.conversation.message", "conversation_id", "Messages", help="Questions and answers."
    )
    last_message_at = fields.Datetime(
        default=fields.Datetime.now, readonly=True, index=True, help="When it was last used."
    )
    cost_usd = fields.Float(
        "Cost (USD)", digits=0, compute="_compute_cost_usd", help="What its answers cost so far."
    )

    cost_listed = fields.Float(
        "Cost (Company Currency)",
        digits=0,
        compute="_compute_cost_usd",
        help="The same in the company's currency, as the ledger counted it.",
    )

    @api.depends("message_ids.cost_usd")
    @api.depends_context("company", RATE_DAY, COMPANY)
    def _compute_cost_usd(self):
        groups = self.env["ai.conversation.message"]._read_group(
            [("conversation_id", "in", self.ids)],
            ["conversation_id"],
            ["cost_usd:sum", "cost_listed:sum"],
        )
        costs = {conversation.id: found for conversation, *found in groups}
        for conversation in self:
            usd, own = costs.get(conversation.id, (0.0, 0.0))
            conversation.cost_usd, conversation.cost_listed = usd, own

    def write(self, vals):
        """A person names, archives and directs a conversation; whose it is stays."""
        if not self.env.su and set(vals) - {"name", "active", "provider_id"}:
            raise UserError(
                self.env._("Only the name and the provider of a conversation can be changed.")
            )
        return super().write(vals)

    @api.model
    def _of_text(self, text):
        """Return the conversation whose id a form names; none where no id is named."""
        digits = str(text)
        whole = digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MOST_ID))
        return self.browse([int(digits)] if whole and is_id(int(digits)) else []).exists()

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def stream_answer(self, text, history=None, refresh=False):
        """Ask ``text`` in this conversation, as a generator of events.

        Both messages are kept by short transactions of their own, as the call itself is: a reader
        that leaves, or an error, loses neither the question nor what it cost.

        :param str text: the question
        :param list history: the thread as the reader has it (dicts of role and content), used
            only where the company keeps no text
        :param bool refresh: have it asked anew, whatever answer is kept
        :return: yields dicts by ``type``: ``start`` (question, answer: messages as
            :meth:`ai.conversation.message._to_client` gives them), ``delta`` (text), and at last
            ``end`` (answer). A refusal or failure is an ``end`` whose answer says so.
        :raise UserError: there is nothing to ask
        """
        self.ensure_one()
        self.check_access("write")
        text = self._clean_question(text)
        if not isinstance(history or [], list | tuple):
            raise UserError(self.env._("A history is a list of messages."))
        conversation = self.with_company(self.company_id)
        _known = conversation.env.lang  # lazy: asked for now, as the cursor may be closed later
        start, messages = conversation._open_exchange(text, history)
        yield start
        outcome = {"state": "stopped"}
        parts = []
        stream = conversation._stream(messages, refresh)
        try:
            for event in stream:
                if event["type"] == "delta":
                    if event["text"]:  # not thoughts, nor calls of tools: a chat has none
                        parts.append(event["text"])
                        yield event
                else:
                    with conversation._apart() as apart:
                        outcome = apart._outcome_done(event["result"])
        except UserError as error:
            outcome = conversation._outcome_refused(error)
        finally:
            # Closing settles the call of a reader that left; only then is its cost known.
            stream.close()
            outcome.setdefault("content", "".join(parts))
            answer = conversation._close_exchange(start["answer"]["id"], outcome)
        yield {"type": "end", "answer": answer}

    def _clean_question(self, text):
        text = text.replace("\0", "").strip() if isinstance(text, str) else ""
        if not text:
            raise UserError(self.env._("Write a question first."))
        if len(text) > TEXT_LIMIT:
            raise UserError(
                self.env._(
                    "The question has %(size)s characters; %(limit)s can be sent.",
                    size=reader(self.env).number(len(text)),
                    limit=reader(self.env).number(TEXT_LIMIT),
                )
            )
        return text

    def _ask(self, messages, refresh=False, **options):
        return self.env["ai.service"].stream_message(
            messages,
            config=self.provider_id or None,
            environment={
                "module": "ai_sam_cost_dashboard",
                "agent_type": "ask_ai",
                "session_id": self._session_id(),
                "res_model": self._name,
                "res_id": self.id,
            },
            mode="passthrough" if self.provider_id else "smart_router",
            refresh=refresh or None,
            **options,
        )

    def _claim_slot(self):
        """Take one of the current user's places for a question: ``ai.conversation.slot._claim``."""
        slots = self.env["ai.conversation.slot"].with_company(self.company_id)
        return slots._claim(self._longest_s())

    def _longest_s(self):
        """Return how many seconds the next answer may take, whoever gives it.

        With one provider, its own time and the wait for a budget. A budget, the router or an
        experiment may turn to another one, and a fallback has its own time again: see
        ``engine.call.road``.
        """
        asked = self.provider_id or self._default_provider()
        domain = [("task_type", "=", "chat"), ("company_id", "in", [False, self.company_id.id])]
        able = asked.sudo() | self.env["ai.service.provider"].sudo().search(domain)
        facts = {provider.id: provider._facts() for provider in able}
        wait = self.company_id.sudo()._ai_policy().budget_wait_s
        return self._calls_at_most() * road.longest(
            {one.id: one.timeout_s + wait for one in facts.values()},
            {one.id: one.fallback_id for one in facts.values()},
            asked.id,
        )

    def _default_provider(self):
        return self.env["ai.service"].with_company(self.company_id)._default_provider("chat")

    def _session_id(self):
        return f"ask-{self.id}"

    def _keeps_text(self):
        return self.company_id.sudo().ai_text_policy != "none"

    @contextmanager
    def _apart(self):
        """This record as superuser on a short cursor of its own, committed at the end."""
        service = self.env["ai.service"]
        with service._own_cursor() as cr:
            yield self.with_env(self.env(cr=cr, su=True))

    def _open_exchange(self, text, history):
        """Keep the question and a place for its answer; return the start event and the thread."""
        with self._apart() as conversation:
            said = conversation._said(history)
            kept = text if conversation._keeps_text() else False
            question, answer = conversation.env["ai.conversation.message"].create(
                [
                    {"conversation_id": self.id, "role": "user", "content": kept},
                    {"conversation_id": self.id, "role": "assistant", "state": "streaming"},
                ]
            )
            values = {"last_message_at": fields.Datetime.now()}
            if kept and len(conversation.message_ids) == 2:
                values["name"] = _title(text)
            conversation.write(values)
            start = {
                "type": "start",
                "name": conversation.name,
                "question": question._to_client(text),
                "answer": answer._to_client(),
            }
        return start, [*said, {"role": "user", "content": text}]

    def _said(self, history):
        """Return what was said so far, as messages to send along."""
        if self._keeps_text():
            domain = [
                ("conversation_id", "=", self.id),
                ("state", "in", ("done", "stopped")),
                ("is_set_aside", "=", False),
                ("content", "!=", False),
            ]
            messages = self.env["ai.conversation.message"]
            kept = messages.search(domain, order="id desc", limit=THREAD_LIMIT)
            older = messages.search_count([*domain, ("id", "<", kept[-1:].id)]) if kept else 0
            said = [{"role": m.role, "content": m.content} for m in reversed(kept)]
            # it begins at the same message for ten questions, so that a summary or a vendor's
            # cache of the beginning serves more than once
            return said[-older % STEP :] if older else said
        return [
            {"role": m["role"], "content": m["content"]}
            for m in (history or [])[-THREAD_LIMIT:]
            if isinstance(m, dict)
            and m.get("role") in ("user", "assistant")
            and isinstance(m.get("content"), str)
            and m["content"]
        ]

    def _outcome_done(self, result):
        provider = self.env["ai.service.provider"].browse(result["provider_id"]).sudo()
        usage = result["usage"]
        return {
            "state": "done",
            "content": result["content"],
            "provider_id": result["provider_id"],
            "provider_name": result["provider_name"],
            "model_name": result["model"],
            "token_usage_id": result["token_usage_id"],
            "cost_usd": result["cost_usd"],
            "saved_usd": result["saved_usd"],
            "latency_ms": result["latency_ms"],
            "kind": result["kind"],
            "exact": result["state"] == "done",
            "input_tokens": usage["input_tokens"]
            + usage["cache_read_tokens"]
            + usage["cache_write_tokens"],
            "output_tokens": usage["output_tokens"] + usage["reasoning_tokens"],
            "why": self._why(result, provider),
            "sources": result.get("sources") or False,
            "usage_ids": result.get("usage_ids") or False,
        }

    def _why(self, result, provider):
        """Say in a sentence or two why this provider answered."""
        recommendation = result.get("recommendation") or {}
        sentences = list(result.get("notices") or [])
        if self.provider_id and self.provider_id.id == result["provider_id"]:
            sentences.append(self.env._("You chose this provider for the conversation."))
        elif recommendation.get("provider_id") == result["provider_id"]:
            sentences.append(recommendation.get("reasoning") or "")
        elif not sentences:
            sentences.append(
                self.env._("“%s” is the first provider for chat.", provider.name or "")
            )
        return " ".join(sentence for sentence in sentences if sentence)

    def _outcome_refused(self, error):
        """Return what to keep of a call that gave no answer: nothing was sent, or it failed."""
        budget = isinstance(error, exceptions.BudgetExceededError)
        outcome = {
            "state": "refused" if budget else "failed",
            "content": "",
            "error": str(error),
            "token_usage_id": getattr(error, "token_usage_id", 0) or 0,
        }
        if budget:
            details = error.details
            resets_at = details.get("resets_at")
            outcome["refusal"] = {
                **{k: v for k, v in details.items() if isinstance(v, str | int | float)},
                "resets_at": fields.Datetime.to_string(resets_at) if resets_at else False,
            }
        return outcome

    def _close_exchange(self, answer_id, outcome):
        """Keep what came of the question and return the answer for the chat window."""
        with self._apart() as conversation:
            answer = conversation.env["ai.conversation.message"].browse(answer_id)
            if not answer.exists():
                return False
            values = {**outcome, **answer._billed(outcome)}
            if not conversation._keeps_text():
                # what was looked up has names and figures of its own
                values.update(content=False, sources=False)
            answer.write(values)
            conversation.write({"last_message_at": fields.Datetime.now()})
            told = answer._to_client(outcome["content"])
            return {**told, "sources": outcome.get("sources") or []}

    # ------------------------------------------------------------------
    # Retention
    # ------------------------------------------------------------------

    @api.autovacuum
    def _gc_conversations(self):
        """Chats are text: they go when the company's days of keeping text are over."""
        keeping = [("ai_text_retention_days", ">", 0)]
        for company in self.env["res.company"].sudo().search(keeping):
            days = company.ai_text_retention_days
            limit = fields.Datetime.subtract(fields.Datetime.now(), days=days)
            domain = [("company_id", "=", company.id), ("last_message_at", "<", limit)]
            self.sudo().with_context(active_test=False).search(domain, limit=5000).unlink()


def _title(text):
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
