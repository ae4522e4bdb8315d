"""How much, how many and how often a key may ask."""

import threading
import time
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import config

from ...engine.gateway import guesses
from ...models.call.send import ENDS
from ...models.gateway import ai_gateway
from ...providers import errors
from ..common import answering, new_provider
from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestKeyLimits(EndpointCase):
    def error(self, response, status):
        self.assertEqual(response.status_code, status, response.text)
        return response.json()["error"]

    def test_a_budget_says_which_how_much_and_until_when(self):
        self.key.write({"day_usd": 0.00001, "name": "Small"})
        with answering(self.env, "Hello."):
            response = self.post()
        found = self.error(response, 402)
        self.assertEqual(found["type"], "insufficient_quota")
        self.assertEqual(found["code"], "budget_exceeded")
        self.assertEqual(found["budget"], "Endpoint key “Small”")
        self.assertEqual((found["spent_usd"], found["limit_usd"]), (0, 0.00001))
        self.assertIn("T", found["resets_at"])
        self.assertIn("Small", found["message"])
        self.assertEqual(response.headers["x-should-retry"], "false")
        self.key.write({"day_usd": 0, "total_usd": 0.00001})
        with answering(self.env, "Hello."):
            found = self.error(self.post("messages"), 402)
        self.assertIsNone(found["resets_at"])
        self.assertFalse(self.rows())

    def test_its_budget_counts_its_calls_alone(self):
        other = self.new_key(name="Other")
        secret = other._issue__key()
        self.key.total_usd = 1
        budget = self.key.budget_ids
        with answering(self.env, *["Hello."] * 3):
            self.post()
            self.post()
            self.post(secret=secret)
        mine = self.rows().filtered(lambda row: row.gateway_key == self.key.id)
        self.assertEqual(len(mine), 2)
        budget.invalidate_recordset()
        self.assertAlmostEqual(budget.current_spend, sum(mine.mapped("cost_usd")), 12)
        self.assertEqual(budget.reserved_amount, 0)
        self.assertAlmostEqual(self.key.spent_usd, budget.current_spend, 12)
        self.assertEqual(self.env["ai.cost.budget.period"]._reconcile(fix=False)["differing"], [])

    def test_summaries_of_a_conversation_are_its_own_too(self):
        self.env["ai.agent"].create({"name": "Chat", "code": "chat", "keep_messages": 20})
        self.key.provider_ids = self.provider
        self.provider.fallback_provider_id = new_provider(self.env, "Another")
        talk = "That sounds fine to me and I have nothing to add to what was said of rain. " * 4
        messages = [{"role": ("user", "assistant")[n % 2], "content": talk} for n in range(41)]
        failed = errors.ServerError("No.", status=500)
        with answering(self.env, failed, "Fine."):
            self.assertEqual(self.post(model="agent:chat", messages=messages).status_code, 200)
        rows = self.rows()
        self.assertEqual(rows.mapped("kind"), ["summary", "api"])
        self.assertEqual(rows.mapped("gateway_key"), [self.key.id] * 2)
        self.assertEqual(rows.provider_id, self.provider, "the fallback is not the key's")

    def test_a_narrower_budget_of_a_key_is_not_taken_for_its_own(self):
        self.key.day_usd = 5
        own = self.key.budget_ids
        for narrower in (
            {"module": "sale"},
            {"agent_type": "chat"},
            {"provider_id": self.provider.id},
            {"task_type": "chat"},
            {"user_id": self.user.id},
        ):
            values = {"name": "Narrower", "budget_amount": 1, "key_id": self.key.id, "active": True}
            own.copy({**values, **narrower})
        own.unlink()
        self.key.invalidate_recordset()
        self.assertEqual(self.key.day_usd, 0)
        self.key.day_usd = 7
        self.assertEqual(len(self.key.budget_ids), 6)
        self.assertEqual(sorted(self.key.budget_ids.mapped("budget_amount")), [1] * 5 + [7])

    def test_a_budget_made_later_counts_what_was_spent(self):
        with answering(self.env, "Hello."):
            self.post()
        self.key.total_usd = self.rows().cost_usd / 2
        with answering(self.env, "Hello."):
            self.error(self.post(), 402)

    def test_requests_of_a_minute(self):
        self.key.per_minute = 2
        with answering(self.env, *["Hello."] * 3):
            codes = [self.post().status_code for _ in range(2)]
            response = self.post()
        self.assertEqual(codes, [200, 200])
        self.assertEqual(self.error(response, 429)["code"], "requests_per_minute")
        self.assertTrue(1 <= int(response.headers["Retry-After"]) <= 60)
        self.assertEqual(self.get("models").status_code, 429, "a list is a request, too")

    def test_a_request_of_the_minute_before_takes_no_count_back(self):
        count = self.env["ai.gateway.key"]._count_request
        facts = _Facts(self.key.id, 1)
        self.assertEqual(count(facts), 0)
        self.env.cr.execute(
            "UPDATE ai_gateway_minute SET minute = minute + interval '1 minute' WHERE key_id = %s"
            " RETURNING minute",
            (self.key.id,),
        )
        (minute,) = self.env.cr.fetchone()
        self.assertEqual(count(facts), 0)
        self.assertGreater(count(facts), 0)
        found = self.env["ai.gateway.minute"].search([("key_id", "=", self.key.id)])
        self.assertEqual((found.minute, found.requests), (minute, 2))

    def test_calls_at_once(self):
        self.key.at_once = 1
        facts = self.env["ai.gateway.key"]._claim_place
        place = facts(_Facts(self.key.id, 1), 60)
        self.assertTrue(place)
        with answering(self.env, "Hello.", "Hello."):
            response = self.post()
            self.assertEqual(self.error(response, 429)["code"], "calls_at_once")
            self.assertEqual(response.headers["Retry-After"], "1")
            place.free()
            self.assertEqual(self.post().status_code, 200)
            self.assertEqual(self.post(stream=True).status_code, 200)
        self.assertFalse(self.env["ai.gateway.slot"].search([]), "each gave its place back")

    def test_a_call_with_a_schema_may_take_twice_as_long(self):
        schema = {"type": "object", "properties": {}, "additionalProperties": False}
        check, gateway = self.env["ai.service"]._check, self.env["ai.gateway"]
        once = gateway._longest_s(check("Hi", self.provider))
        self.assertGreater(once, 0)
        twice = check("Hi", self.provider, {}, {"response_schema": schema})
        self.assertEqual(gateway._longest_s(twice), once * 2)

    def test_what_is_refused_gives_its_place_back(self):
        self.key.write({"at_once": 1, "day_usd": 0.00001})
        with answering(self.env, "Hello."):
            for stream in (False, True, False):
                self.error(self.post(stream=stream), 402)
        self.assertFalse(self.env["ai.gateway.slot"].search([]))

    def test_a_stream_has_the_time_of_its_request(self):
        ends = []

        def reply(_request):
            ends.append(getattr(threading.current_thread(), ENDS, None))
            return "Hello."

        limits = patch.dict(config.options, {"limit_time_real": 100})
        with limits, answering(self.env, reply):
            self.assertEqual(self.post(stream=True).status_code, 200)
            with patch("odoo.evented", True):
                messages = [{"role": "user", "content": "Over gevent"}]
                self.post(stream=True, messages=messages)
        self.assertAlmostEqual(ends[0] - time.monotonic(), 80, delta=20)
        self.assertIsNone(ends[1], "gevent has no such limit")

    def test_guesses_are_slowed_and_a_right_key_is_not(self):
        counted = guesses.Guesses(free=3)
        with patch.object(ai_gateway, "_guesses", counted), answering(self.env, "Hello."):
            codes = [self.post(secret="sam_" + "x" * 43).status_code for _ in range(5)]
            self.assertEqual(codes, [401, 401, 401, 429, 429])
            last = self.post(secret="nonsense")
            self.assertEqual(last.status_code, 429)
            self.assertTrue(int(last.headers["Retry-After"]) > 0)
            self.assertEqual(self.post().status_code, 200, "behind the same proxy")

    def test_every_wrong_key_takes_one_look(self):
        """By counts, as times on a busy machine say nothing: what is looked up does not depend on
        how much of a guess is right."""
        looks = []
        right = ai_gateway.key_secret.find

        def counting(cr, digest):
            looks.append(digest)
            return right(cr, digest)

        near = self.secret[:-1] + ("A" if self.secret[-1] != "A" else "B")
        with patch.object(ai_gateway.key_secret, "find", counting):
            for secret in (near, "sam_" + "x" * 43):
                self.assertEqual(self.post(secret=secret).status_code, 401)
        self.assertEqual(len(looks), 2)
        self.assertFalse(any(near in look or self.secret in look for look in looks))


class _Facts:
    def __init__(self, key_id, at_once):
        self.id, self.at_once, self.per_minute = key_id, at_once, 2
