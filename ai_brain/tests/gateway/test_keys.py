"""A key is shown once, read by nobody, and refused as soon as it is revoked."""

import hashlib
import logging
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ..common import AiCase, answering
from .common import EndpointCase

#: What a template or a server action may try; ``object`` is the key.
ATTEMPTS = (
    "object._issue__key()",
    "object.issue()",
    "object.secret_digest",
    "object['secret_digest']",
    "object.read(['secret_digest'])",
    "object.mapped('secret_digest')",
    "object.export_data(['secret_digest'])",
    "object.search([('secret_digest', '=like', '%')])",
    "object.read_group([], ['secret_digest'], ['secret_digest'])",
    "object.filtered_domain([('secret_digest', '=like', '%')]).mapped('secret_digest')",
    "object.sudo().copy_data()",
    "object.sudo().read()",
    "object.action_new_key() if hasattr(object, 'action_new_key') else ''",
    "object.env['ai.gateway']._admit({}, '')",
)


@tagged("post_install", "-at_install", "every_series")
class TestKeyReach(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = cls._new_user("calls")
        cls.manager = cls._new_user("manages", "base.group_user", "ai_brain.group_ai_manager")
        cls.keys = cls.env["ai.gateway.key"].with_user(cls.manager)
        cls.key = cls.keys.create({"name": "A script", "user_id": cls.user.id})
        cls.secret = cls.key._issue__key()
        cls.digest = hashlib.sha256(cls.secret.encode()).hexdigest()

    def hidden(self, text):
        """Assert that neither the key nor its digest, nor most of either, stands in a text."""
        self.assertNotIn(self.secret[len(self.key.shown) :], text)
        self.assertNotIn(self.digest, text)

    def test_only_a_digest_is_kept(self):
        self.env.cr.execute("SELECT k::text FROM ai_gateway_key k WHERE id = %s", (self.key.id,))
        row = self.env.cr.fetchone()[0]
        self.assertIn(self.digest, row)
        self.assertNotIn(self.secret[len(self.key.shown) :], row)

    def test_no_field_holds_it(self):
        for person in (self.user, self.manager, self.env.ref("base.user_admin")):
            key = self.key.with_user(person)
            self.hidden(str(key.read()))
            with self.subTest(person.login), self.assertRaises(ValueError):
                key.read(["secret_digest"])
            with self.subTest(person.login), self.assertRaises(ValueError):
                key.search([("secret_digest", "=", self.digest)])
        self.hidden(str(self.key.sudo().export_data(["id", "name", "shown"])))
        self.hidden(str(self.key.sudo().copy_data()))
        self.hidden(str(self.env["ai.gateway.key"].fields_get()))
        self.hidden(str(self.key.message_ids.mapped("body")))

    def test_templates_and_server_actions_do_not_print_it(self):
        noise = (
            "odoo.addons.base.models.ir_qweb",
            "odoo.addons.base.models.ir_actions",
            "odoo.addons.mail.models.mail_template",
            "py.warnings",
        )
        for expression in ATTEMPTS:
            with self.subTest(expression), mute_logger(*noise):
                for door in (self._template, self._server_action, self._domain):
                    try:
                        with self.env.cr.savepoint():
                            told = str(door(expression))
                    except Exception as error:
                        told = str(error)
                    self.hidden(told)
                    self.assertNotIn("sam_", told.replace(self.key.shown, ""))
        self.env.cr.execute(
            "SELECT secret_digest FROM ai_gateway_key WHERE id = %s", (self.key.id,)
        )
        self.assertEqual(self.env.cr.fetchone()[0], self.digest, "nor is it replaced")

    def _template(self, expression):
        template = self.env["mail.template"].create(
            {
                "name": "Key",
                "model_id": self.env["ir.model"]._get_id("ai.gateway.key"),
                "body_html": f'<p><t t-out="{expression}"/></p>',
            }
        )
        return template._render_field("body_html", self.key.ids)[self.key.id]

    def _server_action(self, expression):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Key",
                "model_id": self.env["ir.model"]._get_id("ai.gateway.key"),
                "state": "code",
                "code": f"object = record\naction = {{'told': str({expression})}}",
            }
        )
        active = {"active_model": "ai.gateway.key", "active_id": self.key.id}
        return action.with_context(**active).run()["told"]

    def _domain(self, expression):
        return safe_eval(f"[('name', '=', {expression})]", {"object": self.key})

    def test_the_query_log_does_not_print_it(self):
        with self.assertLogs("odoo.sql_db", logging.DEBUG) as logs:
            secret = self.key._issue__key()
            self.env["ai.gateway"].sudo()._is_on()
        digest = hashlib.sha256(secret.encode()).hexdigest()
        text = "\n".join(logs.output)
        self.assertIn("ai_gateway_key", text)
        self.assertNotIn(digest, text)
        self.assertNotIn(secret[len(self.key.shown) :], text)

    def test_nobody_enters_a_digest_or_when_it_was_revoked(self):
        for vals, error in (
            ({"secret_digest": "0" * 64}, ValueError),
            ({"shown": "sam_x"}, UserError),
            ({"revoked_at": False}, UserError),
        ):
            with self.subTest(vals), self.assertRaises(error):
                self.key.write(vals)
        for vals in ({"shown": "sam_x"}, {"issued_at": fields.Datetime.now()}):
            with self.subTest(vals), self.assertRaises(UserError):
                self.keys.create({"name": "B", "user_id": self.user.id, **vals})

    def test_a_copy_has_no_key(self):
        copy = self.key.copy()
        self.assertEqual((copy.state, copy.shown), ("draft", False))

    # ------------------------------------------------------------------
    # Who makes one
    # ------------------------------------------------------------------

    def test_a_user_sees_and_revokes_his_own_and_makes_none(self):
        mine = self.key.with_user(self.user)
        self.assertEqual(self.env["ai.gateway.key"].with_user(self.user).search([]), mine)
        self.assertFalse(self.env["ai.gateway.key"].with_user(self._new_user("other")).search([]))
        for forbidden in (
            lambda: mine._issue__key(),
            lambda: mine.write({"total_usd": 10**6}),
            lambda: mine.create({"name": "Mine", "user_id": self.user.id}),
            lambda: mine.unlink(),
        ):
            with self.assertRaises(AccessError):
                forbidden()
        mine.action_revoke()
        self.assertEqual(self.key.state, "revoked")

    def test_a_manager_makes_none_for_an_administrator_or_another_company(self):
        admin = self.env.ref("base.user_admin")
        with self.assertRaises(AccessError):
            self.keys.create({"name": "B", "user_id": admin.id})
        company = self.env["res.company"].create({"name": "B"})
        with self.assertRaises(UserError):  # AccessError, or ValidationError in Odoo 19
            self.keys.create({"name": "B", "user_id": self.manager.id, "company_id": company.id})
        with self.assertRaises(ValidationError):
            self.env["ai.gateway.key"].create(
                {"name": "B", "user_id": self.user.id, "company_id": company.id}
            )
        portal = self._new_user("portal", "base.group_portal")
        with self.assertRaises(ValidationError):
            self.env["ai.gateway.key"].create({"name": "B", "user_id": portal.id})
        self.user.groups_id = [(4, self.env.ref("base.group_system").id)]
        with self.assertRaises(AccessError):
            self.key._issue__key()

    def test_a_key_that_was_shown_stays_its_person_s(self):
        with self.assertRaises(UserError):
            self.key.user_id = self._new_user("other")

    def test_a_revoked_key_gets_no_other_one(self):
        self.key.action_revoke()
        with self.assertRaises(UserError):
            self.key._issue__key()

    def test_with_a_key_go_its_budgets_and_the_ledger_stays(self):
        self.key.total_usd = 5
        budget = self.key.budget_ids
        self.key.unlink()
        self.assertFalse(budget.exists())

    def test_amounts_are_finite(self):
        for amount in (-1, float("nan"), float("inf"), 10**13):
            with self.subTest(amount), self.assertRaises(ValidationError):
                self.key.total_usd = amount


