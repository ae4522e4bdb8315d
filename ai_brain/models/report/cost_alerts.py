import logging
from decimal import Decimal
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.arguments import is_days
from ..base.wording import reader_in
from .figures import by_key, rates
from .rollup_read import Bucket
from .summary import SUMMED

_logger = logging.getLogger(__name__)

#: Cost per lead and cache rate are of so many days, today among them.
DAYS = 7
#: With fewer calls a rate, or a mean time, says nothing.
LEAST_CALLS = 20
LEAST_ANSWERS = 5
#: A cache that has answered nothing for so many days is not in use.
CACHE_DAYS = 30


class Alert(NamedTuple):
    """One threshold that is crossed; ``words`` is a function of an environment's records."""

    type: str
    severity: str
    words: object


class AiTokenAnalytics(models.Model):
    """What is watched by the hour: a few figures, held against the company's thresholds [D4]."""

    _inherit = "ai.token.analytics"

    @api.model
    @api.readonly
    def get_daily_spend(self):
        """Return what the current company has spent today, in USD; of the calls that the user may
        see, as for all of these."""
        return float(self._watched(1)["cost_usd"])

    @api.model
    @api.readonly
    def get_cost_per_lead_avg(self, days=DAYS):
        """Return the mean cost of a lead (a record of ``crm.lead``) in USD, None without leads.

        :param int days: the last days, today among them
        :raise UserError: no number of days from 1 to 3,660
        """
        return self._cost_per_lead(self._last_days(days))

    @api.model
    @api.readonly
    def get_cache_hit_rate(self, days=DAYS):
        """Return the share of calls that needed no vendor, 0 to 1; None without calls.

        :param int days: the last days, today among them
        :raise UserError: no number of days from 1 to 3,660
        """
        return self._ratio(self._watched(days)["cache_hit_rate"])

    @api.model
    @api.readonly
    def check_cost_alerts(self):
        """Hold the figures of the current company against the thresholds of its settings.

        :return: ``{'has_alerts': bool, 'alerts': [{'type', 'message', 'severity'}], 'metrics':
            {'daily_spend_usd', 'avg_cost_per_lead_usd', 'cache_hit_rate'}}``. Types are
            ``daily_spend_high``, ``slow_answers`` and ``success_rate_low``, of today, and
            ``cost_per_lead_high`` and ``cache_hit_rate_low``, of seven days. The rate is a ratio;
            a metric that nothing speaks about is None.
        """
        today, week = self._watched(1), self._watched(DAYS)
        each = self._cost_per_lead(self._last_days(DAYS))
        alerts = [
            {"type": one.type, "message": one.words(self), "severity": one.severity}
            for one in self._crossed(today, week, each)
        ]
        return {
            "has_alerts": bool(alerts),
            "alerts": alerts,
            "metrics": {
                "daily_spend_usd": float(today["cost_usd"]),
                "avg_cost_per_lead_usd": each,
                "cache_hit_rate": self._ratio(week["cache_hit_rate"]),
            },
        }

    @api.model
    def _cron_check_alerts(self):
        """Tell each company's managers what is crossed, once a day and type."""
        companies = self.env["res.company"].sudo().search([("active", "=", True)], order="id")
        for done, company in enumerate(companies, 1):
            try:
                with self.env.cr.savepoint():
                    self._tell_crossed(company)
            except Exception:
                _logger.exception("AI costs of company %s were not checked", company.id)
            self.env["ir.cron"]._notify_progress(done=done, remaining=len(companies) - done)

    @api.model
    def _tell_crossed(self, company):
        here = self.sudo().with_company(company).with_context(allowed_company_ids=company.ids)
        today, week = here._watched(1), here._watched(DAYS)
        each = here._cost_per_lead(here._last_days(DAYS))
        day = company._ai_local_date()
        for one in here._crossed(today, week, each):
            here.env["ai.cost.budget"]._tell_managers(
                company, "check", day, one.type, one.words, one.severity
            )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.model
    def _last_days(self, days):
        """Return a reader of the current company and the bucket of its last days."""
        if not is_days(days):
            raise UserError(self.env._("A period has from 1 to 3,660 days."))
        reader = self._reader({"company_ids": self.env.company.ids})
        today = self.env.company.sudo()._ai_local_date()
        return reader, Bucket("now", fields.Date.subtract(today, days=days - 1), today)

    @api.model
    def _watched(self, days):
        """Return sums and quotients of the last days, as every screen has them."""
        reader, bucket = self._last_days(days)
        total = by_key(reader.sums(["total"], [bucket], SUMMED)).get("")
        total = total or dict.fromkeys(SUMMED, Decimal(0))
        return {**total, **rates(total)}

    @api.model
    def _cost_per_lead(self, of):
        reader, bucket = of
        leads = [
            ("res_id", ">", 0),
            *("|", ("res_model", "=", "crm.lead")),
            *("&", ("res_model", "=", False), ("context_model", "=", "crm.lead")),
        ]
        rows = reader._ledger(leads, bucket.first, bucket.last)
        query = SQL("SELECT sum(cost_usd) / NULLIF(count(DISTINCT res_id), 0) FROM %s", rows)
        mean = self.env.execute_query(query)[0][0]
        return None if mean is None else float(mean)

    @api.model
    def _ratio(self, percent):
        return None if percent is None else float(percent / 100)

    @api.model
    def _is_cache_used(self):
        """Has a cache answered lately? A company without one misses no rate."""
        reader, bucket = self._last_days(CACHE_DAYS)
        total = by_key(reader.sums(["total"], [bucket], ["reused_calls"])).get("", {})
        return bool(total.get("reused_calls"))

    # ------------------------------------------------------------------
    # Thresholds
    # ------------------------------------------------------------------

    @api.model
    def _crossed(self, today, week, each):
        """Return an ``Alert`` for each threshold of the current company that is crossed."""
        company = self.env.company.sudo()
        money, found = self._money(company, company._ai_local_date()), []

        def text(on, amount):
            """In the company's currency of today, as the bar is in USD."""
            return reader_in(money.currency.with_env(on.env), money.rate).usd(round(amount, 9))

        spend, most = float(today["cost_usd"]), company.ai_alert_daily_usd
        if most and spend > most:

            def spent(on):
                return on.env._(
                    "%(spend)s was spent today; the alert is set at %(bar)s.",
                    spend=text(on, spend),
                    bar=text(on, most),
                )

            severity = "critical" if spend > 2 * most else "warning"
            found.append(Alert("daily_spend_high", severity, spent))
        dear = company.ai_alert_record_usd
        if dear and each is not None and each > dear:

            def lead(on):
                return on.env._(
                    "A lead cost %(each)s on average in the last %(days)s days; the alert is set "
                    "at %(bar)s.",
                    each=text(on, each),
                    days=DAYS,
                    bar=text(on, dear),
                )

            found.append(Alert("cost_per_lead_high", "warning", lead))
        rate, least = week["cache_hit_rate"], company.ai_alert_cache_percent
        if least and week["calls"] >= LEAST_CALLS and rate < least and self._is_cache_used():

            def cached(on):
                return on.env._(
                    "%(rate)s%% of the calls of the last %(days)s days needed no vendor; the alert "
                    "is set at %(bar)s%%.",
                    rate=_points(rate),
                    days=DAYS,
                    bar=_points(least),
                )

            found.append(Alert("cache_hit_rate_low", "info", cached))
        time, long = today["latency_ms"], company.ai_alert_latency_s
        if long and today["latency_count"] >= LEAST_ANSWERS and time > 1000 * long:

            def slow(on):
                return on.env._(
                    "Answers of vendors took %(time)s seconds on average today; the alert is set "
                    "at %(bar)s.",
                    time=_points(time / 1000),
                    bar=_points(long),
                )

            found.append(Alert("slow_answers", "warning", slow))
        share, least_share = today["success_rate"], company.ai_alert_success_percent
        asked = today["answered_calls"] + today["failed_calls"]
        if least_share and asked >= LEAST_ANSWERS and share < least_share:

            def answered(on):
                return on.env._(
                    "%(rate)s%% of today's calls were answered; the alert is set at %(bar)s%%.",
                    rate=_points(share),
                    bar=_points(least_share),
                )

            found.append(Alert("success_rate_low", "critical", answered))
        return found


def _points(value):
    """A figure with one decimal at most: 19.96 of 20 is not told as 20."""
    return format(int(10 * Decimal(value)) / 10, "g")
