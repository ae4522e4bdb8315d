from datetime import date, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import answer
from .test_budget import BudgetCase


class EachCase(BudgetCase):
    def setUp(self):
        super().setUp()
        self.anna, self.boris = self._new_user("anna"), self._new_user("boris")
        self.boss = self._new_user("boss", "ai_brain.group_ai_manager")

    def _parts(self, budget):
        """Return what each subject has spent, in calls."""
        self.env.cr.execute(
            "SELECT subject, spent FROM ai_cost_budget_period WHERE budget_id = %s", budget.ids
        )
        return {name: Decimal(repr(spent)) / self.COST for name, spent in self.env.cr.fetchall()}

    def _user(self, user):
        return f"user:{user.id}"

    def _bus(self):
        """Return the list of (login, kind) of what is sent on the bus from now on."""
        sent = []
        self.patch(
            type(self.env["bus.bus"]),
            "_sendone",
            lambda _bus, target, kind, message: sent.append((target, kind, message)),
        )
        return sent


@tagged("post_install", "-at_install", "every_series")
class TestBudgetEach(EachCase):
    def test_each_person_has_the_amount_and_no_more(self):
        budget = self._budget(name="A day", each="user", period_type="daily")
        for user in (self.anna, self.anna, self.boris):
            self._send(user=user)
        self.assertEqual(self._parts(budget), {self._user(self.anna): 2, self._user(self.boris): 1})
        budget.budget_amount = float(2 * self.COST)
        error = self._refused(user=self.anna)
        self.assertIn("A day: anna", str(error))
        for part in ("$0.00004", budget.owner_id.name, "(UTC)"):
            self.assertIn(part, str(error))
        self.assertEqual(error.details["subject_name"], "anna")
        self.assertEqual(error.details["spent"], float(2 * self.COST))
        self.assertIn("A day: boris", str(self._refused(user=self.boris, max_tokens=1000)))
        self._assert_reconciled()

    def test_agents_addons_and_records_have_their_own(self):
        budgets = {each: self._budget(each=each) for each in ("agent", "module", "record")}
        self._send(environment={"agent_type": "Scout", "module": "crm", "lead_id": 7})
        self._send(environment={"agent_type": "scout", "module": "CRM", "lead_id": 8})
        self._send(environment={"agent_type": "writer"})
        self._send()
        self.assertEqual(self._parts(budgets["agent"]), {"agent:scout": 2, "agent:writer": 1})
        self.assertEqual(self._parts(budgets["module"]), {"module:crm": 2})
        self.assertEqual(
            self._parts(budgets["record"]), {"record:crm.lead,7": 1, "record:crm.lead,8": 1}
        )
        budgets["record"].budget_amount = 0.0001  # a short call may cost $0.000085
        self.assertIn("crm.lead 7", str(self._refused(environment={"lead_id": 7}, max_tokens=5)))
        self._send(environment={"lead_id": 9}, max_tokens=5)
        self._assert_reconciled()

    def test_calls_without_a_tag_share_a_part_only_where_that_is_wanted(self):
        budget = self._budget(each="agent", count_untagged=True)
        self._send()
        self._send(user=self.anna)
        self._send(environment={"agent_type": "scout"})
        self.assertEqual(self._parts(budget), {"agent:": 2, "agent:scout": 1})
        budget.invalidate_recordset()
        self.assertEqual(budget.period_ids.sorted("subject")[0].subject_name, "No agent")
        budget.count_untagged = False
        self.env["ai.cost.budget.period"]._sync(budget.ids, budget._today())
        self.assertEqual(self._parts(budget), {"agent:scout": 1})
        self._assert_reconciled()

    def test_a_budget_made_in_mid_period_counts_what_each_has_spent(self):
        for user in (self.anna, self.anna, self.boris):
            self._send(user=user)
        budget = self._budget(each="user", budget_amount=1)
        self.assertEqual(self._spent(budget), 2 * self.COST, "of who has used most")
        self.env["ai.cost.budget.period"]._sync(budget.ids, budget._today())
        self.assertEqual(self._parts(budget), {self._user(self.anna): 2, self._user(self.boris): 1})
        self._send(user=self.boris)
        self.assertEqual(self._parts(budget)[self._user(self.boris)], 2)
        self._assert_reconciled()

    def test_it_is_counted_on_first_use_where_nobody_has_synced(self):
        self._send(user=self.anna)
        budget = self._budget(each="user")
        self._send(user=self.anna)
        self.assertEqual(self._parts(budget), {self._user(self.anna): 2})
        self._assert_reconciled()

    def test_a_part_made_during_a_call_counts_it(self):
        call, attempt = self._reserve(max_tokens=100)
        budget = self._budget(each="user")
        self.env["ai.cost.budget.period"]._sync(budget.ids, budget._today())
        budget.invalidate_recordset()
        self.assertEqual(Decimal(repr(budget.reserved_amount)), attempt.held_usd)
        self.service._release(call, attempt)
        budget.invalidate_recordset()
        self.assertEqual(budget.reserved_amount, 0)
        self._assert_reconciled()

    def test_changes_in_mid_period_keep_every_part_right(self):
        budget = self._budget(each="user")
        periods = self.env["ai.cost.budget.period"]
        self._send(user=self.anna, environment={"agent_type": "scout"})
        self._send(user=self.boris)
        for vals, parts in (
            ({"budget_amount": 5}, {self._user(self.anna): 1, self._user(self.boris): 1}),
            ({"each": "agent", "count_untagged": False}, {"agent:scout": 1}),
            ({"each": False, "user_id": self.boris.id}, {"": 1}),
            ({"each": "user", "user_id": False, "period_type": "daily"}, None),
        ):
            budget.write(vals)
            periods._sync(budget.ids, budget._today())
            expected = parts or {self._user(self.anna): 1, self._user(self.boris): 1}
            self.assertEqual(self._parts(budget), expected, vals)
            self._assert_reconciled()
        self._send(user=self.anna)
        self.assertEqual(self._parts(budget)[self._user(self.anna)], 2)
        self._assert_reconciled()

    def test_what_was_before_limits_nobody_once_it_is_for_each(self):
        """Also where the sync after the commit failed: the next call finds it out."""
        budget = self._budget(budget_amount=0.0001, block_at_threshold=0)
        for _time in range(6):
            self._send(user=self.anna)
        budget.write({"each": "user", "block_at_threshold": 100})
        self._send(user=self.boris, max_tokens=5)
        self.assertEqual(self._parts(budget), {self._user(self.boris): 1})

    def test_a_new_period_begins_with_nothing_spent(self):
        with freeze_time("2026-03-10 12:00:00"):
            budget = self._budget(each="user", period_type="daily")
            self._send(user=self.anna)
        with freeze_time("2026-03-11 12:00:00"):
            budget.invalidate_recordset()
            self.assertEqual(self._spent(budget), 0)
            self._send(user=self.anna)
            self._assert_reconciled()
        self.assertEqual(len(budget.period_ids), 2)

    def test_old_parts_and_unused_ones_go_and_nothing_is_lost(self):
        with freeze_time("2026-03-10 12:00:00"):
            budget = self._budget(each="user", period_type="daily")
            whole = self._budget(period_type="daily")
            total = self._budget(each="user", period_type="total")
            self._send(user=self.anna)
        with freeze_time("2026-03-12 12:00:00"):
            self._send(user=self.anna)
        self.env["ai.cost.budget.period"]._sync([budget.id], date(2026, 3, 12), ["user:1"])
        with freeze_time("2026-05-10 12:00:00"):
            self.env["ai.cost.budget.period"]._gc_subjects()
        self.assertEqual(budget.period_ids.mapped("date_from"), [date(2026, 3, 12)])
        self.assertEqual(budget.period_ids.user_id, self.anna)
        self.assertEqual(len(whole.period_ids), 2, "a budget's own history stays")
        self.assertEqual(self._parts(total), {self._user(self.anna): 2})

    def test_who_is_deleted_leaves_no_part(self):
        budget = self._budget(each="user")
        self._send(user=self.anna)
        self.anna.unlink()
        self.assertEqual(self._parts(budget), {})
        self._assert_reconciled()

    def test_an_archived_budget_limits_nobody(self):
        budget = self._budget(each="user", budget_amount=0)
        self._refused(user=self.anna)
        budget.active = False
        self._send(user=self.anna)

    def test_a_raise_is_for_each(self):
        budget = self._budget(each="user", budget_amount=0)
        self._refused(user=self.anna)
        budget.action_raise(1)
        self._send(user=self.anna)
        self._send(user=self.boris)

    def test_what_cannot_be_is_refused(self):
        for vals in (
            {"each": "user", "user_id": self.anna.id},
            {"each": "agent", "agent_type": "scout"},
            {"each": "module", "module": "crm"},
        ):
            with self.assertRaisesRegex(ValidationError, "each"), self.env.cr.savepoint():
                self._budget(**vals)
        self._budget(each="user")
        self._budget(each="agent")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(ValidationError, "same calls"),
            self.env.cr.savepoint(),
        ):
            self._budget(name="Another", each="user")

    def test_mixed_scopes(self):
        budget = self._budget(each="user", module="crm", count_untagged=False)
        self._send(user=self.anna, environment={"module": "CRM"})
        self._send(user=self.anna)
        self.assertEqual(self._parts(budget), {self._user(self.anna): 1})
        own = self._budget(each="agent", user_id=self.anna.id)
        self._send(user=self.anna, environment={"agent_type": "scout"})
        self._send(user=self.boris, environment={"agent_type": "scout"})
        self.assertEqual(self._parts(own), {"agent:scout": 1})
        self._assert_reconciled()


