from decimal import Decimal

from odoo import api, fields, models

from ...engine.base.money import format_usd
from ...engine.ledger.kinds import KEPT, VENDOR


class AiCostBudget(models.Model):
    """A day's figures, held against the thresholds of the company's settings."""

    _inherit = "ai.cost.budget"

    @api.model
    def check_cost_alerts(self, day=None):
        """Hold a day's figures of the current company against the thresholds of its settings.

        Figures are of the calls that the current user may see.

        :param date day: local date; today if None
        :return: ``{'has_alerts': bool, 'alerts': [{'type', 'message', 'severity'}], 'metrics':
            {'daily_spend_usd', 'avg_cost_per_lead_usd', 'cache_hit_rate', 'success_rate'}}``;
            types are daily_spend, cost_per_lead, cache_hit_rate and success_rate; rates are
            percentages; ``avg_cost_per_lead_usd`` is over leads, or over all records served if
            there are no leads; a metric that nothing speaks about is None
        :raise UserError: a day that is none, or out of bounds
        """
        company = self.env.company
        # as the figures of a period take a day: text or date, within the bounds
        period = self.env["ai.token.analytics"]._period(company.sudo(), "day", day)
        metrics = self._day_metrics(company, period.first)
        settings = company.sudo()
        alerts = []

        def check(kind, value, bar, below, severity, message):
            if bar and value is not None and (value < bar if below else value > bar):
                alerts.append({"type": kind, "message": message, "severity": severity})

        def usd(amount):
            return format_usd(Decimal(repr(round(amount or 0.0, 9))))

        spend, bar = metrics["daily_spend_usd"], settings.ai_alert_daily_usd
        check(
            "daily_spend",
            spend,
            bar,
            False,
            "critical" if spend > 2 * bar else "warning",
            self.env._(
                "%(spend)s was spent in a day; the alert is set at %(bar)s.",
                spend=usd(spend),
                bar=usd(bar),
            ),
        )
        each, bar = metrics["avg_cost_per_lead_usd"], settings.ai_alert_record_usd
        check(
            "cost_per_lead",
            each,
            bar,
            False,
            "warning",
            self.env._(
                "A record cost %(each)s on average; the alert is set at %(bar)s.",
                each=usd(each),
                bar=usd(bar),
            ),
        )
        rate, bar = metrics["cache_hit_rate"], settings.ai_alert_cache_percent
        check(
            "cache_hit_rate",
            rate,
            bar,
            True,
            "info",
            self.env._(
                "%(rate)s%% of calls came from the cache; the alert is set at %(bar)s%%.",
                rate=round(rate or 0),
                bar=format(bar, "g"),
            ),
        )
        rate, bar = metrics["success_rate"], settings.ai_alert_success_percent
        check(
            "success_rate",
            rate,
            bar,
            True,
            "critical",
            self.env._(
                "%(rate)s%% of calls were answered; the alert is set at %(bar)s%%.",
                rate=round(rate or 0),
                bar=format(bar, "g"),
            ),
        )
        return {"has_alerts": bool(alerts), "alerts": alerts, "metrics": metrics}

    @api.model
    def _day_metrics(self, company, day):
        usage = self.env["ai.token.usage"]
        domain = [("company_id", "=", company.id), ("local_date", "=", day)]
        spend, calls = usage._read_group(domain, [], ["cost_usd:sum", "call_count:sum"])[0]
        states = dict(
            usage._read_group([*domain, ("kind", "in", VENDOR)], ["state"], ["call_count:sum"])
        )
        asked = sum(states.values())
        cached = usage._read_group([*domain, ("kind", "in", KEPT)], [], ["call_count:sum"])[0][0]
        each = None
        for condition in (("res_model", "=", "crm.lead"), ("res_id", "!=", False)):
            records = usage._read_group(
                [*domain, condition, ("res_id", ">", 0)], ["res_model", "res_id"], ["cost_usd:sum"]
            )
            if records:
                each = sum(cost for _model, _id, cost in records) / len(records)
                break
        return {
            "daily_spend_usd": spend or 0.0,
            "avg_cost_per_lead_usd": each,
            "cache_hit_rate": 100.0 * cached / calls if self._cache_in_use(company, day) else None,
            "success_rate": 100.0 * states.get("done", 0) / asked if asked else None,
        }

    @api.model
    def _cache_in_use(self, company, day):
        """A cache answered something in the week before: until then there is no rate to miss."""
        usage = self.env["ai.token.usage"]
        since = fields.Date.subtract(day, days=7)
        domain = [("company_id", "=", company.id), ("local_date", ">=", since)]
        today = usage.search_count([*domain, ("local_date", "=", day)], limit=1)
        used = usage.search_count(
            [*domain, ("local_date", "<=", day), ("kind", "in", KEPT)], limit=1
        )
        return bool(today and used)
