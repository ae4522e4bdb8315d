from odoo.tests import tagged

from odoo.addons.ai_brain.tests.translations_common import TranslationsCase


@tagged("post_install", "-at_install")
class TestTranslations(TranslationsCase):
    addon = "ai_sam_cost_dashboard"

    def test_every_term_is_translated(self):
        self.check_translated()

    def test_the_files_hold_the_terms_of_today(self):
        self.check_template()
