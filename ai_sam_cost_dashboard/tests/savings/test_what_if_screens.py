import csv
import io
import json
import zipfile
from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestWhatIfScreens(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Asked", "ai_timezone": "UTC"})
        groups = "base.group_user,ai_brain.group_ai_manager"
        whose = {"company_id": cls.company.id, "company_ids": [(6, 0, cls.company.ids)]}
        cls.boss = new_test_user(cls.env, "what-boss", groups, password="what-boss", **whose)
        cls.plain = new_test_user(cls.env, "what-plain", "base.group_user", password="what-plain")
        price = {"input_usd": 1.0, "output_usd": 2.0, "valid_from": "2020-01-01",
                 "batch_factor": 0.5}  # fmt: skip
        cls.provider = cls.env["ai.service.provider"].create(
            {
                "name": "=Provider",
                "model_name": "model",
                "api_format": "sandbox",
                "company_id": cls.company.id,
                "price_ids": [(0, 0, price)],
            }
        )
        row = {
            "company_id": cls.company.id,
            "user_id": cls.boss.id,
            "provider_id": cls.provider.id,
            "price_id": cls.provider.price_ids.id,
            "model_name": "=model",
            "agent_type": "seller",
            "create_date": "2026-01-05 10:00:00",
            "local_date": date(2026, 1, 5),
            "input_tokens": 1_000_000,
            "cost_usd": 1,
            "waste_reason": "could_wait",
        }
        cls.env["ai.token.usage"].sudo()._insert([row, {**row, "waste_reason": None}])
        cls.what_if = (
            cls.env["ai.what.if"]
            .with_user(cls.boss)
            .create(
                {
                    "name": "=Batches",
                    "company_id": cls.company.id,
                    "date_from": "2026-01-01",
                    "date_to": "2026-01-31",
                    "batches": True,
                }
            )
        )
        cls.what_if.action_run()
        cls.env["ai.what.if"].sudo()._cron_run()

    def test_the_form_asks_all_that_can_change_and_is_read_only_once_it_was_run(self):
        agents = self.env["ai.agent"].with_user(self.boss)
        agent = self.env["ai.agent"].create(
            {"name": "Seller", "code": "seller", "company_id": self.company.id}
        )
        self.assertTrue(agents.browse(agent.id).exists())
        view = "ai_sam_cost_dashboard.ai_what_if_view_form"
        with Form(self.env["ai.what.if"].with_user(self.boss), view=view) as form:
            form.name = "Another vendor"
            first, last = form.date_from, form.date_to  # the month before
            self.assertEqual((first.day, (last - first).days > 26), (1, True))
            form.date_from, form.date_to = "2026-01-01", "2026-01-31"
            form.agent_ids.add(agent)
            form.user_ids.add(self.boss)
            form.modules = "crm"
            form.provider_ids.add(self.provider)
            form.only_provider_ids.add(self.provider)
            form.price_basis = "date"
            form.price_date = "2026-01-03"
            form.price_basis = "list"
            with form.price_ids.new() as line:
                line.provider_id = self.provider
                # it begins with what holds today
                self.assertEqual((line.input_usd, line.output_usd), (1.0, 2.0))
                self.assertEqual(line.batch_factor, 0.5)
                line.input_usd = 0.25
            with form.change_ids.new() as line:
                line.agent_id = agent
                line.old_provider_id = self.provider
                line.new_provider_id = self.provider
            form.router = "on"
            form.reuse = "same_question"
            form.reuse_ttl_h = 48
            form.reuse_scope = "company"
            form.batches = True
            form.keep_messages = 20
        asked = form.record
        asked.action_run()
        self.env["ai.what.if"].sudo()._cron_run()
        self.assertEqual((asked.state, asked.calls), ("done", 0))
        with self.assertRaises(AssertionError):  # a field that is read-only
            Form(asked, view=view).router = "same"
        for name in ("action_cancel", "action_draft", "action_apply", "action_undo",
                     "action_undo_all", "action_undo_rest", "action_export"):  # fmt: skip
            self.assertIn(f'name="{name}"', asked.get_view(view_type="form")["arch"])

    def test_the_chart_has_each_day_now_and_then(self):
        daily = self.what_if.daily
        self.assertEqual((daily["now"], daily["then"]), ([2.0], [1.5]))
        self.assertEqual(daily["texts"], ["Jan 5: $2.00, then $1.50"])
        self.assertEqual(json.loads(json.dumps(daily)), daily)

    def test_the_file_holds_every_line_with_all_digits_and_no_formula(self):
        name, _kind, content = self.what_if.export_what_ifs("csv", self.what_if.ids)
        self.assertEqual(name, "ai_what_if.csv")
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        self.assertEqual(rows[0][:6], ["What If", "Kind of Line", "Name", "Calls", "Now (USD)",
                                       "Then (USD)"])  # fmt: skip
        self.assertEqual(rows[1][:6], ["'=Batches", "In All", "2026-01-01 – 2026-01-31", "2",
                                       "2.00", "1.50"])  # fmt: skip
        self.assertIn("'=model", [row[2] for row in rows])
        self.assertIn("5", {row[2][-1] for row in rows if row[1] == "Day"})
        _name, _kind, book = self.what_if.export_what_ifs("xlsx", self.what_if.ids)
        self.assertIn("xl/worksheets/sheet1.xml", zipfile.ZipFile(io.BytesIO(book)).namelist())
        with self.assertRaises(UserError):
            self.what_if.export_what_ifs("pdf", self.what_if.ids)
        with self.assertRaises(AccessError):
            self.what_if.with_user(self.plain).export_what_ifs("csv", self.what_if.ids)

    def test_the_button_leads_to_the_file_which_a_plain_user_does_not_get(self):
        url = self.what_if.action_export()["url"]
        self.authenticate("what-boss", "what-boss")
        found = self.url_open(url)
        self.assertEqual(found.status_code, 200)
        self.assertIn("ai_what_if.xlsx", found.headers["Content-Disposition"])
        self.assertNotEqual(self.url_open("/ai_costs/what_if/csv?ids=x").status_code, 200)
        self.authenticate("what-plain", "what-plain")
        refused = self.url_open(url)
        self.assertNotEqual(refused.status_code, 200)
