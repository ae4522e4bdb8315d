import random
from decimal import Decimal

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext

from odoo.addons.ai_brain.tests.common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestSavingsScreens(AiCase):
    """What is proven stands on the agent, in the list of savings, on the dashboard and in mails,
    and is one figure."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls._new_user(
            "saving-boss", "base.group_user", "ai_brain.group_ai_manager", email="b@example.com"
        )
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Support", "code": "support", "holdout_share": 20}
        )
        cls.plain = cls.env["ai.agent"].create({"name": "Plain", "code": "plain"})

    def _rows(self, arm, sessions, cost, day=None, **values):
        draw = random.Random(arm)
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.env.uid,
                    "provider_id": self.provider.id,
                    "agent_key": self.agent.id,
                    "agent_type": "support",
                    "holdout_arm": arm,
                    "holdout_unit": number,
                    "holdout_percent": 20,
                    "cost_usd": Decimal(draw.randrange(900, 1100)).scaleb(-3) * Decimal(cost),
                    "saved_usd": Decimal(1),
                    "state": "done",
                    **({"local_date": day} if day else {}),
                    **values,
                }
                for number in range(sessions)
            ]
        )

    def _prove(self, **values):
        self._rows("held_out", 40, "2", quality_score=80, feedback_count=1, **values)
        self._rows("treated", 160, "1", quality_score=82, feedback_count=1, **values)
        return self.env["ai.token.analytics"].get_proven_savings(agent=self.agent.id)

    def test_an_agent_tells_what_was_proven(self):
        found, agent = self._prove(), self.agent.with_user(self.boss)
        self.assertEqual(agent.saving_state, "proven")
        self.assertEqual(agent.saving_text, found["text"])
        self.assertEqual(agent.saving_percent, round(found["percent"], 1))
        text = self.env["res.currency"]._ai_usd_text
        self.assertEqual(agent.saving_amount, text(found["usd"]))
        self.assertEqual(agent.saving_estimate, text(160))
        low, high = (round(found[name], 1) for name in ("low", "high"))
        self.assertEqual(agent.saving_interval, f"{low} to {high}")
        self.env["res.lang"]._activate_lang("de_DE")
        german = agent.with_context(lang="de_DE").saving_interval
        self.assertIn(str(low).replace(".", ","), german)
        self.assertIn("Rated 82 (82 to 82), held out 80 (80 to 80).", agent.saving_quality)
        self.assertIn("Errors 0.0%", agent.saving_quality)
        self.assertIn("variants of prompts: $0", agent.saving_cost)
        calls = self.env["ai.token.usage"].search(agent.action_view_holdout()["domain"])
        self.assertEqual(len(calls), 200)

    def test_one_without_a_holdout_tells_that_nothing_is_held_out(self):
        self.assertEqual(
            (self.plain.saving_state, self.plain.saving_text, self.plain.saving_percent),
            ("none", "Nothing is held out.", 0),
        )
        self.assertFalse(self.env["ai.agent"].new({"name": "N", "code": "n"}).saving_interval)

    def test_the_list_holds_those_that_hold_out_or_have_done_so(self):
        action = self.env.ref("ai_sam_cost_dashboard.action_ai_savings")
        both = self.agent | self.plain
        mine = [("id", "in", both.ids)]
        self.assertEqual(
            self.env["ai.agent"].search([("holdout_seen", "=", True), *mine]), self.agent
        )
        self.assertEqual(action.res_model, "ai.agent")
        self._rows("treated", 1, "1")
        self.agent.holdout_share = 0
        self.assertEqual(both.filtered("holdout_seen"), self.agent)
        self.assertEqual(
            self.env["ai.agent"].search([("holdout_seen", "=", True), *mine]), self.agent
        )
        self.assertEqual(
            self.env["ai.agent"].search([("holdout_seen", "=", False), *mine]), self.plain
        )

    def test_five_percent_are_offered_to_managers(self):
        self.plain.with_user(self.boss).action_offer_holdout()
        self.assertEqual(self.plain.holdout_share, 5)
        with self.assertRaises(AccessError):
            self.agent.with_user(self._new_user("saving-user")).action_offer_holdout()
        with Form(self.plain.with_user(self.boss)) as form:
            form.holdout_share = 10
        self.assertEqual(self.plain.holdout_share, 10)

    def test_the_dashboard_has_the_same_figure_and_filters_that_split_arms_have_none(self):
        self._prove()
        analytics = self.env["ai.token.analytics"]
        proof = analytics.get_dashboard_data()["proof"]
        found = analytics.get_proven_savings("month")
        self.assertEqual((proof["label"], proof["usd"]), ("proven", found["usd"]))
        mine = analytics.get_dashboard_data(agent_type="support")["proof"]
        self.assertEqual(mine["usd"], found["usd"])
        self.assertIsNone(analytics.get_dashboard_data(provider_id=self.provider.id)["proof"])
        self.assertIsNone(analytics.get_dashboard_data(agent_type="plain")["proof"])

    def test_what_was_proven_before_this_month_is_told_with_how_many_agents_it_is_of(self):
        before = fields.Date.subtract(self.company._ai_local_date(), days=70)
        self._prove(day=before)
        analytics = self.env["ai.token.analytics"].with_user(self.boss)
        found, agents = analytics.get_proven_savings(), self.env["ai.agent"].search_count([])
        for rows, state in ((0, "none"), (3, "open")):  # conversations that go on
            self._rows("treated", rows, "1")
            self._rows("held_out", rows, "2")
            proof = analytics.get_dashboard_data()["proof"]
            self.assertEqual((proof["state"], proof["label"]), (state, "estimated"))
            ever = proof["ever"]
            self.assertEqual((ever["since"], ever["agent_ids"]), (str(before), self.agent.ids))
            self.assertEqual((ever["count"], ever["agents"]), (1, agents))
            self.assertAlmostEqual(ever["percent"], found["percent"], delta=3)
            self.assertIn(f"for 1 of {agents} agents: {round(ever['percent'], 1)}%", ever["text"])
            self.assertIn("The rest is estimated.", ever["text"])
        self.plain.active = False
        self.env["ai.agent"].search([("id", "!=", self.agent.id)]).active = False
        ever = analytics.get_dashboard_data()["proof"]["ever"]
        self.assertRegex(ever["text"], r"^Proven since .*[0-9]% saved, between [0-9.]+% and")
        self.assertNotIn("The rest", ever["text"])
        filtered = analytics.get_dashboard_data(agent_type="support")["proof"]
        self.assertEqual((filtered["state"], filtered["ever"]), ("open", None))

    def test_where_all_together_is_not_proven_the_agents_that_are_stand_by_name(self):
        before = fields.Date.subtract(self.company._ai_local_date(), days=70)
        self._prove(day=before)
        # dear calls of another agent, of which nothing can be shown
        other = {"agent_key": self.plain.id, "agent_type": "plain", "local_date": before}
        for arm, price in (("held_out", "900"), ("treated", "1000")):
            self._rows(arm, 25, price, **other)
            self._rows(arm, 25, "1", holdout_unit=5_000, **other)
        analytics = self.env["ai.token.analytics"].with_user(self.boss)
        found = analytics.get_proven_savings()
        self.assertNotEqual(found["state"], "proven")
        ever = analytics.get_dashboard_data()["proof"]["ever"]
        self.assertEqual(ever["agent_ids"], self.agent.ids)
        self.assertIn("“Support” saves", ever["text"])
        lines = {line["agent_id"]: line["percent"] for line in found["agents"]}
        self.assertEqual(ever["percent"], lines[self.agent.id])

    def test_where_all_together_lose_no_agent_is_said_to_save(self):
        before = fields.Date.subtract(self.company._ai_local_date(), days=70)
        self._prove(day=before)
        other = {"agent_key": self.plain.id, "agent_type": "plain", "local_date": before}
        self._rows("held_out", 40, "10", **other)
        self._rows("treated", 160, "20", **other)
        analytics = self.env["ai.token.analytics"].with_user(self.boss)
        found = analytics.get_proven_savings()
        states = {line["agent_id"]: line["state"] for line in found["agents"]}
        self.assertEqual(found["state"], "loss")
        self.assertEqual(states, {self.agent.id: "proven", self.plain.id: "loss"})
        ever = analytics.get_dashboard_data()["proof"]["ever"]
        self.assertEqual((ever["state"], ever["percent"]), ("loss", found["percent"]))
        self.assertEqual({*ever["agent_ids"]}, {self.agent.id, self.plain.id})
        self.assertIn(
            f"costs more than it saves, {round(-found['percent'], 1)}% more", ever["text"]
        )
        self.assertNotIn("saved", ever["text"])
        self.assertLess(ever["low"], ever["high"])
        self.assertLess(ever["high"], 0)

    def test_all_is_said_only_where_all_together_is_proven(self):
        before = fields.Date.subtract(self.company._ai_local_date(), days=70)
        self._prove(day=before)
        # an agent that is no more, and of which nothing can be shown
        other = {"agent_key": self.plain.id, "agent_type": "plain", "local_date": before}
        for arm, price in (("held_out", "900"), ("treated", "1000")):
            self._rows(arm, 25, price, **other)
            self._rows(arm, 25, "1", holdout_unit=5_000, **other)
        self.env["ai.agent"].search([("id", "!=", self.agent.id)]).active = False
        analytics = self.env["ai.token.analytics"].with_user(self.boss)
        self.assertEqual(analytics.get_proven_savings()["state"], "open")
        ever = analytics.get_dashboard_data()["proof"]["ever"]
        self.assertEqual((ever["state"], ever["count"], ever["agents"]), ("proven", 1, 2))
        self.assertIn("“Support” saves", ever["text"])

    def test_the_weekly_mail_tells_it(self):
        digest = self.env["ai.cost.digest"]
        first, last = digest._week(self.company)
        self._prove(day=last)
        text = html2plaintext(digest._body(self.company, self.boss, first, last))
        self.assertIn("Saved, proven", text)
        self.assertIn("with 95% certainty", text)
        early = fields.Date.subtract(first, days=1)
        self.assertNotIn("Saved, proven", digest._body(self.company, self.boss, early, early))

    def test_operators_see_it_with_its_bounds(self):
        found = self._prove()
        text = self.env["ai.metrics"]._text(self.company).decode()
        lines = {
            line.split(" ")[0]: line.split(" ")[1] for line in text.splitlines() if line[0] != "#"
        }
        for bound, name in (("", "usd"), ("low", "low_usd"), ("high", "high_usd")):
            sample = f'llm_saved_proven_dollars{{bound="{bound}"}}'
            self.assertAlmostEqual(float(lines[sample]), found[name], 9)
