from datetime import timedelta
from decimal import Decimal

from odoo.tests import tagged

from ..common import answer
from .test_budget import BudgetCase


@tagged("post_install", "-at_install")
class TestBudgetAlerts(BudgetCase):
    def setUp(self):
        super().setUp()
        self.owner = self._new_user("owner", "ai_brain.group_ai_manager", email="o@example.com")
        self.follower = self._new_user("follower", email="f@example.com")

    def _watched(self, **vals):
        vals.setdefault("alert_thresholds", [50, 80, 100])
        budget = self._budget(owner_id=self.owner.id, budget_amount=0.0001, **vals)
        budget.block_at_threshold = 0
        budget.message_subscribe(self.follower.partner_id.ids)
        return budget

    def _marks(self, budget):
        alerts = self.env["ai.cost.alert"].search([("budget_id", "=", budget.id)], order="id")
        return [float(alert.key) for alert in alerts]

    def _send_alerts(self):
        self.budgets._cron_send_alerts()

    def test_each_threshold_once_a_period(self):
        budget = self._watched()
        for calls, marks in ((2, []), (1, [50]), (1, [50, 80]), (1, [50, 80, 100]), (3, None)):
            for _ in range(calls):
                self._send()
            self._send_alerts()
            self._send_alerts()
            self.assertEqual(self._marks(budget), [50, 80, 100] if marks is None else marks)

    def test_a_call_that_jumps_over_several_alerts_each(self):
        budget = self._watched()
        self.vendor.script[:] = [(200, answer(prompt_tokens=200))]
        self._send()
        self._send_alerts()
        self.assertEqual(self._marks(budget), [50, 80, 100])
        self.assertEqual(len(budget.activity_ids), 6, "three for the owner and the follower each")

    def test_without_a_sender_the_alert_is_given_and_the_missing_address_is_named(self):
        budget = self._watched(alert_thresholds=[50])
        for _ in range(3):
            self._send()
        (self.company.partner_id | self.env.user.partner_id).email = False
        self.company.alias_domain_id = False
        self.assertFalse(self.company.default_from_email)
        with self.assertLogs("odoo.addons.ai_brain", "WARNING") as log:
            self._send_alerts()
        self.assertEqual(len(log.output), 1, log.output)
        self.assertIn("has no e-mail address", log.output[0])
        self.assertEqual(self._marks(budget), [50])
        self.assertEqual(budget.activity_ids.user_id, self.owner | self.follower)
        self.assertFalse(self.env["mail.mail"].search([("model", "=", "ai.cost.budget")]))

    def test_owner_and_followers_get_activity_mail_and_bus(self):
        budget = self._watched(alert_thresholds=[50])
        for _ in range(3):
            self._send()
        sent = []
        self.patch(
            type(self.env["bus.bus"]),
            "_sendone",
            lambda _bus, target, kind, message: sent.append((target, kind, message)),
        )
        self._send_alerts()
        self.assertEqual(budget.activity_ids.user_id, self.owner | self.follower)
        message = budget.message_ids.filtered(lambda m: "at 50%" in (m.subject or ""))
        self.assertIn(self.owner.partner_id, message.notified_partner_ids)
        self.assertIn(self.follower.partner_id, message.notified_partner_ids)
        alerts = [m for _target, kind, m in sent if kind == "ai_brain.budget_alert"]
        self.assertEqual([m["threshold"] for m in alerts], [50.0, 50.0])

    def test_a_settled_call_wakes_the_alerts_once(self):
        self._watched()
        cron = self.env.ref("ai_brain.ir_cron_budget_alerts")
        triggers = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        for _ in range(4):
            self._send()
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), triggers + 1
        )
        self._send_alerts()
        self._send()
        self.assertEqual(
            self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), triggers + 2
        )

    def test_an_alert_that_fails_does_not_fail_the_call(self):
        self._watched()
        self.patch(
            type(self.env["ir.cron"]), "_trigger", lambda *args: (_ for _ in ()).throw(ValueError)
        )
        for _ in range(4):
            self._send()

    def test_bad_thresholds_cannot_be_sent(self):
        budget = self._watched()
        for bad in (0, 101, "x"):
            with self.assertRaises(ValueError):
                budget.send_alert(bad)
        self.assertTrue(budget.send_alert(50))
        self.assertFalse(budget.send_alert(50))
        self.assertFalse(budget.send_alert(50.0))


