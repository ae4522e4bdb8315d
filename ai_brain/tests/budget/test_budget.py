from datetime import date, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...exceptions import AiError, BudgetExceededError, InvalidCallError, ProviderCallError
from ..common import AiCase, answer


class BudgetCase(AiCase):
    """Calls to ``vendor_provider`` cost 10 input and 5 output tokens: $0.00002, unless scripted.

    A call that names 100 ``max_tokens`` holds more than that until it is settled.
    """

    COST = Decimal("0.00002")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A company of its own: whatever the database's demo data spent does not count here.
        cls.company = cls.env["res.company"].create(
            {
                "name": "Budget Test Company",
                "currency_id": cls.env.ref("base.USD").id,
                "ai_timezone": "UTC",
                "ai_budget_wait_s": 0,
                "email": "costs@example.com",
            }
        )
        cls.env.user.company_ids |= cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.service = cls.env["ai.service"]
        cls.provider = cls._new_provider("Own sandbox", api_format="sandbox")
        cls.vendor_provider = cls._new_provider("Own loopback", base_url=cls.vendor.url)
        cls.budgets = cls.env["ai.cost.budget"]
        cls.budgets.search([]).active = False

    @classmethod
    def _new_user(cls, login, *groups, **vals):
        vals.setdefault("email", f"{login}@example.com")
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        return super()._new_user(login, "base.group_user", *groups, **{**companies, **vals})

    def _budget(self, **vals):
        return self.budgets.create({"name": "Test budget", "budget_amount": 1.0, **vals})

    def _send(self, text="What is due?", user=None, **options):
        service = self.service.with_user(user) if user else self.service
        options.setdefault("config", self.vendor_provider)
        return service.send_message(text, **options)

    def _refused(self, text="What is due?", user=None, **options):
        """Return the refusal, and check that the vendor saw nothing of the call."""
        before = len(self.vendor.requests)
        error = self._fails(BudgetExceededError, self._send, text, user, **options)
        self.assertEqual(len(self.vendor.requests), before, "refused, and yet sent")
        return error

    def _spent(self, budget):
        budget.invalidate_recordset()
        return Decimal(repr(budget.current_spend))

    def _assert_reconciled(self):
        found = self.env["ai.cost.budget.period"]._reconcile(fix=False)
        self.assertEqual(found["differing"], [])
        return found["checked"]


