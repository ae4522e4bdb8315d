from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.ai_brain.tests.common import new_provider


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestAccess(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = new_provider(cls.env, "Sandbox", api_format="sandbox")
        cls.one = new_test_user(cls.env, "chat_one", "base.group_user")
        cls.other = new_test_user(
            cls.env, "chat_other", "base.group_user,ai_brain.group_ai_manager"
        )
        cls.portal = new_test_user(cls.env, "chat_portal", "base.group_portal")
        cls.chat = (
            cls.env["ai.conversation"]
            .with_user(cls.one)
            .create({"name": "Mine", "provider_id": cls.provider.id})
        )

    def ask(self, text="What is a token?", user=None):
        return list(self.chat.with_user(user or self.one).stream_answer(text))

    def test_an_answer_is_kept_with_what_it_cost(self):
        events = self.ask()
        self.assertEqual(events[0]["type"], "start")
        self.assertEqual(events[-1]["type"], "end")
        text = "".join(event["text"] for event in events if event["type"] == "delta")
        answer = self.chat.message_ids[-1]
        self.assertEqual(answer.content, text)
        row = self.env["ai.token.usage"].browse(answer.token_usage_id)
        self.assertEqual(row.cost_usd, answer.cost_usd)
        self.assertGreater(row.cost_usd, 0)
        self.assertEqual(row.user_id, self.one)
        self.assertEqual(row.agent_type, "ask_ai")
        self.assertEqual(self.chat.name, "What is a token?")
        self.assertIn("You chose", answer.why)

    def test_the_thread_goes_along(self):
        self.ask("My number is 7.")
        self.ask("Which number?")
        rows = self.env["ai.token.usage"].search(
            [("session_id", "=", self.chat._session_id())], order="id"
        )
        self.assertGreater(rows[1].context_size_tokens, rows[0].context_size_tokens * 2)

    def test_nobody_else_reads_a_conversation(self):
        self.ask()
        for user in (self.other, self.portal):
            with self.assertRaises(AccessError):
                self.chat.with_user(user).get_thread()
        self.assertFalse(
            self.env["ai.conversation"].with_user(self.other).search([("id", "=", self.chat.id)])
        )

    def test_messages_cannot_be_forged(self):
        messages = self.env["ai.conversation.message"].with_user(self.one)
        with self.assertRaises(AccessError):
            messages.create({"conversation_id": self.chat.id, "role": "assistant", "content": "x"})
        self.ask()
        with self.assertRaises(AccessError):
            self.chat.message_ids[-1].with_user(self.one).write({"cost_usd": 0})
        with self.assertRaises(UserError):
            self.chat.with_user(self.one).write({"user_id": self.other.id})

    def test_a_company_that_keeps_no_text_keeps_no_chat(self):
        self.env.company.ai_text_policy = "none"
        history = [{"role": "user", "content": "x"}, {"role": "system", "content": "no"}, 7]
        events = list(self.chat.with_user(self.one).stream_answer("Secret words", history))
        self.assertTrue(events[-1]["answer"]["content"])
        self.assertFalse(any(self.chat.message_ids.mapped("content")))
        self.assertEqual(self.chat.name, "Mine")

    def test_a_reader_who_leaves_is_billed_and_settled(self):
        stream = self.chat.with_user(self.one).stream_answer("Tell me about tokens, at length.")
        self.assertEqual(next(stream)["type"], "start")
        answer = self.chat.message_ids[-1]
        # Asked at the end of a second: the ledger's row, in whole seconds, seems older.
        self.env.cr.execute(
            "UPDATE ai_conversation_message SET create_date = %s WHERE id = %s",
            (fields.Datetime.now().replace(microsecond=999_000), answer.id),
        )
        answer.invalidate_recordset(["create_date"])
        self.assertEqual(next(stream)["type"], "delta")
        stream.close()
        self.assertEqual(answer.state, "stopped")
        self.assertTrue(answer.token_usage_id)
        self.assertFalse(answer.exact)
        self.assertGreater(answer.cost_usd, 0)
        self.assertFalse(self.env["ai.cost.reservation"].search([("user_id", "=", self.one.id)]))

    def test_a_budget_refuses_kindly_and_can_be_asked_for_more(self):
        budget = self.env["ai.cost.budget"].create(
            {"name": "Nothing left", "user_id": self.one.id, "budget_amount": 0.0000001}
        )
        answer = self.ask()[-1]["answer"]
        self.assertEqual(answer["state"], "refused")
        self.assertEqual(answer["refusal"]["budget_id"], budget.id)
        self.assertIn("Nothing left", answer["error"])
        self.assertFalse(answer["token_usage_id"])
        self.env["ai.cost.budget"].with_user(self.one).request_more(budget.id)
        self.assertEqual(len(budget.activity_ids), 1)

    def test_a_thumb_reaches_the_ledger(self):
        self.ask()
        answer = self.chat.message_ids[-1].with_user(self.one)
        answer.rate("up")
        row = self.env["ai.token.usage"].browse(answer.token_usage_id)
        self.assertEqual((row.quality_score, row.feedback_count), (100, 1))
        answer.rate("down")
        row.invalidate_recordset()
        self.assertEqual((row.quality_score, row.feedback_count), (0, 1))
        with self.assertRaises(UserError):
            self.chat.message_ids[0].with_user(self.one).rate("up")
        with self.assertRaises(AccessError):
            answer.with_user(self.other).rate("up")

    def test_old_conversations_go_with_the_companys_texts(self):
        self.ask()
        self.env.company.ai_text_retention_days = 30
        self.env["ai.conversation"]._gc_conversations()
        self.assertTrue(self.chat.exists())
        self.chat.sudo().last_message_at = "2020-01-01"
        self.env["ai.conversation"]._gc_conversations()
        self.assertFalse(self.chat.exists())

    def test_empty_and_endless_questions_are_refused(self):
        for text in ("", "   ", None, "x" * 100_001):
            with self.assertRaises(UserError):
                self.ask(text)