@tagged("post_install", "-at_install")
class TestSwitch(BudgetCase):
    def setUp(self):
        super().setUp()
        self.env["ai.service.provider"].search([]).active = False
        self.vendor_provider.active = True
        self.vendor_provider.quality_score = 90
        price = {"input_usd": 0.1, "output_usd": 0.2, "valid_from": "2020-01-01"}
        self.cheap = self._new_provider(
            "Cheap", price, base_url=self.vendor.url, quality_score=90, model_name="cheap-model"
        )
        self.budget = self._budget(budget_amount=0.0002, auto_switch_at_threshold=10)

    def test_from_the_threshold_on_calls_go_to_the_cheapest_and_say_so(self):
        before = self._send(max_tokens=20, mode="passthrough")
        self.assertEqual(before["provider_id"], self.vendor_provider.id)
        after = self._send(max_tokens=20, mode="passthrough")
        self.assertEqual(after["provider_id"], self.cheap.id)
        self.assertIn("Cheap", " ".join(after["notices"]))
        row = self._row(after)
        self.assertEqual(row.provider_id, self.cheap)
        self.assertEqual(row.configured_provider_id, self.vendor_provider)
        self.assertEqual(self._spent(self.budget), self.COST + self.COST / 10)
        self._assert_reconciled()

    def test_no_provider_of_low_quality_is_switched_to(self):
        self.cheap.quality_score = 10
        for _ in range(2):
            self.assertEqual(self._send(max_tokens=20)["provider_id"], self.vendor_provider.id)

    def test_a_switch_keeps_the_latency_that_was_asked_for(self):
        self.cheap.typical_latency_ms = 9_000
        self._send(max_tokens=20)
        hurried = self._send(max_tokens=20, max_latency_ms=2_000)
        self.assertEqual(hurried["provider_id"], self.vendor_provider.id)
        patient = self._send(max_tokens=20, max_latency_ms=10_000)
        self.assertEqual(patient["provider_id"], self.cheap.id)

    def test_a_switch_that_fails_leaves_the_call_alone(self):
        self._send(max_tokens=20)
        self.patch(
            type(self.env["ai.step.budget_switch"]),
            "_cheapest_provider",
            lambda *args: (_ for _ in ()).throw(ValueError),
        )
        with self.assertLogs("odoo.addons.ai_brain.models.base.ai_step", "WARNING"):
            self.assertEqual(self._send(max_tokens=20)["provider_id"], self.vendor_provider.id)


