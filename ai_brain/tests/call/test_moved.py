from odoo.tests import tagged

from ...exceptions import (
    BudgetExceededError,
    InvalidCallError,
    OutcomeUnknownError,
    ProviderCallError,
)
from ..common import AiCase, answer

REFUSED = (400, {"error": {"message": "no"}})
BROKEN = (200, b"{broken")


@tagged("post_install", "-at_install")
class TestMoved(AiCase):
    """What becomes of a call whose provider does not answer, and who decided where it went."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ai.service.provider"].search([("id", "!=", cls.vendor_provider.id)]).active = False
        cls.cheap = cls._new_provider(
            "Cheap",
            {"input_usd": 0.1, "output_usd": 0.1, "valid_from": "2020-01-01"},
            base_url=cls.vendor.url,
            quality_score=85,
        )

    def _send(self, text="Hello", **options):
        return self.service.send_message(text, config=self.vendor_provider, **options)

    def _rows(self):
        return self.env["ai.token.usage"].search(
            [("provider_id", "in", (self.vendor_provider + self.cheap).ids)], order="id"
        )

    def test_the_ledger_says_who_decided(self):
        self.assertEqual(self._row(self._send()).choice_reason, "configured")
        self.assertEqual(self._row(self._send(mode="passthrough")).choice_reason, "mode")
        routed = self._row(self._send(mode="smart_router"))
        self.assertEqual((routed.provider_id, routed.choice_reason), (self.cheap, "router"))
        self.vendor_provider.auto_switch_provider = True
        advised = self._row(self._send("And now?"))
        self.assertEqual(
            (advised.provider_id, advised.choice_reason), (self.cheap, "recommendation")
        )

    def test_a_mode_in_the_environment_routes_like_the_option(self):
        result = self._send(environment={"agent_mode": "smart_router"})
        self.assertEqual(result["provider_id"], self.cheap.id)

    def test_a_call_that_was_moved_goes_back_to_the_one_it_asked_for(self):
        self.vendor.script[:] = [REFUSED, (200, answer("Here."))]
        result = self._send(mode="smart_router")
        self.assertEqual(
            (result["content"], result["provider_id"]), ("Here.", self.vendor_provider.id)
        )
        self.assertIn("“Cheap” did not answer", result["notices"][-1])
        failed, paid = self._rows()
        self.assertEqual((failed.provider_id, failed.state), (self.cheap, "failed"))
        self.assertEqual((paid.choice_reason, paid.state), ("returned", "done"))

    def test_a_keyed_call_after_a_timeout_does_not_block_its_own_fallback(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        self.vendor.script[:] = [BROKEN, (200, answer("Here."))]
        result = self._send(idempotency_key="k")
        self.assertEqual(result["provider_id"], self.cheap.id)
        again = self._send(idempotency_key="k")
        self.assertEqual(again["token_usage_id"], result["token_usage_id"])

    def test_a_fallback_that_was_given_to_another_company_is_not_asked(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        other = self.env["res.company"].create({"name": "B"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_service_provider SET company_id = %s WHERE id = %s",
            (other.id, self.cheap.id),
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        self.vendor.script[:] = [REFUSED, (200, answer("Here."))]
        with self.assertRaises(ProviderCallError):
            self._send()
        self.assertEqual(len(self.vendor.requests), 1)

    def test_nothing_of_a_failed_attempt_is_on_the_row_of_the_next(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        self.vendor.script[:] = [BROKEN, (200, answer("Here."))]
        self._send()
        uncertain, paid = self._rows()
        self.assertEqual((uncertain.state, uncertain.tokens_estimated), ("uncertain", True))
        self.assertEqual((paid.state, paid.tokens_estimated), ("done", False))
        self.assertFalse(paid.error_code)

    def test_a_fallback_that_is_too_small_leaves_the_first_error_and_its_row(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        self.cheap.context_window = 3
        self.vendor.script[:] = [BROKEN]
        error = self._fails(OutcomeUnknownError, self._send)
        self.assertIn("Loopback", str(error))
        self.assertEqual(error.token_usage_id, self._rows().id)

    def test_when_every_attempt_failed_the_first_error_is_seen(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        self.vendor.script[:] = [BROKEN, REFUSED]
        error = self._fails(ProviderCallError, self._send)
        self.assertIn("Loopback", str(error))
        self.assertEqual(len(self._rows()), 2)

    def test_when_the_fallback_s_outcome_is_unknown_that_is_seen(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        self.vendor.script[:] = [REFUSED, BROKEN]
        error = self._fails(OutcomeUnknownError, self._send)
        self.assertIn(self.cheap.name, str(error))
        failed, uncertain = self._rows()
        self.assertEqual((failed.state, uncertain.state), ("failed", "uncertain"))
        self.assertEqual(error.token_usage_id, uncertain.id)

    def test_a_reader_who_has_begun_to_read_gets_no_second_answer(self):
        self.vendor_provider.fallback_provider_id = self.cheap
        chunk = b'data: {"choices": [{"index": 0, "delta": {"content": "Half"}}]}\n\n'
        self.vendor.script[:] = [(200, chunk), (200, answer("Whole."))]
        events = self.service.stream_message("Hello", config=self.vendor_provider)
        read = [next(events)["text"]]
        self._fails(ProviderCallError, lambda: read.extend(event["type"] for event in events))
        self.assertEqual(read, ["Half"])
        self.assertEqual(len(self.vendor.requests), 1)

    def test_max_budget_usd_refuses_what_could_cost_more(self):
        error = self._fails(BudgetExceededError, self._send, max_budget_usd=0.000001)
        self.assertIn("$0.000001", str(error))
        self.assertEqual(self.vendor.requests, [])
        self.assertFalse(self.env["ai.cost.reservation"].search([]))

    def test_max_budget_usd_shortens_the_answer_where_the_company_allows_that(self):
        self.company.ai_lower_max_tokens = True
        result = self._send(max_budget_usd=0.0005, max_tokens=1000)
        ((_headers, body),) = self.vendor.requests
        self.assertLess(body["max_tokens"], 250)
        self.assertIn("limited", result["notices"][0])

    def test_an_unknown_key_of_the_environment_is_refused_by_name(self):
        error = self._fails(
            InvalidCallError, self._send, environment={"modul": "sale", "agent_type": "a"}
        )
        self.assertIn("modul", str(error))

    def test_a_person_s_tier_bounds_the_router(self):
        best = self._new_provider(
            "Best", quality_score=99, tier="premium", base_url=self.vendor.url
        )
        self.cheap.active = False
        self.vendor_provider.quality_score = 50
        self.assertEqual(self._send(mode="smart_router")["provider_id"], best.id)
        self.env.user.ai_tier = "standard"
        self.assertEqual(
            self._send("Again", mode="smart_router")["provider_id"], self.vendor_provider.id
        )
        asked = self._send("More", mode="smart_router", user_tier="premium")
        self.assertEqual(asked["provider_id"], best.id)

    def test_a_time_that_nobody_keeps_is_said(self):
        (self.vendor_provider + self.cheap).typical_latency_ms = 9000
        result = self._send(mode="smart_router", max_latency_ms=3000)
        self.assertIn("9 seconds", result["notices"][0])

    def test_extra_belongs_to_the_fingerprint(self):
        first = self._row(self._send(extra={"seed": 1}))
        second = self._row(self._send(extra={"seed": 2}))
        self.assertNotEqual(first.content_hash, second.content_hash)


@tagged("post_install", "-at_install")
class TestReaperGoesOn(AiCase):
    def test_a_reservation_whose_user_is_gone_is_closed(self):
        user = self._new_user("leaver")
        self.service = self.service.with_user(user)
        self._reserve(provider=self.vendor_provider.id)
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET expires_at = '2000-01-01', user_id = NULL"
        )
        self.env["ai.cost.reservation"].invalidate_model()
        self.env["ai.cost.reservation"]._cron_reap()
        row = self.env["ai.token.usage"].search([("provider_id", "=", self.vendor_provider.id)])
        self.assertEqual((row.state, row.user_id.id), ("uncertain", False))

    def test_one_that_cannot_be_closed_is_told_and_passed_over(self):
        _call, bad = self._reserve("One")
        self._reserve("Two")
        self.env.cr.execute(
            "UPDATE ai_cost_reservation SET expires_at = '2000-01-01',"
            ' row = CASE WHEN id = %s THEN \'{"currency_rate": "x"}\'::jsonb ELSE row END',
            (bad.reservation_id,),
        )
        with self.assertLogs("odoo.addons.ai_brain.models.call.ai_cost_reservation", "ERROR"):
            self.env["ai.cost.reservation"]._cron_reap()
        left = self.env["ai.cost.reservation"].search([("usage_id", "=", False)])
        self.assertEqual(left.ids, [bad.reservation_id])
