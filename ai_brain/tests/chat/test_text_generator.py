import json

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import JsonRpcException
from odoo.tools import mute_logger

from ..common import ScriptedVendor, answering

#: Errors that nobody worded for a person.
UNFORESEEN = (
    "TypeError",
    "KeyError",
    "AttributeError",
    "ValueError",
    "IndexError",
    "RecursionError",
)
ROUTES = ("/html_editor/generate_text", "/web_editor/generate_text")


@tagged("post_install", "-at_install", "every_series")
class TestTextGenerator(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Writes", "ai_text_generator": True})
        cls.in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.user = new_test_user(cls.env, "writer", "base.group_user", **cls.in_company)
        cls.partner = cls.env["res.partner"].create({"name": "Written to"})
        cls.cenv = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))

    def ask(self, route=ROUTES[0], prompt="Write a thank-you note", history=None, page=None):
        headers = {"Referer": self.base_url() + page} if page else {}
        return self.make_jsonrpc_request(
            route, {"prompt": prompt, "conversation_history": history}, headers=headers
        )

    def refusal(self):
        """The sentence that the dialog shows."""
        body = {"params": {"prompt": "Write", "conversation_history": []}}
        with mute_logger("odoo.http"):
            response = self.url_open(
                ROUTES[0], data=json.dumps(body), headers={"Content-Type": "application/json"}
            )
        return response.json()["error"]["data"]["message"]

    def rows(self):
        return self.env["ai.token.usage"].search([("company_id", "=", self.company.id)])

    def test_both_routes_answer_with_their_rows(self):
        self.authenticate("writer", "writer")
        page = f"/odoo/action-base.action_partner_form/{self.partner.id}"
        talk = [
            {"role": "system", "content": "You help to write."},
            {"role": "user", "content": "Write a thank-you note"},
        ]
        for route in ROUTES:
            with answering(self.cenv, "Thank you.") as asked:
                self.assertEqual(self.ask(route, history=talk, page=page), "Thank you.")
            users = [m["content"] for m in asked[0].messages if m["role"] == "user"]
            self.assertEqual(users, ["Write a thank-you note"], "asked once, not twice")
        rows = self.rows()
        self.assertEqual(len(rows), 2)
        for row in rows:
            self.assertEqual(row.user_id, self.user)
            self.assertEqual(row.agent_type, "text_generator")
            self.assertEqual((row.res_model, row.res_id), ("res.partner", self.partner.id))
            self.assertEqual(row.module, "base")

    def test_the_company_is_the_switcher_s(self):
        other = self.env["res.company"].create({"name": "Default", "ai_text_generator": False})
        self.user.write({"company_ids": [(4, other.id)], "company_id": other.id})
        self.authenticate("writer", "writer")
        self.opener.cookies["cids"] = f"{self.company.id}-{other.id}"
        with answering(self.cenv, "Thank you."):
            self.assertEqual(self.ask(history=[]), "Thank you.")
        self.assertEqual(len(self.rows()), 1)

    def test_what_a_dialog_says_itself_is_not_said_twice(self):
        self.authenticate("writer", "writer")
        talk = [
            {"role": "system", "content": "Answer with JSON only."},
            {"role": "user", "content": 'Translate the following to French:\n\n{"a": "Hi"}'},
        ]
        with answering(self.cenv, "{}") as asked:
            self.ask(prompt='{"a": "Hi"}', history=talk)
        self.assertEqual(asked[0].messages, talk)

    def test_the_record_of_every_kind_of_address(self):
        generator = self.env["ai.text.generator"].with_user(self.user)
        action = self.env.ref("base.action_partner_form")
        action.path = "people-of-a-test"
        mine = {"res_model": "res.partner", "res_id": self.partner.id, "module": "base"}
        for part in (
            "action-base.action_partner_form",
            f"action-{action.id}",
            "people-of-a-test",
            "m-res.partner",
        ):
            self.assertEqual(generator._record_of(f"/odoo/{part}/{self.partner.id}"), mine, part)
        hidden = self.env["ir.config_parameter"].sudo().search([], limit=1)
        for nothing in (
            f"/odoo/m-ir.config_parameter/{hidden.id}",
            "/odoo/m-res.partner/999999999",
            "/odoo/m-no.such.model/1",
            "/odoo/action-base.main_company/1",
            "/odoo/action-999999999999999999999/1",
            "/odoo/m-base/1",
            "https://elsewhere.example/",
            None,
        ):
            self.assertEqual(generator._record_of(nothing), {}, nothing)

    def test_a_budget_refuses_in_words(self):
        self.authenticate("writer", "writer")
        self.env["ai.cost.budget"].create(
            {"name": "No writing", "company_id": self.company.id, "budget_amount": 0.000001}
        )
        with answering(self.cenv):
            self.assertIn("No writing", self.refusal())
        self.assertFalse(self.rows().filtered(lambda row: row.cost_usd))

    def test_odd_requests_are_refused_in_words_and_nothing_is_paid(self):
        self.authenticate("writer", "writer")
        talk = [{"role": "user", "content": "Write"}]
        for prompt, history in (
            (None, None),
            ("", []),
            ({"a": 1}, []),
            ("Write", [None]),
            ("Write", [{"role": "user"}]),
            ("Write", [{"role": "wizard", "content": "Write"}]),
            ("Write", [{"role": "user", "content": {"a": 1}}]),
        ):
            body = {"params": {"prompt": prompt, "conversation_history": history}}
            with self.subTest(body=body), mute_logger("odoo.http"), answering(self.cenv) as asked:
                response = self.url_open(
                    ROUTES[0], data=json.dumps(body), headers={"Content-Type": "application/json"}
                )
                error = response.json()["error"]["data"]
                self.assertTrue(error["message"])
                self.assertNotIn(error["name"].rpartition(".")[2], UNFORESEEN)
                self.assertFalse(asked)
        for history in ("a text", {"role": "user"}, 7, [*talk * 500]):
            with self.subTest(history=str(history)[:40]), answering(self.cenv, "Here.") as asked:
                self.assertEqual(self.ask(history=history), "Here.")
                self.assertLessEqual(len(asked[0].messages), 42)

    def test_nobody_from_outside_asks(self):
        new_test_user(self.env, "portal_writer", "base.group_portal", **self.in_company)
        self.authenticate("portal_writer", "portal_writer")
        with answering(self.cenv) as asked:
            self.assertIn("internal users", self.refusal())
        self.assertFalse(asked)

    def test_off_it_is_odoo_s_own(self):
        self.company.ai_text_generator = False
        self.authenticate("writer", "writer")
        service = ScriptedVendor()
        self.addCleanup(service.close)
        service.script = [(200, {"result": {"status": "success", "content": "Odoo's own"}})]
        for name in ("web_editor", "html_editor"):  # the latter in Odoo 19
            self.env["ir.config_parameter"].set_param(f"{name}.olg_api_endpoint", service.url)
        with answering(self.cenv) as asked:
            try:
                answer = self.ask(history=[])
            except JsonRpcException as error:  # Odoo 19 calls its service from no test
                self.assertIn("AccessError", str(error))
            else:
                self.assertEqual(answer, "Odoo's own")
                sent = service.requests[0][1]["params"]
                self.assertEqual(sent["prompt"], "Write a thank-you note")
        self.assertFalse(asked)
        self.assertFalse(self.rows())
