from odoo import api, fields, models

from ...engine.choice import CompanyRatings, quality, rating_features
from ..base.quick_cache import quick_cache

#: Most ratings that one run reads of a company; features of a text take a millisecond or two.
BATCH = 500
USER = "user: "


class AiRoutingRatings(models.Model):
    """What a company's rated calls say of the routing gain: sums of features, no text.

    A daily action adds the ratings that came since, of calls whose text the company keeps.
    """

    _name = "ai.routing.ratings"
    _description = "AI Routing: What Ratings Say"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company", required=True, ondelete="cascade", help="Whose rated calls these were."
    )
    state = fields.Json(help="Sums over the rated calls (engine.choice.routing_ratings).")
    last_rating_id = fields.Integer(help="The last rating that was looked at.")
    ratings = fields.Integer(help="Number of ratings in the sums.")

    _sql_constraints = [
        ("company_unique", "unique(company_id)", "A company has these sums once."),
    ]

    @api.model
    @quick_cache("company_id")
    def _of(self, company_id):
        """Return the ``CompanyRatings`` of a company, None where it has none."""
        kept = self.sudo().search([("company_id", "=", company_id)])
        learnt = CompanyRatings(kept.state) if kept.state else None
        return learnt if learnt and learnt.count else None

    @api.model
    def _cron_learn(self):
        """Add the ratings that came since the last run, each company's apart."""
        self.env.cr.execute(
            """
            SELECT r.company_id FROM ai_usage_rating r
              LEFT JOIN ai_routing_ratings k ON k.company_id = r.company_id
             GROUP BY r.company_id, k.last_rating_id
            HAVING max(r.id) > COALESCE(k.last_rating_id, 0) ORDER BY 1
            """
        )
        companies = [row[0] for row in self.env.cr.fetchall()]
        unfinished = False
        for done, company_id in enumerate(companies, 1):
            unfinished |= self._learn(company_id)
            self.env["ir.cron"]._notify_progress(done=done, remaining=len(companies) - done)
        if companies:
            self.env.registry.clear_cache()
        if unfinished:
            self.env.ref("ai_brain.ir_cron_routing_ratings")._trigger()

    @api.model
    def _learn(self, company_id):
        """Add a batch of a company's ratings. Return whether there may be more."""
        kept = self.sudo().search([("company_id", "=", company_id)])
        kept = kept or self.sudo().create({"company_id": company_id})
        self.env.cr.execute(
            """
            SELECT r.id, r.score, u.provider_id, u.prompt_text, u.messages IS NOT NULL
              FROM ai_usage_rating r JOIN ai_token_usage u ON u.id = r.token_usage_id
             WHERE r.company_id = %s AND r.id > %s ORDER BY r.id LIMIT %s
            """,
            (company_id, kept.last_rating_id, BATCH),
        )
        rows = self.env.cr.fetchall()
        if not rows:
            return False
        sums = CompanyRatings(kept.state or None)
        strong = self._strong_providers({row[2] for row in rows if row[2]})
        for _id, score, provider_id, text, whole in rows:
            if text and provider_id in strong:
                features = rating_features(_question(text) if whole else text)
                sums.add(features, strong[provider_id], min(1.0, max(0.0, score / 100)))
        kept.write(
            {"state": sums.state(), "last_rating_id": rows[-1][0], "ratings": round(sums.count)}
        )
        return len(rows) == BATCH

    @api.model
    def _strong_providers(self, ids):
        """Return {provider id: is it a strong one?}: it meets the bar of the hardest question."""
        providers = self.env["ai.service.provider"].sudo().browse(ids).exists()
        bar = quality.bar_for(1.0)
        return {
            provider.id: quality.meets(provider._ability_before_ratings(), 1.0, bar)
            for provider in providers
        }


def _question(text):
    """The last turn of the user, out of a whole text that was kept."""
    return ("\n\n" + text).rpartition("\n\n" + USER)[2]
