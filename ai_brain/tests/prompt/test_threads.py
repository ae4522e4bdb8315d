from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common import AiCase, answer

FACTS = ("The deposit is 4,350.00 EUR.", "We decided not to renew the maintenance plan.")
TALK = "That sounds fine to me and I have nothing to add to what was said about the weather. " * 4


def thread(turns, facts=FACTS):
    """Return messages of so many turns, the last one still to be answered."""
    messages = [{"role": "system", "content": "Be brief."}]
    for n in range(turns):
        said = facts[n] if n < len(facts) else "Go on."
        messages.append({"role": "user", "content": f"{said} {TALK}"})
        if n < turns - 1:
            messages.append({"role": "assistant", "content": TALK})
    return messages


@tagged("post_install", "-at_install", "every_series")
class TestThreads(AiCase):
    """Older messages of a long conversation go as summaries that lose no fact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Chat", "code": "chat", "keep_messages": 20}
        )
        cls.service = cls.service.with_user(cls._new_user("thread-user"))

    def _ask(self, messages, summary="They spoke of the weather.", session="s1", **more):
        script = [(200, answer(summary, 900, 30))] if summary else []
        self.vendor.script = [*script, (200, answer("Fine."))]
        self.vendor.requests.clear()
        self.result = self.service.send_message(
            messages,
            config=self.vendor_provider.id,
            environment={"agent_type": "chat", "session_id": session},
            **more,
        )
        return [body["messages"] for _headers, body in self.vendor.requests]

    def test_ten_turns_are_summarised_once_and_no_fact_is_lost(self):
        asked, sent = self._ask(thread(21))
        self.assertIn("weather", asked[1]["content"])
        text = "\n".join(message["content"] for message in sent)
        for fact in FACTS:
            self.assertIn(fact, text)
        self.assertEqual(sent[0]["content"], "Be brief.")
        self.assertEqual(sent[2:], thread(21)[21:])
        (again,) = self._ask(thread(21), summary=None)
        self.assertEqual(again, sent)

    def test_the_beginning_stays_the_same_for_ten_turns(self):
        _asked, first = self._ask(thread(21))
        for turns in range(22, 31):
            (sent,) = self._ask(thread(turns), summary=None)
            self.assertEqual(sent[: len(first)], first[: len(sent)])
        asked = self._ask(thread(31))
        self.assertEqual(len(asked), 2)  # the next block
        self.assertEqual(asked[1][:2], first[:2])

    def test_what_a_summary_makes_up_is_struck_out(self):
        _asked, sent = self._ask(
            thread(21), summary="The deposit is 4,530.00 EUR. They decided to renew the plan."
        )
        text = "\n".join(message["content"] for message in sent)
        self.assertNotIn("4,530.00", text)
        self.assertNotIn("decided to renew", text)
        self.assertIn("4,350.00", text)

    def test_its_summary_is_a_row_of_its_own(self):
        self._ask(thread(21))
        row = self._row(self.result)
        summary = self.env["ai.token.usage"].search([("kind", "=", "summary")])
        self.assertEqual(len(summary), 1)
        self.assertEqual(summary.agent_type, "chat")
        self.assertEqual(summary.session_id, "s1")
        self.assertEqual(summary.user_id, row.user_id)
        self.assertGreater(summary.cost_usd, 0)
        self.assertGreater(row.thread_saved_tokens, 300)
        self.assertAlmostEqual(row.thread_saved_usd, row.thread_saved_tokens * 1.0 / 1e6, 9)
        self.assertIn("summaries", " ".join(self.result["notices"]))

    def test_a_deleted_conversation_takes_its_summaries_along_at_once(self):
        owner = self.service.env.user
        conversation = self.env["ai.conversation"].create({"name": "Mine", "user_id": owner.id})
        other = self.env["ai.conversation"].create({"name": "Other", "user_id": owner.id})
        summaries = self.env["ai.thread.summary"].sudo()
        for number, one in enumerate((conversation, other)):
            self._ask(thread(21, (f"The deposit is {number}00 EUR.",)), session=one._session_id())
        self.assertEqual(len(summaries.search([("user_id", "=", owner.id)])), 2)
        conversation.with_user(owner).unlink()
        left = summaries.search([("user_id", "=", owner.id)])
        self.assertEqual(left.mapped("session_id"), [other._session_id()])
        self.assertIn("100 EUR", left.text)
        owner.with_env(self.env).active = False  # who leaves takes along the rest
        self.assertFalse(left.exists())

    def test_a_short_one_and_an_agent_that_keeps_all_are_left_alone(self):
        (sent,) = self._ask(thread(19), summary=None)
        self.assertEqual(sent, thread(19))
        self.agent.keep_messages = 0
        (sent,) = self._ask(thread(40), summary=None)
        self.assertEqual(sent, thread(40))

    def test_calls_of_tools_stay_whole(self):
        messages = thread(21)
        call = {"id": "c1", "type": "function", "function": {"name": "stock", "arguments": "{}"}}
        messages[4:4] = [
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "14"},
        ]
        (sent,) = self._ask(messages, summary=None)
        self.assertEqual(len(sent), len(messages))

    def test_who_keeps_no_text_sends_all(self):
        self.company.ai_text_policy = "none"
        (sent,) = self._ask(thread(21), summary=None)
        self.assertEqual(sent, thread(21))
        self.assertFalse(self.env["ai.thread.summary"].sudo().search_count([]))

    def test_a_summary_that_fails_costs_no_answer(self):
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, answer("Fine."))]
        result = self.service.send_message(
            thread(21), config=self.vendor_provider.id, environment={"agent_type": "chat"}
        )
        self.assertEqual(result["content"], "Fine.")
        self.assertEqual(self.vendor.requests[-1][1]["messages"], thread(21))

    def test_one_that_failed_is_not_asked_for_again_that_day(self):
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, answer("Fine."))]
        self._again(thread(21))
        (sent,) = self._ask(thread(21), summary=None)
        self.assertEqual(sent, thread(21))
        self.env.cr.execute("UPDATE ai_thread_summary SET create_date = '2020-01-01'")
        self.assertEqual(len(self._ask(thread(21))), 2)

    def _again(self, messages):
        self.service.send_message(
            messages, config=self.vendor_provider.id, environment={"agent_type": "chat"}
        )

    def test_an_apology_is_no_summary(self):
        self.agent.apology = "Sorry, try later."
        self.vendor.script = [(400, {"error": {"message": "no"}}), (200, answer("Fine."))]
        self._again(thread(21))
        self.assertEqual(self.vendor.requests[-1][1]["messages"], thread(21))
        self.assertFalse(self.env["ai.thread.summary"].sudo().search([("text", "!=", False)]))

    def test_an_estimate_asks_nobody(self):
        self.service.estimate_cost(
            thread(21), config=self.vendor_provider.id, environment={"agent_type": "chat"}
        )
        self.assertFalse(self.vendor.requests)

    def test_a_call_with_a_limit_of_its_own_pays_for_none(self):
        for limit in ({"max_budget_usd": 1.0}, {"max_latency_ms": 5_000}):
            (sent,) = self._ask(thread(21), summary=None, **limit)
            self.assertEqual(sent, thread(21))

    def test_the_same_key_gets_the_same_answer_though_less_was_sent(self):
        key = {"idempotency_key": "thread-1"}
        self._ask(thread(21), **key)
        first = self.result
        self._ask(thread(21), summary=None, **key)
        self.assertEqual(self.result["token_usage_id"], first["token_usage_id"])
        self.assertFalse(self.vendor.requests)

    def test_another_person_is_served_by_no_summary_of_his(self):
        self._ask(thread(21))
        self.service = self.service.with_user(self._new_user("thread-other"))
        self.assertEqual(len(self._ask(thread(21))), 2)

    def test_old_ones_are_deleted(self):
        self._ask(thread(21))
        summaries = self.env["ai.thread.summary"].sudo()
        self.assertEqual(summaries.search_count([]), 1)
        self.env.cr.execute("UPDATE ai_thread_summary SET create_date = '2020-01-01'")
        summaries._gc_summaries()
        self.assertFalse(summaries.search_count([]))

    def test_a_number_that_makes_no_sense_is_refused(self):
        for wrong in (-1, 3, 1_001):
            with self.assertRaises(ValidationError):
                self.agent.keep_messages = wrong
