from odoo.tests import tagged

from ...engine.choice import deciding
from ...models.call.call import Claim
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestWhoDecides(AiCase):
    """Of several claims on a call the one that stands first in the table is heard."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._new_provider("Second", api_format="sandbox")

    def _decide(self, claims, provider=None, **options):
        call = self.service._check("Hello", provider or self.provider, {}, options)
        self.service._decide(call, claims)
        return call

    def test_each_rule_stands_above_all_that_come_after_it(self):
        table = deciding.ORDER
        for place, first in enumerate(table[:-1]):
            for later in table[place + 1 :]:
                claims = [
                    Claim(later, self.provider.id, f"told by {later}"),
                    Claim(first, self.second.id, f"told by {first}"),
                ]
                call = self._decide(claims)
                self.assertEqual(
                    (call.reason, call.target.provider_id, call.notices),
                    (first, self.second.id, [f"told by {first}"]),
                    f"{first} before {later}",
                )

    def test_a_claim_that_is_not_heard_leaves_nothing_behind(self):
        claims = [
            Claim("router", self.second.id, "not told", {"router": 1}),
            Claim("experiment", self.provider.id, memory={"experiment": 2}),
        ]
        call = self._decide(claims)
        self.assertEqual(call.memory, {"experiment": 2})
        self.assertEqual(call.notices, [])

    def test_a_provider_that_is_too_small_for_the_call_is_passed_over(self):
        small = self._new_provider("Small", api_format="sandbox", context_window=1)
        call = self._decide([Claim("experiment", small.id), Claim("router", self.second.id)])
        self.assertEqual((call.reason, call.target.provider_id), ("router", self.second.id))

    def test_without_a_claim_the_call_goes_where_it_was_sent(self):
        call = self._decide([])
        self.assertEqual((call.reason, call.target.provider_id), ("configured", self.provider.id))

    def test_another_addon_s_rule_stands_just_above_the_router(self):
        order = deciding.in_order(["configured", "router", "theirs", "experiment"])
        self.assertEqual(order, ["experiment", "theirs", "router", "configured"])
