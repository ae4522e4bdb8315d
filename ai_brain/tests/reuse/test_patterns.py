import itertools
import json
from datetime import datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ...exceptions import InvalidCallError
from ..common import AiCase


class PatternCase(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.patterns = cls.env["ai.answer.pattern"]
        cls.user = cls._new_user("pattern-user", name="Mia Blum", tz="Europe/Berlin")
        cls.hello = cls._pattern("Hello", triggers_en="hello", answers_en="Hello to you.")
        cls.agent = cls.env["ai.agent"].create(
            {
                "name": "Coach",
                "code": "coach",
                "provider_id": cls.vendor_provider.id,
                "pattern_ids": [(6, 0, cls.hello.ids)],
            }
        )

    @classmethod
    def _pattern(cls, name, **values):
        return cls.patterns.create({"name": name, **values})

    def _list(self, *patterns):
        self.agent.pattern_ids = [(6, 0, [pattern.id for pattern in patterns])]

    def _send(self, text="Hello", environment=None, user=None, **options):
        environment = {"agent_type": "coach", **(environment or {})}
        service = self.service.with_user(user or self.user)
        return service.send_message(text, None, environment, **options)


@tagged("post_install", "-at_install", "every_series")
class TestPatternAnswers(PatternCase):
    """A message that a pattern answers costs nothing, and nobody is asked."""

    def test_it_costs_nothing_and_saves_what_the_configured_provider_would_have_charged(self):
        result = self._send()
        row = self._row(result)
        self.assertEqual((result["content"], result["kind"]), ("Hello to you.", "pattern"))
        self.assertEqual((row.pattern_id, row.cost_usd), (self.hello, 0.0))
        self.assertEqual(self.vendor.requests, [])
        # $1 a million tokens of input and $2 of output, as far as they are counted
        expected = (row.input_tokens + 2 * row.output_tokens) / 1e6
        self.assertAlmostEqual(row.saved_usd, expected, 12)
        self.assertTrue(row.input_tokens and row.output_tokens)
        self.assertIn("Hello", result["why"])
        self.assertEqual((self.hello.recent_hits, self.hello.last_use), (1, row.local_date))
        self.assertAlmostEqual(self.hello.recent_saved_usd, expected, 12)

    def test_it_is_streamed_to_who_streams(self):
        service = self.service.with_user(self.user)
        pieces = [*service.stream_message("Hello", None, {"agent_type": "coach"})]
        self.assertEqual(pieces[0], {"type": "delta", "text": "Hello to you."})
        self.assertEqual(pieces[-1]["result"]["kind"], "pattern")

    def test_whoever_says_more_is_answered_by_the_model(self):
        for text in ("Hello, the server is down", "Hello?", "Hello :(", "Hell", "Hello\n\nworld"):
            self.assertEqual(self._send(text)["kind"], "api", text)

    def test_an_agent_that_lists_none_or_an_archived_one_asks_the_model(self):
        self.hello.active = False
        self.assertEqual(self._send()["kind"], "api")
        self.hello.active = True
        self.assertEqual(self._send()["kind"], "pattern")
        self._list()
        self.assertEqual(self._send()["kind"], "api")
        self.assertEqual(self._row(self._send()).pattern_key, 0)

    def test_what_an_answer_has_to_look_like_is_the_models_to_make(self):
        tool = {"type": "function", "function": {"name": "look_up", "parameters": {}}}
        schema = {"type": "object", "properties": {}}
        picture = [
            {"type": "text", "text": "Hello"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        ]
        self.assertEqual(self._send(tools=[tool])["kind"], "pattern")
        self.vendor.script += [(200, _json_answer())]
        self.assertEqual(self._send(response_schema=schema)["kind"], "api")
        for options in (
            {"tools": [tool], "tool_choice": "required"},
            {"extra": {"response_format": {"type": "json_object"}}},
        ):
            self.assertEqual(self._send(**options)["kind"], "api", options)
        self.assertEqual(self._send([{"role": "user", "content": picture}])["kind"], "api")

    def test_only_the_last_word_of_the_user_is_judged_and_only_if_it_stands_alone(self):
        def talk(*turns):
            return [{"role": role, "content": text} for role, text in turns]

        for messages, kind in (
            (talk(("system", "Be kind."), ("user", "Hello")), "pattern"),
            (talk(("user", "Hello"), ("assistant", "Hi!"), ("user", "Print it")), "api"),
            (talk(("user", "Print it"), ("assistant", "Done."), ("user", "Hello")), "pattern"),
            (talk(("user", "Print it"), ("assistant", "Which?"), ("user", "Hello")), "api"),
            (talk(("user", "The server is down"), ("user", "Hello")), "api"),
            (talk(("user", "Hello"), ("assistant", "Well,")), "api"),
        ):
            self.assertEqual(self._send(messages)["kind"], kind, messages)
        self.hello.after_question = True
        reply = talk(("user", "Print it"), ("assistant", "Which?"), ("user", "Hello"))
        self.assertEqual(self._send(reply)["kind"], "pattern")

    def test_a_result_of_a_tool_is_read_by_the_model(self):
        call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        messages = [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "4"},
        ]
        self.assertEqual(self._send(messages)["kind"], "api")

    def test_hours_and_weekdays_are_those_of_the_user(self):
        self.hello.write(
            {"limits_hours": True, "hour_from": 22, "hour_to": 5.5, "on_saturday": False}
        )
        for moment, kind in (
            (datetime(2026, 3, 6, 20, 30), "api"),  # Friday, 21:30 in Berlin
            (datetime(2026, 3, 6, 21, 0), "pattern"),  # 22:00
            (datetime(2026, 3, 6, 22, 59), "pattern"),
            (datetime(2026, 3, 6, 23, 0), "api"),  # Saturday
            (datetime(2026, 3, 8, 4, 29), "pattern"),  # Sunday, 5:29
            (datetime(2026, 3, 8, 4, 30), "api"),
        ):
            with freeze_time(moment):
                self.assertEqual(self._send()["kind"], kind, moment)

    def test_the_callers_variables_meet_its_conditions_or_it_does_not_answer(self):
        self.hello.write({"conditions": "streak >= 3 and tier = gold"})
        for variables, kind in (
            ({"streak": 3, "tier": "Gold"}, "pattern"),
            ({"streak": "4", "tier": "gold"}, "pattern"),
            ({"streak": 2, "tier": "gold"}, "api"),
            ({"streak": 5}, "api"),
            ({}, "api"),
        ):
            result = self._send(environment={"variables": variables})
            self.assertEqual(result["kind"], kind, variables)

    def test_variables_are_plain_and_bounded(self):
        for variables in (
            [],
            {"a b": 1},
            {"a": [1]},
            {"a": None},
            {"a": float("nan")},
            {"a": "x" * 501},
            {f"a{n}": n for n in range(51)},
            {"a": "\0"},
            {1: 1},
        ):
            with self.assertRaises(InvalidCallError, msg=variables):
                self._send(environment={"variables": variables})

    def test_the_first_of_several_answers(self):
        second = self._pattern("Second", triggers_en="hello", answers_en="Me.", sequence=5)
        self._list(self.hello, second)
        self.assertEqual(self._send()["content"], "Me.")
        second.sequence = 20
        self.assertEqual(self._send()["content"], "Hello to you.")

    def test_the_answer_is_in_the_language_of_the_trigger_the_users_own_first(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.hello.write(
            {
                "triggers_de": "hallo\nok",
                "answers_de": "Guten Tag.",
                "triggers_en": "hello\nok",
            }
        )
        german = self._new_user("pattern-german", lang="de_DE")
        self.assertEqual(self._send("Hallo!")["content"], "Guten Tag.")
        self.assertEqual(self._send("ok")["content"], "Hello to you.")
        service = self.service.with_user(german).with_context(lang="de_DE")
        answer = service.send_message("OK", None, {"agent_type": "coach"})
        self.assertEqual(answer["content"], "Guten Tag.")

    def test_no_answer_twice_running_in_a_session(self):
        self.hello.answers_en = "One.\nTwo.\nThree."
        said = [
            self._send(environment={"session_id": "morning"})["content"] for _number in range(12)
        ]
        self.assertTrue(all(one != other for one, other in itertools.pairwise(said)), said)
        before = {"role": "assistant", "content": "Two."}
        for _number in range(6):
            messages = [
                {"role": "user", "content": "Hi"},
                before,
                {"role": "user", "content": "Hello"},
            ]
            self.assertNotEqual(self._send(messages)["content"], "Two.")

    def test_a_key_gets_the_same_answer_again(self):
        self.hello.answers_en = "One.\nTwo.\nThree.\nFour."
        said = {self._send(idempotency_key="morning-1")["content"] for _number in range(6)}
        self.assertEqual(len(said), 1)

    def test_a_key_is_of_one_call_with_one_set_of_variables(self):
        keyed = {"idempotency_key": "streak-1"}
        self.hello.conditions = "streak >= 3"
        said = [self._send(environment={"variables": {"streak": 3}}, **keyed) for _n in range(2)]
        self.assertEqual(said[0]["token_usage_id"], said[1]["token_usage_id"])
        with self.assertRaisesRegex(InvalidCallError, "another request"):
            self._send(environment={"variables": {"streak": 1}}, **keyed)


@tagged("post_install", "-at_install", "every_series")
class TestPatternFields(PatternCase):
    """Fields of the user and the record in an answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Azure", "ref": "A-1"})
        cls.about = {"res_model": "res.partner", "res_id": cls.partner.id}

    def test_they_are_those_of_the_caller_and_of_the_record(self):
        self.hello.write(
            {
                "answers_en": "{user.name}: {record.name}, {record.ref}, {var.n}.",
                "model_id": self.env.ref("base.model_res_partner").id,
            }
        )
        result = self._send(environment={**self.about, "variables": {"n": 1234.5}})
        self.assertEqual(result["content"], "Mia Blum: Azure, A-1, 1,234.5.")

    def test_an_answer_with_a_hole_is_not_given(self):
        self.hello.write(
            {
                "answers_en": "About {record.ref}.",
                "model_id": self.env.ref("base.model_res_partner").id,
            }
        )
        self.partner.ref = False
        self.assertEqual(self._send(environment=self.about)["kind"], "api")
        self.assertEqual(self._send()["kind"], "api")
        self.hello.answers_en += "\nHello."
        self.assertEqual(self._send(environment=self.about)["content"], "Hello.")

    def test_nobody_is_told_what_he_may_not_read(self):
        self.hello.write(
            {
                "answers_en": "About {record.name}.",
                "model_id": self.env.ref("base.model_res_partner").id,
            }
        )
        self.assertEqual(self._send(environment=self.about)["kind"], "pattern")
        self.env["ir.rule"].create(
            {
                "name": "Not that one",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {self.partner.id})]",
            }
        )
        self.assertEqual(self._send(environment=self.about)["kind"], "api")
        service = self.service.with_user(self.user).sudo()  # sudo lets call, and not read
        answer = service.send_message("Hello", None, {"agent_type": "coach", **self.about})
        self.assertEqual(answer["kind"], "api")

    def test_what_cannot_stand_in_an_answer_is_refused_when_it_is_written(self):
        partner = self.env.ref("base.model_res_partner").id
        for answer in (
            "{user.password}",
            "{user.groups_id}",
            "{user.name.upper}",
            "{user}",
            "{name}",
            "{record.child_ids}",
            "{record.nothing}",
            "{record.bank_ids}",
            "{record._cr}",
            "{record.signup_token}",
            "{0}",
            "{user.name",
            "user.name}",
        ):
            with self.assertRaises(ValidationError, msg=answer):
                self.hello.write({"answers_en": answer, "model_id": partner})
        with self.assertRaisesRegex(ValidationError, "record model"):
            self.hello.write({"answers_en": "{record.name}", "model_id": False})


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestPatternRecords(PatternCase):
    """What a pattern may be, and who may say so."""

    def test_what_is_shipped_is_in_four_languages_and_used_by_nobody(self):
        shipped = self.patterns.search([("company_id", "=", False)])
        self.assertEqual(len(shipped), 7)
        self.assertFalse(shipped.agent_ids)
        for pattern in shipped:
            for kind in ("triggers", "answers"):
                self.assertEqual(set(pattern._lines(kind)), {"en", "de", "fr", "es"})
        self.env["res.lang"]._activate_lang("de_DE")
        thanks = self.env.ref("ai_brain.answer_pattern_thanks")
        self.assertEqual(thanks.with_context(lang="de_DE").name, "Dank")
        thanks.triggers_en = "cheers"
        self.patterns._load_shipped()
        self.assertEqual(thanks.triggers_en, "cheers")

    def test_the_plans_patterns_greet_by_the_hour_and_praise_a_streak(self):
        self._list(*self.patterns.search([("company_id", "=", False)]))
        for hour, start in (
            (5, "Good morning"),
            (12, "Good after"),
            (17, "Good eve"),
            (2, "Good e"),
        ):
            with freeze_time(datetime(2026, 6, 10, (hour - 2) % 24)):  # Berlin is two hours ahead
                self.assertTrue(self._send("hi there!")["content"].startswith(start), hour)
        done = self._send("done with my workout", {"variables": {"streak": 5}})
        self.assertIn("5", done["content"])
        self.assertEqual(
            self._send("done with my workout", {"variables": {"streak": 2}})["kind"], "api"
        )
        self.assertEqual(self._send("I'm struggling")["kind"], "pattern")
        for text in ("hard disk", "can't log in", "tired tyres", "is it done?", "two words"):
            self.assertEqual(self._send(text)["kind"], "api", text)

    def test_what_could_never_answer_is_refused(self):
        for values in (
            {"triggers_en": ""},
            {"answers_en": ""},
            {"triggers_de": "hallo"},
            {"triggers_en": "!!!"},
            {"triggers_en": " ".join("abcdefghijklmn")},
            {"triggers_en": "/".join("abcdefghij") + " " + "/".join("abcdefghij") * 9},
            {"triggers_en": "\n".join(map(str, range(501)))},
            {"most_words": 0},
            {"most_words": 51},
            {"limits_hours": True, "hour_from": 5, "hour_to": 5},
            {"hour_to": 25},
            {"conditions": "streak >= "},
            {"conditions": "__import__('os')"},
            {"conditions": "a = 1 or b = 2"},
            {f"on_{day}": False for day in ("monday", "tuesday", "wednesday", "thursday",
                                            "friday", "saturday", "sunday")},
        ):  # fmt: skip
            with self.assertRaises(ValidationError, msg=values):
                self.hello.write(values)

    def test_signs_of_regular_expressions_mean_themselves(self):
        self.hello.triggers_en = "(a+)+$\n.*"[:6]
        self.assertEqual(self._send("a" * 200)["kind"], "api")

    def test_managers_manage_their_companys_and_nobody_else_does(self):
        manager = self._new_user("pattern-manager", "ai_brain.group_ai_manager")
        other = self.env["res.company"].create({"name": "Other"})
        of_other = self._pattern("Theirs", triggers_en="x", answers_en="y", company_id=other.id)
        own = self.hello.with_user(manager)
        own.name = "Hello!"
        shared = self.env.ref("ai_brain.answer_pattern_thanks").with_user(manager)
        self.assertTrue(shared.name)
        for refused in (
            lambda: shared.write({"name": "x"}),
            lambda: of_other.with_user(manager).read(["name"]),
            lambda: own.write({"company_id": False}),
            lambda: self.hello.with_user(self.user).write({"name": "x"}),
            lambda: self.patterns.with_user(self.user).create({"name": "x"}),
        ):
            with self.assertRaises(AccessError):
                refused()
        with self.assertRaises(ValidationError):
            of_other.agent_ids = self.agent
        self.assertTrue(self.hello.with_user(self.user).name)

    def test_a_deleted_pattern_leaves_its_rows(self):
        row = self._row(self._send())
        self.hello.unlink()
        row.invalidate_recordset()
        self.assertTrue(row.pattern_key)
        self.assertFalse(row.pattern_id)

    def test_a_call_without_patterns_asks_the_database_nothing_more(self):
        self._list()
        facts = self.agents_facts()
        step = self.env["ai.step.pattern"].with_user(self.user)
        call = self.service.with_user(self.user)._check("Hello", None, {"agent_type": "coach"})
        call.memory["ai.step.agent"] = facts
        step._answer(call)
        with self.assertQueryCount(0):
            self.assertIsNone(step._answer(call))

    def agents_facts(self):
        return self.env["ai.agent"].with_user(self.user)._of_call("coach", self.company.id)


def _json_answer():
    content = {"role": "assistant", "content": json.dumps({})}
    choice = {"index": 0, "finish_reason": "stop", "message": content}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "1", "model": "test-model", "choices": [choice], "usage": usage}
