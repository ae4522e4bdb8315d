from odoo.tests import Form, tagged

from odoo.addons.ai_brain.tests.common import AiCase, answer


@tagged("post_install", "-at_install", "every_series")
class TestPromptScreens(AiCase):
    """A prompt is written, shortened, tried and put back on screens alone, by a manager."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._new_user("prompt-screen", "base.group_user", "ai_brain.group_ai_manager")
        cls.env = cls.env(user=cls.manager)
        cls.service = cls.service.with_env(cls.env)
        with Form(cls.env["ai.prompt"]) as form:
            form.name, form.code = "Support", "support"
            form.text = "Please serve {customer}. Please be brief."
        cls.prompt = form.record

    def _open(self, action):
        """Return the records that an action shows, after their form was opened."""
        records = self.env[action["res_model"]].with_context(**action.get("context", {}))
        return Form(records.browse(action["res_id"]) if action.get("res_id") else records)

    def test_from_tightening_to_the_trial_and_back(self):
        self.company.sudo().ai_text_policy = "full"
        self.vendor.script = [(200, answer("Long.", 90, 9)), (200, answer("Short.", 60, 4))]
        self.service.send_message(
            "Where?",
            config=self.vendor_provider.id,
            environment={"variables": {"customer": "Ms Weber"}},
            prompt="support",
        )
        self.prompt.action_tighten()
        variant = self.prompt.variant_ids
        form = Form(variant, view="ai_sam_cost_dashboard.ai_prompt_variant_view_form")
        self.assertIn("Its text has", form.reached)
        self.assertIn("<del>Please", form.diff)
        trial = self._open(variant.action_try()).save()
        shown = self._open(trial.action_run())
        self.assertEqual(shown.waiting, 0)
        line = shown.record.line_ids
        self.assertEqual((line.old_answer, line.new_answer), ("Long.", "Short."))
        variant.action_keep()
        self.assertEqual(self.prompt.text, "Serve {customer}. Be brief.")
        self.prompt.version_ids.filtered(lambda version: version.number == 1).action_put_back()
        self.assertEqual(self.prompt.version_id.number, 3)
        self.assertIn("Please", self.prompt.text)

    def test_agent_and_type_name_theirs(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a"})
        with Form(agent) as form:
            form.prompt_id = self.prompt
        self.assertEqual(self.prompt.agent_ids, agent)
        with Form(self.env["ai.message.type"]) as form:
            form.name, form.code, form.prompt_id = "T", "t", self.prompt
        self.assertEqual(self.prompt.type_ids, form.record)

    def test_a_call_names_prompt_version_and_variant(self):
        variants = self.env["ai.prompt.variant"].with_context(default_prompt_id=self.prompt.id)
        with Form(variants) as made:
            made.name, made.text, made.share = "B", "Serve {customer}.", 100
        row = self._row(
            self.service.send_message(
                "Hello",
                config=self.provider.id,
                environment={"variables": {"customer": "x"}},
                prompt="support",
            )
        )
        form = Form(row)
        self.assertEqual(form.prompt_id, self.prompt)
        self.assertEqual(form.prompt_version_id, self.prompt.version_id)
        self.assertEqual(form.prompt_variant_id, made.record)
