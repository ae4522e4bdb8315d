from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common import AiCase, answer, new_provider

RULES = "You answer for the shop and never promise a date. " * 120  # about 1,300 tokens


def claude_answer(**usage):
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5",
        "content": [{"type": "text", "text": "Yes."}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 30, "output_tokens": 5, **usage},
    }


@tagged("post_install", "-at_install", "every_series")
class TestVendorCache(AiCase):
    """Marks for the vendor's prompt cache, only where an agent's policy wants them and they pay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.claude = new_provider(
            cls.env,
            "Claude",
            {
                "input_usd": 3.0,
                "output_usd": 15.0,
                "cache_read_usd": 0.3,
                "cache_write_usd": 3.75,
                "cache_write_1h_usd": 6.0,
                "cache_read_priced": True,
                "cache_write_priced": True,
                "cache_write_1h_priced": True,
                "valid_from": "2020-01-01",
            },
            api_format="anthropic",
            model_name="claude-sonnet-4-5",
            base_url=cls.vendor_provider.base_url,
        )
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Shop", "code": "shop", "vendor_cache": True}
        )

    def _ask(self, at=0, system=RULES, tools=None, agent="shop", config=None, **more):
        """Ask ``at`` seconds after the first call; return the request that left."""
        self.vendor.script = [(200, more.pop("said", None) or claude_answer())]
        session = {"session_id": more.pop("session")} if "session" in more else {}
        moment = self.start + timedelta(seconds=at)
        with patch.object(fields.Datetime, "now", lambda *_args: moment):
            self.result = self.service.send_message(
                [{"role": "system", "content": system}, {"role": "user", "content": "Open today?"}],
                config=config or self.claude,
                environment={"agent_type": agent, **session},
                tools=tools,
                **more,
            )
        return self.vendor.requests[-1][1]

    def setUp(self):
        super().setUp()
        self.start = fields.Datetime.now() - timedelta(days=1)

    def _mark_of(self, body):
        system = body["system"]
        return system[-1].get("cache_control") if isinstance(system, list) else None

    def test_a_beginning_that_is_sent_once_gets_no_mark(self):
        self.assertIsNone(self._mark_of(self._ask()))
        self.assertFalse(self._row(self.result).prefix_mark)
        self.assertTrue(self._row(self.result).prefix_key)

    def test_every_minute_gets_a_mark_and_keeps_it(self):
        bodies = [self._ask(at=60 * n) for n in range(6)]
        self.assertIsNone(self._mark_of(bodies[0]))
        self.assertEqual(self._mark_of(bodies[-1]), {"type": "ephemeral"})
        self.assertEqual(bodies[-1]["system"][0]["text"], RULES)
        self.assertEqual(self._row(self.result).prefix_mark, "5m")

    def test_every_ten_minutes_gets_an_hour(self):
        bodies = [self._ask(at=600 * n) for n in range(8)]
        self.assertEqual(self._mark_of(bodies[-1]), {"type": "ephemeral", "ttl": "1h"})

    def test_once_a_day_gets_none(self):
        bodies = [self._ask(at=-86400 * n) for n in range(6, 0, -1)]
        self.assertFalse([body for body in bodies if self._mark_of(body)])

    def test_what_lies_in_the_cache_is_read_with_its_mark(self):
        for n in range(4):
            self._ask(at=60 * n, said=claude_answer(cache_creation_input_tokens=1300))
        body = self._ask(at=240, said=claude_answer(cache_read_input_tokens=1300))
        self.assertEqual(self._mark_of(body), {"type": "ephemeral"})
        row = self._row(self.result)
        self.assertEqual(row.cache_read_tokens, 1300)
        # 30 x 3 + 1,300 x .3 + 5 x 15 a million
        self.assertAlmostEqual(row.cost_usd, 0.000555, 9)

    def test_off_means_what_the_caller_gave(self):
        self.agent.vendor_cache = False
        tools = [self._tool("b"), self._tool("a")]
        for n in range(5):
            body = self._ask(at=60 * n, tools=tools)
        self.assertEqual(body["system"], RULES)
        self.assertEqual([tool["name"] for tool in body["tools"]], ["b", "a"])

    def test_tools_come_in_one_order(self):
        first = self._ask(tools=[self._tool("b"), self._tool("a")])
        second = self._ask(at=60, tools=[self._tool("a"), self._tool("b")])
        self.assertEqual(first["tools"], second["tools"])

    def test_marks_of_the_caller_win(self):
        own = [{"type": "text", "text": RULES, "cache_control": {"type": "ephemeral"}}]
        for n in range(5):
            body = self._ask(at=600 * n, system=own)
        self.assertEqual(body["system"], own)

    # -- the growing tail of a conversation ------------------------------------------------------

    def _talk(self, turns, gap_s=60, session="talk-1", last=None, **more):
        """Have a conversation of so many turns; return its last request."""
        messages = [{"role": "system", "content": "Be brief."}]
        for turn in range(turns):
            said = f"Question {turn}: " + "please look at it once more. " * 150
            last_one = turn == turns - 1
            messages.append({"role": "user", "content": (last_one and last) or said})
            self.vendor.script = [(200, claude_answer())]
            moment = self.start + timedelta(seconds=gap_s * turn)
            tags = {"agent_type": "shop", **({"session_id": session} if session else {})}
            with patch.object(fields.Datetime, "now", lambda *_args, at=moment: at):
                self.result = self.service.send_message(
                    messages, config=self.claude, environment=tags, **more
                )
            messages.append({"role": "assistant", "content": "Yes."})
        return self.vendor.requests[-1][1]

    def _tails(self, body):
        """Return the numbers of the messages that bear a mark."""
        return [
            number
            for number, message in enumerate(body["messages"])
            if "cache_control" in str(message["content"])
        ]

    def test_a_conversation_that_goes_on_has_its_last_message_marked(self):
        body = self._talk(6)
        self.assertEqual(self._tails(body), [len(body["messages"]) - 1])
        self.assertEqual(
            body["messages"][-1]["content"][-1]["cache_control"], {"type": "ephemeral"}
        )
        # a system prompt of two words is no beginning of its own
        self.assertEqual(body["system"], "Be brief.")

    def test_the_first_question_has_no_tail(self):
        self.assertFalse(self._tails(self._talk(1)))

    def test_a_slow_conversation_has_none(self):
        self.assertFalse(self._tails(self._talk(6, gap_s=1200)))

    def test_nor_one_that_nobody_can_tell_from_others(self):
        self.assertFalse(self._tails(self._talk(6, session=None)))

    def test_nor_with_the_switch_off_or_marks_of_the_callers_own(self):
        own = [{"type": "text", "text": "Now.", "cache_control": {"type": "ephemeral"}}]
        body = self._talk(6, last=own)
        self.assertEqual(body["messages"][-1]["content"], own)
        self.agent.vendor_cache = False
        self.assertFalse(self._tails(self._talk(6, session="talk-3")))

    def test_a_tail_that_the_next_turn_read_is_not_wasted(self):
        for at, said in (
            (0, claude_answer(cache_creation_input_tokens=3000)),
            (60, claude_answer(cache_read_input_tokens=3000, cache_creation_input_tokens=500)),
        ):
            self._ask(at=at, system="Be brief.", said=said, session="talk-9")
        found = self.env["ai.token.analytics"].get_prompt_cache()["by_agent"]["shop"]
        # of the two writes the last alone was read by nobody
        self.assertAlmostEqual(found["wasted_usd"], 500 * 0.75 / 1e6, 9)

    def test_other_formats_get_no_mark(self):
        for n in range(5):
            body = self._ask(at=60 * n, config=self.vendor_provider, said=answer("Yes."))
        self.assertEqual(body["messages"][0], {"role": "system", "content": RULES})
        self.assertNotIn("prompt_cache_key", body)  # it is not OpenAI's own address
        self.assertFalse(self._row(self.result).prefix_mark)

    def test_an_hour_is_held_at_what_an_hour_costs(self):
        for n in range(8):
            self._ask(at=600 * n, said=claude_answer(cache_creation_input_tokens=1300))
        self.assertEqual(self._row(self.result).prefix_mark, "1h")

    def test_a_date_in_front_is_found_with_its_place_and_the_money(self):
        self.vendor_provider.price_ids[:1].write({"cache_read_usd": 0.1, "cache_read_priced": True})
        said = answer("Yes.", prompt_tokens=1500)
        for day in (5, 6):
            self._ask(
                at=60 * day,
                system=f"Today is 2026-03-0{day}. {RULES}",
                config=self.vendor_provider,
                said=said,
            )
        found = self.result["waste_report"]["findings"]
        (finding,) = [one for one in found if one["type"] == "broken_prefix"]
        self.assertIn("character", finding["description"])
        self.assertIn("2026-03-06", finding["description"])
        # nine tenths of what the tokens behind it cost
        self.assertTrue(0.8 < finding["cost_wasted"] / (1500 * 1.0 / 1e6) < 0.9)

    def test_what_is_not_kept_is_not_quoted(self):
        self.company.ai_text_policy = "none"
        self.vendor_provider.price_ids[:1].write({"cache_read_usd": 0.1, "cache_read_priced": True})
        for day in (5, 6):
            self._ask(
                at=60 * day,
                system=f"Today is 2026-03-0{day}. {RULES}",
                config=self.vendor_provider,
                said=answer("Yes.", prompt_tokens=1500),
            )
        (finding,) = self.result["waste_report"]["findings"]
        self.assertNotIn("2026", finding["description"])

    def test_what_it_saved_and_wasted_by_provider_and_agent(self):
        for n in range(4):
            self._ask(at=60 * n, said=claude_answer(cache_creation_input_tokens=1300))
        self._ask(at=240, said=claude_answer(cache_read_input_tokens=1300))
        self._ask(at=90_000, said=claude_answer(cache_creation_input_tokens=1000))
        found = self.env["ai.token.analytics"].get_prompt_cache()
        mine = found["by_provider"][self.claude.id]
        self.assertEqual(mine, found["by_agent"]["shop"])
        self.assertEqual((mine["read_tokens"], mine["written_tokens"]), (1300, 6200))
        # reads 2.70 less a million, writes .75 more; the last write was read by nobody
        self.assertAlmostEqual(mine["saved_usd"], (1300 * 2.7 - 6200 * 0.75) / 1e6, 9)
        self.assertAlmostEqual(mine["wasted_usd"], 1000 * 0.75 / 1e6, 9)
        stranger = self._new_user("cache-stranger")
        analytics = self.env["ai.token.analytics"].with_user(stranger)
        self.assertEqual(analytics.get_prompt_cache(), {"by_provider": {}, "by_agent": {}})
        with self.assertRaises(UserError):
            analytics.get_prompt_cache(0)

    def _tool(self, name):
        return {
            "type": "function",
            "function": {"name": name, "description": name, "parameters": {"type": "object"}},
        }
