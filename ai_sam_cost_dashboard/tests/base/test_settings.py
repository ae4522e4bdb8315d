from lxml import etree

from odoo.tests import Form, TransactionCase, tagged


@tagged("post_install", "-at_install", "every_series")
class TestSettings(TransactionCase):
    def test_following_the_price_list_is_a_choice(self):
        cron = self.env.ref("ai_brain.ir_cron_refresh_prices")
        self.assertFalse(cron.active)
        with Form(self.env["res.config.settings"]) as form:
            form.ai_price_refresh = True
            form.ai_price_list_url = "https://prices.example.com/list.json"
        form.record.execute()
        self.assertTrue(cron.active)
        url = self.env["ir.config_parameter"].get_param("ai_brain.price_list_url")
        self.assertEqual(url, "https://prices.example.com/list.json")
        with Form(self.env["res.config.settings"]) as form:
            self.assertTrue(form.ai_price_refresh)
            form.ai_price_refresh = False
        form.record.execute()
        self.assertFalse(cron.active)

    def test_what_is_dangerous_stands_apart_at_the_end(self):
        arch = etree.fromstring(self.env["res.config.settings"].get_view(view_type="form")["arch"])
        blocks = arch.xpath("//app[@name='ai_sam_cost_dashboard']/block")
        self.assertEqual(blocks[-1].get("name"), "ai_care")
        names = {field.get("name") for field in blocks[-1].iter("field")}
        careful = {"ai_unpriced_policy", "ai_text_policy", "ai_endpoint"}
        self.assertLessEqual(careful, names)
        others = {field.get("name") for block in blocks[:-1] for field in block.iter("field")}
        self.assertFalse(careful & others)

    def test_reading_the_ledger_is_off_until_switched_on(self):
        self.assertFalse(self.env["res.company"].create({"name": "New"}).ai_ledger_tools)
        with Form(self.env["res.config.settings"]) as form:
            form.ai_ledger_tools = True
        form.record.execute()
        self.assertTrue(self.env.company.ai_ledger_tools)