@tagged("post_install", "-at_install")
class TestForecastAndChecks(BudgetCase):
    def _row_of(self, day, usd, **vals):
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.env.uid,
                    "provider_id": self.provider.id,
                    "task_type": "chat",
                    "local_date": day,
                    "cost_usd": Decimal(str(usd)),
                    **vals,
                }
            ]
        )

    def test_a_forecast_has_an_interval_and_a_burn_down(self):
        budget = self._budget(budget_amount=300, user_id=self.env.uid)
        today = budget._today()
        for n in range(1, 60):
            self._row_of(today - timedelta(days=n), 10)
        found = budget.forecast()
        days = (found["period_end"] - found["period_start"]).days + 1
        self.assertEqual(len(found["burn_down"]), days)
        self.assertLessEqual(found["low"], found["expected"])
        self.assertLessEqual(found["expected"], found["high"])
        self.assertAlmostEqual(found["expected"], 10 * days, delta=15)
        self.assertEqual(found["confidence"], "high")
        self.assertAlmostEqual(budget.forecast_monthly, found["expected"], delta=5)
        budget.budget_amount = 120
        exhausted = budget.forecast()["exhausted_on"]
        self.assertEqual((exhausted - found["period_start"]).days + 1, 12)

    def test_a_forecast_of_nothing_says_so(self):
        found = self._budget(user_id=self._new_user("anna").id).forecast()
        self.assertEqual((found["expected"], found["confidence"]), (0, "none"))
        self.assertIn("Nothing", found["message"])

    def test_unusual_spend_is_told_once(self):
        yesterday = self.company._ai_local_date() - timedelta(days=1)
        for n in range(1, 45):
            self._row_of(yesterday - timedelta(days=n), 10 + n % 3, module="crm")
        self._row_of(yesterday, 100, module="crm")
        alerts = self.env["ai.cost.alert"]
        for _ in range(2):
            self.budgets._cron_daily_check()
        found = alerts.search([("kind", "=", "anomaly"), ("company_id", "=", self.company.id)])
        self.assertEqual(
            {alert.key.split(":")[0] for alert in found}, {"company", "user_id", "module"}
        )
        self.assertIn("$100.00", found[0].message)
        self.assertEqual(len(found), 3)

    def test_unusual_spend_names_its_cause_and_what_it_cost_above_the_usual(self):
        yesterday = self.company._ai_local_date() - timedelta(days=1)
        anna, partner = self._new_user("anna"), self.env["res.partner"].create({"name": "Oak Ltd"})
        record = {"res_model": "res.partner", "res_id": partner.id}
        self.env["ir.module.module"].search([("name", "=", "purchase")]).shortdesc = "Buying"
        for n in range(1, 45):
            self._row_of(yesterday - timedelta(days=n), 10, module="crm", agent_type="digest")
            self._row_of(yesterday - timedelta(days=n), 2, module="sale", user_id=anna.id)
        self._row_of(yesterday, 10, module="crm", agent_type="digest")
        self._row_of(yesterday, 2, module="sale", user_id=anna.id)
        for more, name in (
            ({"module": "crm", "agent_type": "scraper"}, "by the agent “scraper”."),
            ({"module": "purchase"}, "by the addon “Buying”."),
            ({"module": "crm", "user_id": anna.id}, f"by {anna.display_name}."),
            ({"module": "crm", **record}, f"for the record “Contact {partner.id}”."),
        ):
            with self.subTest(name), self.env.cr.savepoint() as undone:
                self._row_of(yesterday, 90, **more)
                said = dict(self.budgets._unusual_spend(self.company, yesterday))
                whole = said[f"company:{self.company.id}"](self.budgets)
                self.assertIn("$102.00, where about $12.00 is usual.", whole)
                self.assertTrue(
                    whole.endswith(f"That is $90.00 above the usual, of which $90.00 {name}"),
                    whole,
                )
                undone.rollback()

    def test_a_company_s_burst_is_told_however_many_people_are_looked_at(self):
        yesterday = self.company._ai_local_date() - timedelta(days=1)
        people = [self._new_user(f"person{n}") for n in range(12)]
        for n in range(1, 57):  # spend that comes in bursts, of up to twice and a half the usual
            for person in people:
                usd = (10, 20, 8, 30, 12, 9, 25)[n % 7] / len(people)
                self._row_of(yesterday - timedelta(days=n), usd, user_id=person.id)
        for person in people:
            self._row_of(yesterday, 60 / len(people), user_id=person.id)
        told = [key for key, _words in self.budgets._unusual_spend(self.company, yesterday)]
        self.assertEqual(told, [f"company:{self.company.id}"])

    def test_an_ordinary_day_is_not_unusual(self):
        yesterday = self.company._ai_local_date() - timedelta(days=1)
        for n in range(45):
            self._row_of(yesterday - timedelta(days=n), 10 + n % 3)
        self.assertEqual(self.budgets._unusual_spend(self.company, yesterday), [])