@tagged("post_install", "-at_install", "every_series")
class TestBudget(BudgetCase):
    def test_a_call_is_counted_and_what_it_did_not_need_is_free(self):
        budget = self._budget()
        self._send(max_tokens=1000)
        self.assertEqual(self._spent(budget), self.COST)
        self.assertEqual(budget.reserved_amount, 0)
        self._assert_reconciled()

    def test_a_call_that_could_cost_too_much_is_refused_and_says_why(self):
        budget = self._budget(name="Sales", budget_amount=0.00003)
        error = self._refused(max_tokens=1000)
        for part in ("Sales", "$0.00003", budget.owner_id.name, "(UTC)"):
            self.assertIn(part, str(error))
        self.assertEqual(error.details["budget_id"], budget.id)
        self.assertEqual(error.details["limit"], 0.00003)
        self.assertEqual(error.details["resets_at"], budget.resets_at)
        self.assertEqual(self.env["ai.cost.reservation"].search_count([]), 0)
        self._assert_reconciled()

    def test_the_limit_is_the_amount_times_the_block_threshold(self):
        worst = self._reserve("What is due?", max_tokens=100)[1].held_usd
        self.env["ai.cost.reservation"].search([]).unlink()
        self._budget(budget_amount=float(worst) * 2, block_at_threshold=50)
        self._send(max_tokens=100)
        self._refused(max_tokens=100)

    def test_a_block_threshold_of_0_never_blocks(self):
        budget = self._budget(budget_amount=0.000001, block_at_threshold=0)
        self._send(max_tokens=100)
        self._send(max_tokens=100)
        self.assertEqual(self._spent(budget), 2 * self.COST)

    def test_a_budget_of_nothing_allows_nothing(self):
        self._budget(budget_amount=0)
        self._refused()

    def test_every_budget_must_allow_the_call_and_all_count_it(self):
        wide = self._budget(name="Wide")
        narrow = self._budget(name="Narrow", provider_id=self.vendor_provider.id)
        day = self._budget(name="Day", period_type="daily")
        self._send()
        for budget in (wide, narrow, day):
            self.assertEqual(self._spent(budget), self.COST)
        narrow.budget_amount = 0
        self.assertIn("Narrow", str(self._refused()))
        self.assertEqual(wide.reserved_amount, 0)
        self.assertEqual(self._assert_reconciled(), 3)

    def test_a_scope_counts_its_calls_and_no_others(self):
        user = self._new_user("anna")
        other = self._new_provider("Other", base_url=self.vendor.url)
        scopes = {
            "user": self._budget(user_id=user.id),
            "provider": self._budget(provider_id=other.id),
            "agent": self._budget(agent_type="Router", count_untagged=False),
            "module": self._budget(module="crm", count_untagged=False),
            "mix": self._budget(module="crm", user_id=user.id, count_untagged=False),
            "task": self._budget(task_type="embedding"),
        }
        self._send(environment={"module": "CRM", "agent_type": "router"})
        self._send(user=user)
        self._send(user=user, config=other, environment={"module": "crm"})
        counts = {name: self._spent(b) / self.COST for name, b in scopes.items()}
        self.assertEqual(
            counts, {"user": 2, "provider": 1, "agent": 1, "module": 2, "mix": 1, "task": 0}
        )
        self._assert_reconciled()

    def test_a_budget_created_in_mid_period_counts_what_is_spent(self):
        self._send()
        self._send()
        budget = self._budget()
        self.assertEqual(self._spent(budget), 2 * self.COST)
        self._send()
        self.assertEqual(self._spent(budget), 3 * self.COST)
        self._assert_reconciled()

    def test_a_budget_created_during_a_call_counts_it_too(self):
        call, attempt = self._reserve("What is due?", max_tokens=100)
        budget = self._budget()
        period = self.env["ai.cost.budget.period"]
        period._sync(budget.ids, budget._today())
        budget.invalidate_recordset()
        self.assertEqual(Decimal(repr(budget.reserved_amount)), attempt.held_usd)
        self.service._release(call, attempt)
        budget.invalidate_recordset()
        self.assertEqual(budget.reserved_amount, 0)
        self._assert_reconciled()

    def test_changes_in_mid_period_keep_the_counters_right(self):
        user = self._new_user("anna")
        budget = self._budget()
        self._send()
        self._send(user=user)
        budget.user_id = user
        self._send(user=user)
        self._send()
        self.assertEqual(self._spent(budget), 2 * self.COST)
        budget.active = False
        self._send(user=user)
        budget.active = True
        self.assertEqual(self._spent(budget), 3 * self.COST)
        budget.period_type = "weekly"
        self._send(user=user)
        self.assertEqual(self._spent(budget), 4 * self.COST)
        budget.write({"user_id": False, "period_type": "daily"})
        self._send()
        self.assertEqual(self._spent(budget), 7 * self.COST)
        self._assert_reconciled()

    def test_lowering_below_what_is_spent_blocks_at_once_and_raising_frees(self):
        budget = self._budget()
        self._send()
        budget.budget_amount = 0.00001
        self._refused()
        self.assertEqual(budget.status, "block")
        budget.action_raise(0.5)
        self._send()
        budget.invalidate_recordset()
        self.assertEqual(budget.current_amount, 0.50001)
        self.assertIn("0.50", budget.message_ids[0].body)

    def test_a_raise_lasts_for_its_period_only(self):
        with freeze_time("2026-05-31 22:00:00"):
            budget = self._budget(budget_amount=0.0)
            budget.action_raise(1)
            self._send()
        with freeze_time("2026-06-01 01:00:00"):
            self._refused()

    def test_an_archived_budget_limits_nothing(self):
        budget = self._budget(budget_amount=0)
        self._refused()
        budget.active = False
        self._send()

    def test_the_request_limit(self):
        budget = self._budget(per_request_limit=0.0005)
        error = self._refused(max_tokens=1000)
        self.assertIn("a request", str(error))
        self.assertIn("$0.0005", str(error))
        self._send(max_tokens=100)
        self.assertEqual(self._spent(budget), self.COST)

    def test_max_tokens_is_lowered_where_the_company_allows_it(self):
        budget = self._budget(per_request_limit=0.0005)
        self._refused(max_tokens=1000)
        self.company.ai_lower_max_tokens = True
        result = self._send(max_tokens=1000)
        sent = self.vendor.requests[-1][1]
        limit = sent.get("max_tokens") or sent.get("max_completion_tokens")
        self.assertTrue(200 <= limit < 250, limit)
        self.assertIn(str(limit), result["notices"][0])
        self.assertEqual(self._spent(budget), self.COST)
        self.assertEqual(len(result["notices"]), 1)
        budget.per_request_limit = 0.00005  # not even a short answer fits
        self._refused(max_tokens=1000)

    def test_no_way_round_it(self):
        budget = self._budget(module="crm", budget_amount=0)
        user = self._new_user("anna")
        cron_user = self.env.ref("base.user_root")
        for options in (
            {"environment": {"module": "crm"}},
            {"environment": {"module": "Crm"}},
            {"environment": {}},
            {"mode": "passthrough"},
            {"mode": "smart_router"},
            {"user": user},
            {"user": cron_user},
            {"config": self._new_provider("Other", base_url=self.vendor.url)},
        ):
            with self.subTest(options=options):
                self._refused(**options)
        error = self._fails(
            BudgetExceededError,
            self.service.with_user(user).sudo().send_message,
            "Hi",
            config=self.vendor_provider,
        )
        self.assertEqual(error.details["budget_id"], budget.id)
        self._send(environment={"module": "stock"})

    def test_without_max_tokens_the_default_is_held_and_bad_ones_are_refused(self):
        self._budget(budget_amount=0.0019)
        self.vendor_provider.default_max_tokens = 1000  # $0.002 of output alone
        self._refused()
        for bad in (-5, 0, 10**9):
            with self.assertRaises(InvalidCallError) as caught:
                self._send(max_tokens=bad)
            self.assertIn("max_tokens", str(caught.exception))
        self._send(max_tokens=50)

    def test_a_failed_call_gives_everything_back(self):
        budget = self._budget()
        self.vendor.script[:] = [(400, {"error": {"message": "no"}})]
        with self.assertRaises(ProviderCallError):
            self._send()
        self.assertEqual((self._spent(budget), budget.reserved_amount), (0, 0))
        self._assert_reconciled()

    def test_an_answer_without_usage_counts_at_its_worst_case(self):
        budget = self._budget()
        body = answer()
        del body["usage"]
        self.vendor.script[:] = [(200, body)]
        result = self._send(max_tokens=100)
        self.assertEqual(result["state"], "uncertain")
        self.assertGreater(self._spent(budget), 10 * self.COST - self.COST)
        self._assert_reconciled()

    def test_a_dead_worker_gives_back_or_counts_the_worst_case(self):
        budget = self._budget()
        _call, unsent = self._reserve("What is due?", max_tokens=50)
        _call, sent = self._reserve("What is due?", max_tokens=100)
        self._mark_unsent(unsent)
        budget.invalidate_recordset()
        self.assertEqual(Decimal(repr(budget.reserved_amount)), unsent.held_usd + sent.held_usd)
        self.env["ai.cost.reservation"].flush_model()
        self.env.cr.execute("UPDATE ai_cost_reservation SET expires_at = '2000-01-01'")
        self.env["ai.cost.reservation"]._cron_reap()
        self.assertEqual(self._spent(budget), sent.held_usd)
        self.assertEqual(budget.reserved_amount, 0)
        self._assert_reconciled()

    def test_a_late_answer_corrects_what_the_reaper_counted(self):
        budget = self._budget()
        real = type(self.service)._send

        def die_for_a_while(service, call, attempt):
            service.env.cr.execute("UPDATE ai_cost_reservation SET expires_at = '2000-01-01'")
            service.env["ai.cost.reservation"]._cron_reap()
            self.assertEqual(self._spent(budget), attempt.held_usd)
            return real(service, call, attempt)

        self.patch(type(self.service), "_send", die_for_a_while)
        self._send(max_tokens=100)
        self.assertEqual(self._spent(budget), self.COST)
        self._assert_reconciled()

    def test_reconciling_finds_says_and_mends_a_difference(self):
        budget = self._budget()
        self._send()
        self.env.cr.execute("UPDATE ai_cost_budget_period SET spent = 7, reserved = 1")
        with mute_logger("odoo.addons.ai_brain.models.budget.ai_cost_budget_period"):
            found = self.env["ai.cost.budget.period"]._reconcile()
        self.assertEqual(found["differing"][0]["budget"], budget.name)
        self.assertEqual(Decimal(found["differing"][0]["ledger"]), self.COST)
        self._assert_reconciled()
        self.assertEqual(self._spent(budget), self.COST)


