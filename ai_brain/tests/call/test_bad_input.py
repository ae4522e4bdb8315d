from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...exceptions import InvalidCallError, ProviderCallError
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestBadInput(AiCase):
    def _refused(self, messages="Hello", config=None, environment=None, **options):
        before = self.env["ai.token.usage"].search_count([])
        with self.assertRaises(InvalidCallError) as caught:
            self.service.send_message(
                messages, config=config or self.vendor_provider, environment=environment, **options
            )
        self.assertEqual(self.vendor.requests, [], "nothing may be sent")
        self.assertEqual(self.env["ai.token.usage"].search_count([]), before)
        self.assertFalse(self.env["ai.cost.reservation"].search([]))
        return str(caught.exception)

    def test_messages(self):
        for messages in (
            "",
            "   ",
            [],
            None,
            7,
            ["Hello"],
            [{"role": "user"}],
            [{"role": "user", "content": 7}],
            [{"role": "user", "content": ["text"]}],
            [{"role": "robot", "content": "Hello"}],
            [{"role": ["user"], "content": "Hello"}],
            [{"role": "system", "content": "Be kind."}],
        ):
            with self.subTest(messages=messages):
                self._refused(messages)

    def test_characters_that_cannot_be_stored(self):
        self.assertIn("NUL", self._refused("a\0b"))
        self._refused("half \ud83d")
        self._refused(environment={"module": "a\0b"})

    def test_five_megabytes(self):
        self.assertIn("4,000,000", self._refused("x" * 5_000_000))

    def test_options(self):
        for options in (
            {"max_tokens": 0},
            {"max_tokens": -5},
            {"max_tokens": 10**12},
            {"max_tokens": "many"},
            {"max_tokens": True},
            {"max_tokens": 1.5},
            {"temperature": 3},
            {"temperature": float("nan")},
            {"max_budget_usd": -1},
            {"quality_required": "best"},
            {"mode": "fast"},
            {"task_type": "dance"},
            {"tools": "find"},
            {"tools": [{"name": "find"}]},
            {"idempotency_key": 7},
            {"idempotency_key": "k" * 300},
            {"maxtokens": 5},
        ):
            with self.subTest(options=options):
                self._refused(**options)

    def test_more_than_the_model_can_answer(self):
        self.vendor_provider.max_output_tokens = 100
        self.assertIn("100", self._refused(max_tokens=101))

    def test_more_than_the_model_can_read(self):
        self.vendor_provider.context_window = 50
        self.assertIn("50", self._refused("word " * 200))

    def test_environment(self):
        for environment in (
            "sale",
            {"module": 7},
            {"module": "m" * 200},
            {"context_type": "huge"},
            {"res_id": 3},
            {"lead_id": "three"},
            {"context_blocks": ["text"]},
        ):
            with self.subTest(environment=environment):
                self._refused(environment=environment)

    def test_provider_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.vendor_provider.company_id = other
        self.assertIn("Other", self._refused())  # whose user works there too
        self.service = self.service.with_user(self._new_user("elsewhere"))
        missing = self._refused(config=self.vendor_provider.id + 10_000)
        self.assertEqual(self._refused(config=self.vendor_provider.id), missing)
        self.assertNotIn("Other", missing)

    def test_archived_and_missing_provider(self):
        self.vendor_provider.active = False
        self.assertIn("archived", self._refused())
        self._refused(config=10**8)
        self._refused(config=self.vendor_provider + self.provider)
        self._refused(config=self.env.user)
        self._refused(config="Loopback")

    def test_task_without_a_wire_format(self):
        self.vendor_provider.task_type = "image"
        self.assertIn("Image", self._refused())

    def test_an_unknown_host_is_a_clear_failure(self):
        self.vendor_provider.base_url = "http://127.0.0.1:9/v1"
        error = self._fails(
            ProviderCallError, self.service.send_message, "Hello", config=self.vendor_provider
        )
        row = self.env["ai.token.usage"].browse(error.token_usage_id)
        self.assertEqual((row.state, row.error_code), ("failed", "ConnectionFailed"))

    def test_addresses_that_are_refused(self):
        for url in (
            "ftp://example.com",
            "example.com",
            "file:///etc/passwd",
            "http://169.254.169.254/latest",
            "http://[fe80::1]/v1",
            "https://user:word@example.com/v1",
        ):
            with self.subTest(url=url), self.assertRaises(UserError):
                self.vendor_provider.base_url = url

    def test_portal_users_do_not_spend(self):
        portal = self._new_user("portal-user", "base.group_portal")
        with self.assertRaises(AccessError):
            self.service.with_user(portal).send_message("Hello", config=self.provider.id)
