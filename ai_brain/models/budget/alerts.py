import logging
from decimal import Decimal

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.budget import limits as engine

_logger = logging.getLogger(__name__)


class AiCostBudget(models.Model):
    """Alerts at a budget's thresholds."""

    _inherit = "ai.cost.budget"

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
        :raise AccessError: for who may not change the budget
        :raise UserError: the threshold is not reached
        """
        self.ensure_one()
        self.check_access("write")
        mark = engine.percent(threshold, "alert threshold", zero=False).normalize()
        first = self._period_days()[0]
        spent, _held = self._spent_and_reserved(*self._period_days())
        amount = self._amount_on()
        if not self.env.su and engine.used_percent(spent, amount) < mark:
            raise UserError(
                self.env._(
                    "“%(name)s” has not reached %(mark)s%% yet.",
                    name=self.name,
                    mark=format(mark, "f"),
                )
            )
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
        """Send what is due, a budget at a time: one that fails takes no other's mails along."""
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
        row = self._period_row(self._today(), to_read=True)
        with self.env["ai.service"]._own_cursor() as cr:
            cr.execute(
                "UPDATE ai_cost_budget_period SET alert_at = %s"
                " WHERE budget_id = %s AND date_from = %s AND stamp = %s",
                (row["alert_at"], self.id, row["date_from"], row["stamp"]),
            )
