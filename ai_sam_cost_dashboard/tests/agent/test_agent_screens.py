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

    def test_calls_of_its_tag_before_it_was_made_are_its_own(self):
        self._rows("router", 1, 0.25, 0, 0)
        rows = self.env["ai.token.usage"].search([("agent_type", "=", "support")])
        later = self.env["ai.agent"].create({"name": "Desk", "code": "DESK"})
        self.env["ai.token.usage"].create(
            [{"company_id": self.company.id, "agent_type": "desk", "cost_usd": 2.0}]
        )
        self.assertEqual((later.recent_calls, later.recent_cost_usd), (1, 2.0))
        self.assertEqual(rows.agent_id, self.agent)


@tagged("post_install", "-at_install")
class TestAgentTour(HttpCase):
    def test_an_administrator_makes_an_agent_of_a_tag_and_gives_it_a_policy(self):
        self.env["ai.token.usage"].create(
            [{"company_id": self.env.company.id, "agent_type": "tour_tag", "cost_usd": 2.0}]
        )
        self.start_tour("/odoo/ai-agents", "ai_agent_from_usage", login="admin")
        agent = self.env["ai.agent"].search([("code", "=", "tour_tag")])
        self.assertEqual((agent.name, agent.preset), ("Tour tag", "balanced"))
