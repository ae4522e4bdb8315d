from datetime import datetime, time
from decimal import Decimal

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...engine.price import catalogue, pricing
from ...engine.price.usage import TokenUsage
from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestConditions(AiCase):
    """Prices by service, region, hour and kind, kept as a person may enter them."""

    def setUp(self):
        super().setUp()
        self.price = self.provider.price_ids  # $1 in, $2 out
        self.price.batch_priced = False

    def _cost(self, when=None, **usage):
        return pricing.cost(TokenUsage(**usage), self.price._to_engine(when))

    def test_a_kind_without_a_price_makes_the_call_unpriced(self):
        self.assertIs(self._cost(input=10, input_audio=4), pricing.UNPRICED)
        self.price.input_audio_usd = 100
        self.assertEqual(self._cost(input=10, input_audio=4), Decimal("0.000406"))
        self.price.web_search_usd = 10
        self.assertEqual(self._cost(web_searches=2), Decimal("0.02"))

    def test_its_name_has_the_day_as_the_reader_writes_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.price.valid_from = "2026-11-03"
        self.assertEqual(self.price.display_name, f"{self.provider.name} from 11/03/2026")
        german = self.price.with_context(lang="de_DE").display_name
        self.assertIn("03.11.2026", german)

    def test_a_service_has_rates_of_its_own(self):
        self.assertIs(self._cost(input=10, service="flex"), pricing.UNPRICED)
        self.price.tier_ids = [
            Command.create({"service": "flex", "input_usd": 0.5, "output_usd": 1}),
            Command.create({"service": "flex", "above_tokens": 1000, "input_usd": 0.7}),
            Command.create(
                {
                    "service": "flex",
                    "above_tokens": 2000,
                    "input_priced": False,
                    "output_priced": False,
                }
            ),
        ]
        self.assertEqual(self._cost(input=1000, service="flex"), Decimal("0.0005"))
        self.assertEqual(self._cost(input=1001, service="flex"), Decimal("0.0007007"))
        self.assertIs(self._cost(input=2001, service="flex"), pricing.UNPRICED)
        self.assertEqual(self._cost(input=2001), Decimal("0.002001"))

    def test_a_batch_is_priced_by_its_rates_or_its_factor_or_not_at_all(self):
        self.assertIs(self._cost(input=10, service="batch"), pricing.UNPRICED)
        self.price.write({"batch_priced": True, "batch_factor": 0.5})
        self.assertEqual(self._cost(input=10, service="batch"), Decimal("0.000005"))
        self.price.tier_ids = [Command.create({"service": "batch", "input_usd": 0.6})]
        self.assertEqual(self._cost(input=10, service="batch"), Decimal("0.000006"))

    def test_the_hour_decides_where_the_price_says_so(self):
        self.price.tier_ids = [
            Command.create({"hour_from": 1, "hour_to": 4.5, "working_days": True, "input_usd": 3})
        ]
        [hours] = self.price._to_engine().hours
        self.assertEqual((hours.start, hours.end), (time(1), time(4, 30)))
        self.assertIs(self._cost(input=10), pricing.UNPRICED)
        thursday = datetime(2026, 11, 26, 4, 29)
        self.assertEqual(self._cost(thursday, input=10), Decimal("0.00003"))
        self.assertEqual(self._cost(thursday.replace(minute=30), input=10), Decimal("0.00001"))
        self.assertEqual(self._cost(datetime(2026, 11, 28, 2), input=10), Decimal("0.00001"))
        self.price.tier_ids.days_off = "2026-11-25, 2026-11-26"
        self.assertEqual(self._cost(thursday, input=10), Decimal("0.00001"))
        with self.assertRaises(ValidationError):
            self.price.tier_ids.days_off = "Christmas"

    def test_a_region_costs_by_its_factor_or_is_not_priced(self):
        self.price.region_factors = "us=1.1, EU = 1.25"
        self.assertEqual(self._cost(input=10, region="eu"), Decimal("0.0000125"))
        self.assertIs(self._cost(input=10, region="jp"), pricing.UNPRICED)
        for wrong in ("us", "us=x", "us=0", "=1", "us=NaN", "us=1=2"):
            with self.subTest(wrong=wrong), self.assertRaises(ValidationError):
                self.price.region_factors = wrong

    def test_conditions_that_cannot_be(self):
        for vals in (
            {"hour_from": 1, "hour_to": 25},
            {"hour_from": 1, "hour_to": 4, "service": "flex"},
            {"service": "flex", "working_days": True},
        ):
            with self.subTest(vals=vals), self.assertRaises(ValidationError):
                self.price.tier_ids = [Command.create({"input_usd": 1, **vals})]

    def test_the_catalogue_s_conditions_become_rows_and_lose_nothing(self):
        values = self.env["ai.service.provider"]._catalogue_price_values
        seen = set()
        for entry in catalogue.shipped().entries:
            price = entry.prices[-1].price
            marks = {one.name for one in price.services} | {bool(price.hours), len(price.regions)}
            if marks <= seen:
                continue
            seen |= marks
            provider = self._new_provider(entry.model, price=False)
            vals = values(catalogue.catalogue_price(entry, entry.prices[-1]))
            kept = self.env["ai.provider.price"].create({"provider_id": provider.id, **vals})
            back = kept._to_engine()
            self.assertEqual(back.rates, price.rates, entry.model)
            self.assertEqual(back.tiers, price.tiers, entry.model)
            self.assertEqual(set(back.services), set(price.services), entry.model)
            self.assertEqual(set(back.hours), set(price.hours), entry.model)
            self.assertEqual(dict(back.regions), dict(price.regions), entry.model)
            self.assertEqual(back.batch_factor, price.batch_factor, entry.model)
            self.assertEqual(back.input_limit, price.input_limit, entry.model)
        self.assertLessEqual({"batch", "flex", "priority", "fast", True}, seen)

    def test_the_ledger_keeps_what_its_cost_can_be_redone_with(self):
        usage = TokenUsage(input=10, input_audio=4, output=3, service="flex", region="us")
        row = self.env["ai.token.usage"].create(
            {"input_tokens": 10, "output_tokens": 3, "usage_details": usage.details()}
        )
        row.invalidate_recordset()
        self.assertEqual(row._engine_usage(), usage)
        self.assertEqual(TokenUsage(input=10).details(), None)

    def test_a_call_is_billed_at_its_hour_and_its_row_can_be_redone(self):
        price = self.vendor_provider.price_ids
        price.tier_ids = [
            Command.create({"hour_from": start, "hour_to": end, "input_usd": 3, "output_usd": 6})
            for start, end in ((0, 12), (12, 0))
        ]
        row = self._row(self.service.send_message("Hello", config=self.vendor_provider))
        # 10 tokens in and 5 out
        self.assertEqual((row.state, self._exact(row, "cost_usd")), ("done", "0.00006"))
        redone = pricing.cost(row._engine_usage(), price._to_engine(), when=row._billed_at())
        self.assertEqual(redone, Decimal("0.00006"))
        self.assertFalse(row.usage_details)
