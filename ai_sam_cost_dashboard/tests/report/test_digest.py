from datetime import timedelta
from decimal import Decimal

from odoo.tests import TransactionCase, new_test_user, tagged

from ..common import PAYLOAD


@tagged("post_install", "-at_install", "every_series")
class TestDigest(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Mailed", "email": "ai@example.com"})
        cls.env["res.company"].search([("id", "!=", cls.company.id)]).ai_weekly_digest = False
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.manager = new_test_user(
            cls.env, "digest_manager", "base.group_user,ai_brain.group_ai_manager", **in_company
        )
        cls.user = new_test_user(cls.env, "digest_user", "base.group_user", **in_company)
        cls.digest = cls.env["ai.cost.digest"]
        cls.first, cls.last = cls.digest._week(cls.company)

    def spend(self, cost, day, **more):
        values = {
            "company_id": self.company.id,
            "user_id": self.user.id,
            "local_date": day,
            "task_type": "chat",
            "cost_usd": Decimal(cost),
        }
        self.env["ai.token.usage"].sudo()._insert([{**values, **more}])

    def mails(self):
        return self.env["mail.mail"].search(
            [("recipient_ids", "in", (self.manager | self.user).partner_id.ids)]
        )

    def test_managers_get_last_weeks_figures_once(self):
        self.spend("0.0004", self.last)
        self.spend("0.0008", self.first - timedelta(days=1))
        self.digest._cron_send()
        self.digest._cron_send()
        mail = self.mails()
        self.assertEqual(mail.recipient_ids, self.manager.partner_id)
        self.assertIn("$0.0004", mail.body_html)
        self.assertIn("-50%", mail.body_html)
        self.assertIn("Mailed", mail.subject)

    def test_a_quiet_company_gets_no_mail(self):
        self.digest._cron_send()
        self.assertFalse(self.mails())

    def test_a_company_that_does_not_want_it_gets_none(self):
        self.company.ai_weekly_digest = False
        self.spend("1", self.last)
        self.digest._cron_send()
        self.assertFalse(self.mails())

    def test_names_with_markup_are_text(self):
        self.spend("1", self.last, module=PAYLOAD)
        self.digest._cron_send()
        self.assertNotIn("<img src=x", self.mails().body_html)
        self.assertIn("&lt;img src=x", self.mails().body_html)

    def test_a_week_runs_from_monday_to_sunday_and_is_over(self):
        self.assertEqual(self.first.weekday(), 0)
        self.assertEqual((self.last - self.first).days, 6)
        self.assertLess(self.last, self.company._ai_local_date())
