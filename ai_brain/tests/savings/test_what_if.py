from datetime import date, datetime
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ...engine.price import pricing
from ...engine.price.usage import TokenUsage
from ...engine.savings import replay
from ..common import AiCase
from .what_if_rows import FIRST, LAST, odd, priced, varied


class WhatIfCase(AiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Asking", "ai_timezone": "UTC"})
        companies = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        cls.boss = cls._new_user("asking-boss", *manager, **companies)
        cls.anna = cls._new_user("asking-anna", **companies)
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.usage = cls.env["ai.token.usage"].sudo()
        cls.plain = cls._provider("Plain", "plain-1", tier="standard")
        cls.tiered = cls._provider(
            "Tiered",
            "tiered-1",
            {
                "input_usd": 1.25,
                "output_usd": 10.0,
                "cache_read_usd": 0.125,
                "cache_write_usd": 1.5625,
                "batch_factor": 0.5,
                "region_factors": "eu=1.1",
                "tier_ids": [
                    (0, 0, {"above_tokens": 200_000, "input_usd": 2.5, "output_usd": 15.0})
                ],
            },
            tier="premium",
        )
        cls.cheap = cls._provider(
            "Cheap", "cheap-1", {"input_usd": 0.1, "output_usd": 0.4, "batch_factor": 0.5},
            tier="efficient",
        )  # fmt: skip
        cls.seller = cls._agent("Seller", "seller", provider_id=cls.plain.id)
        cls.helper = cls._agent("Helper", "helper", provider_id=cls.tiered.id)

    @classmethod
    def _provider(cls, name, model_name, price=None, **values):
        price = {"input_usd": 3.0, "output_usd": 15.0, "batch_factor": 0.5, **(price or {})}
        return cls._new_provider(
            name,
            {"valid_from": "2020-01-01", **price},
            company_id=cls.company.id,
            model_name=model_name,
            base_url=cls.vendor.url,
            **values,
        )

    @classmethod
    def _agent(cls, name, code, **values):
        return cls.env["ai.agent"].create(
            {"name": name, "code": code, "company_id": cls.company.id, **values}
        )

    def _ask(self, user=None, run=True, **values):
        env = self.env(user=user or self.boss, context={"allowed_company_ids": self.company.ids})
        what_if = env["ai.what.if"].create(
            {
                "name": "What if",
                "company_id": self.company.id,
                "date_from": FIRST,
                "date_to": LAST,
                **values,
            }
        )
        if run:
            self._run(what_if)
        return what_if

    def _run(self, what_if):
        what_if.action_run()
        self.env["ai.what.if"].sudo()._cron_run()
        self.assertEqual((what_if.state, what_if.error), ("done", False))

    def _exact(self, what_if):
        found = what_if.get_comparison(what_if.ids)[0]
        return Decimal(found["now_usd_exact"]), Decimal(found["then_usd_exact"])

    def _ledger(self, where="TRUE"):
        self.env.cr.execute(
            "SELECT COALESCE(SUM(cost_usd), 0)::text FROM ai_token_usage WHERE company_id = %s"
            f" AND local_date BETWEEN %s AND %s AND {where}",
            (self.company.id, FIRST, LAST),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def _reasons(self, what_if):
        return {line.key: line.calls for line in what_if.reason_line_ids}

    def _print(self):
        """Everything in the ledger, and its triggers, as one number."""
        self.env.cr.execute(
            "SELECT md5(string_agg(to_jsonb(u)::text, '' ORDER BY id)) FROM ai_token_usage u"
        )
        rows = self.env.cr.fetchone()[0]
        self.env.cr.execute(
            "SELECT string_agg(tgname::text || tgenabled::text, ',' ORDER BY tgname)"
            " FROM pg_trigger"
            " WHERE tgrelid = 'ai_token_usage'::regclass"
        )
        return rows, self.env.cr.fetchone()[0]


@tagged("post_install", "-at_install", "every_series")
class TestReplay(WhatIfCase):
    """The replay of a month under its own policy and prices equals the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        providers = [cls.plain, cls.tiered, cls.cheap]
        users = [cls.boss.id, cls.anna.id]
        rows = varied(providers, 300, users, [cls.seller, cls.helper])
        cls.rows = cls.usage._insert(rows)
        cls.odd = odd(cls.plain, cls.boss.id)
        cls.odd_ids = dict(zip(cls.odd, cls.usage._insert(list(cls.odd.values()))))
        correction = {
            **cls.odd["returned"],
            "cost_usd": Decimal("-0.002"),
            "call_count": 0,
            "correction_of_id": cls.rows[0],
            "input_tokens": -5,
            "output_tokens": None,
        }
        cls.usage._insert([correction])

    def test_the_month_under_its_own_policy_is_the_ledger_in_every_filter(self):
        cases = [
            ({}, "TRUE"),
            ({"agent_ids": [(6, 0, self.seller.ids)]}, f"agent_key = {self.seller.id}"),
            ({"user_ids": [(6, 0, self.anna.ids)]}, f"user_id = {self.anna.id}"),
            ({"modules": "crm"}, "module = 'crm'"),
            ({"modules": "crm, sale"}, "module IN ('crm', 'sale')"),
            ({"provider_ids": [(6, 0, self.tiered.ids)]}, f"provider_id = {self.tiered.id}"),
            ({"modules": "crm", "agent_ids": [(6, 0, self.helper.ids)]},
             f"module = 'crm' AND agent_key = {self.helper.id}"),
            ({"date_from": "2026-01-05", "date_to": "2026-01-11"},
             "local_date BETWEEN '2026-01-05' AND '2026-01-11'"),
        ]  # fmt: skip
        for values, where in cases:
            with self.subTest(values=values):
                what_if = self._ask(**values)
                truth = self._ledger(where)
                self.assertEqual(self._exact(what_if), (truth, truth))
                for dimension in ("day", "agent", "model", "answerer"):
                    lines = what_if.line_ids.filtered(lambda x, d=dimension: x.dimension == d)
                    self.env.cr.execute(
                        "SELECT SUM(then_usd)::text FROM ai_what_if_line WHERE id = ANY(%s)",
                        (lines.ids,),
                    )
                    self.assertEqual(Decimal(self.env.cr.fetchone()[0] or 0), truth, dimension)

    def test_all_priced_calls_are_computed_anew_and_only_the_odd_ones_keep_their_cost(self):
        what_if = self._ask()
        self.assertEqual(
            self._reasons(what_if),
            {"returned": 1, "uncertain": 1, "failed": 1, "no_price": 1, "corrected": 1},
        )
        self.assertEqual(what_if.calls, 305)
        self.assertEqual(what_if.assessed_calls, 300)

    def test_a_price_list_prices_each_call_as_the_engine_does(self):
        prices = [
            (0, 0, {"provider_id": self.tiered.id, "input_usd": 0.7, "output_usd": 1.3,
                    "cache_read_usd": 0.07, "batch_factor": 0.4}),
        ]  # fmt: skip
        what_if = self._ask(price_basis="list", price_ids=prices)
        listed = what_if.price_ids
        price = pricing.Price(listed._rates(), batch_factor=Decimal("0.4"))
        expected = Decimal(0)
        kept = {self.rows[0], *self.odd_ids.values()}
        for row in self.usage.search([("company_id", "=", self.company.id)]):
            self.env.cr.execute("SELECT cost_usd::text FROM ai_token_usage WHERE id=%s", (row.id,))
            cost = Decimal(self.env.cr.fetchone()[0])
            if row.provider_id == self.tiered and row.id not in kept and not row.correction_of_id:
                found = pricing.cost(
                    row._engine_usage(), price, batch=row.kind == "batch", when=row._billed_at()
                )
                cost = cost if found is pricing.UNPRICED else found
            expected += cost
        now, then = self._exact(what_if)
        self.assertEqual(now, self._ledger())
        self.assertEqual(then, expected)
        self.assertNotEqual(then, now)
        self.assertTrue(self._reasons(what_if)["not_priced_there"])  # regions have no list price

    def test_prices_of_a_day(self):
        self.plain.price_ids = [
            (0, 0, {"input_usd": 30.0, "output_usd": 150.0, "batch_factor": 0.5,
                    "valid_from": "2026-03-01"})
        ]  # fmt: skip
        filters = {"provider_ids": [(6, 0, self.plain.ids)]}
        what_if = self._ask(price_basis="date", price_date="2026-03-05", **filters)
        now, then = self._exact(what_if)
        kept = self._ledger(
            f"provider_id = {self.plain.id} AND (state != 'done' OR price_id IS NULL"
            f" OR correction_of_id IS NOT NULL OR id IN (%s, %s))"
            % (self.rows[0], self.odd_ids["returned"])
        )
        self.assertEqual(then - kept, 10 * (now - kept))
        same = self._ask(price_basis="date", price_date="2026-01-05", **filters)
        self.assertEqual(self._exact(same), (now, now))

    def test_another_provider_for_an_agent(self):
        changes = [(0, 0, {"agent_id": self.seller.id, "new_provider_id": self.cheap.id})]
        what_if = self._ask(change_ids=changes)
        expected = self._ledger()
        for row in self.usage.search([("agent_key", "=", self.seller.id)]):
            if row.id in (self.rows[0], *self.odd_ids.values()) or row.state != "done":
                continue
            self.env.cr.execute("SELECT cost_usd::text FROM ai_token_usage WHERE id=%s", (row.id,))
            paid = Decimal(self.env.cr.fetchone()[0])
            usage = row._engine_usage()
            if row.provider_id != self.cheap:
                usage = TokenUsage(input=usage.input_total, output=usage.output_total)
            cost = pricing.cost(
                usage, self.cheap._engine_price(row.create_date)[1], batch=row.kind == "batch"
            )
            expected += cost - paid
        self.assertEqual(self._exact(what_if)[1], expected)
        moved = what_if.answerer_line_ids.filtered(lambda x: x.answerer_id == self.cheap)
        self.assertEqual(
            sum(moved.mapped("calls")),
            self.usage.search_count(
                [
                    ("company_id", "=", self.company.id),
                    "|",
                    ("agent_key", "=", self.seller.id),
                    ("provider_id", "=", self.cheap.id),
                ]
            ),
        )
        line = what_if.agent_line_ids.filtered(lambda x: x.key == "seller")
        self.assertEqual(line.label, "Seller")
        self.assertRegex(line.quality_then, r"^\d+ \(\d+–\d+\)$")
        self.assertRegex(what_if.quality_now, r"^\d+ \(\d+–\d+\)$")
        self.assertFalse(self._ask(run=False).quality_now)

    def test_another_vendor_entirely_takes_the_nearest_tier(self):
        what_if = self._ask(only_provider_ids=[(6, 0, (self.cheap + self.tiered).ids)])
        pairs = {
            (line.provider_id.name, line.answerer_id.name)
            for line in what_if.answerer_line_ids
            if line.provider_id == self.plain
        }
        self.assertIn(("Plain", "Tiered"), pairs)

    def test_a_batch_for_what_could_wait(self):
        what_if = self._ask(batches=True)
        now, then = self._exact(what_if)
        waits = self._ledger(
            f"waste_reason = 'could_wait' AND kind = 'api' AND id != {self.rows[0]}"
        )
        self.assertTrue(waits)
        self.assertEqual(now - then, waits / 2)

    def test_without_kept_answers_what_they_served_would_have_been_paid(self):
        what_if = self._ask(reuse="off")
        now, then = self._exact(what_if)
        self.assertEqual(then - now, Decimal(1000 * 3 + 100 * 15) / 10**6)

    def test_a_price_with_hours(self):
        hours = {"hour_from": 1.0, "hour_to": 4.0,
                 "input_usd": 1.0, "output_usd": 2.0}  # fmt: skip
        night = self._provider("Night", "night-1", {"tier_ids": [(0, 0, hours)]})
        rows = [
            priced(night, TokenUsage(input=100, output=10), datetime(2026, 1, 6, hour, 30),
                   user_id=self.boss.id)
            for hour in (0, 2, 3, 9)
        ]  # fmt: skip
        self.assertEqual(len({row["cost_usd"] for row in rows}), 2)
        self.usage._insert(rows)
        what_if = self._ask(provider_ids=[(6, 0, night.ids)])
        truth = self._ledger(f"provider_id = {night.id}")
        self.assertEqual(self._exact(what_if), (truth, truth))
        self.assertEqual(what_if.assessed_calls, 4)

    def test_it_writes_nothing_to_the_ledger_and_asks_nobody(self):
        before = self._print()
        self.vendor.requests.clear()
        for values in (
            {"price_basis": "date", "price_date": "2026-01-05"},
            {"reuse": "exact", "router": "on", "keep_messages": 10},
        ):
            what_if = self._ask(**values)
            self.assertEqual(what_if.calls, 305)
        self.assertEqual(self._print(), before)
        self.assertEqual(self.vendor.requests, [])

    def test_days_are_those_of_the_company(self):
        self.company.ai_timezone = "Pacific/Auckland"
        late = priced(self.plain, TokenUsage(input=7), datetime(2026, 1, 31, 23),
                      user_id=self.boss.id, local_date=date(2026, 2, 1))  # fmt: skip
        self.usage._insert([late])
        self.assertEqual(self._exact(self._ask())[0], self._ledger())

    # ------------------------------------------------------------------
    # Running
    # ------------------------------------------------------------------

    def test_it_goes_on_where_it_was_left_and_twice_changes_nothing(self):
        whole = self._ask()
        what_if = self._ask(run=False)
        what_if.action_run()
        runs = self.env["ai.what.if"].sudo()
        taken = runs._take_next()
        self.assertEqual(taken, what_if)
        for _ in range(10):
            taken._slice()
        self.assertEqual(what_if.state, "running")
        self.assertAlmostEqual(what_if.progress, 100 * 10 / 31, 6)
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            taken._slice()
            1 / 0  # noqa: B018  # a worker that dies leaves no half of a day
        self.env.invalidate_all()
        runs._cron_run()
        runs._cron_run()
        self.assertEqual(what_if.state, "done")
        self.assertEqual(self._exact(what_if), self._exact(whole))
        self.assertEqual(what_if.calls, whole.calls)

    def test_a_cancelled_one_is_not_taken(self):
        what_if = self._ask(run=False)
        what_if.action_run()
        what_if.action_cancel()
        self.env["ai.what.if"].sudo()._cron_run()
        self.assertEqual((what_if.state, what_if.calls), ("cancelled", 0))
        self.assertFalse(what_if.line_ids)
        self._run(what_if)

    def test_what_fails_says_so_and_is_not_taken_again(self):
        what_if = self._ask(run=False)
        what_if.action_run()
        broken = patch.object(
            type(what_if), "_sum_groups", lambda *_args: (_ for _ in ()).throw(ValueError("broken"))
        )
        with broken, self.assertLogs("odoo.addons.ai_brain.models.savings", "ERROR"):
            self.env["ai.what.if"].sudo()._cron_run()
        self.assertEqual((what_if.state, what_if.error), ("failed", "broken"))
        self._run(what_if)

    def test_what_was_run_stays_as_it_is_until_it_is_a_draft_again(self):
        what_if = self._ask()
        with self.assertRaises(UserError):
            what_if.date_to = "2026-01-20"
        with self.assertRaises(UserError):
            self.env["ai.what.if.change"].with_user(self.boss).create(
                {"what_if_id": what_if.id, "new_provider_id": self.cheap.id}
            )
        with self.assertRaises(UserError):
            what_if.then_usd = 0
        what_if.name = "Another name"
        what_if.action_draft()
        self.assertFalse(what_if.line_ids)
        what_if.date_to = "2026-01-20"

    def test_more_texts_than_can_be_read_are_refused(self):
        what_if = self._ask(run=False, reuse="exact")
        with patch("odoo.addons.ai_brain.models.savings.what_if_run.MOST_TEXT_CALLS", 100):
            self.assertIn("100", str(self._fails(UserError, what_if.action_run)))

    def test_bad_input_is_answered_with_what_to_do(self):
        for values in (
            {"date_to": "2025-12-31"},
            {"date_to": "2029-12-31"},
            {"date_from": "1999-01-01", "date_to": "1999-01-02"},
            {"price_basis": "date"},
            {"price_basis": "list"},
            {"keep_messages": 2},
            {"reuse_ttl_h": 0},
            {"modules": "x" * 2000},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self._ask(run=False, **values)
                self.env.flush_all()

    # ------------------------------------------------------------------
    # Comparing, applying
    # ------------------------------------------------------------------

    def test_two_are_compared_side_by_side(self):
        first, second = self._ask(), self._ask(batches=True)
        action = (first + second).action_compare()
        lines = first.env["ai.what.if.line"].search(action["domain"])
        self.assertEqual(lines.what_if_id, first + second)
        found = first.get_comparison((first + second).ids)
        self.assertGreater(found[0]["then_usd"], 0)
        self.assertEqual(len(found), 2)
        with self.assertRaises(UserError):
            first.action_compare()
        for ids in (None, "1", ["x"], [], [2**31 - 1]):
            with self.subTest(ids=ids), self.assertRaises(UserError):
                first.get_comparison(ids)

    def test_apply_gives_the_agents_the_policy_and_undo_takes_it_back(self):
        changes = [(0, 0, {"agent_id": self.seller.id, "new_provider_id": self.cheap.id})]
        what_if = self._ask(change_ids=changes, reuse="off")
        self.seller.reuse = "exact"
        what_if.action_apply()
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.cheap, "off"))
        self.assertEqual(self.helper.provider_id, self.tiered)
        self.assertIn("Provider: Cheap", what_if.applied_ids.changes)
        with self.assertRaises(UserError):
            what_if.action_apply()
        with self.assertRaises(UserError):
            what_if.unlink()
        what_if.action_undo()
        self.assertEqual((self.seller.provider_id, self.seller.reuse), (self.plain, "exact"))
        self.assertFalse(what_if.is_applied)

    def test_undo_asks_what_becomes_of_what_somebody_changed_since(self):
        changes = [(0, 0, {"agent_id": self.seller.id, "new_provider_id": self.cheap.id})]
        what_if = self._ask(change_ids=changes)
        what_if.action_apply()
        self.seller.provider_id = self.tiered
        what_if.invalidate_recordset()
        self.assertIn("Seller: Provider", what_if.changed_since)
        self.assertIn("Provider", str(self._fails(UserError, what_if.action_undo)))
        what_if.action_undo_rest()
        self.assertEqual(self.seller.provider_id, self.tiered)
        what_if.action_apply()
        self.seller.provider_id = self.plain
        what_if.action_undo_all()
        self.assertEqual(self.seller.provider_id, self.tiered)

    def test_what_no_agent_can_be_given_is_said(self):
        filters = {"agent_ids": [(6, 0, self.seller.ids)]}
        what_if = self._ask(batches=True, **filters)
        self.assertIn("vendor", str(self._fails(UserError, what_if.action_apply)))
        what_if = self._ask(reuse="off")
        self.assertIn("which agents", str(self._fails(UserError, what_if.action_apply)))

    # ------------------------------------------------------------------
    # Access
    # ------------------------------------------------------------------

    def test_only_managers_of_the_company_reach_it(self):
        what_if = self._ask()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        companies = {"company_id": other.id, "company_ids": [(6, 0, other.ids)]}
        manager = ("base.group_user", "ai_brain.group_ai_manager")
        stranger = self._new_user("stranger", *manager, **companies)
        portal = self._new_user("portal-what-if", "base.group_portal")
        for user in (stranger, portal, self.anna):
            record = self.env["ai.what.if"].with_user(user).browse(what_if.id)
            for method in ("action_run", "action_cancel", "action_draft", "action_apply",
                           "action_undo", "action_view_calls", "action_compare"):  # fmt: skip
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(record, method)()
            self._fails((AccessError, UserError), record.get_comparison, what_if.ids)
            with self.assertRaises(AccessError):
                record.line_ids.browse(what_if.line_ids[:1].id).read(["then_usd"])
        with self.assertRaises(AccessError):
            self._ask(user=self.anna)

    def test_a_manager_replays_no_call_that_rules_hide_from_him(self):
        self.env["ir.rule"].sudo().create(
            {
                "name": "Only Anna's",
                "model_id": self.env.ref("ai_brain.model_ai_token_usage").id,
                "domain_force": f"[('user_id', '=', {self.anna.id})]",
            }
        )
        what_if = self._ask()
        truth = self._ledger(f"user_id = {self.anna.id}")
        self.assertEqual(self._exact(what_if), (truth, truth))

    def test_all_reasons_are_worded(self):
        worded = dict(self.env["ai.what.if.line"]._reasons())
        self.assertEqual(set(worded), set(replay.REASONS))
        self.assertTrue(fields.Date.today())
