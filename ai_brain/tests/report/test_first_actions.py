from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...models.reuse.pattern_advice import Frequent
from ..analytics_common import TODAY, AnalyticsCase


@tagged("post_install", "-at_install", "every_series")
class TestFirstActions(AnalyticsCase):
    """One list of what saves money: ranked, with both costs, tried, applied, undone, proven."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        price = {"input_usd": 10.0, "output_usd": 20.0, "valid_from": "2020-01-01"}
        common = {"company_id": cls.company.id, "base_url": cls.vendor.url}
        cls.dear = cls._new_provider("Dear", price, quality_score=85, **common)
        cls.cheap = cls._new_provider("Cheap", quality_score=80, **common)
        cls.vendor_provider.active = cls.provider.active = False
        cls.row = {
            "company_id": cls.company.id,
            "user_id": cls.anna.id,
            "local_date": TODAY,
            "provider_id": cls.dear.id,
            "input_tokens": 1000,
            "output_tokens": 500,
            "cost_usd": Decimal("0.02"),
        }
        other = {**cls.row, "user_id": cls.boss.id}
        cls.usage._insert([cls.row] * 49 + [other])
        cls.agent = cls.env["ai.agent"].create(
            {"name": "Support", "code": "support_bot", "company_id": cls.company.id}
        )

    def _refresh(self):
        advice = self.env["ai.cost.advice"].sudo()._refresh(self.company)
        here = self.env["ai.cost.finding"].sudo().with_company(self.company)
        here.with_context(allowed_company_ids=self.company.ids)._refresh(self.company)
        return advice

    def _list(self, user=None, **filters):
        return self._analytics(user).get_first_actions(**filters)

    def _item(self, kind, user=None, **filters):
        (item,) = [one for one in self._list(user, **filters)["items"] if one["kind"] == kind]
        return item

    def _waste(self, kind, usd, calls=1, target=None):
        finding = {"type": kind, "cost_wasted": usd, "target": target or {}}
        self.usage._insert(
            [
                {
                    **self.row,
                    "waste_detected": True,
                    "waste_reason": kind,
                    "could_have_saved_usd": Decimal(repr(usd)),
                    "waste_report": {"findings": [finding]},
                }
            ]
            * calls
        )

    def test_advice_has_both_costs_both_qualities_and_who_is_affected(self):
        advice = self._refresh()
        self.agent.provider_id = self.dear
        item = self._item("advice")
        self.assertEqual(item["id"], f"advice-{advice.id}")
        self.assertEqual((item["cost_usd"], item["calls"]), (1.0, 50))
        self.assertAlmostEqual(item["after_usd"], 0.1)
        self.assertAlmostEqual(item["saving_usd"], 0.9)
        self.assertEqual(item["affected"], "50 calls of 2 people; agents: Support")
        judged = self.cheap._qualities(self.company)[self.cheap.id]
        self.assertEqual(
            item["after"],
            {
                "name": "Cheap",
                "mean": judged.quality.mean,
                "low": judged.quality.lower,
                "high": judged.quality.upper,
                "ratings": 0,
            },
        )
        self.assertEqual(item["before"]["name"], "Dear")
        self.assertEqual([one["key"] for one in item["buttons"]], ["apply", "try"])

    def test_what_runs_on_the_same_calls_is_named(self):
        self._refresh()
        self.assertEqual(self._item("advice")["conflicts"], [])
        experiment = self.env["ai.experiment"].with_company(self.company)
        experiment = experiment.create(
            {
                "name": "Race",
                "company_id": self.company.id,
                "provider_a_id": self.dear.id,
                "provider_b_id": self.cheap.id,
            }
        )
        experiment.action_start()
        trial = self.env["ai.agent.trial"].create(
            {"agent_id": self.agent.id, "tries": "provider", "provider_id": self.cheap.id}
        )
        trial.action_start()
        said = self._item("advice")["conflicts"]
        self.assertIn("Race", said[0])
        self.assertIn("Support: Cheap", said[1])
        running = self._item("trial")
        self.assertIn("10% of the calls", running["text"])
        self.assertFalse(running["can_undo"])

    def test_applied_advice_is_undone_and_says_what_it_really_saved(self):
        advice = self._refresh()
        self._analytics().apply_recommendation(advice.id)
        item = self._item("advice")
        self.assertTrue(item["applied"] and item["can_undo"])
        self.assertEqual([one["key"] for one in item["buttons"]], ["undo"])
        self.assertEqual(item["result"], "What it saves is added up once a day.")
        switched = {
            **self.row,
            "create_date": fields.Datetime.now() + timedelta(seconds=5),
            "provider_id": self.cheap.id,
            "configured_provider_id": self.dear.id,
            "choice_reason": "recommendation",
            "cost_usd": Decimal("0.002"),
            "baseline_cost_usd": Decimal("0.02"),
            "saved_usd": Decimal("0.018"),
        }
        self.usage._insert([switched] * 3 + [{**switched, "choice_reason": "budget"}])
        self._refresh()
        self.assertEqual((advice.saved_calls, round(advice.saved_since_usd, 6)), (3, 0.054))
        self.assertIn("It has saved $0.054 in 3 calls until", self._item("advice")["result"])
        self.assertEqual(self._list()["together_usd"], 0, "it is saved already")
        self._analytics().undo_recommendation(advice.id)
        self.assertEqual((advice.saved_calls, advice.saved_until), (0, False))
        self.assertEqual(self._item("advice")["result"], "")

    def test_a_trial_that_was_applied_is_undone_from_the_list(self):
        trial = self.env["ai.agent.trial"].create(
            {"agent_id": self.agent.id, "preset": "thrifty", "tries": "preset"}
        )
        trial.action_start()
        trial.action_apply()
        item = self._item("trial")
        undo = item["buttons"][0]
        self.assertEqual((undo["key"], item["applied"]), ("undo", True))
        records = self.env[undo["model"]].with_user(self.boss).browse(undo["args"][0])
        getattr(records, undo["method"])()
        self.assertEqual(trial.state, "undone")
        self.assertFalse([one for one in self._list()["items"] if one["kind"] == "trial"])

    def test_waste_that_is_the_advice_s_money_is_not_counted_again(self):
        self._refresh()
        cost = self._list()["cost_usd"]
        self._waste("wrong_model", 0.5)
        # all of it may be the advice's: the line goes, and its money is counted once
        found = self._list()
        self.assertFalse([one for one in found["items"] if one["id"] == "waste-wrong_model"])
        self.assertAlmostEqual(found["together_usd"], 0.9)
        self._waste("wrong_model", 0.7)
        self._waste("oversized_context", 0.3)
        found = self._list()
        items = {one["id"]: one for one in found["items"]}
        self.assertAlmostEqual(items["waste-wrong_model"]["saving_usd"], 1.2)
        self.assertLess(items["waste-wrong_model"]["counted_usd"], 0.3 + 1e-9)
        self.assertLess(found["together_usd"], 0.9 + 0.3 + 0.3)
        self.assertLess(found["together_usd"], found["cost_usd"])
        self.assertGreater(found["cost_usd"], cost)
        savings = [one["saving_usd"] for one in found["items"] if one["saving_usd"] is not None]
        self.assertEqual(savings, sorted(savings, reverse=True))

    def test_the_figures_are_those_of_their_own_screens(self):
        self._refresh()
        self._waste("oversized_context", 0.4, calls=2)
        data = self._analytics().get_dashboard_data("custom", "2026-01-07", str(TODAY))
        lines = {one["type"]: one for one in data["waste"]}
        items = {one["id"]: one for one in data["first_actions"]["items"]}
        item, line = items["waste-oversized_context"], lines["oversized_context"]
        self.assertEqual((item["saving_usd"], item["calls"]), (line["cost_usd"], line["calls"]))
        self.assertEqual(item["domain"], line["domain"])
        (advice,) = data["recommendations"]
        self.assertEqual(items[f"advice-{advice['id']}"]["saving_usd"], advice["saving_usd"])
        self.assertEqual(data["first_actions"], self._list())

    def test_a_scheduled_action_s_change_of_code_promises_no_undo(self):
        cron = self.env["ir.cron"].create(
            {
                "name": "Sort the mail",
                "model_id": self.env["ir.model"]._get_id("res.partner"),
                "code": "pass",
            }
        )
        self._waste("could_wait", 0.4, 2, {"kind": "cron", "id": cron.id, "name": "Sort the mail"})
        item = self._item("waiting")
        self.assertAlmostEqual(item["saving_usd"], 0.8)
        self.assertIn("submit(", item["code"])
        self.assertFalse(item["can_undo"] or item["applied"])
        self.assertFalse([one for one in self._list()["items"] if one["id"] == "waste-could_wait"])

    def test_a_scheduled_action_opens_its_own_calls_and_no_other_s(self):
        targets = [
            {"kind": "cron", "id": number, "name": name}
            for number, name in (
                (101, "Sort the mail"),
                (102, "Sort the mail"),
                (103, "Rate leads"),
            )
        ]
        self._waste("could_wait", 0.4, 2, targets[0])
        self._waste("could_wait", 0.3, 3, targets[1])
        self._waste("could_wait", 0.7, 1, targets[2])
        # other waste of the same action is none of this money, nor is another company's
        self._waste("oversized_context", 0.9, 1, targets[0])
        finding = {"type": "could_wait", "cost_wasted": 0.6, "target": targets[0]}
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.usage._insert(
            [
                {
                    **self.row,
                    "company_id": elsewhere.id,
                    "waste_detected": True,
                    "waste_reason": "could_wait",
                    "could_have_saved_usd": Decimal("0.6"),
                    "waste_report": {"findings": [finding]},
                }
            ]
        )
        self.boss.company_ids = [fields.Command.link(elsewhere.id)]
        calls = self.usage.with_user(self.boss).with_context(
            allowed_company_ids=[self.company.id, elsewhere.id], ai_waste_kind="could_wait"
        )
        found = self._list()
        days = [
            ("local_date", ">=", found["date_from"]),
            ("local_date", "<=", found["date_to"]),
        ]
        items = {one["id"]: one for one in found["items"] if one["kind"] == "waiting"}
        seen = {}
        for key, item in items.items():
            rows = calls.search([*days, *item["domain"]])
            ((total, count),) = calls._read_group(
                [*days, *item["domain"]], [], ["found_usd:sum", "__count"]
            )
            seen[key] = round(total, 9), count
            self.assertAlmostEqual(total, item["saving_usd"])
            self.assertAlmostEqual(sum(rows.mapped("found_usd")), item["saving_usd"])
            self.assertEqual(count, item["calls"])
            self.assertEqual({f"waiting-{row.waiting_cron}" for row in rows}, {key})
        self.assertEqual(
            seen, {"waiting-101": (0.8, 2), "waiting-102": (0.9, 3), "waiting-103": (0.7, 1)}
        )
        others = calls.search([("waste_reason", "like", "could_wait"), ("waiting_cron", "!=", 101)])
        self.assertEqual(len(others), 4)
        with self.assertRaises(UserError):
            calls.search([("waiting_cron", "=", "101 OR TRUE")])

    def test_tags_without_an_agent_are_offered_one(self):
        item = self._item("no_agent")
        self.assertIn("“sales_bot”", item["text"])
        self.assertNotIn("support_bot", item["text"])
        where = ("agent_type = 'sales_bot'", "2026-01-07", str(TODAY))
        self.assertAlmostEqual(item["cost_usd"], float(self._sum("SUM(cost_usd)", *where)), 9)
        self.assertEqual(item["calls"], self._sum("SUM(call_count)", *where))
        self.assertIsNone(item["saving_usd"], "nobody knows it")
        (button,) = item["buttons"]
        self.env[button["model"]].with_user(self.boss).with_company(
            self.company
        ).action_agents_from_usage()
        self.assertFalse([one for one in self._list()["items"] if one["kind"] == "no_agent"])

    def test_frequent_messages_and_unread_caches_are_found_once_a_day(self):
        unknown = Frequent("opening hours", "en", 30, 3, 0.35, None, ())
        known = Frequent("thanks", "en", 50, 3, 0.15, None, (1,))
        caches = {"by_provider": {str(self.dear.id): {"calls": 7, "wasted_usd": 0.06}}}
        patterns, analytics = self.env["ai.answer.pattern"], self.env["ai.token.analytics"]
        with (
            patch.object(type(patterns), "_frequent_messages", lambda self: [unknown, known]),
            patch.object(type(analytics), "get_prompt_cache", lambda self, days: caches),
        ):
            self._refresh()
        item = self._item("pattern")
        self.assertIn("2 short messages that no pattern answers were sent 80 times", item["text"])
        self.assertEqual((item["cost_usd"], item["saving_usd"]), (0.5, 0.15))
        self.assertAlmostEqual(item["after_usd"], 0.35)
        self.assertNotIn("thanks", str(self._list()), "no text of anybody is kept beside the call")
        cache = self._item("prompt_cache")
        self.assertEqual((cache["saving_usd"], cache["calls"]), (0.06, 7))
        self.assertIn("“Dear”", cache["text"])
        with patch.object(type(patterns), "_frequent_messages", lambda self: [unknown]):
            self._refresh()
        item = self._item("pattern")
        self.assertEqual(
            (item["cost_usd"], item["saving_usd"], item["after_usd"]), (0.35, None, None)
        )
        self._refresh()
        self.assertFalse(self.env["ai.cost.finding"].search([("company_id", "=", self.company.id)]))

    def test_a_user_sees_own_waste_alone_and_a_stranger_nothing(self):
        self._refresh()
        self._waste("oversized_context", 0.4)
        kinds = {one["kind"] for one in self._list(self.anna)["items"]}
        self.assertEqual(kinds, {"waste"})
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._new_user(
            "first-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        analytics = self.env["ai.token.analytics"].with_user(stranger).with_company(company)
        self.assertEqual(analytics.get_first_actions()["items"], [])
        with self.assertRaises(AccessError):
            analytics.get_first_actions(company_ids=self.company.ids)
        portal = self._new_user("first-portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self._analytics(portal).get_first_actions()
        with self.assertRaises(AccessError):
            self.env["ai.cost.finding"].with_user(self.anna).search([])

    def test_the_first_steps_end_with_a_saving(self):
        def steps():
            found = self._analytics().get_dashboard_data()["checklist"]
            return {one["key"]: one["done"] for one in found}

        others = self.env["ai.agent"].search([("id", "!=", self.agent.id)])
        others.active = False
        self.assertEqual([*steps()][-1], "saving")
        self.assertFalse(steps()["saving"])
        advice = self._refresh()
        advice.sudo().state = "applied"
        self.assertTrue(steps()["saving"])
        advice.sudo().state = "open"
        self.assertFalse(steps()["saving"])
        self.agent.preset = "balanced"
        self.assertTrue(steps()["saving"])

    def test_a_filter_leaves_what_it_tells_apart(self):
        self._refresh()
        self._waste("oversized_context", 0.4)
        by_user = self._list(user_id=self.anna.id)["items"]
        self.assertEqual({one["kind"] for one in by_user}, {"waste"})
        self.assertEqual(self._list(user_id=self.boss.id)["items"], [])
        self.assertEqual(self._item("advice", provider_id=self.dear.id)["cost_usd"], 1.0)
        mine = self._list(provider_id=self.cheap.id)["items"]
        self.assertFalse([one for one in mine if one["kind"] == "advice"])
        with self.assertRaises(UserError):
            self._list(colour="red")
