from odoo import api, fields, models

DAYS = 30
LEAST_USD = 0.01


class AiCostFinding(models.Model):
    """What takes too long to look for on a page: found once a day, figures alone, no texts."""

    _name = "ai.cost.finding"
    _description = "AI Saving Found"
    _order = "saving_usd desc, id"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", help="Whose calls."
    )
    kind = fields.Selection(
        [("pattern", "Short messages without a pattern"), ("prompt_cache", "Unread prompt caches")],
        required=True,
        readonly=True,
        help="What was found.",
    )
    provider_id = fields.Many2one(
        "ai.service.provider",
        readonly=True,
        ondelete="cascade",
        help="The provider whose prompt cache it is.",
    )
    messages = fields.Integer(readonly=True, help="Different messages.")
    calls = fields.Integer(readonly=True, help="Calls in the last 30 days.")
    cost_usd = fields.Float("Cost (USD)", digits=0, readonly=True, help="What these calls cost.")
    saving_usd = fields.Float(
        "Saving (USD)",
        digits=0,
        readonly=True,
        help="What of it is known to be saved: an estimate, for 30 days. 0 is not known.",
    )
    found_at = fields.Datetime(readonly=True, help="When it was looked for.")

    @api.model
    def _refresh(self, company):
        """As superuser: replace what was found for a company."""
        self.search([("company_id", "=", company.id)]).unlink()
        common = {"company_id": company.id, "found_at": fields.Datetime.now()}
        here = self.with_company(company)
        found = [*here._patterns_found(), *here._caches_found()]
        return self.create([{**common, **values} for values in found])

    @api.model
    def _patterns_found(self):
        frequent = self.env["ai.answer.pattern"]._frequent_messages()
        cost = sum(one.cost_usd for one in frequent)
        if cost < LEAST_USD:
            return []
        return [
            {
                "kind": "pattern",
                "messages": len(frequent),
                "calls": sum(one.times for one in frequent),
                "cost_usd": cost,
                # what a pattern of ours would answer; what else may be, a person decides
                "saving_usd": sum(one.cost_usd for one in frequent if one.pattern_ids),
            }
        ]

    @api.model
    def _caches_found(self):
        caches = self.env["ai.token.analytics"].get_prompt_cache(days=DAYS)["by_provider"]
        return [
            {
                "kind": "prompt_cache",
                "provider_id": int(provider_id),
                "calls": line["calls"],
                "saving_usd": line["wasted_usd"],
            }
            for provider_id, line in caches.items()
            # "None": of a provider that is gone nobody can change anything
            if provider_id.isdigit() and line["wasted_usd"] >= LEAST_USD
        ]
