import csv
import io
import json
from decimal import Decimal

import openpyxl

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

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
        amounts = {row[1]: row[2] for row in rows if row[0] == "Module"}
        self.assertEqual(amounts[f"'{FORMULA}"], "0.0000123")
        total = sum(Decimal(row[2]) for row in rows if row[0] == "Provider")
        self.assertEqual(total, self.exact_total())

    def test_csv_gives_no_formula_to_a_spreadsheet(self):
        rows = self.csv_rows(period_type="month")
        for row in rows:
            self.assertFalse(row[1].startswith(("=", "+", "-", "@")), row)
        labels = [row[1] for row in rows if row[0] == "Module"]
        for told in NAMES.values():
            self.assertIn(told, labels)

    def test_csv_quotes_every_cell_and_has_a_line_a_row(self):
        text = self.fetch("csv", period_type="month").content.decode("utf-8-sig")
        lines = text.split("\r\n")
        self.assertEqual(lines.pop(), "")
        for line in lines:
            self.assertRegex(line, r'^(?:"(?:[^"\r\n\t]|"")*",){7}"(?:[^"\r\n\t]|"")*"$')

    def test_xlsx_holds_names_as_text_and_nothing_else(self):
        response = self.fetch("xlsx", period_type="month")
        sheet = openpyxl.load_workbook(io.BytesIO(response.content))["Module"]
        cells = [row[0] for row in sheet.iter_rows(min_row=2)]
        self.assertEqual({cell.data_type for cell in cells}, {"s"})
        self.assertEqual({cell.hyperlink for cell in cells}, {None})
        self.assertLessEqual({FORMULA, "crm;=1+1"}, {cell.value for cell in cells})

    def test_xlsx_has_numbers_and_shows_all_their_decimals(self):
        response = self.fetch("xlsx", period_type="month")
        book = openpyxl.load_workbook(io.BytesIO(response.content))
        sheet = book["Module"]
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
