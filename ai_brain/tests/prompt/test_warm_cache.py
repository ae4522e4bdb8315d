from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..common import AiCase, answer, new_provider

RULES = "You answer for the shop and never promise a date. " * 480  # about 5,300 tokens
CACHED = {"prompt_tokens_details": {"cached_tokens": 5120}}


@tagged("post_install", "-at_install", "every_series")
class TestWarmCache(AiCase):
    """A dear provider whose cache holds the call's beginning can be the cheaper one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([]).active = False
        common = {
            "base_url": cls.vendor_provider.base_url,
            "quality_score": 90,
            "quality_source": "test",
        }
        cls.dear = new_provider(
            cls.env,
            "Dear",
            {
                "input_usd": 2.0,
                "output_usd": 2.0,
                "cache_read_usd": 0.2,
                "cache_read_priced": True,
                "valid_from": "2020-01-01",
            },
            **common,
        )
        cls.cheap = new_provider(cls.env, "Cheap", **common)
        cls.env["ai.agent"].create(
            {"name": "Shop", "code": "shop", "mode": "smart_router", "vendor_cache": True}
        )

    def setUp(self):
        super().setUp()
        self.start = fields.Datetime.now() - timedelta(hours=3)

    def _ask(self, at=0, config=None, system=RULES, said=None, **more):
        """Return the provider that took a call ``at`` seconds after the first."""
        self.vendor.script = [(200, said or answer("Yes.", prompt_tokens=5300))]
        moment = self.start + timedelta(seconds=at)
        more.setdefault("environment", {"agent_type": "shop"})
        with patch.object(fields.Datetime, "now", lambda *_args: moment):
            self.result = self.service.send_message(
                [{"role": "system", "content": system}, {"role": "user", "content": "Open today?"}],
                config=config or self.dear,
                max_tokens=50,
                **more,
            )
        return self.env["ai.service.provider"].browse(self.result["provider_id"])

    def _warm(self, at=0):
        said = answer("Yes.", prompt_tokens=5300, **CACHED)
        self.assertEqual(self._ask(at, mode="passthrough", said=said), self.dear)

    def test_cold_the_cheaper_one_is_chosen(self):
        self.assertEqual(self._ask(), self.cheap)

    def test_warm_the_dear_one_is_chosen(self):
        self._warm()
        self.assertEqual(self._ask(at=60), self.dear)

    def test_a_call_that_read_nothing_makes_nothing_warm(self):
        self.assertEqual(self._ask(mode="passthrough"), self.dear)
        self.assertEqual(self._ask(at=60), self.cheap)

    def test_what_the_vendor_has_forgotten_is_cold(self):
        self._warm()
        self.assertEqual(self._ask(at=400), self.cheap)

    def test_another_beginning_is_cold(self):
        self._warm()
        self.assertEqual(self._ask(at=60, system=f"On 12 May. {RULES}"), self.cheap)

    def test_a_price_without_cache_gains_nothing(self):
        plain = {"input_usd": 2.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
        self.dear = self.dear.copy({"name": "Plain", "price_ids": [(0, 0, plain)]})
        self.dear.api_key = "test-key"
        self._warm()
        self.assertEqual(self._ask(at=60), self.cheap)

    def test_the_estimate_knows_it_too(self):
        messages = [{"role": "system", "content": RULES}, {"role": "user", "content": "Open?"}]
        options = {"environment": {"agent_type": "shop"}, "max_tokens": 50}
        cold = self.service.estimate_cost(messages, self.dear, **options)
        self.assertEqual(cold["provider_id"], self.cheap.id)
        self.start = fields.Datetime.now()
        self._warm(at=-60)
        warm = self.service.estimate_cost(messages, self.dear, **options)
        self.assertEqual(warm["provider_id"], self.dear.id)
        self.assertLess(warm["expected_cost_usd"], cold["expected_cost_usd"])
