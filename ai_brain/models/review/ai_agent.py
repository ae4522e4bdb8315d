from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AiAgent(models.Model):
    _inherit = "ai.agent"

    review_share = fields.Float(
        "Reviewed (%)",
        help="So many of a hundred answers, 50 a day at most, wait under Insights ▸ Review for a "
        "person to say whether they are right. It costs that person's time and nothing else, and "
        "changes no answer. 0: only those that somebody doubts.",
    )

    @api.constrains("review_share")
    def _check_review_share(self):
        if any(not 0 <= agent.review_share <= 100 for agent in self):
            raise ValidationError(self.env._("The share that is reviewed lies between 0 and 100."))
