"""A company in EUR, whose rate of a call is not that of today."""

from datetime import timedelta
from decimal import Decimal

from lxml import etree

from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

#: What a dollar is in euros: today, the day before, and on the day of the call that names it.
TODAY, BEFORE, FROZEN = 0.8, 0.5, 0.9


class OwnCurrencyCase(TransactionCase):
    """Euro Ltd, its manager, two providers and a call of 40 days ago at a rate of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro, cls.usd = cls.env.ref("base.EUR"), cls.env.ref("base.USD")
        cls.euro.active = True
        cls.company = cls.env["res.company"].create(
            {"name": "Euro Ltd", "currency_id": cls.euro.id, "ai_timezone": "UTC"}
        )
        pair = [("currency_id", "in", (cls.euro | cls.usd).ids)]
        cls.env["res.currency.rate"].search(pair).unlink()
        whose = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        groups = "base.group_user,ai_brain.group_ai_manager"
        cls.boss = new_test_user(cls.env, "euro-boss", groups, **whose)
        cls.env = cls.env(user=cls.boss, context={"allowed_company_ids": cls.company.ids})
        cls.today = cls.company._ai_local_date()
        price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01"}
        providers = (
            cls.env["ai.service.provider"]
            .sudo()
            .create(
                [
                    {
                        "name": name,
                        "model_name": name,
                        "api_format": "sandbox",
                        "company_id": cls.company.id,
                        "price_ids": [(0, 0, price)],
                    }
                    for name in ("One", "Two")
                ]
            )
        )
        cls.provider, cls.other = providers.sudo(False)
        cls.call = cls.spend(
            input_tokens=2_000_000, cost_usd=Decimal(2), latency_ms=7_379,
            baseline_cost_usd=Decimal(3), saved_usd=Decimal(1), currency_id=cls.euro.id,
            currency_rate=Decimal(str(FROZEN)), local_date=cls.today - timedelta(days=40),
        )  # fmt: skip

    @classmethod
    def spend(cls, **more):
        values = {
            "company_id": cls.company.id,
            "user_id": cls.boss.id,
            "provider_id": cls.provider.id,
            "price_id": cls.provider.price_ids.id,
            "model_name": "One",
            "task_type": "chat",
            "local_date": cls.today,
            **more,
        }
        ids = cls.env["ai.token.usage"].sudo()._insert([values])
        return cls.env["ai.token.usage"].browse(ids)

    def quote(self):
        for day, rate in (("2020-01-01", BEFORE), (str(self.today), TODAY)):
            self.env["res.currency.rate"].sudo().create(
                {
                    "name": day,
                    "currency_id": self.euro.id,
                    "rate": rate,
                    "company_id": self.company.id,
                }
            )

    def sql(self, table, what, where="TRUE"):
        self.env.flush_all()
        query = SQL(
            "SELECT %s FROM %s t LEFT JOIN ai_token_usage u ON u.id = t.token_usage_id"
            " WHERE t.company_id = %s AND %s",
            SQL(what),
            SQL.identifier(table),
            self.company.id,
            SQL(where),
        )
        return self.env.execute_query(query)[0][0]

    def shown(self, model, view_type, *names):
        arch = etree.fromstring(self.env[model].get_view(view_type=view_type)["arch"])
        return [
            (field.get("name"), field.get("string"))
            for field in arch.iter("field")
            if field.get("name") in names
        ]
