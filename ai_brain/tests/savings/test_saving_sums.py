import random
from datetime import date, timedelta
from decimal import Decimal

from odoo.tests import tagged

from ...engine.savings.holdout import HELD_OUT, TREATED
from ...models.report import rollup_fold
from ...models.savings.ai_saving_sum import MEASURES
from .common import HoldoutCase

ASKED = (
    {},
    {"period": "month", "date_from": "2026-01-01"},
    {"period": "month", "date_from": "2026-02-01"},
    {"period": "quarter", "date_from": "2026-01-01"},
    {"period": "year", "date_from": "2025-12-31"},
    {"period": "custom", "date_from": "2026-01-01", "date_to": "2026-12-31"},
)


@tagged("post_install", "-at_install", "every_series")
class TestSavingSums(HoldoutCase):
    """What is kept of sessions beside the rollup is what the ledger says, at every moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.analytics = cls.env["ai.token.analytics"].with_user(cls.boss)
        cls.sums = cls.env["ai.saving.sum"]
        cls.other = cls.agent.copy({"code": "other", "name": "Other"})

    def setUp(self):
        super().setUp()
        self._fold()  # what was there before

    def _write(self, sessions=60, seed=1):
        """Write conversations of one to four calls over the end of a year and of a month, their
        calls mixed with those of others, some of them summaries, failures and corrections."""
        draw, rows = random.Random(seed), []
        for number in range(sessions):
            day = date(2025, 12, 20) + timedelta(days=draw.randrange(60))
            arm = HELD_OUT if number % 4 == 0 else TREATED
            agent = draw.choice((self.agent, self.other))
            share = draw.choice((5, 20))
            for _call in range(draw.randrange(1, 5)):
                day += timedelta(days=draw.randrange(12))
                failed = draw.random() < 0.1
                rows.append(
                    {
                        "company_id": self.company.id,
                        "user_id": draw.choice((self.user, self.boss)).id,
                        "agent_key": agent.id,
                        "agent_type": agent.code,
                        "local_date": day,
                        "kind": draw.choice(("api", "api", "api", "summary")),
                        "holdout_arm": arm,
                        "holdout_unit": seed * 1000 + number,
                        "holdout_percent": share,
                        "holdout_expected_usd": draw.choice((None, draw.randrange(9999) / 10**6)),
                        "cost_usd": Decimal(draw.randrange(10**9)).scaleb(-12),
                        "saved_usd": Decimal(draw.randrange(10**6)).scaleb(-9),
                        "state": "failed" if failed else "done",
                        "error_code": "VendorError" if failed else None,
                    }
                )
        draw.shuffle(rows)
        corrected = draw.sample(rows, 9)
        rows += [
            {**row, "cost_usd": -row["cost_usd"] / 2, "call_count": 0, "holdout_expected_usd": None}
            for row in corrected
        ]
        self.env["ai.token.usage"]._insert(rows)
        self.env.cr.execute("SELECT max(id) FROM ai_token_usage")
        last = self.env.cr.fetchone()[0]
        return last - len(rows), last

    def _fold(self, upto=None):
        """Fold the ledger up to a row, as the scheduled action does on cursors of its own."""
        cr = self.env.cr
        cr.execute("SELECT watermark FROM ai_cost_rollup_mark")
        after = cr.fetchone()[0]
        if upto is None:
            cr.execute("SELECT COALESCE(MAX(id), 0) FROM ai_token_usage")
            upto = max(after, cr.fetchone()[0])
        rollup_fold.fold(cr, after, upto)
        self.sums._fold(cr, after, upto)
        cr.execute("UPDATE ai_cost_rollup_mark SET watermark = %s", (upto,))

    def _kept(self, asked, agent=None, user=None):
        """(what is kept, what the ledger says) of a period, each digit by digit."""
        analytics = self.analytics.with_user(user or self.boss)
        reader = analytics._reader({})
        days = ()
        if asked:
            more = {name: asked[name] for name in ("date_from", "date_to") if name in asked}
            found = analytics._period(self.company, asked["period"], **more)
            days = found.first, found.last
        companies = self.company.ids
        domain = [*reader.domain(*days), ("company_id", "in", companies)]
        if agent:
            domain.append(("agent_key", "=", agent.id))
        kept = analytics._kept_sums(reader, days, companies, agent and agent.id)
        return kept, analytics._ledger_sums(domain)

    def _assert_same(self):
        for asked in ASKED:
            for agent in (None, self.agent):
                with self.subTest(asked=asked, agent=agent and agent.code):
                    kept, truth = self._kept(asked, agent)
                    self.assertEqual(_by_arm(kept), _by_arm(truth))
                    self.assertTrue(truth)

    def test_folded_is_what_the_ledger_says_at_every_row(self):
        before, last = self._write()
        self._assert_same()  # nothing of it folded
        draw = random.Random(3)
        for upto in sorted(draw.sample(range(before + 1, last), 12)):
            self._fold(upto)  # in the middle of conversations
            self._assert_same()
        self._fold()
        self._assert_same()
        self.assertEqual(self._fold_nothing(), [])

    def _fold_nothing(self):
        """What a second run over the same rows changes."""
        self.env.cr.execute("SELECT * FROM ai_saving_sum ORDER BY id")
        before = self.env.cr.fetchall()
        self._fold()
        self.env.cr.execute("SELECT * FROM ai_saving_sum ORDER BY id")
        return [row for row in self.env.cr.fetchall() if row not in before]

    def test_what_comes_later_belongs_to_its_conversation(self):
        self._write()
        self._fold()
        sessions = self._total("sessions")
        self._write()  # further calls and corrections of the same conversations
        self._assert_same()
        self._fold()
        self._assert_same()
        # a conversation at another share is one of its own
        self.assertLess(self._total("sessions"), 2 * sessions)
        self._write(seed=2)
        self._fold()
        self._assert_same()

    def _total(self, name):
        return sum(int(row[3][name]) for row in self._kept({})[0])

    def test_folded_anew_it_is_the_same(self):
        self._write()
        self._fold()
        kept = _by_arm(self._kept({})[0])
        self.sums._forget(self.env.cr)
        self.env.cr.execute("SELECT max(id) FROM ai_token_usage")
        self.sums._fold(self.env.cr, 0, self.env.cr.fetchone()[0])
        self.assertEqual(_by_arm(self._kept({})[0]), kept)

    def test_what_is_told_comes_from_them_and_is_the_same(self):
        self._write(sessions=400)
        live = [self.analytics.get_proven_savings(**asked) for asked in ASKED]
        self._fold()
        self.assertEqual([self.analytics.get_proven_savings(**asked) for asked in ASKED], live)
        self.assertTrue(all(one["held_out_calls"] for one in live))
        # not of the ledger any more
        self.env.cr.execute("UPDATE ai_saving_sum SET sessions = sessions + 1")
        self.assertGreater(self.analytics.get_proven_savings()["sessions"], live[0]["sessions"])

    def test_who_sees_some_calls_and_days_that_are_no_month_are_summed_from_the_ledger(self):
        self._write()
        self._fold()
        self.assertIsNone(self._kept({}, user=self.user)[0])
        days = {"period": "custom", "date_from": "2026-01-01", "date_to": "2026-01-30"}
        self.assertIsNone(self._kept(days)[0])
        self.assertIsNone(self._kept({"period": "week", "date_from": "2026-01-01"})[0])
        mine = self.env["ai.token.analytics"].with_user(self.user).get_proven_savings()
        self.assertTrue(0 < mine["calls"] < self.analytics.get_proven_savings()["calls"])

    def test_agents_with_arms_are_known_before_and_after_they_are_folded(self):
        self.assertFalse(self.analytics._agents_with_arms())
        self._write()
        both = {self.agent.id, self.other.id}
        self.assertEqual(self.analytics._agents_with_arms(), both)
        self._fold()
        self.assertEqual(self.analytics._agents_with_arms(), both)
        self.assertEqual(self.analytics.with_user(self.user)._agents_with_arms(), both)
        stranger = self._new_user("sums-stranger")
        self.assertFalse(self.analytics.with_user(stranger)._agents_with_arms())


def _by_arm(rows):
    """{(agent, percent, arm): exact numbers in the order of ``MEASURES``}"""
    return {row[:3]: [Decimal(row[3][name]).normalize() for name in MEASURES] for row in rows}
