from datetime import date, datetime
from decimal import Decimal

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.report import rollup_schema as schema
from ...models.report.rollup_read import Bucket, RollupReader
from ...models.report.rollup_records import record_sums, top_records
from .. import ledger_rows
from ..common import AiCase

YEAR = Bucket("year", date(2026, 1, 1), date(2026, 12, 31))


@tagged("post_install", "-at_install", "every_series")
class TestRollup(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usage = cls.env["ai.token.usage"].sudo()
        cls.rollup = cls.env["ai.cost.rollup"]
        cls.company = cls.env["res.company"].create({"name": "Rolled Up"})
        cls.env.user.company_ids += cls.company
        cls.anna = cls._new_user(
            "anna", company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)]
        )
        cls.boss = cls._new_user(
            "boss",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.providers = (cls.provider + cls.vendor_provider).ids
        cls.ids = cls._write(300)

    @classmethod
    def _write(cls, count, seed=1, **vals):
        rows = ledger_rows.rows(
            count, cls.company.id, [cls.anna.id, cls.boss.id], cls.providers, seed=seed
        )
        return cls.usage._insert([{**row, **vals} for row in rows])

    def _reader(self, user=None, **filters):
        env = self.env(user=user or self.boss, context={"allowed_company_ids": self.company.ids})
        return RollupReader(env, filters)

    def _assert_exact(self, reader=None, where="TRUE", dimensions=tuple(schema.DIMENSIONS)):
        reader = reader or self._reader()
        where = f"company_id = {self.company.id} AND {where}"
        for dimension in dimensions:
            with self.subTest(dimension=dimension):
                self.assertEqual(
                    ledger_rows.read(reader, dimension, [YEAR]),
                    ledger_rows.truth(self.env.cr, dimension, where),
                )

    def _marked(self):
        self.env.cr.execute("SELECT watermark FROM ai_cost_rollup_mark")
        return self.env.cr.fetchone()[0]

    # ------------------------------------------------------------------
    # Equal to the ledger
    # ------------------------------------------------------------------

    def test_before_the_first_run_everything_is_read_live(self):
        self._assert_exact()

    def test_after_a_run_nothing_is_left_to_read_live(self):
        self.rollup._roll_up()
        self.assertGreaterEqual(self._marked(), max(self.ids))
        self._assert_exact()
        self.assertTrue(self.rollup.sudo().search([("company_id", "=", self.company.id)], limit=1))

    def test_rolled_up_rows_and_the_live_tail_add_up(self):
        self.rollup._roll_up()
        self._write(80, seed=2)
        self._assert_exact()

    def test_small_batches_give_the_same_sums_as_one(self):
        self.rollup._roll_up(batch=37)
        self._assert_exact()

    def test_rolling_up_twice_changes_nothing(self):
        self.rollup._roll_up()
        self.rollup._roll_up()
        self._assert_exact()

    def test_a_correction_lowers_the_cost_and_counts_no_call(self):
        self.rollup._roll_up()
        calls = ledger_rows.read(self._reader(), "total", [YEAR])[""]["calls"]
        self._write(
            1, seed=3, cost_usd=Decimal("-0.000000123"), call_count=0,
            correction_of_id=self.ids[0],
        )  # fmt: skip
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()
        self.assertEqual(ledger_rows.read(self._reader(), "total", [YEAR])[""]["calls"], calls)

    def test_a_run_that_was_cut_leaves_the_sums_as_they_were(self):
        self.rollup._roll_up(batch=100)
        before = self._marked()
        self._write(50, seed=4)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.rollup._roll_up()
            1 / 0  # noqa: B018
        self.assertEqual(self._marked(), before)
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()

    # ------------------------------------------------------------------
    # What changes later
    # ------------------------------------------------------------------

    def _note(self, ids, **vals):
        self.usage.browse(ids).write(vals)

    def test_waste_and_ratings_that_come_later_are_carried_over(self):
        self.rollup._roll_up()
        self._note(self.ids[:40], waste_detected=True, could_have_saved_usd=0.000123)
        self._note(self.ids[20:60], quality_score=83.3, feedback_count=3)
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()
        self._note(self.ids[20:30], quality_score=10, feedback_count=4, waste_detected=False)
        self._note(self.ids[20:30], could_have_saved_usd=0)
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()

    def test_notes_of_rows_not_yet_rolled_up_count_once(self):
        self._note(self.ids, waste_detected=True, could_have_saved_usd=0.5)
        self._assert_exact()
        self.rollup._roll_up(batch=100)
        self._assert_exact()
        self.env.cr.execute("SELECT count(*) FROM ai_cost_rollup_image")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_a_deleted_user_moves_to_nobody(self):
        self.rollup._roll_up()
        gone = self.anna.id
        self.env.cr.execute("UPDATE ai_token_usage SET user_id = NULL WHERE user_id = %s", (gone,))
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()
        self.assertNotIn(gone, ledger_rows.read(self._reader(), "user", [YEAR]))

    def test_findings_of_waste_are_summed_by_kind_and_target(self):
        def report(*findings):
            return {"findings": [
                {"type": kind, "cost_wasted": cost, "target": {"kind": "module", "name": "crm"}}
                for kind, cost in findings
            ]}  # fmt: skip

        self._note(self.ids[:2], waste_report=report(("wrong_model", 0.1)))
        self.rollup._roll_up()
        self._note(self.ids[1:3], waste_report=report(("wrong_model", 0.3), ("duplicate", 1e-07)))
        self._note(self.ids[5:6], waste_report={"findings": "broken"})
        self._note(self.ids[6:7], waste_report={"findings": [{"type": "odd"}]})
        expected = {
            ("wrong_model|module|crm", 0): (3 - 0, Decimal("0.7")),
            ("duplicate|module|crm", 0): (2, Decimal("0.0000002")),
            ("odd||", 0): (1, 0),
        }
        for _ in range(2):
            found = self._reader().sums(["waste"], [YEAR], ["calls", "waste_usd"])
            sums = {}
            for s in found:
                calls, usd = sums.get(s.key, (0, 0))
                sums[s.key] = calls + s.values["calls"], usd + s.values["waste_usd"]
            self.assertEqual({k: v for k, v in sums.items() if v[0]}, expected)
            self.rollup._roll_up()

    # ------------------------------------------------------------------
    # Who sees what
    # ------------------------------------------------------------------

    def test_a_user_sees_own_figures_in_the_rollup_as_in_the_tail(self):
        own = f"user_id = {self.anna.id}"
        self._assert_exact(self._reader(self.anna), own)
        self.rollup._roll_up()
        self._write(30, seed=5)
        self._note(self.ids[:50], waste_detected=True, could_have_saved_usd=0.25)
        self._assert_exact(self._reader(self.anna), own)

    def test_a_user_who_asks_for_somebody_else_gets_nothing(self):
        self.rollup._roll_up()
        self._write(30, seed=5)
        reader = self._reader(self.anna, user_id=self.boss.id)
        self.assertEqual(ledger_rows.read(reader, "total", [YEAR]), {})
        self.assertEqual(top_records(reader, YEAR.first, YEAR.last, YEAR.last), [])

    def test_the_orm_shows_a_user_own_rows_of_the_rollup_only(self):
        self.rollup._roll_up()
        rollup = self.rollup.with_user(self.anna)
        self.assertEqual(set(rollup.search([]).mapped("user_key")), {self.anna.id})
        self.assertEqual(
            set(self.rollup.with_user(self.boss).search([]).mapped("user_key")),
            {schema.EVERYBODY, self.anna.id, self.boss.id},
        )
        with self.assertRaises(AccessError):
            rollup.search([], limit=1).write({"cost_usd": 0})

    def test_another_company_is_not_counted(self):
        self.rollup._roll_up()
        other = self.env["res.company"].create({"name": "Other"})
        self._write(10, seed=6, company_id=other.id)
        self.rollup._roll_up()
        self._assert_exact()

    def test_a_rule_that_is_not_ours_is_answered_from_the_ledger(self):
        self.rollup._roll_up()
        self.env["ir.rule"].create(
            {
                "name": "CRM alone",
                "model_id": self.env.ref("ai_brain.model_ai_token_usage").id,
                "domain_force": "[('module', '=', 'crm')]",
            }
        )
        reader = self._reader()
        self.assertFalse(reader.is_routed("total"))
        self._assert_exact(reader, "module = 'crm'")

    def test_a_portal_user_is_refused(self):
        portal = self._new_user("portal_ai", "base.group_portal")
        env = self.env(user=portal)
        with self.assertRaises(AccessError), mute_logger("odoo.models"):
            RollupReader(env).sums(["total"], [YEAR], ["cost_usd"])

    # ------------------------------------------------------------------
    # Filters
    # ------------------------------------------------------------------

    def test_each_combination_of_filters_equals_the_ledger_whichever_way_it_goes(self):
        self.rollup._roll_up()
        self._write(40, seed=7)
        self._note(self.ids[:30], waste_detected=True, could_have_saved_usd=0.25)
        provider = self.providers[0]
        cases = [
            ({"user_id": self.anna.id}, f"user_id = {self.anna.id}", 9),
            ({"provider_id": provider}, f"provider_id = {provider}", 2),
            ({"provider_id": False}, "provider_id IS NULL", 2),
            ({"module": "crm"}, "module = 'crm'", 2),
            ({"module": False}, "module IS NULL", 2),
            ({"kind": "cache"}, "kind = 'cache'", 2),
            ({"agent_type": "sales_bot", "user_id": self.anna.id},
             f"agent_type = 'sales_bot' AND user_id = {self.anna.id}", 2),
            ({"agent_type": "sales_bot", "module": "crm"},
             "agent_type = 'sales_bot' AND module = 'crm'", 0),
            ({"res_model": "res.partner", "res_id": 3}, "res_model = 'res.partner' AND res_id = 3",
             0),
        ]  # fmt: skip
        for filters, where, routed in cases:
            with self.subTest(filters=filters):
                reader = self._reader(**filters)
                self.assertEqual(sum(map(reader.is_routed, schema.DIMENSIONS)), routed)
                self._assert_exact(reader, where)

    def test_an_unknown_filter_is_refused(self):
        with self.assertRaises(ValueError):
            self._reader(colour="red")

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    def test_days_end_in_the_companys_time_zone_also_when_clocks_change(self):
        self.company.ai_timezone = "Europe/Brussels"
        moments = {
            datetime(2026, 3, 28, 22, 59): date(2026, 3, 28),  # 23:59 in winter time
            datetime(2026, 3, 28, 23, 1): date(2026, 3, 29),
            datetime(2026, 3, 29, 21, 59): date(2026, 3, 29),  # 23:59 in summer time
            datetime(2026, 3, 29, 22, 1): date(2026, 3, 30),
            datetime(2026, 10, 25, 22, 59): date(2026, 10, 25),  # the day of 25 hours
            datetime(2026, 10, 25, 23, 1): date(2026, 10, 26),
        }
        for moment in moments:
            self._write(1, seed=8, create_date=moment, local_date=None)
        for _ in range(2):
            found = self._reader().sums(
                ["total"],
                [Bucket("changes", date(2026, 3, 28), date(2026, 10, 26))],
                ["row_count"],
                by_day=True,
            )
            days = {s.day: s.values["row_count"] for s in found}
            expected = {}
            for day in moments.values():
                expected[day] = expected.get(day, 0) + 1
            self.assertEqual(days, expected)
            self.rollup._roll_up()

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    def _dearest(self, where, first, last):
        self.env.cr.execute(
            f"""
            SELECT res_model, res_id, SUM(call_count), SUM(cost_usd)::text FROM ai_token_usage
             WHERE company_id = %s AND res_id > 0 AND local_date BETWEEN %s AND %s AND {where}
             GROUP BY 1, 2 ORDER BY SUM(cost_usd) DESC LIMIT 10
            """,
            (self.company.id, first, last),
        )
        return [(m, i, int(c), Decimal(usd)) for m, i, c, usd in self.env.cr.fetchall()]

    def _top(self, reader, first, last):
        found = top_records(reader, first, last, date(2026, 6, 1))
        return [(r.res_model, r.res_id, r.calls, r.cost_usd) for r in found]

    def test_the_dearest_records_are_those_of_the_ledger(self):
        quarter = date(2026, 1, 1), date(2026, 3, 31)
        part = date(2026, 1, 5), date(2026, 2, 3)
        self.rollup._roll_up()
        self._write(60, seed=9)
        for days in (quarter, part):
            for user, where in ((self.boss, "TRUE"), (self.anna, f"user_id = {self.anna.id}")):
                with self.subTest(days=days, user=user.login):
                    self.assertEqual(
                        self._top(self._reader(user), *days), self._dearest(where, *days)
                    )

    def test_the_dearest_over_months_need_not_be_the_dearest_of_any(self):
        costs = {}
        for month in (1, 2):
            for record in range(1000, 1060):
                rank = record - 1000
                costs[month, record] = rank**2 if month == 1 else (59 - rank) ** 2 + rank / 64
            costs[month, 999] = 2000
        for (month, record), cost in costs.items():
            self._write(
                1, seed=record, local_date=date(2026, month, 9), res_model="x.y", res_id=record,
                cost_usd=1000 * Decimal(cost),
            )  # fmt: skip
        self.rollup._roll_up()
        found = self._top(self._reader(), date(2026, 1, 1), date(2026, 2, 28))
        self.assertEqual(found[0][:2], ("x.y", 999))
        self.assertEqual(found, self._dearest("TRUE", date(2026, 1, 1), date(2026, 2, 28)))

    def test_sums_of_named_records(self):
        found = record_sums(self._reader(), [("res.partner", 3)], YEAR.first, YEAR.last)
        self.env.cr.execute(
            "SELECT SUM(cost_usd)::text FROM ai_token_usage"
            " WHERE company_id = %s AND res_model = 'res.partner' AND res_id = 3",
            (self.company.id,),
        )
        self.assertEqual([r.cost_usd for r in found], [Decimal(self.env.cr.fetchone()[0])])

    # ------------------------------------------------------------------
    # The scheduled actions
    # ------------------------------------------------------------------

    def test_the_cron_rolls_up_and_asks_for_another_run_when_rows_are_left(self):
        self.env.ref("ai_brain.ir_cron_rollup").method_direct_trigger()
        self.assertGreaterEqual(self._marked(), max(self.ids))
        before = self._marked()
        self._write(20, seed=10)
        self.assertTrue(self.rollup._roll_up(seconds=-1, batch=7))
        self.assertEqual(self._marked(), before + 7)
        self._assert_exact()

    def test_the_check_finds_nothing_in_sums_that_are_right(self):
        self._write(20, seed=11, local_date=date.today())
        self.rollup._roll_up()
        self._write(20, seed=12, local_date=date.today())
        self.assertEqual(self.rollup._cron_check(), [])

    @mute_logger("odoo.addons.ai_brain.models.report.ai_cost_rollup")
    def test_the_check_rebuilds_sums_that_are_wrong(self):
        self._write(20, seed=11, local_date=date.today())
        self.rollup._roll_up()
        self.env.cr.execute("UPDATE ai_cost_rollup SET cost_usd = cost_usd + 1")
        self.assertIn((self.company.id, date.today()), self.rollup._cron_check())
        self._assert_exact()
        self.rollup._roll_up()
        self._assert_exact()
        self.assertEqual(self.rollup._cron_check(), [])
