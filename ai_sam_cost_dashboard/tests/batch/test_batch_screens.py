from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.ai_brain.tests.common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestBatchScreens(AiCase):
    """Requests and batches from the view of those who have them on their screens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor_provider.batch_service = "yes"
        cls.vendor_provider.price_ids.batch_priced = True
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        cls.user = cls._new_user("screens-user")
        cls.colleague = cls._new_user("screens-colleague")
        cls.manager = cls._new_user("screens-manager", *manager)
        service = cls.env["ai.service"].with_user(cls.user)
        cls.request = service.submit("Which team?", config=cls.vendor_provider)
        cls.batch = cls.env["ai.batch"].create(
            {
                "name": "sam_of_a_test",
                "company_id": cls.company.id,
                "provider_id": cls.vendor_provider.id,
                "state": "running",
                "total": 40,
                "settled_count": 10,
            }
        )

    def test_a_request_names_its_agent_and_opens_it(self):
        agent = self.env["ai.agent"].create({"name": "Night Desk", "code": "Night_desk"})
        service = self.env["ai.service"].with_user(self.user)
        for code, expected in (("night_desk", agent), ("nobody", agent.browse())):
            request = service.submit("Hi?", self.vendor_provider, {"agent_type": code})
            self.assertEqual(request.with_user(self.user).agent_id, expected)
        self.assertIn('name="agent_id"', self._arch("ai.batch.request", "list", self.user))

    def _arch(self, model, kind, user):
        return self.env[model].with_user(user).get_view(view_type=kind)["arch"]

    def test_a_person_sees_and_steers_requests_of_his_own(self):
        own = self.request.with_user(self.user)
        self.assertIn("action_send_now", self._arch("ai.batch.request", "form", self.user))
        form = Form(own)
        self.assertEqual((form.question, form.state), ("Which team?", "waiting"))
        own.action_send_now()
        own.action_cancel()
        self.assertEqual(own.state, "cancelled")

    def test_a_colleague_sees_none_of_it(self):
        theirs = self.env["ai.batch.request"].with_user(self.colleague)
        self.assertFalse(theirs.search([]))
        with self.assertRaises(AccessError):
            theirs.browse(self.request.id).action_cancel()

    def test_batches_are_the_managers_with_progress_and_cancel(self):
        with self.assertRaises(AccessError):
            self.batch.with_user(self.user).read(["progress"])
        batch = self.batch.with_user(self.manager)
        self.assertEqual(batch.progress, 25)
        self.assertIn("action_cancel", self._arch("ai.batch", "form", self.manager))
        batch.action_cancel()
        self.assertTrue(batch.is_cancelling)
        menu = self.env.ref("ai_sam_cost_dashboard.menu_batches")
        visible = self.env["ir.ui.menu"].with_user(self.user)._visible_menu_ids()
        self.assertNotIn(menu.id, visible)
        self.assertIn(self.env.ref("ai_sam_cost_dashboard.menu_batch_requests").id, visible)

    def test_the_switches_are_on_the_agents_form(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a"})
        with Form(agent.with_user(self.manager)) as form:
            self.assertEqual((form.may_wait, form.joins_questions), (True, False))
            form.joins_questions = True
        self.assertTrue(agent.joins_questions)
