from odoo import SUPERUSER_ID, api, models


class AiBrainProbe(models.Model):
    _inherit = "ai.brain.probe"

    @api.model
    def send_otherwise(self, how, text, provider_id, **options):
        """Call as an addon might that does not mind whose rights it uses."""
        service = self.env["ai.service"]
        if how == "sudo":
            service = service.sudo()
        elif how == "cron":
            service = service.with_user(SUPERUSER_ID)
        elif how == "company context":
            service = service.with_context(
                allowed_company_ids=self.env.company.ids, active_test=False
            )
        return service.send_message(text, config=provider_id, **options)
