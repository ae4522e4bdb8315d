from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, Query

from ...engine import waste
from ...engine.base.sentence import Sentence
from ..base.arguments import is_id
from ..base.index import add_index
from ..base.wording import reader_in
from . import rollup_schema as schema
from .rollup_read import Bucket, RollupReader

DAYS = 30
#: Less than that is not worth a change of code.
LEAST_USD = Decimal("0.01")
MOST_SHOWN = 10
#: The kind of waste, and SQL of a finding ``f`` of it that names a scheduled action.
KIND = "could_wait"
OF_A_CRON = f"f.value ->> 'type' = '{KIND}' AND f.value #>> '{{target,kind}}' = 'cron'"
#: SQL of the rows that have such a finding, as the index says it.
SOME = SQL("waste_reason LIKE %s", f"%{KIND}%")


class AiTokenAnalytics(models.Model):
    """Scheduled actions that paid the full price for answers that nobody waited for."""

    _inherit = "ai.token.analytics"

    @api.model
    def _waiting_found(self, company):
        """Return ``(cron id, calls, saving in USD, in the company's currency, Sentence)`` for each
        action of the last 30 days, the dearest first."""
        today = company._ai_local_date()
        month = Bucket("month", fields.Date.subtract(today, days=DAYS - 1), today)
        reader = RollupReader(self.env, {"company_ids": [company.id]})
        found = {}
        money = self._money(company, today)
        for sums in reader.sums([schema.WASTE], [month], schema.WASTE_MEASURES):
            key, cron_id = sums.key
            kind, target, name = [*key.split("|", 2), "", ""][:3]
            if (kind, target) != (KIND, "cron") or not cron_id:
                continue
            line = found.setdefault(cron_id, [name, 0, Decimal(0), Decimal(0)])
            line[1] += sums.values["calls"]
            line[2] += sums.values["waste_usd"]
            line[3] += money(sums, "waste")
        lines = [
            (
                cron_id,
                calls,
                usd,
                own,
                Sentence("waiting.month", target=name, calls=calls, saving_usd=float(usd)),
            )
            for cron_id, (name, calls, usd, own) in found.items()
            if usd >= LEAST_USD
        ]
        return sorted(lines, key=lambda line: (-line[2], line[0]))[:MOST_SHOWN]

    @api.model
    def _waiting_recommendations(self, company):
        """Return recommendations of ``get_dashboard_data``: a change of code, nothing to apply."""
        currency = self._money(company, company._ai_local_date()).currency
        return [
            {
                "id": -cron_id,
                "text": reader_in(currency, own / usd).text(said),
                "code": waste.CODE,
                "saving_usd": float(usd),
                "saving_company": float(own),
                "saving_period": "month",
                "calls": calls,
                "can_apply": False,
                "can_try": False,
                "applied": False,
                "can_undo": False,
                "cron_id": cron_id,
            }
            for cron_id, calls, usd, own, said in self._waiting_found(company)
        ]


class AiTokenUsage(models.Model):
    """Whose calls they are: a list opens those of one scheduled action."""

    _inherit = "ai.token.usage"

    waiting_cron = fields.Integer(
        "Scheduled Action That Could Wait",
        compute="_compute_waiting_cron",
        search="_search_waiting_cron",
        aggregator=None,
        help="Number of the scheduled action that paid the full price for an answer that nobody "
        "waited for; 0 for none.",
    )

    def init(self):
        res = super().init()
        add_index(self, "waiting", "id", SOME)
        return res

    @api.depends("waste_report")
    def _compute_waiting_cron(self):
        for usage in self:
            findings = (usage.waste_report or {}).get("findings") or []
            targets = [one.get("target") or {} for one in findings if one.get("type") == KIND]
            ids = [one.get("id") for one in targets if one.get("kind") == "cron"]
            usage.waiting_cron = next(filter(is_id, ids), 0)

    @api.model
    def _search_waiting_cron(self, operator, value):
        ids = [value] if operator in ("=", "!=") else value
        if operator not in ("=", "!=", "in", "not in") or not all(map(is_id, ids)):
            raise UserError(self.env._("Search for a scheduled action by its number."))
        self.flush_model(["waste_reason", "waste_report"])
        found = Query(self.env, self._table, SQL.identifier(self._table))
        found.add_where(
            SQL(
                "%s AND EXISTS (SELECT FROM jsonb_array_elements(%s) AS f(value)"
                " WHERE %s AND %s = ANY(%s))",
                SOME,
                SQL(schema.findings(self._table)),
                SQL(OF_A_CRON),
                SQL(schema.FINDING_ID),
                list(ids),
            )
        )
        return [("id", "in" if operator in ("=", "in") else "not in", found)]
