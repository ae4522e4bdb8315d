from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ...exceptions import TooManyCallsError
from ..common import AiCase


@tagged("post_install", "-at_install")
class TestPersonLimits(AiCase):
    """What one person holds at once is bounded, so that everybody else can go on."""

    def setUp(self):
        super().setUp()
        self.user = self._new_user("limited")
        self.manager = self._new_user("free", "base.group_user", "ai_brain.group_ai_manager")
        self.everybody = self.service
        self.service = self.everybody.with_user(self.user)

    def _under_way(self, **options):
        return self._reserve(provider=self.vendor_provider.id, **options)[1]

    def test_what_a_person_holds_is_bounded_until_it_is_answered(self):
        held = float(self._under_way(max_tokens=1000).held_usd)
        self.company.ai_person_usd = 1.5 * held
        error = self._fails(TooManyCallsError, self._under_way, max_tokens=1000)
        self.assertIn("one person", str(error))
        self.assertEqual(self.env["ai.cost.reservation"].search_count([]), 1)
        self.service = self.everybody.with_user(self._new_user("other"))
        self._under_way(max_tokens=1000)
        self.service = self.everybody.with_user(self.manager)
        self._under_way(max_tokens=5000)
        self.env["ai.cost.reservation"].search([]).unlink()
        self.service = self.everybody.with_user(self.user)
        self._under_way(max_tokens=1000)

    def test_calls_at_once_are_counted_only_where_a_setting_says_so(self):
        for _number in range(3):
            self._under_way(max_tokens=10)
        self.company.ai_person_calls = 3
        self._fails(TooManyCallsError, self._under_way, max_tokens=10)
        self.company.ai_person_calls = 4
        self._under_way(max_tokens=10)

    def test_no_call_is_given_up_within_a_second(self):
        attempt = self._under_way(max_latency_ms=1)
        self.assertEqual(attempt.endpoint.timeout_s, 1)

    def test_bounds_are_numbers_of_their_kind(self):
        for values in (
            {"ai_person_usd": float("nan")},
            {"ai_person_usd": -1},
            {"ai_person_calls": -1},
            {"ai_chats_at_once": 0},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.company.write(values)
