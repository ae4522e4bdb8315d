from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = "res.company"

    ai_alert_latency_s = fields.Float(
        string="Alert: Time of an Answer (Seconds)",
        default=10.0,
        help="A day on which vendors take longer on average raises an alert. 0: never.",
    )

    @api.constrains("ai_alert_latency_s")
    def _check_ai_alert_latency_s(self):
        if any(not 0 <= company.ai_alert_latency_s <= 86_400 for company in self):
            raise ValidationError(
                self.env._("The time that raises an alert lies between 0 seconds and a day.")
            )
