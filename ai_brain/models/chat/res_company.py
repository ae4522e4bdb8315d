from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_text_generator = fields.Boolean(
        "Text Generator of the Editor",
        help="The AI dialog of Odoo's text editor asks the company's own providers, within its "
        "budgets, and each answer is in the ledger. Off: Odoo's own service answers, at no cost "
        "to you and unseen by the ledger.",
    )
    ai_ledger_tools = fields.Boolean(
        "Ask AI Reads the Ledger",
        help="Who asks about AI costs in Ask AI is answered from the ledger, as far as the person "
        "may see it, with each figure linked. It costs about 400 tokens more with each question, "
        "and a question on costs takes two to four calls instead of one. Off: models know nothing "
        "of your costs.",
    )