@tagged("post_install", "-at_install", "every_series")
class TestBudgetEachPeople(EachCase):
    def _spent_by(self, budget, user):
        record = budget.with_user(user)
        record.invalidate_recordset()
        return Decimal(repr(record.current_spend)) / self.COST

    def test_a_person_sees_the_budget_and_his_own_part(self):
        budget = self._budget(each="user")
        for user in (self.anna, self.anna, self.anna, self.boris):
            self._send(user=user)
        self.assertEqual(self._spent_by(budget, self.anna), 3)
        self.assertEqual(self._spent_by(budget, self.boris), 1)
        self.assertEqual(self._spent_by(budget, self.boss), 3, "a manager: who has used most")
        self.assertEqual(budget.with_user(self.boss).subject_name, "anna")
        self.assertEqual(budget.with_user(self.boris).period_ids.user_id, self.boris)
        budget.invalidate_recordset()
        self.assertEqual(budget.with_user(self.boss).period_ids.user_id, self.anna | self.boris)
        self.assertEqual(budget.with_user(self.boris).forecast()["subject_name"], "boris")
        self.assertAlmostEqual(
            budget.with_user(self.boris).forecast()["spent"], float(self.COST), 9
        )
        with self.assertRaises(AccessError):
            budget.with_user(self.anna).write({"budget_amount": 10**6})

    def test_of_another_company_nothing_is_seen(self):
        other = self.env["res.company"].create({"name": "Other Company"})
        stranger = self._new_user("stranger", company_id=other.id, company_ids=[(6, 0, other.ids)])
        budget = self._budget(each="user")
        theirs = self.budgets.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertFalse(theirs.search([("id", "=", budget.id)]))

    def test_notes_are_for_those_who_manage(self):
        budget = self._budget(each="user")
        words = "anna has spent a lot"
        note = budget.message_post(body=words)
        budget.with_user(self.anna).check_access("read")
        self.assertEqual(note.with_user(self.boss).body, note.body)
        with self.assertRaises(AccessError):
            note.with_user(self.anna).read(["body"])
        activity = budget.activity_schedule(
            "mail.mail_activity_data_todo", summary="boris asks for more", user_id=self.boss.id
        )
        with self.assertRaises(AccessError):
            activity.with_user(self.anna).read(["summary"])

    def test_check_budget_is_of_the_person_who_asks(self):
        budget = self._budget(name="A day", each="user")
        self._send(user=self.anna)
        budget.budget_amount = float(self.COST)
        asked = self.budgets.with_user(self.anna).check_budget()
        self.assertFalse(asked)
        self.assertIn("A day: anna", asked["reason"])
        self.assertEqual(asked["budgets"][0]["subject_name"], "anna")
        self.assertTrue(self.budgets.with_user(self.boris).check_budget())

    def test_each_person_is_alerted_once_a_threshold(self):
        budget = self._budget(
            name="A day",
            each="user",
            budget_amount=float(10 * self.COST),
            block_at_threshold=0,
            owner_id=self.boss.id,
            alert_thresholds=[50, 100],
        )
        sent = self._bus()
        for _time in range(5):
            self._send(user=self.anna)
        self._send(user=self.boris)
        for _time in range(2):
            self.budgets._cron_send_alerts()
        alerts = self.env["ai.cost.alert"].search([("budget_id", "=", budget.id)])
        self.assertEqual(alerts.mapped("subject"), [self._user(self.anna)])
        self.assertIn("A day: anna", alerts.message)
        told = [target for target, kind, _m in sent if kind == "ai_brain.budget_alert"]
        self.assertEqual(told, [self.anna.partner_id], "the responsible hears of it at the limit")
        mail = self.env["mail.message"].search(
            [("model", "=", "ai.cost.budget"), ("res_id", "=", budget.id)], limit=1
        )
        self.assertEqual(mail.partner_ids, self.anna.partner_id)
        self.assertIn("A day: anna", mail.body)
        self.assertNotIn(mail, budget.message_ids.filtered(lambda m: m.message_type == "comment"))
        self.vendor.script[:] = [(200, answer(prompt_tokens=190))]
        self._send(user=self.boris)
        for _time in range(2):
            self.budgets._cron_send_alerts()
        alerts = self.env["ai.cost.alert"].search([("budget_id", "=", budget.id)])
        self.assertEqual(
            sorted(alerts.mapped(lambda alert: (alert.subject, alert.key))),
            sorted(
                [
                    (self._user(self.anna), "50"),
                    (self._user(self.boris), "50"),
                    (self._user(self.boris), "100"),
                ]
            ),
        )
        told = [target for target, kind, _m in sent if kind == "ai_brain.budget_alert"]
        self.assertEqual(told.count(self.boss.partner_id), 1)
        self.assertFalse(self.budgets._alerts_due())

    def test_of_agents_the_responsible_is_told(self):
        budget = self._budget(
            each="agent",
            budget_amount=float(2 * self.COST),
            block_at_threshold=0,
            owner_id=self.boss.id,
            alert_thresholds=[50],
        )
        self._send(environment={"agent_type": "scout"})
        self.budgets._cron_send_alerts()
        self.assertEqual(budget.activity_ids.user_id, self.boss)
        self.assertIn("scout", budget.activity_ids.summary)

    def test_what_is_hidden_from_a_person_is_called_by_its_number(self):
        budget = self._budget(name="A record", each="record", budget_amount=0)
        partner = self.env["res.partner"].create(
            {"name": "Secret Deal", "company_id": self.env["res.company"].create({"name": "X"}).id}
        )
        tags = {"res_model": "res.partner", "res_id": partner.id}
        error = self._refused(user=self.anna, environment=tags)
        self.assertNotIn("Secret", str(error))
        self.assertIn(str(partner.id), str(error))
        self.assertTrue(budget)


