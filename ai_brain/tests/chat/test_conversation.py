from odoo.tests import tagged

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestConversation(AiCase):
    def setUp(self):
        super().setUp()
        self.owner = self._new_user("owner")
        self.conversation = self._conversation(self.owner, self.env.company)
        self.answer = self._answer(self.conversation)

    def _conversation(self, user, company):
        return self.env["ai.conversation"].create(
            {"name": "Mine", "user_id": user.id, "company_id": company.id}
        )

    def _answer(self, conversation):
        return self.env["ai.conversation.message"].create(
            {"conversation_id": conversation.id, "role": "assistant", "state": "streaming"}
        )

    def _call(self, user, session_id, company=None):
        service = self.service.with_user(user)
        return service.with_company(company or self.env.company).send_message(
            "Hello", config=self.provider.id, environment={"session_id": session_id}
        )["token_usage_id"]

    def test_an_interrupted_answer_finds_its_own_call(self):
        row = self._call(self.owner, self.conversation._session_id())
        billed = self.answer._billed({"state": "stopped"})
        self.assertEqual(billed["token_usage_id"], row)
        self.assertEqual(
            billed["input_tokens"], self.env["ai.token.usage"].browse(row).input_tokens
        )

    def test_a_call_of_somebody_else_with_a_forged_session_is_not_taken(self):
        own = self._call(self.owner, self.conversation._session_id())
        forger = self._new_user("forger")
        self._call(forger, self.conversation._session_id())
        self.assertEqual(self.answer._billed({"state": "stopped"})["token_usage_id"], own)
        other = self._conversation(self.owner, self.env.company)
        self._call(forger, other._session_id())
        self.assertEqual(self._answer(other)._billed({"state": "stopped"}), {})

    def test_a_call_in_another_company_is_not_taken(self):
        company = self.env["res.company"].create({"name": "Other"})
        self.owner.company_ids += company
        self.provider.company_id = False
        self._call(self.owner, self.conversation._session_id(), company)
        self.assertEqual(self.answer._billed({"state": "stopped"}), {})

    def test_what_is_sent_begins_at_the_same_message_for_ten_questions(self):
        self.env.company.ai_text_policy = "full"
        values = [
            {
                "conversation_id": self.conversation.id,
                "role": "assistant" if number % 2 else "user",
                "content": str(number),
            }
            for number in range(70)
        ]
        begins = {}
        for number, vals in enumerate(values, 1):
            self.env["ai.conversation.message"].create(vals)
            if number % 2 == 0:
                said = self.conversation._said(None)
                begins[number] = said[0]["content"]
                self.assertLessEqual(len(said), 40)
                self.assertEqual(said[-1]["content"], str(number - 1))
        self.assertEqual({begins[n] for n in range(2, 42, 2)}, {"0"})
        self.assertEqual({begins[n] for n in range(42, 62, 2)}, {"20"})
        self.assertEqual({begins[n] for n in range(62, 72, 2)}, {"40"})
