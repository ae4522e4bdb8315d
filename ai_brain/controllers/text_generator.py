from odoo import http
from odoo.http import request

from odoo.addons.html_editor.controllers.main import HTML_Editor


class TextGenerator(HTML_Editor):
    """Odoo's text generator, asked through our door where the company chose so."""

    @http.route()
    def generate_text(self, prompt, conversation_history):
        if not request.env.company.sudo().ai_text_generator:
            return super().generate_text(prompt, conversation_history)
        page = request.httprequest.referrer
        return request.env["ai.text.generator"]._answer(prompt, conversation_history, page)
