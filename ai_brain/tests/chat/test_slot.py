from odoo.tests import tagged

from ...models.base.places import ASIDE
from ..common import AiCase


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestSlot(AiCase):
    """A person's places for questions under way."""

    def setUp(self):
        super().setUp()
        self.user = self._new_user("asks")
        self.slots = self.env["ai.conversation.slot"].with_user(self.user)

    def _taken(self):
        return self.env["ai.conversation.slot"].search_count([("user_id", "=", self.user.id)])

    def test_a_person_has_as_many_as_the_company_says(self):
        self.company.ai_chats_at_once = 2
        first, second = self.slots._claim(60), self.slots._claim(60)
        self.assertTrue(first and second)
        self.assertIsNone(self.slots._claim(60))
        self.assertTrue(self.slots.with_user(self._new_user("too"))._claim(60))
        first.free()
        self.assertTrue(self.slots._claim(60))

    def test_a_question_that_took_too_long_frees_no_place_of_another(self):
        self.company.ai_chats_at_once = 1
        late = self.slots._claim(-60)
        next_one = self.slots._claim(60)
        self.assertTrue(next_one, "the first one's time is over")
        late.free()
        self.assertEqual(self._taken(), 1)
        self.assertIsNone(self.slots._claim(60))
        next_one.free()
        next_one.free()
        self.assertEqual(self._taken(), 0)

    def test_who_waits_for_another_s_answer_leaves_his_place_until_he_asks_himself(self):
        self.company.ai_chats_at_once = 1
        waits = self.slots._claim(60)
        waits.step_aside()
        waits.step_aside()
        self.assertEqual(self._taken(), 1, "he is there, beside the places")
        asks = self.slots._claim(60)
        self.assertTrue(asks)
        waits.come_back()
        self.assertIsNone(self.slots._claim(60))
        asks.free()
        waits.come_back()
        self.assertIsNone(self.slots._claim(60), "he has the place again")
        waits.free()
        self.assertEqual(self._taken(), 0)

    def test_a_person_waits_for_so_many_answers_at_once(self):
        self.company.ai_chats_at_once = 1
        for _number in range(ASIDE):
            self.slots._claim(60).step_aside()
        last = self.slots._claim(60)
        last.step_aside()
        self.assertIsNone(self.slots._claim(60), "one too many keeps his place")

    def test_a_place_lives_as_long_as_the_longest_road_of_its_question(self):
        company = self.env["res.company"].create({"name": "Road", "ai_budget_wait_s": 2})
        self.env["ai.service.provider"].search([("company_id", "=", False)]).active = False
        at = {"company_id": company.id, "api_format": "sandbox"}
        first = self._new_provider("First", timeout_s=10, **at)
        chats = self.env["ai.conversation"].with_company(company)
        chat = chats.create({"name": "Chat", "provider_id": first.id})
        self.assertEqual(chat._longest_s(), 12, "the attempt's own timeout, and a budget's wait")
        slow = self._new_provider("Slow", timeout_s=90, **at)
        self.assertEqual(chat._longest_s(), 92 + 12, "moved there, and back")
        first.fallback_provider_id = self._new_provider("Third", timeout_s=20, **at)
        self.assertEqual(chat._longest_s(), 92 + 12 + 22)
        chat.provider_id = False
        self.assertEqual(chat._longest_s(), 92 + 12 + 22)
        (slow | first.fallback_provider_id).active = False
        self.assertEqual(chat._longest_s(), 12)
