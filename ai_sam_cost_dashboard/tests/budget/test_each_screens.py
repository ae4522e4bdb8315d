from decimal import Decimal

from odoo.tests import Form, TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install", "every_series")
class TestEachScreens(TransactionCase):
    """What a manager and a person see of a budget for each person, and of one in total."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Charted"})
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.anna, cls.boris = (
            new_test_user(cls.env, login, "base.group_user", name=login.title(), **companies)
            for login in ("anna", "boris")
        )
        cls.boss = new_test_user(
            cls.env, "boss", "base.group_user,ai_brain.group_ai_manager", **companies
        )
        cls.budget = cls._new(name="Day", each="user", period_type="daily", budget_amount=10)
        cls.today = cls.company._ai_local_date()
        for user, cost in ((cls.anna, "8.2"), (cls.boris, "1.5")):
            cls.env["ai.token.usage"].sudo()._insert(
                [
                    {
                        "company_id": cls.company.id,
                        "user_id": user.id,
                        "local_date": cls.today,
                        "cost_usd": Decimal(cost),
                        "task_type": "chat",
                    }
                ]
            )

    @classmethod
    def _new(cls, **values):
        usd = cls.env.ref("base.USD").id
        return cls.env["ai.cost.budget"].create(
            {"company_id": cls.company.id, "currency_id": usd, **values}
        )

    def as_seen_by(self, user):
        self.budget.invalidate_recordset()
        return self.budget.with_user(user).with_company(self.company)

    def test_a_manager_sees_who_has_used_most(self):
        seen = self.as_seen_by(self.boss)
        self.assertEqual(seen.spent_text, "Anna: $8.20 of $10.00")
        self.assertEqual((seen.subject_name, seen.percentage_used), ("Anna", 82))
        self.assertEqual(seen.scope_text, "each person · Charted")
        self.assertEqual(seen.spend_chart["values"][-1], 9.7)

    def test_a_person_sees_his_own_part_alone(self):
        seen = self.as_seen_by(self.boris)
        self.assertEqual(seen.spent_text, "$1.50 of $10.00")
        self.assertEqual(seen.percentage_used, 15)
        self.assertEqual(seen.spend_chart["values"][-1], 1.5)
        self.assertEqual(seen.burn_down["remaining"][0], 8.5)
        self.assertEqual(seen.usage_count, 1)

    def test_the_gauge_is_of_one_s_own_part_for_a_manager_too(self):
        for user, text in (
            (self.anna, "$8.20 of $10.00"),
            (self.boris, "$1.50 of $10.00"),
            (self.boss, "$0.00 of $10.00"),
        ):
            gauge = self.as_seen_by(user).browse().get_gauge()
            self.assertEqual((gauge["id"], gauge["text"]), (self.budget.id, text))

    def test_the_dashboard_shows_the_same(self):
        for user, spent, label in ((self.boss, 8.2, "Anna"), (self.boris, 1.5, "Boris")):
            analytics = self.env["ai.token.analytics"].with_user(user).with_company(self.company)
            line = analytics.get_dashboard_data()["budget"]["budgets"][0]
            self.assertEqual((line["spent"], line["limit"]), (spent, 10))
            self.assertEqual(line["scope_label"], label)

    def test_a_limit_of_single_requests_has_no_bar(self):
        self._new(
            name="Request",
            period_type="total",
            budget_amount=0,
            block_at_threshold=0,
            per_request_limit=0.05,
            alert_thresholds=[],
        )
        analytics = self.env["ai.token.analytics"].with_user(self.boss).with_company(self.company)
        lines = analytics.get_dashboard_data()["budget"]["budgets"]
        self.assertEqual([line["name"] for line in lines], ["Day"])

    def test_in_total_nothing_resets_and_nothing_is_spent_evenly(self):
        total = self._new(name="Pilot", period_type="total", budget_amount=50)
        self.assertFalse(total.resets_at)
        self.assertNotIn("even", total.burn_down)
        self.assertEqual(len(total.burn_down["remaining"]), 8, "a day known, a week ahead")
        self.assertEqual(total.usage_count, 2)
        self.assertIn("About $", total.forecast_text)

    def test_entering_one_for_each(self):
        with Form(self.env["ai.cost.budget"].with_user(self.boss)) as form:
            form.name = "Agents"
            form.agent_type = "scout"
            self.assertTrue(form.count_untagged)
            form.each = "agent"
            self.assertFalse(form.agent_type)
            self.assertFalse(form.count_untagged)
            form.budget_amount = 2
            form.period_type = "custom"
            form.date_start = form.date_end = self.today
        self.assertEqual(form.record.each, "agent")
