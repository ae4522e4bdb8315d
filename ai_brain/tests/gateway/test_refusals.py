"""What is refused, with the status and the words that a vendor's client goes by."""

import json

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...engine.gateway import body
from ...models.base.own_cursor import NoConnection
from ...models.gateway import refused
from ...providers import errors
from ..common import answering
from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestRefusals(EndpointCase):
    def refused(self, response, status, code=None, param=None):
        self.assertEqual(response.status_code, status, response.text)
        found = response.json()["error"]
        if code:
            self.assertEqual(found["code"], code)
        if param:
            self.assertEqual(found["param"], param)
        self.assertFalse(self.rows().filtered(lambda row: row.state == "done"))
        return found

    def test_what_is_no_json(self):
        for data in (
            b" ",
            b"{",
            b"[]",
            b'"x"',
            b"\xff",
            b'{"a": NaN}',
            b'{"a": 1e999}x',
            b'{"a": [-1e999]}',
            b"1" * 9999,
        ):
            with self.subTest(data[:20]):
                self.refused(self.post(body=data), 400, "invalid_json")

    def test_what_is_no_unicode(self):
        ask = b'{"messages": [{"role": "user", "content": "Hi"}], %s}'
        half = b"\\ud800"
        self.refused(self.post(body=ask % b'"model": "%s"' % half), 400, "invalid_text", "model")
        more = b'"model": "m", "x%s": 1' % half
        self.refused(self.post(body=ask % more), 400, "invalid_text")
        settle = "odoo.addons.ai_brain.models.call.settle"
        with answering(self.env, "Half \ud83d"), mute_logger("odoo.sql_db", settle):
            response = self.post()
        self.assertEqual(response.status_code, 200, "it is paid, so it is told")
        self.assertIn("Half ?", response.text)
        self.assertEqual(self.get("models/%ED%A0%80").json()["error"]["code"], "model_not_found")

    def test_what_is_too_large_or_too_deep_is_named(self):
        self.refused(self.post(body=b" " * (body.MOST_BYTES + 1)), 413, "body_too_large", "body")
        text = "x" * 4_100_000
        found = self.refused(self.post(messages=[{"role": "user", "content": text}]), 400)
        self.assertIn("4,1", found["message"])
        deep = {"a": []}
        for _ in range(80):
            deep = {"a": deep}
        tools = [{"type": "function", "function": {"name": "f", "parameters": deep}}]
        self.refused(self.post(tools=tools), 400, "too_deep", "tools")
        data = b'{"messages": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"
        self.refused(self.post(body=data), 400)
        messages = [{"role": "user", "content": [{"type": "text", "text": "Hello"}] * 3}] * 9
        with answering(self.env, "Hello."):
            self.assertEqual(self.post(messages=messages).status_code, 200)

    def test_what_is_asked_wrongly_is_named(self):
        for field, value in (
            ("messages", []),
            ("messages", "Hello"),
            ("max_tokens", 0),
            ("max_tokens", True),
            ("temperature", 3),
            ("temperature", "hot"),
            ("tools", [{"type": "function"}]),
            ("stream", "yes"),
            ("model", ""),
            ("model", 7),
            ("model", None),
            ("n", 2),
        ):
            with self.subTest(field, value=value):
                found = self.refused(self.post(**{field: value}), 400)
                self.assertTrue(str(found["param"]).startswith(field), found)

    def test_tags_that_are_none(self):
        for headers in (
            {"x-sam-res-id": "-1", "x-sam-res-model": "res.partner"},
            {"x-sam-res-id": "9" * 30, "x-sam-res-model": "res.partner"},
            {"x-sam-res-id": "1"},
            {"x-sam-module": "m" * 200},
        ):
            with self.subTest(headers):
                self.refused(self.post(headers=headers), 400)
        for metadata in (
            {"module": ["x"]},
            {"res_id": True, "res_model": "m"},
            "x",
            {"module": {}},
        ):
            with self.subTest(metadata), answering(self.env, "Hello."):
                self.assertIn(self.post(metadata=metadata).status_code, (400, 200))

    def test_what_the_vendor_does_is_told_as_his(self):
        for error, status, code in (
            (errors.AuthenticationFailed("No.", status=401), 502, "provider_key_refused"),
            (errors.RateLimited("Busy.", status=429, retry_after=7), 429, "provider_rate_limited"),
            (errors.InvalidRequest("Bad.", status=400), 400, "provider_refused"),
            (errors.InvalidRequest("Gone.", status=404), 502, "provider_refused"),
            (errors.ServerError("Broken.", status=500), 502, "provider_failed"),
            (errors.AnswerTimeout("Late."), 504, "outcome_unknown"),
            (errors.AnswerCut("Cut."), 502, "outcome_unknown"),
        ):
            for stream in (False, True):
                words = f"{code} {status} {stream}"  # a test is one transaction: paid once
                messages = [{"role": "user", "content": words}]
                with self.subTest(words), answering(self.env, error):
                    response = self.post(stream=stream, messages=messages)
                    self.refused(response, status, code)
                    self.assertEqual(
                        response.headers.get("Retry-After"), "7" if status == 429 else None
                    )
                    if code == "outcome_unknown":
                        self.assertEqual(response.headers["x-should-retry"], "false")

    def test_when_to_ask_again_is_a_number(self):
        for retry_after in (float("inf"), float("nan"), -1.0, 1e30):
            error = errors.RateLimited("Busy.", status=429, retry_after=retry_after)
            messages = [{"role": "user", "content": f"After {retry_after}"}]
            with self.subTest(retry_after), answering(self.env, error):
                response = self.post(messages=messages)
                self.refused(response, 429, "provider_rate_limited")
        busy = refused.of(NoConnection("None came free."))
        self.assertEqual((busy.status, busy.code), (503, "server_busy"))

    def test_what_is_not_counted_in_tokens_is_held_by_its_bytes(self):
        """A field that no tokenizer sees could be billed all the same: a key's budget holds it."""
        self.key.day_usd = 0.05
        long = "x" * 100_000
        for field, value in (
            ("user", long),
            ("logit_bias", {str(n): 1 for n in range(20_000)}),
            ("metadata", {"note": long}),
            ("prompt_cache_key", long),
        ):
            with self.subTest(field), answering(self.env, "Hello."):
                response = self.post(max_tokens=10, **{field: value})
                self.assertIn(response.status_code, (400, 402), response.text[:300])
        with answering(self.env, "Hello."):
            self.assertEqual(self.post(max_tokens=10).status_code, 200)

    def test_a_request_cannot_call_for_what_the_format_does_not_know(self):
        for field in ("api_key", "base_url", "kind", "idempotency_key", "extra", "mode"):
            with self.subTest(field), answering(self.env, "Hello."):
                self.assertEqual(self.post(**{field: "x"}).status_code, 400)

    def test_errors_of_anthropic_s_have_their_shape(self):
        found = self.post("messages", messages=[]).json()
        self.assertEqual(found["type"], "error")
        self.assertEqual(found["error"]["type"], "invalid_request_error")
        found = self.post("messages", secret="sam_" + "x" * 43).json()
        self.assertEqual(found["error"]["type"], "authentication_error")

    def test_what_is_not_served_is_refused_by_name(self):
        for path, word in (
            ("audio/speech", "audio/transcriptions"),
            ("images/generations", "Pictures"),
            ("responses", "Responses"),
            ("completions", "Text completions"),
            ("files", "models"),
        ):
            found = self.refused(self.post(path), 404, "not_served")
            self.assertIn(word, found["message"])
        self.assertEqual(self.post("embeddings", secret="wrong").status_code, 401)

    @mute_logger(
        "odoo.addons.ai_brain.controllers.gateway", "odoo.addons.ai_brain.controllers.under_way"
    )
    def test_what_nobody_foresaw_tells_nothing_of_the_server(self):
        def fails(_request):
            raise RuntimeError("/srv/secret/path")

        for stream in (False, True):
            with answering(self.env, fails):
                response = self.post(stream=stream)
            self.assertEqual(response.status_code, 500)
            self.assertNotIn("secret", response.text)

    def test_a_keyed_request_is_paid_once(self):
        headers = {"Idempotency-Key": "order-7"}
        with answering(self.env, "Hello.", "Again."):
            first, second = self.post(headers=headers), self.post(headers=headers)
            streamed = self.post(headers=headers, stream=True)
        texts = [one.json()["choices"][0]["message"]["content"] for one in (first, second)]
        self.assertEqual(texts, ["Hello.", "Hello."])
        self.assertIn("Hello.", "".join(_texts(streamed)))
        self.assertEqual(len(self.rows()), 1)
        other = self.new_key()._issue__key()
        with answering(self.env, "Other."):
            third = self.post(headers=headers, secret=other)
        self.assertEqual(third.json()["choices"][0]["message"]["content"], "Other.")


def _texts(response):
    for line in response.text.split("\n"):
        if line.startswith("data: {"):
            for choice in json.loads(line[6:])["choices"]:
                yield choice["delta"].get("content") or ""
