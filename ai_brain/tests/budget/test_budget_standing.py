from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, tagged

from ..common import answer
from .test_budget_each import EachCase


@tagged("post_install", "-at_install", "every_series")
class TestRemaining(EachCase):
    """What is left stands in every answer."""

    def test_the_tightest_budget_that_applied(self):
        self.assertIsNone(self._send()["remaining_usd"])
        self._budget(name="Month", budget_amount=0.01)
        day = self._budget(name="Day", budget_amount=0.008, period_type="daily")
        left = Decimal("0.008") - 2 * self.COST
        self.assertEqual(self._send()["remaining_usd"], float(left))
        day.block_at_threshold = 50
        self.assertEqual(self._send()["remaining_usd"], float(left - self.COST - Decimal("0.004")))
        day.active = False
        self.assertEqual(self._send()["remaining_usd"], float(Decimal("0.01") - 4 * self.COST))

    def test_what_never_blocks_or_is_another_s_does_not_count(self):
        self._budget(block_at_threshold=0, budget_amount=0.001)
        self._budget(user_id=self.boris.id, budget_amount=0.001)
        self.assertIsNone(self._send(user=self.anna)["remaining_usd"])

    def test_each_person_s_own_part(self):
        self._budget(each="user")
        self._send(user=self.anna)
        left = self._send(user=self.boris)["remaining_usd"]
        self.assertEqual(left, float(1 - self.COST))

    def test_what_calls_under_way_hold_is_taken_off_and_it_is_never_below_0(self):
        budget = self._budget()
        _call, attempt = self._reserve(max_tokens=100)
        left = self._send()["remaining_usd"]
        self.assertEqual(left, float(1 - self.COST - attempt.held_usd))
        self.vendor.script[:] = [(200, answer(prompt_tokens=10**7))]
        self.assertEqual(self._send()["remaining_usd"], 0)
        self.assertGreater(self._spent(budget), 1)

    def test_in_streams_and_keyed_calls_too(self):
        self._budget()
        done = list(self.service.stream_message("Hi", config=self.provider))[-1]["result"]
        self.assertEqual(done["remaining_usd"], 1 - done["cost_usd"])
        keyed = self._send(idempotency_key="k1")
        self.assertEqual(keyed["remaining_usd"], 1 - done["cost_usd"] - float(self.COST))
        again = self._send(idempotency_key="k1")
        self.assertEqual(again["remaining_usd"], keyed["remaining_usd"])

    def test_in_usd_whatever_the_budget_s_currency(self):
        euro = self.env.ref("base.EUR")
        company = self.env["res.company"].create(
            {"name": "Euro Company", "currency_id": euro.id, "ai_timezone": "UTC"}
        )
        self.env.user.company_ids |= company
        self.vendor_provider.company_id = False
        usd = self.env.ref("base.USD")
        currencies = (euro | usd).ids
        self.env["res.currency.rate"].search([("currency_id", "in", currencies)]).unlink()
        self.env["res.currency.rate"].create(
            {"currency_id": usd.id, "company_id": company.id, "name": "2020-01-01", "rate": 1.25}
        )
        self._budget(company_id=company.id, currency_id=euro.id, budget_amount=0.8)
        service = self.service.with_company(company)
        result = service.send_message("Hi", config=self.vendor_provider)
        self.assertAlmostEqual(result["remaining_usd"], 1 - float(self.COST), 12)


@tagged("post_install", "-at_install", "every_series")
class TestCheckBudget(EachCase):
    def test_it_is_false_where_the_call_is_not_allowed(self):
        self._budget(budget_amount=0.5)
        for cost, allowed in ((0.4, True), (0.6, False)):
            asked = self.budgets.check_budget(cost)
            self.assertIs(bool(asked), allowed)
            self.assertIs(asked["allowed"], allowed)
            self.assertIsInstance(asked, dict)

    def test_access_comes_first(self):
        budget = self._budget()
        portal = self._new_user("portal")
        portal.groups_id = self.env.ref("base.group_portal")
        for user, records in ((portal, budget), (portal, self.budgets), (self.anna, budget)):
            with self.assertRaises(AccessError):
                records.with_user(user).check_budget()
        self.assertTrue(self._budget(each="user").with_user(self.anna).check_budget())


