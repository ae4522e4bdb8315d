import json
from pathlib import Path

from odoo.tests import BaseCase, TransactionCase, tagged

from odoo.addons.ai_brain.engine.base.money import format_usd

CASES = Path(__file__).parents[2] / "static" / "tests" / "utils" / "usd_cases.js"


@tagged("post_install", "-at_install")
class TestFormatUsd(BaseCase):
    def test_python_writes_amounts_as_the_browser_does(self):
        text = CASES.read_text(encoding="utf-8")
        cases = json.loads(text[text.index("= [") + 2 : text.rindex(";")])
        self.assertGreater(len(cases), 20)
        for amount, expected in cases:
            with self.subTest(amount=amount):
                self.assertEqual(format_usd(amount), expected)


@tagged("post_install", "-at_install")
class TestMoneyInALanguage(TransactionCase):
    def test_amounts_follow_the_reader_s_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        currency, euro = self.env["res.currency"], self.env.ref("base.EUR")
        cases = {
            None: ("$1,234.50", "$0.0004", "1,234.50\xa0€"),
            "de_DE": ("1.234,50\xa0$", "0,0004\xa0$", "1.234,50\xa0€"),
        }
        for lang, expected in cases.items():
            reader = currency.with_context(lang=lang)
            found = (
                reader._ai_usd_text(1234.5),
                reader._ai_usd_text("0.0004"),
                euro.with_context(lang=lang)._ai_text(1234.5),
            )
            self.assertEqual(found, expected, lang)
        self.assertEqual(currency._ai_usd_text(None), "—")

    def test_another_dollar_is_not_taken_for_one_of_the_united_states(self):
        canadian = self.env.ref("base.CAD")
        self.assertEqual(canadian._ai_text(5), "5.00\xa0CAD")
