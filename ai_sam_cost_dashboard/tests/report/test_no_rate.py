from datetime import timedelta
from decimal import Decimal

from lxml import etree

from odoo.tests import TransactionCase, new_test_user, tagged

SAID = "there is no rate between USD and EUR, the currency of No Rate Ltd"


@tagged("post_install", "-at_install", "every_series")
class TestNoRate(TransactionCase):
    """A company in EUR without a rate of USD: amounts stay in USD, and each page says so once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.euro, cls.usd = cls.env.ref("base.EUR"), cls.env.ref("base.USD")
        cls.company = cls.env["res.company"].create(
            {"name": "No Rate Ltd", "currency_id": cls.euro.id, "email": "ai@example.com"}
        )
        pair = [("currency_id", "in", (cls.euro | cls.usd).ids)]
        cls.env["res.currency.rate"].search(pair).unlink()
        in_company = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        groups = "base.group_user,ai_brain.group_ai_manager"
        cls.manager = new_test_user(cls.env, "no_rate_manager", groups, **in_company)
        cls.env = cls.env(user=cls.manager, context={"allowed_company_ids": cls.company.ids})
        cls.analytics = cls.env["ai.token.analytics"]
        cls.today = cls.company._ai_local_date()
        cls.spend(cls.today, Decimal(3))
        # frozen while there was a rate, which somebody has deleted since
        cls.spend(cls.today, Decimal(2), currency_id=cls.euro.id, currency_rate=Decimal("0.9"))

    @classmethod
    def spend(cls, day, cost, **more):
        values = {"company_id": cls.company.id, "user_id": cls.manager.id, "task_type": "chat"}
        row = {**values, "local_date": day, "module": "sale", "cost_usd": cost, **more}
        cls.env["ai.token.usage"].sudo()._insert([row])

    def quote(self):
        self.env["res.currency.rate"].sudo().create(
            {"name": "2020-01-01", "currency_id": self.euro.id, "rate": 0.5,
             "company_id": self.company.id}
        )  # fmt: skip

    def test_the_dashboard(self):
        data = self.analytics.get_dashboard_data()
        self.assertEqual(data["currency"]["name"], "USD")
        self.assertEqual(data["totals"]["cost_company"]["value"], 5.0)
        self.assertEqual(data["breakdowns"]["by_module"][0]["cost_company"], 5.0)
        self.assertIn(SAID, data["currency_note"])
        self.assertEqual(str(data).count(SAID), 1)
        self.quote()
        data = self.analytics.get_dashboard_data()
        self.assertEqual((data["currency"]["name"], data["currency_note"]), ("EUR", ""))
        self.assertAlmostEqual(data["totals"]["cost_company"]["value"], 3 * 0.5 + 2 * 0.9)

    def test_the_list_that_the_figure_opens_adds_up_to_it(self):
        usages = self.env["ai.token.usage"]
        names = ("cost_listed", "saved_company", "could_have_saved_company", "found_company")
        more = {"saved_usd": Decimal(4), "could_have_saved_usd": Decimal(1)}
        self.spend(self.today, Decimal(1), currency_id=self.env.ref("base.GBP").id,
                   currency_rate=Decimal("0.7"), **more)  # fmt: skip
        usages.sudo().search([("saved_usd", "=", 4)]).waste_report = {
            "findings": [{"type": "repeat", "cost_wasted": 1.0}]
        }
        calls = usages.with_context(ai_waste_kind="repeat").search([])

        def listed():
            calls.invalidate_recordset()
            one_by_one = {name: sum(calls.mapped(name)) for name in names}
            ((*sums,),) = calls._read_group([], [], [f"{name}:sum" for name in names])
            for name, found in zip(names, sums, strict=True):
                self.assertAlmostEqual(float(found), one_by_one[name], 9, name)
            return one_by_one

        def shown():
            totals = self.analytics.get_dashboard_data()["totals"]
            return (totals["cost_company"]["value"], totals["saved_usd"]["company"],
                    totals["waste_usd"]["company"])  # fmt: skip

        def told(found):
            return tuple(found[name] for name in names[:3])

        self.assertNotIn("cost_listed", usages.get_view(view_type="list")["arch"])
        self.assertEqual(told(listed()), shown())
        self.assertEqual(listed()["cost_listed"], 6.0)
        self.quote()
        self.assertIn('name="cost_listed"', usages.get_view(view_type="list")["arch"])
        found = listed()
        for one, other in zip(told(found), shown(), strict=True):
            self.assertAlmostEqual(one, other)
        self.assertAlmostEqual(found["cost_listed"], 3 * 0.5 + 2 * 0.9 + 1 * 0.5)
        self.assertAlmostEqual(found["found_company"], 0.5)

    def test_a_page_of_one_company_opens_lists_in_that_companys_currency(self):
        self.quote()
        main = self.env["res.company"].sudo().create(
            {"name": "Main Ltd", "currency_id": self.usd.id})  # fmt: skip
        self.manager.sudo().company_ids += main
        both = [main.id, self.company.id]
        analytics = self.analytics.with_context(allowed_company_ids=both)
        data = analytics.get_dashboard_data(company_ids=self.company.ids)
        self.assertEqual(data["currency"]["name"], "EUR")
        (facet,) = data["facets"]
        usages = self.env["ai.token.usage"].with_context(allowed_company_ids=both)
        calls = usages.search(data["domain"])
        asked = {"ai_company_view_ref": facet["value"]}
        views = usages.with_context(**asked).get_views([(False, "list")])["views"]
        self.assertIn('string="Cost (EUR)"', views["list"]["arch"])
        self.assertNotIn("EUR", usages.get_views([(False, "list")])["views"]["list"]["arch"])
        listed = calls.with_context(**asked)
        self.assertAlmostEqual(
            sum(listed.mapped("cost_listed")), data["totals"]["cost_company"]["value"]
        )
        ((total,),) = listed._read_group([], [], ["cost_listed:sum"])
        self.assertAlmostEqual(float(total), data["totals"]["cost_company"]["value"])
        self.assertAlmostEqual(sum(calls.mapped("cost_listed")), 5.0)
        foreign = self.env["res.company"].sudo().create(
            {"name": "Foreign Ltd", "currency_id": self.euro.id})  # fmt: skip
        for wrong in (foreign.id, "1", [1], None, True):
            at = calls.with_context(ai_company_view_ref=wrong)
            self.assertEqual(at._own_currency(), self.usd, wrong)

    def test_pivots_and_graphs_measure_the_companys_currency_first(self):
        self.quote()
        usages = self.analytics.env["ai.token.usage"]
        for kind in ("pivot", "graph"):
            arch = etree.fromstring(usages.get_views([(False, kind)])["views"][kind]["arch"])
            money = [
                (field.get("name"), field.get("string"), field.get("type"))
                for field in arch.findall("field")
                if field.get("name") in ("cost_usd", "cost_listed", "saved_usd", "saved_company")
            ]
            self.assertEqual(
                money,
                [
                    ("cost_listed", "Cost (EUR)", "measure"),
                    ("cost_usd", "Cost (USD)", None),
                    ("saved_company", "Saved (EUR)", None),
                    ("saved_usd", "Saved (USD)", None),
                ],
                kind,
            )
        known = usages.fields_get(["cost_listed", "saved_company"], ["aggregator"])
        self.assertEqual({field["aggregator"] for field in known.values()}, {"sum"})

    def test_a_list_is_converted_at_the_rate_of_the_day_that_its_figure_is_of(self):
        self.quote()
        self.env["res.currency.rate"].sudo().create(
            {"name": self.today, "currency_id": self.euro.id, "rate": 0.8,
             "company_id": self.company.id}
        )  # fmt: skip
        call = self.env["ai.token.usage"].search([("cost_usd", "=", 3)])
        self.assertAlmostEqual(call.cost_listed, 3 * 0.8)
        day = str(self.today - timedelta(days=1))
        self.assertAlmostEqual(call.with_context(ai_rate_day=day).cost_listed, 3 * 0.5)
        for wrong in ("soon", 7, [], None):
            self.assertAlmostEqual(call.with_context(ai_rate_day=wrong).cost_listed, 3 * 0.8)

    def test_the_pages_of_kept_analyses_show_the_companys_currency_first(self):
        more = {"saved_usd": Decimal(4), "could_have_saved_usd": Decimal(1)}
        self.quote()
        self.spend(self.today, Decimal(1), currency_id=self.euro.id, currency_rate=Decimal("0.7"),
                   **more)  # fmt: skip
        self.analytics.sudo()._analyze_company(self.company, again=True)
        month = self.analytics.search([("period_type", "=", "month"), ("user_id", "=", False)])
        totals = self.analytics.get_dashboard_data()["totals"]
        self.assertEqual(month.currency_id, self.euro)
        self.assertAlmostEqual(month.cost_listed, 3 * 0.5 + 2 * 0.9 + 1 * 0.7)
        self.assertAlmostEqual(month.cost_listed, totals["cost_company"]["value"])
        self.assertAlmostEqual(month.saved_listed, 4 * 0.7)
        self.assertAlmostEqual(month.saved_listed, totals["saved_usd"]["company"])
        self.assertAlmostEqual(month.could_have_saved_listed, 0.7)
        self.assertEqual(month.cost_text, self.euro._ai_text(Decimal("4.0")))
        mine = self.analytics.search([("period_type", "=", "month"), ("user_id", "!=", False)])
        self.assertAlmostEqual(mine.cost_listed, 4.0)
        names = ("cost_listed", "saved_listed", "could_have_saved_listed")
        ((*sums,),) = month._read_group([("id", "in", (month | mine).ids)], [], [
            f"{name}:sum" for name in names])  # fmt: skip
        for found, expected in zip(sums, (8.0, 5.6, 1.4), strict=True):
            self.assertAlmostEqual(float(found), expected)

        def shown(view_type):
            arch = etree.fromstring(self.analytics.get_view(view_type=view_type)["arch"])
            return [
                (field.get("name"), field.get("string"))
                for field in arch.iter("field")
                if field.get("name") in (*names, "total_cost_usd", "saved_usd", "cost_text",
                                         "saved_text", "potential_savings_usd")
            ]  # fmt: skip

        columns = shown("list")
        self.assertEqual(
            columns[:2], [("cost_listed", "Cost (EUR)"), ("total_cost_usd", "Cost (USD)")]
        )
        self.assertEqual([name for name, _title in columns[2::2]], [*names[1:]])
        self.assertEqual(shown("kanban"), [("cost_text", "Cost (EUR)")])
        self.assertEqual(shown("form")[0], ("cost_text", "Cost (EUR)"))
        self.assertEqual(shown("form")[2], ("saved_text", "Saved (Estimated) (EUR)"))
        graph = etree.fromstring(self.analytics.get_view(view_type="graph")["arch"])
        (measure,) = graph.findall("field[@type='measure']")
        self.assertEqual(measure.get("name"), "cost_listed")
        # counted in EUR, read where books are kept in USD
        month.currency_id.sudo().rate_ids.unlink()
        month.invalidate_recordset()
        self.assertEqual((month.cost_listed, month.cost_text), (6.0, "$6.00"))
        self.assertEqual(shown("list")[0][0], "total_cost_usd")
        self.assertEqual(shown("kanban"), [("total_cost_usd", None)])

    def test_the_files(self):
        content = self.analytics.export_breakdown("csv", {})[2].decode("utf-8-sig")
        head, first = content.splitlines()[:2]
        self.assertIn("Cost in USD, as there is no rate of EUR", head)
        self.assertIn('"5.00","5.00"', first)
        breakdown = self.analytics.get_cost_breakdown()
        summary = self.analytics._export_summary(breakdown, self.company._ai_rate_note())
        self.assertIn(SAID, summary[-1][1])
        self.quote()
        content = self.analytics.export_breakdown("csv", {})[2].decode("utf-8-sig")
        self.assertIn("Cost in Company Currency (EUR)", content)

    def test_the_form_and_the_gauge_of_a_budget(self):
        budget = self.env["ai.cost.budget"].create({"name": "All", "budget_amount": 10})
        self.assertEqual(budget.currency_id, self.usd)
        self.assertIn(SAID, budget.rate_note)
        self.assertEqual(self.env["ai.cost.budget"].get_gauge()["text"], "$5.00 of $10.00")
        arch = self.env["ai.cost.budget"].get_view(view_type="form")["arch"]
        self.assertEqual(arch.count('name="rate_note"'), 1)

    def test_the_weekly_mail(self):
        digest = self.env["ai.cost.digest"].sudo()
        first, last = digest._week(self.company)
        self.spend(last, Decimal(1))
        body = digest._body(self.company, self.manager, first, last)
        self.assertIn("$1.00", body)
        self.assertEqual(body.count("there is no rate between USD and EUR"), 1)
        self.quote()
        self.spend(last - timedelta(days=1), Decimal(1))
        self.assertNotIn("no rate", digest._body(self.company, self.manager, first, last))