@tagged("post_install", "-at_install", "every_series")
class TestCheckBudgetFromOutside(HttpCase):
    """Over RPC it is a plain dict, with all that it says."""

    def test_over_json_and_xml(self):
        self.env["ai.cost.budget"].search([]).active = False
        self.env["ai.cost.budget"].create({"name": "Outside", "budget_amount": 1})
        admin = self.env.ref("base.user_admin")
        login = (self.env.cr.dbname, admin.id, "admin")
        for cost, allowed in ((0, True), (5, False)):
            asked = self.xmlrpc_object.execute_kw(
                *login, "ai.cost.budget", "check_budget", [[], cost]
            )
            self.assertIs(asked["allowed"], allowed)
            self.assertEqual(asked["budgets"][0]["name"], "Outside")
        self.authenticate("admin", "admin")
        call = {"model": "ai.cost.budget", "method": "check_budget", "args": [[], 5], "kwargs": {}}
        asked = self.make_jsonrpc_request("/web/dataset/call_kw", call)
        self.assertIs(asked["allowed"], False)
        self.assertIn("Outside", asked["reason"])


@tagged("post_install", "-at_install", "every_series")
class TestBudgetSearch(EachCase):
    def test_by_how_they_stand(self):
        calls = {"none": 0.01, "half": 0.00004, "full": 0.00002}
        made = {
            name: self._budget(
                name=name,
                budget_amount=amount,
                agent_type=name,
                count_untagged=True,
                alert_thresholds=[40],
            )
            for name, amount in calls.items()
        }
        self._budget(name="never", agent_type="never", block_at_threshold=0, budget_amount=0)
        for budget in made.values():
            budget.block_at_threshold = 0
        self._send()
        made["full"].block_at_threshold = 100
        ours = [("company_id", "=", self.company.id)]

        def found(*leaf):
            return sorted(self.budgets.search([*ours, leaf]).mapped("name"))

        self.assertEqual(found("percentage_used", ">", 50), ["full"])
        self.assertEqual(found("percentage_used", ">=", 50), ["full", "half"])
        self.assertEqual(found("percentage_used", "=", 50), ["half"])
        self.assertEqual(found("percentage_used", "!=", 50), ["full", "never", "none"])
        self.assertEqual(found("percentage_used", "<", 1), ["never", "none"])
        self.assertEqual(found("status", "=", "block"), ["full"])
        self.assertEqual(found("status", "in", ["alert", "block"]), ["full", "half"])
        self.assertEqual(found("status", "!=", "ok"), ["full", "half"])
        self.assertEqual(found("status", "not in", ["ok", "block"]), ["half"])
        with self.assertRaises(UserError):
            self.budgets.search([("status", "like", "bl")])

    def test_by_one_s_own_part(self):
        budget = self._budget(each="user", budget_amount=0.00004, block_at_threshold=0)
        self._send(user=self.anna)
        self._send(user=self.anna)
        self._send(user=self.boris)
        used = [("company_id", "=", self.company.id), ("percentage_used", ">=", 90)]
        self.assertEqual(self.budgets.with_user(self.anna).search(used), budget)
        self.assertFalse(self.budgets.with_user(self.boris).search(used))
        self.assertEqual(self.budgets.with_user(self.boss).search(used), budget)

    def test_it_takes_the_same_number_of_statements_for_5_and_for_61(self):
        counts = []
        for number in (5, 56):
            for n in range(number):
                name = f"{number}-{n}"
                self._budget(
                    name=name, agent_type=name, budget_amount=0.00001
                ).block_at_threshold = 0
            self._send()
            self.env.flush_all()
            for ask in (
                self.budgets._alerts_due,
                lambda: self.budgets.search([("status", "=", "alert")]),
                lambda: self.budgets.search([]).mapped("percentage_used"),
            ):
                self.env.invalidate_all()
                ask()  # what is asked once and kept
                self.env.invalidate_all()
                before = self.env.cr.sql_log_count
                found = ask()
                counts.append((self.env.cr.sql_log_count - before, len(found)))
        five, sixty_one = counts[:3], counts[3:]
        self.assertEqual([n for _q, n in five], [5, 5, 5])
        self.assertEqual([n for _q, n in sixty_one], [61, 61, 61])
        self.assertEqual([q for q, _n in five], [q for q, _n in sixty_one])
        self.assertLess(max(q for q, _n in counts), 8, counts)


