"""What ``model`` may be, and that a key has no name for what it may not use."""

import json

from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...engine.gateway import keys, openai_chat
from ...models.gateway import key_secret
from ..common import answering, new_provider
from .common import EndpointCase


@tagged("post_install", "-at_install", "every_series")
class TestNames(EndpointCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        at = {"base_url": "http://127.0.0.1:9/v1"}
        cls.second = new_provider(cls.env, "Vendor Two", model_name="model-two", sequence=5, **at)
        agents = cls.env["ai.agent"]
        cls.agent = agents.create({"name": "Support", "code": "Support_Reply"})
        cls.agent.provider_id = cls.second
        cls.hidden = agents.create(
            {"name": "Hidden", "code": "hidden", "user_ids": cls.env.ref("base.user_admin").ids}
        )

    def asked(self, model, **more):
        with answering(self.env, "Hello."):
            response = self.post(model=model, **more)
        self.assertEqual(response.status_code, 200, response.text)
        return self.rows()[-1]

    def not_there(self, model, secret=None, **more):
        with answering(self.env, "Hello."):
            response = self.post(secret=secret, model=model, **more)
        self.assertEqual(response.status_code, 404, response.text)
        found = response.json()["error"]
        self.assertEqual((found["code"], found["param"]), ("model_not_found", "model"))
        return found["message"].replace(model, "X")

    def listed(self):
        return [one["id"] for one in self.get("models").json()["data"]]

    def test_a_provider_a_model_an_agent_and_auto(self):
        self.assertEqual(self.asked("vendor two").provider_id, self.second)
        self.assertEqual(self.asked("MODEL-TWO").provider_id, self.second)
        row = self.asked("agent:support_reply")
        self.assertEqual((row.agent_type, row.agent_id), ("Support_Reply", self.agent))
        self.assertEqual(row.provider_id, self.second, "the agent's")
        self.assertIn(self.asked("auto").choice_reason, ("router", "configured", "mode"))
        self.not_there("nobody")
        self.not_there("agent:nobody")

    def test_whom_a_request_asks_is_known_without_a_statement(self):
        self.asked("Vendor One")
        facts = key_secret.find(self.env.cr, keys.digest(self.secret))
        self.assertEqual((facts.lang, facts.tz), (self.user.lang, self.user.tz or None))
        asked = openai_chat.read(
            {"model": "Vendor One", "messages": [{"role": "user", "content": "Hello"}]}
        )
        self.env.invalidate_all()
        with self.assertQueryCount(0):
            gateway = self.env["ai.gateway"].sudo()._as_caller(facts)
            call = gateway._call(facts, asked, {})
        self.assertEqual(call.configured_id, self.provider.id)

    def test_a_user_s_language_counts_at_his_next_request(self):
        self.env["res.lang"]._activate_lang("de_DE")
        english = self.not_there("nobody")
        self.user.lang = "de_DE"
        self.assertNotEqual(self.not_there("nobody"), english)

    def test_the_list_names_them(self):
        found = self.listed()
        for name in ("auto", "agent:Support_Reply", "Vendor One", "model-two"):
            self.assertIn(name, found)
        self.assertNotIn("agent:hidden", found)
        self.assertEqual(self.get("models/model-two").json()["id"], "model-two")
        self.assertEqual(self.get("models/nobody").status_code, 404)
        anthropic = self.get("models", headers={"anthropic-version": "2023-06-01"}).json()
        self.assertIn("auto", [one["id"] for one in anthropic["data"]])
        self.assertIn("has_more", anthropic)

    def test_what_is_not_the_person_s_does_not_exist(self):
        company = self.env["res.company"].create({"name": "B"})
        new_provider(self.env, "Theirs", model_name="their-model", company_id=company.id)
        self.second.active = False
        told = {
            self.not_there("Theirs"),
            self.not_there("their-model"),
            self.not_there("Vendor Two"),
            self.not_there("agent:hidden"),
            self.not_there("never heard of"),
        }
        self.assertEqual(len(told), 1)

    def test_a_key_for_some_providers_reaches_no_other(self):
        self.key.provider_ids = self.second
        self.assertEqual(self.not_there("Vendor One"), self.not_there("never heard of"))
        self.assertNotIn("Vendor One", json.dumps(self.listed()))
        for model in ("auto", "agent:support_reply", "Vendor Two"):
            self.assertEqual(self.asked(model).provider_id, self.second)
        self.agent.provider_id = self.provider
        self.assertEqual(self.asked("agent:support_reply").provider_id, self.second)

    def test_nor_by_a_fallback(self):
        from ...providers import errors

        self.second.fallback_provider_id = self.provider
        self.key.provider_ids = self.second
        failed = errors.ServerError("No.", status=500)
        with answering(self.env, failed, "From the fallback."):
            response = self.post(model="Vendor Two")
        self.assertEqual(response.status_code, 502, response.text)
        self.assertEqual(self.rows().provider_id, self.second)

    def test_nor_by_a_kept_answer(self):
        self.agent.write({"reuse": "same_question", "reuse_check_share": 0})
        self.agent.provider_id = False
        kinds = []
        for allowed in (self.provider, self.second, self.provider, self.provider + self.second):
            self.key.provider_ids = allowed
            with answering(self.env, "Hello."):
                self.assertEqual(self.post(model="agent:support_reply").status_code, 200)
            kinds.append((self.rows()[-1].kind, self.rows()[-1].provider_id))
        self.assertEqual(kinds[:2], [("api", self.provider), ("api", self.second)])
        self.assertIn(kinds[2][1], self.provider)

    def test_a_provider_a_key_is_for_cannot_be_deleted_under_it(self):
        lone = new_provider(self.env, "Lone")
        self.key.provider_ids = lone
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                lone.unlink()
                self.env.flush_all()

    def test_a_key_of_one_agent_spends_as_it(self):
        self.key.agent_id = self.agent
        for model in ("auto", "Vendor One", "agent:support_reply"):
            self.assertEqual(self.asked(model).agent_id, self.agent)
        other = self.env["ai.agent"].create({"name": "Other", "code": "other"})
        self.assertTrue(other)
        self.assertEqual(self.not_there("agent:other"), self.not_there("agent:nobody"))
        self.not_there("agent:other", metadata={"agent_type": "nobody"})
        with answering(self.env, "Hello."):
            response = self.post(headers={"x-sam-agent": "other"})
        self.assertEqual(response.status_code, 404)

    def test_a_key_of_some_agents_names_one(self):
        self.key.agent_ids = self.agent
        with answering(self.env, "Hello."):
            found = [self.post(model=name) for name in ("auto", "Vendor One", "nobody")]
        self.assertEqual([one.status_code for one in found], [400] * 3)
        self.assertEqual(len({one.text for one in found}), 1, "it does not say what there is")
        self.assertIn("agent:Support_Reply", found[0].json()["error"]["message"])
        self.assertEqual(self.asked("agent:support_reply").agent_id, self.agent)
        self.assertEqual(self.listed(), ["agent:Support_Reply"])
        self.not_there("agent:other")

    def test_tags_by_header_and_metadata(self):
        partner = self.env.ref("base.main_partner")
        headers = {
            "x-sam-module": "sale",
            "x-sam-session-id": "s1",
            "x-sam-res-model": "res.partner",
            "x-sam-res-id": str(partner.id),
        }
        with answering(self.env, "Hello.", "Hello."):
            self.post(headers=headers, metadata={"module": "crm", "agent_type": "free tag"})
            self.post()
        row, plain = self.rows()
        self.assertEqual((row.module, row.session_id, row.agent_type), ("sale", "s1", "free tag"))
        self.assertEqual((row.res_model, row.res_id), ("res.partner", partner.id))
        self.assertEqual(plain.module, "gateway")

    def test_company_language_and_time_zone_are_the_user_s(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.user.lang = "fr_FR"
        company = self.env["res.company"].create({"name": "B"})
        self.user.company_ids = [(4, company.id)]
        self.user.company_id = company
        facts = (
            self.env["ai.gateway"]
            .sudo()
            ._admit({"Authorization": f"Bearer {self.secret}"}, "192.0.2.1")
        )
        env = self.env["ai.gateway"]._as_caller(facts).env
        self.assertEqual((env.user, env.company, env.lang), (self.user, self.company, "fr_FR"))
        self.assertFalse(env.su)
        self.user.company_ids = [(3, self.company.id)]
        self.assertEqual(self.post().status_code, 401, "the key's company is not his any more")
