from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from odoo.addons.ai_brain.tests.common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestAgentScreens(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cheap = cls._new_provider(
            "Cheap",
            {"input_usd": 0.1, "output_usd": 0.2, "valid_from": "2020-01-01"},
            api_format="sandbox",
        )
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Support", "code": "support", "provider_id": cls.provider.id}
        )

    def _rows(self, reason, calls, cost, saved, rating):
        """Write rows of the agent, half of them rated."""
        rows = [
            {
                "company_id": self.company.id,
                "user_id": self.env.uid,
                "provider_id": self.cheap.id,
                "agent_type": "support",
                "agent_key": self.agent.id,
                "choice_reason": reason,
                "cost_usd": cost,
                "baseline_cost_usd": cost + saved,
                "saved_usd": saved,
                "quality_score": rating if number % 2 else None,
                "feedback_count": number % 2,
            }
            for number in range(calls)
        ]
        return self.env["ai.token.usage"].create(rows)

    def test_its_form_sets_a_preset_and_tells_it_apart_from_what_was_changed(self):
        with Form(self.env["ai.agent"]) as form:
            form.name, form.code = "Sales", "sales"
            form.preset = "thrifty"
            self.assertEqual((form.mode, form.quality_required), ("smart_router", "low"))
            form.quality_required = "high"
            self.assertEqual(form.preset, "custom")
        self.assertEqual(form.record.quality_required, "high")

    def test_it_shows_what_a_rule_did_to_cost_and_quality(self):
        self._rows("router", 10, 0.25, 0.75, 80)
        self._rows("agent", 4, 1.0, 0.0, 90)
        self.assertEqual((self.agent.recent_calls, self.agent.recent_cost_usd), (14, 6.5))
        self.assertEqual(
            self.agent.routing_effect,
            "Calls: 10, saved: $7.50 (estimated); rated 80 of 100 (ratings: 5), the other calls 90 "
            "(2).",
        )
        self.assertEqual(self.agent.first_effect, "It decided on no call.")

    def test_without_ratings_it_says_so(self):
        self._rows("router", 1, 0.25, 0.75, 80)
        self.assertEqual(
            self.agent.routing_effect,
            "Calls: 1, saved: $0.75 (estimated); not enough ratings to tell the quality.",
        )

    def test_it_shows_what_leaving_out_tools_saved(self):
        self.assertEqual(self.agent.tools_effect, "No tool was left out.")
        values = {"agent_key": self.agent.id, "company_id": self.company.id}
        rated = {"quality_score": 80, "feedback_count": 1}
        self.env["ai.token.usage"].create(
            [
                {**values, "tools_dropped": 3, "tools_saved_usd": 0.25},
                {**values, "tools_dropped": 2, "tools_saved_usd": 0.5, **rated},
                {**values, "tools_dropped": 0, **rated, "quality_score": 60},
                {**values, "tools_dropped": 9, "tools_saved_usd": 1, "local_date": "2020-01-01"},
            ]
        )
        self.agent.invalidate_recordset()
        self.assertEqual(
            self.agent.tools_effect,
            "Calls: 2, tools left out: 5, saved: $0.75 (estimated); rated 80 of 100 (ratings: 1), "
            "the other calls 60 (1).",
        )
        with Form(self.agent) as form:
            form.tool_policy = "needed"
        self.assertEqual(self.agent.tool_policy, "needed")

    def test_it_shows_on_what_it_spends(self):
        self.assertFalse(self.agent.spent_on)
        values = {"agent_key": self.agent.id, "company_id": self.company.id}
        before = {"agent_type": "SUPPORT", "company_id": self.company.id}
        self.env["ai.token.usage"].create(
            [
                {**values, "model_name": "small", "cost_usd": 0.5},
                {**values, "model_name": "large", "cost_usd": 2.0},
                {**before, "model_name": "large", "cost_usd": 7.5},
                {**values, "model_name": "free", "cost_usd": 0.0},
                {**values, "model_name": "old", "cost_usd": 9.0, "local_date": "2020-01-01"},
            ]
        )
        self.agent.invalidate_recordset()
        self.assertEqual(self.agent.spent_on, "large $9.50 (95%), small $0.50 (5%)")
        self.assertEqual(self.agent.recent_cost_usd, 10.0)
        action = self.agent.with_context(usage_by="model_name").action_view_usage()
        self.assertEqual(action["context"], {"group_by": ["model_name"]})
        self.assertFalse(self.agent.action_view_usage()["context"])

    def test_it_shows_what_patterns_waiting_and_shorter_threads_did_to_cost_and_quality(self):
        self.assertEqual(self.agent.waiting_effect, "No call went at the batch price.")
        self.assertEqual(self.agent.pattern_effect, "They answered no call.")
        self.assertEqual(self.agent.thread_effect, "No conversation was long enough.")
        values = {"agent_key": self.agent.id, "company_id": self.company.id}
        good, fair = ({"quality_score": score, "feedback_count": 1} for score in (90, 60))
        self.env["ai.token.usage"].create(
            [
                {**values, "kind": "batch", "saved_usd": 0.5, **good},
                {**values, "kind": "batch", "saved_usd": 0.25},
                {**values, "kind": "pattern", "saved_usd": 0.125, **fair},
                {**values, "kind": "api", "thread_saved_tokens": 90, "thread_saved_usd": 2, **fair},
                {**values, "kind": "summary", "cost_usd": 0.5},
            ]
        )
        self.agent.invalidate_recordset()
        self.assertEqual(
            self.agent.waiting_effect,
            "Calls: 2, saved: $0.75 (estimated); rated 90 of 100 (ratings: 1), the other calls 60 "
            "(2).",
        )
        self.assertEqual(
            self.agent.pattern_effect,
            "Calls: 1, saved: $0.13 (estimated); rated 60 of 100 (ratings: 1), the other calls 75 "
            "(2).",
        )
        self.assertEqual(
            self.agent.thread_effect,
            "Calls: 1, saved: $2.00 (estimated); summaries: 1 for $0.50; rated 60 of 100 (ratings: "
            "1), the other calls 75 (2).",
        )

    def test_its_efficient_provider_can_be_set_wherever_it_is_asked(self):
        with Form(self.agent) as form:
            form.preset = "balanced"
            form.efficient_provider_id = self.cheap
        self.assertEqual(self.agent.efficient_provider_id, self.cheap)
        with Form(self.agent) as form:
            form.preset = "careful"
            with self.assertRaises(AssertionError):
                form.efficient_provider_id = self.provider

    def test_calls_of_its_tag_before_it_was_made_are_its_own(self):
        self._rows("router", 1, 0.25, 0, 0)
        rows = self.env["ai.token.usage"].search([("agent_type", "=", "support")])
        later = self.env["ai.agent"].create({"name": "Desk", "code": "DESK"})
        self.env["ai.token.usage"].create(
            [{"company_id": self.company.id, "agent_type": "desk", "cost_usd": 2.0}]
        )
        self.assertEqual((later.recent_calls, later.recent_cost_usd), (1, 2.0))
        self.assertEqual(rows.agent_id, self.agent)


