from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from ... import exceptions
from ..common import AiCase, answer

#: How each format says one word.
ANSWERS = {
    "openai": answer(),
    "anthropic": {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "test-model",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 9, "output_tokens": 1},
    },
    "gemini": {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}
        ],
        "usageMetadata": {
            "promptTokenCount": 9,
            "candidatesTokenCount": 1,
            "totalTokenCount": 10,
        },
    },
}


class AgentCase(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agents = cls.env["ai.agent"]
        cls.strong = cls._new_provider("Strong", api_format="sandbox")
        cls.user = cls._new_user("agent-user")

    def _agent(self, code="support", **values):
        return self.agents.create({"name": code, "code": code, **values})

    def _send(self, code="support", user=None, config=None, text="Hello", **options):
        service = self.service.with_user(user or self.user)
        environment = {"agent_type": code} if code else {}
        return service.send_message(text, config and config.id, environment, **options)

    def _agent_of(self, code, user=None):
        found = self.agents.with_user(user or self.user)._of_call(code, self.company.id)
        return found and found.id


@tagged("post_install", "-at_install", "every_series")
class TestWhichAgent(AgentCase):
    """Which agent's policy a call follows."""

    def test_by_its_code_whatever_the_case(self):
        agent = self._agent("Support_Reply")
        self.assertEqual(self._agent_of("support_reply"), agent.id)
        self.assertIsNone(self._agent_of("supportXreply"))  # _ is no wildcard
        self.assertEqual(self._row(self._send("SUPPORT_REPLY")).agent_id, agent)

    def test_a_tag_without_an_agent_follows_the_default_of_the_company(self):
        self.assertIsNone(self._agent_of("nobody"))
        default = self._agent("general", is_default=True)
        self.assertEqual(self.company.ai_default_agent_id, default)
        self.assertEqual(self._agent_of("nobody"), default.id)
        self.assertEqual(self._agent_of(None), default.id)
        default.is_default = False
        self.assertIsNone(self._agent_of("nobody"))

    def test_an_archived_agent_is_not_followed(self):
        agent = self._agent(is_default=True)
        agent.active = False
        self.assertIsNone(self._agent_of("support"))

    def test_of_two_with_one_code_the_one_that_names_the_person_comes_first(self):
        anybody = self._agent()
        group = self.env["res.groups"].create({"name": "Desk"})
        of_group = self._agent(group_ids=[(6, 0, group.ids)])
        other = self._new_user("agent-other")
        self.assertEqual(self._agent_of("support"), anybody.id)
        (self.user | other).write({"groups_id": [(4, group.id)]})
        self.assertEqual(self._agent_of("support"), of_group.id)
        of_person = self._agent(user_ids=[(6, 0, self.user.ids)])
        self.assertEqual(self._agent_of("support"), of_person.id)
        self.assertEqual(self._agent_of("support", other), of_group.id)
        self.assertIn("support", anybody.rivals)

    def test_of_two_that_are_alike_the_first_in_the_list_then_the_older_is_followed(self):
        older, newer = self._agent(), self._agent()
        self.assertEqual(self._agent_of("support"), older.id)
        self.assertEqual(older.rivals, newer.display_name)
        newer.sequence = 1
        self.assertEqual(self._agent_of("support"), newer.id)
        newer.active = False
        self.assertEqual(self._agent_of("support"), older.id)
        older.invalidate_recordset()
        self.assertFalse(older.rivals)

    def test_two_companies_and_two_people_with_one_code_each_follow_their_own(self):
        company = self.env["res.company"].create({"name": "B"})
        other = self._new_user(
            "agent-elsewhere", company_id=company.id, company_ids=[(6, 0, company.ids)]
        )
        second = self._new_user("agent-second")
        theirs = self._new_provider("Theirs", api_format="sandbox", company_id=company.id)
        mine = self._new_provider("Mine", api_format="sandbox")
        followed = {
            self.user: self._agent(user_ids=[(6, 0, self.user.ids)], max_tokens=11),
            second: self._agent(provider_id=mine.id, max_tokens=12),
            other: self._agent(company_id=company.id, provider_id=theirs.id, max_tokens=13),
        }
        for _turn in range(2):  # the second comes out of the caches
            for person, agent in followed.items():
                row = self._row(self._send(user=person))
                self.assertEqual((row.agent_id, row.company_id), (agent, person.company_id))
                provider = agent.provider_id or self._row(self._send(user=person)).provider_id
                self.assertEqual(row.provider_id, provider)
        self.assertNotIn(
            theirs, self.env["ai.token.usage"].search([("user_id", "!=", other.id)]).provider_id
        )

    def test_the_company_s_own_comes_before_a_shared_one_and_another_s_never(self):
        shared = self._agent(company_id=False)
        self.assertEqual(self._agent_of("support"), shared.id)
        own = self._agent(sequence=99)
        self.assertEqual(self._agent_of("support"), own.id)
        company = self.env["res.company"].create({"name": "B"})
        self._agent("theirs", company_id=company.id, is_default=True)
        self.assertEqual(company.ai_default_agent_id.code, "theirs")
        self.assertIsNone(self._agent_of("theirs"))
        with self.assertRaises(ValidationError):
            self.company.ai_default_agent_id = company.ai_default_agent_id

    def test_an_agent_that_was_deleted_is_nothing_to_its_calls(self):
        agent = self._agent()
        call, attempt = self._reserve("Hi", environment={"agent_type": "support"})
        for _done in self.env["ai.step"]._run("_open", call):
            pass
        agent.unlink()
        self.service._settle(call, attempt)
        row = self.env["ai.token.usage"].browse(attempt.token_usage_id)
        self.assertEqual(row.agent_type, "support")
        self.assertEqual(row.read(["agent_id"])[0]["agent_id"], False)
        self.assertFalse(
            row.web_read({"agent_id": {"fields": {"display_name": {}}}})[0]["agent_id"]
        )


@tagged("post_install", "-at_install")
class TestPolicy(AgentCase):
    """What an agent's policy does to a call."""

    def test_with_everything_off_what_the_caller_gave_is_sent_byte_for_byte(self):
        parts = [{"type": "text", "text": "Hi \n "}, {"type": "text", "text": "Grüße\u202f€ 😀"}]
        called = {
            "id": "c1",
            "type": "function",
            "function": {"name": "look", "arguments": '{"a":1}'},
        }
        messages = [
            {"role": "system", "content": "Be  brief."},
            {"role": "user", "content": "Good morning!"},
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "c1", "content": "1"},
            {"role": "user", "content": parts},
        ]
        look = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
        tools = [{"type": "function", "function": look}]
        for api_format, said in ANSWERS.items():
            vendor = self._new_provider(
                f"Bytes {api_format}", api_format=api_format, base_url=self.vendor.url
            )
            agent = self._agent(
                f"off_{api_format}",
                preset="careful",
                provider_id=vendor.id,
                apology="Sorry",
                keep_text="full",
            )
            for content, options in (
                ("Hi ", {}),
                (messages, {"temperature": 0.3, "max_tokens": 77, "tools": tools}),
            ):
                self.vendor.sent.clear()
                for code in ("nobody", agent.code, agent.code):
                    self.vendor.script.append((200, said))
                    passed = {"mode": "passthrough"} if len(self.vendor.sent) == 2 else {}
                    tags = {"agent_type": code}
                    self.service.send_message(content, vendor.id, tags, **options, **passed)
                with self.subTest(api_format, options=sorted(options)):
                    self.assertEqual(len(self.vendor.sent), 3)
                    self.assertEqual(len({*self.vendor.sent}), 1)

    def test_it_speaks_where_the_call_says_nothing(self):
        self._agent(
            provider_id=self.vendor_provider.id,
            max_tokens=123,
            sets_temperature=True,
            temperature=0.0,
        )
        self._send()
        self._send(max_tokens=50, temperature=1.0)
        first, second = (body for _headers, body in self.vendor.requests)
        self.assertEqual((first["temperature"], second["temperature"]), (0, 1.0))
        limits = [
            body.get("max_completion_tokens", body.get("max_tokens")) for body in (first, second)
        ]
        self.assertEqual(limits, [123, 50])

    def test_its_provider_is_what_savings_are_measured_against_where_none_was_named(self):
        self._agent(provider_id=self.strong.id)
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (self.strong, "agent"))
        self.assertFalse(row.configured_provider_id)

    def test_its_provider_takes_a_call_that_names_another_unless_that_is_a_passthrough(self):
        self._agent(provider_id=self.strong.id)
        row = self._row(self._send(config=self.provider))
        self.assertEqual((row.provider_id, row.choice_reason), (self.strong, "agent"))
        self.assertEqual(row.configured_provider_id, self.provider)
        row = self._row(self._send(config=self.provider, mode="passthrough"))
        self.assertEqual((row.provider_id, row.choice_reason), (self.provider, "mode"))

    def test_the_first_messages_of_a_person_go_to_its_provider(self):
        agent = self._agent(provider_id=self.strong.id, first_strong_messages=2)
        other = self._new_user("agent-second")
        reasons = [self._row(self._send()).choice_reason for _n in range(3)]
        self.assertEqual(reasons, ["first", "first", "agent"])
        self.assertEqual(self._row(self._send(user=other)).choice_reason, "first")
        self.assertEqual(self._row(self._send("other")).choice_reason, "configured")
        agent.first_strong_messages = 0
        self.assertEqual(self._row(self._send(user=other)).choice_reason, "agent")

    def test_what_went_to_no_provider_is_none_of_the_first_messages(self):
        agent = self._agent(provider_id=self.strong.id, first_strong_messages=2)
        common = {
            "company_id": self.company.id,
            "user_id": self._row(self._send()).user_id.id,
            "agent_key": agent.id,
        }
        for kind in ("pattern", "pattern", "summary", "trial", "fallback"):
            self.env["ai.token.usage"].sudo()._insert([{**common, "kind": kind}])
        reasons = [self._row(self._send()).choice_reason for _n in range(2)]
        self.assertEqual(reasons, ["first", "agent"])

    def test_its_routing_holds_where_the_call_states_none(self):
        cheap = self._new_provider(
            "Cheap",
            {"input_usd": 0.001, "output_usd": 0.001, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            quality_score=95,
            quality_source="test",
        )
        agent = self._agent(provider_id=self.vendor_provider.id, preset="balanced")
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (cheap, "router"))
        self.assertGreater(row.saved_usd, 0)
        self.assertEqual(
            self._row(self._send(mode="passthrough")).provider_id, self.vendor_provider
        )
        agent.preset = "careful"
        row = self._row(self._send())
        self.assertEqual((row.provider_id, row.choice_reason), (self.vendor_provider, "agent"))

    def test_the_quality_that_it_needs_is_what_the_router_looks_for(self):
        weak = self._new_provider(
            "Weak",
            {"input_usd": 0.001, "output_usd": 0.001, "valid_from": "2020-01-01"},
            base_url=self.vendor.url,
            quality_score=65,
            quality_source="test",
        )
        agent = self._agent(provider_id=self.vendor_provider.id, preset="thrifty")
        self.assertEqual(self._row(self._send()).provider_id, weak)
        agent.quality_required = "high"
        self.vendor_provider.quality_score = 92
        text = "Analyze the market for e-bikes in Austria and name the main competitors."
        self.assertNotEqual(self._row(self._send(text=text)).provider_id, weak)

    def test_an_apology_is_given_where_no_vendor_answers_and_is_marked(self):
        agent = self._agent(
            provider_id=self.vendor_provider.id, apology="A colleague will get back to you."
        )
        self.vendor.script += [(400, {"error": {"message": "no"}})]
        result = self._send()
        self.assertEqual(result["content"], "A colleague will get back to you.")
        self.assertEqual(
            (result["kind"], result["cost_usd"], result["saved_usd"]), ("fallback", 0, 0)
        )
        self.assertIn(agent.name, result["notices"][-1])
        rows = self.env["ai.token.usage"].search([("agent_key", "=", agent.id)], order="id")
        self.assertEqual(rows.mapped("kind"), ["api", "fallback"])
        self.assertEqual(rows[0].state, "failed")

    def test_a_stream_apologises_only_to_a_reader_who_has_read_nothing(self):
        self._agent(provider_id=self.vendor_provider.id, apology="Sorry.")
        self.vendor.script += [(400, {"error": {"message": "no"}})]
        service = self.service.with_user(self.user)
        events = list(service.stream_message("Hi", None, {"agent_type": "support"}))
        self.assertEqual(events[0], {"type": "delta", "text": "Sorry."})
        self.assertEqual(events[-1]["result"]["kind"], "fallback")

    def test_an_apology_is_not_what_a_key_is_answered_with_again(self):
        self._agent(provider_id=self.vendor_provider.id, apology="Sorry.")
        self.vendor.script += [(400, {"error": {"message": "no"}})]
        self.assertEqual(self._send(idempotency_key="one")["kind"], "fallback")
        self.assertEqual(self._send(idempotency_key="one")["kind"], "api")

    def test_a_refused_budget_is_no_case_for_an_apology(self):
        agent = self._agent(provider_id=self.vendor_provider.id, apology="Sorry.")
        self.env["ai.cost.budget"].create(
            {"name": "None", "company_id": self.company.id, "budget_amount": 0.0000001}
        )
        with self.assertRaises(exceptions.BudgetExceededError):
            self._send()
        self.assertFalse(self.env["ai.token.usage"].search([("agent_key", "=", agent.id)]))

    def test_texts_are_kept_in_full_for_its_own_days_unless_the_company_keeps_none(self):
        self.company.write({"ai_text_policy": "excerpt", "ai_text_retention_days": 10})
        agent = self._agent(keep_text="full", keep_text_days=30)
        long = "word " * 400
        mine, other = self._row(self._send(text=long)), self._row(self._send("other", text=long))
        self.assertIn(long, mine.prompt_text)
        self.assertEqual(len(other.prompt_text), 1000)
        old = fields.Datetime.now() - timedelta(days=20)
        self._age(mine + other, old)
        self.env["ai.token.usage"]._cron_clear_texts()
        self.assertTrue(mine.prompt_text)
        self.assertFalse(other.prompt_text)
        agent.keep_text_days = 15
        self.env["ai.token.usage"]._cron_clear_texts()
        self.assertFalse(mine.prompt_text)
        self.company.ai_text_policy = "none"
        self.assertFalse(self._row(self._send(text=long)).prompt_text)
        self.assertFalse(agent.company_keeps_text)

    def _age(self, rows, moment):
        self.env.cr.execute("ALTER TABLE ai_token_usage DISABLE TRIGGER USER")
        self.env.cr.execute(
            "UPDATE ai_token_usage SET create_date = %s, local_date = %s WHERE id = ANY(%s)",
            (moment, moment.date(), rows.ids),
        )
        self.env.cr.execute("ALTER TABLE ai_token_usage ENABLE TRIGGER USER")
        rows.invalidate_recordset()

    def test_bad_figures_are_refused_in_words(self):
        for values in (
            {"code": "  "},
            {"temperature": 3},
            {"max_tokens": -1},
            {"first_strong_messages": -1},
            {"keep_text_days": 0},
        ):
            with self.assertRaises(ValidationError, msg=str(values)), self.env.cr.savepoint():
                self._agent("x").write(values)


