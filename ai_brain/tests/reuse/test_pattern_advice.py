from decimal import Decimal

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .test_patterns import PatternCase


@tagged("post_install", "-at_install", "every_series")
class TestTryIt(PatternCase):
    """What *Try it* says is what a call would do, and why."""

    def test_it_says_who_answers_what_and_why_the_others_do_not(self):
        night = self._pattern(
            "Night",
            triggers_en="hello",
            answers_en="Good night.",
            sequence=1,
            limits_hours=True,
            hour_from=22,
            hour_to=5,
        )
        streak = self._pattern(
            "Streak", triggers_en="hello", answers_en="Well done.", sequence=2, conditions="n > 2"
        )
        thanks = self._pattern("Thanks", triggers_en="thanks", answers_en="Welcome.", sequence=30)
        tried = (night | streak | self.hello | thanks).try_text("Hello!", "n = 1", hour=9)
        self.assertEqual(
            [(one["name"], one["answers"], one["why"]) for one in tried],
            [
                ("Night", False, "It answers from 22:00 to 5:00."),
                ("Streak", False, "The variables do not meet: n > 2"),
                ("Hello", True, "It answers."),
                ("Thanks", False, "No trigger says it, or something else is said besides."),
            ],
        )
        self.assertEqual(tried[2]["texts"], ["Hello to you."])
        tried = (night | streak | self.hello).try_text("Hello!", "n = 3", hour=23)
        self.assertEqual([one["answers"] for one in tried], [True, False, False])
        self.assertIn("if the one above", tried[1]["why"])

    def test_variables_that_cannot_be_read_are_refused(self):
        for text in ("n >", "n > 3", "n"):
            with self.assertRaises(ValidationError):
                self.hello.try_text("Hello", text)

    def test_an_hour_or_day_that_is_none_is_refused(self):
        for wrong in ({"hour": "a"}, {"hour": 99}, {"hour": float("nan")}, {"weekday": -1}):
            with self.assertRaises(ValidationError):
                self.hello.try_text("Hello", **wrong)
        self.assertTrue(self.hello.try_text("Hello", variables=None, hour=9)[0]["answers"])


@tagged("post_install", "-at_install", "every_series")
class TestFrequentMessages(PatternCase):
    """Short messages that no pattern of their agent answers yet."""

    def _rows(self, text, count, **values):
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                    "provider_id": self.provider.id,
                    "prompt_text": text,
                    "agent_key": self.agent.id,
                    "cost_usd": Decimal("0.5"),
                    **values,
                }
            ]
            * count
        )

    def _found(self, user=None):
        patterns = self.patterns.with_user(user) if user else self.patterns
        return {one.text: one for one in patterns._frequent_messages()}

    def test_they_are_counted_whatever_their_spelling(self):
        self._rows("Where is my order?", 4)
        self._rows("where is my order ?", 3, user_id=self.env.uid)
        self._rows("Something else", 4)
        self._rows("The whole story: " + "x" * 60, 9)
        self._rows("Where is my order?", 9, kind="pattern")
        self._rows("Where is my order?", 9, state="failed")
        found = self._found()
        self.assertEqual([*found], ["Where is my order?"])
        one = found["Where is my order?"]
        self.assertEqual(
            (one.times, one.people, one.cost_usd, one.agent_id, one.language, one.pattern_ids),
            (7, 2, 3.5, self.agent.id, "en", ()),
        )

    def test_what_a_pattern_of_the_agent_answers_is_left_out_and_another_one_is_named(self):
        self._rows("Hello!!", 6)
        self._rows("thanks a lot", 6)
        found = self._found()
        self.assertEqual([*found], ["thanks a lot"])
        thanks = self.env.ref("ai_brain.answer_pattern_thanks")
        self.assertEqual(found["thanks a lot"].pattern_ids, (thanks.id,))
        self.agent.pattern_ids += thanks
        self.assertEqual(self._found(), {})

    def test_of_full_texts_the_last_message_of_the_user_counts(self):
        prompt = "system: Be kind.\n\nuser: Hi\n\nassistant: Hello.\n\nuser: Order status"
        self._rows(prompt, 5, messages={"messages": []})
        self._rows(prompt + "\n\nassistant: Well", 5, messages={"messages": []})
        self.assertEqual([one.times for one in self._found().values()], [5])
        self.assertEqual([*self._found()], ["Order status"])

    def test_a_manager_sees_his_companys_and_a_user_none(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._rows("Order status", 6, company_id=other.id)
        manager = self._new_user("pattern-manager", "ai_brain.group_ai_manager")
        self.assertEqual(self._found(manager), {})
        self._rows("Order status", 5)
        self.assertEqual(self._found(manager)["Order status"].times, 5)
        with self.assertRaises(AccessError):
            self._found(self.user)
