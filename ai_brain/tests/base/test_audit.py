import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AiCase

#: Models that an auditor asks about.
AUDITED = (
    "ai.agent",
    "ai.answer.pattern",
    "ai.cost.budget",
    "ai.gateway.key",
    "ai.message.type",
    "ai.prompt",
    "ai.prompt.variant",
    "ai.provider.price",
    "ai.provider.price.tier",
    "ai.service.provider",
    "res.company",
)


@tagged("post_install", "-at_install", "every_series")
class TestAudit(AiCase):
    """Who changed what, from what to what: in one list that nobody can change."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log = cls.env["ai.audit.log"]
        cls.manager = cls._new_user("audit-manager", "base.group_user", "ai_brain.group_ai_manager")
        cls.start = cls.log.search([], limit=1).id or 0

    def _told(self, record=None, **more):
        domain = [("id", ">", self.start)]
        if record is not None:
            domain += [("res_model", "=", record._name), ("res_id", "=", record.id)]
        domain += [(name, "=", value) for name, value in more.items()]
        self.env.flush_all()
        self.log.invalidate_model()
        return self.log.search(domain, order="id")

    def _changes(self, record):
        return [
            (one.field_name, one.old_value, one.new_value)
            for one in self._told(record, action="write")
        ]

    def test_the_models_that_are_audited(self):
        found = {
            name
            for name in self.env.registry.descendants(["ai.audited"], "_inherit")
            if not self.env[name]._abstract
        }
        self.assertEqual(found & set(AUDITED), set(AUDITED))

    def test_a_budget_from_what_to_what_by_whom(self):
        budget = self.env["ai.cost.budget"].create({"name": "All", "budget_amount": 100})
        budget.with_user(self.manager).write({"budget_amount": 250.5, "name": "All"})
        (made,) = self._told(budget, action="create")
        self.assertIn("Budget: 100", made.new_value)
        (change,) = self._told(budget, action="write")
        self.assertEqual(
            (change.user_id, change.user_name, change.record_name, change.company_id),
            (self.manager, self.manager.name, "All", self.company),
        )
        self.assertEqual((change.old_text, change.new_text), ("100", "250.5"))
        self.assertEqual((change.model_label, change.field_label), ("AI Budget", "Budget"))
        budget.alert_thresholds = [10, 90]
        self.assertEqual(
            self._changes(budget)[-1], ("alert_thresholds", "[50, 80, 100]", "[10, 90]")
        )

    def test_chatter_tells_it_on_the_record_and_the_list_whatever_the_context(self):
        self.env.cr.precommit.run()
        price = self.provider.price_ids[:1]
        for record, name, value in (
            (self.provider, "timeout_s", 17.0),
            (price, "input_usd", 3.25),
            (self.env.ref("ai_brain.answer_pattern_thanks"), "most_words", 9),
        ):
            before = record.message_ids
            record.with_user(self.env.ref("base.user_admin")).write({name: value})
            self.env.cr.precommit.run()
            tracked = (record.message_ids - before).tracking_value_ids
            self.assertEqual(tracked.field_id.mapped("name"), [name], record)
            record.with_context(tracking_disable=True, mail_notrack=True).write({name: value + 1})
            self.assertEqual(len(self._told(record, field_name=name)), 2, record)

    def test_what_was_set_to_the_same_is_no_change(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a", "max_tokens": 5})
        agent.write({"max_tokens": 5, "name": "A", "user_ids": []})
        self.assertFalse(self._changes(agent))

    def test_what_a_preset_sets_is_told_field_by_field(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a"})
        agent.preset = "thrifty"
        self.assertIn(("reuse", "off", "same_question"), self._changes(agent))
        (change,) = self._told(agent, field_name="reuse")
        self.assertEqual((change.old_text, change.new_text), ("Never", "The same question"))
        self.assertIn("off", change.old_value)

    def test_nothing_yes_and_no_are_words_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        agent = self.env["ai.agent"].create(
            {"name": "A", "code": "a", "active": False, "reuse": "same_question"}
        )
        agent.write({"active": True, "apology": "Sells"})
        agent.apology = False
        (made,) = self._told(agent, action="create")
        told = self._told(agent, action="write")
        self.assertEqual(
            {(one.field_name, one.old_text, one.new_text) for one in told},
            {
                ("active", "No", "Yes"),
                ("apology", "Nothing", "Sells"),
                ("apology", "Sells", "Nothing"),
            },
        )
        self.assertEqual(made.old_text, False)  # it was not there, which is not nothing
        self.assertIn("Active: false", made.new_value)
        self.assertIn("Active: No\n", made.new_text)
        self.assertIn("Kept Answers: The same question", made.new_text)
        columns = ["field_name", "old_text", "new_text"]
        exported = (made | told).export_data(columns)["datas"]
        self.assertIn(["active", "No", "Yes"], exported)
        german = made.with_context(lang="de_DE")
        yes, no, nothing = (german.env._(word) for word in ("Yes", "No", "Nothing"))
        self.assertEqual((yes, no), ("Ja", "Nein"))
        self.assertIn(f": {no}\n", german.new_text)
        self.assertNotRegex(german.new_text, "(?i): (true|false)")
        (switched,) = told.filtered(lambda one: one.field_name == "active")
        switched = switched.with_context(lang="de_DE")
        self.assertEqual((switched.old_text, switched.new_text), (no, yes))
        emptied = told[-1].with_context(lang="de_DE")
        self.assertEqual((emptied.old_text, emptied.new_text), ("Sells", nothing))

    def test_what_was_said_in_another_language_is_read_in_ones_own(self):
        self.env["res.lang"]._activate_lang("de_DE")
        label = self.env["ir.model.fields"]._get("ai.agent", "active")
        label.with_context(lang="de_DE").field_description = "Im Einsatz"
        self.env.registry.clear_cache()
        agents = self.env["ai.agent"].with_context(lang="de_DE")
        agent = agents.create({"name": "A", "code": "a", "active": False})
        (made,) = self._told(agent, action="create")
        self.assertIn("Im Einsatz: false", made.new_value)
        self.assertIn("Active: No\n", made.with_context(lang="en_US").new_text)

    def test_settings_say_yes_and_no_where_they_are_such(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("ai_brain.endpoint", "True")
        parameters.set_param("ai_brain.endpoint", "words")
        told = self._told(res_model="ir.config_parameter")
        self.assertEqual(
            [(one.old_text, one.new_text) for one in told], [(False, "Yes"), ("Yes", "words")]
        )

    def test_people_and_groups_are_named(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a"})
        agent.user_ids = self.manager
        self.assertEqual(
            self._changes(agent), [("user_ids", None or False, self.manager.display_name)]
        )

    def test_no_secret_is_ever_told(self):
        self.provider.api_key = "first-secret-value"
        self.provider.api_key = "other-secret-value"
        self.provider.base_url = "http://127.0.0.1:9/v1"  # which clears the key
        key = self.env["ai.gateway.key"].create({"name": "K", "user_id": self.manager.id})
        secret = key._issue__key()
        key.action_revoke()
        told = self._told(self.provider, field_name="api_key")
        self.assertEqual(
            [(one.old_text, one.new_text) for one in told],
            [
                ("Nothing", "A key, not shown"),
                ("A key, not shown", "Another key"),
                ("A key, not shown", "Nothing"),
            ],
        )
        self.assertEqual(
            {one.field_name for one in self._told(key, action="write")},
            {"issued_at", "shown", "revoked_at"},
        )
        self.env.cr.execute("SELECT string_agg(l::text, ' ') FROM ai_audit_log l")
        everything = self.env.cr.fetchone()[0]
        for hidden in ("first-secret-value", "other-secret-value", secret):
            self.assertNotIn(hidden, everything)

    def test_what_is_deleted_is_told_with_all_that_goes_along(self):
        provider = self._new_provider("Gone", api_format="sandbox")
        price = provider.price_ids
        provider.unlink()
        (gone,) = self._told(provider, action="delete")
        self.assertEqual((gone.record_name, gone.company_id), ("Gone", self.company))
        self.assertIn("test-model", gone.old_value)
        self.assertIn("Gone", self._told(price, action="delete").record_name)
        self._fails(UserError, gone.action_open_record)

    def test_a_deletion_that_is_refused_is_not_told(self):
        self.service.send_message("Hello", config=self.provider.id)
        self._fails(UserError, self.provider.unlink)
        self.assertFalse(self._told(self.provider, action="delete"))

    def test_settings_of_the_company_and_of_the_database(self):
        self.company.write({"ai_text_retention_days": 30, "name": "No Setting of Ours"})
        self.assertEqual(self._changes(self.company), [("ai_text_retention_days", "90", "30")])
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("ai_brain.endpoint", "1")
        parameters.set_param("web.base.url", "http://127.0.0.1")
        parameters.set_param("ai_brain.endpoint", False)
        told = self._told(res_model="ir.config_parameter")
        self.assertEqual(
            [(one.record_name, one.action, one.new_value) for one in told],
            [("ai_brain.endpoint", "create", "1"), ("ai_brain.endpoint", "delete", False)],
        )

    def test_the_database_refuses_to_change_the_log(self):
        self.env["ai.agent"].create({"name": "A", "code": "a"})
        for statement in (
            "UPDATE ai_audit_log SET user_name = 'x'",
            "DELETE FROM ai_audit_log",
            "TRUNCATE ai_audit_log",
        ):
            with (
                self.assertRaises(psycopg2.errors.RestrictViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)

    def test_who_is_deleted_stays_by_name(self):
        agent = self.env["ai.agent"].create({"name": "A", "code": "a"})
        leaver = self._new_user("audit-leaver", "base.group_user", "ai_brain.group_ai_manager")
        agent.with_user(leaver).max_tokens = 7
        self.env.flush_all()
        leaver.unlink()
        (change,) = self._told(agent, action="write")
        self.assertEqual((change.user_id.id, change.user_name), (False, "audit-leaver"))

    def test_managers_read_their_companys_and_nobody_writes(self):
        agent = self.env["ai.agent"].create(
            {"name": "A", "code": "a", "company_id": self.company.id}
        )
        shared = self.env["ai.agent"].create({"name": "S", "code": "s", "company_id": False})
        (own,), (common,) = self._told(agent), self._told(shared)
        company = self.env["res.company"].create({"name": "B"})
        stranger = self._new_user(
            "audit-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        plain = self._new_user("audit-plain")
        portal = self._new_user("audit-portal", "base.group_portal")
        self.assertEqual(own.with_user(self.manager).record_name, "A")
        self._fails(AccessError, own.with_user(stranger).read, ["record_name"])
        self.assertEqual(common.with_user(stranger).record_name, "S")
        for user in (plain, portal):
            self._fails(AccessError, self.log.with_user(user).search, [])
        admin = self.env.ref("base.user_admin")
        for user in (self.manager, admin):
            self._fails(AccessError, own.with_user(user).write, {"record_name": "x"})
            self._fails(AccessError, own.with_user(user).unlink)
            self._fails(AccessError, self.log.with_user(user).create, {"record_name": "x"})
        self.assertEqual(own.action_open_record()["res_id"], agent.id)

    def test_calls_leave_no_trace_in_it(self):
        self.service.send_message("Hello", config=self.provider.id)
        self.assertFalse(self._told())
