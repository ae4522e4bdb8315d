from decimal import Decimal

from odoo import api, fields, models

from ..tools.markdown import to_html

SIDEBAR_LIMIT = 60


class AiConversation(models.Model):
    _inherit = "ai.conversation"

    @api.model
    def get_chat_data(self):
        """Return what the chat window needs to begin.

        :return: dict with ``conversations`` (see :meth:`_to_client`), ``providers`` (id, name,
            model, price, sandbox; sandboxes only where there is no other), ``keeps_text``,
            ``reads_ledger``, ``company_id`` and ``currency``: the company's, in which
            ``cost_company`` and ``saved_company`` of conversations and messages are
        """
        conversations = self.search([("company_id", "=", self.env.company.id)], limit=SIDEBAR_LIMIT)
        providers = self.env["ai.service.provider"].search(
            [("task_type", "=", "chat"), ("company_id", "in", [False, self.env.company.id])]
        )
        # a sandbox asks no model: one is offered only where there is nothing else to ask
        real = providers.filtered(lambda provider: provider.api_format != "sandbox")
        providers = real or providers
        return {
            "company_id": self.env.company.id,
            "currency": self._in_currency(self.env.company).currency,
            "can_configure": self.env.user.has_group("base.group_system"),
            "keeps_text": self.env.company.sudo().ai_text_policy != "none",
            "reads_ledger": self.env.company.sudo().ai_ledger_tools,
            "conversations": [conversation._to_client() for conversation in conversations],
            "providers": [
                {
                    "id": provider.id,
                    "name": provider.name,
                    "model": provider.model_name,
                    "price": provider.price_text,
                    "sandbox": provider.api_format == "sandbox",
                }
                for provider in providers
            ],
        }

    @api.model
    def start_chat(self, name, provider_id=False):
        """Create a conversation and return it for the chat window."""
        values = {"name": (name or "").strip()[:80] or self.env._("New conversation")}
        if provider_id:
            values["provider_id"] = provider_id
        return self.create(values)._to_client()

    @api.model
    def estimate_question(self, text, provider_id=False, conversation_id=False, history=None):
        """Say what it would cost to ask ``text`` now, before it is sent.

        :param str text: the question
        :param provider_id: who would be asked; False: whom the router would ask
        :param conversation_id: its conversation, whose thread is sent along; False: a new one
        :param list history: as for ``stream_answer``
        What is looked up in the ledger for it, and the calls that this takes, are not foreseen.

        :return: dict with ``provider``, ``priced``, ``exact`` (is the input counted exactly?),
            ``expected`` and ``worst`` (None where there is no price), ``cheaper`` (False, or
            ``provider`` and ``difference`` of the cheapest suitable one) and ``currency``: the
            company's, in which all amounts are
        :raise UserError: there is nothing to ask, or it cannot be sent
        """
        text = self._clean_question(text)
        conversation = self.browse(conversation_id or ())
        if conversation:
            conversation.check_access("read")
            conversation = conversation.with_company(conversation.company_id)
        messages = conversation._said(history) if conversation else []
        messages.append({"role": "user", "content": text})
        asking = conversation or self.new({"company_id": self.env.company.id})
        service = conversation.env["ai.service"]
        found = service.estimate_cost(
            asking._instructed(messages),
            provider_id or None,
            environment={"agent_type": "ask_ai"},
            mode="passthrough" if provider_id else "smart_router",
            **asking._asked_with(),
        )
        better = [
            other
            for other in found["alternatives"]
            if other["suitable"] and (other["difference_usd"] or 0) < 0
        ]
        money = self._in_currency(service.env.company)
        return {
            "provider": found["provider_name"],
            "priced": found["priced"],
            "exact": found["exact"],
            "expected": money(found["expected_cost_usd"]),
            "worst": money(found["worst_cost_usd"]),
            "cheaper": bool(better)
            and {
                "provider": better[0]["provider_name"],
                "difference": -money(better[0]["difference_usd"]),
            },
            "currency": money.currency,
        }

    @api.model
    def _in_currency(self, company):
        """Return a function that turns USD into the company's currency; ``currency``: that one."""
        company = company.sudo()
        currency_id, rate = company._ai_usd_rate(company._ai_local_date())
        currency = self.env["res.currency"].browse(currency_id).sudo()

        def money(amount):
            return None if amount is None else float(Decimal(repr(amount)) * rate)

        money.currency = {
            "name": currency.name,
            "symbol": currency.symbol,
            "position": currency.position,
            "digits": currency.decimal_places,
        }
        return money

    def get_thread(self):
        """Return the conversation with all its messages for the chat window."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self._to_client(),
            "messages": [message._to_client() for message in self.message_ids],
        }

    def _to_client(self):
        return {
            "id": self.id,
            "name": self.name,
            "provider_id": self.provider_id.id,
            "date": fields.Datetime.to_string(self.last_message_at),
            "cost_usd": self.cost_usd,
            "cost_company": self.cost_listed,
        }


class AiConversationMessage(models.Model):
    _inherit = "ai.conversation.message"

    def _to_client(self, content=None):
        message = super()._to_client(content)
        written = self.role == "assistant" and message["content"]
        return {**message, "html": to_html(message["content"]) if written else ""}
