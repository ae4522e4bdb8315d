import contextlib
import time
from collections import Counter
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_brain.engine.price import pricing
from odoo.addons.ai_brain.engine.price.usage import TokenUsage

from ...demo import calls
from ..common import fill_demo


@tagged("post_install", "-at_install", "every_series")
class TestDemo(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("SELECT COALESCE(max(id), 0) FROM ai_token_usage")
        cls.before = cls.env.cr.fetchone()[0]
        cls.providers = set(cls.env["ai.service.provider"].search([]).ids)
        began = time.monotonic()
        cls.filled = fill_demo(cls.env)
        cls.env.flush_all()
        cls.seconds = time.monotonic() - began
        cls.rows = cls.env["ai.token.usage"].search([("id", ">", cls.before)])

    def sql(self, query, *params):
        self.env.cr.execute(query, (self.before, *params))
        return self.env.cr.fetchall()

    def test_it_is_fast_and_happens_once(self):
        self.assertTrue(self.filled)
        self.assertLess(self.seconds, 30, "10 s on an idle machine")
        self.assertFalse(self.env["ai.cost.demo"]._fill())

    def test_six_months_eight_users_five_providers(self):
        [(months, users, providers, modules, agents)] = self.sql(
            """
            SELECT count(DISTINCT date_trunc('month', local_date)), count(DISTINCT user_id),
                   count(DISTINCT provider_id), count(DISTINCT module),
                   count(DISTINCT agent_type)
              FROM ai_token_usage WHERE id > %s
            """
        )
        self.assertGreaterEqual(months, 6)
        self.assertEqual((users, providers), (8, 5))
        self.assertGreaterEqual(modules, 6)
        self.assertGreaterEqual(agents, 7)

    def test_costs_are_what_the_prices_say(self):
        rows = self.rows.filtered(lambda row: row.state == "done" and row.kind == "api")[:300]
        self.assertTrue(rows)
        for row in rows:
            usage = TokenUsage(**{kind: row[f"{kind}_tokens"] for kind in pricing.KINDS})
            cost = pricing.cost(usage, row.price_id._to_engine())
            self.assertEqual(Decimal(repr(row.cost_usd)), cost.normalize())

    def test_savings_and_waste_never_exceed_what_there_is(self):
        [(wrong,)] = self.sql(
            """
            SELECT count(*) FROM ai_token_usage
             WHERE id > %s AND (saved_usd != baseline_cost_usd - cost_usd
                                OR could_have_saved_usd > cost_usd OR cost_usd < 0)
            """
        )
        self.assertEqual(wrong, 0)
        [(waste, saved)] = self.sql(
            "SELECT sum(could_have_saved_usd), sum(saved_usd) FROM ai_token_usage WHERE id > %s"
        )
        self.assertGreater(waste, 0)
        self.assertGreater(saved, 0)

    def test_there_is_advice_with_a_saving_and_calls_that_followed_it(self):
        advice = self.env["ai.cost.advice"].search([("company_id", "=", self.env.company.id)])
        self.assertTrue(advice.filtered(lambda one: one.state == "open" and one.saving_usd > 1))
        followed = self.env["ai.cost.optimizer"].search(
            [("token_usage_id", "in", self.rows.ids), ("experiment_id", "=", False)]
        )
        self.assertTrue(followed)
        for one in followed:
            self.assertNotEqual(one.configured_provider_id, one.recommended_provider_id)

    def test_waste_says_where_and_offers_what_ends_it(self):
        last = fields.Date.context_today(self.env.user)
        period = {"date_from": fields.Date.subtract(last, days=60), "date_to": last}
        data = self.env["ai.token.analytics"].get_dashboard_data("custom", **period)
        lines = data["waste"]
        self.assertEqual(len(lines), 5)
        for line in lines:
            self.assertGreater(line["cost_usd"], 0)
        actions = [line["action"]["label"] for line in lines if line["action"]]
        self.assertIn("Open the provider", actions)

    def test_calls_that_were_ended_in_between_go_on_and_none_is_made_twice(self):
        demo, asked, made = self.env["ai.cost.demo"], [], []
        ask, first_ones = type(demo)._ask, calls.plan(fields.Datetime.now())[:40]
        due = Counter((one.moment, one.text) for one in first_ones for _person in one.people)

        def ask_until(self, env, user_id, provider_id, one):
            """The process ends before the fifth call, and after the fifteenth, which is made."""
            asked.append(one)
            if len(asked) == 5:
                raise SystemExit
            kind = ask(self, env, user_id, provider_id, one)
            made.append((one.moment, one.text))
            if len(asked) == 15:
                raise SystemExit
            return kind

        def again():
            # what a transaction that is not committed leaves of its mark
            self.env["ir.config_parameter"].search([("key", "=", calls.CALLED)]).unlink()
            return demo._make_calls()

        def planned(now):
            plans.append(now)
            return first_ones

        plans = []
        with (
            patch.object(type(demo), "_ask", ask_until),
            patch.object(type(demo), "_analyses"),
            patch.object(calls, "plan", planned),
        ):
            for _end in range(2):
                with contextlib.suppress(SystemExit):  # assertRaises would roll back the calls
                    self.fail(f"it was not ended: {again()}")
            again()
            self.assertEqual(demo._make_calls(), {}, "once")
        self.assertEqual(Counter(made), due)
        self.assertEqual(len(set(plans)), 1, "planned anew, it would be another plan tomorrow")
        self.assertEqual(len(asked), due.total() + 1, "the fifth was begun twice")

    def test_what_cost_nothing_was_asked_and_not_written_down(self):
        free = ("cache", "pattern", "dedup")
        self.assertFalse(self.rows.filtered(lambda row: row.kind in free))
        kinds = self.env["ai.cost.demo"]._make_calls()
        self.assertGreater(kinds["cache"], 60)
        self.assertGreater(kinds["pattern"], 30)
        self.assertGreater(kinds["api"], 30)
        self.assertEqual(self.env["ai.cost.demo"]._make_calls(), {}, "once")
        made = self.env["ai.token.usage"].search(
            [("id", ">", max(self.rows.ids)), ("kind", "in", free)]
        )
        self.assertEqual(len(made), sum(kinds.get(kind, 0) for kind in free))
        answers = self.env["ai.answer"]
        for row in made:
            self.assertTrue(row.agent_key and row.session_id and not row.cost_usd)
            if row.kind == "pattern":
                self.assertTrue(row.pattern_id)
            else:  # the answer may have been given anew since
                kept = answers.browse(row.answer_key).exists()
                self.assertLessEqual(kept.created_at or row.create_date, row.create_date)
        self.assertIn("same_question", made.mapped("answer_match"))
        days = [fields.Date.subtract(fields.Date.today(), days=days) for days in (70, 7)]
        self.assertLess(min(made.mapped("local_date")), days[0])
        self.assertGreater(max(made.mapped("local_date")), days[1])
        self.assertGreater(sum(made.mapped("saved_usd")), 0)
        found = self.env["ai.token.analytics"].get_proven_savings()
        self.assertEqual(found["state"], "proven", found["text"])
        # 39 to 49 for 300 secrets by which the arms are drawn
        self.assertTrue(30 < found["percent"] < 50, found["text"])
        self.assertGreater(found["low"], 0)
        self.assertLess(found["high"], 100)
        agent = self.env["ai.agent"].search([("code", "=", "product_faq")])
        self.assertEqual([line["agent_id"] for line in found["agents"]], agent.ids)

    def test_a_budget_is_blown_and_another_is_not(self):
        budgets = self.env["ai.cost.budget"].search([])
        self.assertIn("block", budgets.mapped("status"))
        self.assertIn("ok", budgets.mapped("status"))
        differing = self.env["ai.cost.budget.period"]._compare(budgets.period_ids.ids)
        self.assertFalse(differing)

    def test_the_experiment_has_a_result(self):
        experiment = self.env["ai.experiment"].search([], limit=1)
        self.assertEqual(experiment.state, "done")
        self.assertTrue(experiment.is_decided)
        self.assertGreater(experiment.difference_low, 0)

    def test_providers_answer_here_and_nobody_can_log_in(self):
        made = self.env["ai.service.provider"].search([("id", "not in", list(self.providers))])
        self.assertEqual(set(made.mapped("api_format")), {"sandbox"})
        self.assertTrue(all(provider.is_priced for provider in made))
        self.env.cr.execute(
            r"SELECT count(*) FROM res_users WHERE login LIKE 'ai\_costs\_%%'"
            " AND password IS NOT NULL"
        )
        self.assertEqual(self.env.cr.fetchone()[0], 0)