@tagged("post_install", "-at_install", "every_series")
class TestBudgetPeriods(BudgetCase):
    def test_a_day_ends_at_midnight_in_the_companys_time_zone(self):
        self.company.ai_timezone = "America/New_York"
        with freeze_time("2026-03-10 03:59:00"):  # 23:59 on March 9
            budget = self._budget(period_type="daily")
            self._send()
            self.assertEqual(budget.period_start, date(2026, 3, 9))
            self.assertEqual(fields.Datetime.to_string(budget.resets_at), "2026-03-10 04:00:00")
        with freeze_time("2026-03-10 04:00:01"):
            budget.invalidate_recordset()
            self.assertEqual(self._spent(budget), 0)
            self._send()
            self.assertEqual(self._spent(budget), self.COST)
            self._assert_reconciled()
        self.assertEqual(len(budget.period_ids), 2)

    def test_a_call_counts_on_the_day_on_which_it_was_reserved(self):
        with freeze_time("2026-03-10 23:59:59"):
            budget = self._budget(period_type="daily")
            call, attempt = self._reserve("Hi", max_tokens=50)
        with freeze_time("2026-03-11 00:00:03"):
            self._send()
            self.service._settle(call, attempt)  # without an answer: uncertain
            self._assert_reconciled()
        self.env.invalidate_all()
        spent = {p.date_from.day: Decimal(repr(p.spent)) for p in budget.period_ids}
        self.assertEqual(spent, {10: attempt.held_usd, 11: self.COST})
        self.env.cr.execute(
            "SELECT local_date FROM ai_token_usage WHERE id = %s", (attempt.token_usage_id,)
        )
        self.assertEqual(self.env.cr.fetchone()[0], date(2026, 3, 10))

    def test_dates_given_by_hand(self):
        with freeze_time("2026-06-10 12:00:00"):
            budget = self._budget(
                period_type="custom",
                date_start="2026-06-10",
                date_end="2026-06-11",
                budget_amount=0.0,
            )
            said = "The budget runs until 06/11/2026 and does not reset. Ask "
            self.assertIn(said, str(self._refused()))
            self.assertIn(said, self.budgets.check_budget(1)["reason"])
        with freeze_time("2026-06-12 00:00:01"):
            self._send()
            budget.date_end = "2026-06-20"
            self._refused()
            budget.budget_amount = 1
            self._send()
            self.assertEqual(self._spent(budget), 2 * self.COST)
            self._assert_reconciled()

    def test_overlapping_budgets_of_one_scope_are_refused(self):
        self._budget(name="First", module="crm")
        for vals in ({"module": "CRM"}, {"module": " crm "}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(ValidationError, "First"),
                self.env.cr.savepoint(),
            ):
                self._budget(**vals)
        self._budget(module="crm", period_type="daily")
        self._budget(module="stock")
        dates = {"period_type": "custom", "date_start": "2026-01-01", "date_end": "2026-01-31"}
        custom = self._budget(**dates)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._budget(**{**dates, "date_start": "2026-01-31", "date_end": "2026-02-05"})
        self._budget(**{**dates, "date_start": "2026-02-01", "date_end": "2026-02-05"})
        custom.active = False
        self._budget(**dates)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            custom.active = True

    def test_bad_values_are_refused_with_a_message(self):
        for vals, part in (
            ({"alert_thresholds": ["fifty"]}, "number"),
            ({"alert_thresholds": [50, 120]}, "100"),
            ({"alert_thresholds": [80, 50]}, "rise"),
            ({"alert_thresholds": [50, 50]}, "twice"),
            ({"alert_thresholds": {"a": 1}}, "list"),
            ({"alert_thresholds": "50, x"}, "number"),
            ({"block_at_threshold": 120}, "100"),
            ({"auto_switch_at_threshold": -1}, "0"),
            ({"budget_amount": -1}, "below 0"),
            ({"per_request_limit": -1}, "below 0"),
            ({"period_type": "custom"}, "day"),
            (
                {"period_type": "custom", "date_start": "2026-02-01", "date_end": "2026-01-01"},
                "before",
            ),
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(ValidationError, part),
                self.env.cr.savepoint(),
            ):
                self._budget(**vals)

    def test_a_copy_begins_in_the_archive(self):
        budget = self._budget(raised_amount=1)
        copy = budget.copy()
        self.assertEqual((copy.active, copy.name), (False, "Test budget (copy)"))
        self.assertTrue(budget.copy({"module": "crm", "active": True}).active)

    def test_thresholds_may_be_typed(self):
        self.assertEqual(self._budget(alert_thresholds="50, 99.5%").alert_thresholds, [50, 99.5])

    def test_a_budget_in_the_companys_currency_counts_at_the_rate_of_the_day(self):
        euro = self.env.ref("base.EUR")
        company = self.env["res.company"].create(
            {"name": "Euro Company", "currency_id": euro.id, "ai_timezone": "UTC"}
        )
        self.env.user.company_ids |= company
        self.vendor_provider.company_id = False
        self.env["res.currency.rate"].search([("currency_id", "=", euro.id)]).unlink()
        usd = self.env.ref("base.USD")
        self.env["res.currency.rate"].search([("currency_id", "=", usd.id)]).unlink()
        with self.assertRaisesRegex(ValidationError, "rate of USD"), self.env.cr.savepoint():
            self._budget(company_id=company.id, currency_id=euro.id)
        inactive = self._budget(company_id=company.id, currency_id=euro.id, active=False)
        service = self.service.with_company(company)
        service.send_message("Before there was a rate", config=self.vendor_provider)
        self.env["res.currency.rate"].create(
            {
                "currency_id": usd.id,
                "company_id": company.id,
                "name": fields.Date.today() - timedelta(days=3),
                "rate": 1.25,
            }
        )
        inactive.active = True
        service.send_message("With a rate", config=self.vendor_provider)
        self.assertEqual(self._spent(inactive), 2 * self.COST / Decimal("1.25"))
        inactive.currency_id = usd
        service.send_message("In dollars", config=self.vendor_provider)
        self.assertEqual(self._spent(inactive), 3 * self.COST)
        self._assert_reconciled()
        with self.assertRaisesRegex(ValidationError, "USD or"), self.env.cr.savepoint():
            inactive.currency_id = self.env.ref("base.GBP")

    def test_a_deleted_rate_is_an_ai_error_in_a_call_and_breaks_no_page(self):
        euro = self.env.ref("base.EUR")
        company = self.env["res.company"].create(
            {"name": "Euro Company", "currency_id": euro.id, "ai_timezone": "UTC"}
        )
        self.env.user.company_ids |= company
        self.vendor_provider.company_id = False
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "in", (euro | self.env.ref("base.USD")).ids)]).unlink()
        rate = rates.create(
            {
                "currency_id": self.env.ref("base.USD").id,
                "company_id": company.id,
                "name": fields.Date.today() - timedelta(days=3),
                "rate": 1.25,
            }
        )
        budget = self._budget(company_id=company.id, currency_id=euro.id, budget_amount=1)
        budget = budget.with_company(company)
        service = self.service.with_company(company)
        service.send_message("With a rate", config=self.vendor_provider)
        spent = self.COST / Decimal("1.25")
        rate.unlink()
        service.send_message("The period has its rate", config=self.vendor_provider)
        self.assertTrue(budget.check_budget(0.1)["allowed"])
        budget.invalidate_recordset()
        self.assertEqual(self._spent(budget), 2 * spent)
        budget.budget_amount = 0.000001
        error = self._fails(
            AiError, service.send_message, "Changed since", config=self.vendor_provider
        )
        self.assertIn("there is no rate of USD", str(error))
        told = budget.check_budget(0.1)
        self.assertEqual((told["allowed"], told["reason"]), (False, str(error)))
        self.env.invalidate_all()
        self.assertAlmostEqual(budget.current_spend, float(2 * spent), 12)
        self.assertEqual(budget.status, "block")
        self.assertTrue(budget.forecast()["message"])
        self.budgets._alerts_due()
        self.assertIn("there is no rate of USD", budget._rate_note())

    def test_a_period_whose_rate_was_deleted_still_refuses_in_words(self):
        euro = self.env.ref("base.EUR")
        company = self.env["res.company"].create({"name": "Euro Co", "currency_id": euro.id})
        self.env.user.company_ids |= company
        self.vendor_provider.company_id = False
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "in", (euro | self.env.ref("base.USD")).ids)]).unlink()
        rate = rates.create(
            {"currency_id": euro.id, "company_id": company.id, "name": "2020-01-01", "rate": 0.5}
        )
        ask = {"config": self.vendor_provider, "max_tokens": 1000}
        self._budget(company_id=company.id, currency_id=euro.id, budget_amount=0.0015)
        service = self.service.with_company(company)
        service.send_message("Fits", **ask)
        rate.unlink()
        error = self._fails(BudgetExceededError, service.send_message, "word " * 1500, **ask)
        self.assertEqual(error.details["currency"], "EUR")
        self.assertEqual(error.details["limit_usd"], 2 * error.details["limit"])


