from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ...exceptions import (
    CallInProgressError,
    InvalidCallError,
    OutcomeUnknownError,
    ProviderCallError,
)
from ...models.call.call_scope import current_scope
from ..common import AiCase, answer


@tagged("post_install", "-at_install", "every_series")
class TestPaidOnce(AiCase):
    def setUp(self):
        super().setUp()
        # The tests of a class share one cursor; each is a unit of work of its own.
        current_scope(self.env.cr)._on_commit()

    def _send(self, text="Hello", **options):
        return self.service.send_message(text, config=self.vendor_provider, **options)

    def test_two_equal_calls_that_were_meant_stay_two(self):
        first, second = self._send(), self._send()
        self.assertNotEqual(first["token_usage_id"], second["token_usage_id"])
        self.assertEqual(len(self.vendor.requests), 2)

    def test_a_retry_of_the_request_gets_the_paid_answers_again(self):
        self.vendor.script = [(200, answer("one")), (200, answer("two"))]
        first = [self._send()["content"], self._send()["content"]]
        current_scope(self.env.cr)._on_rollback()
        again = [self._send()["content"], self._send()["content"]]
        self.assertEqual(first, again)
        self.assertEqual(len(self.vendor.requests), 2)
        self._send()
        self.assertEqual(len(self.vendor.requests), 3)

    def test_a_commit_ends_the_memo(self):
        self._send()
        current_scope(self.env.cr)._on_commit()
        self._send()
        self.assertEqual(len(self.vendor.requests), 2)

    def test_a_retry_does_not_ask_again_after_an_unknown_outcome(self):
        self.vendor.script = [(200, b"{broken")]
        for _try in range(2):
            self._fails(OutcomeUnknownError, self._send)
            current_scope(self.env.cr)._on_rollback()
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_key_replays_the_answer_whatever_the_text_policy(self):
        self.company.ai_text_policy = "none"
        first = self._send(idempotency_key="invoice-7")
        second = self._send(idempotency_key="invoice-7")
        self.assertEqual(first["content"], second["content"])
        self.assertEqual(first["token_usage_id"], second["token_usage_id"])
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_key_serves_one_request_and_one_person(self):
        self._send(idempotency_key="invoice-7")
        with self.assertRaises(InvalidCallError):
            self._send("Something else", idempotency_key="invoice-7")
        other = self._new_user("colleague")
        self.service.with_user(other).send_message(
            "Hello", config=self.vendor_provider.id, idempotency_key="invoice-7"
        )
        self.assertEqual(len(self.vendor.requests), 2)

    def test_a_key_with_an_unknown_outcome_does_not_pay_again(self):
        self.vendor.script = [(200, b"{broken")]
        for _try in range(2):
            self._fails(OutcomeUnknownError, self._send, idempotency_key="k")
        self.assertEqual(len(self.vendor.requests), 1)

    def test_a_key_of_a_failed_call_may_try_again(self):
        self.vendor.script = [(400, {"error": {"message": "no"}})]
        error = self._fails(ProviderCallError, self._send, idempotency_key="k")
        self.assertNotIsInstance(error, OutcomeUnknownError)
        self.assertTrue(self._send(idempotency_key="k")["content"])

    def test_a_key_in_flight_is_not_paid_twice(self):
        self._reserve(idempotency_key="k")
        with self.assertRaises(CallInProgressError):
            self._send(idempotency_key="k")
        self.assertEqual(self.vendor.requests, [])


@tagged("post_install", "-at_install", "every_series")
class TestReaper(AiCase):
    def _hold(self, sent, **options):
        call, attempt = self._reserve(environment={"module": "sale"}, **options)
        if not sent:
            self._mark_unsent(attempt)
        reservation = self.env["ai.cost.reservation"].browse(attempt.reservation_id)
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET expires_at = %s WHERE id = %s",
            (fields.Datetime.now() - timedelta(minutes=1), reservation.id),
        )
        reservation.invalidate_recordset()
        return call, reservation

    def _rows(self):
        return self.env["ai.token.usage"].search([("provider_id", "=", self.vendor_provider.id)])

    def test_what_was_not_sent_is_given_back(self):
        _call, reservation = self._hold(sent=False)
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertFalse(reservation.exists())
        self.assertFalse(self._rows())

    def test_what_was_sent_is_settled_at_the_worst_case(self):
        call, reservation = self._hold(sent=True)
        self.env["ai.cost.reservation"]._cron_reap()
        row = self._rows()
        self.assertEqual((row.state, row.module), ("uncertain", "sale"))
        self.assertEqual(self._exact(row, "cost_usd"), str(call.attempt.held_usd.normalize()))
        reservation.invalidate_recordset()
        self.assertEqual(reservation.usage_id, row)
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertEqual(self._rows(), row)

    def test_calls_that_are_not_late_are_left_alone(self):
        _call, attempt = self._reserve()
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertTrue(self.env["ai.cost.reservation"].browse(attempt.reservation_id).exists())

    def test_a_worker_that_was_only_slow_corrects_the_row(self):
        call, _reservation = self._hold(sent=True)
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertEqual(len(self._rows()), 1)
        held = call.attempt.held_usd
        list(self.service._send(call, call.attempt))
        self.service._settle(call, call.attempt)
        correction, original = self._rows()
        self.assertEqual(correction.correction_of_id, original)
        self.assertEqual(original.cost_usd, float(held))
        self.env.cr.execute(
            "SELECT trim_scale(sum(cost_usd))::text, sum(call_count) FROM ai_token_usage"
            " WHERE provider_id = %s",
            (self.vendor_provider.id,),
        )
        self.assertEqual(self.env.cr.fetchone(), ("0.00002", 1))

    def test_a_correction_is_no_usage_of_its_own(self):
        call, _reservation = self._hold(sent=True)
        self.env["ai.cost.reservation"]._cron_reap()
        self.vendor.script[:] = [(200, {**answer(), "service_tier": "flex"})]
        list(self.service._send(call, call.attempt))
        self.assertEqual(call.attempt.response.usage.details(), {"service": "flex"})
        self.service._settle(call, call.attempt)
        correction, original = self._rows()
        self.assertEqual(correction.correction_of_id, original)
        self.assertFalse(correction.usage_details)

    def test_a_key_of_a_dead_worker_does_not_pay_again(self):
        self._hold(sent=True, idempotency_key="k")
        self.env["ai.cost.reservation"]._cron_reap()
        with self.assertRaises(OutcomeUnknownError):
            self.service.send_message(
                "Hello", config=self.vendor_provider, environment={}, idempotency_key="k"
            )
        self.assertEqual(self.vendor.requests, [])
