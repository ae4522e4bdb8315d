from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_text_generator = fields.Boolean(
        "Text Generator of the Editor",
        help="The AI dialog of Odoo's text editor asks the company's own providers, within its "
        "budgets, and each answer is in the ledger. Off: Odoo's own service answers, at no cost "
        "to you and unseen by the ledger.",
    )
