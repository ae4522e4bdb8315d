from odoo.tests import tagged

from .test_budget import BudgetCase


@tagged("post_install", "-at_install")
class TestFullProviders(BudgetCase):
    """Who chooses among providers asks one whose own budget has room for the call."""

    def setUp(self):
        super().setUp()
        self.env["ai.service.provider"].search([]).active = False
        self.vendor_provider.write({"active": True, "quality_score": 90})
        price = {"input_usd": 5, "output_usd": 10, "valid_from": "2020-01-01"}
        self.other = self._new_provider(
            "Other", price, base_url=self.vendor.url, quality_score=90, model_name="other-model"
        )
        self.budget = self._budget(provider_id=self.vendor_provider.id, budget_amount=1.0)

    def _routed(self, **options):
        return self._send(max_tokens=20, mode="smart_router", **options)["provider_id"]

    def test_with_room_the_best_buy_is_asked(self):
        self.assertEqual(self._routed(), self.vendor_provider.id)

    def test_a_budget_that_is_used_up_sends_the_call_elsewhere(self):
        self._send(max_tokens=20)
        self.budget.budget_amount = self._spent(self.budget)
        self.assertEqual(self._routed(), self.other.id)
        self._refused(max_tokens=20, mode="passthrough")

    def test_so_does_one_that_is_nearly_used_up(self):
        self._send(max_tokens=20)
        self.budget.budget_amount = self._spent(self.budget) + self.COST / 100
        self.assertEqual(self._routed(), self.other.id)
        self._refused(max_tokens=20, mode="passthrough")

    def test_where_no_provider_has_room_the_budget_refuses_by_name(self):
        self.budget.active = False
        for provider in (self.vendor_provider, self.other):
            self._budget(name="Spent", provider_id=provider.id, budget_amount=0.0000001)
        refused = self._refused(max_tokens=20, mode="smart_router")
        self.assertIn("Spent", str(refused))
