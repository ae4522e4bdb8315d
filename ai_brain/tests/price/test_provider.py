import os
from datetime import datetime

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestProvider(AiCase):
    def test_a_key_goes_in_and_never_comes_out(self):
        self.vendor_provider.api_key = "test-key"
        self.assertEqual(self.vendor_provider._endpoint().read__key(), "test-key")
        self.assertTrue(self.vendor_provider.has_api_key)
        self.assertFalse(self.vendor_provider.api_key)
        self.assertFalse(self.vendor_provider.read(["api_key"])[0]["api_key"])
        self.assertEqual(self.vendor_provider.export_data(["api_key"])["datas"], [[""]])
        self.assertFalse(self.vendor_provider.copy().has_api_key)
        self.assertNotIn("test-key", repr(self.vendor_provider._endpoint()))
        with self.assertRaises(UserError):
            self.env["ai.service.provider"].search([("api_key", "=like", "test%")])
        with self.assertRaises(AccessError):
            self.vendor_provider.with_user(self._new_user("clerk")).read(["api_key"])

    def test_the_key_reaches_the_vendor(self):
        self.vendor_provider.api_key = "test-key"
        self.service.send_message("Hello", config=self.vendor_provider)
        self.assertEqual(self.vendor.requests[0][0]["Authorization"], "Bearer test-key")

    def test_a_new_address_clears_the_key(self):
        self.vendor_provider.api_key = "test-key"
        self.vendor_provider.name = "Renamed"
        self.assertTrue(self.vendor_provider.has_api_key)
        self.vendor_provider.base_url = "http://127.0.0.1:9/v1"
        self.assertFalse(self.vendor_provider.has_api_key)

    def test_only_an_administrator_changes_address_and_key(self):
        manager = self._new_user("controller", "base.group_user", "ai_brain.group_ai_manager")
        provider = self.vendor_provider.with_user(manager)
        provider.name = "Renamed"
        with self.assertRaises(AccessError):
            provider.base_url = "http://127.0.0.1:9/v1"
        with self.assertRaises(AccessError):
            provider.api_key = "test-key"

    def test_a_key_from_the_environment(self):
        with self.assertRaises(UserError):
            self.vendor_provider.api_key = "env:HOME"
        self.vendor_provider.api_key = "env:SAM_TEST_ABSENT"
        with self.assertRaisesRegex(UserError, "SAM_TEST_ABSENT"):
            self.vendor_provider._endpoint()
        self.patch(os, "environ", {"SAM_TEST_ABSENT": "test-key"})
        with self.assertRaisesRegex(UserError, "SAM_TEST_ABSENT_HOST=127.0.0.1"):
            self.vendor_provider._endpoint()
        os.environ["SAM_TEST_ABSENT_HOST"] = "api.openai.com, 127.0.0.1"
        self.assertEqual(self.vendor_provider._endpoint().read__key(), "test-key")

    def test_a_key_from_the_environment_goes_to_its_host_alone(self):
        named = {"SAM_VENDOR": "test-key", "SAM_VENDOR_HOST": "api.openai.com"}
        self.patch(os, "environ", named)
        self.vendor_provider.write({"base_url": False, "api_key": "env:SAM_VENDOR"})
        self.assertEqual(self.vendor_provider._endpoint().read__key(), "test-key")
        for url in (
            "http://127.0.0.1:9/v1",
            "https://api.openai.com.example/v1",
            "https://example/api.openai.com",
            "https://xapi.openai.com/v1",
        ):
            self.vendor_provider.write({"base_url": url, "api_key": "env:SAM_VENDOR"})
            with self.subTest(url=url), self.assertRaisesRegex(UserError, "may not be sent to"):
                self.vendor_provider._endpoint()
        self.vendor_provider.write(
            {"base_url": "https://API.OpenAI.com./v1", "api_key": "env:SAM_VENDOR"}
        )
        self.assertEqual(self.vendor_provider._endpoint().read__key(), "test-key")
        with self.assertRaises(UserError):
            self.vendor_provider.api_key = "env:SAM_VENDOR_HOST"

    def test_a_model_s_name_is_checked_where_it_is_entered(self):
        for name in ("a\nb", "x" * 256):
            with self.subTest(name=name[:5]), self.assertRaises(ValidationError):
                self.vendor_provider.model_name = name
        with self.assertRaisesRegex(ValidationError, "address"):
            self.vendor_provider.write({"api_format": "gemini", "model_name": "../files"})

    def test_keys_that_cannot_be(self):
        for key in ("two words", "schlüssel", "k" * 5000, "line\nbreak"):
            with self.subTest(key=key[:10]), self.assertRaises(UserError):
                self.vendor_provider.api_key = key

    def test_a_price_begins_at_midnight_utc(self):
        self.env["ai.provider.price"].create(
            {"provider_id": self.provider.id, "valid_from": "2026-05-01", "input_usd": 9}
        )
        at = self.provider._price_at
        self.assertEqual(at(datetime(2026, 4, 30, 23, 59, 59)).input_usd, 1)
        self.assertEqual(at(datetime(2026, 5, 1, 0, 0, 0)).input_usd, 9)
        self.assertFalse(at(datetime(2019, 12, 31)))

    def test_a_new_price_holds_from_the_next_call(self):
        def paid():
            result = self.service.send_message("Hello", config=self.vendor_provider)
            return self._exact(self._row(result), "cost_usd")

        # 10 tokens in and 5 out, at $1 and $2 a million and then at $9 and $2
        self.assertEqual(paid(), "0.00002")
        self.env["ai.provider.price"].create(
            {"provider_id": self.vendor_provider.id, "input_usd": 9, "output_usd": 2}
        )
        self.assertEqual(paid(), "0.0001")

    def test_overlapping_prices_are_refused(self):
        with self.assertRaisesRegex(ValidationError, "already has a price"):
            self.env["ai.provider.price"].create(
                {"provider_id": self.provider.id, "valid_from": "2020-01-01", "input_usd": 9}
            )

    def test_not_priced_differs_from_free(self):
        price = self.provider.price_ids
        self.assertIsNone(price._rates().cache_read)
        price.cache_read_usd = 0
        self.assertEqual(price._rates().cache_read, 0)
        self.assertTrue(price.cache_read_priced)

    def test_a_used_price_is_history(self):
        self.service.send_message("Hello", config=self.provider)
        price = self.provider.price_ids
        with self.assertRaises(UserError):
            price.input_usd = 5
        with self.assertRaises(UserError):
            price.unlink()
        with self.assertRaises(UserError):
            price.tier_ids.create({"price_id": price.id, "above_tokens": 200_000, "input_usd": 5})
        price.source = "contract of May"

    def test_a_price_is_in_use_from_the_reservation_on(self):
        price = self.provider.price_ids
        reservation = self.env["ai.cost.reservation"].create(
            {
                "company_id": self.env.company.id,
                "provider_id": self.provider.id,
                "price_id": price.id,
                "amount_usd": 1,
                "expires_at": datetime(2099, 1, 1),
                "local_date": "2026-11-26",
            }
        )
        with self.assertRaises(UserError):
            price.input_usd = 5
        with self.assertRaises(UserError):
            price.unlink()
        reservation.unlink()
        price.input_usd = 5

    def test_a_used_provider_is_archived_instead_of_deleted(self):
        self.service.send_message("Hello", config=self.provider)
        with self.assertRaisesRegex(UserError, "Archive"):
            self.provider.unlink()

    def test_fallbacks_make_no_circle(self):
        self.provider.fallback_provider_id = self.vendor_provider
        with self.assertRaises(ValidationError):
            self.vendor_provider.fallback_provider_id = self.provider

    def test_bad_figures(self):
        for vals in (
            {"quality_score": 101},
            {"timeout_s": 0},
            {"default_max_tokens": 0},
            {"context_window": -1},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.provider.write(vals)
        for vals in ({"input_usd": -1}, {"batch_factor": 0}, {"batch_factor": 2}):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.provider.price_ids.write(vals)

    def test_connection_test_names_the_reason(self):
        self.vendor_provider.base_url = "http://127.0.0.1:9/v1"
        with self.assertRaisesRegex(UserError, "Loopback"):
            self.vendor_provider.action_test_connection()
        self.assertEqual(self.provider.action_test_connection()["params"]["type"], "success")

    def test_connection_test_says_that_no_key_is_stored(self):
        nowhere = "http://127.0.0.1:9/v1"
        bare = self._new_provider("Bare", {}, base_url=self.vendor.url, api_key=False)
        told = bare.action_test_connection()["params"]
        self.assertEqual((told["type"], told["title"]), ("warning", "Connection tested"))
        self.assertIn("no key is stored", told["message"])
        bare.base_url = nowhere
        with self.assertRaisesRegex(UserError, "Enter the key, then test again"):
            bare.action_test_connection()
        bare.write({"base_url": self.vendor.url})
        bare.api_key = "not-a-real-one"
        told = bare.action_test_connection()["params"]
        self.assertEqual(told["type"], "success")
        self.assertIn("takes the key", told["message"])