@tagged("post_install", "-at_install")
class TestAgentRecords(AgentCase):
    def test_three_choices_set_the_switches_and_are_told_by_them(self):
        agent = self._agent()
        self.assertEqual(agent.preset, "custom")
        agent.preset = "thrifty"
        self.assertEqual((agent.mode, agent.quality_required), ("smart_router", "low"))
        agent.preset = "careful"
        self.assertEqual((agent.mode, agent.quality_required), ("passthrough", False))
        agent.quality_required = "high"
        self.assertEqual(agent.preset, "custom")

    def test_agents_are_made_of_the_tags_in_the_ledger(self):
        self._agent("Known")
        for code in ("known", "lead_scoring", "LEAD_scoring"):
            self._send(code)
        manager = self._new_user("agent-manager", "base.group_user", "ai_brain.group_ai_manager")
        before = self.agents.search([])
        self.agents.with_user(manager).action_agents_from_usage()
        new = self.agents.search([]) - before
        self.assertIn("lead_scoring", [code.lower() for code in new.mapped("code")])
        self.assertEqual(len(new.filtered(lambda a: a.code.lower() == "lead_scoring")), 1)
        self.assertNotIn("known", [code.lower() for code in new.mapped("code")])
        self.assertEqual(self._row(self._send("lead_scoring")).choice_reason, "configured")
        again = self.agents.with_user(manager).action_agents_from_usage()
        self.assertEqual(again["type"], "ir.actions.client")
        scoring = new.filtered(lambda a: a.code.lower() == "lead_scoring")
        rows = self.env["ai.token.usage"].search(scoring.action_view_usage()["domain"])
        self.assertEqual(len(rows), 3)  # two before it was made, one after
        with self.assertRaises(AccessError):
            self.agents.with_user(self.user).action_agents_from_usage()

    def test_a_breakdown_calls_a_tag_by_its_agent_s_name(self):
        self._agent("named", name="Named Agent")
        for code in ("named", "nameless"):
            self._send(code)
        breakdown = self.env["ai.token.analytics"].with_user(self.user).get_cost_breakdown()
        labels = {code: row["label"] for code, row in breakdown["by_agent"].items()}
        self.assertEqual(labels, {"named": "Named Agent", "nameless": "nameless"})

    def test_blanks_around_a_code_hide_a_call_from_no_budget_and_no_name(self):
        self._agent("named", name="Named Agent")
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Named",
                "company_id": self.company.id,
                "budget_amount": 10,
                "agent_type": "named",
            }
        )
        self._send(" NAMED ", config=self.provider)
        self.assertGreater(budget.current_spend, 0)
        lines = self.env["ai.token.analytics"].with_user(self.user).get_cost_breakdown()
        self.assertEqual({row["label"] for row in lines["by_agent"].values()}, {"Named Agent"})

    def test_a_line_of_a_breakdown_opens_its_agent_for_whom_may_read_it(self):
        agent = self._agent("named", name="Named Agent")
        archived = self._agent("gone", name="Archived Agent")
        for code in ("named", "gone", "nameless"):
            self._send(code)
        archived.active = False
        analytics = self.env["ai.token.analytics"].with_user(self.user)
        lines = analytics.get_cost_breakdown()["by_agent"]
        self.assertEqual(lines["named"]["opens"], ["ai.agent", agent.id])
        self.assertEqual(lines["gone"]["label"], "Archived Agent")
        self.assertEqual(lines["gone"]["opens"], ["ai.agent", archived.id])
        self.assertIsNone(lines["nameless"]["opens"])
        data = analytics.get_dashboard_data(agent_type="named")
        self.assertEqual(data["facets"][0]["label"], "Named Agent")
        self.assertEqual(data["options"]["agents"], [{"id": "named", "name": "Named Agent"}])
        company = self.env["res.company"].create({"name": "B"})
        self._agent("nameless", name="Theirs", company_id=company.id)
        self.assertEqual(
            analytics.get_cost_breakdown()["by_agent"]["nameless"]["label"], "nameless"
        )

    def test_the_ledger_is_searched_by_an_agent_s_name(self):
        one, two = self._agent("one", name="Sales Mail"), self._agent("two", name="Support Desk")
        rows = {code: self._row(self._send(code)) for code in ("one", "two", "none")}
        found = self.env["ai.token.usage"].with_user(self.user).search
        for domain, codes in (
            ([("agent_id", "ilike", "sales")], "one"),
            ([("agent_id", "in", ["Support Desk", "Sales Mail"])], "one two"),
            ([("agent_id", "=", "Support Desk")], "two"),
            ([("agent_id", "not ilike", "sales")], "two none"),
            ([("agent_id.name", "=like", "Sup%")], "two"),
            ([("agent_id", "=", one.id)], "one"),
            ([("agent_id", "in", [one.id, two.id])], "one two"),
            ([("agent_id", "!=", one.id)], "two none"),
            ([("agent_id", "=", False)], "none"),
            ([("agent_id", "!=", False)], "one two"),
            ([("agent_id", "ilike", "nobody")], ""),
        ):
            ids = [row.id for row in rows.values()]
            self.assertEqual(
                found([*domain, ("id", "in", ids)], order="id"),
                self.env["ai.token.usage"].browse([rows[code].id for code in codes.split()]),
                str(domain),
            )
        one.active = False
        self.assertIn(rows["one"], found([("agent_id", "ilike", "sales")]))

    def test_lists_of_calls_group_by_agents_names_and_a_deleted_one_has_none(self):
        self._agent("one", name="Sales Mail")
        gone = self._agent("two", name="Gone")
        rows = [self._row(self._send(code)) for code in ("one", "one", "two", "none")]
        gone.unlink()
        usage, mine = self.env["ai.token.usage"], [("id", "in", [row.id for row in rows])]
        groups = usage._read_group(mine, ["agent_id"], ["__count"])
        self.assertEqual(
            {agent.name: count for agent, count in groups}, {"Sales Mail": 2, False: 2}
        )
        self.assertEqual(usage.search_count([*mine, ("agent_id", "=", False)]), 2)
        self.assertTrue(usage.fields_get(["agent_id"])["agent_id"]["groupable"])

    def test_a_budget_names_the_agent_that_it_limits(self):
        agent = self._agent("support", name="Support Desk")
        budget = self.env["ai.cost.budget"].create(
            {
                "name": "Desk",
                "company_id": self.company.id,
                "budget_amount": 10,
                "agent_type": "Support",
            }
        )
        each = self.env["ai.cost.budget"].create(
            {"name": "Each", "company_id": self.company.id, "budget_amount": 10, "each": "agent"}
        )
        self._send("support", user=self.env.user, config=self.provider)
        self.assertEqual(budget.agent_id, agent)
        part = self.env["ai.cost.budget.period"].search(
            [("budget_id", "=", each.id), ("subject", "=", "agent:support")]
        )
        self.assertEqual((part.subject_name, part.agent_id), ("Support Desk", agent))
        lines = self.env["ai.token.analytics"].get_dashboard_data()["budget"]["budgets"]
        (line,) = [line for line in lines if line["id"] == budget.id]
        self.assertEqual(
            (line["scope_label"], line["opens"]), ("Support Desk", ["ai.agent", agent.id])
        )

    def test_a_shared_agent_is_the_administrator_s_to_change(self):
        manager = self._new_user("agent-boss", "base.group_user", "ai_brain.group_ai_manager")
        shared = self._agent("shared", company_id=False)
        with self.assertRaises(AccessError):
            shared.with_user(manager).name = "Mine"
        own = self._agent("own").with_user(manager)
        own.name = "Ours"
        with self.assertRaises(AccessError):
            own.company_id = False

    def test_a_shared_agent_sends_no_company_s_calls_to_another_s_provider(self):
        company = self.env["res.company"].create({"name": "B"})
        theirs = self._new_provider("Theirs", api_format="sandbox", company_id=company.id)
        shared = self._agent("shared", company_id=False, message_set="coaching")
        values = {"provider_id": theirs.id, "efficient_provider_id": theirs.id}
        self.env.cr.execute(  # as if the provider had been given to B later
            "UPDATE ai_agent SET provider_id = %(provider_id)s,"
            " efficient_provider_id = %(efficient_provider_id)s WHERE id = %(id)s",
            {**values, "id": shared.id},
        )
        shared.invalidate_recordset()
        self.env.registry.clear_cache()
        row = self._row(self._send("shared", config=self.provider, text="Good morning!"))
        self.assertEqual((row.provider_id, row.message_type), (self.provider, "greeting"))
        self.assertNotEqual(self._row(self._send("shared")).provider_id, theirs)

    def test_a_copy_has_a_code_of_its_own(self):
        self.assertEqual(self._agent("support").copy().code, "support copy")
