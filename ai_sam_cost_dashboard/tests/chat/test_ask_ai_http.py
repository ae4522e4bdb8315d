import json
import threading
import time
from contextlib import suppress
from unittest.mock import patch

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import config, mute_logger

from odoo.addons.ai_brain.tests.common import answering, new_provider

from ...controllers.ask_ai import Answer


@tagged("post_install", "-at_install", "every_series")
class TestAskAiHttp(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = new_provider(cls.env, "Sandbox", api_format="sandbox")
        cls.user = new_test_user(cls.env, "http_chat", "base.group_user")
        cls.chat = (
            cls.env["ai.conversation"]
            .with_user(cls.user)
            .create({"name": "New", "provider_id": cls.provider.id})
        )

    def post(self, text="What is a token?", chat=None, token=True, **more):
        data = {"conversation_id": (chat or self.chat).id, "text": text, "history": "[]", **more}
        if token:
            data["csrf_token"] = self.csrf_token()
        return self.url_open("/ai_costs/ask", data=data, allow_redirects=False)

    def csrf_token(self):
        from odoo.http import Request

        return Request.csrf_token(_Session(self.session, self.env))

    def events(self, response):
        return [
            json.loads(line[5:]) for line in response.text.split("\n") if line.startswith("data:")
        ]

    def test_an_answer_arrives_as_events(self):
        self.authenticate(self.user.login, self.user.login)
        response = self.post()
        self.assertEqual(response.status_code, 200)
        self.assertEqual(
            response.headers["Content-Type"].replace(" ", ""), "text/event-stream;charset=utf-8"
        )
        self.assertIn("no-cache", response.headers["Cache-Control"])
        events = self.events(response)
        self.assertEqual(events[0]["type"], "start")
        self.assertGreater(len([e for e in events if e["type"] == "delta"]), 2)
        answer = events[-1]["answer"]
        self.assertEqual(answer["state"], "done")
        self.assertIn("<p>", answer["html"])
        row = self.env["ai.token.usage"].browse(answer["token_usage_id"])
        self.assertEqual(row.user_id, self.user)
        self.assertEqual(row.cost_usd, answer["cost_usd"])

    def test_a_test_answers_what_the_server_asks(self):
        self.provider.write({"api_format": "openai", "base_url": "http://127.0.0.1:9/v1"})
        self.authenticate(self.user.login, self.user.login)
        with answering(self.env, "A piece of a word.") as asked:
            answer = self.events(self.post())[-1]["answer"]
        self.assertEqual(answer["content"], "A piece of a word.")
        self.assertEqual(asked.texts, ["What is a token?"])
        row = self.env["ai.token.usage"].browse(answer["token_usage_id"])
        self.assertEqual((row.user_id, row.provider_id), (self.user, self.provider))
        self.assertGreater(row.cost_usd, 0)

    def test_an_answer_has_the_time_of_its_request(self):
        self.provider.write({"api_format": "openai", "base_url": "http://127.0.0.1:9/v1"})
        self.authenticate(self.user.login, self.user.login)
        ends = []

        def reply(_request):
            ends.append(getattr(threading.current_thread(), "ai_brain_ends", None))
            return "Hello."

        limits = patch.dict(config.options, {"limit_time_real": 100})
        with limits, answering(self.env, reply):
            self.post()
        self.assertAlmostEqual(ends[0] - time.monotonic(), 80, delta=20)

    def test_without_the_token_nothing_is_asked(self):
        self.authenticate(self.user.login, self.user.login)
        with mute_logger("odoo.http"):
            response = self.post(token=False)
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.chat.message_ids)

    def test_a_conversation_of_somebody_else_is_not_there(self):
        other = new_test_user(self.env, "http_other", "base.group_user")
        self.authenticate(other.login, other.login)
        with mute_logger("odoo.http"):
            response = self.post()
        self.assertGreaterEqual(response.status_code, 400)
        self.assertFalse(self.chat.message_ids)

    def test_portal_and_public_cannot_ask(self):
        portal = new_test_user(self.env, "http_portal", "base.group_portal")
        self.authenticate(portal.login, portal.login)
        with mute_logger("odoo.http"):
            self.assertGreaterEqual(self.post().status_code, 400)
        self.authenticate(None, None)
        self.assertIn(self.post(token=False).status_code, (303, 400))
        self.assertFalse(self.chat.message_ids)

    def test_an_empty_question_is_answered_with_an_error_event(self):
        self.authenticate(self.user.login, self.user.login)
        events = self.events(self.post("  "))
        self.assertEqual(events, [{"type": "error", "message": "Write a question first."}])

    def test_what_cannot_be_asked_is_refused_in_words_and_takes_no_place(self):
        self.authenticate(self.user.login, self.user.login)
        gone = "This conversation was deleted. Begin a new one."
        listed = "A history is a list of messages."
        for words, data in (
            *(
                (listed, {"history": it})
                for it in ("", "[", "null", '{"role": "user"}', "[" * 99999)
            ),
            *((gone, {"conversation_id": it}) for it in ("", "x", "1.5", "-1", "0", "9" * 30, "٣")),
            (gone, {"conversation_id": self.chat.id + 1000}),
        ):
            with self.subTest(data={name: str(value)[:20] for name, value in data.items()}):
                response = self.post(**data)
                self.assertEqual((response.status_code, response.json()["message"]), (400, words))
        data = {"text": "Hi", "csrf_token": self.csrf_token()}
        response = self.url_open("/ai_costs/ask", data=data)
        self.assertEqual((response.status_code, response.json()["message"]), (400, gone))
        self.assertFalse(self.chat.message_ids)
        self.assertEqual(self.places(), 0)

    def places(self):
        return self.env["ai.conversation.slot"].sudo().search_count([])

    def test_a_place_is_given_back_where_nobody_ever_reads(self):
        env = self.env(user=self.user)
        slot = self.chat.with_env(env)._claim_slot()
        answer = Answer(env, self.chat.id, "Hi", [], slot)
        self.assertEqual(self.places(), 1)
        answer.close()
        self.assertEqual(self.places(), 0)
        self.assertFalse(self.chat.message_ids)

    def test_a_place_is_given_back_where_no_thread_can_be_started(self):
        env = self.env(user=self.user)
        answer = Answer(env, self.chat.id, "Hi", [], self.chat.with_env(env)._claim_slot())
        with patch.object(threading.Thread, "start", side_effect=RuntimeError("no thread")):
            with suppress(RuntimeError):  # assertRaises would undo what was done on the way
                next(answer)
                self.fail("the error is not passed on")
        self.assertEqual(self.places(), 0)

    def test_a_failing_provider_is_said_in_the_answer(self):
        self.provider.sudo().write({"api_format": "openai", "base_url": "http://127.0.0.1:9/v1"})
        self.authenticate(self.user.login, self.user.login)
        with mute_logger("odoo.addons.ai_brain.providers.http"):
            answer = self.events(self.post())[-1]["answer"]
        self.assertEqual(answer["state"], "failed")
        self.assertIn("Sandbox", answer["error"])


class _Session:
    """As much of a request as the token is made of."""

    def __init__(self, session, env):
        self.session, self.env = session, env
        self.db = env.cr.dbname
