import threading
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import config

from ...exceptions import ProviderCallError, ServerBusyError, TooManyCallsError
from ...models.call.ir_cron import STARTED
from ..common import AiCase


@tagged("post_install", "-at_install", "every_series", "upgraded")
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
        self.assertIn(self.env["res.currency"]._ai_usd_text(1.5 * held), str(error))
        own = [("user_id", "=", self.user.id)]
        self.assertEqual(self.env["ai.cost.reservation"].search_count(own), 1)
        self.service = self.everybody.with_user(self._new_user("other"))
        self._under_way(max_tokens=1000)
        self.service = self.everybody.with_user(self.manager)
        self._under_way(max_tokens=5000)
        self.env["ai.cost.reservation"].search([]).unlink()
        self.service = self.everybody.with_user(self.user)
        self._under_way(max_tokens=1000)

    def test_sudo_changes_the_rights_and_not_the_person(self):
        held = float(self._under_way(max_tokens=1000).held_usd)
        self.company.ai_person_usd = 1.5 * held
        self.service = self.service.sudo()
        self._fails(TooManyCallsError, self._under_way, max_tokens=1000)
        self.service = self.everybody.with_user(self.manager).sudo()
        self._under_way(max_tokens=5000)
        self.service = self.everybody.with_user(SUPERUSER_ID)
        self._under_way(max_tokens=5000)

    def test_a_fallback_is_bounded_like_the_call_itself(self):
        dear = {"input_usd": 1.0, "output_usd": 20.0, "valid_from": "2020-01-01"}
        second = self._new_provider("Dear", dear, base_url=self.vendor.url)
        self.vendor_provider.fallback_provider_id = second
        refusal = (400, {"error": {"message": "no"}})
        self.vendor.script[:] = [refusal]
        self.company.ai_person_usd = 0.01
        ask = {"config": self.vendor_provider.id, "max_tokens": 1000}
        error = self._fails(ProviderCallError, self.service.send_message, "Hi", **ask)
        self.assertIn("Loopback", str(error))
        self.assertEqual(len(self.vendor.requests), 1)
        self.vendor.script[:] = [refusal]
        self.company.ai_person_usd = 0.1
        result = self.service.send_message("Hi again", **ask)
        self.assertEqual(result["provider_id"], second.id)

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

    def test_the_time_left_in_a_scheduled_action_counts_from_its_start(self):
        thread = threading.current_thread()
        call = self.service._check("Hi", self.vendor_provider, {}, {})
        self.assertIsNone(self.service._time_left_s(call))
        limits = {"limit_time_real_cron": 100, "workers": 2}
        with patch.dict(config.options, limits), self._job_began(thread, 30):
            self.assertAlmostEqual(self.service._time_left_s(call), 100 * 0.8 - 30, 0)
        with patch.dict(config.options, limits), self._job_began(thread, 79.5):
            self._fails(ServerBusyError, self.service._timeout_s, call, 60)
        self.assertFalse(hasattr(thread, STARTED))

    @contextmanager
    def _job_began(self, thread, seconds_ago):
        setattr(thread, STARTED, time.monotonic() - seconds_ago)
        try:
            yield
        finally:
            delattr(thread, STARTED)

    def test_bounds_are_numbers_of_their_kind(self):
        for values in (
            {"ai_person_usd": float("nan")},
            {"ai_person_usd": -1},
            {"ai_person_calls": -1},
            {"ai_chats_at_once": 0},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.company.write(values)
