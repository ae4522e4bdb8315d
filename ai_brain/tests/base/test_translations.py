from odoo.tests import tagged

from ..translations_common import TranslationsCase


@tagged("post_install", "-at_install")
class TestTranslations(TranslationsCase):
    addon = "ai_brain"

    def test_every_term_is_translated(self):
        self.check_translated()

    def test_the_files_hold_the_terms_of_today(self):
        self.check_template()
