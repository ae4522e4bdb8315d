import logging
from decimal import Decimal

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...engine.base.money import format_usd
from ...engine.budget import anomaly
from ...engine.budget import limits as engine

_logger = logging.getLogger(__name__)

#: Below this (USD a day) no spend is unusual enough to disturb a person.
LEAST_UNUSUAL_USD = 1.0


class AiCostBudget(models.Model):
    """Alerts: at a budget's thresholds, on unusual spend, and of the daily check."""

    _inherit = "ai.cost.budget"

    # ------------------------------------------------------------------
    # Thresholds
    # ------------------------------------------------------------------

    def _alerted(self, first):
        """Return the thresholds that were alerted in the period from ``first``, as Decimals."""
        self.ensure_one()
        rows = self.env.execute_query(
            SQL(
                "SELECT key FROM ai_cost_alert"
                " WHERE kind = 'threshold' AND budget_id = %s AND day = %s",
                self.id,
                first,
            )
        )
        return [Decimal(key) for (key,) in rows]

    def send_alert(self, threshold):
        """Tell the responsible and the followers that ``threshold`` percent is reached.

        An activity for each of them, a mail from the template and a message on the bus; once a
        threshold a period, also when two workers try at once.

        :return: True if it was sent now
        """
        self.ensure_one()
        mark = engine.percent(threshold, "alert threshold", zero=False).normalize()
        first = self._period_days()[0]
        spent, _held = self._spent_and_reserved(*self._period_days())
        amount = self._amount_on()
        message = self.env._(
            "The budget “%(name)s” has reached %(mark)s%%: %(spent)s of %(amount)s is spent.",
            name=self.name,
            mark=format(mark, "f"),
            spent=self._money(spent),
            amount=self._money(amount),
        )
        alert = self.env["ai.cost.alert"]._claim(
            {
                "kind": "threshold",
                "company_id": self.company_id.id or None,
                "budget_id": self.id,
                "day": first,
                "key": f"{mark:f}",
                "message": message,
                "severity": "critical" if mark >= 100 else "warning",
            }
        )
        if not alert:
            return False
        budget = self.with_user(SUPERUSER_ID).with_context(
            ai_threshold=f"{mark:f}",
            ai_message=message,
            ai_resets=self._resets_text(None),
            mail_activity_quick_update=True,  # the template's mail says it already
        )
        users = budget._alerted_users()
        for user in users:
            budget.activity_schedule(
                "mail.mail_activity_data_warning", summary=message[:200], user_id=user.id
            )
        if budget._company()._ai_sender():
            budget.message_post_with_source(
                "ai_brain.mail_template_budget_alert",
                subtype_xmlid="mail.mt_comment",
                partner_ids=users.partner_id.ids,
            )
        for user in users:
            user._bus_send(
                "ai_brain.budget_alert",
                {
                    "budget_id": self.id,
                    "threshold": float(mark),
                    "message": message,
                    "percentage_used": float(engine.used_percent(spent, amount)),
                },
            )
        return True

    def _alerted_users(self):
        followers = self.message_partner_ids.user_ids.filtered(lambda u: u._is_internal())
        return self.owner_id | followers

    @api.model
    def _cron_send_alerts(self):
        """Send what is due, a budget at a time: each is committed with its mails."""
        due = self._alerts_due()
        for done, (budget, marks) in enumerate(due):
            try:
                with self.env.cr.savepoint():
                    for mark in marks:
                        budget.send_alert(mark)
                    budget._arm()
            except Exception:
                _logger.exception("AI budget %s: its alert could not be sent", budget.id)
            self.env["ir.cron"]._notify_progress(done=done + 1, remaining=len(due) - done - 1)

    @api.model
    def _alerts_due(self):
        """Return ``[(budget, thresholds)]`` that are reached and were not sent yet."""
        due = []
        for budget in self.sudo().search([("active", "=", True)]):
            first, last = budget._period_days()
            if not first <= budget._today() <= last:
                continue
            spent, _held = budget._spent_and_reserved(first, last)
            marks = engine.parse_thresholds(budget.alert_thresholds)
            crossed = engine.thresholds_crossed(-1, spent, budget._amount_on(), marks)
            sent = set(budget._alerted(first))
            marks = [mark for mark in crossed if mark not in sent] if spent else []
            if marks:
                due.append((budget, marks))
        return due

    def _arm(self):
        """Tell the period row at which sum the next alert is due. On a cursor of its own: calls
        must not wait while mails are sent."""
        row = self._period_row(self._today())
        with self.env["ai.service"]._own_cursor() as cr:
            cr.execute(
                "UPDATE ai_cost_budget_period SET alert_at = %s"
                " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
                (row["alert_at"], self.id, row["date_from"], row["stamp"]),
            )

    # ------------------------------------------------------------------
    # Unusual spend
    # ------------------------------------------------------------------

    @api.model
    def _cron_daily_check(self):
        """Look at each company's yesterday: unusual spend, and the thresholds of its settings."""
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            service = (
                self.sudo().with_company(company).with_context(allowed_company_ids=company.ids)
            )
            yesterday = fields.Date.subtract(company._ai_local_date(), days=1)
            for key, message in service._unusual_spend(company, yesterday):
                service._tell_managers(company, "anomaly", yesterday, key, message, "warning")
            found = service.check_cost_alerts(yesterday)
            for alert in found["alerts"]:
                service._tell_managers(
                    company, "check", yesterday, alert["type"], alert["message"], alert["severity"]
                )

    @api.model
    def _unusual_spend(self, company, day):
        """Return ``[(key, message)]`` of what departs from its own history on ``day``.

        Tested are the company's whole spend, each user and each module; the more of them, the
        more each must depart, so that all together raise about one false alert in 40 days.
        """
        since = fields.Date.subtract(day, days=anomaly.HISTORY_DAYS)
        usage = self.env["ai.token.usage"]
        domain = [
            ("company_id", "=", company.id),
            ("local_date", ">=", since),
            ("local_date", "<=", day),
        ]
        series = {}
        for dimension in (None, "user_id", "module"):
            groupby = ["local_date:day", *([dimension] if dimension else [])]
            for found in usage._read_group(domain, groupby, ["cost_usd:sum"]):
                what = found[1] if dimension else company
                if what:
                    label = what if isinstance(what, str) else what.display_name
                    key = f"{dimension or 'company'}:{what if isinstance(what, str) else what.id}"
                    series.setdefault((key, label), {})[found[0]] = found[-1]
        unusual = []
        for (key, label), amounts in series.items():
            found = anomaly.spend_anomaly(
                amounts,
                day,
                amounts.get(day, 0.0),
                series=len(series),
                least_amount=LEAST_UNUSUAL_USD,
            )
            if found:
                unusual.append(
                    (
                        key,
                        self.env._(
                            "Unusual AI spend of %(who)s on %(day)s: %(amount)s, where about "
                            "%(expected)s is usual.",
                            who=label,
                            day=day,
                            amount=format_usd(Decimal(repr(round(found.amount, 6)))),
                            expected=format_usd(Decimal(repr(round(found.expected, 6)))),
                        ),
                    )
                )
        return unusual

    @api.model
    def _tell_managers(self, company, kind, day, key, message, severity):
        """Notify the company's AI managers, once for a kind, day and key."""
        alert = self.env["ai.cost.alert"]._claim(
            {
                "kind": kind,
                "company_id": company.id,
                "day": day,
                "key": key,
                "message": message,
                "severity": severity,
            }
        )
        if not alert:
            return
        managers = self.env.ref("ai_brain.group_ai_manager").users.filtered(
            lambda u: company in u.company_ids and u.active and u._is_internal()
        )
        sender = managers and company._ai_sender()
        if sender:
            self.env["mail.thread"].message_notify(
                partner_ids=managers.partner_id.ids,
                subject=self.env._("AI costs of %s", company.name),
                email_from=sender,
                body=message,
            )

    # ------------------------------------------------------------------
    # Daily spend check
    # ------------------------------------------------------------------

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
        """
        company = self.env.company
        metrics = self._day_metrics(company, day or company._ai_local_date())
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
            usage._read_group([*domain, ("kind", "=", "api")], ["state"], ["call_count:sum"])
        )
        asked = sum(states.values())
        cached = usage._read_group(
            [*domain, ("kind", "in", ("cache", "dedup"))], [], ["call_count:sum"]
        )[0][0]
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
            [*domain, ("local_date", "<=", day), ("kind", "in", ("cache", "dedup"))], limit=1
        )
        return bool(today and used)
