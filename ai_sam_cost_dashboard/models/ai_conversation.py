from odoo import api, fields, models

from ..tools.markdown import to_html

SIDEBAR_LIMIT = 60


class AiConversation(models.Model):
    _inherit = "ai.conversation"

    @api.model
    def get_chat_data(self):
        """Return what the chat window needs to begin.

        :return: dict with ``conversations`` (see :meth:`_to_client`), ``providers`` (id, name,
            model, price, sandbox), ``keeps_text`` and ``company_id``
        """
        conversations = self.search([("company_id", "=", self.env.company.id)], limit=SIDEBAR_LIMIT)
        providers = self.env["ai.service.provider"].search(
            [("task_type", "=", "chat"), ("company_id", "in", [False, self.env.company.id])]
        )
        return {
            "company_id": self.env.company.id,
            "can_configure": self.env.user.has_group("base.group_system"),
            "keeps_text": self.env.company.sudo().ai_text_policy != "none",
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
        }


class AiConversationMessage(models.Model):
    _inherit = "ai.conversation.message"

    def _to_client(self, content=None):
        message = super()._to_client(content)
        written = self.role == "assistant" and message["content"]
        return {**message, "html": to_html(message["content"]) if written else ""}
