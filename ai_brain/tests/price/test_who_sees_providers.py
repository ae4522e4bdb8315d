from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestWhoSeesProviders(AiCase):
    """What is known of the providers without asking the database is what asking it would say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._new_user("clerk")
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def _seen(self, user=None, task="chat"):
        providers = self.env["ai.service.provider"].with_user(user or self.clerk)
        company_id = self.company.id
        found = providers._of_tasks([task], company_id)
        domain = [("task_type", "=", task), ("company_id", "in", [False, company_id])]
        self.assertEqual(found, providers.search(domain))
        return found

    def _rule(self, domain):
        return self.env["ir.rule"].create(
            {
                "name": "narrower",
                "model_id": self.env["ir.model"]._get_id("ai.service.provider"),
                "domain_force": domain,
            }
        )

    def test_one_that_is_added_archived_moved_or_deleted(self):
        self.assertIn(self.vendor_provider, self._seen())
        new = self._new_provider("New", base_url=self.vendor.url)
        self.assertIn(new, self._seen())
        new.sequence = -1
        self.assertEqual(self._seen()[0], new)
        new.company_id = self.elsewhere
        self.assertNotIn(new, self._seen())
        new.company_id = self.company
        self.assertIn(new, self._seen())
        new.active = False
        self.assertNotIn(new, self._seen())
        new.active = True
        new.unlink()
        self.assertNotIn(new, self._seen())

    def test_a_rule_by_a_company_counts_at_once_and_so_does_its_end(self):
        mine = self._new_provider("Mine", base_url=self.vendor.url, company_id=self.company.id)
        self.assertIn(mine, self._seen())
        rule = self._rule("[('company_id', '=', False)]")
        self.assertNotIn(mine, self._seen())
        with self.assertRaises(AccessError):
            self.service.with_user(self.clerk).send_message("Hello", config=mine.id)
        rule.active = False
        self.assertIn(mine, self._seen())
        self.service.with_user(self.clerk).send_message("Hello", config=mine.id)

    def test_a_rule_that_asks_for_more_is_asked_each_time(self):
        providers = self.env["ai.service.provider"].with_user(self.clerk)
        self.assertIsNotNone(providers._plain_rules())
        self._rule("[('message_partner_ids', 'in', user.partner_id.ids)]")
        self.assertIsNone(providers._plain_rules())
        self.assertNotIn(self.vendor_provider, self._seen())
        with self.assertRaises(AccessError):
            self.service.with_user(self.clerk).send_message("Hello", config=self.vendor_provider.id)
        self.vendor_provider.message_subscribe(self.clerk.partner_id.ids)
        self.assertIn(self.vendor_provider, self._seen())

    def test_who_may_read_none_is_refused(self):
        self._seen()
        access = self.env["ir.model.access"].search(
            [("model_id.model", "=", "ai.service.provider"), ("perm_read", "=", True)]
        )
        access.write({"perm_read": False})
        providers = self.env["ai.service.provider"].with_user(self.clerk)
        with self.assertRaises(AccessError):
            providers._of_tasks(["chat"], self.company.id)
        with self.assertRaises(AccessError):
            self.service.with_user(self.clerk).send_message("Hello", config=self.vendor_provider.id)

    def test_it_takes_no_statement_once_it_is_known(self):
        providers = self.env["ai.service.provider"].with_user(self.clerk)
        providers = providers.with_context(allowed_company_ids=self.company.ids)

        def look():
            found = providers._of_tasks(["chat"], self.company.id)
            providers.browse(self.vendor_provider.id)._check_readable()
            return found

        self.assertIn(self.vendor_provider, look())
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            look()
