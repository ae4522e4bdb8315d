import logging
from decimal import Decimal

from psycopg2.extras import Json

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.budget import limits as engine
from ...engine.budget.subject import parse
from ..base.wording import in_each_language
from . import sql as budget_sql
from .standing import Standing

_logger = logging.getLogger(__name__)


class AiCostBudget(models.Model):
    """Alerts at a budget's thresholds."""

    _inherit = "ai.cost.budget"

    def send_alert(self, threshold, subject=None):
        """Tell those whom it concerns that ``threshold`` percent is reached.

        The responsible and the followers: an activity for each of them, a mail from the template
        and a message on the bus. Of a budget for each person, that person by mail and bus, and the
        responsible when it is used up. Once a threshold, a period and a subject, also when two
        workers try at once.

        :param str subject: of a budget for each: whose part; None: of who has used most
        :return: True if it was sent now
        :raise AccessError: for who may not change the budget
        :raise UserError: the threshold is not reached
        """
        self.ensure_one()
        self.check_access("write")
        mark = engine.percent(threshold, zero=False).normalize()
        standing = self.sudo()._standing(subject)
        amount = self._amount_on()
        used = engine.used_percent(standing.spent, amount)
        if not self.env.su and used < mark:
            raise UserError(
                self.env._(
                    "“%(name)s” has not reached %(mark)s%% yet.",
                    name=self.name,
                    mark=format(mark, "f"),
                )
            )

        def words(budget):
            return budget.env._(
                "The budget “%(name)s” has reached %(mark)s%%: %(spent)s of %(amount)s is spent.",
                name=budget._label(standing.subject),
                mark=format(mark, "f"),
                spent=budget._money(standing.spent),
                amount=budget._money(amount),
            )

        alert = self.env["ai.cost.alert"]._claim(
            {
                "kind": "threshold",
                "company_id": self.company_id.id or None,
                "budget_id": self.id,
                "day": self._period_days()[0],
                "subject": standing.subject or None,
                "key": f"{mark:f}",
                "message": Json(in_each_language(self, words)),
                "severity": "critical" if mark >= 100 else "warning",
            }
        )
        if not alert:
            return False
        budget = self.with_user(SUPERUSER_ID).with_context(
            ai_threshold=f"{mark:f}",
            mail_activity_quick_update=True,  # the template's mail says it already
        )
        person = budget._person(standing.subject)
        users = budget._alerted_users() if not person or mark >= 100 else person.browse()
        if not person:
            for user in users:
                summary = words(budget.with_context(lang=user.lang))[:200]
                budget.activity_schedule(
                    "mail.mail_activity_data_warning", summary=summary, user_id=user.id
                )
        users |= person
        for lang, readers in (
            users.grouped("lang").items() if budget._company()._ai_sender() else ()
        ):
            told = budget.with_context(lang=lang)
            told.with_context(
                ai_message=words(told),
                ai_resets=told._resets_sentence(None),
                ai_forecast=told.sudo()._outlook(standing.subject)["message"],
            )._mail_alert(readers.partner_id)
        for user in users:
            user._bus_send(
                "ai_brain.budget_alert",
                {
                    "budget_id": self.id,
                    "threshold": float(mark),
                    "message": words(budget.with_context(lang=user.lang)),
                    "percentage_used": float(used),
                },
            )
        return True

    def _mail_alert(self, partners):
        """Mail the template; as a note of the budget only where all who read it may know."""
        name = "ai_brain.mail_template_budget_alert"
        if self.each != "user":
            self.message_post_with_source(
                name, subtype_xmlid="mail.mt_comment", partner_ids=partners.ids
            )
            return
        template = self.env.ref(name)
        self.message_notify(
            partner_ids=partners.ids,
            subject=template._render_field("subject", self.ids)[self.id],
            body=template._render_field("body_html", self.ids)[self.id],
            email_from=self._company()._ai_sender(),
        )

    def _person(self, subject):
        """Return the user whose part of a budget for each person it is, or none."""
        one = parse(subject)
        users = self.env["res.users"]
        return users.browse(one.value).exists() if one and one.kind == "user" else users

    def _alerted_users(self):
        followers = self.message_partner_ids.user_ids.filtered(lambda u: u._is_internal())
        return self.owner_id | followers

    @api.model
    def _cron_send_alerts(self):
        """Send what is due, a budget at a time: one that fails takes no other's mails along."""
        due = self._alerts_due()
        for done, (budget, subject, marks) in enumerate(due):
            try:
                with self.env.cr.savepoint():
                    for mark in marks:
                        budget.send_alert(mark, subject)
                    budget._arm(subject)
            except Exception:
                _logger.exception("AI budget %s: its alert could not be sent", budget.id)
            self.env["ir.cron"]._notify_progress(done=done + 1, remaining=len(due) - done - 1)

    @api.model
    def _alerts_due(self):
        """Return ``[(budget, subject, thresholds)]`` that are reached and were not sent yet; in
        two statements besides the search, however many budgets there are."""
        wanted = []
        budgets = self.sudo().search([("active", "=", True)])
        for budget in budgets:
            first, last = budget._days_or_none()
            marks = budget._marks() if first and first <= budget._today() <= last else []
            amount = budget._amount_on() if marks else 0
            wanted += [
                (budget.id, first, budget.stamp, mark, amount * mark / 100) for mark in marks
            ]
        if not wanted:
            return []
        budgets.flush_recordset()
        self.env.cr.execute(
            """
            SELECT w.id, p.subject,
                   array_agg(w.mark::text ORDER BY w.mark) FILTER (WHERE p.spent >= w.point)
              FROM unnest(%s, %s::date[], %s, %s, %s) w(id, first, stamp, mark, point)
              LEFT JOIN ai_cost_budget_period p
                ON p.budget_id = w.id AND p.date_from = w.first AND p.stamp = w.stamp
             WHERE p.id IS NULL
                OR (p.spent > 0 AND p.spent >= w.point AND NOT EXISTS (
                    SELECT FROM ai_cost_alert a
                     WHERE a.kind = 'threshold' AND a.budget_id = w.id AND a.day = w.first
                       AND COALESCE(a.subject, '') = p.subject
                       AND a.key = trim_scale(w.mark)::text))
             GROUP BY w.id, p.subject
            """,
            [list(column) for column in zip(*wanted, strict=True)],
        )
        rows = self.env.cr.fetchall()
        # what no call has touched since it was changed is counted from the ledger
        uncounted = self.browse([row[0] for row in rows if row[1] is None]).sudo()
        due = [
            (self.sudo().browse(budget_id), subject, [Decimal(mark) for mark in marks])
            for budget_id, subject, marks in rows
            if subject is not None
        ]
        standings = uncounted._standings()
        for budget in uncounted:
            subject, spent, _held = standings.get(budget.id, Standing())
            crossed = engine.thresholds_crossed(-1, spent, budget._amount_on(), budget._marks())
            if crossed and spent:
                due.append((budget, subject, list(crossed)))
        return due

    def _arm(self, subject=""):
        """Tell the period row at which sum the next alert is due. On a cursor of its own: calls
        must not wait while mails are sent."""
        row = self._period_row(self._today(), subject, to_read=True)
        key = [row[name] for name in ("budget_id", "date_from", "subject")]
        # asked here: the other cursor does not see the alerts that were sent just now
        due = self.env.execute_query(
            SQL("SELECT %s::text", budget_sql.next_alert(*key, row["amount"], self._marks()))
        )[0][0]
        with self.env["ai.service"]._own_cursor() as cr:
            cr.execute(
                SQL(
                    "UPDATE ai_cost_budget_period SET alert_at = %s WHERE budget_id = %s"
                    " AND date_from = %s AND subject = %s AND stamp = %s",
                    due,
                    *key,
                    row["stamp"],
                )
            )
