from datetime import date, timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields

from . import ledger_rows
from .common import AiCase

TODAY = date(2026, 2, 5)


class AnalyticsCase(AiCase):
    """A company of its own with 400 rows in January and February, seen on 5 February."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.usage = cls.env["ai.token.usage"].sudo()
        cls.company = cls.env["res.company"].create({"name": "Analysed"})
        cls.company.partner_id.tz = "UTC"
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.anna = cls._new_user("anna", **companies)
        groups = ("base.group_user", "ai_brain.group_ai_manager")
        cls.boss = cls._new_user("boss", *groups, **companies)
        providers = cls.provider + cls.vendor_provider
        providers.company_id = False
        rows = ledger_rows.rows(400, cls.company.id, [cls.anna.id, cls.boss.id], providers.ids)
        rows = [row for row in rows if row["local_date"] <= TODAY]
        cls.ids = cls.usage._insert(rows)

    def setUp(self):
        super().setUp()
        today = patch.object(type(self.company), "_ai_local_date", self._local_date(TODAY))
        today.start()
        self.addCleanup(today.stop)

    @staticmethod
    def _local_date(today):
        def _ai_local_date(self, moment=None):
            # The days that have passed since ``moment`` are those of the real clock.
            passed = fields.Datetime.now().date() - moment.date() if moment else timedelta()
            return today - passed

        return _ai_local_date

    def _analytics(self, user=None):
        user = user or self.boss
        return self.env["ai.token.analytics"].with_user(user).with_company(self.company)

    def _sum(self, what, where="TRUE", first="2026-02-01", last="2026-02-28"):
        self.env.cr.execute(
            f"SELECT COALESCE({what}, 0)::text FROM ai_token_usage"
            f" WHERE company_id = %s AND local_date BETWEEN %s AND %s AND {where}",
            (self.company.id, first, last),
        )
        return Decimal(self.env.cr.fetchone()[0])