@tagged("post_install", "-at_install", "every_series")
class TestTryItScreens(AiCase):
    """Where a trial is offered, and what it is opened with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls._new_provider("Second", api_format="sandbox")
        cls.manager = cls._new_user("try-boss", "base.group_user", "ai_brain.group_ai_manager")
        cls.agent = (
            cls.env["ai.agent"]
            .with_user(cls.manager)
            .create({"name": "Support", "code": "support", "preset": "careful"})
        )

    def _opened(self, action):
        """Fill the form that an action opens, and save it."""
        trials = self.env[action["res_model"]].with_user(self.manager)
        return Form(trials.with_context(**action["context"]))

    def test_an_agent_s_form_offers_the_policy_next_to_its_own(self):
        with self._opened(self.agent.action_try()) as form:
            self.assertEqual((form.agent_id, form.preset), (self.agent, "balanced"))
        trial = form.record
        trial.action_start()
        self.assertEqual(self.agent.action_try()["res_id"], trial.id)
        self.assertEqual(self.agent.trial_count, 1)
        self.assertEqual(
            self.env["ai.agent.trial"].search(self.agent.action_view_trials()["domain"]), trial
        )

    def test_an_advice_is_tried_on_the_agent_whose_provider_it_names(self):
        advice = self.env["ai.cost.advice"].create(
            {
                "company_id": self.company.id,
                "provider_id": self.provider.id,
                "recommended_provider_id": self.second.id,
            }
        )
        mine = advice.with_user(self.manager)
        self.assertFalse(mine.action_try()["context"]["default_agent_id"])
        self.agent.provider_id = self.provider
        with self._opened(mine.action_try()) as form:
            self.assertEqual((form.agent_id, form.tries), (self.agent, "provider"))
            self.assertEqual(form.provider_id, self.second)
            self.assertIn("“Second”", form.note)
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        lines = {one["id"]: one for one in analytics.get_dashboard_data()["recommendations"]}
        self.assertTrue(lines[advice.id]["can_try"])
        user = self._new_user("try-user")
        with self.assertRaises(AccessError):
            advice.with_user(user).action_try()
        self.env["ai.agent"].search([]).active = False
        with self.assertRaisesRegex(UserError, "no agent yet"):
            mine.action_try()

    def test_a_recommendation_is_tried_on_the_agent_that_it_was_given_to(self):
        user = self._new_user("try-user")
        sent = self.service.with_user(user).send_message(
            "Hello", self.provider.id, {"agent_type": "support"}
        )
        record = self.env["ai.cost.optimizer"].create(
            {
                "company_id": self.company.id,
                "user_id": user.id,
                "recommended_provider_id": self.second.id,
                "token_usage_id": sent["token_usage_id"],
            }
        )
        with self._opened(record.with_user(self.manager).action_try()) as form:
            self.assertEqual((form.agent_id, form.provider_id), (self.agent, self.second))
        with self.assertRaises(AccessError):
            record.with_user(user).action_try()

    def test_undo_asks_what_becomes_of_what_was_changed_since(self):
        trial = self.env["ai.agent.trial"].with_user(self.manager)
        trial = trial.create({"agent_id": self.agent.id, "preset": "thrifty"})
        trial.action_start()
        trial.action_apply()
        self.agent.quality_required = "high"
        action = trial.action_undo()
        wizard = self.env[action["res_model"]].with_user(self.manager).browse(action["res_id"])
        line = wizard.line_ids
        self.assertEqual((line.label, line.applied, line.now), ("Quality Needed", "Low", "High"))
        wizard.action_keep()
        self.assertEqual(
            (self.agent.mode, self.agent.quality_required, trial.state),
            ("passthrough", "high", "undone"),
        )
        trial.action_apply()
        trial.action_undo()  # nobody changed anything: nothing to ask
        self.assertEqual(self.agent.quality_required, "high")


@tagged("post_install", "-at_install")
class TestAgentTour(HttpCase):
    def test_an_administrator_makes_an_agent_of_a_tag_and_gives_it_a_policy(self):
        self.env["ai.token.usage"].create(
            [{"company_id": self.env.company.id, "agent_type": "tour_tag", "cost_usd": 2.0}]
        )
        self.start_tour("/odoo/ai-agents", "ai_agent_from_usage", login="admin")
        agent = self.env["ai.agent"].search([("code", "=", "tour_tag")])
        self.assertEqual((agent.name, agent.preset), ("Tour tag", "balanced"))

    def _agent(self):
        """Return an agent with a call and a policy of its own."""
        agent = self.env["ai.agent"].create(
            {"name": "Tour Agent", "code": "tour_tag", "preset": "careful"}
        )
        self.env["ai.token.usage"].create(
            [
                {
                    "company_id": self.env.company.id,
                    "agent_type": "tour_tag",
                    "agent_key": agent.id,
                    "cost_usd": 2.0,
                }
            ]
        )
        return agent

    def test_a_policy_is_tried_applied_and_undone_though_it_was_changed_meanwhile(self):
        agent = self._agent()
        self.start_tour(f"/odoo/ai-agents/{agent.id}", "ai_agent_trial", login="admin")
        trial = self.env["ai.agent.trial"].search([("agent_id", "=", agent.id)])
        self.assertEqual((trial.state, trial.share, agent.preset), ("applied", 10, "balanced"))
        agent.quality_required = "high"
        self.start_tour(f"/odoo/ai-trials/{trial.id}", "ai_agent_trial_undo", login="admin")
        self.assertEqual((trial.state, agent.preset), ("undone", "careful"))

    def test_a_breakdown_names_agents_and_opens_them(self):
        self._agent()
        self.start_tour("/odoo/ai-costs", "ai_agent_of_breakdown", login="admin")
