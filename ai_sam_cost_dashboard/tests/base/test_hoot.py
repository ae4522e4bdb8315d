from odoo.tests import HttpCase, no_retry, tagged

from odoo.addons.web.tests.test_js import unit_test_error_checker

URL = "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000"


@tagged("post_install", "-at_install", "every_series")
class TestHoot(HttpCase):
    @no_retry
    def test_components(self):
        """The tests beside the components, in static/tests."""
        self.browser_js(
            f"{URL}&filter=/@ai_sam_cost_dashboard/",
            "",
            "",
            login="admin",
            timeout=600,
            success_signal="[HOOT] test suite succeeded",
            error_checker=unit_test_error_checker,
        )
