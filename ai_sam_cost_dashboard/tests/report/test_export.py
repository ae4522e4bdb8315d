import csv
import io
import json
from decimal import Decimal

import openpyxl

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...tools.breakdown_file import text_cell
from ..common import PAYLOAD, DashboardCase

FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'
#: Names of modules that some spreadsheet or other takes apart -> what the file says.
NAMES = {
    "crm;=1+1": "crm;'=1+1",
    "crm,-2+3": "crm,'-2+3",
    "crm\n@SUM(A1)": "crm '@SUM(A1)",
    "crm\t=cmd": "crm '=cmd",
    "crm|+1": "crm|'+1",
    "＝1+1": "'＝1+1",
    "crm;\u3000＋1": "crm;\u3000'＋1",
    " =1": " '=1",
    "\r=1": " '=1",
    "up-to-date": "up-to-date",
    'say "x"': 'say "x"',
}


@tagged("post_install", "-at_install", "every_series")
class TestExport(DashboardCase):
    def setUp(self):
        super().setUp()
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                    "local_date": self.today,
                    "task_type": "chat",
                    "module": module,
                    "cost_usd": Decimal("0.0000123"),
                }
                for module in (FORMULA, *NAMES)
            ]
        )

    def fetch(self, file_format, **arguments):
        self.authenticate("ai_manager", "ai_manager")
        url = f"/ai_costs/export/{file_format}?args={json.dumps(arguments)}"
        return self.url_open(url)

    def exact_total(self):
        """The month's cost as PostgreSQL has it: no float comes between."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT sum(cost_usd)::text FROM ai_token_usage"
            " WHERE company_id = %s AND local_date >= %s",
            (self.company.id, self.today.replace(day=1)),
        )
        return Decimal(self.env.cr.fetchone()[0])

    def csv_rows(self, **arguments):
        response = self.fetch("csv", **arguments)
        self.assertEqual(response.status_code, 200)
        return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_csv_has_every_digit_of_small_amounts(self):
        rows = self.csv_rows(period_type="month")
        amounts = {row[1]: row[2] for row in rows if row[0] == "Addon"}
        self.assertEqual(amounts[f"'{FORMULA}"], "0.0000123")
        total = sum(Decimal(row[2]) for row in rows if row[0] == "Provider")
        self.assertEqual(total, self.exact_total())

    def test_it_has_the_customers_and_they_add_up(self):
        rows = [row for row in self.csv_rows(period_type="month") if row[0] == "Customer"]
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        on_page = analytics.get_customer_breakdown("month")["rows"]
        self.assertEqual([row[1] for row in rows], [one["label"] for one in on_page])
        self.assertEqual(sum(Decimal(row[2]) for row in rows), self.exact_total())
        book = openpyxl.load_workbook(io.BytesIO(self.fetch("xlsx", period_type="month").content))
        labels = [cell.value for cell in book["Customer"]["A"]]
        self.assertEqual(labels, ["Name", *(row[1] for row in rows), "Total"])

    def test_it_says_why_the_cost_changed_in_steps_that_sum_exactly(self):
        rows = self.csv_rows(period_type="month")
        lines = [row for row in rows if row[0] == "Why It Changed"]
        bridge = self.env["ai.token.analytics"].with_user(self.manager).get_cost_bridge("month")
        labels = [one["label"] for one in bridge["steps"]]
        self.assertEqual([row[1] for row in lines], ["Period Before (USD)", *labels])
        self.assertEqual(Decimal(lines[0][2]), Decimal(bridge["start"]["usd_exact"]))
        self.assertEqual(sum(Decimal(row[2]) for row in lines), self.exact_total())
        self.assertNotIn("E", "".join(row[2] for row in lines))
        book = openpyxl.load_workbook(io.BytesIO(self.fetch("xlsx", period_type="month").content))
        _header, *cells, _total = book["Why It Changed"].iter_rows(values_only=True)
        for cell, row in zip(cells, lines, strict=True):
            self.assertEqual(cell[0], row[1])
            self.assertAlmostEqual(cell[1], float(row[2]), 12)

    def test_csv_ends_with_the_total_and_when_it_was_made(self):
        *_, total, made = self.csv_rows(period_type="month")
        self.assertEqual(total[:2], ["Total", "Total"])
        self.assertEqual(Decimal(total[2]), self.exact_total())
        before = self.ledger_sum(first=self.month_before, last=self.compared_last())
        self.assertEqual(Decimal(total[6]), Decimal(repr(before)))
        self.assertEqual(made[0], "Made on")
        self.assertIn("(", made[1])

    def compared_last(self):
        days = min(self.today.day, (self.today.replace(day=1) - self.month_before).days)
        return self.month_before.replace(day=days)

    def test_every_sheet_ends_with_the_total(self):
        response = self.fetch("xlsx", period_type="month")
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        for sheet in book.worksheets[1:]:
            last = list(sheet.iter_rows())[-1]
            self.assertEqual(last[0].value, "Total", sheet.title)
            self.assertAlmostEqual(last[1].value, float(self.exact_total()), places=12)
        summary = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows()}
        self.assertTrue(summary["Made on"])

    def test_the_change_in_money_is_what_the_table_shows_and_adds_up(self):
        """In the company's currency, which is not USD; SQL, table, both files, and the total."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.company.currency_id = euro
        self.env["res.currency.rate"].create(
            {
                "name": self.month_before,
                "currency_id": self.env.ref("base.USD").id,
                "company_id": self.company.id,
                "rate": 1.25,
            }
        )
        self.env["ai.token.usage"].sudo()._insert(
            [
                {
                    "company_id": self.company.id,
                    "user_id": self.user.id,
                    "local_date": day,
                    "task_type": "chat",
                    "module": "purchase",
                    "cost_usd": Decimal(usd),
                    "currency_id": euro.id,
                    "currency_rate": Decimal("0.8"),
                }
                for day, usd in ((self.month_before, "5"), (self.today, "1.50000625"))
            ]
        )
        header, *rows = self.csv_rows(period_type="month")
        before, change = (
            "Period Before in Company Currency (EUR)",
            "Change in Company Currency (EUR)",
        )
        self.assertEqual(header[6:], ["Period Before (USD)", before, change, "Change (%)"])
        analytics = self.env["ai.token.analytics"].with_user(self.manager)
        shown = analytics.get_breakdown_rows("by_module", "month")["rows"]
        lines = [row for row in rows if row[0] == "Addon"]
        for one, line in zip(shown, lines, strict=True):
            self.assertEqual(line[1], text_cell(one["label"]))
            self.assertEqual(float(line[7]), one["previous_company"])
            self.assertEqual(float(line[8]), one["change_company"])
            percent = one["change_company_pct"]
            self.assertEqual(line[9], "" if percent is None else f"{percent:.2f}")
        (at,) = (at for at, one in enumerate(shown) if one["key"] == "purchase")
        self.assertEqual(lines[at][7:], ["4.00", "-2.799995", "-70.00"])
        total = next(row for row in rows if row[0] == "Total")
        self.assertEqual(Decimal(total[8]), Decimal(total[3]) - Decimal(total[7]))
        changes = sum(Decimal(line[8]) for line in lines)
        self.assertAlmostEqual(changes, Decimal(total[8]), 12)
        book = openpyxl.load_workbook(io.BytesIO(self.fetch("xlsx", period_type="month").content))
        names, *cells = book["Addon"].iter_rows(values_only=True)
        self.assertEqual(list(names), header[1:])
        for row, line in zip(cells, [*lines, total], strict=True):
            self.assertEqual([row[6], row[7]], [float(line[7]), float(line[8])])

    def test_csv_gives_no_formula_to_a_spreadsheet(self):
        rows = self.csv_rows(period_type="month")
        for row in rows:
            self.assertFalse(row[1].startswith(("=", "+", "-", "@")), row)
        labels = [row[1] for row in rows if row[0] == "Addon"]
        for told in NAMES.values():
            self.assertIn(told, labels)

    def test_csv_quotes_every_cell_and_has_a_line_a_row(self):
        text = self.fetch("csv", period_type="month").content.decode("utf-8-sig")
        lines = text.split("\r\n")
        self.assertEqual(lines.pop(), "")
        for line in lines:
            self.assertRegex(line, r'^(?:"(?:[^"\r\n\t]|"")*",){9}"(?:[^"\r\n\t]|"")*"$')

    def test_xlsx_holds_names_as_text_and_nothing_else(self):
        response = self.fetch("xlsx", period_type="month")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content))["Addon"]
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        self.assertEqual({cell.data_type for cell in cells}, {"s"})
        self.assertEqual({cell.hyperlink for cell in cells}, {None})
        self.assertLessEqual({FORMULA, "crm;=1+1"}, {cell.value for cell in cells})

    def test_xlsx_has_numbers_and_shows_all_their_decimals(self):
        response = self.fetch("xlsx", period_type="month")
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        sheet = book["Addon"]
        found = {row[0].value: row[1] for row in sheet.iter_rows(min_row=2)}
        self.assertEqual(found[FORMULA].value, 0.0000123)
        self.assertIn("#" * 8, found[FORMULA].number_format)
        self.assertEqual(found[FORMULA].data_type, "n")
        self.assertIn(PAYLOAD, found)
        summary = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows()}
        self.assertAlmostEqual(summary["Cost (USD)"], float(self.exact_total()), places=12)

    def test_a_filter_holds_in_the_file(self):
        rows = self.csv_rows(period_type="month", provider_id=self.careful.id)
        self.assertEqual({row[1] for row in rows if row[0] == "Provider"}, {"Careful"})

    def test_a_user_gets_own_figures_alone(self):
        self.authenticate("ai_user", "ai_user")
        response = self.url_open('/ai_costs/export/csv?args={"period_type":"month"}')
        rows = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
        self.assertEqual({row[1] for row in rows if row[0] == "User"}, {self.user.name})

    @mute_logger("odoo.http")
    def test_nonsense_is_refused_without_a_traceback(self):
        for url in ("/ai_costs/export/pdf", "/ai_costs/export/csv?args=[", "/ai_costs/export/csv"):
            self.authenticate("ai_manager", "ai_manager")
            response = self.url_open(url)
            if url.endswith("/csv"):
                self.assertEqual(response.status_code, 200)
            else:
                self.assertGreaterEqual(response.status_code, 400)
                self.assertNotIn("Traceback", response.text)

    @mute_logger("odoo.http")
    def test_portal_and_public_get_nothing(self):
        portal = new_test_user(self.env, "export_portal", "base.group_portal")
        self.authenticate(portal.login, portal.login)
        response = self.url_open("/ai_costs/export/csv", allow_redirects=False)
        self.assertNotIn("text/csv", response.headers.get("Content-Type", ""))
        self.authenticate(None, None)
        response = self.url_open("/ai_costs/export/csv", allow_redirects=False)
        self.assertEqual(response.status_code, 303)
