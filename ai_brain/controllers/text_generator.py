import re

from odoo import http
from odoo.http import request

from odoo.addons.html_editor.controllers.main import HTML_Editor


class TextGenerator(HTML_Editor):
    """Odoo's text generator, asked through our door where the company chose so."""

    @http.route()
    def generate_text(self, prompt, conversation_history):
        company = _company()
        if not company.sudo().ai_text_generator:
            return super().generate_text(prompt, conversation_history)
        page = request.httprequest.referrer
        generator = request.env["ai.text.generator"].with_context(
            allowed_company_ids=company.ids, ai_give_back_cursor=True
        )
        return generator._answer(prompt, conversation_history, page)


def _company():
    """Return the company that the person works in: the dialog sends no context, the switcher's
    cookie says which."""
    user = request.env.user
    mine = user._get_company_ids()
    chosen = re.split(r"[-,]", request.httprequest.cookies.get("cids") or "")
    first = next((int(one) for one in chosen if one.isdigit() and int(one) in mine), None)
    return request.env["res.company"].browse(first) if first else request.env.company
