from odoo import api, models

from ..base.transactions import Apart


class AiService(models.AbstractModel):
    _inherit = "ai.service"

    @api.model
    def _analyze_waste_after_call(self, token_usage_id):
        """Return the waste report of a finished call, made now if there is none.

        :param int token_usage_id: id of the ledger row; it may be newer than what the caller's
            transaction sees
        :return: dict as of ``ai.token.usage.analyze_waste``; None where there is no such call
        """
        known = self.env.context.get("ai_waste_report")
        if known and known[0] == token_usage_id:
            return known[1]
        usage = self.env["ai.token.usage"].browse(token_usage_id)
        if usage.exists():
            return usage.analyze_waste()
        with Apart(self.env).env(su=self.env.su) as env:
            usage = usage.with_env(env)
            return usage.analyze_waste() if usage.exists() else None