@tagged("post_install", "-at_install", "every_series")
class TestKeyAtWork(EndpointCase):
    def refused(self, secret=None, status=401):
        response = self.post(secret=secret)
        self.assertEqual(response.status_code, status, response.text)
        return response

    def test_revoked_expired_replaced_and_a_dead_user_s_are_refused_alike(self):
        with answering(self.env, *["Hello."] * 4):
            self.assertEqual(self.post().status_code, 200)
            second = self.key._issue__key()
            told = [self.refused().json()]
            self.assertEqual(self.post(secret=second).status_code, 200)
            self.key.expires_at = fields.Datetime.now() - timedelta(seconds=1)
            told.append(self.refused(second).json())
            self.key.expires_at = fields.Datetime.now() + timedelta(hours=1)
            self.assertEqual(self.post(secret=second).status_code, 200)
            self.user.active = False
            told.append(self.refused(second).json())
            self.user.active = True
            self.assertEqual(self.post(secret=second).status_code, 200)
            self.new_key()._issue__key()
            self.key.action_revoke()
            told.append(self.refused(second).json())
        told.append(self.refused("sam_" + "x" * 43).json())
        told.append(self.refused("nonsense").json())
        self.assertEqual(len({str(one) for one in told}), 1)
        self.assertEqual(told[0]["error"]["code"], "invalid_api_key")
        self.assertEqual(len(self.rows()), 4)

    def test_off_or_without_keys_there_is_nothing(self):
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", False)
        for path in ("chat/completions", "messages", "embeddings"):
            self.refused(status=404)
            self.assertNotIn("sam", self.post(path).text)
        self.assertEqual(self.get("models").status_code, 404)
        self.env["ir.config_parameter"].set_param("ai_brain.endpoint", "True")
        self.env["ai.gateway.key"].search([]).action_revoke()
        self.refused(status=404)
        self.assertEqual(self.get("models").status_code, 404)

    def test_both_clients_ways_to_present_a_key(self):
        with answering(self.env, "Hello.", "Hello."):
            for headers in ({"Authorization": ""}, {"Authorization": "Bearer"}):
                both = {**headers, "x-api-key": self.secret}
                self.assertEqual(self.post(headers=both).status_code, 200)
        self.refused("")

    def test_a_key_for_figures_calls_no_models(self):
        self.key.write({"may_call": False, "may_read_figures": True})
        response = self.refused(status=403)
        self.assertEqual(response.json()["error"]["code"], "not_allowed")

    def test_its_last_use_is_noted_now_and_then(self):
        with answering(self.env, "Hello.", "Hello."):
            self.post()
            self.key.invalidate_recordset()
            first = self.key.last_used_at
            self.assertTrue(first)
            self.post()
            self.key.invalidate_recordset()
            self.assertEqual(self.key.last_used_at, first)
