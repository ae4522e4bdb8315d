import json
from pathlib import Path

from odoo.tests import BaseCase, tagged

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
