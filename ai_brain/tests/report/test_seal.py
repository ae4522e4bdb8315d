from datetime import date
from decimal import Decimal
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ...models.report import seal
from .. import ledger_rows
from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestSeal(AiCase):
    """A closed month is sealed, and a row that was changed behind the ledger's back is found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sealed = cls.env["res.company"].create({"name": "Sealed"})
        cls.analyses = cls.env["ai.token.analytics"].sudo()
        user = cls._new_user(
            "sealed-manager",
            "base.group_user",
            "ai_brain.group_ai_manager",
            company_id=cls.sealed.id,
            company_ids=[(6, 0, cls.sealed.ids)],
        )
        cls.manager = user
        cls.clerk = cls._new_user(
            "sealed-clerk", company_id=cls.sealed.id, company_ids=[(6, 0, cls.sealed.ids)]
        )
        usages = cls.env["ai.token.usage"]
        rows = ledger_rows.rows(200, cls.sealed.id, [user.id], [cls.provider.id], days=59)
        text = {"prompt_text": "Asked", "answer_text": "Said", "usage_details": {"b": 1, "a": [2]}}
        cls.ids = usages._insert(
            [{**row, **text, "create_date": f"{row['local_date']} 12:00:00"} for row in rows]
        )

    def _seal(self, today="2026-04-01"):
        with freeze_time(today):
            self.analyses._cron_seal()
        self.env.invalidate_all()
        return self.analyses.search(
            [("company_id", "=", self.sealed.id), ("sealed_at", "!=", False)],
            order="period_start",
        )

    def _verify(self, month):
        month.with_user(self.manager).action_verify()
        month.invalidate_recordset()
        return month.seal_state, month.differing_days or []

    def _behind_its_back(self, statement, *args):
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL session_replication_role = replica")
        self.env.cr.execute(statement, args)
        self.env.cr.execute("SET LOCAL session_replication_role = DEFAULT")
        self.env.invalidate_all()

    def _row(self, month, day=None):
        self.env.cr.execute(
            "SELECT id, local_date FROM ai_token_usage WHERE company_id = %s AND local_date >= %s"
            " AND local_date <= %s ORDER BY id LIMIT 1",
            (self.sealed.id, month.period_start, month.period_end),
        )
        return self.env.cr.fetchone()

    # ------------------------------------------------------------------

    def test_what_takes_too_long_to_verify_is_left_to_the_scheduled_action(self):
        january, february = self._seal()
        row_id, day = self._row(january)
        self._behind_its_back("UPDATE ai_token_usage SET cost_usd = 9 WHERE id = %s", row_id)
        with patch.object(seal, "VERIFY_S", -1):
            told = (january + february).with_user(self.manager).action_verify()
        self.assertEqual(told["tag"], "display_notification")
        self.assertEqual((january.seal_state, january.verified_at), ("sealed", False))
        self.env.flush_all()
        self.analyses._cron_seal(seconds=-1)
        self.env.invalidate_all()
        self.assertEqual(january.seal_state, "sealed")
        self._seal()
        self.assertEqual((january.seal_state, february.seal_state), ("differs", "agrees"))
        self.assertEqual([one[0] for one in january.differing_days], [str(day)])
        self.assertFalse(january.verifying or february.verifying)

    def test_closed_months_are_sealed_in_their_order_each_naming_the_one_before(self):
        january, february = self._seal()
        self.assertEqual(
            [january.period_start, february.period_start], [date(2026, 1, 1), date(2026, 2, 1)]
        )
        self.assertFalse(january.digest_before)
        self.assertEqual(february.digest_before, january.digest)
        self.env.cr.execute(
            "SELECT count(*), sum(cost_usd) FROM ai_token_usage WHERE company_id = %s"
            " AND local_date < '2026-02-01'",
            (self.sealed.id,),
        )
        rows, cost = self.env.cr.fetchone()
        self.assertEqual(january.sealed_rows, rows)
        self.assertEqual(sum(day["rows"] for day in january.day_digests.values()), rows)
        self.assertAlmostEqual(january.total_cost_usd, float(cost))
        self.assertEqual(self._verify(january), ("agrees", []))
        self.assertEqual(self._verify(february), ("agrees", []))
        before = january.digest, january.sealed_at
        self._seal("2026-04-02")
        self.assertEqual((january.digest, january.sealed_at), before)  # once

    def test_a_month_waits_for_what_may_still_come(self):
        self.assertEqual(len(self._seal("2026-03-05")), 1)
        self.assertEqual(len(self._seal("2026-03-06")), 2)

    def test_a_month_waits_for_a_call_that_is_under_way(self):
        self.env["ai.cost.reservation"].create(
            {
                "company_id": self.sealed.id,
                "local_date": "2026-02-27",
                "amount_usd": 1.0,
                "row": {},
                "expires_at": "2026-03-03 00:00:00",
            }
        )
        self.env.flush_all()
        self.assertEqual(len(self._seal()), 1)

    def test_a_row_that_was_altered_is_found_with_its_day(self):
        january, february = self._seal()
        row_id, day = self._row(january)
        for column, value in (
            ("cost_usd", Decimal("0.000000000001")),
            ("input_tokens", 1_000_000),
            ("model_name", "another"),
            ("usage_details", '{"a": [3], "b": 1}'),
        ):
            with self.env.cr.savepoint() as savepoint:
                self._behind_its_back(
                    f"UPDATE ai_token_usage SET {column} = %s WHERE id = %s", value, row_id
                )
                rows = january.day_digests[str(day)]["rows"]
                self.assertEqual(self._verify(january), ("differs", [[str(day), rows, rows]]))
                self.assertEqual(self._verify(february), ("agrees", []))
                savepoint.rollback()
            self.env.invalidate_all()
        self.assertEqual(self._verify(january), ("agrees", []))

    def test_a_row_that_was_deleted_moved_or_slipped_in_is_found_too(self):
        january, _february = self._seal()
        row_id, day = self._row(january)
        rows = january.day_digests[str(day)]["rows"]
        with self.env.cr.savepoint() as savepoint:
            self._behind_its_back("DELETE FROM ai_token_usage WHERE id = %s", row_id)
            self.assertEqual(self._verify(january)[1], [[str(day), rows, rows - 1]])
            savepoint.rollback()
        self.env.invalidate_all()
        self.env["ai.token.usage"]._insert(
            [{"company_id": self.sealed.id, "local_date": day, "cost_usd": Decimal("1")}]
        )
        self.assertEqual(self._verify(january)[1], [[str(day), rows, rows + 1]])

    def test_what_may_change_by_design_breaks_nothing(self):
        january, _february = self._seal()
        usages = self.env["ai.token.usage"].browse(self.ids)
        self.sealed.ai_text_retention_days = 1
        usages._cron_clear_texts()
        self.env.invalidate_all()
        self.assertFalse(any(usages.mapped("prompt_text")))
        usages[:1].write({"waste_detected": True, "waste_reason": "x", "quality_score": 1.0})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_token_usage SET user_id = NULL WHERE id = ANY(%s)", (self.ids,)
        )
        self.assertEqual(self._verify(january), ("agrees", []))  # what is read once is kept
        self.assertEqual(self._verify(january), ("agrees", []))

    def test_a_digest_does_not_depend_on_how_its_reader_likes_dates_and_numbers(self):
        january, _february = self._seal()
        (day, sealed), *_others = january.day_digests.items()
        columns, _company = january.sealed_columns, january.company_id.id
        self.env.cr.execute("SET LOCAL extra_float_digits = 0; SET LOCAL datestyle = 'SQL, DMY'")
        self.assertEqual(january._digest_of_day(day, columns), sealed)

    def test_a_correction_is_a_row_of_its_own_later_month(self):
        january, _february = self._seal()
        row_id, _day = self._row(january)
        self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.sealed.id,
                    "local_date": "2026-03-20",
                    "cost_usd": Decimal("-0.01"),
                    "correction_of_id": row_id,
                    "call_count": 0,
                }
            ]
        )
        self.assertEqual(self._verify(january), ("agrees", []))
        self.assertEqual(len(self._seal("2026-04-10")), 3)

    def test_a_digest_that_was_replaced_along_with_the_rows_breaks_the_chain(self):
        january, february = self._seal()
        row_id, day = self._row(january)
        self._behind_its_back("UPDATE ai_token_usage SET cost_usd = 0 WHERE id = %s", row_id)
        days = {
            **january.day_digests,
            str(day): january._digest_of_day(day, january.sealed_columns),
        }
        january.write({"day_digests": days, "digest": january._digest_of(days, None)})
        self.assertEqual(self._verify(january)[0], "agrees")  # it was forged well
        self.assertEqual(self._verify(february)[0], "chain")
        january.digest = "0" * 64
        self.assertEqual(self._verify(january)[0], "chain")

    def test_a_run_that_was_cut_goes_on_where_it_stopped(self):
        period = self.analyses
        while True:
            with freeze_time("2026-04-01"):
                more = period._seal_next(self.sealed, 0)
                month = self.analyses.search(
                    [
                        ("company_id", "=", self.sealed.id),
                        ("period_type", "=", "month"),
                        ("period_start", "=", "2026-01-01"),
                        ("user_id", "=", False),
                    ]
                )
            if more:
                break
            self.assertFalse(month.sealed_at)
        cut = month.digest
        month.write({"sealed_at": False, "digest": False, "day_digests": False})
        self.assertEqual(self._seal()[0].digest, cut)

    def test_a_manager_verifies_and_nobody_else_and_only_what_is_sealed(self):
        january, _february = self._seal()
        self._fails(AccessError, january.with_user(self.clerk).action_verify)
        stranger = self._new_user("seal-stranger", "base.group_user", "ai_brain.group_ai_manager")
        self._fails(AccessError, january.with_user(stranger).action_verify)
        january.sealed_at = False
        self._fails(UserError, january.with_user(self.manager).action_verify)
