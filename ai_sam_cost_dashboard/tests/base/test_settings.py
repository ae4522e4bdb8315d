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
