from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series", "upgraded")
class TestSharedRecords(AiCase):
    """What belongs to no company is the system administrator's to change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Company B"})
        groups = ("base.group_user", "ai_brain.group_ai_manager")
        cls.stranger = cls._new_user(
            "stranger", *groups, company_id=cls.other.id, company_ids=[(6, 0, cls.other.ids)]
        )
        cls.admin = cls._new_user("admin-b", "base.group_user", "base.group_system")
        cls.shared = cls._new_provider("Shared", company_id=False)
        cls.everybodys = cls.env["ai.cost.budget"].create(
            {"name": "Everybody's", "company_id": False, "budget_amount": 100}
        )

    def _as(self, user, record):
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def test_a_manager_of_any_company_changes_no_shared_provider(self):
        shared = self._as(self.stranger, self.shared)
        for values in (
            {"name": "Mine"},
            {"active": False},
            {"company_id": self.other.id},
            {"auto_switch_provider": True},
        ):
            self._fails(AccessError, shared.write, values)
        price = self._as(self.stranger, self.shared.price_ids)
        self._fails(AccessError, price.write, {"source": "me"})
        new = {"provider_id": shared.id, "valid_from": "2026-01-01", "input_usd": 0}
        self._fails(AccessError, price.create, new)
        self.assertEqual(shared.name, "Shared")

    def test_nor_a_shared_budget_nor_makes_one_that_touches_the_others(self):
        budget = self._as(self.stranger, self.everybodys)
        self._fails(AccessError, budget.write, {"budget_amount": 0})
        self._fails(AccessError, budget.unlink)
        self._fails(AccessError, budget.create, {"name": "All", "company_id": False, "module": "x"})
        own = budget.create({"name": "Own", "company_id": self.other.id, "module": "y"})
        self._fails(AccessError, own.write, {"company_id": False})

    def test_the_administrator_does(self):
        shared = self._as(self.admin, self.shared)
        shared.name = "Renamed"
        self._as(self.admin, self.everybodys).budget_amount = 50
        self.assertEqual(self.everybodys.budget_amount, 50)

    def test_a_budget_names_providers_and_users_of_its_company(self):
        theirs = self._new_provider("Theirs", company_id=self.other.id)
        for values in ({"provider_id": theirs.id}, {"user_id": self.stranger.id}):
            with self.assertRaises(UserError):
                self.env["ai.cost.budget"].create(
                    {"name": "Mixed", "company_id": self.company.id, **values}
                )

    def test_amounts_are_finite_and_days_within_bounds(self):
        budgets = self.env["ai.cost.budget"]
        for values in (
            {"budget_amount": float("nan")},
            {"budget_amount": float("inf")},
            {"per_request_limit": float("nan")},
            {"budget_amount": 1e300},
            {"period_type": "custom", "date_start": "1900-01-01", "date_end": "2999-12-31"},
            {"period_type": "custom", "date_start": "2026-01-01", "date_end": "9999-12-31"},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                budgets.create({"name": "Odd", "agent_type": "odd", **values})
        for name in ("ai_alert_daily_usd", "ai_user_daily_usd", "ai_ceiling_usd"):
            with self.subTest(name=name), self.assertRaises(ValidationError):
                self.company[name] = float("nan")
                self.company.flush_recordset()

    def test_an_alert_tells_what_is_reached(self):
        manager = self._new_user("alert-m", "base.group_user", "ai_brain.group_ai_manager")
        own = self._new_user("alert-u")
        budget = self.env["ai.cost.budget"].create(
            {"name": "Watched", "user_id": own.id, "budget_amount": 100}
        )
        self._fails(AccessError, self._as(own, budget).send_alert, 100)
        self._fails(UserError, self._as(manager, budget).send_alert, 100)
        self.assertFalse(self.env["ai.cost.alert"].search([("budget_id", "=", budget.id)]))

    def test_a_note_to_the_responsible_is_text(self):
        user = self._new_user("asks")
        budget = self.env["ai.cost.budget"].create({"name": "Mine", "user_id": user.id})
        ask = self.env["ai.cost.budget"].with_user(user).request_more
        ask(budget.id, "<img src=x onerror=alert(1)> please")
        self.assertIn("&lt;img", budget.activity_ids.note)
        portal = self._new_user("asks-portal", "base.group_portal")
        self._fails(
            AccessError, self.env["ai.cost.budget"].with_user(portal).request_more, budget.id
        )

    def test_outcomes_are_few_and_of_one_s_own_calls(self):
        user, colleague = self._new_user("rates"), self._new_user("colleague")
        usages = self.env["ai.token.usage"]
        usage_id = self.service.with_user(user).send_message("Hi", config=self.provider.id)[
            "token_usage_id"
        ]
        self._fails(
            AccessError, usages.with_user(colleague).record_outcome, usage_id, 0, "crm.lost"
        )
        for number in range(10):
            usages.with_user(user).record_outcome(usage_id, 50, f"kind.{number}")
        usages.with_user(user).record_outcome(usage_id, 60, "kind.3")
        self._fails(UserError, usages.with_user(user).record_outcome, usage_id, 0, "kind.10")
