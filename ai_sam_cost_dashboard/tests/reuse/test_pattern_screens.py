from odoo.tests import Form, HttpCase, tagged

from odoo.addons.ai_brain.tests.common import AiCase


def send_often(env, text, times, **values):
    """Write rows of a message that a model answered."""
    env["ai.token.usage"].create(
        [
            {
                "company_id": env.company.id,
                "user_id": env.uid,
                "prompt_text": text,
                "cost_usd": 0.25,
                **values,
            }
        ]
        * times
    )


@tagged("post_install", "-at_install", "every_series")
class TestPatternScreens(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pattern = cls.env["ai.answer.pattern"].create(
            {"name": "Hello", "triggers_en": "hello", "answers_en": "Hello to you."}
        )
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Coach",
                "code": "coach",
                "provider_id": cls.provider.id,
                "pattern_ids": [(6, 0, cls.pattern.ids)],
            }
        )

    def test_try_it_answers_while_somebody_types(self):
        other = self.env["ai.answer.pattern"].create(
            {
                "name": "Streak",
                "triggers_en": "hello",
                "answers_en": "Well done.",
                "conditions": "streak >= 3",
                "sequence": 1,
                "agent_ids": [(6, 0, self.agent.ids)],
            }
        )
        action = self.pattern.action_try()
        trial = self.env["ai.pattern.trial"].with_context(**action["context"])
        with Form(trial) as form:
            self.assertEqual((form.text, form.answer), ("hello", "Hello to you."))
            form.variables = "streak = 5"
            self.assertEqual(form.answer, "Well done.")
            lines = [(line["pattern_id"], line["answers"]) for line in form.line_ids._records]
            self.assertEqual(lines, [(other.id, True), (self.pattern.id, False)])
            form.variables = "streak is 5"
            self.assertIn("streak = 5", form.problem)
            self.assertFalse(form.answer)
            form.variables = ""
            form.text = "hello, the server is down"
            self.assertFalse(form.answer)

    def test_the_agent_says_what_its_patterns_did(self):
        self.assertEqual(self.agent.pattern_effect, "They answered no call.")
        environment = {"agent_type": "coach"}
        self.env["ai.service"].send_message("Hello", None, environment)
        self.agent.invalidate_recordset()
        self.assertRegex(self.agent.pattern_effect, r"^Calls: 1, saved: \$0\.0000\d+ \(estimated\)")

    def test_a_frequent_message_becomes_a_pattern_of_its_agent(self):
        send_often(
            self.env, "Wo ist meine Bestellung und wie lange dauert es?", 6, agent_key=self.agent.id
        )
        action = self.env["ai.pattern.finder"].action_open()
        finder = self.env["ai.pattern.finder"].browse(action["res_id"])
        self.assertEqual((finder.keeps_text, finder.line_ids.times), (True, 6))
        made = finder.line_ids.action_make_pattern()
        with Form(self.env["ai.answer.pattern"].with_context(**made["context"])) as form:
            self.assertIn("Bestellung", form.triggers_de)
            form.answers_de = "Das steht in Ihrem Konto."
        self.assertEqual(form.record.agent_ids, self.agent)
        self.assertFalse(self.env["ai.answer.pattern"]._frequent_messages())

    def test_a_pattern_that_knows_the_message_is_used_with_one_click(self):
        send_often(self.env, "thanks a lot", 6, agent_key=self.agent.id)
        action = self.env["ai.pattern.finder"].action_open()
        line = self.env["ai.pattern.finder"].browse(action["res_id"]).line_ids
        self.assertEqual(line.pattern_id, self.env.ref("ai_brain.answer_pattern_thanks"))
        line.action_use_pattern()
        self.assertIn(line.pattern_id, self.agent.pattern_ids)

    def test_where_no_text_is_kept_the_screen_says_so(self):
        self.company.ai_text_policy = "none"
        action = self.env["ai.pattern.finder"].action_open()
        self.assertFalse(self.env["ai.pattern.finder"].browse(action["res_id"]).keeps_text)

    def test_what_one_manager_found_another_does_not_read(self):
        send_often(self.env, "thanks a lot", 6)
        action = self.env["ai.pattern.finder"].action_open()
        manager = self._new_user("finder-manager", "ai_brain.group_ai_manager")
        finders = self.env["ai.pattern.finder"].with_user(manager)
        self.assertFalse(finders.search([("id", "=", action["res_id"])]))
        self.assertFalse(self.env["ai.pattern.finding"].with_user(manager).search([]))


@tagged("post_install", "-at_install")
class TestPatternTour(HttpCase):
    def test_a_manager_makes_a_pattern_of_a_frequent_message(self):
        send_often(self.env, "Opening hours", 9)
        self.start_tour("/odoo/ai-patterns", "ai_pattern_from_message", login="admin")
        pattern = self.env["ai.answer.pattern"].search([("name", "=", "Opening hours")])
        self.assertEqual(pattern.triggers_en, "Opening hours")
        self.assertEqual(pattern.answers_en, "Monday to Friday, 8 to 5.")
