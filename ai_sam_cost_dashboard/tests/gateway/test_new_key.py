import json
import re

from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.ai_brain.engine.gateway import keys


@tagged("post_install", "-at_install", "every_series")
class TestNewKey(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, "key_manager", "base.group_user,ai_brain.group_ai_manager"
        )
        cls.user = new_test_user(cls.env, "key_user", "base.group_user")

    def new_key(self, **vals):
        keys_of_manager = self.env["ai.gateway.key"].with_user(self.manager)
        return keys_of_manager.create({"name": "A script", "user_id": self.user.id, **vals})

    def make(self, key):
        data = {"key_id": key.id, "csrf_token": Request.csrf_token(_Session(self))}
        return self.url_open("/ai_costs/new_key", data=data)

    def test_a_manager_fills_in_the_form(self):
        with Form(self.env["ai.gateway.key"].with_user(self.manager)) as form:
            form.name = "Nightly summaries"
            form.user_id = self.user
            form.day_amount = 5
            form.total_amount = 100
        key = form.record
        self.assertEqual(
            (key.state, key.day_usd, key.month_usd, key.total_usd), ("draft", 5, 0, 100)
        )
        budgets = key.budget_ids
        self.assertEqual(
            {b.period_type: b.budget_amount for b in budgets}, {"daily": 5, "total": 100}
        )
        self.assertEqual(budgets.mapped("currency_id.name"), ["USD"])
        self.assertEqual(budgets.owner_id, self.manager)
        with Form(key) as form:
            form.day_amount = 0
            form.month_amount = 50
        self.assertEqual((key.day_usd, key.month_usd, key.total_usd), (0, 50, 100))
        self.assertEqual(set(key.budget_ids.mapped("period_type")), {"monthly", "total"})

    def test_the_dialog_shows_the_key_once_with_lines_to_try_it(self):
        key = self.new_key()
        action = key.action_new_key()
        self.assertEqual(action["params"], {"key_id": key.id}, "the action carries no key")
        self.authenticate("key_manager", "key_manager")
        response = self.make(key)
        found = response.json()
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertTrue(keys.is_key(found["key"]))
        self.assertIn(f"Authorization: Bearer {found['key']}", found["curl"])
        self.assertIn("/ai/v1/chat/completions", found["curl"])
        body = found["curl"].split("-d '")[1].rstrip("'")
        self.assertEqual(json.loads(body)["model"], "auto")
        compile(found["python"], "line", "exec")
        self.assertIn(found["key"], found["python"])
        self.assertFalse(found["is_on"])
        key.invalidate_recordset()
        self.assertEqual(key.state, "live")
        self.assertTrue(found["key"].startswith(key.shown))
        self.assertNotIn(found["key"][len(key.shown) + 1 :], json.dumps(key.read(), default=str))

    def test_the_lines_to_try_are_of_what_the_key_may_do(self):
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "True")
        self.authenticate("key_manager", "key_manager")
        for path, may in (
            ("/ai/metrics", {"may_read_metrics": True}),
            ("/ai/v1/analytics/costs", {"may_read_figures": True}),
            ("/ai/v1/openapi.json", {}),
        ):
            found = self.make(self.new_key(may_call=False, **may)).json()
            self.assertFalse(found["python"])
            address, said = re.fullmatch(
                r"curl \S+(/ai/\S+) -H 'Authorization: Bearer (\S+)'", found["curl"]
            ).groups()
            self.assertEqual((address, said), (path, found["key"]))
            headers = {"Authorization": f"Bearer {said}"}
            self.assertEqual(self.url_open(address, headers=headers).status_code, 200, path)

    def test_whoever_is_no_manager_gets_none(self):
        key = self.new_key()
        self.authenticate("key_user", "key_user")
        response = self.make(key)
        self.assertEqual(response.status_code, 403)
        self.assertNotIn("sam_", response.text)
        with self.assertRaises(AccessError):
            key.with_user(self.user).action_new_key()
        key.invalidate_recordset()
        self.assertEqual(key.state, "draft")

    def test_a_form_of_another_site_makes_none(self):
        key = self.new_key()
        self.authenticate("key_manager", "key_manager")
        response = self.url_open("/ai_costs/new_key", data={"key_id": key.id})
        self.assertEqual(response.status_code, 400)
        key.invalidate_recordset()
        self.assertEqual(key.state, "draft")

    def test_the_switch_is_a_setting(self):
        parameters = self.env["ir.config_parameter"]
        self.env["res.config.settings"].create({"ai_endpoint": True}).execute()
        self.assertTrue(self.env["ai.gateway"]._is_on())
        self.env["res.config.settings"].create({"ai_endpoint": False}).execute()
        self.assertFalse(self.env["ai.gateway"]._is_on(), parameters.get_param("ai_brain.endpoint"))

    def test_the_buttons_open_calls_and_budgets(self):
        key = self.new_key(month_usd=7)
        usage, budgets = key.action_view_usage(), key.action_view_budgets()
        self.assertEqual(self.env["ai.token.usage"].search_count(usage["domain"]), 0)
        self.assertEqual(self.env["ai.cost.budget"].search(budgets["domain"]), key.budget_ids)


class _Session:
    """What ``Request.csrf_token`` asks of a request."""

    def __init__(self, case):
        self.session, self.env, self.db = case.session, case.env, case.env.cr.dbname
