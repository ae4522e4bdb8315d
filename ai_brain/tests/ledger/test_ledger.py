from datetime import datetime
from decimal import Decimal

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common import AiCase


@tagged("post_install", "-at_install", "every_series")
class TestLedger(AiCase):
    def setUp(self):
        super().setUp()
        self.usage = self._row(self.service.send_message("What is due?", config=self.provider))

    def _refused_by_the_database(self, query):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.RestrictViolation),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(query, (self.usage.id,))

    def test_the_orm_refuses_changes_even_to_an_administrator(self):
        admin = self.usage.with_user(self.env.ref("base.user_admin"))
        for usage in (admin, self.usage.sudo()):
            with self.assertRaises(UserError):
                usage.write({"cost_usd": 0})
            with self.assertRaises(UserError):
                usage.unlink()
            with self.assertRaises(UserError):
                usage.copy()
        with self.assertRaises(UserError):
            admin.create({"cost_usd": 1})

    def test_an_import_writes_nothing(self):
        model = self.env["ai.token.usage"].with_user(self.env.ref("base.user_admin"))
        before = self.env["ai.token.usage"].search_count([])
        result = model.load(["cost_usd", "kind"], [["1", "api"]])
        self.assertFalse(result["ids"])
        self.assertEqual(self.env["ai.token.usage"].search_count([]), before)

    def test_plain_sql_is_refused(self):
        self._refused_by_the_database("UPDATE ai_token_usage SET cost_usd = 0 WHERE id = %s")
        self._refused_by_the_database(
            "UPDATE ai_token_usage SET user_id = 1 + user_id WHERE id = %s"
        )
        self._refused_by_the_database("DELETE FROM ai_token_usage WHERE id = %s")
        self._refused_by_the_database("TRUNCATE ai_token_usage CASCADE -- %s")

    def test_notes_may_change(self):
        self.usage.sudo().write({"waste_detected": True, "quality_score": 80})
        self.usage.flush_recordset()
        self.assertTrue(self.usage.waste_detected)

    def test_texts_may_be_cleared_and_not_changed(self):
        self._refused_by_the_database("UPDATE ai_token_usage SET prompt_text = 'x' WHERE id = %s")
        self.company.ai_text_retention_days = 1
        old = self.env["ai.token.usage"]._insert(
            [
                {
                    "company_id": self.company.id,
                    "create_date": datetime(2024, 1, 1),
                    "cost_usd": Decimal("0.1"),
                    "prompt_text": "old",
                }
            ]
        )
        self.env["ai.token.usage"]._cron_clear_texts()
        self.assertFalse(self.env["ai.token.usage"].browse(old).prompt_text)
        self.assertEqual(self.usage.prompt_text, "What is due?")

    def test_a_deleted_user_leaves_the_row(self):
        user = self._new_user("leaver")
        row = self._row(self.service.with_user(user).send_message("Hello", config=self.provider.id))
        cost = row.cost_usd
        user.unlink()
        row.invalidate_recordset()
        self.assertFalse(row.user_id)
        self.assertEqual(row.cost_usd, cost)

    def test_amounts_keep_every_digit(self):
        ids = self.env["ai.token.usage"]._insert(
            [{"company_id": self.company.id, "cost_usd": Decimal("0.1234567890123456789")}]
        )
        usage = self.env["ai.token.usage"].browse(ids)
        self.assertEqual(self._exact(usage, "cost_usd"), "0.1234567890123456789")

    def test_the_day_is_the_companys(self):
        self.company.ai_timezone = "Asia/Tokyo"
        ids = self.env["ai.token.usage"]._insert(
            [{"company_id": self.company.id, "create_date": datetime(2026, 3, 31, 16, 0)}]
        )
        self.assertEqual(str(self.env["ai.token.usage"].browse(ids).local_date), "2026-04-01")

    def test_the_amount_in_company_currency_keeps_its_rate(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        company = self.env["res.company"].create({"name": "Euro Co", "currency_id": euro.id})
        usage = self.env["ai.token.usage"]
        row = {"company_id": company.id, "cost_usd": Decimal("2")}
        self.env["res.currency.rate"].search([]).unlink()
        usd = self.env.ref("base.USD")
        in_usd = usage.browse(usage._insert([row]))
        self.assertEqual((in_usd.currency_id, in_usd.cost_company), (usd, 2))
        self.assertIn("no rate between USD and EUR", company._ai_rate_note())
        for reference in (euro, usd):  # what a reference currency says of itself is no rate
            alone = self.env["res.currency.rate"].create(
                {"currency_id": reference.id, "company_id": company.id, "name": "2020-01-01",
                 "rate": 1}
            )  # fmt: skip
            in_usd = usage.browse(usage._insert([row]))
            self.assertEqual((in_usd.currency_id, in_usd.cost_company), (usd, 2))
            alone.unlink()
        rate = self.env["res.currency.rate"].create(
            {
                "currency_id": self.env.ref("base.USD").id,
                "company_id": company.id,
                "name": "2020-01-01",
                "rate": 1.25,
            }
        )
        in_euro = usage.browse(usage._insert([row]))
        self.assertEqual((in_euro.currency_id, in_euro.cost_company), (euro, 1.6))
        self.assertEqual(company._ai_rate_note(), "")
        rate.rate = 2
        in_euro.invalidate_recordset()
        self.assertEqual(in_euro.cost_company, 1.6)

    def test_people_see_their_own_calls_and_managers_all(self):
        user = self._new_user("clerk")
        manager = self._new_user("controller", "base.group_user", "ai_brain.group_ai_manager")
        own = self._row(self.service.with_user(user).send_message("Hi", config=self.provider.id))
        seen = self.env["ai.token.usage"].with_user(user).search([])
        self.assertEqual(seen, own)
        self.assertIn(self.usage, self.env["ai.token.usage"].with_user(manager).search([]))
        with self.assertRaises(AccessError):
            self.usage.with_user(user).read(["cost_usd"])

    def test_text_policies(self):
        prompt = "word " * 500
        for policy, length in (("none", 0), ("excerpt", 2000), ("full", None)):
            self.company.ai_text_policy = policy
            row = self._row(self.service.send_message(prompt, config=self.provider))
            kept = (row.prompt_text or "") + (row.answer_text or "")
            if length is None:
                self.assertIn(prompt, kept)
            else:
                self.assertLessEqual(len(kept), length)
                self.assertEqual(len(row.prompt_text or ""), length // 2, "1,000 of each")
                self.assertEqual(bool(kept), bool(length))