@tagged("post_install", "-at_install", "every_series")
class TestMonthEnd(EachCase):
    def test_alert_form_and_field_say_the_same(self):
        budget = self._budget(
            budget_amount=0.0001, block_at_threshold=0, owner_id=self.boss.id, alert_thresholds=[50]
        )
        for _time in range(3):
            self._send()
        self.budgets._cron_send_alerts()
        message = budget.message_ids.filtered(lambda m: "at 50%" in (m.subject or ""))
        found = budget.forecast()
        self.assertIn("About $", found["message"])
        self.assertIn(found["message"], message.body)
        self.assertIn("The budget resets on ", message.body)
        self.assertEqual(budget.forecast_monthly, found["expected"])

    def test_in_total_the_alert_does_not_name_a_day_of_reset(self):
        budget = self._budget(
            budget_amount=0.00004,
            block_at_threshold=0,
            period_type="total",
            owner_id=self.boss.id,
            alert_thresholds=[50],
        )
        self._send()
        self.budgets._cron_send_alerts()
        message = budget.message_ids.filtered(lambda m: "at 50%" in (m.subject or ""))
        self.assertIn("The budget is a total, which does not reset.", message.body)
        self.assertIn(budget.forecast()["message"], message.body)


@tagged("post_install", "-at_install", "every_series")
class TestOfferedBudgets(EachCase):
    def test_what_is_offered(self):
        offered = {one["code"]: one for one in self.budgets.get_offered_budgets()}
        self.assertEqual(
            {
                code: (one["amount_usd"], one["resets"], one["ticked"])
                for code, one in offered.items()
            },
            {
                "person_day": (10, "daily", True),
                "person_month": (100, "monthly", True),
                "request": (0.05, "", True),
                "agent_day": (2, "daily", True),
                "person_total": (50, "", False),
            },
        )
        self.assertFalse(any(one["budget_id"] for one in offered.values()))

    def test_those_that_are_named_are_switched_on_once(self):
        boss = self.budgets.with_user(self.boss)
        made = boss.switch_on_offered({"person_day": 10, "request": 0.05})
        self.assertEqual(
            made.mapped(lambda b: (b.each, b.period_type, b.budget_amount, b.per_request_limit)),
            [("user", "daily", 10, 0), (False, "total", 0, 0.05)],
        )
        on = {one["code"]: one["budget_id"] for one in boss.get_offered_budgets()}
        self.assertEqual((on["person_day"], on["request"]), tuple(made.ids))
        self.assertFalse(on["agent_day"])
        self.assertFalse(boss.switch_on_offered({"person_day": 20}))
        self.assertEqual(made[0].budget_amount, 10)

    def test_the_limit_of_a_single_request_limits_no_sum(self):
        self.budgets.switch_on_offered({"request": 0.0005})
        error = self._refused(user=self.anna, max_tokens=1000)
        self.assertIn("$0.0005 a request", str(error))
        result = self._send(user=self.anna, max_tokens=100)
        self.assertIsNone(result["remaining_usd"])
        budget = self.budgets.search([("company_id", "=", self.company.id)])
        self.assertEqual((budget.status, budget.percentage_used), ("ok", 0))

    def test_a_request_is_limited_by_the_budget_in_total_where_there_is_one(self):
        total = self._budget(period_type="total", budget_amount=70)
        self.budgets.switch_on_offered({"request": 0.05})
        self.assertEqual((total.per_request_limit, total.budget_amount), (0.05, 70))

    def test_all_five_hold(self):
        offered = self.budgets.get_offered_budgets()
        made = self.budgets.switch_on_offered({o["code"]: o["amount_usd"] for o in offered})
        self.assertEqual(len(made), 5)
        self._send(user=self.anna, environment={"agent_type": "scout"})
        self._send(user=self.anna)
        self.assertEqual(self._assert_reconciled(), 5)  # three of anna's, scout's, the request's
        self.assertEqual(sum(made.mapped("count_untagged")), 4, "calls without an agent are none")

    def test_what_cannot_be_is_refused(self):
        for amounts in ({"nothing": 1}, {"request": 0}, {"request": "x"}, {"request": 1e300}):
            with self.subTest(amounts=amounts), self.assertRaises(ValidationError):
                self.budgets.switch_on_offered(amounts)
        for method in ("get_offered_budgets", "switch_on_offered"):
            with self.assertRaises(AccessError):
                args = [{}] if method == "switch_on_offered" else []
                getattr(self.budgets.with_user(self.anna), method)(*args)
