from datetime import date, datetime, timedelta
from decimal import Decimal

from odoo.tests import tagged

from ...engine.choice.quality import quality
from ...engine.price.usage import TokenUsage
from ..common import answering
from .test_what_if import WhatIfCase
from .what_if_rows import FIRST, LAST, odd, priced, varied

#: The euros that a dollar was, from a day on; before the first of them nobody knew.
RATES = {"2026-01-04": 0.5, "2026-01-18": 0.8}


@tagged("post_install", "-at_install", "every_series")
class TestReplayInEuros(WhatIfCase):
    """A month at the other end of the world, counted in euros at the rate of each day: replayed
    under its own policy it is the ledger, in USD and in euros, in every filter."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.ai_timezone = "Pacific/Auckland"  # 13 hours before UTC
        cls.euro = cls.env.ref("base.EUR")
        cls.euro.active = True
        rates = cls.env["res.currency.rate"]
        rates.search([]).unlink()
        rates.create(
            [
                {
                    "name": day,
                    "currency_id": cls.euro.id,
                    "rate": rate,
                    "company_id": cls.company.id,
                }
                for day, rate in RATES.items()
            ]
        )
        cls.company.currency_id = cls.euro
        cls.plain.price_ids = [
            (0, 0, {"input_usd": 4.0, "output_usd": 20.0, "batch_factor": 0.5,
                    "valid_from": "2026-01-10"})
        ]  # fmt: skip
        users = [cls.boss.id, cls.anna.id]
        providers = [cls.plain, cls.tiered, cls.cheap]
        rows = varied(providers, 200, users, [cls.seller, cls.helper], seed=11)
        usage = TokenUsage(input=900, output=90)
        for minutes in (-1, 1):  # each side of the month's two ends, as the company counts days
            for end in (datetime(2025, 12, 31, 11), datetime(2026, 1, 31, 11)):
                moment = end + timedelta(minutes=minutes)
                rows.append(priced(cls.plain, usage, moment, user_id=cls.anna.id, module="edge"))
        rows += odd(cls.tiered, cls.anna.id).values()
        for row in rows:
            del row["local_date"]  # by the company's clock
        for n, kind in enumerate(("cache", "dedup", "pattern", "trial", "fallback")):
            rows.append({**rows[-1], "kind": kind, "module": f"kind-{n}"})
        cls.usage._insert(rows)
        other = cls.env["res.company"].create({"name": "Another", "ai_timezone": "UTC"})
        cls.usage._insert([{**row, "company_id": other.id} for row in rows[:20]])

    def _columns(self, what_if, table="ai_what_if", key="id"):
        what_if.flush_recordset()
        self.env.cr.execute(
            "SELECT SUM(now_usd)::text, SUM(then_usd)::text, SUM(now_company)::text,"
            f" SUM(then_company)::text FROM {table} WHERE {key} = %s",
            (what_if.id,),
        )
        return [Decimal(text) for text in self.env.cr.fetchone()]

    def _euros(self, where="TRUE"):
        """What the dashboard says: as counted; what was counted in USD at the last day's rate."""
        self.env.cr.execute(
            "SELECT COALESCE(SUM(CASE WHEN currency_id = %s THEN cost_company"
            " ELSE cost_usd * 0.8 END), 0)::text FROM ai_token_usage WHERE company_id = %s"
            f" AND local_date BETWEEN %s AND %s AND {where}",
            (self.euro.id, self.company.id, FIRST, LAST),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def test_it_is_the_ledger_in_every_filter_in_dollars_and_euros(self):
        plain, both = self.plain.id, (self.plain + self.tiered).ids
        days = {"date_from": "2026-01-04", "date_to": "2026-01-04"}
        cases = [
            ({}, "TRUE"),
            ({"agent_ids": [(6, 0, self.seller.ids)]}, f"agent_key = {self.seller.id}"),
            ({"user_ids": [(6, 0, self.anna.ids)]}, f"user_id = {self.anna.id}"),
            ({"provider_ids": [(6, 0, both)]}, f"provider_id IN {tuple(both)}"),
            ({"modules": "edge"}, "module = 'edge'"),
            *(({"modules": f"kind-{n}"}, f"module = 'kind-{n}'") for n in range(5)),
            ({"modules": "crm", "user_ids": [(6, 0, self.anna.ids)],
              "provider_ids": [(6, 0, [plain])], "agent_ids": [(6, 0, self.helper.ids)]},
             f"module = 'crm' AND user_id = {self.anna.id} AND provider_id = {plain}"
             f" AND agent_key = {self.helper.id}"),
            # the first day with a rate, and the day before it, whose calls were counted in USD
            (days, "local_date = '2026-01-04'"),
            (dict.fromkeys(days, "2026-01-03"), "local_date = '2026-01-03'"),
        ]  # fmt: skip
        for values, where in cases:
            with self.subTest(values=values):
                what_if = self._ask(**values)
                truth = self._ledger(where)
                found = self._columns(what_if)
                self.assertEqual(found[:2], [truth, truth])
                self.assertEqual(found[2], found[3])
                if "date_from" not in values:
                    self.assertEqual(found[2], self._euros(where))
                    self.assertEqual(what_if.currency_id, self.euro)
        self.assertEqual(what_if.currency_id, self.env.ref("base.USD"))  # no rate on its last day

    def test_two_of_the_four_calls_at_the_ends_of_the_month_are_in_it(self):
        what_if = self._ask(modules="edge")
        self.assertEqual(what_if.calls, 2)
        self.assertEqual(
            [str(day) for day in what_if.day_line_ids.mapped("day")], ["2026-01-01", "2026-01-31"]
        )

    def test_by_texts_it_is_the_same_and_each_line_adds_up(self):
        plain, texts = self._ask(), self._ask(keep_messages=1000)
        self.assertEqual(self._columns(plain), self._columns(texts))
        for dimension in ("day", "agent", "model", "answerer"):
            for what_if in (plain, texts):
                self.assertEqual(
                    self._columns(
                        what_if, "ai_what_if_line", f"dimension = '{dimension}' AND what_if_id"
                    ),
                    self._columns(what_if),
                )

    def test_it_is_what_the_breakdown_and_the_bridge_say_of_that_month(self):
        what_if = self._ask()
        analytics = what_if.env["ai.token.analytics"]
        days = {"date_from": str(FIRST), "date_to": str(LAST)}
        found = analytics.get_cost_breakdown("custom", **days)
        bridge = analytics.get_cost_bridge("custom", **days)["end"]
        self.assertEqual(Decimal(bridge["usd_exact"]), self._exact(what_if)[0])
        self.assertAlmostEqual(bridge["company"], what_if.now_company, 9)
        self.assertAlmostEqual(found["total_cost"], what_if.now_usd, 9)

    def test_a_dearer_price_is_dearer_in_euros_at_the_rate_of_each_day(self):
        double = {"input_usd": 8.0, "output_usd": 40.0, "batch_factor": 0.5,
                  "provider_id": self.plain.id}  # fmt: skip
        filters = {
            "provider_ids": [(6, 0, self.plain.ids)],
            "agent_ids": [(6, 0, self.seller.ids)],
            "date_from": "2026-01-11",
        }
        what_if = self._ask(price_basis="list", price_ids=[(0, 0, double)], **filters)
        now, then, euros, euros_then = self._columns(what_if)
        self.assertEqual((then, euros_then), (2 * now, 2 * euros))
        self.assertNotIn(euros, (now * Decimal("0.5"), now * Decimal("0.8")))


@tagged("post_install", "-at_install", "every_series")
class TestReplayOfCalls(WhatIfCase):
    """Rows as real calls leave them, of today."""

    def test_real_calls_cost_what_they_did_and_a_kept_answer_what_it_saved(self):
        today = self.company._ai_local_date()
        self.seller.write({"reuse": "exact", "reuse_check_share": 0})
        service = self.service.with_user(self.anna).with_company(self.company)
        tags = {"agent_type": "seller"}
        with answering(self.env, lambda request: "It is a tax."):
            kinds = [
                service.send_message(text, environment=tags)["kind"]
                for text in ("What is VAT?", "What is VAT?", "What is VAT?", "What is a lead?")
            ]
        self.assertEqual(kinds, ["api", "cache", "cache", "api"])
        days = {"date_from": today, "date_to": today}
        own = self._ask(**days)
        now, then = self._exact(own)
        self.assertEqual((now, own.calls, own.assessed_calls), (then, 4, 4))
        self.assertGreater(now, 0)
        now, then = self._exact(self._ask(reuse="off", **days))
        self.env.cr.execute(
            "SELECT SUM(saved_usd)::text FROM ai_token_usage WHERE company_id = %s",
            (self.company.id,),
        )
        self.assertEqual(then - now, Decimal(self.env.cr.fetchone()[0]))
        self.assertGreater(then, now)
        # and by texts what the ledger says: it served these two again
        self.assertEqual(self._exact(self._ask(reuse="exact", **days)), (now, now))


@tagged("post_install", "-at_install")
class TestExpectedQuality(WhatIfCase):
    """Quality is expected of who would have answered; a call that keeps its cost keeps him too."""

    def _write(self, **values):
        row = priced(
            self.plain, TokenUsage(input=1000, output=10), datetime(2026, 1, 9, 12),
            user_id=self.boss.id, prompt_complexity=0.8,
        )  # fmt: skip
        self.usage._insert([{**row, **values}])

    def _chance(self, what_if, provider):
        return quality(what_if._abilities()(provider.id), 0.8).mean

    def test_who_keeps_his_call_keeps_his_quality(self):
        self.cheap.context_window = 5000
        self.cheap.quality_score, self.plain.quality_score = 60, 96
        self._write()
        self._write(cost_usd=Decimal("0.0123456789"))  # its vendor said so
        self._write(price_id=None)
        self._write(task_type="voice_to_text")  # whoever chats transcribes nothing
        self._write(input_tokens=7000, cost_usd=Decimal("0.02115"))  # longer than he takes
        changes = {"change_ids": [(0, 0, {"new_provider_id": self.cheap.id})]}
        for more in ({}, {"keep_messages": 1000}):
            what_if = self._ask(**changes, **more)
            if more:  # nothing of it can be read: each keeps what it has
                self.assertEqual(self._reasons(what_if).get("no_text"), 3)
                moved = 0
            else:
                self.assertEqual(
                    self._reasons(what_if), {"returned": 1, "no_price": 1, "too_long": 1}
                )
                moved = 1
            total = what_if._line("total", "")
            before, after = (self._chance(what_if, one) for one in (self.plain, self.cheap))
            self.assertEqual(total.quality_calls, 5)
            self.assertAlmostEqual(total.good_now, 5 * before, 9)
            self.assertAlmostEqual(total.good_then, (5 - moved) * before + moved * after, 9)
            self.assertNotEqual(before, after)

    def test_days_without_a_call_are_no_lines(self):
        self._write(local_date=date(2026, 1, 9))
        what_if = self._ask()
        self.assertEqual(len(what_if.day_line_ids), 1)
        nothing = self._ask(date_from="2026-02-01", date_to="2026-02-28")
        self.assertEqual((nothing.calls, nothing.now_usd, nothing.change_pct), (0, 0, 0))
        self.assertFalse(nothing.line_ids)
        self.assertIn("no call", nothing.summary)
