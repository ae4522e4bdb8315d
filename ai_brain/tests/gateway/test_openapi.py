"""The description over HTTP, and that what is served is what it describes."""

import re

from odoo.tests import tagged

from ...engine.gateway.operations import OPERATIONS
from ..common import answering
from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestOpenapi(EndpointCase):
    def test_every_route_is_described_and_every_description_served(self):
        routes = set()
        for rule in self.env["ir.http"].routing_map().iter_rules():
            if rule.rule.startswith(("/ai/", "/api/analytics/")):
                routes.add(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
                self.assertFalse(rule.methods, "which methods there are says the description")
        routes.remove("/ai/v1/{other}")  # refuses all else, by name
        self.assertEqual(routes, {path for path, _method in OPERATIONS})

    def test_it_follows_the_switch_and_needs_a_key(self):
        found = self.get("openapi.json")
        self.assertEqual(found.status_code, 200)
        self.assertEqual(found.json()["openapi"], "3.1.0")
        reads = self.new_key(may_call=False, may_read_metrics=True)._issue__key()
        self.assertEqual(self.get("openapi.json", secret=reads).text, found.text)
        for name in ("Vendor One", self.secret, self.company.name):
            self.assertNotIn(name, found.text)
        self.assertEqual(self.get("openapi.json", secret="wrong").status_code, 401)
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "")
        self.assertEqual(self.get("openapi.json").status_code, 404)
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "True")
        self.env["ai.gateway.key"].search([]).action_revoke()
        self.assertEqual(self.get("openapi.json").status_code, 404)

    def test_other_methods_are_told_which_there_are(self):
        headers = {"Authorization": f"Bearer {self.secret}"}
        for path, method in OPERATIONS:
            path = path.replace("{name}", "auto")
            for other in {"GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"} - {method}:
                url = self.base_url() + path
                response = self.opener.request(other, url, headers=headers, timeout=12)
                self.assertEqual(response.status_code, 405, (other, path))
                self.assertEqual(response.headers["Allow"], method)
                self.assertEqual(response.json()["error"]["code"], "method_not_allowed")
        found = self.opener.head(self.base_url() + "/ai/v1/models", headers=headers, timeout=12)
        self.assertEqual((found.status_code, found.content), (200, b""))

    def test_a_body_that_is_said_to_be_no_json(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            response = self.post(headers={"Content-Type": kind})
            self.assertEqual(response.status_code, 415, response.text)
            self.assertIn("application/json", response.json()["error"]["message"])
        with answering(self.env, "Hello."):
            kind = "application/vnd.api+json; charset=utf-8"
            self.assertEqual(self.post(headers={"Content-Type": kind}).status_code, 200)

    def test_no_key_is_no_guess(self):
        for _ in range(30):
            response = self.url_open("/ai/v1/models")
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response.headers["WWW-Authenticate"], "Bearer")

    def test_what_the_schemas_do_not_know_is_refused_by_name(self):
        message = {"role": "user", "content": "Hello"}
        for path, more, param in (
            ("chat/completions", {"seed": "x"}, "seed"),
            ("chat/completions", {"colour": "red"}, "colour"),
            ("chat/completions", {"logit_bias": {"5": "much"}}, "logit_bias.5"),
            ("chat/completions", {"messages": [{**message, "mood": 1}]}, "messages[0].mood"),
            ("messages", {"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
            ("messages", {"messages": [{**message, "mood": 1}]}, "messages[0].mood"),
            ("messages/count_tokens", {"max_tokens": 5}, "max_tokens"),
        ):
            with self.subTest(path, more=more), answering(self.env, "Hello."):
                response = self.post(path, **more)
                self.assertEqual(response.status_code, 400, response.text)
                self.assertEqual(response.json()["error"]["param"], param)

    def test_tags_that_are_empty(self):
        with answering(self.env, "Hello."):
            self.assertEqual(self.post(headers={"x-sam-module": ""}).status_code, 200)
        for name in ("x-sam-res-id", "x-sam-lead-id", "x-sam-context-type", "Idempotency-Key"):
            response = self.post(headers={name: ""})
            self.assertEqual(response.status_code, 400)
            self.assertEqual(response.json()["error"]["param"], name)

    def test_a_keyed_request_is_no_other(self):
        headers = {"Idempotency-Key": "order-8"}
        other = [{"role": "user", "content": "Another question"}]
        with answering(self.env, "Hello.", "Again."):
            self.assertEqual(self.post(headers=headers).status_code, 200)
            response = self.post(headers=headers, messages=other)
        self.assertEqual(response.status_code, 409, response.text)
        self.assertEqual(response.json()["error"]["code"], "idempotency_key_reused")
        self.assertEqual(response.headers["x-should-retry"], "false")

    def test_tokens_are_counted_and_nothing_is_paid(self):
        def counted(**more):
            body = {"model": "Vendor One", "messages": [{"role": "user", "content": "Hello"}]}
            response = self.post("messages/count_tokens", **{**body, **more})
            self.assertEqual(response.status_code, 200, response.text)
            self.assertEqual([*response.json()], ["input_tokens"])
            return response.json()["input_tokens"]

        with answering(self.env, "Hello.") as asked:
            few, more = counted(), counted(system="Be brief.")
        self.assertGreater(few, 0)
        self.assertGreater(more, few)
        estimate = self.env["ai.service"].estimate_cost("Hello", config=self.provider)
        self.assertEqual(few, estimate["input_tokens"])
        self.assertFalse(asked.texts)
        self.assertFalse(self.rows())
        self.key.may_call, self.key.may_read_figures = False, True
        self.assertEqual(self.post("messages/count_tokens").status_code, 403)
