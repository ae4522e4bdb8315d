import json
from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...engine.price import catalogue
from ...models.price.price_refresh import LIST_URL
from ..common import AiCase

MODEL = "gpt-4o-mini"


@tagged("post_install", "-at_install")
class TestPriceRefresh(AiCase):
    """``self.listed`` took its price ($0.15 in, $0.60 out) from the shipped list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.providers = cls.env["ai.service.provider"]
        cls.listed = cls._new_provider("Listed", price=False, model_name=MODEL)
        cls.listed.action_load_catalogue_prices()
        cls.own = cls._new_provider("Own Price", model_name=MODEL)
        cls.today = fields.Date.today()
        cls.env["ir.config_parameter"].set_param(LIST_URL, cls.vendor.url)

    def _offer(self, *periods):
        """Have the address give a list with these (from, input, output)."""
        shipped = json.loads(catalogue.PATH.read_text(encoding="utf-8"))
        of_openai = (one for one in shipped["models"] if one["vendor"] == "openai")
        [usual] = next(one for one in of_openai if one["model"] == MODEL)["prices"]
        prices = [
            {**usual, "from": str(day) if day else None, "input": given, "output": taken}
            for day, given, taken in periods
        ]
        model = {"vendor": "openai", "model": MODEL, "kind": "chat", "prices": prices}
        vendor = shipped["vendors"]["openai"]
        body = {
            "date": str(self.today),
            "sources": ["a test"],
            "vendors": {"openai": vendor},
            "models": [model],
        }
        self.vendor.script.append((200, body))

    def _refresh(self):
        self.providers._cron_refresh_prices()
        self.providers.invalidate_recordset()

    def _prices(self, provider=None):
        prices = (provider or self.listed).price_ids.sorted("valid_from")
        return [(price.valid_from, price.input_usd, price.output_usd) for price in prices]

    def _told(self):
        return self.env["ai.cost.alert"].search([("kind", "=", "price")]).mapped("message")

    def test_a_changed_price_holds_from_today_and_the_past_stays(self):
        before = self._prices()
        self._offer((None, "0.15", "0.6"), (self.today - timedelta(days=40), "0.1", "0.5"))
        self._refresh()
        self.assertEqual(self._prices(), [*before, (self.today, 0.1, 0.5)])
        yesterday = datetime.combine(self.today, datetime.min.time()) - timedelta(seconds=1)
        self.assertEqual(self.listed._price_at(yesterday).input_usd, 0.15)
        self.assertEqual(self.listed._price_at().input_usd, 0.1)
        self.assertIn("from input $0.15, output $0.60, cache read $0.075 to", self._told()[0])
        self.assertIn("to input $0.10, output $0.50, cache read $0.075", self._told()[0])

    def test_prices_for_large_inputs_are_named_too(self):
        self._offer((None, "0.15", "0.6"))
        _status, body = self.vendor.script[0]
        body["models"][0]["prices"][0]["tiers"] = [{"above": 200_000, "input": "0.3"}]
        self._refresh()
        self.assertIn("above 200,000 tokens input $0.30", self._told()[0])
        usual = self.listed._price_at().tier_ids.filtered(lambda row: row.service == "standard")
        self.assertEqual(usual.above_tokens, 200_000)

    def test_another_price_for_a_service_alone_is_a_change_too(self):
        self._offer((None, "0.15", "0.6"))
        _status, body = self.vendor.script[0]
        body["models"][0]["prices"][0]["services"]["flex"] = {"input": "0.07", "output": "0.3"}
        self._refresh()
        services = self.listed._price_at().tier_ids.mapped("service")
        self.assertEqual(sorted(services), ["batch", "flex", "priority"])
        self.assertIn("another price for a service", self._told()[0])

    def test_a_second_run_adds_nothing(self):
        for _run in range(2):
            self._offer((None, "0.1", "0.5"))
            self._refresh()
        self.assertEqual(self._prices()[-1], (self.today, 0.1, 0.5))
        self.assertEqual(len(self._told()), 1)
        self.assertEqual(len(self.listed.price_ids.filtered(lambda p: p.input_usd == 0.1)), 1)

    def test_a_second_change_in_a_day_waits_for_tomorrow(self):
        for amount in ("0.1", "0.12"):
            self._offer((None, amount, "0.5"))
            self._refresh()
        tomorrow = self.today + timedelta(days=1)
        self.assertEqual(self._prices()[-2:], [(self.today, 0.1, 0.5), (tomorrow, 0.12, 0.5)])

    def test_a_price_to_come_is_taken_and_put_right(self):
        coming = self.today + timedelta(days=30)
        for amount in ("0.2", "0.25"):
            self._offer((None, "0.15", "0.6"), (coming, amount, "0.6"))
            self._refresh()
        later = [price for price in self._prices() if price[0] > self.today]
        self.assertEqual(later, [(coming, 0.25, 0.6)])
        self.assertEqual(self.listed._price_at().input_usd, 0.15)

    def test_prices_that_a_person_entered_stay(self):
        entered = self.today + timedelta(days=10)
        self.env["ai.provider.price"].create(
            {
                "provider_id": self.listed.id,
                "valid_from": entered,
                "input_usd": 0.14,
                "output_usd": 0.55,
                "source": "Contract 12",
            }
        )
        before = self._prices(self.own), self._prices()
        self._offer((None, "0.15", "0.6"), (entered + timedelta(days=1), "0.2", "0.6"))
        self._refresh()
        self.assertEqual((self._prices(self.own), self._prices()), before)

    def test_a_change_beyond_belief_is_shown_and_not_taken(self):
        before = self._prices()
        for given, taken in (("0", "0.6"), ("15", "60"), ("0.01", "0.6")):
            self._offer((None, given, taken))
            self._refresh()
        self.assertEqual(self._prices(), before)
        self.assertEqual(len(self._told()), 3)
        self.assertTrue(all("was not taken" in message for message in self._told()))

    def test_managers_are_told_once(self):
        manager = self._new_user("price_manager", "base.group_user", "ai_brain.group_ai_manager")
        self._offer((None, "0.1", "0.5"))
        self._refresh()
        notified = self.env["mail.message"].search(
            [("partner_ids", "in", manager.partner_id.ids), ("body", "ilike", "price of")]
        )
        self.assertEqual(len(notified), 1)

    @mute_logger("odoo.addons.ai_brain.models.price.price_refresh")
    def test_a_list_that_cannot_be_read_changes_nothing_and_says_what_to_do(self):
        before = self._prices()
        for status, body in ((200, b"<html>"), (404, {}), (200, {"models": []})):
            self.vendor.script.append((status, body))
            error = self._fails(UserError, self._refresh)
            self.assertIn(self.vendor.url, str(error))
            self.assertIn("settings", str(error))
        self.env["ir.config_parameter"].set_param(LIST_URL, "ftp://127.0.0.1/list")
        self._fails(UserError, self._refresh)
        self.assertEqual(self._prices(), before)

    def test_without_an_address_the_shipped_list_is_followed(self):
        self.env["ir.config_parameter"].set_param(LIST_URL, "")
        self.assertEqual(self.providers._price_list(), catalogue.shipped())
        before = self._prices()
        self._refresh()
        self.assertEqual((self._prices(), self.vendor.requests), (before, []))

    def test_no_key_is_sent_to_the_address(self):
        self.listed.sudo().api_key = "test-key"
        self._offer((None, "0.15", "0.6"))
        self._refresh()
        self.assertNotIn("test-key", json.dumps(self.vendor.requests))

    def test_it_is_off_until_somebody_wants_it(self):
        self.assertFalse(self.env.ref("ai_brain.ir_cron_refresh_prices").active)