@tagged("post_install", "-at_install", "every_series")
class TestBudgetTotal(EachCase):
    def test_a_total_never_resets_and_says_so(self):
        with freeze_time("2026-03-10 12:00:00"):
            budget = self._budget(name="Pilot", period_type="total", budget_amount=0.0004)
            self._send(max_tokens=5)
        with freeze_time("2027-05-10 12:00:00"):
            self._send(max_tokens=5)
            budget.invalidate_recordset()
            self.assertEqual(self._spent(budget), 2 * self.COST)
            self.assertEqual(
                (budget.resets_at, budget.period_start, budget.period_end), (False, False, False)
            )
            error = self._refused(max_tokens=1000)
            self.assertIn("The budget is a total, which does not reset.", str(error))
            self.assertNotIn("resets on", str(error))
            self.assertIsNone(error.details["resets_at"])
            asked = self.budgets.check_budget(1)
            self.assertIn("does not reset", asked["reason"])
            self.assertIsNone(asked["budgets"][0]["resets_at"])
            self.assertEqual(len(budget.period_ids), 1)
            self._assert_reconciled()

    def test_a_total_counts_all_that_was_ever_spent(self):
        with freeze_time("2026-03-10 12:00:00"):
            self._send()
        with freeze_time("2026-06-10 12:00:00"):
            budget = self._budget(period_type="total")
            self.assertEqual(self._spent(budget), self.COST)
            self._send()
            self.assertEqual(self._spent(budget), 2 * self.COST)

    def test_in_total_for_each_person(self):
        budget = self._budget(period_type="total", each="user")
        with freeze_time("2026-03-10 12:00:00"):
            self._send(user=self.anna)
        with freeze_time("2026-06-10 12:00:00"):
            self._send(user=self.anna)
            self._send(user=self.boris)
        self.assertEqual(self._parts(budget), {self._user(self.anna): 2, self._user(self.boris): 1})
        budget.budget_amount = float(2 * self.COST)
        self.assertIn("does not reset", str(self._refused(user=self.anna)))
        self._assert_reconciled()

    def test_a_raise_stays(self):
        budget = self._budget(period_type="total", budget_amount=0)
        budget.action_raise(2)
        self.assertNotIn("until", budget.message_ids[0].body)
        with freeze_time(fields.Datetime.now() + timedelta(days=700)):
            self.assertEqual(budget._amount_on(), 2)

    def test_the_forecast_looks_90_days_ahead(self):
        budget = self._budget(period_type="total", budget_amount=1000)
        today = budget._today()
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.env.uid,
                    "task_type": "chat",
                    "local_date": today - timedelta(days=n),
                    "cost_usd": Decimal(5),
                }
                for n in range(1, 101)
            ]
        )
        found = budget.forecast()
        self.assertEqual((found["period_start"], found["period_end"]), (None, None))
        self.assertEqual(found["until"], today + timedelta(days=90))
        self.assertEqual(found["spent"], 500)
        self.assertAlmostEqual(found["expected"], 950, delta=25)
        self.assertIsNone(found["exhausted_on"])
        self.assertEqual(len(found["burn_down"]), 180)
        self.assertEqual(found["burn_down"][89]["spent"], 500)
        self.assertIsNone(found["burn_down"][0]["ideal"])
        budget.budget_amount = 700
        left = (budget.forecast()["exhausted_on"] - today).days
        self.assertAlmostEqual(left, 40, delta=4)
