from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestMessageTypes(AiCase):
    """Messages are recognised by the records of an agent's types and answered as they say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.strong = cls._new_provider("Strong", base_url=cls.vendor.url)
        cls.small = cls._new_provider("Small", base_url=cls.vendor.url)
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Coach",
                "code": "coach",
                "provider_id": cls.strong.id,
                "efficient_provider_id": cls.small.id,
                "message_set": "coaching",
                "first_strong_messages": 0,
            }
        )

    def _send(self, messages, **options):
        result = self.service.send_message(messages, None, {"agent_type": "coach"}, **options)
        return result, self._row(result)

    def test_both_sets_are_shipped_in_four_languages(self):
        types = self.env["ai.message.type"].search([("company_id", "=", False)])
        coaching = types.filtered(lambda t: t.collection == "coaching" and not t.is_none)
        self.assertEqual(
            coaching.mapped("code"),
            ["greeting", "check_in", "celebration", "goal_setting", "accountability",
             "pattern_analysis", "deep_coaching"],
        )  # fmt: skip
        business = types.filtered(lambda t: t.collection == "business" and not t.is_none)
        self.assertEqual(len(business), 10)
        for record in types:
            for kind in ("examples", "cues"):
                lines = record._lines(kind)
                self.assertTrue(all(lines.values()), f"{record.code}: {kind}")
        self.env["res.lang"]._activate_lang("de_DE")
        greeting = self.env.ref("ai_brain.message_type_coaching_greeting")
        self.assertEqual(greeting.with_context(lang="de_DE").name, "Begrüßung")
        self.assertEqual(greeting.name, "Greeting")

    def test_what_an_administrator_changed_stays_as_it_is(self):
        greeting = self.env.ref("ai_brain.message_type_coaching_greeting")
        greeting.examples_en = "Ahoy"
        count = self.env["ai.message.type"].search_count([])
        self.env["ai.message.type"]._load_shipped()
        self.assertEqual(greeting.examples_en, "Ahoy")
        self.assertEqual(self.env["ai.message.type"].search_count([]), count)

    def test_a_greeting_goes_to_the_efficient_provider_with_a_short_limit(self):
        result, row = self._send("Good morning!")
        self.assertEqual((row.message_type, row.choice_reason), ("greeting", "type"))
        self.assertEqual(row.provider_id, self.small)
        self.assertIn("Greeting", result["why"])
        self.assertIn("Small", result["why"])
        (_headers, body), *_more = self.vendor.requests
        self.assertEqual(body.get("max_completion_tokens", body.get("max_tokens")), 150)
        self.assertEqual(body["temperature"], 0.7)
        _result, row = self._send("Good morning!", mode="passthrough")
        self.assertEqual(row.choice_reason, "mode")

    def test_a_question_of_no_type_is_left_as_it_is(self):
        for text in ("My hard disk is full.", "I can't log in", "is it done?"):
            _result, row = self._send(text)
            self.assertFalse(row.message_type, text)
            self.assertEqual(row.provider_id, self.strong)

    def test_how_demanding_its_type_is_stands_above_how_the_words_look(self):
        greeting = self.env.ref("ai_brain.message_type_coaching_greeting")
        greeting.write({"provider": "router", "quality_required": False})
        price = {"input_usd": 0.1, "output_usd": 0.2, "valid_from": "2020-01-01"}
        rated = {"quality_score": 66, "quality_source": "test", "base_url": self.vendor.url}
        cheap = self._new_provider("Cheap", price, **rated)
        self.strong.write({"quality_score": 98, "quality_source": "test"})
        self.agent.write({"mode": "smart_router", "efficient_provider_id": cheap.id})
        for complexity, provider, least, most in (
            ("simple", cheap, 0, 0.3),
            ("moderate", None, 0.3, 0.7),
            ("complex", self.strong, 0.7, 1),
        ):
            greeting.complexity = complexity
            _result, row = self._send(f"Good morning! {complexity}")
            self.assertEqual(row.message_type, "greeting")
            self.assertTrue(least <= row.prompt_complexity < most, complexity)
            self.assertEqual(row.provider_id, provider or row.provider_id)

    def test_what_the_call_states_stands_above_its_type(self):
        self._send("Good morning!", max_tokens=40, temperature=0.1)
        (_headers, body), *_more = self.vendor.requests
        self.assertEqual(body["temperature"], 0.1)
        self.assertEqual(body.get("max_completion_tokens", body.get("max_tokens")), 40)

    def test_its_tools_and_its_context_are_what_the_type_needs(self):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": {}}}
        talk = [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "What is due?"},
            {"role": "assistant", "content": "Nothing."},
            {"role": "user", "content": "Good morning!"},
        ]
        self._send(talk, tools=[tool])
        self._send(talk, tools=[tool], tool_choice="required")
        (_headers, plain), (_headers, forced) = self.vendor.requests
        self.assertNotIn("tools", plain)
        self.assertEqual([m["content"] for m in plain["messages"]], ["Be kind.", "Good morning!"])
        self.assertEqual(len(forced["tools"]), 1)

    def test_what_vendors_refuse_without_tools_goes_with_them_and_called_ones_stay(self):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": {}}}
        options = {"tools": [tool], "tool_choice": "auto", "extra": {"parallel_tool_calls": False}}
        self._send("Good morning!", **options)
        (_headers, body) = self.vendor.requests[-1]
        self.assertFalse({"tools", "tool_choice", "parallel_tool_calls"} & set(body))
        call = {"id": "c1", "name": "look_up", "arguments": "{}"}
        talk = [
            {"role": "user", "content": "What is due?"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "Nothing."},
            {"role": "assistant", "content": "Nothing."},
            {"role": "user", "content": "Good morning!"},
        ]
        self.agent.message_type_ids.context = "all"
        self._send(talk, **options)
        (_headers, body) = self.vendor.requests[-1]
        self.assertEqual(len(body["tools"]), 1)

    def test_the_first_messages_go_to_the_agent_s_provider_all_the_same(self):
        self.agent.first_strong_messages = 1
        _result, row = self._send("How does the year look?")
        self.assertEqual(row.choice_reason, "first")
        _result, row = self._send("Good morning!")
        self.assertEqual(row.choice_reason, "type")

    def test_a_type_of_one_s_own_is_learned_from_its_lines(self):
        own = self.env["ai.message.type"].create(
            {
                "name": "Opening hours",
                "code": "hours",
                "examples_en": "When do you open?\nAre you open on Sunday?\nOpening hours please",
                "cues_en": "opening hours\nwhen … open/close\nopen … sunday/saturday/holidays",
                "provider": "named",
                "provider_id": self.small.id,
            }
        )
        self.agent.message_type_ids = own
        self.assertEqual(self.agent.message_set, "own")
        _result, row = self._send("when do you close on saturday?")
        self.assertEqual((row.message_type, row.provider_id), ("hours", self.small))

    def test_the_coaching_set_brings_its_first_messages(self):
        self.agent.message_set = "business"
        self.assertEqual(self.agent.first_strong_messages, 0)
        self.agent.message_set = "coaching"
        self.assertEqual(self.agent.first_strong_messages, 3)

    def test_what_is_set_beside_the_set_stays(self):
        self.assertEqual(self.agent.first_strong_messages, 0)
        with Form(self.env["ai.agent"]) as form:
            form.name, form.code, form.message_set = "Mails", "mails", "coaching"
            self.assertEqual(form.first_strong_messages, 3)
            form.first_strong_messages = 1
            form.message_type_ids.remove(index=0)
            left = form.message_type_ids.ids
        agent = form.record
        self.assertEqual((agent.message_type_ids.ids, agent.first_strong_messages), (left, 1))
        agent.write({"message_set": "business", "message_type_ids": []})
        self.assertEqual(agent.message_type_ids.ids, left)
        agent.message_set = "business"
        self.assertEqual(agent.first_strong_messages, 0)

    def test_bad_figures_are_refused_in_words(self):
        greeting = self.env.ref("ai_brain.message_type_coaching_greeting")
        for values in (
            {"temperature": 3},
            {"max_tokens": -1},
            {"context_turns": 101},
            {"provider": "named", "provider_id": False},
            {"cues_en": "\n".join(map(str, range(501)))},
        ):
            with self.assertRaises(ValidationError, msg=str(values)), self.env.cr.savepoint():
                greeting.write(values)

    def test_shipped_types_are_the_administrator_s_to_change(self):
        manager = self._new_user("type-manager", "base.group_user", "ai_brain.group_ai_manager")
        greeting = self.env.ref("ai_brain.message_type_coaching_greeting").with_user(manager)
        with self.assertRaises(AccessError):
            greeting.name = "Mine"
        own = greeting.copy({"company_id": self.company.id})
        self.assertEqual((own.code, own.collection), ("greeting_copy", "own"))
