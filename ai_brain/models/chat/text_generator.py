from odoo import api, models
from odoo.exceptions import AccessError

from ...engine.base.page import shown_record

AGENT = "text_generator"
#: What the editor makes of an answer: paragraphs, "- " and "1. " lists, "Title: " headings.
STYLE = (
    "Answer with the text itself, ready to be put into the document, in the language of the "
    'request. Write plain text and no Markdown: a paragraph a line, "- " or "1. " before the '
    'items of a list, "Title: " before a heading.'
)
#: Messages of a talk in the dialog that go along; older ones are left out.
MOST_MESSAGES = 40


class AiTextGenerator(models.AbstractModel):
    """The AI dialog of Odoo's text editor, answered by the company's own providers."""

    _name = "ai.text.generator"
    _description = "Text Generator of the Editor"

    @api.model
    def _answer(self, prompt, history, page=None):
        """Return the text for a request of the dialog.

        :param str prompt: what the person asks for
        :param list history: ``{'role', 'content'}`` of the talk so far; it may end with the prompt
        :param str page: address of the page that the dialog is on, for the ledger
        :raise odoo.exceptions.AccessError: who asks is no internal user
        :raise exceptions.AiError: no answer, and why, in words for the dialog
        """
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Only internal users can call AI models."))
        said = (history if isinstance(history, list) else [])[-MOST_MESSAGES:]
        messages = [*said] if _wants_json(said) else [{"role": "system", "content": STYLE}, *said]
        if not _ends_with(said, prompt):
            messages.append({"role": "user", "content": prompt})
        tags = {"agent_type": AGENT, "module": "html_editor", **self._record_of(page)}
        return self.env["ai.service"].send_message(messages, environment=tags)["content"]

    @api.model
    def _record_of(self, page):
        """Return the tags of the record that the page shows, as far as the person may read it."""
        action, record_id = shown_record(page) or (None, None)
        name = action and self._model_of(action)
        if not name or name not in self.env:
            return {}
        model = self.env[name]
        if model._abstract or model._transient:
            return {}
        record = model.browse(record_id)
        if not (record.exists() and record.has_access("read")):
            return {}
        return {"res_model": name, "res_id": record_id, "module": model._original_module}

    @api.model
    def _model_of(self, action):
        """Return the name of the model that an action of an address shows, or None."""
        if action.startswith("m-"):
            return action[2:]
        windows = self.env["ir.actions.act_window"].sudo()
        if not action.startswith("action-"):
            return windows.search([("path", "=", action)], limit=1).res_model
        given = action.removeprefix("action-")
        if given.isdigit():
            found = windows.browse(int(given)).exists() if len(given) < 10 else windows
        else:
            found = given.count(".") == 1 and self.env.ref(given, raise_if_not_found=False)
        return found.sudo().res_model if found and found._name == windows._name else None


def _ends_with(said, prompt):
    """Does the talk end with what is asked? Some dialogs put it there, within an instruction."""
    last = said[-1] if said and isinstance(said[-1], dict) else {}
    text = last.get("content")
    return last.get("role") == "user" and isinstance(text, str) and str(prompt) in text


def _wants_json(said):
    """Do the dialog's own rules ask for JSON? Then ours for plain text stay away."""
    return any(
        one.get("role") == "system" and "JSON" in str(one.get("content"))
        for one in said
        if isinstance(one, dict)
    )
