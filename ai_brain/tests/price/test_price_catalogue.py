from datetime import date, datetime
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...engine.price import catalogue, pricing
from ...engine.price.usage import TokenUsage
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestPriceCatalogue(AiCase):
    def _provider(self, model_name, **vals):
        return self._new_provider(model_name, price=False, model_name=model_name, **vals)

    def test_a_provider_takes_its_prices_by_model_name(self):
        provider = self._provider("gpt-4o-mini")
        provider.action_load_catalogue_prices()
        price = provider._price_at()
        rates = price._to_engine().rates
        self.assertEqual(
            [getattr(rates, kind) for kind in pricing.KINDS],
            [Decimal("0.15"), Decimal("0.6"), Decimal("0.075"), None, None],
        )
        self.assertEqual(rates.web_search, 10)
        self.assertFalse(price.cache_write_priced)
        self.assertIn("genai-prices", price.source)
        self.assertEqual(provider.context_window, 128000)
        self.assertEqual(provider.max_output_tokens, 16384)

    def test_a_call_is_billed_at_the_catalogue_price(self):
        provider = self._provider("gpt-4o-mini", base_url="https://api.openai.com/v1")
        provider.action_load_catalogue_prices()
        provider.base_url = self.vendor.url
        result = self.service.send_message("Hello", config=provider)
        # 10 x 0.15 + 5 x 0.60 USD a million
        self.assertEqual(self._exact(self._row(result), "cost_usd"), "0.0000045")

    def test_each_date_has_its_price(self):
        provider = self._provider("o3")
        provider.action_load_catalogue_prices()
        at = provider._price_at
        self.assertEqual(at(datetime(2025, 6, 9, 23, 59, 59)).input_usd, 10)
        self.assertEqual(at(datetime(2025, 6, 10)).input_usd, 2)

    def test_long_contexts_keep_their_tier(self):
        provider = self._provider("gemini-2.5-pro", api_format="gemini")
        provider.action_load_catalogue_prices()
        price = provider._price_at()._to_engine()
        self.assertEqual(pricing.cost(TokenUsage(input=200_001), price), Decimal("0.5000025"))
        self.assertEqual(pricing.cost(TokenUsage(input=200_000), price), Decimal("0.25"))

    def test_an_unknown_model_gets_no_price_and_is_told_so(self):
        provider = self._provider("no-such-model")
        with self.assertRaisesRegex(UserError, "no-such-model"):
            provider.action_load_catalogue_prices()
        self.assertFalse(provider.price_ids)
        with self.assertRaisesRegex(UserError, "sandbox"):
            self.provider.action_load_catalogue_prices()

    def test_a_known_name_at_an_unknown_address_gets_no_price(self):
        provider = self._provider("gpt-4o-mini", base_url=self.vendor.url)
        with self.assertRaises(UserError):
            provider.action_load_catalogue_prices()
        self.assertFalse(provider.price_ids)

    def test_the_address_decides_whose_price_it_is(self):
        provider = self._provider("openai/gpt-oss-120b", base_url="https://openrouter.ai/api/v1")
        other = self._provider("openai/gpt-oss-120b", base_url="https://api.groq.com/openai/v1")
        (provider + other).action_load_catalogue_prices()
        self.assertNotEqual(provider._price_at().output_usd, other._price_at().output_usd)

    def test_loading_again_adds_nothing(self):
        provider = self._provider("o3")
        provider.action_load_catalogue_prices()
        before = provider.price_ids
        provider.action_load_catalogue_prices()
        self.assertEqual(provider.price_ids, before)
        self.assertEqual(len(before), 2)

    def test_a_price_that_a_person_entered_is_not_followed_by_another(self):
        provider = self._provider("o3")
        self.env["ai.provider.price"].create(
            {
                "provider_id": provider.id,
                "valid_from": "2025-01-01",
                "input_usd": 7,
                "source": "contract",
            }
        )
        provider.action_load_catalogue_prices()
        self.assertEqual(provider._price_at().input_usd, 7)
        self.assertEqual(provider._price_at(date(2024, 12, 31)).input_usd, 10)
        self.assertEqual(len(provider.price_ids), 2)

    def test_a_disputed_price_says_so(self):
        entry = next(e for e in catalogue.search("", limit=5000) if e.disputed and e.base_url)
        provider = self._provider(entry.model, api_format=entry.api_format, base_url=entry.base_url)
        notice = provider.action_load_catalogue_prices()["params"]
        self.assertEqual(notice["type"], "warning")
        self.assertIn("LiteLLM", notice["message"])
        self.assertIn("LiteLLM", provider._price_at().source)

    def test_a_provider_can_be_made_from_an_entry(self):
        entry = catalogue.search("claude-haiku-4-5", api_format="anthropic")[0]
        provider = self.env["ai.service.provider"].create(
            self.env["ai.service.provider"]._catalogue_values(entry)
        )
        self.assertEqual(provider.model_name, entry.model)
        self.assertFalse(provider.is_quality_given)
        self.assertEqual(
            provider._price_at()._to_engine().rates.rate("cache_write_1h"),
            entry.prices[-1].price.rates.rate("cache_write_1h"),
        )

    def test_the_whole_catalogue_becomes_prices_without_a_digit_lost(self):
        values = self.env["ai.service.provider"]._catalogue_price_values
        for entry in catalogue.search("", limit=5000):
            for period in catalogue.lookup(entry.model, vendor=entry.vendor):
                vals = values(period)
                for kind in pricing.KINDS:
                    rate = getattr(period.price.rates, kind)
                    self.assertEqual(vals[f"{kind}_priced"], rate is not None)
                    if rate is not None:
                        self.assertEqual(Decimal(repr(vals[f"{kind}_usd"])), rate, entry.model)

    def test_a_model_of_speech_has_the_price_of_a_minute(self):
        entry = catalogue.search("openai whisper-1")[0]
        provider = self.env["ai.service.provider"].create(
            self.env["ai.service.provider"]._catalogue_values(entry)
        )
        self.assertEqual(provider.task_type, "voice_to_text")
        price = provider._price_at()
        self.assertEqual((price.unit, price.unit_usd), ("minute", 0.006))
        self.assertEqual(price._to_engine().rates.minute, Decimal("0.006"))

    def test_a_model_of_speech_by_the_hour_keeps_the_least_that_is_billed(self):
        [entry] = catalogue.search("groq whisper-large-v3-turbo")
        values = self.env["ai.service.provider"]._catalogue_values(entry)
        price = self.env["ai.service.provider"].create(values)._price_at()
        self.assertEqual((price.unit, price.unit_usd, price.least_seconds), ("hour", 0.04, 10))
        self.assertEqual(price._to_engine(), entry.prices[0].price)
        found = catalogue.search("gpt-4o-mini-transcribe")
        [entry] = [one for one in found if one.vendor == "openai"]
        values = self.env["ai.service.provider"]._catalogue_values(entry)
        price = self.env["ai.service.provider"].create(values)._price_at()
        self.assertEqual((price.unit, price.input_audio_usd), ("token", 1.25))

    def test_only_who_may_change_a_provider_loads_prices(self):
        provider = self._provider("o3")
        clerk = self._new_user("clerk", "base.group_user", "ai_brain.group_ai_user")
        with self.assertRaises(AccessError):
            provider.with_user(clerk).action_load_catalogue_prices()
        manager = self._new_user("controller", "base.group_user", "ai_brain.group_ai_manager")
        provider.with_user(manager).action_load_catalogue_prices()
        self.assertTrue(provider.price_ids)
