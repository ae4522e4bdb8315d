import tempfile
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

import odoo.addons

from ... import hooks


@tagged("post_install", "-at_install")
class TestOtherAddon(TransactionCase):
    """A company may already run another addon that is named ai_brain."""

    def _addon(self, name):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        (folder / "ai_brain").mkdir()
        (folder / "ai_brain" / "__manifest__.py").write_text(repr({"name": name}))
        self.patch(odoo.addons, "__path__", [*odoo.addons.__path__, str(folder)])
        return folder

    def test_its_tables_are_not_taken_over(self):
        hooks.check_other_addon_in_database(self.env)
        self.env["ir.config_parameter"].search([("key", "=", hooks.MARKER)]).unlink()
        with self.assertRaisesRegex(UserError, "ai_token_usage.*Nothing was changed"):
            hooks.check_other_addon_in_database(self.env)

    def test_a_second_addon_on_the_path_is_named(self):
        folder = self._addon("Brain of Others")
        with self.assertRaisesRegex(UserError, str(folder)):
            hooks.check_other_addon_on_path(self.env)

    def test_a_second_copy_of_ours_is_no_obstacle(self):
        self._addon("AI Brain")
        hooks.check_other_addon_on_path(self.env)
