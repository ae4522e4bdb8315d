from decimal import Decimal

from odoo import api, fields, models

from ...engine import waste
from ...engine.base.sentence import Sentence
from . import rollup_schema as schema
from .rollup_read import Bucket, RollupReader

DAYS = 30
#: Less than that is not worth a change of code.
LEAST_USD = Decimal("0.01")
MOST_SHOWN = 10


class AiTokenAnalytics(models.Model):
    """Scheduled actions that paid the full price for answers that nobody waited for."""

    _inherit = "ai.token.analytics"

    @api.model
    def _waiting_found(self, company):
        """Return ``(cron id, calls, saving in USD, Sentence)`` for each action of the last 30
        days, the dearest first."""
        today = company._ai_local_date()
        month = Bucket("month", fields.Date.subtract(today, days=DAYS - 1), today)
        reader = RollupReader(self.env, {"company_ids": [company.id]})
        found = {}
        for sums in reader.sums([schema.WASTE], [month], ["calls", "waste_usd"]):
            key, cron_id = sums.key
            kind, target, name = [*key.split("|", 2), "", ""][:3]
            if (kind, target) != ("could_wait", "cron") or not cron_id:
                continue
            line = found.setdefault(cron_id, [name, 0, Decimal(0)])
            line[1] += sums.values["calls"]
            line[2] += sums.values["waste_usd"]
        lines = [
            (
                cron_id,
                calls,
                usd,
                Sentence("waiting.month", target=name, calls=calls, saving_usd=float(usd)),
            )
            for cron_id, (name, calls, usd) in found.items()
            if usd >= LEAST_USD
        ]
        return sorted(lines, key=lambda line: (-line[2], line[0]))[:MOST_SHOWN]

    @api.model
    def _waiting_recommendations(self, company):
        """Return recommendations of ``get_dashboard_data``: a change of code, nothing to apply."""
        return [
            {
                "id": -cron_id,
                "text": self._say([said]),
                "code": waste.CODE,
                "saving_usd": float(usd),
                "saving_period": "month",
                "can_apply": False,
                "can_try": False,
                "applied": False,
                "can_undo": False,
                "cron_id": cron_id,
            }
            for cron_id, _calls, usd, said in self._waiting_found(company)
        ]
