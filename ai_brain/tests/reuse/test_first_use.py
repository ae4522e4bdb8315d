from odoo.tests import tagged

from ..common import AiCase, answering


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestFirstUse(AiCase):
    """What a company does first with calls that it made before there were agents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # while one runs, each call is an arm's, and nothing is reused
        cls.env["ai.experiment"].search([("state", "=", "running")]).action_stop()
        cls.env["ai.token.usage"].sudo()._insert(
            [{"company_id": cls.company.id, "user_id": cls.env.uid, "agent_type": "old_desk"}]
        )
        cls.env["ai.agent"].action_agents_from_usage()
        cls.agent = cls.env["ai.agent"].search([("code", "=", "old_desk")])
        cls.agent.provider_id = cls.vendor_provider
        cls.user = cls._new_user("first-use")

    def _kinds(self, *texts):
        service = self.service.with_user(self.user)
        of = {"agent_type": "old_desk"}
        with answering(self.env, lambda request: "An answer."):
            return [service.send_message(text, None, of)["kind"] for text in texts]

    def test_nothing_is_on_until_somebody_switches_it_on(self):
        self.assertEqual(len(self.agent), 1)
        asked = ("What is VAT?", "What is VAT?", "Hello!", "Hello!")
        self.assertEqual(self._kinds(*asked), ["api"] * 4)

    def test_patterns_kept_answers_and_a_trial_work_at_once(self):
        self.agent.write({"reuse": "same_question", "reuse_check_share": 0})
        self.agent.pattern_ids = self.env["ai.answer.pattern"].search([("company_id", "=", False)])
        asked = ("What is VAT?", "Hi, what's the VAT? Thanks!", "Hello!", "Thank you!")
        self.assertEqual(self._kinds(*asked), ["api", "cache", "pattern", "pattern"])
        self.assertEqual(self.agent.get_reuse_figures()[str(self.agent.id)]["kept"], 1)
        self.agent.reuse = "off"
        manager = self._new_user("first-boss", "base.group_user", "ai_brain.group_ai_manager")
        trial = (
            self.env["ai.agent.trial"]
            .with_user(manager)
            .create({"agent_id": self.agent.id, "share": 99.999999, "preset": "thrifty"})
        )
        trial.action_start()
        self.assertEqual(self._kinds("What is a tax?", "What is a tax?"), ["api", "cache"])
        rows = self.env["ai.token.usage"].search([("trial_key", "=", trial.id)])
        self.assertEqual(rows.mapped("trial_arm"), ["b", "b"])

    def test_their_scheduled_actions_run(self):
        for name in ("ir_cron_bound_answers", "ir_cron_agent_trials"):
            action = self.env.ref(f"ai_brain.{name}")
            self.assertTrue(action.active)
            action.method_direct_trigger()