@tagged("post_install", "-at_install", "every_series")
class TestBudgetPeople(BudgetCase):
    def test_users_see_their_own_budget_and_managers_all(self):
        anna, boss = self._new_user("anna"), self._new_user("boss", "ai_brain.group_ai_manager")
        own, whole = self._budget(user_id=anna.id), self._budget()
        seen = self.budgets.with_user(anna).search([])
        self.assertEqual(seen, own)
        self.assertEqual(self.budgets.with_user(boss).search([]), own | whole)
        with self.assertRaises(AccessError):
            own.with_user(anna).write({"budget_amount": 10**6})
        with self.assertRaises(AccessError):
            own.with_user(anna).action_raise(5)
        own.with_user(boss).action_raise(5)
        self.assertEqual(own.with_user(anna).forecast()["amount"], 6.0)
        with self.assertRaises(AccessError):
            whole.with_user(anna).forecast()

    def test_a_manager_of_another_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        boss = self._new_user(
            "boss",
            "ai_brain.group_ai_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        budget = self._budget()
        theirs = self.budgets.with_user(boss).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", budget.id)]))

    def test_an_employee_asks_for_more_once(self):
        anna = self._new_user("anna")
        owner = self._new_user("boss", "ai_brain.group_ai_manager")
        budget = self._budget(budget_amount=0, owner_id=owner.id)
        refusal = self._refused(user=anna)
        ask = self.budgets.with_user(anna).request_more
        ask(refusal.details["budget_id"], "for the fair")
        ask(refusal.details["budget_id"], "please")
        activity = budget.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, owner))
        self.assertIn("anna", activity.summary)
        with self.assertRaises(AccessError):
            ask(self._budget(user_id=owner.id).id)

    def test_check_budget_tells_and_holds_nothing(self):
        self._budget(name="Month", budget_amount=1)
        self._budget(name="Day", period_type="daily", budget_amount=0.5, per_request_limit=0.4)
        self.assertTrue(self.budgets.check_budget()["allowed"])
        self.assertTrue(self.budgets.check_budget(0.3)["allowed"])
        asked = self.budgets.check_budget(0.45)
        self.assertFalse(asked["allowed"])
        self.assertIn("Day", asked["reason"])
        self.assertEqual([b["allowed"] for b in asked["budgets"]], [False, True])
        self.assertEqual(asked["budgets"][1]["remaining"], 1.0)
        with self.assertRaises(ValidationError):
            self.budgets.check_budget(-1)

    def test_settings_out_of_range_are_refused(self):
        for vals in (
            {"ai_budget_wait_s": 100},
            {"ai_alert_success_percent": 120},
            {"ai_user_daily_usd": -1},
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.company.write(vals)


@tagged("post_install", "-at_install")
class TestHoldsThatLearn(BudgetCase):
    """A vendor bills more than was estimated: that happens once."""

    def _bills(self, times):
        """The vendor bills for a hidden system prompt."""
        self.vendor.script[:] = [(200, answer("Ten.", 10_000, 5))] * times

    def _held(self):
        return self._reserve("What is due?", max_tokens=100)[1].held_usd

    def test_the_next_call_holds_as_much_more_as_the_last_was_billed(self):
        estimate = self._held()
        self._bills(1)
        paid = self._send(max_tokens=100)
        raised = self._held()
        self.assertGreaterEqual(raised, Decimal(repr(paid["cost_usd"])))
        self.assertLess(raised, Decimal(repr(paid["cost_usd"])) * Decimal("1.001"))
        self.assertGreater(raised, 20 * estimate)
        self.assertGreater(self.vendor_provider.hold_factor, 20)
        # of the provider and model that billed it, and of no other
        other = self._new_provider("Other", base_url=self.vendor.url)
        self.assertEqual(self._reserve("What is due?", other, max_tokens=100)[1].held_usd, estimate)

    def test_a_budget_is_overspent_once(self):
        budget = self._budget(budget_amount=0.015)
        self._bills(2)
        self._send(max_tokens=100)
        self._refused(max_tokens=100)
        self.assertEqual(self._spent(budget), Decimal("0.01001"))
        self._assert_reconciled()

    def test_what_is_held_is_given_back_to_the_last_digit(self):
        budget = self._budget(budget_amount=5)
        self._bills(3)
        for _time in range(3):
            self._send(max_tokens=100)
        budget.invalidate_recordset()
        self.assertEqual(budget.reserved_amount, 0)
        self.assertEqual(self._spent(budget), 3 * Decimal("0.01001"))
        self._assert_reconciled()

    def test_it_is_forgotten_by_a_click_and_after_500_calls(self):
        estimate = self._held()
        self._bills(1)
        self._send(max_tokens=100)
        self._send(max_tokens=100)
        overrun = self.env["ai.hold.overrun"].search([])
        self.assertEqual(overrun.calls_since, 1)
        self.env.cr.execute("UPDATE ai_hold_overrun SET calls_since = 500")
        self.assertEqual(self._held(), estimate)
        self.env.cr.execute("UPDATE ai_hold_overrun SET calls_since = 3")
        self.assertGreater(self._held(), estimate)
        self.vendor_provider.action_forget_overruns()
        self.assertEqual(self._held(), estimate)
        self.assertEqual(self.vendor_provider.hold_factor, 1)
