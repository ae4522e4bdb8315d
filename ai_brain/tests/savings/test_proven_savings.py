import random
from decimal import Decimal

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...engine.savings.holdout import HELD_OUT, TREATED
from ...engine.savings.proven import Sums, saving
from .common import HoldoutCase


@tagged("post_install", "-at_install", "every_series")
class TestProvenSavings(HoldoutCase):
    """What is told of the two arms: the engine's figures, out of the ledger, to those who may."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.analytics = cls.env["ai.token.analytics"].with_user(cls.boss)

    def _rows(self, arm, sessions, cost, agent=None, seed=1, unit=0, **values):
        """Write sessions of two calls; return what each is to be read as."""
        draw, rows, read = random.Random(seed), [], []
        agent = agent or self.agent
        for number in range(sessions):
            asked = [Decimal(draw.randrange(500, 1500)).scaleb(-6) for _ in range(2)]
            costs = [one * cost for one in asked]
            # what was expected knows nothing of the arm
            expected = asked[0] * draw.randrange(80, 120) / 100
            read.append((2, float(sum(costs)), float(expected)))
            rows += [
                {
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                    "provider_id": self.vendor_provider.id,
                    "agent_key": agent.id,
                    "agent_type": agent.code,
                    "holdout_arm": arm,
                    "holdout_unit": unit + number,
                    "holdout_percent": 20,
                    # of the session's first call alone
                    "holdout_expected_usd": expected if first else 9,
                    "cost_usd": one,
                    "baseline_cost_usd": one + Decimal("0.0001"),
                    "saved_usd": Decimal("0.0001"),
                    "state": "done",
                    **values,
                }
                for first, one in zip((True, False), costs, strict=True)
            ]
        self.env["ai.token.usage"]._insert(rows)
        return Sums.of(read)

    def _found(self, **asked):
        return self.analytics.get_proven_savings(**asked)

    def test_nothing_held_out_is_told_as_that(self):
        found = self._found()
        self.assertEqual(
            (found["state"], found["label"], found["agents"]), ("none", "estimated", [])
        )
        self.assertIsNone(found["low"])

    def test_it_is_the_engine_s_figure_of_the_sessions(self):
        pair = self._rows(HELD_OUT, 60, 1), self._rows(TREATED, 240, Decimal("0.5"), seed=2)
        found, truth = self._found(), saving([pair])
        self.assertEqual((found["state"], found["label"]), ("proven", "proven"))
        self.assertEqual((found["calls"], found["held_out_calls"]), (600, 120))
        self.assertEqual((found["sessions"], found["held_out_sessions"]), (300, 60))
        for name, value in (
            ("percent", 100 * truth.ratio),
            ("low", 100 * truth.low),
            ("high", 100 * truth.high),
            ("usd", truth.usd),
            ("low_usd", truth.low_usd),
            ("held_out_usd", truth.held_out_usd),
        ):
            self.assertAlmostEqual(found[name], value, 9, name)
        self.assertTrue(found["low"] < 50 < found["high"])
        self.assertAlmostEqual(found["estimated_usd"], 480 * 0.0001)
        self.assertIn("Proven", found["text"])
        (line,) = found["agents"]
        self.assertEqual((line["agent_id"], line["name"]), (self.agent.id, "Desk"))
        self.assertEqual(line["percent"], found["percent"])
        rows = self.env["ai.token.usage"].search(found["domain"])
        self.assertEqual(len(rows), 600)

    def test_summaries_count_in_cost_and_are_no_calls(self):
        self._rows(HELD_OUT, 30, 1)
        self._rows(TREATED, 120, Decimal("0.5"), seed=2)
        before = self._found()
        self._rows(TREATED, 120, Decimal("0.1"), seed=2, kind="summary")
        after = self._found()
        self.assertEqual((after["calls"], after["sessions"]), (before["calls"], 150))
        self.assertLess(after["percent"], before["percent"] - 5)

    def test_what_variants_of_prompts_cost_is_taken_off(self):
        self._rows(HELD_OUT, 30, 1)
        self._rows(TREATED, 120, Decimal("0.5"), seed=2)
        before = self._found()
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.boss.id,
                    "agent_key": self.agent.id,
                    "kind": "trial",
                    "cost_usd": Decimal("0.01"),
                }
            ]
        )
        after = self._found()
        self.assertAlmostEqual(after["making_usd"], 0.01)
        self.assertAlmostEqual(after["usd"], before["usd"] - 0.01)

    def test_each_agent_and_each_share_is_compared_within_itself(self):
        other = self.agent.copy({"code": "other", "name": "Other"})
        a = self._rows(HELD_OUT, 30, 10), self._rows(TREATED, 30, 10, seed=2)
        b = (
            self._rows(HELD_OUT, 30, 1, agent=other),
            self._rows(TREATED, 300, 1, agent=other, seed=2),
        )
        found = self._found()
        self.assertAlmostEqual(found["percent"], 100 * saving([a, b]).ratio, 9)
        self.assertEqual({line["name"] for line in found["agents"]}, {"Desk", "Other"})
        only = self._found(agent=other.id)
        self.assertAlmostEqual(only["percent"], 100 * saving([b]).ratio, 9)

    def test_quality_of_both_arms_stands_beside_it(self):
        self._rows(HELD_OUT, 30, 1, quality_score=90, feedback_count=1)
        self._rows(TREATED, 60, 1, quality_score=80, feedback_count=1)
        failed = {"state": "failed", "error_code": "VendorError"}
        self._rows(TREATED, 20, 0, unit=5_000, **failed)
        quality = self._found()["quality"]
        self.assertEqual((quality[HELD_OUT]["rating"], quality[HELD_OUT]["rated"]), (90, 30))
        self.assertEqual(quality[TREATED]["rating"], 80)
        self.assertEqual(quality[HELD_OUT]["errors"], 0)
        self.assertEqual(quality[TREATED]["errors"], 25)
        self.assertTrue(15 < quality[TREATED]["errors_low"] < 25 < quality[TREATED]["errors_high"])

    def test_few_calls_say_how_many_are_missing(self):
        self._rows(HELD_OUT, 10, 1)
        self._rows(TREATED, 40, 1)
        found = self._found()
        self.assertEqual((found["state"], found["more_calls"]), ("open", 100))
        self.assertEqual(found["text"], "Not proven yet, about 100 more calls.")

    def test_a_period_takes_its_days(self):
        self._rows(HELD_OUT, 30, 1, local_date="2026-01-10")
        self._rows(TREATED, 30, 1, local_date="2026-02-10")
        found = self._found(period="month", date_from="2026-01-01")
        self.assertEqual((found["sessions"], found["held_out_sessions"]), (30, 30))
        self.assertEqual(self._found()["sessions"], 60)

    def test_calls_make_what_is_told(self):
        for arm in (HELD_OUT, TREATED):
            self._ask(arm)
        found = self._found()
        self.assertEqual((found["calls"], found["held_out_calls"]), (2, 1))

    def test_people_see_what_their_own_calls_show(self):
        self._rows(HELD_OUT, 30, 1)
        self._rows(TREATED, 30, 1)
        mine = self.env["ai.token.analytics"].with_user(self.user)
        self.assertEqual(mine.get_proven_savings()["sessions"], 60)
        other = self.env["ai.token.analytics"].with_user(self._new_user("holdout-other"))
        self.assertEqual(other.get_proven_savings()["state"], "none")

    def test_another_company_s_manager_and_portal_see_nothing(self):
        self._rows(HELD_OUT, 30, 1)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._new_user(
            "holdout-stranger",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        theirs = self.env["ai.token.analytics"].with_user(stranger).with_company(company)
        self.assertEqual(theirs.get_proven_savings()["state"], "none")
        with self.assertRaises(AccessError):
            theirs.get_proven_savings(company=self.company.id)
        portal = self._new_user("holdout-portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.env["ai.token.analytics"].with_user(portal).get_proven_savings()

    def test_what_cannot_be_asked_is_refused_in_words(self):
        for asked in (
            {"period": "fortnight"},
            {"agent": "desk"},
            {"agent": True},
            {"company": "x"},
            {"company": 0},
        ):
            with self.subTest(asked=asked), self.assertRaises(UserError):
                self._found(**asked)
